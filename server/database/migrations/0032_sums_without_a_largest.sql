-- Sums have no largest. What keeps one is numeric(38, 0): more than as many of the largest amounts as rows can be numbered.
-- One statement a table, for each rewrites it. What is bounded stays bigint: an amount and a balance by what an amount can be
-- (below 10^18), parts of one by that one, provider_bill_days.amount and cost_decisions.theirs by the rule of provider-bills.ts,
-- counts by the rows that they count.
ALTER TABLE daily_totals ALTER COLUMN amount TYPE numeric(38, 0);
ALTER TABLE report_days ALTER COLUMN amount TYPE numeric(38, 0);
ALTER TABLE report_user_days
  ALTER COLUMN used TYPE numeric(38, 0),
  ALTER COLUMN returned TYPE numeric(38, 0),
  ALTER COLUMN moved TYPE numeric(38, 0),
  ALTER COLUMN used_late TYPE numeric(38, 0);
ALTER TABLE report_user_months
  ALTER COLUMN used TYPE numeric(38, 0),
  ALTER COLUMN returned TYPE numeric(38, 0),
  ALTER COLUMN moved TYPE numeric(38, 0);
ALTER TABLE cost_days
  ALTER COLUMN quantity TYPE numeric(38, 0),
  ALTER COLUMN amount TYPE numeric(38, 0);
ALTER TABLE cost_user_days ALTER COLUMN amount TYPE numeric(38, 0);
ALTER TABLE provider_bill_days ALTER COLUMN quantity TYPE numeric(38, 0);
ALTER TABLE provider_bills
  ALTER COLUMN worked_out TYPE numeric(38, 0),
  ALTER COLUMN difference TYPE numeric(38, 0),
  ALTER COLUMN unnamed_amount TYPE numeric(38, 0);
ALTER TABLE cost_decisions ALTER COLUMN ours TYPE numeric(38, 0);
-- What the figures that are to be accepted are apart.
ALTER TABLE approvals ALTER COLUMN amount TYPE numeric(38, 0);
-- What all movements of money of one number come to.
ALTER TABLE reconciliation_differences
  ALTER COLUMN amount TYPE numeric(38, 0),
  ALTER COLUMN corrected TYPE numeric(38, 0);
