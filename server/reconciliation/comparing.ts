/**
 * Holds a day's bills, orders and ledger against each other, in SQL, and records what differs; the only writer of
 * `reconciliation_differences` beside `differences.ts`. However large the day, no row of it passes through this program.
 * It must never take anything for a difference that a bill which is not read yet could still explain.
 */
import type { Queryable } from '../database/database.ts';
import type { BillKind } from '../payments/wechat-bill.ts';
import { chinaDayAfter, startOfChinaDay } from './china-day.ts';

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
    fromMs: startMs - (bills.has('trade', before) ? midnightMs : 0),
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
  await tx.query(refundsHere, inStretch);
  const hasFunds = bills.isThere('funds', day);
  if (hasFunds) await compareFunds(tx, run, stretch);
  await settle(tx, run, stretch, hasFunds);
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
  // WeChat takes its time over refunds: the next day's money is waited for.
  const refundsUntilMs = bills.isThere('funds', after) ? stretch.untilMs : startMs;
  await tx.query(tradesWithoutFunds, [
    runId,
    nowMs,
    bills.readings('trade', days),
    bills.readings('funds', days),
    hasBefore ? stretch.fromMs : startMs,
    stretch.untilMs,
    hasBefore ? startOfChinaDay(before) : startMs,
    refundsUntilMs,
  ]);
  const firstMs = bills.has('trade', before) ? startMs : startMs + midnightMs;
  const [flows, trades] = [bills.readings('funds', [day]), bills.readings('trade')];
  await tx.query(fundsWithoutTrade, [runId, nowMs, flows, firstMs, trades]);
}

// ── What is compared ────────────────────────────────────────────────────────────────────────────────────────

// Readings are named outright: the database knows how many rows each has, which it does not know of a join.
const tradesOf = (readings: string) =>
  `(SELECT * FROM wechat_trades WHERE reading = ANY(${readings}::uuid[]))`;
const fundsOf = (readings: string) => `(SELECT * FROM wechat_funds WHERE reading = ANY(${readings}::uuid[]))`;

const tradeSide = (t: string) => `jsonb_build_object('no', ${t}.wechat_no, 'tradeNo', ${t}.out_trade_no,
  'refundNo', ${t}.out_refund_no, 'state', ${t}.state, 'amount', ${t}.amount::text, 'fee', ${t}.fee::text, 'atMs', ${t}.at_ms)`;
const orderSide = `CASE WHEN o.id IS NULL THEN NULL ELSE jsonb_build_object('id', o.id, 'state', o.state,
  'amount', o.amount::text, 'refunded', o.refunded::text, 'createdAtMs', o.created_at_ms, 'paidAtMs', o.paid_at_ms,
  'no', o.wechat_transaction_id) END`;
const refundSide = `CASE WHEN r.id IS NULL THEN NULL ELSE jsonb_build_object('id', r.id, 'state', r.state,
  'amount', r.amount::text, 'createdAtMs', r.created_at_ms, 'problem', r.problem, 'orderId', r.order_id) END`;
const ledgerSide = `CASE WHEN l.id IS NULL THEN NULL ELSE jsonb_build_object('id', l.id, 'seq', l.seq,
  'amount', l.amount::text, 'atMs', l.recorded_at_ms) END`;

/**
 * Adds what a query finds. What was found before keeps its row, and what a person has decided about it for as long as
 * it is what it was. What was missing and has come meanwhile is late, and no more than that.
 */
function recording(found: string): string {
  const came = "excluded.class = 'late' AND d.class <> 'late'";
  const same = 'd.class = excluded.class AND d.amount = excluded.amount';
  return `INSERT INTO reconciliation_differences AS d (id, source, day, kind, subject, class, state, found_by, at_ms,
      account_id, amount, evidence, run_id, found_at_ms, seen_at_ms)
    SELECT DISTINCT ON (kind, subject) gen_random_uuid(), 'wechat', day, kind, subject, class, 'open', found_by, at_ms, account_id, amount,
      jsonb_strip_nulls(evidence), $1::uuid, $2::bigint, $2::bigint
    FROM (${found}) AS found WHERE class IS NOT NULL ORDER BY kind, subject, at_ms
    ON CONFLICT (kind, subject) DO UPDATE SET
      run_id = excluded.run_id, seen_at_ms = excluded.seen_at_ms, evidence = excluded.evidence,
      day = excluded.day, found_by = excluded.found_by, at_ms = excluded.at_ms,
      account_id = coalesce(excluded.account_id, d.account_id),
      class = CASE WHEN ${came} THEN d.class ELSE excluded.class END,
      amount = CASE WHEN ${came} THEN d.amount ELSE excluded.amount END,
      state = CASE
        WHEN ${came} THEN CASE WHEN d.state = 'open' THEN 'settled' ELSE d.state END
        WHEN d.state = 'proposed' THEN d.state
        WHEN ${same} AND (d.state <> 'settled' OR d.proposal IS NOT NULL) THEN d.state
        ELSE 'open'
      END,
      agreed_at_ms = CASE WHEN ${came} THEN coalesce(d.agreed_at_ms, excluded.seen_at_ms) END`;
}

