-- What one person did alone of what takes two above a limit. Writer: server/approvals/alone.ts. Acts of one maker that are
-- less than a window apart count together, whatever they were.
CREATE TABLE acts_alone (
  account_id uuid NOT NULL,
  id uuid NOT NULL, -- that the act was asked for under
  act text NOT NULL,
  asset text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0), -- up or down
  made_by uuid NOT NULL REFERENCES accounts (id),
  made_at_ms bigint NOT NULL,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX acts_alone_by_maker ON acts_alone (made_by, asset, made_at_ms);
