/**
 * Adds what the ledger and the metering have recorded to the sums that reports are read from; the only writer of
 * `report_positions`, `report_days`, `report_user_days`, `report_user_months`, `cost_days` and `cost_user_days`. Each row
 * is added once and on one day: the one on which it happened, or the first open one where that was closed before the row
 * came. It must never change the sum of a closed day, and never add a row that its posting has not committed.
 */
import type { Database, Queryable } from '../database/database.ts';
import {
  addDailySql,
  addRowsSql,
  addUsagesSql,
  bookAcceptedAgainSql,
  bookAcceptedSql,
  recostPiecesSql,
  recostUsagesSql,
} from './rollup-statements.ts';

/** Accounts whose new rows one statement adds up. */
const accountsTogether = 250;
/** Rows of one account that one statement adds at most; the rest goes with the next. */
const rowsOfAccountMax = 20_000;

export interface ReportState {
  readonly timeZone: string;
  /** `YYYY-MM-DD`, the last day that is closed. */
  readonly closedThrough: string | null;
  readonly dailyThrough: string | null;
}

/** Locks the sums for this transaction: whoever writes them takes turns. */
export async function lockState(tx: Queryable, timeZone: string): Promise<ReportState> {
  await tx.query('INSERT INTO report_state (time_zone) VALUES ($1) ON CONFLICT DO NOTHING', [timeZone]);
  const [row] = await tx.query<{
    time_zone: string;
    closed_through: string | null;
    daily_through: string | null;
  }>(
    `SELECT time_zone, closed_through::text AS closed_through, daily_through::text AS daily_through
     FROM report_state FOR UPDATE`,
  );
  if (row === undefined) throw new Error('the state of the reports is missing');
  return { timeZone: row.time_zone, closedThrough: row.closed_through, dailyThrough: row.daily_through };
}

/** Brings the sums up to now, in as many transactions as it takes. Any number may run at once. */
export async function catchUp(database: Database, timeZone: string, nowMs: number): Promise<void> {
  for (let more = true; more;) {
    more = await database.transaction(async (tx) => {
      const state = await zoned(tx, await lockState(tx, timeZone), timeZone);
      return addSome(tx, state, nowMs);
    });
  }
}

/** The same inside a transaction that has the lock already. */
export async function catchUpWithin(tx: Queryable, state: ReportState, nowMs: number): Promise<void> {
  while (await addSome(tx, state, nowMs));
}

/** Forgets every sum and adds all rows again: what comes of it is what was there. */
export async function rebuild(database: Database, timeZone: string, nowMs: number): Promise<void> {
  await database.transaction(async (tx) => {
    const state = await lockState(tx, timeZone);
    await forget(tx);
    await catchUpWithin(tx, { ...state, dailyThrough: null }, nowMs);
  });
}

/** Sums of another zone are of other days: they are made anew, as long as none of them is closed. */
async function zoned(tx: Queryable, state: ReportState, timeZone: string): Promise<ReportState> {
  if (state.timeZone === timeZone) return state;
  if (state.closedThrough !== null)
    throw new Error(
      `the sums are of ${state.timeZone} and closed through ${state.closedThrough}: the zone cannot become ${timeZone}`,
    );
  await forget(tx);
  await tx.query('UPDATE report_state SET time_zone = $1, judged_through = NULL', [timeZone]);
  return { ...state, timeZone, dailyThrough: null };
}

async function forget(tx: Queryable): Promise<void> {
  await tx.query('DELETE FROM report_positions');
  await tx.query('DELETE FROM report_days');
  await tx.query('DELETE FROM report_user_days');
  await tx.query('DELETE FROM report_user_months');
  await tx.query("DELETE FROM cost_days WHERE source <> 'bill'");
  await tx.query('DELETE FROM cost_user_days');
  await tx.query('UPDATE report_state SET daily_through = NULL');
}

/** Returns whether there was anything, and so may be more. */
async function addSome(tx: Queryable, state: ReportState, nowMs: number): Promise<boolean> {
  const zone = state.timeZone;
  const [rows] = await tx.query<{ accounts: bigint }>(addRowsSql, [
    zone,
    state.closedThrough,
    accountsTogether,
    rowsOfAccountMax,
  ]);
  const [usages] = await tx.query<{ accounts: bigint }>(addUsagesSql, [
    zone,
    state.closedThrough,
    accountsTogether,
    rowsOfAccountMax,
  ]);
  await tx.query(addDailySql, [zone, nowMs]);
  return (rows?.accounts ?? 0n) + (usages?.accounts ?? 0n) > 0n;
}

/**
 * Works out again what calls, pieces and days cost from this day on, by the prices in force now. The caller has the lock,
 * and the day is open.
 */
export async function costAgain(
  tx: Queryable,
  state: ReportState,
  fromDay: string,
  nowMs: number,
): Promise<void> {
  const { timeZone: zone, closedThrough } = state;
  if (closedThrough !== null && fromDay <= closedThrough) throw new Error(`${fromDay} is closed`);
  await tx.query("DELETE FROM cost_days WHERE day >= $1::date AND source <> 'bill'", [fromDay]);
  await tx.query('DELETE FROM cost_user_days WHERE day >= $1::date', [fromDay]);
  await tx.query(recostUsagesSql, [zone, closedThrough, fromDay]);
  await tx.query(recostPiecesSql, [zone, closedThrough, fromDay]);
  await tx.query(
    'UPDATE report_state SET daily_through = $1::date - 1 WHERE daily_through >= $1::date', // null: from the first on
    [fromDay],
  );
  await tx.query(addDailySql, [zone, nowMs]);
  await tx.query("DELETE FROM cost_days WHERE day >= $1::date AND source = 'bill' AND NOT late", [fromDay]);
  await tx.query(bookAcceptedAgainSql, [fromDay]);
}

/**
 * Books what accepted figures of a provider come to beyond what was worked out and booked for the same days and items:
 * each on its own day or, once that is closed, on the first open one.
 */
export async function bookAccepted(
  tx: Queryable,
  { closedThrough }: ReportState,
  id: string,
): Promise<bigint> {
  const [row] = await tx.query<{ booked: bigint }>(bookAcceptedSql, [id, closedThrough]);
  if (row === undefined) throw new Error('a sum always has a row');
  return row.booked;
}
