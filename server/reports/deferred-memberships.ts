/**
 * What is paid for of memberships and still to be given, as of the end of a day: each payment is spread evenly over the
 * days that it is for. It must never count what is deferred elsewhere, as the units are that came with a month.
 */
import type { Queryable } from '../database/database.ts';

export interface AsOf {
  /** The first day that is still to be given, `YYYY-MM-DD`. */
  readonly day: string;
  readonly timeZone: string;
  readonly nowMs: number;
  /** What finance counts a unit at, in micro-yuan. */
  readonly values: ReadonlyMap<string, bigint>;
}

/**
 * In micro-yuan, each month rounded down. A month counts from the day on which it begins up to the one on which it ends, of
 * the business's days; one that begins and ends on a day is over with it. Once a month has begun, its units stand among the
 * units, at what these are worth, and its days are what the rest of the price is for. What was refunded of a payment is
 * taken off all its months alike.
 */
export async function readDeferredMemberships(
  tx: Queryable,
  { day, timeZone, nowMs, values }: AsOf,
): Promise<bigint> {
  const [row] = await tx.query<{ deferred: bigint }>(
    `WITH edge AS (
       SELECT (extract(epoch FROM $1::date::timestamp AT TIME ZONE $2) * 1000)::bigint AS at_ms
     ), spans AS (
       SELECT p.*, edge.at_ms, (to_timestamp(p.from_ms / 1000.0) AT TIME ZONE $2)::date AS first_day,
         (to_timestamp(p.until_ms / 1000.0) AT TIME ZONE $2)::date AS end_day
       FROM membership_periods p, edge WHERE p.until_ms > edge.at_ms AND p.paid_at_ms < edge.at_ms
     ), left_of AS (
       SELECT s.*, greatest(end_day - first_day, 1) AS days,
         least(greatest(end_day - greatest($1::date, first_day), 0), greatest(end_day - first_day, 1)) AS days_left,
         s.price - coalesce((
           SELECT sum(r.amount) FROM transactions r
           WHERE r.account_id = s.account_id AND r.reverses_id = s.payment_id AND r.occurred_at_ms < s.at_ms
         ), 0) AS kept,
         CASE WHEN s.from_ms > least(s.at_ms - 1, $3::bigint) THEN 0 ELSE coalesce((
           SELECT sum(q.amount * v.value) FROM jsonb_to_recordset(s.quotas) AS q (asset text, amount numeric)
             JOIN unnest($4::text[], $5::bigint[]) AS v (asset, value) ON v.asset = q.asset
         ), 0) END AS in_units
       FROM spans s
     )
     SELECT coalesce(sum(
       div(greatest(amount::numeric * kept - in_units * price, 0) * days_left, price::numeric * days)
     ), 0) AS deferred
     FROM left_of`,
    [day, timeZone, nowMs, [...values.keys()], [...values.values()]],
  );
  if (row === undefined) throw new Error('a sum always has a row');
  return row.deferred;
}
