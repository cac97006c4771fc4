/** The figures of a report: what counts most, how it went over time, what adds up to what, and who brought it. */
import { makeStyles, Text, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { MarginRow, Report } from '../../../../shared/api-finance.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { Facts } from '../../../parts/Facts.tsx';
import { PlainTable, type PlainColumn } from '../../../parts/PlainTable.tsx';
import { Section } from '../../../parts/Section.tsx';
import { useFormat } from '../../../parts/useFormat.ts';
import { AmountBars } from '../parts/AmountBars.tsx';
import { AssetAmount, useAssetName } from '../parts/AssetAmount.tsx';
import { useProductName } from '../parts/names.ts';

const useStyles = makeStyles({
  // As many beside each other as have room for their amounts, of which no digit is ever hidden.
  heads: { display: 'flex', flexWrap: 'wrap', gap: '12px', margin: 0 },
  head: {
    flex: '1 1 148px',
    minWidth: 'max-content',
    boxSizing: 'border-box',
    display: 'flex',
    flexDirection: 'column',
    padding: '10px 14px',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusLarge,
  },
  quiet: { color: tokens.colorNeutralForeground3 },
  value: { margin: 0, display: 'flex', flexDirection: 'column' },
  big: { fontVariantNumeric: 'tabular-nums' },
  cards: { display: 'grid', gridTemplateColumns: 'repeat(auto-fit, minmax(260px, 1fr))', gap: '16px' },
});

export function ReportFigures({ report }: { readonly report: Report }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const productName = useProductName();
  const { margin, money, deferred, costs } = report;
  const percent = margin.basisPoints === undefined ? null : format.percent(margin.basisPoints / 10_000);
  return (
    <>
      <dl className={styles.heads}>
        <Head name={t('office.reports.revenue')} value={margin.revenue} />
        <Head name={t('office.reports.cost')} value={costs.total} />
        <Head name={t('office.reports.gross')} value={margin.gross} note={percent} />
        <Head name={t('office.reports.recharged')} value={money.recharged} />
        <Head name={t('office.reports.deferred')} value={deferred.total} />
      </dl>
      <Over report={report} />
      <div className={styles.cards}>
        <Balances report={report} />
        <Costs report={report} />
        <Others report={report} />
      </div>
      <Units report={report} />
      <Margins
        title={t('office.reports.products')}
        first={t('office.reports.product')}
        rows={report.products}
        nameOf={productName}
      />
      <Margins title={t('office.reports.models')} first={t('office.reports.model')} rows={report.models} />
      <Margins title={t('office.reports.topUsers')} first={t('office.reports.user')} rows={report.topUsers} />
    </>
  );
}

interface HeadProps {
  readonly name: string;
  readonly value: string;
  readonly note?: string | null;
}

function Head({ name, value, note = null }: HeadProps) {
  const styles = useStyles();
  return (
    <div className={styles.head}>
      <dt>
        <Text size={200} className={styles.quiet}>
          {name}
        </Text>
      </dt>
      <dd className={styles.value}>
        <Text size={500} weight="semibold" className={styles.big}>
          <Amount value={value} />
        </Text>
        {note !== null && (
          <Text size={200} className={styles.quiet}>
            {note}
          </Text>
        )}
      </dd>
    </div>
  );
}

function Over({ report: { series } }: { readonly report: Report }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (series.length < 2) return null;
  return (
    <Section title={t('office.reports.over')}>
      <AmountBars
        label={t('office.reports.over')}
        series={[t('office.reports.recharged'), t('office.reports.consumed'), t('office.reports.cost')]}
        bars={series.map(({ key, recharged, consumed, cost }) => ({
          key,
          label: key.length === 7 ? format.month(key) : format.dayShort(key),
          amounts: [recharged, consumed, cost],
        }))}
      />
    </Section>
  );
}

/** From what was there to what is left, line by line: read downwards it adds up. */
function Balances({ report: { money } }: { readonly report: Report }) {
  const { t } = useTranslation();
  const line = (name: string, value: string, sign: '' | '-' = '') => ({
    name: t(`office.reports.line.${name}`),
    value: <Amount value={sign === '-' ? negated(value) : value} />,
  });
  return (
    <Section title={t('office.reports.balances')}>
      <Facts
        end
        facts={[
          line('opening', money.opening),
          line('recharged', money.recharged),
          line('consumed', money.consumed, '-'),
          line('refunded', money.refunded),
          line('paidOut', money.paidOut, '-'),
          line('corrected', money.corrected),
          { ...line('closing', money.closing), strong: true },
        ]}
      />
    </Section>
  );
}

function Costs({ report: { costs } }: { readonly report: Report }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Section title={t('office.reports.costs')}>
      <Facts
        end
        facts={[
          { name: t('office.reports.costUsage'), value: <Amount value={costs.usage} /> },
          { name: t('office.reports.costDaily'), value: <Amount value={costs.daily} /> },
          { name: t('office.reports.costBills'), value: <Amount value={costs.bills} /> },
          { name: t('office.reports.cost'), value: <Amount value={costs.total} />, strong: true },
          ...(costs.unpriced === 0
            ? []
            : [{ name: t('office.reports.unpriced'), value: format.count(costs.unpriced) }]),
        ]}
      />
    </Section>
  );
}

