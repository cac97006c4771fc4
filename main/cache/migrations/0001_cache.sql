-- The desk's cache. Amounts are micro-yuan, instants are milliseconds since 1970 UTC, days are `YYYY-MM-DD` in the
-- account's time zone. Each table names its one writer. No row that stands for money is ever deleted.

-- Writer: cache/device.ts. One row: who this desk is.
CREATE TABLE device (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  device_id TEXT NOT NULL,
  name TEXT NOT NULL
) STRICT;

-- Writer: sync/outbox.ts. The next number that this device's charges take, per account, as the server counts them (S2).
CREATE TABLE charge_numbers (
  account_id TEXT PRIMARY KEY,
  next_seq INTEGER NOT NULL CHECK (next_seq >= 1)
) STRICT, WITHOUT ROWID;

-- Writer: cache/settings.ts. Values are JSON, checked by a schema when read.
CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Writer: cache/snapshots.ts. What the server last said of an account that is not a ledger row: JSON as served
-- under `account`, `balance`, `pricing`, `alerts`; under `round` when a sync round last succeeded; under `drift` what
-- mirror and server disagree on, while they do.
CREATE TABLE snapshots (
  account_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  etag TEXT,
  fetched_at_ms INTEGER NOT NULL,
  PRIMARY KEY (account_id, kind)
) STRICT, WITHOUT ROWID;

-- Writer: cache/mirror.ts. The ledger as the server served it; `body` is the whole row in canonical JSON.
CREATE TABLE transactions (
  account_id TEXT NOT NULL,
  seq INTEGER NOT NULL CHECK (seq >= 1),
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  asset TEXT NOT NULL,
  amount INTEGER NOT NULL,
  balance_after INTEGER NOT NULL,
  platform TEXT NOT NULL, -- '' where a kind has none
  operation TEXT,
  quantity INTEGER,
  target_user_id TEXT,
  campaign_id TEXT,
  note TEXT,
  occurred_at_ms INTEGER NOT NULL,
  local_day TEXT NOT NULL,
  hash TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (account_id, seq)
) STRICT, WITHOUT ROWID;
-- A page of the history walks one kind and platform backwards; daily_totals knows which there are and where they lie.
CREATE INDEX transactions_by_group ON transactions (account_id, asset, kind, platform, seq);
CREATE INDEX transactions_by_campaign ON transactions (account_id, campaign_id, seq) WHERE campaign_id IS NOT NULL;
CREATE UNIQUE INDEX transactions_by_id ON transactions (account_id, id);

-- Writer: cache/mirror.ts, in the transaction that adds the rows: count, sum and where they lie, a day, kind and platform.
CREATE TABLE daily_totals (
  account_id TEXT NOT NULL,
  asset TEXT NOT NULL,
  local_day TEXT NOT NULL,
  kind TEXT NOT NULL,
  platform TEXT NOT NULL, -- '' where a kind has none
  count INTEGER NOT NULL CHECK (count >= 1),
  amount INTEGER NOT NULL,
  outgoing INTEGER NOT NULL CHECK (outgoing <= 0), -- the part of amount that is below zero
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL CHECK (last_seq >= first_seq),
  PRIMARY KEY (account_id, asset, local_day, kind, platform)
) STRICT, WITHOUT ROWID;

