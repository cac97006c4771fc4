/**
 * The statements that add rows to the sums of reports, cost them, and book what was accepted of bills; rollup.ts runs them,
 * under the lock. $1 is the zone of the business and, where rows are booked, $2 the last closed day. Whichever of them adds
 * a row, its day and its cost must come by the same rule, so that sums that are made anew are those that were kept.
 */

/** The day of an instant in the zone $1. */
const dayOf = (ms: string): string => `(to_timestamp(${ms} / 1000.0) AT TIME ZONE $1)::date`;

/**
 * The day on which row `r` of account `a` happened, as far as its clock can be right: nothing happens before the account
 * is there, as a device whose clock was never set would have it, and nothing after it was recorded.
 */
const ownDayOf = (r: string, happenedAt: string): string =>
  `${dayOf(`least(greatest(${r}.${happenedAt}, a.created_at_ms), ${r}.recorded_at_ms)`)} AS own_day`;

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

/** The prices in force, each with the time until the next of the same thing, by whatever it is counted. Micro-yuan. */
const prices = `prices AS MATERIALIZED (
  SELECT p.basis, p.provider, coalesce(p.model, p.product, p.item) AS what, coalesce(p.operation, '') AS operation,
    p.per, p."unitMs" AS unit_ms, p."inputPrice" * 1000000 AS input_price, p."outputPrice" * 1000000 AS output_price,
    p."unitPrice" * 1000000 AS unit_price,
    (extract(epoch FROM p."effectiveAt") * 1000)::bigint AS from_ms,
    lead((extract(epoch FROM p."effectiveAt") * 1000)::bigint, 1, 9000000000000000) OVER (
      PARTITION BY CASE p.basis WHEN 'time' THEN 'piece' ELSE p.basis END, coalesce(p.model, p.product, p.item), coalesce(p.operation, ''),
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
  SELECT day, own_day, late, '${source}', provider, product, item, count(*), sum(quantity), sum(cost)
  FROM ${from} GROUP BY day, own_day, late, provider, product, item
  ON CONFLICT (day, source, provider, product, item, own_day, late) DO UPDATE SET count = d.count + excluded.count,
    quantity = d.quantity + excluded.quantity, amount = d.amount + excluded.amount`;
