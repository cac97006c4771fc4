-- Backups that the server makes by itself or for a person. Writer: server/backups/backups.ts. The files are elsewhere;
-- a row stays when its file was removed.
CREATE TABLE backups (
  id uuid PRIMARY KEY,
  slot text UNIQUE, -- the day that it was due for; null where somebody asked for it
  state text NOT NULL CHECK (state IN ('writing', 'written', 'verified', 'failed', 'removed')),
  problem text, -- why it could not be written, or did not verify
  file text NOT NULL, -- its name in the folder of backups
  key_id text NOT NULL,
  lease_until_ms bigint, -- while it is written or verified; a process that was killed loses it so
  begun_at_ms bigint NOT NULL,
  written_at_ms bigint,
  verified_at_ms bigint,
  removed_at_ms bigint,
  bytes bigint,
  row_count bigint,
  CHECK (state <> 'failed' OR problem IS NOT NULL),
  CHECK (state NOT IN ('written', 'verified') OR (written_at_ms IS NOT NULL AND bytes IS NOT NULL)),
  CHECK ((state = 'verified') <= (verified_at_ms IS NOT NULL)),
  CHECK ((state = 'removed') = (removed_at_ms IS NOT NULL))
);
CREATE INDEX backups_newest ON backups (begun_at_ms DESC, id DESC);
