/**
 * Adds what the ledger and the metering have recorded to the sums that reports are read from; the only writer of
 * `report_positions`, `report_days`, `report_user_days`, `report_user_months`, `cost_days` and `cost_user_days`. Each row is added once and on
 * one day: the one on which it happened, or the first open one where that was closed before the row came. It must never
 * change the sum of a closed day, and never add a row that its posting has not committed.
 */
import type { Database, Queryable } from '../database/database.ts';

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
  await tx.query(recostUsagesSql, [zone, fromDay]);
  await tx.query(recostPiecesSql, [zone, fromDay]);
  await tx.query(`UPDATE report_state SET daily_through = least(daily_through, $1::date - 1)`, [fromDay]);
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

// ── The statements ──────────────────────────────────────────────────────────────────────────────────────────

/** The day of an instant in the zone $1. */
const dayOf = (ms: string): string => `(to_timestamp(${ms} / 1000.0) AT TIME ZONE $1)::date`;

/**
 * Through which day the books were closed when row `n` of an account came; a row that is not in a closing's position
 * came after it. Only asked where the day is closed by now.
 */
const closedBefore = (position: 'last_seq' | 'last_usage', n: string): string =>
  `(SELECT max(c.through_day) FROM report_closings c
      LEFT JOIN report_closing_positions cp ON cp.month = c.month AND cp.account_id = m.account_id
    WHERE coalesce(cp.${position}, 0) < ${n})`;

/** Where a row is booked, from its own day: `greatest` passes nulls over. */
const bookedDay = (position: 'last_seq' | 'last_usage', n: string): string =>
  `CASE WHEN $2::date IS NULL OR own_day > $2::date THEN own_day
        ELSE greatest(own_day, ${closedBefore(position, n)} + 1) END`;

/** The prices in force, each with the time until the next of its kind. Micro-yuan. */
const prices = `prices AS MATERIALIZED (
  SELECT p.basis, p.provider, coalesce(p.model, p.product, p.item) AS what, coalesce(p.operation, '') AS operation,
    p.per, p."unitMs" AS unit_ms, p."inputPrice" * 1000000 AS input_price, p."outputPrice" * 1000000 AS output_price,
    p."unitPrice" * 1000000 AS unit_price,
    (extract(epoch FROM p."effectiveAt") * 1000)::bigint AS from_ms,
    lead((extract(epoch FROM p."effectiveAt") * 1000)::bigint, 1, 9000000000000000) OVER (
      PARTITION BY p.basis, coalesce(p.model, p.product, p.item), coalesce(p.operation, ''),
        CASE p.basis WHEN 'day' THEN p.provider END ORDER BY p."effectiveAt"
    ) AS until_ms
  FROM (SELECT body::jsonb AS body FROM cost_catalogues ORDER BY version DESC LIMIT 1) c,
    jsonb_to_recordset(c.body->'prices') AS p (basis text, provider text, model text, product text, operation text,
      item text, "effectiveAt" timestamptz, per numeric, "unitMs" numeric, "inputPrice" numeric,
      "outputPrice" numeric, "unitPrice" numeric)
)`;

/** Pieces of work, or units of the time that it took. */
const pieces = `CASE p.basis WHEN 'time' THEN ceil(coalesce((e.body->>'durationMs')::numeric, 0) / p.unit_ms)
  ELSE coalesce((e.body->>'quantity')::numeric, 1) END`;
/** Rounded once, to the micro-yuan. */
const pieceFacts = `e.day, e.own_day, e.day <> e.own_day AS late, p.provider, e.product, e.item,
  (${pieces})::bigint AS quantity, round(p.unit_price * ${pieces})::bigint AS cost`;

const addCosts = (source: 'usage' | 'piece', from: string): string => `
  INSERT INTO cost_days AS d (day, own_day, late, source, provider, product, item, count, quantity, amount)
  SELECT day, own_day, late, '${source}', provider, product, item, count(*), sum(quantity)::bigint, sum(cost)::bigint
  FROM ${from} GROUP BY day, own_day, late, provider, product, item
  ON CONFLICT (day, source, provider, product, item, own_day, late) DO UPDATE SET count = d.count + excluded.count,
    quantity = d.quantity + excluded.quantity, amount = d.amount + excluded.amount`;
