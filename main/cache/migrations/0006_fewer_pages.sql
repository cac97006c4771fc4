-- A success waits for the disk with every page it changes, so it changes as few as can be. A charge lies under its id
-- instead of beside it; a task knows its charge, so that none has to be looked up by its task; and only charges that
-- have ended are summed up in a table: what is pending changes with every success and is reckoned by sync/tally.ts.
-- What the server answered is kept with the attempt: a row that grew to three times its size would split its page.
DROP TRIGGER outbox_counts_new;
DROP TRIGGER outbox_counts_changed;
DROP TRIGGER outbox_keeps_its_rows;
DROP TABLE outbox_totals;

CREATE TABLE charges_by_id (
  id TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL,
  device_id TEXT NOT NULL,
  device_seq INTEGER NOT NULL CHECK (device_seq >= 1),
  campaign_id TEXT,
  task_id TEXT, -- of which it is the charge; that task has this one's id
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
  paid_amount INTEGER CHECK (paid_amount > 0), -- what the settled charge came to
  waive_reason TEXT,
  settled_at_ms INTEGER,
  CHECK ((state = 'settled') = (paid_amount IS NOT NULL)),
  CHECK ((state = 'settled') = (settled_at_ms IS NOT NULL)),
  CHECK ((state = 'waived') = (waive_reason IS NOT NULL)),
  UNIQUE (account_id, device_seq, device_id)
) STRICT, WITHOUT ROWID;
INSERT INTO charges_by_id
SELECT id, account_id, device_id, device_seq, campaign_id, task_id, hold_id, platform, operation, target_user_id,
  expected_amount, occurred_at_ms, state, attempts, next_try_at_ms, problem, paid_amount, waive_reason, settled_at_ms
FROM outbox;

CREATE TABLE attempts_by_charge (
  charge_id TEXT NOT NULL REFERENCES charges_by_id (id),
  attempt INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  charge TEXT, -- the settled charge as JSON
  CHECK ((outcome = 'settled') = (charge IS NOT NULL)),
  PRIMARY KEY (charge_id, attempt)
) STRICT, WITHOUT ROWID;
INSERT INTO attempts_by_charge
SELECT charge_id, attempt, at_ms, outcome, NULL FROM outbox_attempts WHERE outcome <> 'settled';
INSERT INTO attempts_by_charge
SELECT id, attempts, settled_at_ms, state, charge FROM outbox WHERE state = 'settled';

-- Writer: campaign/campaigns.ts, with the success. One success, one charge.
ALTER TABLE tasks ADD COLUMN charge_id TEXT;
UPDATE tasks SET charge_id = (SELECT id FROM outbox WHERE outbox.task_id = tasks.id) WHERE phase = 'succeeded';

DROP TABLE outbox_attempts;
DROP TABLE outbox;
ALTER TABLE charges_by_id RENAME TO outbox;
ALTER TABLE attempts_by_charge RENAME TO outbox_attempts;

-- Each index costs a page at every success, so there are no more than these; the number's own is the UNIQUE above.
CREATE INDEX outbox_pending ON outbox (account_id, device_seq, next_try_at_ms)
WHERE state IN ('queued', 'sending', 'unknown');
CREATE INDEX outbox_attention ON outbox (account_id, device_seq) WHERE state IN ('rejected', 'waived');

-- A charge is named once and for ever, and is never deleted (S1).
CREATE TRIGGER outbox_keeps_its_rows BEFORE DELETE ON outbox BEGIN
  SELECT raise(ABORT, 'a charge is never deleted');
END;

-- Writer: sync/outbox.ts, with the charges that change. Counts and sums of the charges that are no longer pending, by
-- state, campaign and hold: what was paid once settled, what is expected before.
CREATE TABLE outbox_totals (
  account_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('settled', 'rejected', 'waived')),
  campaign_id TEXT NOT NULL, -- '' where a charge has none
  hold_id TEXT NOT NULL, -- '' where a charge has none
  count INTEGER NOT NULL CHECK (count >= 0),
  amount INTEGER NOT NULL CHECK (amount >= 0),
  PRIMARY KEY (account_id, state, campaign_id, hold_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_totals_by_campaign ON outbox_totals (campaign_id, state);
CREATE INDEX outbox_totals_by_hold ON outbox_totals (hold_id, state);

INSERT INTO outbox_totals (account_id, state, campaign_id, hold_id, count, amount)
SELECT account_id, state, coalesce(campaign_id, ''), coalesce(hold_id, ''), count(*),
  sum(coalesce(paid_amount, expected_amount))
FROM outbox WHERE state IN ('settled', 'rejected', 'waived') GROUP BY 1, 2, 3, 4;

-- Charges that come in ended, from a damaged file or the ledger.
CREATE TRIGGER outbox_counts_new AFTER INSERT ON outbox WHEN new.state IN ('settled', 'rejected', 'waived') BEGIN
  INSERT INTO outbox_totals (account_id, state, campaign_id, hold_id, count, amount)
  VALUES (new.account_id, new.state, coalesce(new.campaign_id, ''), coalesce(new.hold_id, ''), 1,
    coalesce(new.paid_amount, new.expected_amount))
  ON CONFLICT DO UPDATE SET count = count + 1, amount = amount + excluded.amount;
END;
