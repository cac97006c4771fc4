-- A request waits for a second person until `expires_at_ms`, and no longer; one from before there was such a time, for ever.
-- It is `expired` from then on, decided by nobody.

ALTER TABLE approvals ADD COLUMN expires_at_ms bigint;
ALTER TABLE approvals DROP CONSTRAINT approvals_state_check;
ALTER TABLE approvals ADD CONSTRAINT approvals_state_check
  CHECK (state IN ('waiting', 'done', 'refused', 'withdrawn', 'expired'));
ALTER TABLE approvals DROP CONSTRAINT approvals_check2;
ALTER TABLE approvals ADD CONSTRAINT approvals_decided_by
  CHECK ((decided_by IS NULL) = (state IN ('waiting', 'expired')));
ALTER TABLE approvals ADD CONSTRAINT approvals_expired CHECK (state <> 'expired' OR decided_at_ms = expires_at_ms);
CREATE INDEX approvals_expiring ON approvals (expires_at_ms) WHERE state = 'waiting';

ALTER TABLE adjustments ADD COLUMN expires_at_ms bigint;
ALTER TABLE adjustments DROP CONSTRAINT adjustments_state_check;
ALTER TABLE adjustments ADD CONSTRAINT adjustments_state_check
  CHECK (state IN ('waiting', 'posted', 'withdrawn', 'refused', 'expired'));
ALTER TABLE adjustments ADD CONSTRAINT adjustments_expired CHECK (state <> 'expired' OR expires_at_ms IS NOT NULL);
CREATE INDEX adjustments_expiring ON adjustments (expires_at_ms) WHERE state = 'waiting';
