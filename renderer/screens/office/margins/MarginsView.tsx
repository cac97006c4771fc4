/** Revenue, cost and margin of a stretch of time, row by row, with what all rows come to above them. */
import { useState } from 'react';
import { Button, makeStyles, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { MarginLine } from '../../../../shared/api-finance.ts';
import type { Format } from '../../../format.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { DetailDrawer } from '../../../parts/DetailDrawer.tsx';
import { Facts } from '../../../parts/Facts.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { useAnswer } from '../../../state/ask.ts';
import { usePages } from '../../../state/pages.ts';
import type { ChosenAccount } from '../parts/AccountField.tsx';
import { DaysFilter, FilterBar } from '../parts/FilterBar.tsx';
import { useProductName } from '../parts/names.ts';
import { OfficeTable } from '../parts/OfficeTable.tsx';
import { marginsQuery, type MarginsBy, type Stretch } from './stretch.ts';

const useStyles = makeStyles({
  totals: { display: 'flex', flexWrap: 'wrap', gap: '4px 28px', margin: 0 },
  whole: { display: 'flex', flexDirection: 'column', gap: '4px', flexShrink: 0 },
  total: { display: 'flex', alignItems: 'baseline', gap: '8px' },
  name: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  value: {
    margin: 0,
    fontVariantNumeric: 'tabular-nums',
    fontSize: tokens.fontSizeBase400,
    fontWeight: tokens.fontWeightSemibold,
  },
});

interface Props {
  readonly by: MarginsBy;
  readonly stretch: Stretch;
  readonly onStretch: (stretch: Stretch) => void;
  readonly onCalls: (of: ChosenAccount) => void;
}

const keyOf = ({ key }: MarginLine): string => key;

export function MarginsView({ by, stretch, onStretch, onCalls }: Props) {
  const { t } = useTranslation();
  const query = marginsQuery(by, stretch);
  const pages = usePages('margins', query, keyOf);
  const total = useAnswer('margins', { query: { ...query, limit: 1 } });
  const [open, setOpen] = useState<MarginLine | null>(null);
  const nameOf = useRowName(by);
  const columns = useColumns(by, nameOf);
  const refresh = (): void => {
    pages.refresh();
    total.readAgain();
  };
  return (
    <>
      <FilterBar onRefresh={refresh}>
        <DaysFilter
          fromDay={stretch.fromDay}
          toDay={stretch.toDay}
          onDays={(days) => onStretch({ ...stretch, ...days })}
        />
      </FilterBar>
      <Totals by={by} total={total.body?.total ?? null} />
      <OfficeTable
        label={t(`office.margins.by.${by}`)}
        pages={pages}
        columns={columns}
        keyOf={keyOf}
        openLabel={(row) => t('office.margins.open', { name: nameOf(row) })}
        onOpen={setOpen}
        none={{ title: t('office.margins.none'), text: t('office.margins.noneText') }}
      />
      <DetailDrawer
        shown={open}
        title={nameOf}
        actions={
          by === 'user' &&
          open !== null && (
            <Button appearance="primary" onClick={() => onCalls({ id: open.key, name: nameOf(open) })}>
              {t('office.margins.toCalls')}
            </Button>
          )
        }
        onClose={() => setOpen(null)}
      >
        {(row) => <Detail row={row} />}
      </DetailDrawer>
    </>
  );
}

/** Hundredths of a percent as people read them; nothing where there was no revenue. */
function shareText(format: Format, basisPoints: number | undefined): string {
  return basisPoints === undefined ? '–' : format.percentTenths(basisPoints / 10_000);
}

/** What has no product of its own is said to have none. */
function useRowName(by: MarginsBy): (row: MarginLine) => string {
  const { t } = useTranslation();
  const format = useFormat();
  const productName = useProductName();
  return ({ key, name }) => {
    if (name !== undefined) return name;
    if (key === '') return t('office.margins.nothing');
    if (by === 'day') return format.dayFigures(key);
    return by === 'product' ? productName(key) : key;
  };
}

interface TotalsProps {
  /** Which costs there are in a row depends on what rows are of. */
  readonly by: MarginsBy;
  /** Null until it is read: its place is kept. */
  readonly total: Pick<MarginLine, 'revenue' | 'cost' | 'margin' | 'marginBasisPoints'> | null;
}

function Totals({ by, total }: TotalsProps) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const lines = [
    { name: t('office.reports.revenue'), value: total && <Amount value={total.revenue} /> },
    { name: t('office.reports.cost'), value: total && <Amount value={total.cost} /> },
    { name: t('office.reports.gross'), value: total && <Amount value={total.margin} /> },
    { name: t('office.margins.rate'), value: total && shareText(format, total.marginBasisPoints) },
  ];
  return (
    <div className={styles.whole}>
      <dl className={styles.totals} aria-label={t('office.margins.totals')}>
        {lines.map(({ name, value }) => (
          <div key={name} className={styles.total}>
            <dt className={styles.name}>{name}</dt>
            <dd className={styles.value}>{value ?? '–'}</dd>
          </div>
        ))}
      </dl>
      <Text size={200} className={styles.name}>
        {t(`office.margins.costMeans.${by}`)}
      </Text>
    </div>
  );
}

function Detail({ row }: { readonly row: MarginLine }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Facts
      end
      facts={[
        { name: t('office.reports.count'), value: format.count(row.count) },
        { name: t('office.reports.revenue'), value: <Amount value={row.revenue} /> },
        { name: t('office.reports.cost'), value: <Amount value={row.cost} /> },
        { name: t('office.reports.gross'), value: <Amount value={row.margin} />, strong: true },
        { name: t('office.margins.rate'), value: shareText(format, row.marginBasisPoints) },
        { name: t('office.margins.share'), value: shareText(format, row.revenueBasisPoints) },
      ]}
    />
  );
}

function money(key: 'revenue' | 'cost' | 'margin', header: string): Column<MarginLine> {
  return {
    key,
    header,
    width: '104px',
    end: true,
    amountOf: (row) => row[key],
    cell: (row) => <Amount value={row[key]} />,
  };
}

function useColumns(by: MarginsBy, nameOf: (row: MarginLine) => string): readonly Column<MarginLine>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: 'name',
      header: t(`office.margins.one.${by}`),
      width: 'minmax(120px, 1.6fr)',
      cell: (row) => <span title={row.key}>{nameOf(row)}</span>,
    },
    {
      key: 'count',
      header: t('office.reports.count'),
      width: '80px',
      end: true,
      fromTablePx: 720,
      cell: ({ count }) => format.count(count),
    },
    money('revenue', t('office.reports.revenue')),
    money('cost', t('office.reports.cost')),
    money('margin', t('office.reports.gross')),
    {
      key: 'rate',
      header: t('office.margins.rate'),
      width: '72px',
      end: true,
      fromTablePx: 600,
      cell: ({ marginBasisPoints }) => shareText(format, marginBasisPoints),
    },
    {
      key: 'share',
      header: t('office.margins.share'),
      width: '72px',
      end: true,
      fromTablePx: 820,
      cell: ({ revenueBasisPoints }) => shareText(format, revenueBasisPoints),
    },
  ];
}