// ── Payments ────────────────────────────────────────────────────────────────────────────────────────────────

const paymentsOfBill = recording(
  `SELECT t.day, 'payment' AS kind,
     -- A second payment of one order is a thing of its own.
     CASE WHEN o.wechat_transaction_id <> t.wechat_no THEN t.out_trade_no || '/' || t.wechat_no
       ELSE t.out_trade_no END AS subject,
     CASE
       WHEN o.id IS NULL THEN 'missing_here'
       WHEN t.state <> 'SUCCESS' OR o.state NOT IN ('paid', 'refunded') THEN 'state'
       WHEN o.wechat_transaction_id <> t.wechat_no THEN 'state'
       WHEN l.id IS NULL THEN 'missing_here'
       WHEN t.amount <> o.amount OR t.amount <> l.amount THEN 'amount'
       WHEN l.recorded_at_ms NOT BETWEEN $4::bigint AND $5::bigint - 1 THEN 'late'
     END AS class,
     'bill' AS found_by, t.at_ms, o.account_id,
     CASE WHEN o.wechat_transaction_id <> t.wechat_no THEN t.amount ELSE t.amount - coalesce(l.amount, 0) END AS amount,
     jsonb_build_object('trade', ${tradeSide('t')}, 'order', ${orderSide}, 'ledger', ${ledgerSide}) AS evidence
   FROM ${tradesOf('$3')} t
   LEFT JOIN recharge_orders o ON o.out_trade_no = t.out_trade_no
   LEFT JOIN transactions l ON l.account_id = o.account_id AND l.id = o.recharge_id
   WHERE t.kind = 'payment'`,
);

const paymentsHere = recording(
  `SELECT to_char(to_timestamp(o.paid_at_ms / 1000.0) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') AS day,
     'payment' AS kind, o.out_trade_no AS subject, 'missing_there' AS class, 'stretch' AS found_by,
     o.paid_at_ms AS at_ms, o.account_id, -coalesce(l.amount, 0) AS amount,
     jsonb_build_object('order', ${orderSide}, 'ledger', ${ledgerSide}) AS evidence
   FROM recharge_orders o
   LEFT JOIN transactions l ON l.account_id = o.account_id AND l.id = o.recharge_id
   WHERE o.paid_at_ms >= $4::bigint AND o.paid_at_ms < $5::bigint AND NOT EXISTS (
     SELECT 1 FROM ${tradesOf('$3')} t WHERE t.kind = 'payment' AND t.out_trade_no = o.out_trade_no)`,
);

/** Money that the ledger says WeChat brought, of which no order knows. */
const rechargesWithoutOrder = recording(
  `SELECT to_char(to_timestamp(g.effective_at_ms / 1000.0) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') AS day,
     'payment' AS kind, g.account_id || '/' || g.id AS subject, 'missing_there' AS class, 'stretch' AS found_by,
     g.effective_at_ms AS at_ms, g.account_id, -l.amount AS amount,
     jsonb_build_object('ledger', ${ledgerSide}) AS evidence
   FROM grants g JOIN transactions l ON l.account_id = g.account_id AND l.id = g.id
   WHERE g.source = 'wechat_native' AND g.effective_at_ms >= $3::bigint AND g.effective_at_ms < $4::bigint
     AND NOT EXISTS (SELECT 1 FROM recharge_orders o WHERE o.account_id = g.account_id AND o.recharge_id = g.id)`,
);

