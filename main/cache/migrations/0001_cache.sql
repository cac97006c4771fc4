-- The desk's cache. Amounts are micro-yuan, instants are milliseconds since 1970 UTC, days are `YYYY-MM-DD` in the
-- account's time zone. Each table names its one writer. No row that stands for money is ever deleted.

-- Writer: cache/device.ts. One row: who this desk is, and the next number its charges take (S2).
CREATE TABLE device (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  device_id TEXT NOT NULL,
  name TEXT NOT NULL,
  next_seq INTEGER NOT NULL CHECK (next_seq >= 1)
) STRICT;

-- Writer: cache/settings.ts. Values are JSON, checked by a schema when read.
CREATE TABLE settings (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Writer: cache/snapshots.ts. What the server last said of an account that is not a ledger row: JSON as served
-- under `account`, `balance`, `pricing`, `alerts`.
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
  platform TEXT,
  operation TEXT,
  quantity INTEGER,
  target_user_id TEXT,
  campaign_id TEXT,
  occurred_at_ms INTEGER NOT NULL,
  local_day TEXT NOT NULL,
  hash TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (account_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX transactions_by_day ON transactions (account_id, local_day, seq);
CREATE INDEX transactions_by_campaign ON transactions (account_id, campaign_id, seq) WHERE campaign_id IS NOT NULL;
CREATE UNIQUE INDEX transactions_by_id ON transactions (account_id, id);

-- Writer: cache/mirror.ts, in the transaction that adds the rows: count and sum a day, kind and platform.
CREATE TABLE daily_totals (
  account_id TEXT NOT NULL,
  asset TEXT NOT NULL,
  local_day TEXT NOT NULL,
  kind TEXT NOT NULL,
  platform TEXT NOT NULL, -- '' where a kind has none
  count INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (account_id, asset, local_day, kind, platform)
) STRICT, WITHOUT ROWID;

-- Writer: sync/outbox.ts. A success and its charge; see the state diagram there. Never deleted (S1).
CREATE TABLE outbox (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  device_seq INTEGER NOT NULL,
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
  waive_reason TEXT,
  settled_at_ms INTEGER,
  CHECK ((state = 'settled') = (charge IS NOT NULL)),
  CHECK ((state = 'waived') = (waive_reason IS NOT NULL)),
  UNIQUE (device_id, device_seq)
) STRICT;
CREATE INDEX outbox_pending ON outbox (account_id, device_seq) WHERE state IN ('queued', 'sending', 'unknown');
CREATE INDEX outbox_attention ON outbox (account_id, device_seq) WHERE state = 'rejected';
CREATE INDEX outbox_by_campaign ON outbox (campaign_id, state) WHERE campaign_id IS NOT NULL;

-- Writer: sync/outbox.ts. Each attempt to send: when, and what came back.
CREATE TABLE outbox_attempts (
  charge_id TEXT NOT NULL REFERENCES outbox (id),
  attempt INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (charge_id, attempt)
) STRICT, WITHOUT ROWID;
