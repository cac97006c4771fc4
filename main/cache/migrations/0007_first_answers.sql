-- A charge that settles is told by its own row, and what the server answered by the ledger, which the next pull brings:
-- kept here once more, that was most of what a charge cost to write down. What is kept one by one are the attempts before.
CREATE TABLE attempts_before (
  charge_id TEXT NOT NULL REFERENCES outbox (id),
  attempt INTEGER NOT NULL,
  at_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL, -- the problem's code, or why there was no answer
  PRIMARY KEY (charge_id, attempt)
) STRICT, WITHOUT ROWID;
INSERT INTO attempts_before
SELECT charge_id, attempt, at_ms, outcome FROM outbox_attempts WHERE outcome <> 'settled';
DROP TABLE outbox_attempts;
ALTER TABLE attempts_before RENAME TO outbox_attempts;
