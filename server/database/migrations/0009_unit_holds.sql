-- Units of an asset beside money that are set aside for a service: holds of the ledger like those of money.

ALTER TABLE holds ADD COLUMN asset text NOT NULL DEFAULT 'CNY';
ALTER TABLE holds ALTER COLUMN asset DROP DEFAULT;
ALTER TABLE holds ADD COLUMN service text; -- what units are held for
ALTER TABLE holds ALTER COLUMN device_id DROP NOT NULL;
ALTER TABLE holds DROP CONSTRAINT holds_kind_check;
ALTER TABLE holds ADD CONSTRAINT holds_kind_check CHECK (kind IN ('campaign', 'reserve', 'units'));
ALTER TABLE holds ADD CONSTRAINT holds_of_units CHECK (
  (kind = 'units') = (device_id IS NULL) AND (kind = 'units') = (service IS NOT NULL)
  AND (kind = 'units' OR asset = 'CNY')
);

-- The new column with a default is part of the seal.
SELECT set_config('zhangtai.posting', 'on', true);
UPDATE holds SET seal = '';
SELECT set_config('zhangtai.posting', 'off', true);
