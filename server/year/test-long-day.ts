/**
 * A day with as many payments as are asked for, and its bills as files: what reconciliation's time and memory are
 * measured on. Its rows are made in SQL and only look like a ledger's: it must never be taken for one that verifies.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Database } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import type { BillKind, OpenBill } from '../payments/wechat-bill.ts';
import { chinaDayAfter, dayMs, startOfChinaDay } from '../reconciliation/china-day.ts';
import { yearBills, type PlantEach, type PlantedDifference, type YearBills } from './test-year-bills.ts';

export interface LongDay {
  readonly day: string;
  readonly payments: number;
  readonly each: PlantEach;
}
/** What stands in the folder beside the bills. */
interface Kept {
  readonly planted: readonly PlantedDifference[];
  /** Of the bills' texts, by kind and day. */
  readonly hashes: Readonly<Record<string, string>>;
}

/** The day before it belongs to it: what is told a day early is in its bill. */
export function spanOfDay(day: string): { readonly fromMs: number; readonly untilMs: number } {
  const startMs = startOfChinaDay(day);
  return { fromMs: startMs - dayMs, untilMs: startMs + dayMs };
}

export async function makeLongDay(
  database: Database,
  folder: string,
  { day, payments, each }: LongDay,
): Promise<void> {
  await migrate(database);
  const startMs = startOfChinaDay(day);
  await database.query(accountSql);
  for (const sql of [ordersSql, unpaidSql, rechargesSql, grantsSql, refundsSql, paidBackSql])
    await database.query(sql, [day, payments, startMs]);
  await database.script('ANALYZE');
  const bills = await yearBills(database, spanOfDay(day), each);
  const hashes: Record<string, string> = {};
  for (const billed of [chinaDayAfter(day, -1), day])
    for (const kind of ['trade', 'funds'] as const) {
      const bill = await bills.open(kind, billed);
      if (bill === null) continue;
      hashes[`${kind} ${billed}`] = bill.sha1;
      await pipeline(bill.packed, createWriteStream(fileOf(folder, kind, billed)));
    }
  const kept: Kept = { planted: bills.planted, hashes };
  await writeFile(join(folder, 'kept.json'), JSON.stringify(kept));
}

/** The same bills as they come from WeChat: a piece at a time. */
export async function longDayBills(folder: string): Promise<YearBills> {
  const { planted, hashes } = JSON.parse(await readFile(join(folder, 'kept.json'), 'utf8')) as Kept;
  return {
    planted,
    written: { trades: 0, flows: 0 },
    async open(kind, day): Promise<OpenBill | null> {
      const sha1 = hashes[`${kind} ${day}`];
      return sha1 === undefined ? null : { sha1, packed: createReadStream(fileOf(folder, kind, day)) };
    },
  };
}

function fileOf(folder: string, kind: BillKind, day: string): string {
  return join(folder, `${kind}-${day}.csv.gz`);
}

// ── The rows ────────────────────────────────────────────────────────────────────────────────────────────────

/** Payments of a thousand people, evenly over the day. */
const payments = `(SELECT n, md5($1 || ' account ' || n % 1000)::uuid AS account_id, 1 + n / 1000 AS seq,
    md5($1 || ' order ' || n)::uuid AS id, md5($1 || ' recharge ' || n)::uuid AS recharge_id,
    (100 + n % 49900) * 10000::bigint AS amount, md5($1 || ' trade ' || n) AS trade_no,
    '42000' || replace($1, '-', '') || lpad(n::text, 15, '0') AS wechat_no,
    $3::bigint + 600000 + 1000 * (n * 85000::bigint / $2::int) AS paid_at_ms
  FROM generate_series(0, $2::int - 1) AS n) p`;

const financeId = '01900000-0000-7000-8000-00000000f1ce';
const accountSql = `INSERT INTO accounts (id, name, email, role, member_level, time_zone, created_at_ms)
  VALUES ('${financeId}', 'Finance', 'finance@day.example', 'finance', 'none', 'Asia/Shanghai', 0)
  ON CONFLICT DO NOTHING`;

const ordersSql = `INSERT INTO recharge_orders (account_id, id, channel, amount, state, out_trade_no, recharge_id,
    created_at_ms, expires_at_ms, paid_at_ms, wechat_transaction_id)
  SELECT account_id, id, 'wechat_native', amount, 'paid', trade_no, recharge_id, paid_at_ms - 60000,
    paid_at_ms + 840000, paid_at_ms, wechat_no FROM ${payments}`;
/** One order in a hundred is not paid. */
const unpaidSql = `INSERT INTO recharge_orders (account_id, id, channel, amount, state, out_trade_no, recharge_id,
    created_at_ms, expires_at_ms, closed_at_ms)
  SELECT account_id, md5('unpaid ' || id)::uuid, 'wechat_native', amount, 'closed', md5('unpaid ' || trade_no),
    md5('unpaid ' || recharge_id)::uuid, paid_at_ms, paid_at_ms + 900000, paid_at_ms + 900000
  FROM ${payments} WHERE n % 100 = 0`;

const made = (
  columns: string,
) => `INSERT INTO transactions (account_id, seq, id, kind, asset, amount, balance_after,
    occurred_at_ms, recorded_at_ms, request_hash, hash, body, seal) SELECT ${columns}, md5(id::text),
    '{"note":"' || repeat('x', 300) || '"}', repeat('0', 32)`;
const rechargesSql = `${made(`account_id, seq, recharge_id, 'recharge', 'CNY', amount, amount, paid_at_ms,
    paid_at_ms + 700, md5(trade_no)`)} FROM ${payments}`;
const grantsSql = `INSERT INTO grants (account_id, id, asset, amount, remaining, priority, source, effective_at_ms)
  SELECT account_id, recharge_id, 'CNY', amount, amount, 0, 'wechat_native', paid_at_ms + 700 FROM ${payments}`;

/** Of one payment in fifty a part goes back. */
const refundsSql = `INSERT INTO recharge_refunds (account_id, id, order_id, amount, reason, state, out_refund_no,
    return_id, asked_by, created_at_ms, ended_at_ms)
  SELECT account_id, md5('refund ' || id)::uuid, id, 10000, '测试', 'succeeded', md5('refund ' || trade_no),
    md5('return ' || id)::uuid, '${financeId}', paid_at_ms + 5000, paid_at_ms + 6000
  FROM ${payments} WHERE n % 50 = 0`;
const paidBackSql = `${made(`account_id, 1000000 + seq, md5('refund ' || id)::uuid, 'adjustment', 'CNY', -10000, 0,
    paid_at_ms + 5000, paid_at_ms + 5000, md5('refund ' || trade_no)`)} FROM ${payments} WHERE n % 50 = 0`;
