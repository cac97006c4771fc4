/** What WeChat's two bills, the order and the ledger each have of one thing: a column each, the same lines beside each other. */
import type { ReactNode } from 'react';
import { makeStyles, tokens } from '@fluentui/react-components';
import { useTranslation } from 'react-i18next';
import type { Difference } from '../../../../shared/api-reconciliation.ts';
import { Amount } from '../../../parts/Amount.tsx';
import { useFormat } from '../../../parts/useFormat.ts';

const useStyles = makeStyles({
  scroll: { overflowX: 'auto' },
  sides: {
    width: '100%',
    borderCollapse: 'collapse',
    fontVariantNumeric: 'tabular-nums',
    fontSize: tokens.fontSizeBase200,
    '& th, & td': {
      textAlign: 'left',
      verticalAlign: 'top',
      padding: '6px 8px 6px 0',
      borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
      fontWeight: tokens.fontWeightRegular,
    },
    '& th': { color: tokens.colorNeutralForeground3, whiteSpace: 'nowrap' },
    '& td': { overflowWrap: 'anywhere' },
  },
  absent: { color: tokens.colorNeutralForeground3 },
});

interface Side {
  readonly name: string;
  readonly amount: string | null;
  readonly at: string | null;
  readonly state: string | null;
  readonly no: string | null;
}

export function Sides({ difference }: { readonly difference: Difference }) {
  const { t } = useTranslation();
  const styles = useStyles();
  const format = useFormat();
  const sides = useSides(difference);
  const absent = <span className={styles.absent}>{t('office.reconciliation.absent')}</span>;
  const line = (name: string, of: (side: Side) => ReactNode) => (
    <tr>
      <th scope="row">{name}</th>
      {sides.map((side) => (
        <td key={side.name}>{side.at === null ? '–' : (of(side) ?? '–')}</td>
      ))}
    </tr>
  );
  if (difference.fault !== undefined) return <p>{difference.fault.detail}</p>;
  return (
    <div className={styles.scroll}>
      <table className={styles.sides} aria-label={t('office.reconciliation.sides')}>
        <thead>
          <tr>
            <td />
            {sides.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{t('column.amount')}</th>
            {sides.map(({ name, amount }) => (
              <td key={name}>{amount === null ? absent : <Amount value={amount} />}</td>
            ))}
          </tr>
          {line(t('column.time'), ({ at }) => at !== null && format.dateTime(at))}
          {line(t('column.state'), ({ state }) => state)}
          {line(t('office.reconciliation.number'), ({ no }) => no)}
        </tbody>
      </table>
    </div>
  );
}

function useSides({ kind, trade, funds, order, refund, ledger }: Difference): readonly Side[] {
  const { t } = useTranslation();
  const nothing = { amount: null, at: null, state: null, no: null };
  const here =
    kind === 'refund'
      ? {
          name: t('office.reconciliation.refund'),
          ...(refund === undefined
            ? nothing
            : {
                amount: refund.amount,
                at: refund.createdAt,
                state: t(`office.reconciliation.orderState.${refund.state}`),
                no: refund.id,
              }),
        }
      : {
          name: t('office.reconciliation.order'),
          ...(order === undefined
            ? nothing
            : {
                amount: order.amount,
                at: order.paidAt ?? order.createdAt,
                state: t(`office.reconciliation.orderState.${order.state}`),
                no: order.id,
              }),
        };
  const bill = {
    name: t('office.reconciliation.tradeBill'),
    ...(trade === undefined
      ? nothing
      : {
          ...trade,
          // Money is held against what WeChat moves, an order against the whole of it.
          amount: kind === 'funds' ? (trade.settled ?? trade.amount) : trade.amount,
          // WeChat's own word, where the message files have none for it.
          state: t(`office.reconciliation.tradeState.${trade.state}`, { defaultValue: trade.state }),
        }),
  };
  if (kind === 'funds')
    return [
      bill,
      { name: t('office.reconciliation.fundBill'), ...nothing, ...funds, state: funds?.business ?? null },
    ];
  const books = { name: t('office.reconciliation.ledger'), ...nothing, ...ledger, no: ledger?.id ?? null };
  return [bill, here, books];
}