const addUserCosts = (from: string): string => `
  INSERT INTO cost_user_days AS d (account_id, day, product, amount)
  SELECT account_id, day, product, sum(cost)::bigint FROM ${from} GROUP BY account_id, day, product
  ON CONFLICT (account_id, day, product) DO UPDATE SET amount = d.amount + excluded.amount`;

/** A membership or a package is its own product; what was bought, or called, is the item. */
const rowFacts = `
  CASE WHEN t.kind = 'adjustment' AND EXISTS (
      SELECT 1 FROM recharge_refunds r WHERE r.account_id = t.account_id AND (r.id = t.id OR r.return_id = t.id)
    ) THEN 'payout' ELSE t.kind END AS kind,
  coalesce(t.operation, '') AS operation,
  coalesce(t.platform, CASE WHEN t.operation IN ('membership', 'package') THEN t.operation END, '') AS product,
  CASE WHEN t.operation IN ('ai_call', 'membership', 'package') THEN coalesce(
      CASE WHEN t.reverses_id IS NULL THEN t.body::jsonb->>'note'
        ELSE (SELECT o.body::jsonb->>'note' FROM transactions o
              WHERE o.id = t.reverses_id AND o.account_id = t.account_id) END, '')
    ELSE coalesce(t.operation, '') END AS item`;

const addedUp = `count = d.count + excluded.count, used = d.used + excluded.used,
      returned = d.returned + excluded.returned, moved = d.moved + excluded.moved`;

const addRowsSql = `
  WITH moved AS MATERIALIZED (
    SELECT h.account_id, coalesce(p.last_seq, 0) AS after_seq, coalesce(p.last_usage, 0) AS last_usage,
      least(h.last_seq, coalesce(p.last_seq, 0) + $4) AS upto_seq
    FROM ledger_heads h LEFT JOIN report_positions p ON p.account_id = h.account_id
    WHERE h.last_seq > coalesce(p.last_seq, 0) ORDER BY h.account_id LIMIT $3
  ), ${prices}, own AS (
    SELECT t.account_id, t.seq, t.asset, t.amount, t.occurred_at_ms, ${rowFacts},
      least(${dayOf('t.occurred_at_ms')}, ${dayOf('t.recorded_at_ms')}) AS own_day,
      CASE WHEN t.kind = 'charge' AND EXISTS (
          SELECT 1 FROM prices p WHERE p.basis IN ('piece', 'time') AND p.what = t.platform AND p.operation = t.operation
        ) THEN t.body::jsonb END AS body
    FROM moved m JOIN transactions t ON t.account_id = m.account_id AND t.seq > m.after_seq AND t.seq <= m.upto_seq
  ), entries AS MATERIALIZED (
    SELECT m.*, ${bookedDay('last_seq', 'm.seq')} AS day FROM own m
  ), days AS (
    INSERT INTO report_days AS d (day, late, asset, kind, product, operation, item, count, amount)
    SELECT day, day <> own_day, asset, kind, product, operation, item, count(*), sum(amount)::bigint FROM entries
    GROUP BY day, day <> own_day, asset, kind, product, operation, item
    ON CONFLICT (day, asset, kind, product, operation, item, late)
    DO UPDATE SET count = d.count + excluded.count, amount = d.amount + excluded.amount
  ), user_days AS MATERIALIZED (
    SELECT account_id, day, asset, product, count(*) FILTER (WHERE kind = 'charge') AS count,
      coalesce(-sum(amount) FILTER (WHERE kind = 'charge'), 0)::bigint AS used,
      coalesce(sum(amount) FILTER (WHERE kind IN ('refund', 'return')), 0)::bigint AS returned,
      sum(amount)::bigint AS moved
    FROM entries GROUP BY account_id, day, asset, product
  ), users AS (
    INSERT INTO report_user_days AS d (account_id, day, asset, product, count, used, returned, moved)
    SELECT account_id, day, asset, product, count, used, returned, moved FROM user_days
    ON CONFLICT (account_id, day, asset, product) DO UPDATE SET ${addedUp}
  ), months AS (
    INSERT INTO report_user_months AS d (account_id, month, asset, count, used, returned, moved)
    SELECT account_id, date_trunc('month', day)::date, asset, sum(count)::bigint, sum(used)::bigint,
      sum(returned)::bigint, sum(moved)::bigint
    FROM user_days GROUP BY 1, 2, 3
    ON CONFLICT (account_id, month, asset) DO UPDATE SET ${addedUp}
  ), pieces AS MATERIALIZED (
    SELECT e.account_id, ${pieceFacts}
    FROM entries e JOIN prices p ON p.basis IN ('piece', 'time') AND p.what = e.product
      AND p.operation = e.operation AND e.occurred_at_ms >= p.from_ms AND e.occurred_at_ms < p.until_ms
    WHERE e.kind = 'charge' AND e.body IS NOT NULL
  ), piece_costs AS (${addCosts('piece', 'pieces')}
  ), piece_users AS (${addUserCosts('pieces')}
  ), places AS (
    INSERT INTO report_positions AS p (account_id, last_seq, last_usage)
    SELECT account_id, upto_seq, last_usage FROM moved
    ON CONFLICT (account_id) DO UPDATE SET last_seq = excluded.last_seq
  )
  SELECT count(*) AS accounts FROM moved`;

