/**
 * The rows of recharge orders, of refunds and of notifications that were taken; the only writer of these tables. It
 * decides nothing: each change is made only where the row still is what the decision was made on.
 */
import { hash, randomUUID } from 'node:crypto';
import type { RechargeOrder } from '../../shared/api-selling.ts';
import { yuanText, type Micros } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { ownPlaceOf } from '../database/newest-first.ts';
import { refuseCursor, type Refused } from '../ledger/refusal.ts';

export interface OrderRecord {
  readonly accountId: string;
  readonly id: string;
  readonly channel: 'wechat_native';
  readonly amount: Micros;
  readonly state: RechargeOrder['state'];
  readonly outTradeNo: string;
  /** The transaction that pays the money in. */
  readonly rechargeId: string;
  readonly codeUrl: string | null;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly paidAtMs: number | null;
  readonly closedAtMs: number | null;
  readonly refunded: Micros;
  /** How often WeChat was asked. */
  readonly asked: number;
}

/** What of it can still be given back. */
export function leftOf({ paidAtMs, amount, refunded }: OrderRecord): Micros {
  return paidAtMs === null ? 0n : amount - refunded;
}

export interface RefundRecord {
  readonly accountId: string;
  readonly id: string;
  readonly orderId: string;
  readonly amount: Micros;
  readonly reason: string;
  readonly state: RechargeOrder['refunds'][number]['state'];
  readonly outRefundNo: string;
  /** The transaction that brings the money back where WeChat did not refund it. */
  readonly returnId: string;
  readonly problem: string | null;
  readonly askedBy: string;
  readonly createdAtMs: number;
  readonly asked: number;
}

export interface OrderRow {
  readonly account_id: string;
  readonly id: string;
  readonly channel: 'wechat_native';
  readonly amount: bigint;
  readonly state: OrderRecord['state'];
  readonly out_trade_no: string;
  readonly recharge_id: string;
  readonly code_url: string | null;
  readonly created_at_ms: bigint;
  readonly expires_at_ms: bigint;
  readonly paid_at_ms: bigint | null;
  readonly closed_at_ms: bigint | null;
  readonly refunded: bigint;
  readonly asked: number;
}

interface RefundRow {
  readonly account_id: string;
  readonly id: string;
  readonly order_id: string;
  readonly amount: bigint;
  readonly reason: string;
  readonly state: RefundRecord['state'];
  readonly out_refund_no: string;
  readonly return_id: string;
  readonly problem: string | null;
  readonly asked_by: string;
  readonly created_at_ms: bigint;
  readonly asked: number;
}

export const orderColumns = `account_id, id, channel, amount, state, out_trade_no, recharge_id, code_url, created_at_ms,
  expires_at_ms, paid_at_ms, closed_at_ms, refunded, asked`;
const refundColumns = `account_id, id, order_id, amount, reason, state, out_refund_no, return_id, problem, asked_by,
  created_at_ms, asked`;

/** WeChat's name for an order or a refund: two accounts may have ids alike, and 32 characters are all there is. */
function wechatNumber(accountId: string, id: string): string {
  return hash('sha256', `${accountId} ${id}`, 'hex').slice(0, 32);
}

// ── Orders ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Adds the order unless its id is taken; whose it is then, the caller reads. */
export async function addOrder(
  db: Queryable,
  order: Pick<OrderRecord, 'accountId' | 'id' | 'channel' | 'amount' | 'createdAtMs' | 'expiresAtMs'>,
  askAtMs: number,
): Promise<void> {
  await db.query(
    `INSERT INTO recharge_orders (account_id, id, channel, amount, state, out_trade_no, recharge_id, created_at_ms,
       expires_at_ms, ask_at_ms)
     VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, $9) ON CONFLICT (account_id, id) DO NOTHING`,
    [
      order.accountId,
      order.id,
      order.channel,
      order.amount,
      wechatNumber(order.accountId, order.id),
      randomUUID(),
      order.createdAtMs,
      order.expiresAtMs,
      askAtMs,
    ],
  );
}

export async function readOrder(db: Queryable, accountId: string, id: string): Promise<OrderRecord | null> {
  const [row] = await db.query<OrderRow>(
    `SELECT ${orderColumns} FROM recharge_orders WHERE account_id = $1 AND id = $2`,
    [accountId, id],
  );
  return row === undefined ? null : orderOf(row);
}

