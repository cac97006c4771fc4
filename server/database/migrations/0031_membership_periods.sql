-- What payments for memberships are for, a row a month of each: the report tells what of it is still to be given. Writer:
-- server/members/, in the payment's transaction.
CREATE TABLE membership_periods (
  account_id uuid NOT NULL,
  payment_id uuid NOT NULL, -- the charge
  n integer NOT NULL CHECK (n >= 0),
  from_ms bigint NOT NULL,
  until_ms bigint NOT NULL CHECK (until_ms > from_ms),
  paid_at_ms bigint NOT NULL,
  price bigint NOT NULL CHECK (price > 0), -- of the whole payment
  amount bigint NOT NULL CHECK (amount > 0 AND amount <= price), -- of it, for this month
  quotas jsonb NOT NULL, -- [{asset, amount}]: units that come as it begins, for as much of the amount as they are worth
  PRIMARY KEY (account_id, payment_id, n)
);
CREATE INDEX membership_periods_open ON membership_periods (until_ms);

-- Of those from before, by what was paid: the first payment began it, one of the same plan is the next month, one of
-- another plan is for what was left of all that was paid for.
INSERT INTO membership_periods (account_id, payment_id, n, from_ms, until_ms, paid_at_ms, price, amount, quotas)
WITH paid AS (
  SELECT m.account_id, m.begins_at_ms, m.plan, a.time_zone, t.id, t.occurred_at_ms, -t.amount AS price,
    t.body::jsonb->>'note' AS plan_id,
    lag(t.body::jsonb->>'note') OVER (PARTITION BY m.account_id, m.id ORDER BY t.seq) AS plan_before, t.seq, m.id AS membership
  FROM memberships m JOIN accounts a ON a.id = m.account_id
  JOIN transactions t ON t.account_id = m.account_id AND t.kind = 'charge' AND t.operation = 'membership'
    AND t.occurred_at_ms >= m.begins_at_ms
    AND t.occurred_at_ms < coalesce((
      SELECT min(later.begins_at_ms) FROM memberships later
      WHERE later.account_id = m.account_id AND later.begins_at_ms > m.begins_at_ms), 9000000000000000)
), counted AS (
  SELECT *, plan_before IS NOT NULL AND plan_before <> plan_id AS upgrades,
    count(*) FILTER (WHERE plan_before IS NULL OR plan_before = plan_id) OVER (PARTITION BY account_id, membership ORDER BY seq)
      AS months
  FROM paid
), spanned AS (
  SELECT c.*,
    (extract(epoch FROM (to_timestamp(begins_at_ms / 1000.0) AT TIME ZONE time_zone + make_interval(months => months::integer - 1))
      AT TIME ZONE time_zone) * 1000)::bigint AS month_from_ms,
    (extract(epoch FROM (to_timestamp(begins_at_ms / 1000.0) AT TIME ZONE time_zone + make_interval(months => months::integer))
      AT TIME ZONE time_zone) * 1000)::bigint AS month_until_ms
  FROM counted c
)
SELECT account_id, id, 0, CASE WHEN upgrades THEN occurred_at_ms ELSE month_from_ms END, month_until_ms, occurred_at_ms, price,
  price, CASE WHEN upgrades THEN '[]' ELSE coalesce(plan->'quotas', '[]') END
FROM spanned
WHERE price > 0 AND month_until_ms > CASE WHEN upgrades THEN occurred_at_ms ELSE month_from_ms END;
