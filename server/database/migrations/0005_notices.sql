-- L10. Alerts: told once a crossing, in the transaction of the posting that crossed.

-- Whether the account was told that its balance is low and has not recovered since. Writer: server/ledger/.
ALTER TABLE ledger_heads ADD COLUMN low_balance boolean NOT NULL DEFAULT false;

ALTER TABLE account_events DROP CONSTRAINT account_events_kind_check;
ALTER TABLE account_events ADD CONSTRAINT account_events_kind_check CHECK (kind IN ('balance', 'hold', 'alert'));

-- Mail that an alert asked for. Added by server/ledger/ with the alert's event, under the same id; from then on only
-- server/notices/ writes it. `attempt_at_ms` is also a lease: whoever takes a mail moves it on before sending.
CREATE TABLE notices (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  address text NOT NULL,
  body jsonb NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'given_up')),
  attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  created_at_ms bigint NOT NULL,
  attempt_at_ms bigint NOT NULL,
  ended_at_ms bigint,
  PRIMARY KEY (account_id, id),
  CHECK ((state = 'waiting') = (ended_at_ms IS NULL))
);
CREATE INDEX notices_waiting ON notices (attempt_at_ms) WHERE state = 'waiting';
