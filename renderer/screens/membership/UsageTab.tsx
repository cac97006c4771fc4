/** One's calls of AI models: a month's sums by product and model, what is unpaid, and each call with its price's origin. */
import { useState } from 'react';
import {
  Badge,
  Button,
  makeStyles,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  Select,
  Text,
  tokens,
} from '@fluentui/react-components';
import { BotSparkle24Regular } from '@fluentui/react-icons';
import { useTranslation } from 'react-i18next';
import type { MeteredUsage, MeteringCatalogue, UsageTotals } from '../../../shared/api-metering.ts';
import { cny } from '../../../shared/assets.ts';
import { centsAbove, dayOf, monthsUntil } from '../../format.ts';
import { Answered, isOutOfReach, NotOffline } from '../../parts/Answered.tsx';
import { EmptyState } from '../../parts/EmptyState.tsx';
import { PlainTable, type PlainColumn } from '../../parts/PlainTable.tsx';
import { Section } from '../../parts/Section.tsx';
import { useFormat, useNow, useTimeZone } from '../../parts/useFormat.ts';
import type { Column } from '../../parts/VirtualTable.tsx';
import { assetAmounts } from '../../parts/words.ts';
import { useAnswer } from '../../state/ask.ts';
import { usePages } from '../../state/pages.ts';
import { startRecharge } from '../../state/recharge.ts';
import { PagesTable } from './PagesTable.tsx';
import { UsageDrawer } from './UsageDrawer.tsx';

const useStyles = makeStyles({
  figures: {
    display: 'flex',
    flexWrap: 'wrap',
    gap: '12px 32px',
    margin: 0,
    fontVariantNumeric: 'tabular-nums',
  },
  figureName: { color: tokens.colorNeutralForeground3, fontSize: tokens.fontSizeBase200 },
  figure: { margin: '2px 0 0', fontSize: tokens.fontSizeBase400, fontWeight: tokens.fontWeightSemibold },
  quiet: { color: tokens.colorNeutralForeground3 },
  bar: { flexShrink: 0 },
});

/** Months that can be chosen. */
const monthsBack = 12;
const unpaidOnly = 'unpaid';

export function UsageTab() {
  const { t } = useTranslation();
  const format = useFormat();
  const months = monthsUntil(dayOf(useNow(), useTimeZone()), monthsBack);
  const [month, setMonth] = useState(months[0] ?? '');
  const [unpaid, setUnpaid] = useState(false);
  const totals = useAnswer('usageTotals', { query: { month } }, 'ledger');
  const catalogue = useAnswer('meteringCatalogue', {});
  if (isOutOfReach(totals)) return <NotOffline onRetry={totals.readAgain} />;
  return (
    <>
      {totals.body !== null && totals.body.unpaid.calls > 0 && (
        <Unpaid unpaid={totals.body.unpaid} shown={unpaid} onShow={() => setUnpaid(true)} />
      )}
      <Section
        title={t('usage.month')}
        aside={
          <Select
            size="small"
            aria-label={t('usage.chooseMonth')}
            value={month}
            onChange={(_, data) => setMonth(data.value)}
          >
            {months.map((one) => (
              <option key={one} value={one}>
                {format.month(one)}
              </option>
            ))}
          </Select>
        }
      >
        <Answered answer={totals} lines={4}>
          {(body) => <MonthTotals totals={body} catalogue={catalogue.body} />}
        </Answered>
      </Section>
      <Section
        title={t('usage.calls')}
        aside={
          <Select
            size="small"
            aria-label={t('usage.filter')}
            value={unpaid ? unpaidOnly : ''}
            onChange={(_, data) => setUnpaid(data.value === unpaidOnly)}
          >
            <option value="">{t('usage.allOfMonth', { month: format.month(month) })}</option>
            <option value={unpaidOnly}>{t('usage.unpaidOnly')}</option>
          </Select>
        }
      >
        <Calls query={unpaid ? { state: unpaidOnly } : { month }} catalogue={catalogue.body} />
      </Section>
    </>
  );
}

function Unpaid({
  unpaid,
  shown,
  onShow,
}: {
  readonly unpaid: UsageTotals['unpaid'];
  readonly shown: boolean;
  readonly onShow: () => void;
}) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const money = unpaid.owed.find(({ asset }) => asset === cny);
  return (
    <MessageBar intent="error" layout="multiline" className={styles.bar} role="alert">
      <MessageBarBody>
        {t('usage.unpaid', {
          calls: format.count(unpaid.calls),
          amount: assetAmounts(t, format, unpaid.owed),
        })}
      </MessageBarBody>
      <MessageBarActions>
        {money !== undefined && (
          <Button size="small" onClick={() => startRecharge(centsAbove(money.amount))}>
            {t('recharge.go')}
          </Button>
        )}
        {!shown && (
          <Button size="small" onClick={onShow}>
            {t('usage.showUnpaid')}
          </Button>
        )}
      </MessageBarActions>
    </MessageBar>
  );
}

