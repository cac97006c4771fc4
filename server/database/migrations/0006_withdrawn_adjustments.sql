-- Whoever asked for a correction may take it back while it waits.

ALTER TABLE adjustments ADD COLUMN withdrawn_at_ms bigint;
ALTER TABLE adjustments DROP CONSTRAINT adjustments_state_check;
ALTER TABLE adjustments ADD CONSTRAINT adjustments_state_check CHECK (state IN ('waiting', 'posted', 'withdrawn'));
-- Only who asked withdraws, so that there is a time and no second name.
ALTER TABLE adjustments ADD CONSTRAINT adjustments_withdrawn
  CHECK ((state = 'withdrawn') = (withdrawn_at_ms IS NOT NULL));
