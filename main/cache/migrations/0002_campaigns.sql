-- Writer of both tables: campaign/campaigns.ts.

-- A campaign from draft to done. `quote` is JSON, locked once the hold is placed; `hold` is the hold as last served.
CREATE TABLE campaigns (
  id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  name TEXT NOT NULL,
  platform TEXT NOT NULL,
  operation TEXT NOT NULL,
  executor TEXT NOT NULL, -- JSON
  phase TEXT NOT NULL CHECK (phase IN ('draft', 'quoted', 'confirmed', 'running', 'paused', 'settling', 'done', 'cancelled')),
  pause_reason TEXT,
  problem TEXT,
  quote TEXT,
  hold_id TEXT, -- chosen and written before the hold is asked for, so that a crash between the two asks again
  hold TEXT,
  report TEXT NOT NULL, -- what reading the targets came to, JSON
  cancelling INTEGER NOT NULL DEFAULT 0 CHECK (cancelling IN (0, 1)),
  created_at_ms INTEGER NOT NULL,
  started_at_ms INTEGER,
  ended_at_ms INTEGER,
  CHECK ((phase = 'paused') = (pause_reason IS NOT NULL))
) STRICT;
CREATE INDEX campaigns_newest ON campaigns (account_id, created_at_ms DESC);

-- One follow. The charge of a success is the outbox row with this task's id, written in the same transaction (S1).
CREATE TABLE tasks (
  campaign_id TEXT NOT NULL REFERENCES campaigns (id),
  position INTEGER NOT NULL CHECK (position >= 1),
  id TEXT NOT NULL UNIQUE,
  target_user_id TEXT NOT NULL,
  phase TEXT NOT NULL CHECK (phase IN ('queued', 'running', 'succeeded', 'failed', 'unknown', 'skipped')),
  reason TEXT,
  started_at_ms INTEGER,
  finished_at_ms INTEGER,
  PRIMARY KEY (campaign_id, position),
  UNIQUE (campaign_id, target_user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tasks_by_phase ON tasks (campaign_id, phase, position);