// ── Refunds ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Words that may stand for one refund: a bill is written before what it says is here, or after. */
const statesAgree = `CASE t.state
  WHEN 'SUCCESS' THEN r.state = 'succeeded'
  WHEN 'FAIL' THEN r.state = 'closed'
  WHEN 'CHANGE' THEN r.state <> 'processing'
  WHEN 'PROCESSING' THEN true
  ELSE false END`;

const refundsOfBill = recording(
  `SELECT t.day, 'refund' AS kind, t.out_refund_no AS subject,
     CASE
       WHEN r.id IS NULL AND t.state = 'FAIL' THEN NULL
       WHEN r.id IS NULL OR l.id IS NULL THEN 'missing_here'
       WHEN t.amount <> r.amount OR t.amount <> -l.amount THEN 'amount'
       WHEN NOT ${statesAgree} THEN 'state'
       WHEN l.recorded_at_ms NOT BETWEEN $4::bigint AND $5::bigint - 1 THEN 'late'
     END AS class,
     'bill' AS found_by, t.at_ms, coalesce(r.account_id, o.account_id) AS account_id,
     CASE WHEN t.state = 'FAIL' THEN 0 ELSE -t.amount END
       - CASE WHEN r.state = 'closed' THEN 0 ELSE coalesce(l.amount, 0) END AS amount,
     jsonb_build_object('trade', ${tradeSide('t')}, 'order', ${orderSide}, 'refund', ${refundSide},
       'ledger', ${ledgerSide}) AS evidence
   FROM ${tradesOf('$3')} t
   LEFT JOIN recharge_refunds r ON r.out_refund_no = t.out_refund_no
   LEFT JOIN recharge_orders o ON o.out_trade_no = t.out_trade_no
   LEFT JOIN transactions l ON l.account_id = r.account_id AND l.id = r.id
   WHERE t.kind = 'refund'`,
);

const refundsHere = recording(
  `SELECT to_char(to_timestamp(r.created_at_ms / 1000.0) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') AS day,
     'refund' AS kind, r.out_refund_no AS subject, 'missing_there' AS class, 'stretch' AS found_by,
     r.created_at_ms AS at_ms, r.account_id, -coalesce(l.amount, 0) AS amount,
     jsonb_build_object('order', ${orderSide}, 'refund', ${refundSide}, 'ledger', ${ledgerSide}) AS evidence
   FROM recharge_refunds r
   JOIN recharge_orders o ON o.account_id = r.account_id AND o.id = r.order_id
   LEFT JOIN transactions l ON l.account_id = r.account_id AND l.id = r.id
   WHERE r.created_at_ms >= $4::bigint AND r.created_at_ms < $5::bigint AND r.state <> 'closed' AND NOT EXISTS (
     SELECT 1 FROM ${tradesOf('$3')} t WHERE t.kind = 'refund' AND t.out_refund_no = r.out_refund_no)`,
);

// ── Funds ───────────────────────────────────────────────────────────────────────────────────────────────────

/** A fee comes off the payment's own line, or as a line of its own, or from another account. */
const tradesWithoutFunds = recording(
  `SELECT t.day, 'funds' AS kind, t.wechat_no AS subject,
     CASE
       WHEN f.amount IS NULL THEN 'missing_there'
       WHEN f.amount <> t.signed AND f.amount <> t.signed - t.fee THEN 'amount'
     END AS class,
     'stretch' AS found_by, t.at_ms, o.account_id, coalesce(f.amount, 0) - t.signed AS amount,
     jsonb_build_object('trade', ${tradeSide('t')},
       'funds', CASE WHEN f.amount IS NULL THEN NULL ELSE jsonb_build_object('no', t.wechat_no,
         'amount', f.amount::text, 'lines', f.lines, 'atMs', f.at_ms) END) AS evidence
   FROM (SELECT *, CASE kind WHEN 'refund' THEN -amount ELSE amount END AS signed FROM ${tradesOf('$3')} t
     WHERE state = 'SUCCESS' AND CASE kind WHEN 'refund' THEN at_ms >= $7::bigint AND at_ms < $8::bigint
       ELSE at_ms >= $5::bigint AND at_ms < $6::bigint END) t
   LEFT JOIN recharge_orders o ON o.out_trade_no = t.out_trade_no
   LEFT JOIN (SELECT wechat_no, sum(amount)::bigint AS amount, count(*) AS lines, min(at_ms) AS at_ms
     FROM ${fundsOf('$4')} f GROUP BY wechat_no) f ON f.wechat_no = t.wechat_no`,
);

