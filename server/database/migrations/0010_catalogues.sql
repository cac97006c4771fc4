-- What is sold beside follows: products with quotas, packages of units, membership plans.

-- Writer: catalogue/catalogues.ts. Every catalogue that was ever published, as served; a row is never edited. The last
-- one is in force as a whole.
CREATE TABLE catalogues (
  version integer PRIMARY KEY CHECK (version >= 1),
  published_at_ms bigint NOT NULL,
  published_by uuid REFERENCES accounts (id),
  body text NOT NULL
);

-- The rows of one asset, newest first. Money has the chain itself: its charges are not to pay for this index.
CREATE INDEX transactions_of_units ON transactions (account_id, asset, seq) WHERE asset <> 'CNY';
