-- What must not be read from a copy of the database is sealed (server/protection/): addresses, and the keys in
-- `secrets`. What stands here unsealed from before is sealed as the server starts. A sealed value names its key in its
-- second part, by which what is to be sealed anew is found.

-- An account is found by its address through `email_index`, which tells nothing of it without the key.
ALTER TABLE accounts DROP CONSTRAINT accounts_email_key;
ALTER TABLE accounts DROP CONSTRAINT accounts_email_check;
ALTER TABLE accounts ADD COLUMN email_index text UNIQUE;
CREATE INDEX accounts_by_key ON accounts (split_part(email, '.', 2));
-- Since when nothing personal is kept of it, and nobody signs in to it any more.
ALTER TABLE accounts ADD COLUMN erased_at_ms bigint;

-- Beside the settings, so that whoever reads those has not read the address.
ALTER TABLE alert_settings ADD COLUMN address text NOT NULL DEFAULT '';
UPDATE alert_settings SET address = body::jsonb -> 'email' ->> 'address',
  body = jsonb_set(body::jsonb, '{email,address}', '""')::text;
CREATE INDEX alert_settings_by_key ON alert_settings (split_part(address, '.', 2)) WHERE address <> '';
CREATE INDEX notices_by_key ON notices (split_part(address, '.', 2)) WHERE address <> '';
CREATE INDEX audit_origins_by_key ON audit_origins (split_part(sealed, '.', 2));
