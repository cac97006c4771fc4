/**
 * Looks at each day once it is over, and again for three days, for desks may tell of it late: what every account used of
 * every product, and what all of them did together, against the 28 days before. It reads sums alone and must never hold
 * more than a page of accounts in memory.
 */
import type { Unusual } from '../../shared/api-finance.ts';
import { assetText, cny } from '../../shared/assets.ts';
import { yuan } from '../../shared/money.ts';
import type { Database } from '../database/database.ts';
import { localDay } from '../ledger/local-day.ts';
import { reachedBudgets } from './budgets.ts';
import { addFindings, type Found } from './findings.ts';
import { historyDays, judge, longHistoryDays, type DayAmount, type Judged } from './unusual.ts';

const dayMs = 86_400_000;
/** How long after its end a day is looked at again. */
const daysLate = 3;
/** Days that one run works through at most; the next goes on. */
const daysAtOnce = 400;
/** Accounts and products that are judged together. */
const seriesTogether = 1_000;

/** How far from the median a day has to be at the least: of money, and of units, of one account and of all. */
const floors = {
  one: { money: yuan('50.00'), units: 500n, tokens: 300_000n },
  all: { money: yuan('20.00'), units: 1_000n, tokens: 1_000_000n },
};
/** Assets whose unit is a token: many are used at a time. */
const isTokens = (asset: string): boolean => asset.includes('TOKEN');

export interface Watched {
  readonly days: number;
  readonly found: number;
}

export class Watch {
  readonly #database: Database;
  readonly #clock: () => number;
  readonly #timeZone: string;

  constructor(database: Database, clock: () => number, timeZone: string) {
    this.#database = database;
    this.#clock = clock;
    this.#timeZone = timeZone;
  }

  /** The sums are up to now. Any number may run at once: a finding is told once. */
  async run(): Promise<Watched> {
    const nowMs = this.#clock();
    const today = localDay(this.#timeZone, nowMs);
    let found = 0;
    const days = await this.#dueDays(today);
    for (const day of days) found += await this.#judgeDay(day, nowMs);
    const last = days.at(-1);
    if (last !== undefined)
      await this.#database.query(
        'UPDATE report_state SET judged_through = greatest(judged_through, least($1::date, $2::date))',
        [last, daysFrom(today, -1 - daysLate)],
      );
    found += await addFindings(this.#database, await reachedBudgets(this.#database, today), nowMs);
    return { days: days.length, found };
  }

  async #dueDays(today: string): Promise<string[]> {
    const rows = await this.#database.query<{ day: string }>(
      `SELECT day::date::text AS day FROM report_state s, generate_series(
         coalesce(s.judged_through + 1, (SELECT min(day) FROM report_days)), $1::date - 1, interval '1 day') AS day
       ORDER BY day LIMIT $2`,
      [today, daysAtOnce],
    );
    return rows.map(({ day }) => day);
  }

  async #judgeDay(day: string, nowMs: number): Promise<number> {
    let found = await addFindings(this.#database, await this.#ofAll(day), nowMs);
    for (let after = ''; ;) {
      const series = await this.#database.query<SeriesRow>(ofOneSql, [
        day,
        longHistoryDays,
        after,
        seriesTogether,
        floors.one.money,
        floors.one.units,
        floors.one.tokens,
      ]);
      found += await addFindings(
        this.#database,
        series.flatMap((row) => foundIn(row, day, 'one')),
        nowMs,
      );
      const last = series.at(-1);
      if (last === undefined || series.length < seriesTogether) return found;
      after = last.place;
    }
  }

  async #ofAll(day: string): Promise<Found[]> {
    const rows = await this.#database.query<SeriesRow>(ofAllSql, [day, historyDays]);
    return rows.flatMap((row) => foundIn(row, day, 'all'));
  }
}

interface SeriesRow {
  readonly place: string;
  readonly account_id: string | null;
  readonly product: string;
  readonly asset: string;
  readonly amount: bigint;
  /** Of the days before. */
  readonly days: readonly string[];
  readonly amounts: readonly string[];
}

function foundIn(row: SeriesRow, day: string, whose: 'one' | 'all'): Found[] {
  const { money, units, tokens } = floors[whose];
  const floor = row.asset === cny ? money : isTokens(row.asset) ? tokens : units;
  const history = row.days.map((known, index): DayAmount => ({
    day: known,
    amount: BigInt(row.amounts[index] ?? '0'),
  }));
  const judged = judge({ day, amount: row.amount }, history, { floor, low: whose === 'all' });
  return judged === null ? [] : [{ key: keyOf(row, day), what: whatOf(row, day, judged) }];
}

/** The direction is no part of it: a day is told once, whatever comes late. */
function keyOf(row: SeriesRow, day: string): string {
  return `unusual ${row.account_id ?? 'all'} ${row.product} ${row.asset} ${day}`;
}

function whatOf(row: SeriesRow, day: string, judged: Judged): Unusual {
  const text = (amount: bigint): string => assetText(row.asset, amount);
  return {
    kind: 'unusual',
    direction: judged.direction,
    ...(row.account_id === null ? {} : { accountId: row.account_id }),
    product: row.product,
    asset: row.asset,
    day,
    amount: text(row.amount),
    median: text(judged.median),
    spread: text(judged.spread),
    limit: text(judged.limit),
    history: judged.history.map((one) => ({ day: one.day, amount: text(one.amount) })),
  };
}

function daysFrom(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

/** What people buy at one go is no use that could be unusual. */
const bought = `product NOT IN ('', 'membership', 'package')`;

/**
 * Series with more on the day than the floor alone: below it no day of one account is unusual. What is booked on a day
 * because its own was closed is no use of that day.
 */
const ofOneSql = `
  WITH today AS (
    SELECT account_id, product, asset, used - used_late AS amount, account_id || ' ' || product || ' ' || asset AS place
    FROM report_user_days
    WHERE day = $1::date AND ${bought}
      AND used - used_late > CASE WHEN asset = 'CNY' THEN $5::bigint WHEN asset LIKE '%TOKEN%' THEN $7::bigint ELSE $6::bigint END
      AND account_id || ' ' || product || ' ' || asset > $3
    ORDER BY place LIMIT $4
  )
  SELECT t.place, t.account_id, t.product, t.asset, t.amount,
    coalesce(array_agg(h.day::text ORDER BY h.day) FILTER (WHERE h.day IS NOT NULL), '{}') AS days,
    coalesce(array_agg((h.used - h.used_late)::text ORDER BY h.day) FILTER (WHERE h.day IS NOT NULL), '{}') AS amounts
  FROM today t LEFT JOIN report_user_days h ON h.account_id = t.account_id AND h.product = t.product AND h.asset = t.asset
      AND h.day >= $1::date - $2::integer AND h.day < $1::date
  GROUP BY t.place, t.account_id, t.product, t.asset, t.amount ORDER BY t.place`;

/** Also a product that nobody used on the day. */
const ofAllSql = `
  WITH sums AS (
    SELECT day, product, asset, -sum(amount) AS used FROM report_days
    WHERE kind = 'charge' AND NOT late AND day >= $1::date - $2::integer AND day <= $1::date AND ${bought}
    GROUP BY day, product, asset
  )
  SELECT '' AS place, NULL::uuid AS account_id, product, asset,
    coalesce(sum(used) FILTER (WHERE day = $1::date), 0) AS amount,
    coalesce(array_agg(day::text ORDER BY day) FILTER (WHERE day < $1::date), '{}') AS days,
    coalesce(array_agg(used::text ORDER BY day) FILTER (WHERE day < $1::date), '{}') AS amounts
  FROM sums GROUP BY product, asset`;