/** A call without a price counts at nothing, under no provider. */
const usageFacts = `u.product, u.model AS item, coalesce(p.provider, '') AS provider,
  u.input_tokens::bigint + u.output_tokens AS quantity,
  coalesce(round((u.input_tokens * p.input_price + u.output_tokens * p.output_price) / p.per), 0)::bigint AS cost`;
const usagePrice = `LEFT JOIN prices p ON p.basis = 'tokens' AND p.what = u.model AND u.started_at_ms >= p.from_ms
  AND u.started_at_ms < p.until_ms`;

const addUsagesSql = `
  WITH moved AS MATERIALIZED (
    SELECT a.id AS account_id, coalesce(p.last_usage, 0) AS after_usage, coalesce(p.last_seq, 0) AS last_seq,
      least(last.number, coalesce(p.last_usage, 0) + $4) AS upto_usage
    FROM accounts a LEFT JOIN report_positions p ON p.account_id = a.id
      CROSS JOIN LATERAL (SELECT max(u.number) AS number FROM metered_usages u WHERE u.account_id = a.id) last
    WHERE last.number > coalesce(p.last_usage, 0) ORDER BY a.id LIMIT $3
  ), ${prices}, own AS (
    SELECT u.account_id, u.number, ${usageFacts},
      least(${dayOf('u.ended_at_ms')}, ${dayOf('u.recorded_at_ms')}) AS own_day
    FROM moved m JOIN metered_usages u ON u.account_id = m.account_id AND u.number > m.after_usage
      AND u.number <= m.upto_usage ${usagePrice}
  ), calls AS (
    SELECT m.*, ${bookedDay('last_usage', 'm.number')} AS day FROM own m
  ), costed AS MATERIALIZED (
    SELECT *, day <> own_day AS late FROM calls
  ), costs AS (${addCosts('usage', 'costed')}
  ), users AS (${addUserCosts('costed')}
  ), places AS (
    INSERT INTO report_positions AS p (account_id, last_seq, last_usage)
    SELECT account_id, last_seq, upto_usage FROM moved
    ON CONFLICT (account_id) DO UPDATE SET last_usage = excluded.last_usage
  )
  SELECT count(*) AS accounts FROM moved`;

/** Calls that are added already and stand on this day or after it. */
const recostUsagesSql = `
  WITH ${prices}, bounds AS (SELECT (SELECT closed_through FROM report_state) AS closed), own AS (
    SELECT u.account_id, u.number, ${usageFacts},
      least(${dayOf('u.ended_at_ms')}, ${dayOf('u.recorded_at_ms')}) AS own_day
    FROM report_positions m JOIN metered_usages u ON u.account_id = m.account_id AND u.number <= m.last_usage
      ${usagePrice}
  ), calls AS (
    SELECT m.*, CASE WHEN b.closed IS NULL OR own_day > b.closed THEN own_day
      ELSE greatest(own_day, ${closedBefore('last_usage', 'm.number')} + 1) END AS day FROM own m, bounds b
  ), costed AS MATERIALIZED (
    SELECT *, day <> own_day AS late FROM calls WHERE day >= $2::date
  ), costs AS (${addCosts('usage', 'costed')})
  ${addUserCosts('costed')}`;

