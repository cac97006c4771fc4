-- What an account used on days that were closed by the time that it was told is booked on the first open day, and is no use
-- of that day.
ALTER TABLE report_user_days ADD COLUMN used_late bigint NOT NULL DEFAULT 0; -- of `used`

-- Sums are made anew where nothing is closed yet: no row is of a day before its account was there any more, and what is
-- paid by the piece, and then by its time, costs once.
DELETE FROM report_positions WHERE NOT EXISTS (SELECT 1 FROM report_closings);
DELETE FROM report_days WHERE NOT EXISTS (SELECT 1 FROM report_closings);
DELETE FROM report_user_days WHERE NOT EXISTS (SELECT 1 FROM report_closings);
DELETE FROM report_user_months WHERE NOT EXISTS (SELECT 1 FROM report_closings);
DELETE FROM cost_days WHERE source <> 'bill' AND NOT EXISTS (SELECT 1 FROM report_closings);
DELETE FROM cost_user_days WHERE NOT EXISTS (SELECT 1 FROM report_closings);
UPDATE report_state SET daily_through = NULL WHERE NOT EXISTS (SELECT 1 FROM report_closings);
