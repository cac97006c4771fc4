-- Corrections by finance, and accounts that may owe.

-- L5. How far the wallet may go below zero, in units of its asset; 0 is a strict account. Writer: server/ledger/.
ALTER TABLE wallets ADD COLUMN debt_limit bigint NOT NULL DEFAULT 0 CHECK (debt_limit >= 0);
ALTER TABLE wallets DROP CONSTRAINT wallets_check;
-- L4 and L5: nothing is sold that is neither there nor lent.
ALTER TABLE wallets ADD CONSTRAINT wallets_within_limit CHECK (balance - held >= -debt_limit);
ALTER TABLE transactions DROP CONSTRAINT transactions_balance_after_check;

-- Writer: server/ledger/adjustments.ts. What finance asked to correct; `posted` has the transaction of the same id.
-- Who asked never approves.
CREATE TABLE adjustments (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  asset text NOT NULL,
  amount bigint NOT NULL CHECK (amount <> 0),
  reason text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'posted')),
  request_hash text NOT NULL,
  asked_by uuid NOT NULL REFERENCES accounts (id),
  asked_at_ms bigint NOT NULL,
  approved_by uuid REFERENCES accounts (id),
  approved_at_ms bigint,
  PRIMARY KEY (account_id, id),
  CHECK (approved_by <> asked_by),
  CHECK ((approved_by IS NULL) = (approved_at_ms IS NULL)),
  CHECK (state = 'posted' OR approved_by IS NULL)
);
-- Finance finds one without knowing whose it is, and reads them newest first.
CREATE INDEX adjustments_by_id ON adjustments (id);
CREATE INDEX adjustments_newest ON adjustments (asked_at_ms DESC, id DESC);
