-- What WeChat moves of a trade: the order's amount less a coupon that the merchant gave without paying for it. Bills that were
-- read before this was kept say it once they are read again.
ALTER TABLE wechat_trades ADD COLUMN settled bigint;
UPDATE wechat_trades SET settled = amount;
ALTER TABLE wechat_trades ALTER COLUMN settled SET NOT NULL;
