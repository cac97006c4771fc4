-- Who may sign in, from where, and what each has chosen. Instants are milliseconds since 1970 UTC.

-- Writer: identity/accounts.ts. `frozen` refuses new money work, never reading.
CREATE TABLE accounts (
  id uuid PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  email text NOT NULL UNIQUE CHECK (email = lower(email)),
  role text NOT NULL CHECK (role IN ('operator', 'finance', 'admin', 'auditor')),
  member_level text NOT NULL CHECK (member_level IN ('none', 'premium')),
  time_zone text NOT NULL,
  frozen boolean NOT NULL DEFAULT false,
  created_at_ms bigint NOT NULL
);

-- Writer: identity/accounts.ts. An argon2id hash in PHC form, apart from the account so that no listing reads it.
CREATE TABLE credentials (
  account_id uuid PRIMARY KEY REFERENCES accounts (id),
  password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
  changed_at_ms bigint NOT NULL
);

-- Writer: identity/sign-ins.ts. One sign-in of one device: the family of refresh tokens that descend from it.
CREATE TABLE sign_ins (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES accounts (id),
  device_id text NOT NULL,
  created_at_ms bigint NOT NULL,
  ended_at_ms bigint,
  ended_because text CHECK (ended_because IN ('signed_out', 'token_reused')),
  CHECK ((ended_at_ms IS NULL) = (ended_because IS NULL))
);
CREATE INDEX sign_ins_by_account ON sign_ins (account_id, created_at_ms);

-- Writer: identity/sign-ins.ts. Only the SHA-256 of a token is kept. `superseded` is a token that its owner never
-- came to use, because the answer that carried it was lost; whoever shows it later has stolen it.
CREATE TABLE refresh_tokens (
  hash text PRIMARY KEY,
  sign_in_id uuid NOT NULL REFERENCES sign_ins (id),
  generation integer NOT NULL CHECK (generation >= 1),
  state text NOT NULL CHECK (state IN ('current', 'rotated', 'superseded')),
  issued_at_ms bigint NOT NULL,
  rotated_at_ms bigint,
  expires_at_ms bigint NOT NULL,
  CHECK ((state = 'current') = (rotated_at_ms IS NULL)),
  UNIQUE (sign_in_id, generation)
);
CREATE UNIQUE INDEX refresh_tokens_one_current ON refresh_tokens (sign_in_id) WHERE state = 'current';

-- Writer: identity/sign-ins.ts. What a device called itself when it last signed in.
CREATE TABLE devices (
  account_id uuid NOT NULL REFERENCES accounts (id),
  device_id text NOT NULL,
  name text NOT NULL,
  signed_in_at_ms bigint NOT NULL,
  PRIMARY KEY (account_id, device_id)
);

-- Writer: identity/alert-settings.ts. JSON as the contract has it, checked by its schema when read.
CREATE TABLE alert_settings (
  account_id uuid PRIMARY KEY REFERENCES accounts (id),
  body text NOT NULL,
  changed_at_ms bigint NOT NULL
);

-- Writer: identity/secrets.ts. Keys that every process on this database must share: made once, when none is given.
CREATE TABLE secrets (
  name text PRIMARY KEY,
  value text NOT NULL,
  created_at_ms bigint NOT NULL
);
