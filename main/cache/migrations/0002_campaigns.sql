-- Writer of these tables: campaign/campaigns.ts, and the triggers below.

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
  CHECK ((phase = 'paused') = (pause_reason IS NOT NULL)),
  CHECK (phase = 'draft' OR quote IS NOT NULL),
  CHECK (phase IN ('draft', 'quoted') OR hold_id IS NOT NULL),
  CHECK (phase NOT IN ('running', 'paused') OR hold IS NOT NULL),
  CHECK ((phase IN ('done', 'cancelled')) = (ended_at_ms IS NOT NULL))
) STRICT;
CREATE INDEX campaigns_newest ON campaigns (account_id, created_at_ms DESC);
CREATE INDEX campaigns_active ON campaigns (created_at_ms) WHERE phase IN ('confirmed', 'running', 'paused', 'settling');

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

-- Counts of a campaign's tasks by phase, so that showing progress costs the same for ten tasks and for 100,000.
CREATE TABLE task_counts (
  campaign_id TEXT NOT NULL,
  phase TEXT NOT NULL,
  count INTEGER NOT NULL CHECK (count >= 0),
  PRIMARY KEY (campaign_id, phase)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER tasks_count_new AFTER INSERT ON tasks BEGIN
  INSERT INTO task_counts (campaign_id, phase, count) VALUES (new.campaign_id, new.phase, 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER tasks_count_changed AFTER UPDATE OF phase ON tasks WHEN old.phase <> new.phase BEGIN
  UPDATE task_counts SET count = count - 1 WHERE campaign_id = old.campaign_id AND phase = old.phase;
  INSERT INTO task_counts (campaign_id, phase, count) VALUES (new.campaign_id, new.phase, 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER tasks_count_gone AFTER DELETE ON tasks BEGIN
  UPDATE task_counts SET count = count - 1 WHERE campaign_id = old.campaign_id AND phase = old.phase;
END;

-- What a follow came to stays: a success has its charge, and a failure has none.
CREATE TRIGGER tasks_keep_their_outcome BEFORE UPDATE OF phase ON tasks
WHEN old.phase IN ('succeeded', 'failed', 'skipped') BEGIN
  SELECT raise(ABORT, 'the outcome of a task never changes');
END;
