-- The ledger. Writer of every table here: server/ledger/. Amounts are micro-yuan (or whole units of another asset),
-- instants are milliseconds since 1970 UTC. The constraints repeat what the code has decided: the second guard.

-- One row an account, locked by every posting: so postings of an account happen one after another, and nothing that
-- belongs to it needs a lock or a foreign key of its own.
CREATE TABLE ledger_heads (
  account_id uuid PRIMARY KEY REFERENCES accounts (id),
  last_seq bigint NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
  head text NOT NULL DEFAULT repeat('0', 64) CHECK (head ~ '^[0-9a-f]{64}$'),
  last_event bigint NOT NULL DEFAULT 0 CHECK (last_event >= 0)
);

CREATE TABLE wallets (
  account_id uuid NOT NULL REFERENCES ledger_heads (account_id),
  asset text NOT NULL,
  balance bigint NOT NULL DEFAULT 0,
  held bigint NOT NULL DEFAULT 0 CHECK (held >= 0),
  PRIMARY KEY (account_id, asset),
  CHECK (balance >= held) -- L4 and L5: nothing is sold that is not there
);

-- L1 to L3, L7 to L9. `body` is the row exactly as served and as hashed; the columns repeat what is searched for.
CREATE TABLE transactions (
  account_id uuid NOT NULL,
  seq bigint NOT NULL CHECK (seq >= 1),
  id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('recharge', 'charge', 'refund', 'adjustment', 'grant', 'expire', 'return')),
  asset text NOT NULL,
  amount bigint NOT NULL,
  balance_after bigint NOT NULL CHECK (balance_after >= 0),
  platform text,
  operation text,
  target_user_id text,
  campaign_id text,
  hold_id uuid,
  reverses_id uuid,
  grant_id uuid, -- the batch that all of it came from or went back to; parts of several are in grant_uses
  occurred_at_ms bigint NOT NULL,
  recorded_at_ms bigint NOT NULL,
  request_hash text NOT NULL, -- what the caller asked for under this id, for as long as the id exists
  hash text NOT NULL,
  body text NOT NULL,
  PRIMARY KEY (account_id, seq),
  -- Led by the id, so that finance can find a charge without knowing whose it is.
  UNIQUE (id, account_id),
  CHECK (
    CASE kind
      WHEN 'charge' THEN amount <= 0
      WHEN 'expire' THEN amount < 0
      WHEN 'adjustment' THEN amount <> 0
      ELSE amount > 0
    END
  ),
  CHECK ((kind IN ('refund', 'return')) = (reverses_id IS NOT NULL))
);
-- The same target in one campaign is charged once.
CREATE UNIQUE INDEX transactions_one_charge_a_target
  ON transactions (account_id, campaign_id, target_user_id, platform, operation)
  WHERE kind = 'charge' AND campaign_id IS NOT NULL;
CREATE INDEX transactions_by_reversed ON transactions (account_id, reverses_id) WHERE reverses_id IS NOT NULL;

-- L6. A batch of money. remaining = amount + what transactions with its grant_id moved − the sum of its grant_uses.
CREATE TABLE grants (
  account_id uuid NOT NULL,
  id uuid NOT NULL, -- the transaction that brought it
  asset text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  remaining bigint NOT NULL,
  priority integer NOT NULL, -- the smallest is used first
  source text NOT NULL,
  effective_at_ms bigint NOT NULL,
  expires_at_ms bigint CHECK (expires_at_ms > effective_at_ms),
  PRIMARY KEY (account_id, id),
  CHECK (remaining BETWEEN 0 AND amount)
);
CREATE INDEX grants_unspent ON grants (account_id) WHERE remaining > 0;
CREATE INDEX grants_expiring ON grants (expires_at_ms, account_id) WHERE remaining > 0 AND expires_at_ms IS NOT NULL;

-- What a transaction took from each of several batches; below zero, what it gave back.
CREATE TABLE grant_uses (
  account_id uuid NOT NULL,
  seq bigint NOT NULL,
  grant_id uuid NOT NULL,
  amount bigint NOT NULL CHECK (amount <> 0),
  PRIMARY KEY (account_id, seq, grant_id)
);