-- Writer: sync/outbox.ts. A success and its charge; see the state diagram there. Never deleted (S1).
CREATE TABLE outbox (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  device_seq INTEGER NOT NULL CHECK (device_seq >= 1),
  campaign_id TEXT,
  task_id TEXT UNIQUE,
  hold_id TEXT,
  platform TEXT NOT NULL,
  operation TEXT NOT NULL,
  target_user_id TEXT NOT NULL,
  expected_amount INTEGER NOT NULL CHECK (expected_amount > 0),
  occurred_at_ms INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'unknown', 'settled', 'rejected', 'waived')),
  attempts INTEGER NOT NULL DEFAULT 0,
  next_try_at_ms INTEGER NOT NULL DEFAULT 0,
  problem TEXT, -- the server's problem as JSON
  charge TEXT, -- the settled charge as JSON
  paid_amount INTEGER CHECK (paid_amount > 0), -- what the settled charge came to
  waive_reason TEXT,
  settled_at_ms INTEGER,
  CHECK ((state = 'settled') = (charge IS NOT NULL)),
  CHECK ((state = 'settled') = (paid_amount IS NOT NULL)),
  CHECK ((state = 'settled') = (settled_at_ms IS NOT NULL)),
  CHECK ((state = 'waived') = (waive_reason IS NOT NULL)),
  UNIQUE (account_id, device_seq, device_id)
) STRICT;
-- Each index costs a page at every success, so there are no more than these; the number's own is the UNIQUE above.
CREATE INDEX outbox_pending ON outbox (account_id, device_seq, next_try_at_ms)
WHERE state IN ('queued', 'sending', 'unknown');
CREATE INDEX outbox_attention ON outbox (account_id, device_seq) WHERE state IN ('rejected', 'waived');

-- Writer: the two triggers below, so that it can't disagree with the rows. Counts and sums of the outbox by state and
-- campaign: what was paid once settled, what is expected before.
CREATE TABLE outbox_totals (
  account_id TEXT NOT NULL,
  state TEXT NOT NULL,
  campaign_id TEXT NOT NULL, -- '' where a charge has none
  count INTEGER NOT NULL CHECK (count >= 0),
  amount INTEGER NOT NULL CHECK (amount >= 0),
  without_hold INTEGER NOT NULL CHECK (without_hold BETWEEN 0 AND amount),
  PRIMARY KEY (account_id, state, campaign_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_totals_by_campaign ON outbox_totals (campaign_id, state);

CREATE TRIGGER outbox_counts_new AFTER INSERT ON outbox BEGIN
  INSERT INTO outbox_totals (account_id, state, campaign_id, count, amount, without_hold)
  VALUES (new.account_id, new.state, coalesce(new.campaign_id, ''), 1, coalesce(new.paid_amount, new.expected_amount),
    iif(new.hold_id IS NULL, coalesce(new.paid_amount, new.expected_amount), 0))
  ON CONFLICT DO UPDATE SET count = count + 1, amount = amount + excluded.amount,
    without_hold = without_hold + excluded.without_hold;
END;

CREATE TRIGGER outbox_counts_changed AFTER UPDATE OF state ON outbox WHEN old.state <> new.state BEGIN
  UPDATE outbox_totals SET count = count - 1, amount = amount - coalesce(old.paid_amount, old.expected_amount),
    without_hold = without_hold - iif(old.hold_id IS NULL, coalesce(old.paid_amount, old.expected_amount), 0)
  WHERE account_id = old.account_id AND state = old.state AND campaign_id = coalesce(old.campaign_id, '');
  DELETE FROM outbox_totals
  WHERE account_id = old.account_id AND state = old.state AND campaign_id = coalesce(old.campaign_id, '') AND count = 0;
  INSERT INTO outbox_totals (account_id, state, campaign_id, count, amount, without_hold)
  VALUES (new.account_id, new.state, coalesce(new.campaign_id, ''), 1, coalesce(new.paid_amount, new.expected_amount),
    iif(new.hold_id IS NULL, coalesce(new.paid_amount, new.expected_amount), 0))
  ON CONFLICT DO UPDATE SET count = count + 1, amount = amount + excluded.amount,
    without_hold = without_hold + excluded.without_hold;
END;

-- A charge is named once and for ever, and is never deleted (S1).
CREATE TRIGGER outbox_keeps_its_rows BEFORE DELETE ON outbox BEGIN
  SELECT raise(ABORT, 'a charge is never deleted');
END;

-- Writer: sync/outbox.ts. The attempts to send: when, and what came back.
CREATE TABLE outbox_attempts (
  charge_id TEXT NOT NULL REFERENCES outbox (id),
  attempt INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (charge_id, attempt)
) STRICT, WITHOUT ROWID;
