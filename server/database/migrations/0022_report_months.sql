-- report_user_days by month, of all products together, so that a year's report and what accounts had before it do not
-- add up every day. Writer: server/reports/rollup.ts.
CREATE TABLE report_user_months (
  account_id uuid NOT NULL,
  month date NOT NULL, -- its first day
  asset text NOT NULL,
  count bigint NOT NULL, -- charges
  used bigint NOT NULL, -- charged, above zero
  returned bigint NOT NULL, -- of it refunded or returned, above zero
  moved bigint NOT NULL, -- all kinds, signed
  PRIMARY KEY (account_id, month, asset)
);
CREATE INDEX report_user_months_by_month ON report_user_months (month, asset);
INSERT INTO report_user_months (account_id, month, asset, count, used, returned, moved)
SELECT account_id, date_trunc('month', day)::date, asset, sum(count)::bigint, sum(used)::bigint, sum(returned)::bigint,
  sum(moved)::bigint
FROM report_user_days GROUP BY 1, 2, 3;