-- L4. Money set aside. While open, amount − captured counts in the wallet's `held`.
CREATE TABLE holds (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('campaign', 'reserve')),
  state text NOT NULL CHECK (state IN ('open', 'closed', 'expired')),
  campaign_id text,
  quote jsonb, -- the locked price
  quantity bigint CHECK (quantity >= 1),
  amount bigint NOT NULL CHECK (amount >= 0),
  captured bigint NOT NULL DEFAULT 0 CHECK (captured >= 0),
  captured_count bigint NOT NULL DEFAULT 0 CHECK (captured_count >= 0),
  late_count bigint NOT NULL DEFAULT 0 CHECK (late_count >= 0), -- charged at the locked price after it had ended
  released bigint NOT NULL DEFAULT 0 CHECK (released >= 0),
  device_id text NOT NULL,
  request_hash text NOT NULL,
  created_at_ms bigint NOT NULL,
  expires_at_ms bigint NOT NULL,
  PRIMARY KEY (account_id, id),
  CHECK (captured + released <= amount),
  CHECK (state = 'open' OR captured + released = amount),
  CHECK (state <> 'open' OR released = 0),
  CHECK ((kind = 'campaign') = (quote IS NOT NULL)),
  CHECK ((quote IS NULL) = (quantity IS NULL)),
  CHECK (captured_count + late_count <= quantity)
);
CREATE INDEX holds_newest ON holds (account_id, created_at_ms DESC, id DESC);
CREATE INDEX holds_expiring ON holds (expires_at_ms, account_id) WHERE state = 'open';

-- S2. The numbers that a device's charges carry, as ranges without a gap that never touch each other.
CREATE TABLE device_ranges (
  account_id uuid NOT NULL,
  device_id text NOT NULL,
  first_seq bigint NOT NULL CHECK (first_seq >= 1),
  last_seq bigint NOT NULL CHECK (last_seq >= first_seq),
  PRIMARY KEY (account_id, device_id, first_seq)
);

-- S2. Numbers of which there is more to say: one that was seen with a charge that was refused, one that came with
-- two contents.
CREATE TABLE device_marks (
  account_id uuid NOT NULL,
  device_id text NOT NULL,
  device_seq bigint NOT NULL CHECK (device_seq >= 1),
  refused_hash text, -- the refused request's fingerprint
  reused boolean NOT NULL,
  PRIMARY KEY (account_id, device_id, device_seq),
  CHECK (reused OR refused_hash IS NOT NULL)
);

CREATE TABLE device_sightings (
  account_id uuid NOT NULL,
  device_id text NOT NULL,
  last_seq bigint NOT NULL,
  last_seen_at_ms bigint NOT NULL,
  PRIMARY KEY (account_id, device_id)
);

-- Sums by the day in the account's time zone, kept by each posting, so that no screen adds up history.
CREATE TABLE daily_totals (
  account_id uuid NOT NULL,
  asset text NOT NULL,
  local_day date NOT NULL,
  kind text NOT NULL,
  platform text NOT NULL, -- '' where a kind has none
  count bigint NOT NULL CHECK (count >= 1),
  amount bigint NOT NULL,
  PRIMARY KEY (account_id, asset, local_day, kind, platform)
);

-- L10. What a posting has to tell, written with it, numbered by account. Kept for a week.
CREATE TABLE account_events (
  account_id uuid NOT NULL,
  n bigint NOT NULL CHECK (n >= 1),
  kind text NOT NULL CHECK (kind IN ('balance', 'hold')),
  body jsonb NOT NULL,
  created_at_ms bigint NOT NULL,
  PRIMARY KEY (account_id, n)
);
CREATE INDEX account_events_oldest ON account_events (created_at_ms);

-- L1. The rows that make up the chain are added, never changed or removed, not even by a mistake of ours.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER transactions_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON transactions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER grant_uses_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON grant_uses
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
