/**
 * Lists what products, models, users or days brought beside what they cost, out of the sums of days. It must never write,
 * and never read single rows.
 */
import type { MarginRow } from '../../shared/api-finance.ts';
import { yuanText } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { wholeMonths } from './business-days.ts';

interface MarginRecord {
  readonly key: string;
  readonly name: string | null;
  readonly count: bigint;
  readonly revenue: bigint;
  readonly cost: bigint;
}
export type MarginsBy = 'product' | 'model' | 'user' | 'day';
/** The first day, and the first one after the last. */
export type Range = readonly [from: string, until: string];
interface Place {
  /** Null: all of them. */
  readonly limit: number | null;
  /** The row that the page comes after. */
  readonly after?: { readonly revenue: bigint; readonly key: string };
}

/**
 * Revenue and cost side by side. What a bill came to beyond what was worked out is no product's and no user's, so that it
 * is in the days and, where its item is one, in the models.
 */
export async function readMargins(
  tx: Queryable,
  by: MarginsBy,
  range: Range,
  place: Place,
): Promise<MarginRow[]> {
  const rows = await tx.query<MarginRecord>(marginsSql[by], marginParams(by, range, place));
  return rows.map(({ key, name, count, revenue, cost }) => ({
    key,
    ...(name === null ? {} : { name }),
    count: Number(count),
    revenue: yuanText(revenue),
    cost: yuanText(cost),
    margin: yuanText(revenue - cost),
  }));
}

function marginParams(by: MarginsBy, [from, until]: Range, { limit, after }: Place): readonly unknown[] {
  const params = [from, until, limit, after?.revenue ?? null, after?.key ?? null];
  // Users are many: theirs alone are added up by months as far as these are whole.
  const { first, end } = wholeMonths(from, until);
  return by === 'user' ? [...params, first, end] : params;
}

/** What the whole list comes to, however long it is. */
export async function readMarginTotal(
  tx: Queryable,
  by: MarginsBy,
  range: Range,
): Promise<Pick<MarginRow, 'revenue' | 'cost' | 'margin'>> {
  const [row] = await tx.query<{ revenue: bigint; cost: bigint }>(
    `SELECT coalesce(sum(t.revenue), 0) AS revenue, coalesce(sum(t.cost), 0) AS cost
     FROM (${marginsSql[by]}) t`,
    marginParams(by, range, { limit: null }),
  );
  if (row === undefined) throw new Error('a sum always has a row');
  const { revenue, cost } = row;
  return { revenue: yuanText(revenue), cost: yuanText(cost), margin: yuanText(revenue - cost) };
}

/** A part of a whole in hundredths of a percent, cut; nothing where there is no whole, or one next to nothing. */
export function shareOf<K extends string>(
  key: K,
  part: bigint,
  whole: bigint,
): { readonly [P in K]?: number } {
  const share = whole <= 0n ? Number.NaN : Number((part * 10_000n) / whole);
  return Number.isSafeInteger(share) ? ({ [key]: share } as { readonly [P in K]: number }) : {};
}

const within = 'day >= $1::date AND day < $2::date';
const joined = (revenue: string, cost: string): string => `
  SELECT coalesce(r.key, c.key) AS key, coalesce(r.count, 0) AS count, coalesce(r.revenue, 0) AS revenue,
    coalesce(c.cost, 0) AS cost
  FROM (${revenue}) r FULL JOIN (${cost}) c ON c.key = r.key`;
/** Of report_days: money alone counts as revenue, whatever else paid. */
const revenueOf = (key: string, filter = 'true'): string => `
  SELECT ${key} AS key, sum(count) FILTER (WHERE kind = 'charge') AS count,
    coalesce(-sum(amount) FILTER (WHERE asset = 'CNY'), 0) AS revenue
  FROM report_days WHERE ${within} AND kind IN ('charge', 'refund', 'return') AND ${filter} GROUP BY 1`;
const costOf = (key: string, filter = 'true'): string =>
  `SELECT ${key} AS key, sum(amount) AS cost FROM cost_days WHERE ${within} AND ${filter} GROUP BY 1`;
const mostFirst = (rows: string): string => `
  SELECT m.key, NULL AS name, m.count, m.revenue, m.cost FROM (${rows}) m
  WHERE $4::numeric IS NULL OR m.revenue < $4::numeric OR (m.revenue = $4::numeric AND m.key > $5::text)
  ORDER BY m.revenue DESC, m.key LIMIT $3`;

const marginsSql: Record<MarginsBy, string> = {
  product: mostFirst(joined(revenueOf('product'), costOf('product', "source IN ('usage', 'piece')"))),
  model: mostFirst(
    joined(
      revenueOf('item', "operation = 'ai_call'"),
      costOf(
        'item',
        `(source = 'usage' OR source = 'bill' AND item IN (
           SELECT item FROM cost_days WHERE ${within} AND source = 'usage'))`,
      ),
    ),
  ),
  user: `
    SELECT m.key, a.name, m.count, m.revenue, m.cost FROM (
      SELECT coalesce(r.account_id, c.account_id) AS account_id, coalesce(r.account_id, c.account_id)::text AS key,
        coalesce(r.count, 0) AS count, coalesce(r.revenue, 0) AS revenue, coalesce(c.cost, 0) AS cost
      FROM (
        SELECT account_id, sum(count) AS count,
          coalesce(sum(used - returned) FILTER (WHERE asset = 'CNY'), 0) AS revenue
        FROM (
          SELECT account_id, asset, count, used, returned FROM report_user_months
          WHERE month >= $6::date AND month < $7::date
          UNION ALL
          SELECT account_id, asset, count, used, returned FROM report_user_days
          WHERE (day >= $1::date AND day < $6::date) OR (day >= $7::date AND day < $2::date)
        ) d GROUP BY account_id
      ) r FULL JOIN (
        SELECT account_id, sum(amount) AS cost FROM cost_user_days WHERE ${within} GROUP BY account_id
      ) c ON c.account_id = r.account_id
    ) m JOIN accounts a ON a.id = m.account_id
    WHERE (m.count > 0 OR m.revenue <> 0 OR m.cost <> 0)
      AND ($4::numeric IS NULL OR m.revenue < $4::numeric OR (m.revenue = $4::numeric AND m.key > $5::text))
    ORDER BY m.revenue DESC, m.key LIMIT $3`,
  day: `
    SELECT m.key, NULL AS name, m.count, m.revenue, m.cost
    FROM (${joined(revenueOf('day::text'), costOf('day::text'))}) m
    WHERE $5::text IS NULL OR m.key > $5::text OR $4::numeric IS NULL ORDER BY m.key LIMIT $3`,
};