export async function findByTradeNo(db: Queryable, outTradeNo: string): Promise<OrderRecord | null> {
  const [row] = await db.query<OrderRow>(
    `SELECT ${orderColumns} FROM recharge_orders WHERE out_trade_no = $1`,
    [outTradeNo],
  );
  return row === undefined ? null : orderOf(row);
}

/** Whose order this is, for finance who only has the id: two accounts may have one of the same id. */
export async function accountsOfOrder(db: Queryable, id: string): Promise<string[]> {
  const rows = await db.query<{ account_id: string }>(
    'SELECT account_id FROM recharge_orders WHERE id = $1 ORDER BY account_id LIMIT 100',
    [id],
  );
  return rows.map((row) => row.account_id);
}

export interface OrdersQuery {
  readonly state?: OrderRecord['state'] | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Newest first. The cursor is the last order's creation and id. */
export async function readOrders(
  db: Queryable,
  accountId: string,
  { state, cursor, limit }: OrdersQuery,
): Promise<{ items: RechargeOrder[]; nextCursor: string | null } | Refused> {
  const place = ownPlaceOf(cursor);
  if (place === null) return refuseCursor();
  const rows = await db.query<OrderRow>(
    `SELECT ${orderColumns} FROM recharge_orders
     WHERE account_id = $1 AND ($2::text IS NULL OR state = $2) AND (created_at_ms, id) < ($3, $4)
     ORDER BY created_at_ms DESC, id DESC LIMIT $5`,
    [accountId, state ?? null, place.atMs, place.id, limit + 1],
  );
  const page = rows.slice(0, limit).map(orderOf);
  const refunds = await refundsOf(
    db,
    accountId,
    page.filter(({ refunded }) => refunded > 0n).map(({ id }) => id),
  );
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    items: page.map((order) => served(order, refunds.get(order.id) ?? [])),
    nextCursor: more ? `${last.createdAtMs}.${last.id}` : null,
  };
}

/** The order with its refunds, as its owner sees it. */
export async function readServed(
  db: Queryable,
  accountId: string,
  id: string,
): Promise<RechargeOrder | null> {
  const order = await readOrder(db, accountId, id);
  if (order === null) return null;
  return served(order, (await refundsOf(db, accountId, [id])).get(id) ?? []);
}

/** What WeChat made of the order; a second answer changes nothing. */
export async function keepCodeUrl(
  db: Queryable,
  { accountId, id }: OrderRecord,
  codeUrl: string,
): Promise<void> {
  await db.query(
    'UPDATE recharge_orders SET code_url = $3 WHERE account_id = $1 AND id = $2 AND code_url IS NULL',
    [accountId, id, codeUrl],
  );
}

export async function markPaid(
  tx: Queryable,
  { accountId, id }: OrderRecord,
  paid: { readonly atMs: number; readonly wechatTransactionId: string },
): Promise<void> {
  await tx.query(
    `UPDATE recharge_orders SET state = 'paid', paid_at_ms = $3, wechat_transaction_id = $4, ask_at_ms = NULL
     WHERE account_id = $1 AND id = $2 AND state IN ('pending', 'closed')`,
    [accountId, id, paid.atMs, paid.wechatTransactionId],
  );
}

export async function markClosed(
  tx: Queryable,
  { accountId, id }: OrderRecord,
  { atMs, askAtMs }: { readonly atMs: number; readonly askAtMs: number },
): Promise<void> {
  await tx.query(
    `UPDATE recharge_orders SET state = 'closed', closed_at_ms = $3, ask_at_ms = $4
     WHERE account_id = $1 AND id = $2 AND state = 'pending'`,
    [accountId, id, atMs, askAtMs],
  );
}

/** Takes at most `limit` orders that WeChat is to be asked about; nobody else gets them before `leaseMs` have passed. */
export async function takeOrdersToAsk(db: Queryable, due: Due): Promise<OrderRecord[]> {
  const rows = await db.query<OrderRow>(
    `WITH due AS (
       SELECT account_id, id FROM recharge_orders WHERE ask_at_ms <= $1
       ORDER BY ask_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED
     )
     UPDATE recharge_orders o SET asked = o.asked + 1, ask_at_ms = $3
     FROM due WHERE o.account_id = due.account_id AND o.id = due.id
     RETURNING ${inTable('o', orderColumns)}`,
    [due.nowMs, due.limit, due.nowMs + due.leaseMs],
  );
  return rows.map(orderOf);
}

