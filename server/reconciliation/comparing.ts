/**
 * Holds a day's bills, orders and ledger against each other, in SQL, and records what differs; the only writer of
 * `reconciliation_differences` beside `differences.ts`. However large the day, no row of it passes through this program.
 * It must never take anything for a difference that a bill which is not read yet could still explain.
 */
import type { Queryable } from '../database/database.ts';
import type { BillKind } from '../payments/wechat-bill.ts';
import { chinaDayAfter, startOfChinaDay } from './china-day.ts';
import {
  fundsOf,
  fundsThatCame,
  fundsWithoutTrade,
  paymentsHere,
  paymentsOfBill,
  rechargesWithoutOrder,
  refundsHere,
  refundsOfBill,
  tradesOf,
  tradesWithoutFunds,
} from './finding.ts';

/** A run over one day of WeChat's. */
export interface Comparison {
  readonly day: string;
  readonly runId: string;
  readonly nowMs: number;
}

/** What each side counts and adds up to; amounts in micro-yuan. */
export interface DaySums {
  readonly payments: Sum;
  readonly refunds: Sum;
  /** Absent where it was run before this was kept. */
  readonly coupons?: string;
  readonly fees: string;
  readonly fundsIn: string;
  readonly fundsOut: string;
  /** False: WeChat has no fund-flow bill of the day, so that nothing was held against one. */
  readonly hasFunds: boolean;
  readonly orders: Sum;
  readonly recharges: Sum;
  readonly refundsHere: Sum;
}
export interface Sum {
  readonly count: number;
  readonly amount: string;
}

/** How far clocks of two sides may differ around midnight: what is younger waits for the next day's bill. */
const midnightMs = 5 * 60_000;

/** Compares, and settles what no longer differs. Within one transaction, so that nobody sees a half of it. */
export async function compareDay(tx: Queryable, { day, runId, nowMs }: Comparison): Promise<DaySums> {
  const [before, after] = [chinaDayAfter(day, -1), chinaDayAfter(day)];
  // A long day is joined in memory of the database's: so much for each step of it.
  await tx.query("SELECT set_config('work_mem', '64MB', true)");
  const bills = await billsRead(tx);
  const [startMs, endMs] = [startOfChinaDay(day), startOfChinaDay(after)];
  const stretch = {
    fromMs: startMs + (bills.has('trade', before) ? -midnightMs : midnightMs),
    untilMs: bills.has('trade', after) ? endMs : endMs - midnightMs,
  };
  const run = { day, before, after, runId, nowMs, bills };
  const onDay = [runId, nowMs, bills.readings('trade', [day]), startMs, endMs];
  const around = bills.readings('trade', [before, day, after]);
  const inStretch = [runId, nowMs, around, stretch.fromMs, stretch.untilMs];
  await tx.query(paymentsOfBill, onDay);
  await tx.query(paymentsHere, inStretch);
  await tx.query(rechargesWithoutOrder, [runId, nowMs, stretch.fromMs, stretch.untilMs]);
  await tx.query(refundsOfBill, onDay);
  const refunds = refundStretch(run, stretch);
  await tx.query(refundsHere, [
    runId,
    nowMs,
    bills.readings('trade', [chinaDayAfter(before, -1), before, day, after]),
    refunds.fromMs,
    stretch.untilMs,
    refunds.untilMs,
  ]);
  const hasFunds = bills.isThere('funds', day);
  if (hasFunds) await compareFunds(tx, run, stretch);
  await settle(tx, run, { others: stretch, refunds }, hasFunds);
  return daySums(tx, run, { startMs, endMs, hasFunds });
}

interface ComparingRun {
  readonly day: string;
  readonly before: string;
  readonly after: string;
  readonly runId: string;
  readonly nowMs: number;
  readonly bills: Bills;
}
interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * WeChat takes a refund when it can be reached, and when the merchant has the money: one that is not ended may be in the
 * next day's bill, and is missing once that was read.
 */
function refundStretch({ day, before, bills }: ComparingRun, { fromMs, untilMs }: Stretch): Stretch {
  const startMs = startOfChinaDay(day);
  const hasTwoBefore = bills.has('trade', chinaDayAfter(before, -1));
  return {
    fromMs: bills.has('trade', before) ? startOfChinaDay(before) + (hasTwoBefore ? 0 : midnightMs) : fromMs,
    untilMs: bills.has('trade', chinaDayAfter(day)) ? untilMs : startMs,
  };
}

/** Bills that count. */
interface Bills {
  /** Whether it was read, be it that WeChat has none of the day. */
  has(kind: BillKind, day: string): boolean;
  /** Whether WeChat has one. */
  isThere(kind: BillKind, day: string): boolean;
  /** What the rows of these days' bills are known by, or of all days'. */
  readings(kind: BillKind, days?: readonly string[]): readonly string[];
}

async function billsRead(tx: Queryable): Promise<Bills> {
  const rows = await tx.query<{ kind: BillKind; day: string; reading: string; there: boolean }>(
    'SELECT kind, day, reading, hash IS NOT NULL AS there FROM wechat_bills',
  );
  const find = (kind: BillKind, day: string) => rows.find((row) => row.kind === kind && row.day === day);
  return {
    has: (kind, day) => find(kind, day) !== undefined,
    isThere: (kind, day) => find(kind, day)?.there === true,
    readings: (kind, days) =>
      rows
        .filter((row) => row.kind === kind && (days === undefined || days.includes(row.day)))
        .map(({ reading }) => reading),
  };
}