const recostPiecesSql = `
  WITH ${prices}, bounds AS (SELECT (SELECT closed_through FROM report_state) AS closed), own AS (
    SELECT t.account_id, t.seq, t.platform AS product, t.operation AS item, t.operation, t.occurred_at_ms,
      t.body::jsonb AS body, least(${dayOf('t.occurred_at_ms')}, ${dayOf('t.recorded_at_ms')}) AS own_day
    FROM report_positions m JOIN transactions t ON t.account_id = m.account_id AND t.seq <= m.last_seq
    WHERE t.kind = 'charge' AND EXISTS (
      SELECT 1 FROM prices p WHERE p.basis IN ('piece', 'time') AND p.what = t.platform AND p.operation = t.operation
    )
  ), entries AS (
    SELECT m.*, CASE WHEN b.closed IS NULL OR own_day > b.closed THEN own_day
      ELSE greatest(own_day, ${closedBefore('last_seq', 'm.seq')} + 1) END AS day FROM own m, bounds b
  ), pieces AS MATERIALIZED (
    SELECT e.account_id, ${pieceFacts}
    FROM entries e JOIN prices p ON p.basis IN ('piece', 'time') AND p.what = e.product
      AND p.operation = e.operation AND e.occurred_at_ms >= p.from_ms AND e.occurred_at_ms < p.until_ms
    WHERE e.day >= $2::date
  ), costs AS (${addCosts('piece', 'pieces')})
  ${addUserCosts('pieces')}`;

/** A day counts from its beginning on; its price is the one at its first moment, or that begins during the first day. */
const addDailySql = `
  WITH today AS (SELECT ${dayOf('$2::bigint')} AS day), ${prices}, daily AS (
    SELECT p.provider, p.what, p.unit_price, ${dayOf('p.from_ms')} AS from_day,
      CASE WHEN p.until_ms >= 9000000000000000 THEN (SELECT day FROM today) + 1 ELSE ${dayOf('p.until_ms')} END AS until_day
    FROM prices p WHERE p.basis = 'day'
  ), added AS (
    INSERT INTO cost_days AS d (day, own_day, late, source, provider, product, item, count, quantity, amount)
    SELECT each.day::date, each.day::date, false, 'daily', provider, '', what, 1, 1, unit_price::bigint
    FROM daily, today, report_state s, generate_series(
      greatest(from_day, coalesce(s.daily_through + 1, from_day)),
      least(until_day - 1, today.day), interval '1 day') AS each (day)
    ON CONFLICT (day, source, provider, product, item, own_day, late) DO NOTHING
  )
  UPDATE report_state SET daily_through = greatest(daily_through, (SELECT day FROM today))`;

const bookAcceptedSql = `
  WITH compared AS MATERIALIZED (
    SELECT a.provider, a.day, a.item, a.theirs - coalesce((
      SELECT sum(c.amount) FROM cost_days c WHERE c.own_day = a.day AND c.provider = a.provider AND c.item = a.item
    ), 0)::bigint AS gap FROM cost_decisions a WHERE a.id = $1::uuid AND a.kind = 'accept'
  ), booked AS (
    INSERT INTO cost_days AS d (day, own_day, late, source, provider, product, item, count, quantity, amount)
    SELECT greatest(day, $2::date + 1), day, $2::date IS NOT NULL AND day <= $2::date, 'bill', provider, '', item, 1, 0, gap
    FROM compared
    ON CONFLICT (day, source, provider, product, item, own_day, late)
    DO UPDATE SET count = d.count + excluded.count, amount = d.amount + excluded.amount
  )
  SELECT coalesce(sum(gap), 0)::bigint AS booked FROM compared`;

/** The same for open days whose costs were worked out again: the figure that was accepted last still counts. */
const bookAcceptedAgainSql = `
  INSERT INTO cost_days (day, own_day, late, source, provider, product, item, count, quantity, amount)
  SELECT a.day, a.day, false, 'bill', a.provider, '', a.item, 1, 0, a.theirs - coalesce((
      SELECT sum(c.amount) FROM cost_days c WHERE c.own_day = a.day AND c.provider = a.provider AND c.item = a.item
    ), 0)::bigint
  FROM (
    SELECT DISTINCT ON (d.provider, d.day, d.item) d.provider, d.day, d.item, d.theirs
    FROM cost_decisions d LEFT JOIN approvals p ON p.id = d.approval_id
    WHERE d.kind = 'accept' AND (d.approval_id IS NULL OR p.state = 'done') AND d.day >= $1::date
    ORDER BY d.provider, d.day, d.item, d.decided_at_ms DESC, d.id DESC
  ) a`;
