-- More lists over all accounts: recharge orders, units that came in, memberships.

CREATE INDEX recharge_orders_all_newest ON recharge_orders (created_at_ms DESC, id DESC, account_id DESC);
CREATE INDEX recharge_orders_all_in_state ON recharge_orders (state, created_at_ms DESC, id DESC, account_id DESC);
CREATE INDEX grants_all_newest ON grants (effective_at_ms DESC, id DESC, account_id DESC) WHERE asset <> 'CNY';
CREATE INDEX memberships_all_newest ON memberships (begins_at_ms DESC, id DESC, account_id DESC);