async function compareFunds(
  tx: Queryable,
  { day, before, after, runId, nowMs, bills }: ComparingRun,
  stretch: Stretch,
): Promise<void> {
  const startMs = startOfChinaDay(day);
  const days = [before, day, after];
  const hasBefore = bills.isThere('funds', before);
  const hasAfter = bills.isThere('funds', after);
  const untilMs = hasAfter ? stretch.untilMs : startOfChinaDay(after) - midnightMs;
  // WeChat takes its time over refunds: the next day's money is waited for.
  const refundsUntilMs = hasAfter ? stretch.untilMs : startMs;
  await tx.query(tradesWithoutFunds, [
    runId,
    nowMs,
    bills.readings('trade', days),
    bills.readings('funds', days),
    hasBefore ? stretch.fromMs : startMs,
    untilMs,
    hasBefore ? startOfChinaDay(before) : startMs,
    refundsUntilMs,
    bills.readings('funds'),
  ]);
  const firstMs = bills.has('trade', before) ? startMs : startMs + midnightMs;
  const [flows, trades] = [bills.readings('funds', [day]), bills.readings('trade')];
  await tx.query(fundsWithoutTrade, [runId, nowMs, flows, firstMs, trades]);
  await tx.query(fundsThatCame, [runId, nowMs, flows]);
}

/** What this run could have found, and did not. */
async function settle(
  tx: Queryable,
  { day, before, runId, nowMs }: ComparingRun,
  { others, refunds }: { readonly others: Stretch; readonly refunds: Stretch },
  hasFunds: boolean,
): Promise<void> {
  await tx.query(
    `UPDATE reconciliation_differences SET agreed_at_ms = $1,
       state = CASE WHEN state = 'proposed' AND proposal = 'adjustment' THEN state WHEN corrected = 0 THEN 'settled'
         ELSE 'open' END
     WHERE source = 'wechat' AND (state IN ('open', 'proposed') OR (state = 'settled' AND corrected <> 0))
       AND agreed_at_ms IS NULL AND run_id <> $2 AND day BETWEEN $3 AND $4 AND (kind <> 'funds' OR $5)
       AND CASE WHEN found_by = 'bill' THEN day = $4 WHEN kind = 'refund' THEN at_ms >= $8 AND at_ms < $9
         ELSE at_ms >= $6 AND at_ms < $7 END`,
    [nowMs, runId, before, day, hasFunds, others.fromMs, others.untilMs, refunds.fromMs, refunds.untilMs],
  );
}

async function daySums(
  tx: Queryable,
  { day, bills }: ComparingRun,
  of: { readonly startMs: number; readonly endMs: number; readonly hasFunds: boolean },
): Promise<DaySums> {
  const { startMs, endMs, hasFunds } = of;
  const [bill] = await tx.query<
    Record<'payments' | 'paid' | 'refunds' | 'refunded' | 'coupons' | 'fees', bigint>
  >(
    `SELECT count(*) FILTER (WHERE kind = 'payment') AS payments,
       coalesce(sum(amount) FILTER (WHERE kind = 'payment'), 0) AS paid,
       count(*) FILTER (WHERE kind = 'refund') AS refunds,
       coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0) AS refunded,
       coalesce(sum(CASE kind WHEN 'payment' THEN amount - settled ELSE settled - amount END), 0) AS coupons,
       coalesce(sum(fee), 0) AS fees
     FROM ${tradesOf('$1')} t`,
    [bills.readings('trade', [day])],
  );
  const [flow] = await tx.query<Record<'came' | 'went', bigint>>(
    `SELECT coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS came,
       coalesce(-sum(amount) FILTER (WHERE amount < 0), 0) AS went
     FROM ${fundsOf('$1')} f`,
    [bills.readings('funds', [day])],
  );
  const [here] = await tx.query<Record<'orders' | 'ordered' | 'recharges' | 'recharged', bigint>>(
    `SELECT count(*) AS orders, coalesce(sum(o.amount), 0) AS ordered,
       count(l.id) AS recharges, coalesce(sum(l.amount), 0) AS recharged
     FROM recharge_orders o LEFT JOIN transactions l ON l.account_id = o.account_id AND l.id = o.recharge_id
     WHERE o.paid_at_ms >= $1 AND o.paid_at_ms < $2`,
    [startMs, endMs],
  );
  const [back] = await tx.query<Record<'refunds' | 'refunded', bigint>>(
    `SELECT count(*) AS refunds, coalesce(sum(amount), 0) AS refunded FROM recharge_refunds
     WHERE created_at_ms >= $1 AND created_at_ms < $2 AND state <> 'closed'`,
    [startMs, endMs],
  );
  return {
    payments: sum(bill?.payments, bill?.paid),
    refunds: sum(bill?.refunds, bill?.refunded),
    coupons: (bill?.coupons ?? 0n).toString(),
    fees: (bill?.fees ?? 0n).toString(),
    fundsIn: (flow?.came ?? 0n).toString(),
    fundsOut: (flow?.went ?? 0n).toString(),
    hasFunds,
    orders: sum(here?.orders, here?.ordered),
    recharges: sum(here?.recharges, here?.recharged),
    refundsHere: sum(back?.refunds, back?.refunded),
  };
}

function sum(count: bigint | undefined, amount: bigint | undefined): Sum {
  return { count: Number(count ?? 0n), amount: (amount ?? 0n).toString() };
}
