-- What became of lines of earlier bills that a bill does not name: how many there were, what they came to, and whether they
-- still count. Writer: costs/provider-bills.ts.
ALTER TABLE provider_bills
  ADD COLUMN unnamed text CHECK (unnamed IN ('kept', 'replaced')),
  ADD COLUMN unnamed_lines integer CHECK (unnamed_lines >= 1),
  ADD COLUMN unnamed_amount bigint,
  ADD CHECK ((unnamed IS NULL) = (unnamed_lines IS NULL) AND (unnamed IS NULL) = (unnamed_amount IS NULL));
