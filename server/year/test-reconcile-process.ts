/**
 * Makes or reconciles what DATABASE_URL names and prints what came of it as a line of JSON: a generated year, with
 * differences planted in WeChat's and its providers' bills, or one long day whose bills are files. For the benchmark; a
 * process of its own, so that its memory is that of reconciliation alone. Never to be used on a database that means
 * anything.
 */
import { parseArgs } from 'node:util';
import { readDatabasePlace } from '../config.ts';
import type { Database } from '../database/database.ts';
import { openPlace } from '../open-place.ts';
import { longDayBills, makeLongDay, spanOfDay } from './test-long-day.ts';
import { yearBills, type YearBills } from './test-year-bills.ts';
import { billYear, type BilledYear } from './test-year-provider-bills.ts';
import { reconcileYear, type ReconciledYear } from './test-year-reconciled.ts';

const { values } = parseArgs({
  options: {
    from: { type: 'string' },
    until: { type: 'string' },
    day: { type: 'string' },
    make: { type: 'string' },
    folder: { type: 'string' },
    each: { type: 'string' },
    times: { type: 'string' },
    'data-dir': { type: 'string' },
  },
});
const problems: string[] = [];
const place = readDatabasePlace({ given: values['data-dir'], demo: false, env: process.env }, problems);
if (place.databaseUrl === null) problems.push('DATABASE_URL names no database.');
if (problems.length > 0) throw new Error(problems.join(' '));
const planted = Number(values.each ?? 30);
const each = { payment: planted, refund: planted, funds: planted };
const megabyte = 1024;

const database = await openPlace(place);
try {
  const before = process.memoryUsage().rss / megabyte ** 2;
  const reconciled = await work(database, values);
  process.stdout.write(`${JSON.stringify({ ...reconciled, memory: { before, peak: peakMb() } })}\n`);
} finally {
  await database.close();
}

function peakMb(): number {
  return process.resourceUsage().maxRSS / megabyte;
}

async function work(
  db: Database,
  given: typeof values,
): Promise<(ReconciledYear & Partial<Timed> & { readonly providers?: BilledYear }) | null> {
  const { day, folder, make, from, until, times = '1' } = given;
  if (day !== undefined && folder !== undefined) {
    if (make !== undefined) {
      await makeLongDay(db, folder, { day, payments: Number(make), each });
      return null;
    }
    return longDay(db, spanOfDay(day), await longDayBills(folder), Number(times));
  }
  if (from === undefined || until === undefined)
    throw new Error('--from and --until in milliseconds, or --day and --folder');
  const year = { fromMs: Number(from), untilMs: Number(until) };
  const reconciled = await reconcileYear(db, year, await yearBills(db, year, each));
  return { ...reconciled, providers: await billYear(db, year, planted) };
}

interface Timed {
  /** In the middle, where a day was reconciled several times. */
  readonly comparingMs: number;
  /** The first time: later ones have an earlier reading to remove. */
  readonly readingMs: number;
  /** In MB, by the end of the first time. */
  readonly firstPeakMb: number;
}

/** What comes of a day is the same each time. */
async function longDay(
  of: Database,
  span: { readonly fromMs: number; readonly untilMs: number },
  bills: YearBills,
  times: number,
): Promise<ReconciledYear & Timed> {
  const comparing: number[] = [];
  let first: Pick<Timed, 'readingMs' | 'firstPeakMb'> | null = null;
  // A day is compared in its longest transaction.
  let longest = 0;
  const timed: Database = {
    ...of,
    async transaction(work) {
      const startedAt = performance.now();
      try {
        return await of.transaction(work);
      } finally {
        longest = Math.max(longest, performance.now() - startedAt);
      }
    },
  };
  for (;;) {
    longest = 0;
    const reconciled = await reconcileYear(timed, span, bills);
    comparing.push(longest);
    first ??= { readingMs: reconciled.ms - longest, firstPeakMb: peakMb() };
    if (comparing.length >= times) return { ...reconciled, ...first, comparingMs: middle(comparing) };
  }
}

function middle(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
