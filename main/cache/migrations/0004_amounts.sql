-- The history asked for by amount, newest first: what the condition reads is in the index, so that a count or a sum over
-- many rows reads no bodies.
CREATE INDEX transactions_by_amount ON transactions (account_id, asset, abs(amount), seq, amount, local_day, kind, platform);
