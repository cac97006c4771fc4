-- Who did what: every administrative act and every sign-in, one chain for the server. Writer: server/audit/.

-- One row, locked by whoever appends, so that entries have one order. `kept_from` is the oldest entry that is still
-- kept, and `kept_from_hash` what that one links to.
CREATE TABLE audit_heads (
  name text PRIMARY KEY CHECK (name = 'server'),
  last_seq bigint NOT NULL CHECK (last_seq >= 0),
  head text NOT NULL CHECK (head ~ '^[0-9a-f]{64}$'),
  kept_from bigint NOT NULL CHECK (kept_from BETWEEN 1 AND last_seq + 1),
  kept_from_hash text NOT NULL CHECK (kept_from_hash ~ '^[0-9a-f]{64}$')
);

-- `body` is the entry exactly as hashed; the columns repeat what is searched for. No personal data stands in it: the
-- entry has a commitment to what is in `audit_origins`.
CREATE TABLE audit_entries (
  seq bigint PRIMARY KEY CHECK (seq >= 1),
  at_ms bigint NOT NULL,
  action text NOT NULL,
  outcome text NOT NULL,
  actor_id uuid, -- the account that acted
  about_id uuid, -- the account that it was about
  subject text, -- what else it was about
  hash text NOT NULL,
  body text NOT NULL
);
CREATE INDEX audit_entries_by_actor ON audit_entries (actor_id, seq) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_entries_by_about ON audit_entries (about_id, seq) WHERE about_id IS NOT NULL;
CREATE INDEX audit_entries_by_subject ON audit_entries (subject, seq) WHERE subject IS NOT NULL;
CREATE INDEX audit_entries_by_action ON audit_entries (action, seq);
CREATE INDEX audit_entries_by_time ON audit_entries (at_ms, seq);

-- From where, and what else is personal in an entry: sealed, and erasable without touching the chain.
CREATE TABLE audit_origins (
  seq bigint PRIMARY KEY,
  actor_id uuid, -- whose data it is: who acted, and
  about_id uuid, -- the account that the act was about, where there is anything personal of it
  sealed text NOT NULL
);
CREATE INDEX audit_origins_by_actor ON audit_origins (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_origins_by_about ON audit_origins (about_id) WHERE about_id IS NOT NULL;

-- Entries are added, never changed; and removed only where the head says that they are not kept any more.
CREATE TRIGGER audit_entries_are_final BEFORE UPDATE OR TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION refuse_removal_of_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.seq < (SELECT kept_from FROM audit_heads) THEN RETURN OLD; END IF;
  RAISE EXCEPTION 'rows of % that are kept are never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER audit_entries_are_kept BEFORE DELETE ON audit_entries
  FOR EACH ROW EXECUTE FUNCTION refuse_removal_of_kept();
