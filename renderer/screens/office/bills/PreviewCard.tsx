/** What a mapping makes of a bill: how many lines, of which days, how much; each line that can't be read; what items are here. */
import { makeStyles, Select, Text, tokens } from '@fluentui/react-components';
import { CheckmarkCircle20Filled, Warning20Filled } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { BillFault, BillPreview } from '../../../../shared/ipc-bills.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { PlainTable, type PlainColumn } from '../../../parts/PlainTable.tsx';
import { Section } from '../../../parts/Section.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { useProviders } from '../parts/useProviders.ts';
import { knownItems } from './draft.ts';

const useStyles = makeStyles({
  counts: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: '12px 40px',
    margin: 0,
    fontVariantNumeric: 'tabular-nums',
  },
  part: { display: 'flex', flexDirection: 'column', gap: '6px', minWidth: 0 },
  name: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  value: {
    margin: 0,
    fontSize: tokens.fontSizeBase400,
    fontWeight: tokens.fontWeightSemibold,
    whiteSpace: 'nowrap',
  },
  verdict: { display: 'flex', alignItems: 'center', gap: '8px' },
  good: { color: tokens.colorStatusSuccessForeground1, flexShrink: 0 },
  some: { color: tokens.colorStatusWarningForeground1, flexShrink: 0 },
  scroll: { maxHeight: '260px', overflow: 'auto', minWidth: 0 },
  text: { fontFamily: tokens.fontFamilyMonospace, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' },
  quiet: { color: tokens.colorNeutralForeground3 },
  item: { minWidth: '140px' },
});

interface Props {
  readonly preview: BillPreview;
  readonly provider: string;
  readonly onItem: (said: string, item: string) => void;
}

export function PreviewCard({ preview, provider, onItem }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const { lines, good, repeated, bad, total, from, to, faults, first, items } = preview;
  const counts = [
    { name: t('office.bills.lines'), value: format.count(lines) },
    { name: t('office.bills.good'), value: format.count(good) },
    { name: t('office.bills.repeated'), value: format.count(repeated) },
    { name: t('office.bills.bad'), value: format.count(bad) },
    { name: t('office.bills.total'), value: <Amount value={total} /> },
    ...(from === undefined || to === undefined
      ? []
      : [
          {
            name: t('office.bills.days'),
            value: `${format.dayFigures(from)} – ${format.dayFigures(to)}`,
          },
        ]),
  ];
  return (
    <Section title={t('office.bills.preview')}>
      <dl className={styles.counts}>
        {counts.map(({ name, value }) => (
          <div key={name}>
            <dt className={styles.name}>{name}</dt>
            <dd className={styles.value}>{value}</dd>
          </div>
        ))}
      </dl>
      <div className={styles.verdict} role="status">
        {bad === 0 && good > 0 ? (
          <CheckmarkCircle20Filled className={styles.good} aria-hidden />
        ) : (
          <Warning20Filled className={styles.some} aria-hidden />
        )}
        <Text>
          {bad > 0
            ? t('office.bills.someBad', { lines: format.count(bad) })
            : t(good === 0 ? 'office.bills.noLine' : 'office.bills.allGood')}
        </Text>
      </div>
      {faults.length > 0 && <Faults faults={faults} more={bad > faults.length} />}
      {items.length > 0 && <Items preview={preview} provider={provider} onItem={onItem} />}
      {first.length > 0 && <FirstLines preview={preview} />}
    </Section>
  );
}

function Faults({ faults, more }: { readonly faults: readonly BillFault[]; readonly more: boolean }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const columns = useFaultColumns();
  return (
    <div className={styles.part}>
      <Text weight="semibold">{t('office.bills.faults')}</Text>
      <div className={styles.scroll}>
        <PlainTable
          label={t('office.bills.faults')}
          rows={faults}
          keyOf={({ line }) => String(line)}
          columns={columns}
        />
        {more && (
          <Text size={200} className={styles.quiet}>
            {t('office.bills.firstOnly', { lines: format.count(faults.length) })}
          </Text>
        )}
      </div>
    </div>
  );
}

