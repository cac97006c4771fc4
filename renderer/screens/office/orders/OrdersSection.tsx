/** Recharge orders of all accounts: what was ordered, what was paid and given back, and refunding one. */
import { useState } from 'react';
import { Badge, makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import { RefundState, type OfficeOrder } from '../../../../shared/api-office.ts';
import { RechargeOrderState } from '../../../../shared/api-selling.ts';
import { dayBefore, instantOf, signOf } from '../../../format.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { Page } from '../../../parts/Page.tsx';
import { useFormat, useTimeZone } from '../../../parts/useFormat.ts';
import type { Column } from '../../../parts/VirtualTable.tsx';
import { usePages } from '../../../state/pages.ts';
import type { ChosenAccount } from '../parts/AccountField.tsx';
import { AccountFilter, ChoiceFilter, DaysFilter } from '../parts/FilterBar.tsx';
import { OfficeList } from '../parts/OfficeList.tsx';
import { useNarrowing } from '../parts/useNarrowing.ts';
import { OrderDrawer } from './OrderDrawer.tsx';
import { OrderMark } from './OrderMark.tsx';

const useStyles = makeStyles({ quiet: { color: tokens.colorNeutralForeground3 } });

interface Filter {
  readonly state?: RechargeOrderState;
  readonly refund?: RefundState;
  readonly account?: ChosenAccount;
  readonly fromDay?: string;
  readonly toDay?: string;
}
type RechargeOrderState = (typeof RechargeOrderState.options)[number];
const nothing: Filter = {};
const keyOf = ({ accountId, id }: OfficeOrder): string => `${accountId} ${id}`;

export function OrdersSection() {
  const { t } = useTranslation();
  const timeZone = useTimeZone();
  const { filter, change, onClear } = useNarrowing<Filter>('orders.filter', nothing);
  const { account, fromDay, toDay, ...rest } = filter;
  const from = fromDay === undefined ? null : instantOf(fromDay, '00:00', timeZone);
  const until = toDay === undefined ? null : instantOf(dayBefore(toDay, -1), '00:00', timeZone);
  const pages = usePages(
    'allRechargeOrders',
    {
      ...rest,
      ...(account === undefined ? {} : { accountId: account.id }),
      ...(from === null ? {} : { from }),
      ...(until === null ? {} : { until }),
    },
    keyOf,
  );
  const [open, setOpen] = useState<string | null>(null);
  const columns = useColumns();
  return (
    <Page title={t('office.orders.title')} fill>
      <OfficeList
        label={t('office.orders.title')}
        pages={pages}
        columns={columns}
        keyOf={keyOf}
        openLabel={({ accountName, amount }) => t('office.orders.open', { name: accountName, amount })}
        onOpen={(order) => setOpen(keyOf(order))}
        none={{ title: t('office.orders.none'), text: t('office.orders.noneText') }}
        onClear={onClear}
      >
        <AccountFilter
          label={t('office.accounts.one')}
          chosen={account}
          onChoose={(chosen) => change({ account: chosen })}
        />
        <ChoiceFilter
          label={t('column.state')}
          all={t('office.accounts.anyState')}
          options={RechargeOrderState.options}
          nameOf={(one) => t(`office.orders.state.${one}`)}
          chosen={filter.state}
          onChoose={(state) => change({ state })}
        />
        <ChoiceFilter
          label={t('office.orders.refunds')}
          all={t('office.orders.anyRefund')}
          options={RefundState.options}
          nameOf={(one) => t(`office.orders.refundState.${one}`)}
          chosen={filter.refund}
          onChoose={(refund) => change({ refund })}
        />
        <DaysFilter
          fromDay={fromDay}
          toDay={toDay}
          onDays={(days) => change({ fromDay: days.fromDay, toDay: days.toDay })}
        />
      </OfficeList>
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
      amountOf: ({ amount }) => amount,
      cell: ({ amount }) => <Amount value={amount} />,
    },
    {
      key: 'refunded',
      header: t('office.orders.refunded'),
      width: '108px',
      end: true,
      fromTablePx: 600,
      amountOf: ({ refunded }) => refunded,
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
