-- Acts of the office that need a second person. Writer: server/approvals/. Corrections have a table of their own,
-- `adjustments`, and wait in it.

-- `asked` is what was asked for, as it was; `done` came to `came_to`. Who asked never decides.
CREATE TABLE approvals (
  id uuid PRIMARY KEY,
  act text NOT NULL,
  about_id uuid, -- the account that it is about
  asset text,
  amount bigint,
  reason text,
  asked text NOT NULL,
  request_hash text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'done', 'refused', 'withdrawn')),
  asked_by uuid NOT NULL REFERENCES accounts (id),
  asked_at_ms bigint NOT NULL,
  decided_by uuid REFERENCES accounts (id),
  decided_at_ms bigint,
  decided_because text,
  came_to text,
  CHECK ((asset IS NULL) = (amount IS NULL)),
  CHECK ((state = 'waiting') = (decided_at_ms IS NULL)),
  CHECK ((decided_by IS NULL) = (decided_at_ms IS NULL)),
  CHECK (CASE state WHEN 'withdrawn' THEN decided_by = asked_by ELSE decided_by <> asked_by END),
  CHECK ((state = 'done') = (came_to IS NOT NULL)),
  CHECK (state <> 'refused' OR decided_because IS NOT NULL)
);
CREATE INDEX approvals_newest ON approvals (asked_at_ms DESC, id DESC);
-- Somebody who asks for the same twice has asked once.
CREATE UNIQUE INDEX approvals_waiting ON approvals (act, request_hash, asked_by) WHERE state = 'waiting';

-- A correction may be refused by whoever could have approved it, with the reason.
ALTER TABLE adjustments ADD COLUMN refused_by uuid REFERENCES accounts (id);
ALTER TABLE adjustments ADD COLUMN refused_at_ms bigint;
ALTER TABLE adjustments ADD COLUMN refused_because text;
ALTER TABLE adjustments DROP CONSTRAINT adjustments_state_check;
ALTER TABLE adjustments ADD CONSTRAINT adjustments_state_check
  CHECK (state IN ('waiting', 'posted', 'withdrawn', 'refused'));
ALTER TABLE adjustments ADD CONSTRAINT adjustments_refused CHECK (
  CASE WHEN state = 'refused' THEN refused_by <> asked_by AND refused_at_ms IS NOT NULL AND refused_because <> ''
  ELSE refused_by IS NULL AND refused_at_ms IS NULL AND refused_because IS NULL END
);
