-- L8. Each row that the ledger keeps carries a seal over all of it, so that one that was changed by anything else than
-- a posting is found, whichever column it was. A seal is a checksum, not a signature: whoever means to forge one can,
-- but not the hash chain that customers hold the end of.
-- A migration that adds a column with a default to a sealed table has to seal its rows anew, as below; a column that
-- is null changes no seal.

CREATE FUNCTION row_seal(given jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT encode(sha256(convert_to(jsonb_strip_nulls(given - 'seal')::text, 'UTF8')), 'hex')
$$;

-- Postings say so (server/ledger/loading.ts); whatever else writes leaves the old seal as it stands.
CREATE FUNCTION seal_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('zhangtai.posting', true) = 'on' THEN
    NEW.seal := row_seal(to_jsonb(NEW));
  END IF;
  RETURN NEW;
END
$$;

ALTER TABLE ledger_heads ADD COLUMN seal text NOT NULL DEFAULT '';
ALTER TABLE wallets ADD COLUMN seal text NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN seal text NOT NULL DEFAULT '';
ALTER TABLE grant_uses ADD COLUMN seal text NOT NULL DEFAULT '';
ALTER TABLE holds ADD COLUMN seal text NOT NULL DEFAULT '';
ALTER TABLE adjustments ADD COLUMN seal text NOT NULL DEFAULT '';

CREATE TRIGGER ledger_heads_sealed BEFORE INSERT OR UPDATE ON ledger_heads
  FOR EACH ROW EXECUTE FUNCTION seal_row();
CREATE TRIGGER wallets_sealed BEFORE INSERT OR UPDATE ON wallets FOR EACH ROW EXECUTE FUNCTION seal_row();
CREATE TRIGGER grants_sealed BEFORE INSERT OR UPDATE ON grants FOR EACH ROW EXECUTE FUNCTION seal_row();
CREATE TRIGGER grant_uses_sealed BEFORE INSERT OR UPDATE ON grant_uses FOR EACH ROW EXECUTE FUNCTION seal_row();
CREATE TRIGGER holds_sealed BEFORE INSERT OR UPDATE ON holds FOR EACH ROW EXECUTE FUNCTION seal_row();
CREATE TRIGGER adjustments_sealed BEFORE INSERT OR UPDATE ON adjustments
  FOR EACH ROW EXECUTE FUNCTION seal_row();

SELECT set_config('zhangtai.posting', 'on', true);
UPDATE ledger_heads SET seal = '';
UPDATE wallets SET seal = '';
UPDATE grants SET seal = '';
ALTER TABLE grant_uses DISABLE TRIGGER grant_uses_are_final;
UPDATE grant_uses SET seal = '';
ALTER TABLE grant_uses ENABLE TRIGGER grant_uses_are_final;
UPDATE holds SET seal = '';
UPDATE adjustments SET seal = '';
SELECT set_config('zhangtai.posting', 'off', true);

-- A transaction's hash covers what customers see; its seal covers the two columns beside that. It is reckoned where
-- the row is added: a trigger would cost each charge more than the rest of its insert.
CREATE FUNCTION transaction_seal(hash text, request_hash text, grant_id uuid) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN left(encode(sha256((hash || request_hash || coalesce(grant_id::text, ''))::bytea), 'hex'), 32);
ALTER TABLE transactions ADD COLUMN seal text;
ALTER TABLE transactions DISABLE TRIGGER transactions_are_final;
UPDATE transactions SET seal = transaction_seal(hash, request_hash, grant_id);
ALTER TABLE transactions ENABLE TRIGGER transactions_are_final;
ALTER TABLE transactions ALTER COLUMN seal SET NOT NULL;
