-- Bills of providers held against usage: what a cost was for, beside the day that it is booked on, and what two people
-- make of a difference.

-- A line's own number at the provider, how much was used, and what the provider calls the item. `replaced`: a later bill
-- has the line again, or its day and item. Writer: costs/provider-bills.ts.
ALTER TABLE provider_bill_lines
  ADD COLUMN said text NOT NULL DEFAULT '',
  ADD COLUMN quantity bigint,
  ADD COLUMN reference text,
  ADD COLUMN replaced boolean NOT NULL DEFAULT false;
UPDATE provider_bill_lines SET said = item;
ALTER TABLE provider_bill_lines ALTER COLUMN said DROP DEFAULT;
CREATE INDEX provider_bill_lines_by_reference ON provider_bill_lines (reference) WHERE reference IS NOT NULL AND NOT replaced;
CREATE INDEX provider_bill_lines_by_day ON provider_bill_lines (day, item) WHERE NOT replaced;
ALTER TABLE provider_bills
  ADD COLUMN left_out integer NOT NULL DEFAULT 0 CHECK (left_out >= 0),
  ADD COLUMN from_day date,
  ADD COLUMN to_day date;
UPDATE provider_bills b SET from_day = l.from_day, to_day = l.to_day FROM (
  SELECT bill_id, min(day) AS from_day, max(day) AS to_day FROM provider_bill_lines GROUP BY bill_id
) l WHERE l.bill_id = b.id AND b.booked_at_ms IS NOT NULL;
ALTER TABLE provider_bills ADD CHECK ((booked_at_ms IS NULL) = (from_day IS NULL) AND (from_day IS NULL) = (to_day IS NULL));
-- Of two bills that counted for one day and item, the later one does.
UPDATE provider_bill_lines l SET replaced = true FROM provider_bills b
WHERE b.id = l.bill_id AND b.booked_at_ms IS NOT NULL AND EXISTS (
  SELECT 1 FROM provider_bill_lines n JOIN provider_bills c ON c.id = n.bill_id
  WHERE c.provider = b.provider AND n.day = l.day AND n.item = l.item
    AND c.booked_at_ms IS NOT NULL AND (c.booked_at_ms, c.id) > (b.booked_at_ms, b.id)
);

-- What a provider says of a day and item by now: the lines that count, added up. Writer: costs/provider-bills.ts.
CREATE TABLE provider_bill_days (
  provider text NOT NULL,
  day date NOT NULL,
  item text NOT NULL,
  lines integer NOT NULL CHECK (lines >= 1),
  quantity bigint, -- absent where a line has none
  amount bigint NOT NULL,
  PRIMARY KEY (provider, day, item)
);
INSERT INTO provider_bill_days (provider, day, item, lines, quantity, amount)
SELECT b.provider, l.day, l.item, count(*), NULL, sum(l.amount)::bigint
FROM provider_bills b JOIN provider_bill_lines l ON l.bill_id = b.id
WHERE b.booked_at_ms IS NOT NULL AND NOT l.replaced GROUP BY b.provider, l.day, l.item;

-- What people made of differences; a row is never edited, the last of a day and item is the one that stands. `theirs` and
-- `ours` are the figures that were seen. An acceptance counts once its request is approved; one without a request is of
-- the time when a bill was booked as it came. Writer: costs/bill-differences.ts.
CREATE TABLE cost_decisions (
  id uuid NOT NULL,
  provider text NOT NULL,
  day date NOT NULL,
  item text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('accept', 'dispute')),
  approval_id uuid,
  theirs bigint NOT NULL,
  ours bigint NOT NULL,
  reason text NOT NULL,
  decided_by uuid NOT NULL REFERENCES accounts (id),
  decided_at_ms bigint NOT NULL,
  PRIMARY KEY (id, day, item),
  CHECK (kind = 'accept' OR approval_id IS NULL)
);
CREATE INDEX cost_decisions_of_item ON cost_decisions (provider, day, item, decided_at_ms DESC, id DESC);
INSERT INTO cost_decisions (id, provider, day, item, kind, theirs, ours, reason, decided_by, decided_at_ms)
SELECT b.id, b.provider, l.day, l.item, 'accept', sum(l.amount)::bigint, 0, b.file_name, b.created_by, b.booked_at_ms
FROM provider_bills b JOIN provider_bill_lines l ON l.bill_id = b.id
WHERE b.booked_at_ms IS NOT NULL AND NOT l.replaced
GROUP BY b.id, b.provider, l.day, l.item, b.file_name, b.created_by, b.booked_at_ms;

-- The day that a cost is of, beside the one that it is booked on, and how much was used: tokens, pieces, begun units of
-- time, days. What was worked out is worked out again when it is next asked for; what bills came to stays where it is.
ALTER TABLE cost_days ADD COLUMN own_day date, ADD COLUMN quantity bigint NOT NULL DEFAULT 0;
DELETE FROM report_positions;
DELETE FROM report_days;
DELETE FROM report_user_days;
DELETE FROM cost_days WHERE source <> 'bill';
DELETE FROM cost_user_days;
UPDATE report_state SET daily_through = NULL;
UPDATE cost_days SET own_day = day;
ALTER TABLE cost_days ALTER COLUMN own_day SET NOT NULL;
ALTER TABLE cost_days ALTER COLUMN quantity DROP DEFAULT;
ALTER TABLE cost_days DROP CONSTRAINT cost_days_pkey;
ALTER TABLE cost_days ADD PRIMARY KEY (day, source, provider, product, item, own_day, late);
CREATE INDEX cost_days_of_item ON cost_days (own_day, provider, item);
