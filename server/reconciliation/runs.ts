/**
 * Which days are to be held against whom, and how far that has come; the only writer of `reconciliations`. A run is one
 * process's for as long as its lease lasts, so that any number of them may look for work.
 */
import { BusinessDay } from '../../shared/api-finance.ts';
import type { ReconciliationDay, ReconciliationSource } from '../../shared/api-reconciliation.ts';
import { yuanText } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { refuseField, type Refused } from '../ledger/refusal.ts';
import { chinaDayAfter, chinaDayOf, startOfChinaDay } from './china-day.ts';
import type { DaySums, Sum } from './comparing.ts';

/** WeChat writes a day's bills from nine on the next morning, and asks to be asked after ten. */
const readyAfterMs = { wechat: 10 * 3_600_000, ledger: 3 * 3_600_000 } as const satisfies Record<
  ReconciliationSource,
  number
>;
/** Longer than any run takes; one that was killed is begun again after it. */
export const runLeaseMs = 60 * 60_000;
/** After a failure; WeChat's bill may be late. */
export const retryAfterMs = 10 * 60_000;
/** WeChat gives bills of the last three months. */
const daysBackMax = 89;

/** The first day whose bills WeChat still has. */
export function firstBilledDay(nowMs: number): string {
  return chinaDayAfter(chinaDayOf(nowMs), -daysBackMax - 1);
}

export interface Run {
  readonly source: ReconciliationSource;
  readonly day: string;
  readonly runId: string;
}

/** Adds the days that have become due since the last one that is known; on a new database, yesterday alone. */
export async function addDueDays(db: Queryable, source: ReconciliationSource, nowMs: number): Promise<void> {
  const newest = chinaDayOf(nowMs - readyAfterMs[source] - dayLengthMs);
  const [known] = await db.query<{ day: string | null }>(
    'SELECT max(day) AS day FROM reconciliations WHERE source = $1 AND day <= $2',
    [source, newest],
  );
  const earliest = chinaDayAfter(newest, -daysBackMax);
  const after = known?.day === null || known === undefined ? newest : chinaDayAfter(known.day);
  for (let day = after < earliest ? earliest : after; day <= newest; day = chinaDayAfter(day))
    await db.query(
      `INSERT INTO reconciliations (source, day, state, begin_at_ms) VALUES ($1, $2, 'due', $3)
       ON CONFLICT (source, day) DO NOTHING`,
      [source, day, nowMs],
    );
}

const dayLengthMs = 86_400_000;

/** The first days that wait to be begun, or to be begun again; of WeChat's none that it has no bills of any more. */
export function dueDays(
  db: Queryable,
  sources: readonly ReconciliationSource[],
  nowMs: number,
): Promise<{ readonly source: ReconciliationSource; readonly day: string }[]> {
  return db.query(
    `SELECT source, day FROM reconciliations
     WHERE state <> 'done' AND source = ANY($1::text[]) AND begin_at_ms <= $2
       AND (state <> 'running' OR lease_until_ms < $2) AND (source <> 'wechat' OR day >= $3)
     ORDER BY day, source LIMIT 100`,
    [sources, nowMs, firstBilledDay(nowMs)],
  );
}

/** Takes the day for this run; false when another has it, or has done it. A person may have it done again. */
export async function beginRun(
  db: Queryable,
  { source, day, runId }: Run,
  { nowMs, evenDone }: { readonly nowMs: number; readonly evenDone: boolean },
): Promise<boolean> {
  const rows = await db.query(
    `INSERT INTO reconciliations AS r (source, day, state, run_id, lease_until_ms, runs, begin_at_ms)
     VALUES ($1, $2, 'running', $3, $4, 1, $5)
     ON CONFLICT (source, day) DO UPDATE SET state = 'running', problem = NULL, run_id = excluded.run_id,
       lease_until_ms = excluded.lease_until_ms, runs = r.runs + 1
     WHERE (r.state <> 'running' OR r.lease_until_ms < $5) AND (r.state <> 'done' OR $6)
     RETURNING day`,
    [source, day, runId, nowMs + runLeaseMs, nowMs, evenDone],
  );
  return rows.length === 1;
}

/** Within the transaction of what the run has found. Throws where the run has lost its lease: nothing of it counts. */
export async function endRun(
  tx: Queryable,
  { source, day, runId }: Run,
  sums: object,
  nowMs: number,
): Promise<void> {
  const rows = await tx.query(
    `UPDATE reconciliations SET state = 'done', lease_until_ms = NULL, ended_at_ms = $4, sums = $5::jsonb
     WHERE source = $1 AND day = $2 AND run_id = $3 AND state = 'running' RETURNING day`,
    [source, day, runId, nowMs, JSON.stringify(sums)],
  );
  if (rows.length === 0) throw new RunOvertaken(`another run has ${source} ${day}`);
}

/** Holds the run until the transaction ends. Throws where it has lost its lease: nothing that it has read counts. */
export async function insistOnRun(tx: Queryable, { source, day, runId }: Run): Promise<void> {
  const rows = await tx.query(
    `SELECT 1 FROM reconciliations WHERE source = $1 AND day = $2 AND run_id = $3 AND state = 'running' FOR UPDATE`,
    [source, day, runId],
  );
  if (rows.length === 0) throw new RunOvertaken(`another run has ${source} ${day}`);
}

