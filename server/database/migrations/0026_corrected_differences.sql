-- What approved corrections of a difference come to, in micro-yuan: one that is corrected and differs further, or agrees
-- after all, is corrected by what is left of it and no more.
ALTER TABLE reconciliation_differences ADD COLUMN corrected bigint NOT NULL DEFAULT 0;
UPDATE reconciliation_differences d SET corrected = a.amount FROM adjustments a
WHERE d.proposal = 'adjustment' AND a.account_id = d.account_id AND a.id = d.proposal_id AND a.state = 'posted'
  AND d.state <> 'proposed';
