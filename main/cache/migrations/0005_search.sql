-- Rows of the ledger in a table with row ids: one row is about 1.3 KB, and in a table without them whatever is longer than
-- a kilobyte takes a page of its own. Writer and columns as before; `row_id` grows with `seq` within an account.
DROP INDEX transactions_by_group;
DROP INDEX transactions_by_campaign;
DROP INDEX transactions_by_id;
DROP INDEX transactions_by_amount;
ALTER TABLE transactions RENAME TO transactions_before;
CREATE TABLE transactions (
  row_id INTEGER PRIMARY KEY,
  account_id TEXT NOT NULL,
  seq INTEGER NOT NULL CHECK (seq >= 1),
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  asset TEXT NOT NULL,
  amount INTEGER NOT NULL,
  balance_after INTEGER NOT NULL,
  platform TEXT NOT NULL, -- '' where a kind has none
  operation TEXT,
  quantity INTEGER,
  target_user_id TEXT,
  campaign_id TEXT,
  note TEXT,
  occurred_at_ms INTEGER NOT NULL,
  local_day TEXT NOT NULL,
  hash TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
INSERT INTO transactions (account_id, seq, id, kind, asset, amount, balance_after, platform, operation, quantity,
  target_user_id, campaign_id, note, occurred_at_ms, local_day, hash, body)
SELECT account_id, seq, id, kind, asset, amount, balance_after, platform, operation, quantity,
  target_user_id, campaign_id, note, occurred_at_ms, local_day, hash, body
FROM transactions_before ORDER BY account_id, seq;
DROP TABLE transactions_before;
CREATE UNIQUE INDEX transactions_by_seq ON transactions (account_id, seq);
-- A page of the history walks one kind and platform backwards; daily_totals knows which there are and where they lie.
CREATE INDEX transactions_by_group ON transactions (account_id, asset, kind, platform, seq);
CREATE INDEX transactions_by_campaign ON transactions (account_id, campaign_id, seq) WHERE campaign_id IS NOT NULL;
CREATE UNIQUE INDEX transactions_by_id ON transactions (account_id, id);
CREATE INDEX transactions_by_amount ON transactions (account_id, asset, abs(amount), seq, amount, local_day, kind, platform);

-- Writer: cache/mirror.ts, in the transaction that adds the rows: many at once, for by a trigger each row would be
-- written out by itself, at six times the cost. What a person may look for in a row by any part of it, cut into threes: `rowid` is the row's `row_id`. It keeps no text of its own; whoever finds a row here reads
-- in the row itself whether it holds what was looked for. Two spaces end each text, so that its last one and two
-- letters begin a three as well.
CREATE VIRTUAL TABLE transaction_text
USING fts5 (text, tokenize = 'trigram', content = '', contentless_delete = 1, detail = none);
CREATE VIRTUAL TABLE transaction_threes USING fts5vocab (transaction_text, 'row');

INSERT INTO transaction_text (rowid, text)
SELECT row_id, coalesce(target_user_id || '  ', '') || coalesce(note || '  ', '')
FROM transactions WHERE target_user_id IS NOT NULL OR note IS NOT NULL;
