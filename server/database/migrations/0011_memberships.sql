-- Writer: members/memberships.ts, in transactions of the ledger. A membership is a run of months without a gap, counted
-- from its beginning; one that ended stays as it was, and the next is a row of its own.
CREATE TABLE memberships (
  account_id uuid NOT NULL REFERENCES accounts (id),
  id uuid NOT NULL, -- the purchase that began it
  state text NOT NULL CHECK (state IN ('active', 'ended')),
  plan jsonb NOT NULL, -- as it was last paid for
  begins_at_ms bigint NOT NULL,
  months integer NOT NULL CHECK (months >= 1), -- paid for, from the beginning
  ends_at_ms bigint NOT NULL CHECK (ends_at_ms > begins_at_ms),
  months_granted integer NOT NULL CHECK (months_granted BETWEEN 0 AND months),
  due_at_ms bigint, -- when there is something to do: the next month's quotas, the end, or the end of grace
  PRIMARY KEY (account_id, id),
  CHECK ((state = 'ended') = (due_at_ms IS NULL))
);
CREATE UNIQUE INDEX memberships_one_active ON memberships (account_id) WHERE state = 'active';
CREATE INDEX memberships_due ON memberships (due_at_ms, account_id) WHERE due_at_ms IS NOT NULL;