export class RunOvertaken extends Error {}

export async function failRun(
  db: Queryable,
  { source, day, runId }: Run,
  problem: string,
  nowMs: number,
): Promise<void> {
  await db.query(
    `UPDATE reconciliations SET state = 'failed', problem = $4, lease_until_ms = NULL, ended_at_ms = $5,
       begin_at_ms = $6
     WHERE source = $1 AND day = $2 AND run_id = $3 AND state = 'running'`,
    [source, day, runId, problem, nowMs, nowMs + retryAfterMs],
  );
}

// ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────

interface DayRow {
  readonly source: ReconciliationSource;
  readonly day: string;
  readonly state: ReconciliationDay['state'];
  readonly problem: string | null;
  readonly runs: number;
  readonly begin_at_ms: bigint;
  readonly ended_at_ms: bigint | null;
  readonly sums: DaySums | { readonly accounts: number; readonly transactions: number } | null;
  readonly open: bigint;
  readonly proposed: bigint;
  readonly settled: bigint;
  readonly explained: bigint;
}

const dayColumns = `r.source, r.day, r.state, r.problem, r.runs, r.begin_at_ms, r.ended_at_ms, r.sums, d.*`;
const counts = `LATERAL (SELECT count(*) FILTER (WHERE d.state = 'open') AS open,
    count(*) FILTER (WHERE d.state = 'proposed') AS proposed, count(*) FILTER (WHERE d.state = 'settled') AS settled,
    count(*) FILTER (WHERE d.state = 'explained') AS explained
  FROM reconciliation_differences d WHERE d.source = r.source AND d.day = r.day) d`;

/** A cursor that every day comes after. */
const beforeAny = '9998-12-31.zzz';

export async function readDays(
  db: Queryable,
  query: {
    readonly source?: ReconciliationSource | undefined;
    readonly cursor?: string | undefined;
    readonly limit: number;
  },
): Promise<{ items: ReconciliationDay[]; nextCursor: string | null } | Refused> {
  const { source, cursor, limit } = query;
  const place = /^(\d{4}-\d\d-\d\d)\.([a-z]+)$/.exec(cursor ?? beforeAny);
  if (place === null || !BusinessDay.safeParse(place[1]).success)
    return refuseField('cursor', 'not a cursor of this list');
  const rows = await db.query<DayRow>(
    `SELECT ${dayColumns} FROM reconciliations r CROSS JOIN ${counts}
     WHERE ($1::text IS NULL OR r.source = $1) AND (r.day, r.source) < ($2, $3)
     ORDER BY r.day DESC, r.source DESC LIMIT $4`,
    [source ?? null, place[1], place[2], limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: page.map(servedDay), nextCursor: more ? `${last.day}.${last.source}` : null };
}

export async function readDay(
  db: Queryable,
  source: ReconciliationSource,
  day: string,
): Promise<ReconciliationDay | null> {
  const [row] = await db.query<DayRow>(
    `SELECT ${dayColumns} FROM reconciliations r CROSS JOIN ${counts} WHERE r.source = $1 AND r.day = $2`,
    [source, day],
  );
  return row === undefined ? null : servedDay(row);
}

/** Until when a day's bills are not to be had, in milliseconds since 1970. */
export function readyAtMs(source: ReconciliationSource, day: string): number {
  return startOfChinaDay(chinaDayAfter(day)) + readyAfterMs[source];
}

function servedDay(row: DayRow): ReconciliationDay {
  const { sums, ended_at_ms: endedAtMs, problem } = row;
  const waits = row.state === 'due' || row.state === 'failed';
  return {
    source: row.source,
    day: row.day,
    state: row.state,
    runs: row.runs,
    ...(problem === null ? {} : { problem }),
    ...(endedAtMs === null ? {} : { endedAt: instant(endedAtMs) }),
    ...(waits ? { beginsAt: instant(row.begin_at_ms) } : {}),
    ...(sums === null ? {} : servedSums(sums)),
    differences: {
      open: Number(row.open),
      proposed: Number(row.proposed),
      settled: Number(row.settled),
      explained: Number(row.explained),
    },
  };
}

function servedSums(sums: NonNullable<DayRow['sums']>): Pick<ReconciliationDay, 'sums' | 'verified'> {
  if (!('payments' in sums))
    return { verified: { accounts: sums.accounts, transactions: sums.transactions } };
  const sum = ({ count, amount }: Sum) => ({ count, amount: money(amount) });
  return {
    sums: {
      payments: sum(sums.payments),
      refunds: sum(sums.refunds),
      ...(sums.coupons === undefined ? {} : { coupons: money(sums.coupons) }),
      fees: money(sums.fees),
      fundsIn: money(sums.fundsIn),
      fundsOut: money(sums.fundsOut),
      hasFunds: sums.hasFunds,
      orders: sum(sums.orders),
      recharges: sum(sums.recharges),
      refundsHere: sum(sums.refundsHere),
    },
  };
}

function money(micros: string): string {
  return yuanText(BigInt(micros));
}

function instant(ms: bigint): string {
  return new Date(Number(ms)).toISOString();
}
