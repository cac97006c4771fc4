/** What is left of each quota, product by product, and of units that no product but a model's call is paid with. */
import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { ArrowClockwise16Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { Catalogue, Quota, UnitStanding } from '../../../shared/api-selling.ts';
import { Answered } from '../../parts/Answered.tsx';
import { PlainTable, type PlainColumn } from '../../parts/PlainTable.tsx';
import { Section } from '../../parts/Section.tsx';
import { useFormat } from '../../parts/useFormat.ts';
import { assetName } from '../../parts/words.ts';
import { useAnswer } from '../../state/ask.ts';

const useStyles = makeStyles({
  note: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  asset: { display: 'inline-block', '::first-letter': { textTransform: 'uppercase' } },
  left: { fontWeight: tokens.fontWeightSemibold },
});

type Row = Pick<Quota, 'asset' | 'left' | 'held' | 'usedThisMonth' | 'expiresAt'> & {
  readonly key: string;
  readonly name: string;
};

export function QuotaSection({ catalogue }: { readonly catalogue: Catalogue | null }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const quotas = useAnswer('quotas', {}, 'ledger');
  const units = useAnswer('units', {}, 'ledger');
  const names = new Map(catalogue?.products.map(({ id, name }) => [id, format.name(name)]));
  const columns = useQuotaColumns();
  const rowsOf = (items: readonly Quota[]): Row[] => [
    ...items.map((item) => ({ ...item, key: item.product, name: names.get(item.product) ?? item.product })),
    ...(units.body?.items ?? [])
      .filter((item) => isBeside(item, items))
      .map((item) => ({ ...item, key: `of ${item.asset}`, name: t('quota.calls') })),
  ];
  return (
    <Section
      title={t('quota.title')}
      aside={
        <Button
          size="small"
          appearance="subtle"
          icon={<ArrowClockwise16Regular />}
          onClick={() => {
            quotas.readAgain();
            units.readAgain();
          }}
        >
          {t('quota.again')}
        </Button>
      }
    >
      <Answered answer={quotas} lines={4}>
        {({ items }) => {
          const rows = rowsOf(items);
          return rows.length === 0 ? (
            <Text>{t('quota.none')}</Text>
          ) : (
            <>
              <PlainTable label={t('quota.title')} columns={columns} rows={rows} keyOf={({ key }) => key} />
              <Text className={styles.note}>{t('quota.shared')}</Text>
            </>
          );
        }}
      </Answered>
    </Section>
  );
}

function useQuotaColumns(): readonly PlainColumn<Row>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return [
    { key: 'name', header: t('quota.product'), cell: ({ name }) => name },
    {
      key: 'asset',
      wide: true,
      header: t('quota.asset'),
      quiet: true,
      cell: ({ asset }) => <span className={styles.asset}>{assetName(t, asset)}</span>,
    },
    {
      key: 'left',
      header: t('quota.left'),
      end: true,
      cell: ({ left }) => <span className={styles.left}>{format.units(left)}</span>,
    },
    { key: 'held', header: t('quota.held'), end: true, cell: ({ held }) => format.units(held) },
    { key: 'used', header: t('quota.used'), end: true, cell: (row) => format.units(row.usedThisMonth) },
    {
      key: 'ends',
      header: t('quota.ends'),
      end: true,
      quiet: true,
      cell: ({ expiresAt }) => (expiresAt === undefined ? '—' : format.dateTime(expiresAt)),
    },
  ];
}

/** Points have a tab of their own, and what a product has stands in its row. */
function isBeside({ asset }: UnitStanding, items: readonly Quota[]): boolean {
  return asset !== 'POINT' && !items.some((item) => item.asset === asset);
}
