/**
 * WeChat's bills, staged: the only writer of `wechat_bills`, `wechat_trades` and `wechat_funds`. A bill's rows are
 * written as they stream in, under a reading of their own, and count from the moment in which the whole bill has proved
 * to be right; a reading that never came to that is removed by the next one. It must never keep a bill in memory.
 */
import { randomUUID } from 'node:crypto';
import type { Database, Queryable } from '../database/database.ts';
import {
  readBill,
  type BilledFunds,
  type BilledTrade,
  type BillKind,
  type OpenBill,
} from '../payments/wechat-bill.ts';

export interface StagedBill {
  readonly kind: BillKind;
  readonly day: string;
  /** Null: WeChat has no bill of the day, for nothing happened on it. */
  readonly bill: OpenBill | null;
  readonly nowMs: number;
  /** Throws where somebody else reads this bill by now, who has removed rows of this reading. */
  readonly insist: (tx: Queryable) => Promise<void>;
}

/** Takes the bill in, instead of an earlier reading of it. Throws BillFault where it cannot be believed. */
export async function stageBill(
  database: Database,
  { kind, day, bill, nowMs, insist }: StagedBill,
): Promise<number> {
  const reading = randomUUID();
  await forgetOthers(database, kind, day);
  let rows = 0;
  if (bill !== null) rows = await (kind === 'trade' ? addTrades : addFunds)(database, { day, reading, bill });
  await database.transaction(async (tx) => {
    await insist(tx);
    await tx.query(
      `INSERT INTO wechat_bills (day, kind, reading, hash, row_count, read_at_ms) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (day, kind) DO UPDATE
         SET reading = excluded.reading, hash = excluded.hash, row_count = excluded.row_count,
           read_at_ms = excluded.read_at_ms`,
      [day, kind, reading, bill?.sha1 ?? null, rows, nowMs],
    );
  });
  await forgetOthers(database, kind, day);
  // Until the database knows how many rows there are by now, it may compare each of them with each other.
  await database.query(kind === 'trade' ? 'ANALYZE wechat_trades' : 'ANALYZE wechat_funds');
  return rows;
}

interface Reading {
  readonly day: string;
  readonly reading: string;
  readonly bill: OpenBill;
}

const addTradesSql = `
  INSERT INTO wechat_trades (day, reading, line, kind, at_ms, out_trade_no, out_refund_no, wechat_no, state, amount,
    settled, fee)
  SELECT $1, $2, $3::bigint + n, kind, at_ms, out_trade_no, out_refund_no, wechat_no, state, amount, settled, fee
  FROM ROWS FROM (json_to_recordset($4::json) AS (kind text, at_ms bigint, out_trade_no text, out_refund_no text,
    wechat_no text, state text, amount bigint, settled bigint, fee bigint)) WITH ORDINALITY
    AS given (kind, at_ms, out_trade_no, out_refund_no, wechat_no, state, amount, settled, fee, n)`;
const addFundsSql = `
  INSERT INTO wechat_funds (day, reading, line, at_ms, wechat_no, flow_no, business, voucher, amount)
  SELECT $1, $2, $3::bigint + n, at_ms, wechat_no, flow_no, business, voucher, amount
  FROM ROWS FROM (json_to_recordset($4::json) AS (at_ms bigint, wechat_no text, flow_no text, business text,
    voucher text, amount bigint)) WITH ORDINALITY
    AS given (at_ms, wechat_no, flow_no, business, voucher, amount, n)`;

function addTrades(database: Database, { day, reading, bill }: Reading): Promise<number> {
  return addRows(readBill('trade', bill), (batch, line) =>
    write(database, addTradesSql, [day, reading, line, JSON.stringify(batch.map(tradeRow))]),
  );
}

function addFunds(database: Database, { day, reading, bill }: Reading): Promise<number> {
  return addRows(readBill('funds', bill), (batch, line) =>
    write(database, addFundsSql, [day, reading, line, JSON.stringify(batch.map(fundsRow))]),
  );
}

/** Reads on while what was read is written, one batch ahead and no more. Returns how many rows there were. */
async function addRows<Row>(
  batches: AsyncIterable<readonly Row[]>,
  add: (batch: readonly Row[], line: number) => Promise<unknown>,
): Promise<number> {
  let line = 0;
  let writing: Promise<unknown> = Promise.resolve();
  try {
    for await (const batch of batches) {
      await writing;
      writing = add(batch, line);
      // It is waited for above or below, which is where a failure is heard.
      writing.catch(() => undefined);
      line += batch.length;
    }
  } finally {
    await writing;
  }
  return line;
}

/**
 * Rows count once the bill's own row is committed, and that waits for the disk, for all that was committed before it too:
 * no batch has to wait by itself.
 */
function write(database: Database, sql: string, params: readonly unknown[]): Promise<unknown> {
  return database.transaction((tx) =>
    Promise.all([tx.query("SELECT set_config('synchronous_commit', 'off', true)"), tx.query(sql, params)]),
  );
}

/** Rows of the day that no bill counts: of an earlier reading, or one that did not come to its end. */
async function forgetOthers(database: Database, kind: BillKind, day: string): Promise<void> {
  await database.query(
    kind === 'trade'
      ? `DELETE FROM wechat_trades WHERE day = $1
         AND reading NOT IN (SELECT reading FROM wechat_bills WHERE day = $1 AND kind = 'trade')`
      : `DELETE FROM wechat_funds WHERE day = $1
         AND reading NOT IN (SELECT reading FROM wechat_bills WHERE day = $1 AND kind = 'funds')`,
    [day],
  );
}

/** Bills of days before this one; what they showed stays with the differences. */
export async function forgetBillsBefore(database: Database, day: string): Promise<void> {
  await database.transaction(async (tx) => {
    await tx.query('DELETE FROM wechat_trades WHERE day < $1', [day]);
    await tx.query('DELETE FROM wechat_funds WHERE day < $1', [day]);
    await tx.query('DELETE FROM wechat_bills WHERE day < $1', [day]);
  });
}

/** Numbers go as text: none passes through a floating-point number on its way. */
function tradeRow(trade: BilledTrade): Readonly<Record<string, unknown>> {
  return {
    kind: trade.kind,
    at_ms: trade.atMs,
    out_trade_no: trade.outTradeNo,
    out_refund_no: trade.outRefundNo,
    wechat_no: trade.wechatNo,
    state: trade.state,
    amount: trade.amount.toString(),
    settled: trade.settled.toString(),
    fee: trade.fee.toString(),
  };
}

function fundsRow(funds: BilledFunds): Readonly<Record<string, unknown>> {
  return {
    at_ms: funds.atMs,
    wechat_no: funds.wechatNo,
    flow_no: funds.flowNo,
    business: funds.business,
    voucher: funds.voucher,
    amount: funds.amount.toString(),
  };
}
