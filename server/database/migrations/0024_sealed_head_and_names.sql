-- What the head of the audit log says, sealed with the server's keys at each append: whoever writes into the database but
-- has no key can make the chain anew, and not this. '' in a log from before, until the server starts.
ALTER TABLE audit_heads ADD COLUMN sealed text NOT NULL DEFAULT '';

-- Sign-ins that are over are looked for by their age, once a minute.
CREATE INDEX sign_ins_by_time ON sign_ins (created_at_ms);

-- Findings name an account by its id: what it is called is looked up as they are read.
UPDATE findings SET what = what - 'accountName' WHERE what ? 'accountName';

-- Which accounts are erased is looked for once a minute.
CREATE INDEX accounts_erased ON accounts (id) WHERE erased_at_ms IS NOT NULL;