const fundsWithoutTrade = recording(
  `SELECT f.day, 'funds' AS kind, f.wechat_no AS subject, 'missing_here' AS class, 'bill' AS found_by,
     min(f.at_ms) AS at_ms, NULL::uuid AS account_id, sum(f.amount)::bigint AS amount,
     jsonb_build_object('funds', jsonb_build_object('no', f.wechat_no, 'amount', sum(f.amount)::bigint::text,
       'lines', count(*), 'atMs', min(f.at_ms), 'business', min(f.business), 'voucher', min(f.voucher))) AS evidence
   FROM ${fundsOf('$3')} f
   WHERE f.business IN ('交易', '退款') AND (f.business = '退款' OR f.at_ms >= $4::bigint)
     AND NOT EXISTS (SELECT 1 FROM ${tradesOf('$5')} t WHERE t.wechat_no = f.wechat_no)
     -- A refund may be of a day whose bill was never read.
     AND NOT (f.business = '退款' AND EXISTS (SELECT 1 FROM recharge_refunds r WHERE r.out_refund_no = f.voucher))
   GROUP BY f.day, f.wechat_no`,
);

// ── After it ────────────────────────────────────────────────────────────────────────────────────────────────

/** What this run could have found, and did not. */
async function settle(
  tx: Queryable,
  { day, before, runId, nowMs }: ComparingRun,
  { fromMs, untilMs }: Stretch,
  hasFunds: boolean,
): Promise<void> {
  await tx.query(
    `UPDATE reconciliation_differences SET agreed_at_ms = $1,
       state = CASE WHEN state = 'open' THEN 'settled' ELSE state END
     WHERE source = 'wechat' AND state IN ('open', 'proposed') AND agreed_at_ms IS NULL AND run_id <> $2
       AND day BETWEEN $3 AND $4 AND (kind <> 'funds' OR $5)
       AND CASE found_by WHEN 'bill' THEN day = $4 ELSE at_ms >= $6 AND at_ms < $7 END`,
    [nowMs, runId, before, day, hasFunds, fromMs, untilMs],
  );
}

async function daySums(
  tx: Queryable,
  { day, bills }: ComparingRun,
  of: { readonly startMs: number; readonly endMs: number; readonly hasFunds: boolean },
): Promise<DaySums> {
  const { startMs, endMs, hasFunds } = of;
  const [bill] = await tx.query<Record<'payments' | 'paid' | 'refunds' | 'refunded' | 'fees', bigint>>(
    `SELECT count(*) FILTER (WHERE kind = 'payment') AS payments,
       coalesce(sum(amount) FILTER (WHERE kind = 'payment'), 0)::bigint AS paid,
       count(*) FILTER (WHERE kind = 'refund') AS refunds,
       coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0)::bigint AS refunded,
       coalesce(sum(fee), 0)::bigint AS fees
     FROM ${tradesOf('$1')} t`,
    [bills.readings('trade', [day])],
  );
  const [flow] = await tx.query<Record<'came' | 'went', bigint>>(
    `SELECT coalesce(sum(amount) FILTER (WHERE amount > 0), 0)::bigint AS came,
       coalesce(-sum(amount) FILTER (WHERE amount < 0), 0)::bigint AS went
     FROM ${fundsOf('$1')} f`,
    [bills.readings('funds', [day])],
  );
  const [here] = await tx.query<Record<'orders' | 'ordered' | 'recharges' | 'recharged', bigint>>(
    `SELECT count(*) AS orders, coalesce(sum(o.amount), 0)::bigint AS ordered,
       count(l.id) AS recharges, coalesce(sum(l.amount), 0)::bigint AS recharged
     FROM recharge_orders o LEFT JOIN transactions l ON l.account_id = o.account_id AND l.id = o.recharge_id
     WHERE o.paid_at_ms >= $1 AND o.paid_at_ms < $2`,
    [startMs, endMs],
  );
  const [back] = await tx.query<Record<'refunds' | 'refunded', bigint>>(
    `SELECT count(*) AS refunds, coalesce(sum(amount), 0)::bigint AS refunded FROM recharge_refunds
     WHERE created_at_ms >= $1 AND created_at_ms < $2 AND state <> 'closed'`,
    [startMs, endMs],
  );
  return {
    payments: sum(bill?.payments, bill?.paid),
    refunds: sum(bill?.refunds, bill?.refunded),
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