/** When WeChat is asked again; null: never. Nothing where the order has moved on meanwhile. */
export async function askOrderAt(
  db: Queryable,
  { accountId, id, state }: OrderRecord,
  askAtMs: number | null,
): Promise<void> {
  await db.query(
    'UPDATE recharge_orders SET ask_at_ms = $4 WHERE account_id = $1 AND id = $2 AND state = $3',
    [accountId, id, state, askAtMs],
  );
}

export interface Due {
  readonly nowMs: number;
  readonly leaseMs: number;
  readonly limit: number;
}

// ── Refunds ─────────────────────────────────────────────────────────────────────────────────────────────────

export async function readRefund(db: Queryable, accountId: string, id: string): Promise<RefundRecord | null> {
  const [row] = await db.query<RefundRow>(
    `SELECT ${refundColumns} FROM recharge_refunds WHERE account_id = $1 AND id = $2`,
    [accountId, id],
  );
  return row === undefined ? null : refundOf(row);
}

export async function findByRefundNo(db: Queryable, outRefundNo: string): Promise<RefundRecord | null> {
  const [row] = await db.query<RefundRow>(
    `SELECT ${refundColumns} FROM recharge_refunds WHERE out_refund_no = $1`,
    [outRefundNo],
  );
  return row === undefined ? null : refundOf(row);
}

