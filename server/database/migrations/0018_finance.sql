-- Costs of third parties, sums for reports, closed periods, budgets and findings. Days are those of the business.

-- Metering: an account's usages in the order in which they were recorded, without a gap, so that whoever adds them up
-- knows how far it has come. Writer: metering/usages.ts, under the account's lock.
ALTER TABLE metered_usages ADD COLUMN number bigint;
UPDATE metered_usages u SET number = n.number FROM (
  SELECT account_id, id, row_number() OVER (PARTITION BY account_id ORDER BY recorded_at_ms, id) AS number
  FROM metered_usages
) n WHERE n.account_id = u.account_id AND n.id = u.id;
ALTER TABLE metered_usages ALTER COLUMN number SET NOT NULL;
CREATE UNIQUE INDEX metered_usages_in_order ON metered_usages (account_id, number);

-- Writer: costs/cost-catalogues.ts. What third parties take, as it was published; a row is never edited, the last is in
-- force as a whole, each of its prices from its own time on.
CREATE TABLE cost_catalogues (
  version integer PRIMARY KEY CHECK (version >= 1),
  published_at_ms bigint NOT NULL,
  published_by uuid REFERENCES accounts (id),
  body text NOT NULL
);

-- Writer of these three: costs/provider-bills.ts.
CREATE TABLE bill_mappings (
  provider text PRIMARY KEY,
  mapping jsonb NOT NULL,
  changed_at_ms bigint NOT NULL
);
CREATE TABLE provider_bills (
  id uuid PRIMARY KEY,
  provider text NOT NULL,
  file_name text NOT NULL,
  file_hash text NOT NULL,
  lines integer NOT NULL CHECK (lines >= 1),
  total bigint NOT NULL,
  worked_out bigint,
  difference bigint, -- booked on top of what was worked out
  created_by uuid NOT NULL REFERENCES accounts (id),
  created_at_ms bigint NOT NULL,
  booked_at_ms bigint,
  CHECK ((booked_at_ms IS NULL) = (difference IS NULL) AND (booked_at_ms IS NULL) = (worked_out IS NULL))
);
-- One file is booked once; one that was never sent whole may be begun anew.
CREATE UNIQUE INDEX provider_bills_booked_once ON provider_bills (provider, file_hash) WHERE booked_at_ms IS NOT NULL;
CREATE INDEX provider_bills_newest ON provider_bills (created_at_ms DESC, id DESC);
CREATE TABLE provider_bill_lines (
  bill_id uuid NOT NULL,
  line integer NOT NULL CHECK (line >= 1),
  day date NOT NULL,
  item text NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (bill_id, line)
);

-- Writer of everything below but findings and budgets: server/reports/.
-- The one row that every writer of sums locks. The zone is the one that they were made in.
CREATE TABLE report_state (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  time_zone text NOT NULL,
  closed_through date, -- the last day that is closed
  daily_through date, -- costs by the day stand up to here
  judged_through date -- days before it were looked at for what is unusual
);

-- How far into each account's rows the sums go.
CREATE TABLE report_positions (
  account_id uuid PRIMARY KEY REFERENCES accounts (id),
  last_seq bigint NOT NULL CHECK (last_seq >= 0),
  last_usage bigint NOT NULL CHECK (last_usage >= 0)
);

-- Sums of ledger rows over all accounts. `day` is where they are booked: the day on which it happened, or, where that is
-- closed by then, the first day that is not (`late`).
CREATE TABLE report_days (
  day date NOT NULL,
  late boolean NOT NULL,
  asset text NOT NULL,
  kind text NOT NULL, -- as in transactions, and `payout`: money that went back the way it came
  product text NOT NULL, -- '' where a kind has none
  operation text NOT NULL,
  item text NOT NULL, -- the model of a call, the plan or package that was bought, else the operation again
  count bigint NOT NULL CHECK (count >= 1),
  amount bigint NOT NULL, -- signed, as in transactions
  PRIMARY KEY (day, asset, kind, product, operation, item, late)
);

-- The same by account, in less detail.
CREATE TABLE report_user_days (
  account_id uuid NOT NULL,
  day date NOT NULL,
  asset text NOT NULL,
  product text NOT NULL,
  count bigint NOT NULL, -- charges
  used bigint NOT NULL, -- charged, above zero
  returned bigint NOT NULL, -- of it refunded or returned, above zero
  moved bigint NOT NULL, -- all kinds, signed
  PRIMARY KEY (account_id, day, asset, product)
);
CREATE INDEX report_user_days_by_day ON report_user_days (day, asset, product);

-- Costs by day: worked out from calls (`usage`) and other charges (`piece`), by the day (`daily`), and what bills came
-- to beyond that (`bill`).
CREATE TABLE cost_days (
  day date NOT NULL,
  late boolean NOT NULL,
  source text NOT NULL CHECK (source IN ('usage', 'piece', 'daily', 'bill')),
  provider text NOT NULL, -- '' where a call's model has no cost price: counted, at nothing
  product text NOT NULL,
  item text NOT NULL,
  count bigint NOT NULL CHECK (count >= 1),
  amount bigint NOT NULL,
  PRIMARY KEY (day, source, provider, product, item, late)
);
CREATE TABLE cost_user_days (
  account_id uuid NOT NULL,
  day date NOT NULL,
  product text NOT NULL,
  amount bigint NOT NULL,
  PRIMARY KEY (account_id, day, product)
);
CREATE INDEX cost_user_days_by_day ON cost_user_days (day);

-- Months whose figures are fixed. Each hash covers the one before it.
CREATE TABLE report_closings (
  month text PRIMARY KEY CHECK (month ~ '^\d{4}-\d{2}$'),
  through_day date NOT NULL UNIQUE,
  body text NOT NULL,
  prev_hash text NOT NULL,
  hash text NOT NULL,
  closed_by uuid NOT NULL REFERENCES accounts (id),
  closed_at_ms bigint NOT NULL
);
CREATE TRIGGER report_closings_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON report_closings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
-- Which rows of an account were in the sums when a month was closed: those after them that happened in it are late.
CREATE TABLE report_closing_positions (
  account_id uuid NOT NULL REFERENCES accounts (id),
  month text NOT NULL,
  last_seq bigint NOT NULL,
  last_usage bigint NOT NULL,
  PRIMARY KEY (account_id, month)
);

-- Writer of these two: server/watch/.
CREATE TABLE budgets (
  id uuid PRIMARY KEY,
  month text NOT NULL,
  scope text NOT NULL CHECK (scope IN ('all', 'provider', 'product')),
  name text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  changed_by uuid NOT NULL REFERENCES accounts (id),
  changed_at_ms bigint NOT NULL,
  UNIQUE (month, scope, name),
  CHECK ((scope = 'all') = (name = ''))
);
-- What somebody should look at. `key` names what was found, so that it is told once.
CREATE TABLE findings (
  id uuid PRIMARY KEY,
  key text NOT NULL UNIQUE,
  what jsonb NOT NULL,
  found_at_ms bigint NOT NULL,
  seen_by uuid REFERENCES accounts (id),
  seen_at_ms bigint,
  CHECK ((seen_by IS NULL) = (seen_at_ms IS NULL))
);
CREATE INDEX findings_newest ON findings (found_at_ms DESC, id DESC);