function Others({ report }: { readonly report: Report }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { deferred, members, late } = report;
  return (
    <Section title={t('office.reports.deferredAndMembers')}>
      <Facts
        end
        facts={[
          { name: t('office.reports.prepaid'), value: <Amount value={deferred.prepaid} /> },
          { name: t('office.reports.unitsValue'), value: <Amount value={deferred.units} /> },
          ...(deferred.memberships === undefined
            ? []
            : [
                {
                  name: t('office.reports.deferredMemberships'),
                  value: <Amount value={deferred.memberships} />,
                },
              ]),
          { name: t('office.reports.deferred'), value: <Amount value={deferred.total} />, strong: true },
          { name: t('office.reports.owed'), value: <Amount value={deferred.owed} /> },
          { name: t('office.reports.membersNew'), value: format.count(members.new) },
          { name: t('office.reports.membersActive'), value: format.count(members.active) },
          { name: t('office.reports.membersEnded'), value: format.count(members.ended) },
          ...(late.count === 0
            ? []
            : [{ name: t('office.reports.lateCount'), value: format.count(late.count) }]),
          ...lateFigures
            .filter((key) => !isNothing(late[key]))
            .map((key) => ({
              name: t('office.reports.late', { what: t(lateNames[key]) }),
              value: <Amount value={late[key]} />,
            })),
        ]}
      />
    </Section>
  );
}

/** Of what is booked late, each by the word that it has above. */
const lateNames = {
  recharged: 'office.reports.recharged',
  consumed: 'office.reports.consumed',
  refunded: 'office.reports.line.refunded',
  paidOut: 'office.reports.line.paidOut',
  corrected: 'office.reports.line.corrected',
  cost: 'office.reports.cost',
} as const;
const lateFigures = ['recharged', 'consumed', 'refunded', 'paidOut', 'corrected', 'cost'] as const;

type UnitRow = Report['units'][number];

function Units({ report: { units } }: { readonly report: Report }) {
  const { t } = useTranslation();
  const columns = useUnitColumns();
  return (
    <Section title={t('office.reports.units')}>
      <PlainTable
        dense
        label={t('office.reports.units')}
        rows={units}
        keyOf={({ asset }) => asset}
        none={t('office.reports.none')}
        columns={columns}
      />
    </Section>
  );
}

const unitFigures = ['opening', 'brought', 'used', 'returned', 'expired', 'corrected', 'closing'] as const;

function useUnitColumns(): readonly PlainColumn<UnitRow>[] {
  const { t } = useTranslation();
  const assetName = useAssetName();
  return [
    { key: 'asset', header: t('office.reports.asset'), cell: ({ asset }) => assetName(asset) },
    ...unitFigures.map((key) => ({
      key,
      header: t(`office.reports.unit.${key}`),
      end: true,
      cell: (row: UnitRow) => <AssetAmount asset={row.asset} amount={row[key]} />,
    })),
    {
      key: 'value',
      header: t('office.reports.worth'),
      end: true,
      cell: ({ value }) => (value === undefined ? '' : <Amount value={value} />),
    },
  ];
}

interface MarginsProps {
  readonly title: string;
  readonly first: string;
  readonly rows: readonly MarginRow[];
  readonly nameOf?: (key: string) => string;
}

function Margins({ title, first, rows, nameOf = (key) => key }: MarginsProps) {
  const { t } = useTranslation();
  // Rows with a name of their own are people's.
  const ofPeople = rows.some(({ name }) => name !== undefined);
  const columns = useMarginColumns(first, nameOf, ofPeople);
  return (
    <Section title={title}>
      <PlainTable
        dense
        label={title}
        rows={rows.filter(({ key }) => key !== '')}
        keyOf={({ key }) => key}
        none={t('office.reports.none')}
        columns={columns}
      />
    </Section>
  );
}

function useMarginColumns(
  first: string,
  nameOf: (key: string) => string,
  breaks: boolean,
): readonly PlainColumn<MarginRow>[] {
  const { t } = useTranslation();
  const format = useFormat();
  return [
    {
      key: 'name',
      header: first,
      breaks,
      cell: ({ key, name }) => name ?? nameOf(key),
    },
    {
      key: 'count',
      header: t('office.reports.count'),
      end: true,
      cell: ({ count }) => format.count(count),
    },
    {
      key: 'revenue',
      header: t('office.reports.revenue'),
      end: true,
      cell: ({ revenue }) => <Amount value={revenue} />,
    },
    {
      key: 'cost',
      header: t('office.reports.cost'),
      end: true,
      cell: ({ cost }) => <Amount value={cost} />,
    },
    {
      key: 'margin',
      header: t('office.reports.gross'),
      end: true,
      cell: ({ margin }) => <Amount value={margin} />,
    },
  ];
}

function isNothing(amount: string): boolean {
  return /^0(?:\.0+)?$/.test(amount);
}

function negated(amount: string): string {
  if (isNothing(amount)) return amount;
  return amount.startsWith('-') ? amount.slice(1) : `-${amount}`;
}
