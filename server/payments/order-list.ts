/** Recharge orders of all accounts, newest first, with what became of each at WeChat. It reads alone. */
import type { OfficeOrder } from '../../shared/api-office.ts';
import type { RechargeOrder } from '../../shared/api-selling.ts';
import type { Queryable } from '../database/database.ts';
import { pageOf, placeOf } from '../database/newest-first.ts';
import { inTable, orderColumns, orderOf, refundsOf, served, type OrderRow } from './orders.ts';

export interface AllOrdersQuery {
  readonly state?: RechargeOrder['state'] | undefined;
  readonly refund?: RechargeOrder['refunds'][number]['state'] | undefined;
  readonly accountId?: string | undefined;
  /** Instants, the first included and the second not. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

interface Row extends OrderRow {
  readonly account_name: string;
  readonly wechat_transaction_id: string | null;
  readonly ask_at_ms: bigint | null;
}

/** Null: not a cursor of this list. */
export async function readAllOrders(
  db: Queryable,
  query: AllOrdersQuery,
): Promise<{ items: OfficeOrder[]; nextCursor: string | null } | null> {
  const { state, refund, accountId, from, until, cursor, limit } = query;
  const place = placeOf(cursor);
  if (place === null) return null;
  const found = await db.query<Row>(
    `SELECT ${inTable('o', orderColumns)}, o.wechat_transaction_id, o.ask_at_ms, a.name AS account_name
     FROM recharge_orders o JOIN accounts a ON a.id = o.account_id
     WHERE ($1::text IS NULL OR o.state = $1) AND ($2::uuid IS NULL OR o.account_id = $2)
       AND ($3::bigint IS NULL OR o.created_at_ms >= $3) AND ($4::bigint IS NULL OR o.created_at_ms < $4)
       AND ($5::text IS NULL OR EXISTS (
         SELECT 1 FROM recharge_refunds r WHERE r.account_id = o.account_id AND r.order_id = o.id AND r.state = $5))
       AND (o.created_at_ms, o.id, o.account_id) < ($6, $7, $8)
     ORDER BY o.created_at_ms DESC, o.id DESC, o.account_id DESC LIMIT $9`,
    [
      state ?? null,
      accountId ?? null,
      from === undefined ? null : Date.parse(from),
      until === undefined ? null : Date.parse(until),
      refund ?? null,
      place.atMs,
      place.id,
      place.accountId,
      limit + 1,
    ],
  );
  const { rows, nextCursor } = pageOf(found, limit, (row) => ({
    atMs: row.created_at_ms,
    id: row.id,
    accountId: row.account_id,
  }));
  const items: OfficeOrder[] = [];
  const byAccount = Map.groupBy(rows, (row) => row.account_id);
  const refunds = new Map<string, Awaited<ReturnType<typeof refundsOf>>>();
  for (const [account, ofAccount] of byAccount)
    refunds.set(
      account,
      await refundsOf(
        db,
        account,
        // What WeChat closed no longer counts as refunded, and is still to be seen.
        ofAccount.filter(({ paid_at_ms }) => paid_at_ms !== null).map(({ id }) => id),
      ),
    );
  for (const row of rows) items.push(officeOrder(row, refunds.get(row.account_id)?.get(row.id) ?? []));
  return { items, nextCursor };
}

function officeOrder(row: Row, refunds: Parameters<typeof served>[1]): OfficeOrder {
  const { codeUrl: _, ...order } = served(orderOf(row), refunds);
  return {
    ...order,
    accountId: row.account_id,
    accountName: row.account_name,
    tradeNo: row.out_trade_no,
    ...(row.wechat_transaction_id === null ? {} : { wechatTransactionId: row.wechat_transaction_id }),
    asked: row.asked,
    ...(row.ask_at_ms === null ? {} : { nextAskAt: new Date(Number(row.ask_at_ms)).toISOString() }),
  };
}
