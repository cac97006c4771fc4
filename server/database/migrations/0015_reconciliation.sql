-- Reconciliation: what others say of a day, where it differs from what is here, and what became of that. Days are
-- China's, as WeChat's bills have them. Writer of every table here: server/reconciliation/.

-- One row a day and source that was, or is to be, held against what is here.
CREATE TABLE reconciliations (
  source text NOT NULL CHECK (source IN ('wechat', 'ledger')),
  day text NOT NULL CHECK (day ~ '^\d{4}-\d\d-\d\d$'),
  state text NOT NULL CHECK (state IN ('due', 'running', 'failed', 'done')),
  problem text, -- why the last run failed
  -- The run that has it, and until when no other may; one that was killed loses it so.
  run_id uuid,
  lease_until_ms bigint,
  runs integer NOT NULL DEFAULT 0 CHECK (runs >= 0),
  begin_at_ms bigint NOT NULL, -- not before; a failure moves it on
  ended_at_ms bigint,
  sums jsonb, -- of the last run that was done: what each side counts and adds up to
  PRIMARY KEY (source, day),
  CHECK ((state = 'running') = (lease_until_ms IS NOT NULL)),
  CHECK ((state = 'failed') = (problem IS NOT NULL)),
  CHECK (state <> 'done' OR (sums IS NOT NULL AND ended_at_ms IS NOT NULL))
);
CREATE INDEX reconciliations_due ON reconciliations (begin_at_ms) WHERE state <> 'done';

-- Which reading of a bill counts: rows of another one are of a run that is under way, or did not come to its end.
CREATE TABLE wechat_bills (
  day text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('trade', 'funds')),
  reading uuid NOT NULL,
  hash text, -- SHA-1 of its text, as WeChat signed it; null where WeChat has no bill of the day
  row_count bigint NOT NULL CHECK (row_count >= 0),
  read_at_ms bigint NOT NULL,
  PRIMARY KEY (day, kind)
);

CREATE TABLE wechat_trades (
  day text NOT NULL,
  reading uuid NOT NULL,
  line bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('payment', 'refund')),
  at_ms bigint NOT NULL,
  out_trade_no text NOT NULL,
  out_refund_no text, -- of a refund
  wechat_no text NOT NULL, -- WeChat's own number of the payment or the refund
  state text NOT NULL, -- WeChat's word: of a payment SUCCESS or REVOKED, of a refund SUCCESS, PROCESSING, FAIL or CHANGE
  amount bigint NOT NULL,
  fee bigint NOT NULL, -- below zero where WeChat gives it back
  PRIMARY KEY (day, reading, line),
  CHECK ((kind = 'refund') = (out_refund_no IS NOT NULL))
);
CREATE INDEX wechat_trades_by_trade ON wechat_trades (out_trade_no);
CREATE INDEX wechat_trades_by_refund ON wechat_trades (out_refund_no) WHERE out_refund_no IS NOT NULL;
CREATE INDEX wechat_trades_by_number ON wechat_trades (wechat_no);

CREATE TABLE wechat_funds (
  day text NOT NULL,
  reading uuid NOT NULL,
  line bigint NOT NULL,
  at_ms bigint NOT NULL,
  wechat_no text NOT NULL, -- of the payment or refund that moved the money
  flow_no text NOT NULL,
  business text NOT NULL, -- WeChat's words for what it was
  voucher text NOT NULL, -- the merchant's own number of it
  amount bigint NOT NULL, -- below zero what went out
  PRIMARY KEY (day, reading, line)
);
CREATE INDEX wechat_funds_by_number ON wechat_funds (wechat_no);

-- One row a thing that does not agree, for ever: a run that finds it again finds this row.
CREATE TABLE reconciliation_differences (
  id uuid PRIMARY KEY,
  source text NOT NULL,
  day text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('payment', 'refund', 'funds', 'ledger')),
  subject text NOT NULL, -- the number that both sides know it by
  class text NOT NULL CHECK (class IN ('missing_here', 'missing_there', 'amount', 'state', 'late')),
  state text NOT NULL CHECK (state IN ('open', 'proposed', 'settled', 'explained')),
  -- Whether it was found from the day's bill, or from what happened in a run's stretch of time: which runs may settle it.
  found_by text NOT NULL CHECK (found_by IN ('bill', 'stretch')),
  at_ms bigint NOT NULL, -- when it happened, by the side that it was found from
  account_id uuid,
  amount bigint NOT NULL, -- what they have less what is here
  evidence jsonb NOT NULL, -- what each side has of it
  run_id uuid NOT NULL, -- the last run that found it
  found_at_ms bigint NOT NULL,
  seen_at_ms bigint NOT NULL,
  agreed_at_ms bigint, -- when a run no longer found it
  proposal text CHECK (proposal IN ('adjustment', 'late_recharge')),
  proposal_id uuid,
  proposed_by uuid REFERENCES accounts (id),
  proposed_at_ms bigint,
  decided_by uuid REFERENCES accounts (id), -- who approved the proposal, or explained the difference
  decided_at_ms bigint,
  reason text,
  UNIQUE (kind, subject),
  CHECK ((proposal IS NULL) = (proposal_id IS NULL) AND (proposal IS NULL) = (proposed_by IS NULL)),
  CHECK (state <> 'proposed' OR proposal IS NOT NULL),
  CHECK (state <> 'explained' OR (reason IS NOT NULL AND decided_by IS NOT NULL)),
  CHECK (decided_by IS NULL OR state = 'explained' OR decided_by <> proposed_by)
);
CREATE INDEX reconciliation_differences_of_day ON reconciliation_differences (source, day, id);
CREATE INDEX reconciliation_differences_newest ON reconciliation_differences (day DESC, id DESC);

-- What a day's orders and refunds are found by.
CREATE INDEX recharge_orders_paid ON recharge_orders (paid_at_ms) WHERE paid_at_ms IS NOT NULL;
CREATE INDEX recharge_refunds_made ON recharge_refunds (created_at_ms);