export async function refundsOf(
  db: Queryable,
  accountId: string,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, readonly RefundRecord[]>> {
  if (orderIds.length === 0) return new Map();
  const rows = await db.query<RefundRow>(
    `SELECT ${refundColumns} FROM recharge_refunds WHERE account_id = $1 AND order_id = ANY($2::uuid[])
     ORDER BY created_at_ms, id`,
    [accountId, orderIds],
  );
  return Map.groupBy(rows.map(refundOf), ({ orderId }) => orderId);
}

/** Adds the refund and counts it on its order, which is `refunded` once nothing of it is left. */
export async function addRefund(
  tx: Queryable,
  refund: Pick<RefundRecord, 'accountId' | 'id' | 'orderId' | 'amount' | 'reason' | 'askedBy'>,
  { nowMs, askAtMs }: { readonly nowMs: number; readonly askAtMs: number },
): Promise<void> {
  const { accountId, id, orderId, amount, reason, askedBy } = refund;
  await tx.query(
    `INSERT INTO recharge_refunds (account_id, id, order_id, amount, reason, state, out_refund_no, return_id, asked_by,
       created_at_ms, ask_at_ms)
     VALUES ($1, $2, $3, $4, $5, 'processing', $6, $7, $8, $9, $10)`,
    [
      accountId,
      id,
      orderId,
      amount,
      reason,
      wechatNumber(accountId, id),
      randomUUID(),
      askedBy,
      nowMs,
      askAtMs,
    ],
  );
  await countRefunded(tx, refund, amount);
}

/** What WeChat said of a refund; one that it closed no longer counts on its order. */
export async function markRefund(
  tx: Queryable,
  refund: RefundRecord,
  state: RefundRecord['state'],
  at: { readonly nowMs: number; readonly askAtMs: number | null },
): Promise<void> {
  const ended = state === 'succeeded' || state === 'closed';
  await tx.query(
    `UPDATE recharge_refunds SET state = $3, problem = NULL, ended_at_ms = $4, ask_at_ms = $5
     WHERE account_id = $1 AND id = $2`,
    [refund.accountId, refund.id, state, ended ? at.nowMs : null, ended ? null : at.askAtMs],
  );
  if (state === 'closed') await countRefunded(tx, refund, -refund.amount);
}

async function countRefunded(
  tx: Queryable,
  { accountId, orderId }: Pick<RefundRecord, 'accountId' | 'orderId'>,
  amount: Micros,
): Promise<void> {
  await tx.query(
    `UPDATE recharge_orders SET refunded = refunded + $3::bigint,
       state = CASE WHEN refunded + $3::bigint = amount THEN 'refunded' ELSE 'paid' END
     WHERE account_id = $1 AND id = $2`,
    [accountId, orderId, amount],
  );
}

/** WeChat did not take it, or could not be asked: why, and when it is tried again. */
export async function postponeRefund(
  db: Queryable,
  { accountId, id, state }: RefundRecord,
  { problem, askAtMs }: { readonly problem: string | null; readonly askAtMs: number | null },
): Promise<void> {
  await db.query(
    `UPDATE recharge_refunds SET problem = $4, ask_at_ms = $5
     WHERE account_id = $1 AND id = $2 AND state = $3`,
    [accountId, id, state, problem, askAtMs],
  );
}

export async function takeRefundsToAsk(db: Queryable, due: Due): Promise<RefundRecord[]> {
  const rows = await db.query<RefundRow>(
    `WITH due AS (
       SELECT account_id, id FROM recharge_refunds WHERE ask_at_ms <= $1
       ORDER BY ask_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED
     )
     UPDATE recharge_refunds r SET asked = r.asked + 1, ask_at_ms = $3
     FROM due WHERE r.account_id = due.account_id AND r.id = due.id
     RETURNING ${inTable('r', refundColumns)}`,
    [due.nowMs, due.limit, due.nowMs + due.leaseMs],
  );
  return rows.map(refundOf);
}

// ── Notifications ───────────────────────────────────────────────────────────────────────────────────────────

/** False when one with this nonce was taken before: it is a replay. */
export async function takeNonce(
  tx: Queryable,
  accountId: string,
  nonce: string,
  nowMs: number,
): Promise<boolean> {
  const rows = await tx.query(
    `INSERT INTO wechat_notifications (account_id, nonce, received_at_ms) VALUES ($1, $2, $3)
     ON CONFLICT (account_id, nonce) DO NOTHING RETURNING nonce`,
    [accountId, nonce, nowMs],
  );
  return rows.length === 1;
}

/** What is older cannot be replayed: its signature's time is over. */
export async function forgetNonces(db: Queryable, beforeMs: number): Promise<void> {
  await db.query('DELETE FROM wechat_notifications WHERE received_at_ms < $1', [beforeMs]);
}

// ── Shapes ──────────────────────────────────────────────────────────────────────────────────────────────────

export function inTable(alias: string, columns: string): string {
  return columns
    .split(',')
    .map((column) => `${alias}.${column.trim()}`)
    .join(', ');
}

export function orderOf(row: OrderRow): OrderRecord {
  return {
    accountId: row.account_id,
    id: row.id,
    channel: row.channel,
    amount: row.amount,
    state: row.state,
    outTradeNo: row.out_trade_no,
    rechargeId: row.recharge_id,
    codeUrl: row.code_url,
    createdAtMs: Number(row.created_at_ms),
    expiresAtMs: Number(row.expires_at_ms),
    paidAtMs: row.paid_at_ms === null ? null : Number(row.paid_at_ms),
    closedAtMs: row.closed_at_ms === null ? null : Number(row.closed_at_ms),
    refunded: row.refunded,
    asked: row.asked,
  };
}

function refundOf(row: RefundRow): RefundRecord {
  return {
    accountId: row.account_id,
    id: row.id,
    orderId: row.order_id,
    amount: row.amount,
    reason: row.reason,
    state: row.state,
    outRefundNo: row.out_refund_no,
    returnId: row.return_id,
    problem: row.problem,
    askedBy: row.asked_by,
    createdAtMs: Number(row.created_at_ms),
    asked: row.asked,
  };
}

export function served(order: OrderRecord, refunds: readonly RefundRecord[]): RechargeOrder {
  const { codeUrl, paidAtMs, closedAtMs } = order;
  return {
    id: order.id,
    channel: order.channel,
    state: order.state,
    amount: yuanText(order.amount),
    // Nobody is to scan what nothing can be paid with any more.
    ...(codeUrl === null || order.state !== 'pending' ? {} : { codeUrl }),
    createdAt: instant(order.createdAtMs),
    expiresAt: instant(order.expiresAtMs),
    ...(paidAtMs === null ? {} : { paidAt: instant(paidAtMs), rechargeId: order.rechargeId }),
    ...(closedAtMs === null ? {} : { closedAt: instant(closedAtMs) }),
    ...(paidAtMs !== null && closedAtMs !== null ? { late: true as const } : {}),
    refunded: yuanText(order.refunded),
    refunds: refunds.map((refund) => ({
      id: refund.id,
      amount: yuanText(refund.amount),
      reason: refund.reason,
      state: refund.state,
      ...(refund.problem === null ? {} : { problem: refund.problem }),
      createdAt: instant(refund.createdAtMs),
    })),
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
