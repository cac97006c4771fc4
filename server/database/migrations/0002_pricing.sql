-- Writer: pricing/price-books.ts. Every price book that was ever published, as served; a row is never edited.
-- A book is in force as a whole from `effective_at_ms` on: the moment when the last of its prices takes effect,
-- and never before it was published. Of two with the same moment the higher version counts.
CREATE TABLE price_books (
  version integer PRIMARY KEY CHECK (version >= 1),
  effective_at_ms bigint NOT NULL CHECK (effective_at_ms >= published_at_ms),
  published_at_ms bigint NOT NULL,
  published_by uuid REFERENCES accounts (id),
  body text NOT NULL
);
CREATE INDEX price_books_in_force ON price_books (effective_at_ms DESC, version DESC);
