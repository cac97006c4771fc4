-- Findings are told by mail, each once, and counted on desks until somebody has seen them. Writer: watch/findings.ts.
ALTER TABLE findings ADD COLUMN told_at_ms bigint;
UPDATE findings SET told_at_ms = found_at_ms;
CREATE INDEX findings_untold ON findings (found_at_ms, id) WHERE told_at_ms IS NULL;
CREATE INDEX findings_unseen ON findings (id) WHERE seen_at_ms IS NULL;
