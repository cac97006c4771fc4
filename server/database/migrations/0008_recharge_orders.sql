-- Money in through WeChat Pay.

ALTER TABLE account_events DROP CONSTRAINT account_events_kind_check;
ALTER TABLE account_events ADD CONSTRAINT account_events_kind_check
  CHECK (kind IN ('balance', 'hold', 'alert', 'order'));

-- Writer of these three: server/payments/orders.ts.
-- What somebody wants to pay. `paid` has a recharge under `recharge_id`, posted in the transaction that made it so.
CREATE TABLE recharge_orders (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  channel text NOT NULL CHECK (channel IN ('wechat_native')),
  -- WeChat counts in whole cents.
  amount bigint NOT NULL CHECK (amount > 0 AND amount % 10000 = 0),
  state text NOT NULL CHECK (state IN ('pending', 'paid', 'closed', 'refunded')),
  out_trade_no text NOT NULL, -- a hash of account and id: WeChat's side of the order's name
  recharge_id uuid NOT NULL, -- random, made with the order, so that nobody else can use it up
  code_url text, -- null until WeChat has answered
  created_at_ms bigint NOT NULL,
  expires_at_ms bigint NOT NULL,
  paid_at_ms bigint,
  wechat_transaction_id text,
  closed_at_ms bigint, -- stays where it was paid after that
  refunded bigint NOT NULL DEFAULT 0 CHECK (refunded BETWEEN 0 AND amount),
  -- When WeChat is asked next; null when there is nothing to learn any more. Also a lease: whoever asks moves it on.
  ask_at_ms bigint,
  asked integer NOT NULL DEFAULT 0 CHECK (asked >= 0),
  PRIMARY KEY (account_id, id),
  UNIQUE (account_id, out_trade_no),
  UNIQUE (account_id, recharge_id),
  CHECK ((state IN ('paid', 'refunded')) = (paid_at_ms IS NOT NULL)),
  CHECK ((paid_at_ms IS NULL) = (wechat_transaction_id IS NULL)),
  CHECK (state <> 'closed' OR closed_at_ms IS NOT NULL),
  CHECK ((state = 'refunded') = (refunded = amount))
);
CREATE INDEX recharge_orders_newest ON recharge_orders (account_id, created_at_ms DESC, id DESC);
CREATE INDEX recharge_orders_by_trade_no ON recharge_orders (out_trade_no);
CREATE INDEX recharge_orders_by_id ON recharge_orders (id);
CREATE INDEX recharge_orders_to_ask ON recharge_orders (ask_at_ms) WHERE ask_at_ms IS NOT NULL;

-- Money that goes back. It has left the ledger as the adjustment of the same id; what WeChat closes comes back as the
-- adjustment `return_id`.
CREATE TABLE recharge_refunds (
  account_id uuid NOT NULL,
  id uuid NOT NULL,
  order_id uuid NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0 AND amount % 10000 = 0),
  reason text NOT NULL,
  state text NOT NULL CHECK (state IN ('processing', 'succeeded', 'closed', 'abnormal')),
  out_refund_no text NOT NULL,
  return_id uuid NOT NULL,
  problem text, -- what WeChat said last, where it did not take the refund
  asked_by uuid NOT NULL REFERENCES accounts (id),
  created_at_ms bigint NOT NULL,
  ended_at_ms bigint,
  ask_at_ms bigint,
  asked integer NOT NULL DEFAULT 0 CHECK (asked >= 0),
  PRIMARY KEY (account_id, id),
  UNIQUE (account_id, out_refund_no),
  UNIQUE (account_id, return_id),
  FOREIGN KEY (account_id, order_id) REFERENCES recharge_orders (account_id, id),
  CHECK ((state IN ('succeeded', 'closed')) = (ended_at_ms IS NOT NULL))
);
CREATE INDEX recharge_refunds_of_order ON recharge_refunds (account_id, order_id, created_at_ms);
CREATE INDEX recharge_refunds_by_number ON recharge_refunds (out_refund_no);
CREATE INDEX recharge_refunds_to_ask ON recharge_refunds (ask_at_ms) WHERE ask_at_ms IS NOT NULL;

-- The notifications that were acted on, for as long as their signature would still be taken: none is taken twice.
CREATE TABLE wechat_notifications (
  account_id uuid NOT NULL,
  nonce text NOT NULL,
  received_at_ms bigint NOT NULL,
  PRIMARY KEY (account_id, nonce)
);
CREATE INDEX wechat_notifications_oldest ON wechat_notifications (received_at_ms);
