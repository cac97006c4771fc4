-- Writer: sync/reserve.ts. The standing offline reserve: holds that no campaign owns (S6). An id is written before it
-- is asked for, so that a crash between the two asks again and nothing stays set aside unseen.
CREATE TABLE reserves (
  hold_id TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0),
  state TEXT NOT NULL CHECK (state IN ('asking', 'open', 'ending', 'ended')),
  hold TEXT, -- as last served, JSON
  CHECK (state <> 'open' OR hold IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX reserves_open ON reserves (account_id) WHERE state = 'open';
CREATE INDEX reserves_alive ON reserves (account_id) WHERE state <> 'ended';

-- The outbox's totals by hold as well: a campaign that started offline spends the reserve first and its own hold later.
DROP TRIGGER outbox_counts_new;
DROP TRIGGER outbox_counts_changed;
DROP TABLE outbox_totals;

-- Writer: the two triggers below, so that it can't disagree with the rows. Counts and sums of the outbox by state,
-- campaign and hold: what was paid once settled, what is expected before.
CREATE TABLE outbox_totals (
  account_id TEXT NOT NULL,
  state TEXT NOT NULL,
  campaign_id TEXT NOT NULL, -- '' where a charge has none
  hold_id TEXT NOT NULL, -- '' where a charge has none
  count INTEGER NOT NULL CHECK (count >= 0),
  amount INTEGER NOT NULL CHECK (amount >= 0),
  without_hold INTEGER NOT NULL CHECK (without_hold BETWEEN 0 AND amount),
  PRIMARY KEY (account_id, state, campaign_id, hold_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_totals_by_campaign ON outbox_totals (campaign_id, state);
CREATE INDEX outbox_totals_by_hold ON outbox_totals (hold_id, state);

INSERT INTO outbox_totals (account_id, state, campaign_id, hold_id, count, amount, without_hold)
SELECT account_id, state, coalesce(campaign_id, ''), coalesce(hold_id, ''), count(*),
  sum(coalesce(paid_amount, expected_amount)), sum(iif(hold_id IS NULL, coalesce(paid_amount, expected_amount), 0))
FROM outbox GROUP BY 1, 2, 3, 4;

CREATE TRIGGER outbox_counts_new AFTER INSERT ON outbox BEGIN
  INSERT INTO outbox_totals (account_id, state, campaign_id, hold_id, count, amount, without_hold)
  VALUES (new.account_id, new.state, coalesce(new.campaign_id, ''), coalesce(new.hold_id, ''), 1,
    coalesce(new.paid_amount, new.expected_amount),
    iif(new.hold_id IS NULL, coalesce(new.paid_amount, new.expected_amount), 0))
  ON CONFLICT DO UPDATE SET count = count + 1, amount = amount + excluded.amount,
    without_hold = without_hold + excluded.without_hold;
END;

CREATE TRIGGER outbox_counts_changed AFTER UPDATE OF state ON outbox WHEN old.state <> new.state BEGIN
  UPDATE outbox_totals SET count = count - 1, amount = amount - coalesce(old.paid_amount, old.expected_amount),
    without_hold = without_hold - iif(old.hold_id IS NULL, coalesce(old.paid_amount, old.expected_amount), 0)
  WHERE account_id = old.account_id AND state = old.state AND campaign_id = coalesce(old.campaign_id, '')
    AND hold_id = coalesce(old.hold_id, '');
  DELETE FROM outbox_totals
  WHERE account_id = old.account_id AND state = old.state AND campaign_id = coalesce(old.campaign_id, '')
    AND hold_id = coalesce(old.hold_id, '') AND count = 0;
  INSERT INTO outbox_totals (account_id, state, campaign_id, hold_id, count, amount, without_hold)
  VALUES (new.account_id, new.state, coalesce(new.campaign_id, ''), coalesce(new.hold_id, ''), 1,
    coalesce(new.paid_amount, new.expected_amount),
    iif(new.hold_id IS NULL, coalesce(new.paid_amount, new.expected_amount), 0))
  ON CONFLICT DO UPDATE SET count = count + 1, amount = amount + excluded.amount,
    without_hold = without_hold + excluded.without_hold;
END;