const addUserCosts = (from: string): string => `
  INSERT INTO cost_user_days AS d (account_id, day, product, amount)
  SELECT account_id, day, product, sum(cost) FROM ${from} GROUP BY account_id, day, product
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

export const addRowsSql = `
  WITH moved AS MATERIALIZED (
    SELECT h.account_id, coalesce(p.last_seq, 0) AS after_seq, coalesce(p.last_usage, 0) AS last_usage,
      least(h.last_seq, coalesce(p.last_seq, 0) + $4) AS upto_seq
    FROM ledger_heads h LEFT JOIN report_positions p ON p.account_id = h.account_id
    WHERE h.last_seq > coalesce(p.last_seq, 0) ORDER BY h.account_id LIMIT $3
  ), ${prices}, own AS (
    SELECT t.account_id, t.seq, t.asset, t.amount, t.occurred_at_ms, ${rowFacts},
      ${ownDayOf('t', 'occurred_at_ms')},
      CASE WHEN t.kind = 'charge' AND EXISTS (
          SELECT 1 FROM prices p WHERE p.basis IN ('piece', 'time') AND p.what = t.platform AND p.operation = t.operation
        ) THEN t.body::jsonb END AS body
    FROM moved m JOIN accounts a ON a.id = m.account_id
      JOIN transactions t ON t.account_id = m.account_id AND t.seq > m.after_seq AND t.seq <= m.upto_seq
  ), entries AS MATERIALIZED (
    SELECT m.*, ${bookedDay('last_seq', 'm.seq')} AS day FROM own m
  ), days AS (
    INSERT INTO report_days AS d (day, late, asset, kind, product, operation, item, count, amount)
    SELECT day, day <> own_day, asset, kind, product, operation, item, count(*), sum(amount) FROM entries
    GROUP BY day, day <> own_day, asset, kind, product, operation, item
    ON CONFLICT (day, asset, kind, product, operation, item, late)
    DO UPDATE SET count = d.count + excluded.count, amount = d.amount + excluded.amount
  ), user_days AS MATERIALIZED (
    SELECT account_id, day, asset, product, count(*) FILTER (WHERE kind = 'charge') AS count,
      coalesce(-sum(amount) FILTER (WHERE kind = 'charge'), 0) AS used,
      coalesce(sum(amount) FILTER (WHERE kind IN ('refund', 'return')), 0) AS returned,
      sum(amount) AS moved,
      coalesce(-sum(amount) FILTER (WHERE kind = 'charge' AND day <> own_day), 0) AS used_late
    FROM entries GROUP BY account_id, day, asset, product
  ), users AS (
    INSERT INTO report_user_days AS d (account_id, day, asset, product, count, used, returned, moved, used_late)
    SELECT account_id, day, asset, product, count, used, returned, moved, used_late FROM user_days
    ON CONFLICT (account_id, day, asset, product) DO UPDATE SET ${addedUp},
      used_late = d.used_late + excluded.used_late
  ), months AS (
    INSERT INTO report_user_months AS d (account_id, month, asset, count, used, returned, moved)
    SELECT account_id, date_trunc('month', day)::date, asset, sum(count), sum(used), sum(returned), sum(moved)
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

export const addUsagesSql = `
  WITH moved AS MATERIALIZED (
    SELECT a.id AS account_id, coalesce(p.last_usage, 0) AS after_usage, coalesce(p.last_seq, 0) AS last_seq,
      least(last.number, coalesce(p.last_usage, 0) + $4) AS upto_usage
    FROM accounts a LEFT JOIN report_positions p ON p.account_id = a.id
      CROSS JOIN LATERAL (SELECT max(u.number) AS number FROM metered_usages u WHERE u.account_id = a.id) last
    WHERE last.number > coalesce(p.last_usage, 0) ORDER BY a.id LIMIT $3
  ), ${prices}, own AS (
    SELECT u.account_id, u.number, ${usageFacts}, ${ownDayOf('u', 'ended_at_ms')}
    FROM moved m JOIN accounts a ON a.id = m.account_id JOIN metered_usages u ON u.account_id = m.account_id AND u.number > m.after_usage
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
export const recostUsagesSql = `
  WITH ${prices}, own AS (
    SELECT u.account_id, u.number, ${usageFacts}, ${ownDayOf('u', 'ended_at_ms')}
    FROM report_positions m JOIN accounts a ON a.id = m.account_id JOIN metered_usages u ON u.account_id = m.account_id AND u.number <= m.last_usage
      ${usagePrice}
  ), calls AS (
    SELECT m.*, ${bookedDay('last_usage', 'm.number')} AS day FROM own m
  ), costed AS MATERIALIZED (
    SELECT *, day <> own_day AS late FROM calls WHERE day >= $3::date
  ), costs AS (${addCosts('usage', 'costed')})
  ${addUserCosts('costed')}`;

export const recostPiecesSql = `
  WITH ${prices}, own AS (
    SELECT t.account_id, t.seq, t.platform AS product, t.operation AS item, t.operation, t.occurred_at_ms,
      t.body::jsonb AS body, ${ownDayOf('t', 'occurred_at_ms')}
    FROM report_positions m JOIN accounts a ON a.id = m.account_id JOIN transactions t ON t.account_id = m.account_id AND t.seq <= m.last_seq
    WHERE t.kind = 'charge' AND EXISTS (
      SELECT 1 FROM prices p WHERE p.basis IN ('piece', 'time') AND p.what = t.platform AND p.operation = t.operation
    )
  ), entries AS (
    SELECT m.*, ${bookedDay('last_seq', 'm.seq')} AS day FROM own m
  ), pieces AS MATERIALIZED (
    SELECT e.account_id, ${pieceFacts}
    FROM entries e JOIN prices p ON p.basis IN ('piece', 'time') AND p.what = e.product
      AND p.operation = e.operation AND e.occurred_at_ms >= p.from_ms AND e.occurred_at_ms < p.until_ms
    WHERE e.day >= $3::date
  ), costs AS (${addCosts('piece', 'pieces')})
  ${addUserCosts('pieces')}`;

/** A day counts from its beginning on, at the last price that begins before it is over. */
export const addDailySql = `
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

/** What an accepted figure `a` comes to beyond what is booked for its day and item. */
const gap = `a.theirs - coalesce((
      SELECT sum(c.amount) FROM cost_days c WHERE c.own_day = a.day AND c.provider = a.provider AND c.item = a.item
    ), 0)`;

export const bookAcceptedSql = `
  WITH compared AS MATERIALIZED (
    SELECT a.provider, a.day, a.item, ${gap} AS gap FROM cost_decisions a WHERE a.id = $1::uuid AND a.kind = 'accept'
  ), booked AS (
    INSERT INTO cost_days AS d (day, own_day, late, source, provider, product, item, count, quantity, amount)
    SELECT greatest(day, $2::date + 1), day, $2::date IS NOT NULL AND day <= $2::date, 'bill', provider, '', item, 1, 0, gap
    FROM compared
    ON CONFLICT (day, source, provider, product, item, own_day, late)
    DO UPDATE SET count = d.count + excluded.count, amount = d.amount + excluded.amount
  )
  SELECT coalesce(sum(gap), 0) AS booked FROM compared`;

/** The same for open days whose costs were worked out again: the figure that was accepted last still counts. */
export const bookAcceptedAgainSql = `
  INSERT INTO cost_days (day, own_day, late, source, provider, product, item, count, quantity, amount)
  SELECT a.day, a.day, false, 'bill', a.provider, '', a.item, 1, 0, ${gap}
  FROM (
    SELECT DISTINCT ON (d.provider, d.day, d.item) d.provider, d.day, d.item, d.theirs
    FROM cost_decisions d LEFT JOIN approvals p ON p.id = d.approval_id
    WHERE d.kind = 'accept' AND (d.approval_id IS NULL OR p.state = 'done') AND d.day >= $1::date
    ORDER BY d.provider, d.day, d.item, d.decided_at_ms DESC, d.id DESC
  ) a`;