function useFaultColumns(): readonly PlainColumn<BillFault>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return [
    { key: 'line', header: t('office.bills.line'), cell: ({ line }) => format.count(line) },
    {
      key: 'column',
      header: t('office.bills.columnHead'),
      cell: ({ column }) => (column === undefined ? '–' : t(`office.bills.column.${column}`)),
    },
    {
      key: 'text',
      header: t('office.bills.content'),
      cell: ({ text }) => <span className={styles.text}>{text === '' ? '–' : text}</span>,
    },
    {
      key: 'reason',
      header: t('column.reason'),
      cell: ({ reason, firstLine }) =>
        t(`office.bills.why.${reason}`, {
          firstLine: firstLine === undefined ? '' : format.count(firstLine),
        }),
    },
  ];
}

/** What the provider calls an item, beside what it is here: usage is held against the bill by this name. */
function Items({ preview: { items }, provider, onItem }: Props) {
  const { t } = useTranslation();
  const styles = useStyles();
  const { costs } = useProviders();
  const known = costs === null ? [] : knownItems(costs, provider);
  const columns = useItemColumns(known, onItem);
  return (
    <div className={styles.part}>
      <Text weight="semibold">{t('office.bills.items')}</Text>
      <div className={styles.scroll}>
        <PlainTable
          label={t('office.bills.items')}
          rows={items}
          keyOf={({ said }) => said}
          columns={columns}
        />
      </div>
    </div>
  );
}

function useItemColumns(
  known: readonly string[],
  onItem: Props['onItem'],
): readonly PlainColumn<BillPreview['items'][number]>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return [
    { key: 'said', header: t('office.bills.said'), cell: ({ said }) => said },
    {
      key: 'item',
      header: t('office.bills.itemHere'),
      cell: ({ said, item }) => (
        <Select
          size="small"
          className={styles.item}
          aria-label={t('office.bills.itemIs', { said })}
          value={item}
          onChange={(_, { value }) => onItem(said, value)}
        >
          <option value={said}>{t('office.bills.sameName')}</option>
          {[...new Set([...known, item])]
            .filter((one) => one !== said)
            .map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
        </Select>
      ),
    },
    {
      key: 'lines',
      header: t('office.bills.lines'),
      end: true,
      cell: ({ lines }) => format.count(lines),
    },
    {
      key: 'amount',
      header: t('column.amount'),
      end: true,
      cell: ({ amount }) => <Amount value={amount} />,
    },
  ];
}

/** The first lines as they would count. */
function FirstLines({ preview: { first } }: { readonly preview: BillPreview }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const columns = useLineColumns();
  return (
    <div className={styles.part}>
      <Text weight="semibold">{t('office.bills.asRead')}</Text>
      <PlainTable
        label={t('office.bills.asRead')}
        rows={first}
        keyOf={({ line }) => String(line)}
        columns={columns}
      />
    </div>
  );
}

function useLineColumns(): readonly PlainColumn<BillPreview['first'][number]>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    { key: 'line', header: t('office.bills.line'), quiet: true, cell: ({ line }) => format.count(line) },
    { key: 'day', header: t('office.bills.day'), cell: ({ day }) => format.dayFigures(day) },
    { key: 'item', header: t('office.bills.item'), breaks: true, cell: ({ item }) => item },
    {
      key: 'quantity',
      header: t('office.bills.quantity'),
      end: true,
      cell: ({ quantity }) => (quantity === undefined ? '–' : format.units(quantity)),
    },
    {
      key: 'amount',
      header: t('column.amount'),
      end: true,
      cell: ({ amount }) => <Amount value={amount} />,
    },
    {
      key: 'reference',
      header: t('office.bills.column.reference'),
      wide: true,
      cell: ({ reference }) => reference ?? '–',
    },
  ];
}
