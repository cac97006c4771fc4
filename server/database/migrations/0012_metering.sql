-- Calls of AI models: what they cost, and what was used.

-- Writer: metering/metering-catalogues.ts. Every catalogue of models and prices that was ever published, as served; a
-- row is never edited. The last one is in force as a whole, each of its prices from its own time on.
CREATE TABLE metering_catalogues (
  version integer PRIMARY KEY CHECK (version >= 1),
  published_at_ms bigint NOT NULL,
  published_by uuid REFERENCES accounts (id),
  body text NOT NULL
);

-- Writer: metering/usages.ts, in transactions of the ledger. A call that has ended, once. What it says never changes;
-- what is owed for it becomes paid.
CREATE TABLE metered_usages (
  account_id uuid NOT NULL REFERENCES accounts (id),
  id uuid NOT NULL,
  request_hash text NOT NULL,
  product text NOT NULL,
  model text NOT NULL,
  input_tokens integer NOT NULL CHECK (input_tokens >= 0),
  output_tokens integer NOT NULL CHECK (output_tokens >= 0),
  started_at_ms bigint NOT NULL,
  ended_at_ms bigint NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('finished', 'cut_by_client', 'cut_by_server', 'error')),
  estimated boolean NOT NULL,
  state text NOT NULL CHECK (state IN ('charged', 'uncharged', 'unpaid')),
  warning text CHECK (warning IN ('no_product', 'no_price', 'other_model')),
  version integer, -- of the catalogue that it was charged by
  paid jsonb NOT NULL, -- [{asset, amount, transactionId}]: each is a charge of the ledger
  owed jsonb NOT NULL, -- [{asset, amount, rating?}]
  recorded_at_ms bigint NOT NULL,
  PRIMARY KEY (account_id, id),
  CHECK ((state = 'unpaid') = (owed <> '[]'::jsonb)),
  CHECK (state <> 'uncharged' OR paid = '[]'::jsonb)
);
CREATE INDEX metered_usages_newest ON metered_usages (account_id, recorded_at_ms DESC, id DESC);
CREATE INDEX metered_usages_unpaid ON metered_usages (account_id, recorded_at_ms, id) WHERE state = 'unpaid';
CREATE INDEX metered_usages_warned ON metered_usages (warning, product, model) WHERE warning IS NOT NULL;