function MonthTotals({
  totals,
  catalogue,
}: {
  readonly totals: UsageTotals;
  readonly catalogue: MeteringCatalogue | null;
}) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const columns = useGroupColumns(catalogue);
  const { total } = totals;
  const figures = [
    { name: t('usage.count'), value: format.count(total.calls) },
    { name: t('usage.input'), value: format.units(total.inputTokens) },
    { name: t('usage.output'), value: format.units(total.outputTokens) },
    { name: t('usage.paid'), value: assetAmounts(t, format, total.paid) },
    ...(total.owed.length === 0
      ? []
      : [{ name: t('usage.owed'), value: assetAmounts(t, format, total.owed) }]),
    ...(total.uncharged === 0
      ? []
      : [{ name: t('usage.state.uncharged'), value: format.count(total.uncharged) }]),
  ];
  return (
    <>
      <dl className={styles.figures}>
        {figures.map(({ name, value }) => (
          <div key={name}>
            <dt className={styles.figureName}>{name}</dt>
            <dd className={styles.figure}>{value}</dd>
          </div>
        ))}
      </dl>
      {totals.groups.length > 0 && (
        <PlainTable
          label={t('usage.groups')}
          columns={columns}
          rows={totals.groups}
          keyOf={({ product, model }) => `${product} ${model}`}
        />
      )}
    </>
  );
}

function useGroupColumns(
  catalogue: MeteringCatalogue | null,
): readonly PlainColumn<UsageTotals['groups'][number]>[] {
  const { t } = useTranslation();
  const format = useFormat();
  const name = useProductName(catalogue);
  return [
    { key: 'product', header: t('usage.product'), cell: ({ product }) => name(product) },
    { key: 'model', header: t('usage.model'), quiet: true, cell: ({ model }) => model },
    { key: 'calls', header: t('usage.count'), end: true, cell: ({ calls }) => format.count(calls) },
    {
      key: 'in',
      wide: true,
      header: t('usage.input'),
      end: true,
      cell: (row) => format.units(row.inputTokens),
    },
    {
      key: 'out',
      wide: true,
      header: t('usage.output'),
      end: true,
      cell: (row) => format.units(row.outputTokens),
    },
    { key: 'paid', header: t('usage.paid'), end: true, cell: ({ paid }) => assetAmounts(t, format, paid) },
    { key: 'owed', header: t('usage.owed'), end: true, cell: ({ owed }) => assetAmounts(t, format, owed) },
  ];
}

/** A product by the name that it is sold under; one that is not in the catalogue by its id. */
export function useProductName(catalogue: MeteringCatalogue | null): (id: string) => string {
  const format = useFormat();
  const names = new Map(catalogue?.products.map(({ id, name }) => [id, format.name(name)]));
  return (id) => names.get(id) ?? id;
}

const idOf = ({ id }: MeteredUsage): string => id;

function Calls({
  query,
  catalogue,
}: {
  readonly query: { readonly month: string } | { readonly state: typeof unpaidOnly };
  readonly catalogue: MeteringCatalogue | null;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const pages = usePages('usages', query, idOf, 'ledger');
  const [open, setOpen] = useState<MeteredUsage | null>(null);
  const name = useProductName(catalogue);
  const columns = useCallColumns(name);
  return (
    <>
      <PagesTable
        label={t('usage.calls')}
        pages={pages}
        columns={columns}
        keyOf={idOf}
        openLabel={(row) =>
          t('usage.openRow', { product: name(row.product), time: format.dateTime(row.recordedAt) })
        }
        onOpen={setOpen}
        empty={
          <EmptyState icon={<BotSparkle24Regular />} title={t('usage.none')} text={t('usage.noneText')} />
        }
      />
      <UsageDrawer usage={open} nameOf={name} onClose={() => setOpen(null)} />
    </>
  );
}

const stateColours = { charged: 'success', uncharged: 'informative', unpaid: 'danger' } as const;

function useCallColumns(name: (product: string) => string): readonly Column<MeteredUsage>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return [
    { key: 'time', header: t('column.time'), width: '150px', cell: (row) => format.dateTime(row.recordedAt) },
    {
      key: 'product',
      header: t('usage.product'),
      width: 'minmax(80px, 1fr)',
      cell: (row) => <span title={name(row.product)}>{name(row.product)}</span>,
    },
    {
      key: 'model',
      header: t('usage.model'),
      width: 'minmax(80px, 0.8fr)',
      fromTablePx: 700,
      cell: (row) => (
        <span className={styles.quiet} title={row.model}>
          {row.model}
        </span>
      ),
    },
    {
      key: 'in',
      header: t('usage.input'),
      width: '72px',
      end: true,
      cell: (row) => format.count(row.inputTokens),
    },
    {
      key: 'out',
      header: t('usage.output'),
      width: '84px',
      end: true,
      cell: (row) => format.count(row.outputTokens),
    },
    {
      key: 'paid',
      header: t('usage.paidBy'),
      width: 'minmax(96px, 2fr)',
      end: true,
      cell: (row) => {
        const text = assetAmounts(t, format, [...row.paid, ...row.owed]);
        return <span title={text}>{text}</span>;
      },
    },
    {
      key: 'state',
      header: t('column.state'),
      width: '84px',
      cell: (row) => (
        <Badge size="small" appearance="tint" color={stateColours[row.state]}>
          {t(`usage.state.${row.state}`)}
        </Badge>
      ),
    },
    {
      key: 'outcome',
      header: t('usage.ended'),
      width: '88px',
      fromTablePx: 1_040,
      cell: (row) => <Text className={styles.quiet}>{t(`usage.outcome.${row.outcome}`)}</Text>,
    },
  ];
}
