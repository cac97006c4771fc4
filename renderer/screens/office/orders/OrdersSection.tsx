/** Recharge orders of all accounts: what was ordered, what was paid and given back, and refunding one. */
import { useState } from 'react';
import { Badge, makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { RefundState, type OfficeOrder } from '../../../../shared/api-office.ts';
import { RechargeOrderState } from '../../../../shared/api.ts';
import { instantOf, signOf } from '../../../format.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { Page } from '../../../parts/Page.tsx';
import { useFormat, useTimeZone } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { useKept } from '../../../state/office.ts';
import { usePages } from '../../../state/pages.ts';
import { AccountField, type ChosenAccount } from '../parts/AccountField.tsx';
import { ChoiceFilter, DaysFilter, FilterBar } from '../parts/FilterBar.tsx';
import { OfficeTable } from '../parts/OfficeTable.tsx';
import { OrderDrawer } from './OrderDrawer.tsx';
import { OrderMark } from './OrderMark.tsx';

const useStyles = makeStyles({ quiet: { color: tokens.colorNeutralForeground3 } });

interface Filter {
  readonly state?: RechargeOrderState | undefined;
  readonly refund?: RefundState | undefined;
  readonly account?: ChosenAccount | undefined;
  readonly fromDay?: string | undefined;
  readonly toDay?: string | undefined;
}
type RechargeOrderState = (typeof RechargeOrderState.options)[number];
const nothing: Filter = {};
const keyOf = ({ accountId, id }: OfficeOrder): string => `${accountId} ${id}`;

/** The day after a day of the calendar. */
function nextDay(day: string): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + 1);
  return date.toISOString().slice(0, 10);
}

export function OrdersSection() {
  const { t } = useTranslation();
  const timeZone = useTimeZone();
  const [filter, setFilter] = useKept<Filter>('orders.filter', nothing);
  const { state, refund, account, fromDay, toDay } = filter;
  const from = fromDay === undefined ? null : instantOf(fromDay, '00:00', timeZone);
  const until = toDay === undefined ? null : instantOf(nextDay(toDay), '00:00', timeZone);
  const pages = usePages(
    'allRechargeOrders',
    {
      ...(state === undefined ? {} : { state }),
      ...(refund === undefined ? {} : { refund }),
      ...(account === undefined ? {} : { accountId: account.id }),
      ...(from === null ? {} : { from }),
      ...(until === null ? {} : { until }),
    },
    keyOf,
  );
  const [open, setOpen] = useState<string | null>(null);
  const columns = useColumns();
  const filtered = Object.values(filter).some((part) => part !== undefined);
  const onClear = filtered ? () => setFilter(nothing) : undefined;
  return (
    <Page title={t('office.orders.title')} fill>
      <FilterBar onClear={onClear} onRefresh={pages.refresh}>
        <AccountField
          filter
          label={t('office.accounts.one')}
          chosen={account ?? null}
          onChoose={(chosen) => setFilter({ ...filter, account: chosen ?? undefined })}
        />
        <ChoiceFilter
          label={t('column.state')}
          all={t('office.accounts.anyState')}
          options={RechargeOrderState.options}
          nameOf={(one) => t(`office.orders.state.${one}`)}
          chosen={state}
          onChoose={(chosen) => setFilter({ ...filter, state: chosen })}
        />
        <ChoiceFilter
          label={t('office.orders.refunds')}
          all={t('office.orders.anyRefund')}
          options={RefundState.options}
          nameOf={(one) => t(`office.orders.refundState.${one}`)}
          chosen={refund}
          onChoose={(chosen) => setFilter({ ...filter, refund: chosen })}
        />
        <DaysFilter
          fromDay={fromDay}
          toDay={toDay}
          onDays={(days) => setFilter({ ...filter, fromDay: days.fromDay, toDay: days.toDay })}
        />
      </FilterBar>
      <OfficeTable
        label={t('office.orders.title')}
        pages={pages}
        columns={columns}
        keyOf={keyOf}
        openLabel={({ accountName, amount }) => t('office.orders.open', { name: accountName, amount })}
        onOpen={(order) => setOpen(keyOf(order))}
        none={{ title: t('office.orders.none'), text: t('office.orders.noneText') }}
        onClear={onClear}
      />
      <OrderDrawer
        order={open === null ? null : (pages.rows.find((order) => keyOf(order) === open) ?? null)}
        onChanged={pages.refresh}
        onClose={() => setOpen(null)}
      />
    </Page>
  );
}

function useColumns(): readonly Column<OfficeOrder>[] {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  return [
    {
      key: 'created',
      header: t('column.created'),
      width: '150px',
      cell: ({ createdAt }) => <span className={styles.quiet}>{format.dateTime(createdAt)}</span>,
    },
    {
      key: 'account',
      header: t('office.accounts.one'),
      width: 'minmax(100px, 1.4fr)',
      cell: ({ accountName }) => accountName,
    },
    {
      key: 'state',
      header: t('column.state'),
      width: '84px',
      cell: ({ state }) => <OrderMark state={state} />,
    },
    {
      key: 'amount',
      header: t('column.amount'),
      width: '108px',
      end: true,
      cell: ({ amount }) => <Amount value={amount} />,
    },
    {
      key: 'refunded',
      header: t('office.orders.refunded'),
      width: '108px',
      end: true,
      cell: ({ refunded }) => (signOf(refunded) === 0 ? '' : <Amount value={refunded} />),
    },
    {
      key: 'refund',
      header: t('office.orders.refundStands'),
      width: '96px',
      fromTablePx: 760,
      cell: ({ refunds }) => {
        const open = refunds.find(({ state }) => state === 'abnormal' || state === 'processing');
        return open === undefined ? (
          ''
        ) : (
          <Badge appearance="tint" color={open.state === 'abnormal' ? 'danger' : 'warning'}>
            {t(`office.orders.refundState.${open.state}`)}
          </Badge>
        );
      },
    },
  ];
}
