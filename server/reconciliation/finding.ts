/**
 * The statements that find what differs, each with its parameters in the order in which `comparing.ts` gives them: the run
 * and the time first, then readings of bills, then instants in milliseconds. They must never read what a run does not name.
 */

// Readings are named outright: the database knows how many rows each has, which it does not know of a join.
export const tradesOf = (readings: string) =>
  `(SELECT * FROM wechat_trades WHERE reading = ANY(${readings}::uuid[]))`;
export const fundsOf = (readings: string) =>
  `(SELECT * FROM wechat_funds WHERE reading = ANY(${readings}::uuid[]))`;

const tradeSide = (t: string) => `jsonb_build_object('no', ${t}.wechat_no, 'tradeNo', ${t}.out_trade_no,
  'refundNo', ${t}.out_refund_no, 'state', ${t}.state, 'amount', ${t}.amount::text,
  'settled', ${t}.settled::text, 'fee', ${t}.fee::text, 'atMs', ${t}.at_ms)`;
const orderSide = `CASE WHEN o.id IS NULL THEN NULL ELSE jsonb_build_object('id', o.id, 'state', o.state,
  'amount', o.amount::text, 'refunded', o.refunded::text, 'createdAtMs', o.created_at_ms, 'paidAtMs', o.paid_at_ms,
  'no', o.wechat_transaction_id) END`;
const refundSide = `CASE WHEN r.id IS NULL THEN NULL ELSE jsonb_build_object('id', r.id, 'state', r.state,
  'amount', r.amount::text, 'createdAtMs', r.created_at_ms, 'problem', r.problem, 'orderId', r.order_id) END`;
const ledgerSide = `CASE WHEN l.id IS NULL THEN NULL ELSE jsonb_build_object('id', l.id, 'seq', l.seq,
  'amount', l.amount::text, 'atMs', l.recorded_at_ms) END`;

/**
 * Adds what a query finds. What was found before keeps its row, and what a person has decided about it for as long as
 * it is what it was, or no more than what was corrected of it. What was missing and has come meanwhile is late, and no
 * more than that: then what was corrected of it is too much.
 */
function recording(found: string): string {
  const came = "(excluded.class = 'late' AND d.class <> 'late')";
  const same = '(d.class = excluded.class AND d.amount = excluded.amount)';
  return `INSERT INTO reconciliation_differences AS d (id, source, day, kind, subject, class, state, found_by, at_ms,
      account_id, amount, evidence, run_id, found_at_ms, seen_at_ms)
    SELECT DISTINCT ON (kind, subject) gen_random_uuid(), 'wechat', day, kind, subject, class, 'open', found_by, at_ms, account_id, amount,
      jsonb_strip_nulls(evidence), $1::uuid, $2::bigint, $2::bigint
    FROM (${found}) AS found WHERE class IS NOT NULL ORDER BY kind, subject, at_ms
    ON CONFLICT (kind, subject) DO UPDATE SET
      run_id = excluded.run_id, seen_at_ms = excluded.seen_at_ms, evidence = excluded.evidence,
      day = excluded.day, found_by = excluded.found_by, at_ms = excluded.at_ms,
      account_id = coalesce(d.account_id, excluded.account_id),
      class = CASE WHEN ${came} THEN d.class ELSE excluded.class END,
      amount = CASE WHEN ${came} THEN d.amount ELSE excluded.amount END,
      state = CASE
        -- What was proposed is looked at once all has been compared.
        WHEN d.state = 'proposed' AND (d.proposal = 'adjustment' OR ${same}) THEN 'proposed'
        WHEN d.state = 'explained' AND (${came} OR ${same}) THEN 'explained'
        WHEN ${came} THEN CASE d.corrected WHEN 0 THEN 'settled' ELSE 'open' END
        WHEN d.corrected <> 0 AND d.corrected = excluded.amount THEN 'settled'
        ELSE 'open'
      END,
      agreed_at_ms = CASE WHEN ${came} THEN coalesce(d.agreed_at_ms, excluded.seen_at_ms) END`;
}

// ── Payments ────────────────────────────────────────────────────────────────────────────────────────────────

export const paymentsOfBill = recording(
  `SELECT t.day, 'payment' AS kind,
     -- A second payment of one order is a thing of its own.
     CASE WHEN o.wechat_transaction_id <> t.wechat_no THEN t.out_trade_no || '/' || t.wechat_no
       ELSE t.out_trade_no END AS subject,
     CASE
       WHEN o.id IS NULL THEN 'missing_here'
       WHEN t.state <> 'SUCCESS' OR o.state NOT IN ('paid', 'refunded') THEN 'state'
       WHEN o.wechat_transaction_id <> t.wechat_no THEN 'state'
       WHEN l.id IS NULL THEN 'missing_here'
       WHEN t.amount <> o.amount OR t.amount <> l.amount THEN 'amount'
       WHEN l.recorded_at_ms NOT BETWEEN $4::bigint AND $5::bigint - 1 THEN 'late'
     END AS class,
     'bill' AS found_by, t.at_ms, o.account_id,
     CASE WHEN o.wechat_transaction_id <> t.wechat_no THEN t.amount ELSE t.amount - coalesce(l.amount, 0) END AS amount,
     jsonb_build_object('trade', ${tradeSide('t')}, 'order', ${orderSide}, 'ledger', ${ledgerSide}) AS evidence
   FROM ${tradesOf('$3')} t
   LEFT JOIN recharge_orders o ON o.out_trade_no = t.out_trade_no
   LEFT JOIN transactions l ON l.account_id = o.account_id AND l.id = o.recharge_id
   WHERE t.kind = 'payment'`,
);

export const paymentsHere = recording(
  `SELECT to_char(to_timestamp(o.paid_at_ms / 1000.0) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') AS day,
     'payment' AS kind, o.out_trade_no AS subject, 'missing_there' AS class, 'stretch' AS found_by,
     o.paid_at_ms AS at_ms, o.account_id, -coalesce(l.amount, 0) AS amount,
     jsonb_build_object('order', ${orderSide}, 'ledger', ${ledgerSide}) AS evidence
   FROM recharge_orders o
   LEFT JOIN transactions l ON l.account_id = o.account_id AND l.id = o.recharge_id
   WHERE o.paid_at_ms >= $4::bigint AND o.paid_at_ms < $5::bigint AND NOT EXISTS (
     SELECT 1 FROM ${tradesOf('$3')} t WHERE t.kind = 'payment' AND t.out_trade_no = o.out_trade_no)`,
);

/** Money that the ledger says WeChat brought, of which no order knows. */
export const rechargesWithoutOrder = recording(
  `SELECT to_char(to_timestamp(g.effective_at_ms / 1000.0) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') AS day,
     'payment' AS kind, g.account_id || '/' || g.id AS subject, 'missing_there' AS class, 'stretch' AS found_by,
     g.effective_at_ms AS at_ms, g.account_id, -l.amount AS amount,
     jsonb_build_object('ledger', ${ledgerSide}) AS evidence
   FROM grants g JOIN transactions l ON l.account_id = g.account_id AND l.id = g.id
   WHERE g.source = 'wechat_native' AND g.effective_at_ms >= $3::bigint AND g.effective_at_ms < $4::bigint
     AND NOT EXISTS (SELECT 1 FROM recharge_orders o WHERE o.account_id = g.account_id AND o.recharge_id = g.id)`,
);

// ── Refunds ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Words that may stand for one refund: a bill is written before what it says is here, or after. */
const statesAgree = `CASE t.state
  WHEN 'SUCCESS' THEN r.state = 'succeeded'
  WHEN 'FAIL' THEN r.state = 'closed'
  WHEN 'CHANGE' THEN r.state <> 'processing'
  WHEN 'PROCESSING' THEN true
  ELSE false END`;

export const refundsOfBill = recording(
  `SELECT t.day, 'refund' AS kind, t.out_refund_no AS subject,
     CASE
       WHEN r.id IS NULL AND t.state = 'FAIL' THEN NULL
       WHEN r.id IS NULL OR l.id IS NULL THEN 'missing_here'
       WHEN t.amount <> r.amount OR t.amount <> -l.amount THEN 'amount'
       WHEN NOT ${statesAgree} THEN 'state'
       WHEN l.recorded_at_ms NOT BETWEEN $4::bigint AND $5::bigint - 1 THEN 'late'
     END AS class,
     'bill' AS found_by, t.at_ms, coalesce(r.account_id, o.account_id) AS account_id,
     CASE WHEN t.state = 'FAIL' THEN 0 ELSE -t.amount END
       - CASE WHEN r.state = 'closed' THEN 0 ELSE coalesce(l.amount, 0) END AS amount,
     jsonb_build_object('trade', ${tradeSide('t')}, 'order', ${orderSide}, 'refund', ${refundSide},
       'ledger', ${ledgerSide}) AS evidence
   FROM ${tradesOf('$3')} t
   LEFT JOIN recharge_refunds r ON r.out_refund_no = t.out_refund_no
   LEFT JOIN recharge_orders o ON o.out_trade_no = t.out_trade_no
   LEFT JOIN transactions l ON l.account_id = r.account_id AND l.id = r.id
   WHERE t.kind = 'refund'`,
);

export const refundsHere = recording(
  `SELECT to_char(to_timestamp(r.created_at_ms / 1000.0) AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD') AS day,
     'refund' AS kind, r.out_refund_no AS subject, 'missing_there' AS class, 'stretch' AS found_by,
     r.created_at_ms AS at_ms, r.account_id, -coalesce(l.amount, 0) AS amount,
     jsonb_build_object('order', ${orderSide}, 'refund', ${refundSide}, 'ledger', ${ledgerSide}) AS evidence
   FROM recharge_refunds r
   JOIN recharge_orders o ON o.account_id = r.account_id AND o.id = r.order_id
   LEFT JOIN transactions l ON l.account_id = r.account_id AND l.id = r.id
   WHERE r.created_at_ms >= $4::bigint AND r.created_at_ms < $5::bigint AND r.state <> 'closed'
     -- WeChat has taken it by when it has ended it.
     AND (r.created_at_ms < $6::bigint OR r.ended_at_ms < $5::bigint) AND NOT EXISTS (
     SELECT 1 FROM ${tradesOf('$3')} t WHERE t.kind = 'refund' AND t.out_refund_no = r.out_refund_no)`,
);

// ── Funds ───────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * A fee comes off the payment's own line, or as a line of its own, or from another account. What a coupon of the merchant's
 * stood for is moved by nobody, and where that is all of it there is no line.
 */
export const tradesWithoutFunds = recording(
  `SELECT t.day, 'funds' AS kind, t.wechat_no AS subject,
     CASE
       -- Few have none about their own day; each of them is looked for among all.
       WHEN f.amount IS NULL AND t.signed = 0 THEN NULL
       WHEN f.amount IS NULL THEN CASE WHEN (SELECT 1 FROM ${fundsOf('$9')} a WHERE a.wechat_no = t.wechat_no LIMIT 1)
         IS NULL THEN 'missing_there' END
       WHEN f.amount <> t.signed AND f.amount <> t.signed - t.fee THEN 'amount'
     END AS class,
     'stretch' AS found_by, t.at_ms, o.account_id, coalesce(f.amount, 0) - t.signed AS amount,
     jsonb_build_object('trade', ${tradeSide('t')},
       'funds', CASE WHEN f.amount IS NULL THEN NULL ELSE jsonb_build_object('no', t.wechat_no,
         'amount', f.amount::text, 'lines', f.lines, 'atMs', f.at_ms) END) AS evidence
   FROM (SELECT *, CASE kind WHEN 'refund' THEN -settled ELSE settled END AS signed FROM ${tradesOf('$3')} t
     WHERE state = 'SUCCESS' AND CASE kind WHEN 'refund' THEN at_ms >= $7::bigint AND at_ms < $8::bigint
       ELSE at_ms >= $5::bigint AND at_ms < $6::bigint END) t
   LEFT JOIN recharge_orders o ON o.out_trade_no = t.out_trade_no
   LEFT JOIN (SELECT wechat_no, sum(amount) AS amount, count(*) AS lines, min(at_ms) AS at_ms
     FROM ${fundsOf('$4')} f GROUP BY wechat_no) f ON f.wechat_no = t.wechat_no`,
);

export const fundsWithoutTrade = recording(
  `SELECT f.day, 'funds' AS kind, f.wechat_no AS subject, 'missing_here' AS class, 'bill' AS found_by,
     min(f.at_ms) AS at_ms, NULL::uuid AS account_id, sum(f.amount) AS amount,
     jsonb_build_object('funds', jsonb_build_object('no', f.wechat_no, 'amount', sum(f.amount)::text,
       'lines', count(*), 'atMs', min(f.at_ms), 'business', min(f.business), 'voucher', min(f.voucher))) AS evidence
   FROM ${fundsOf('$3')} f
   WHERE f.business IN ('交易', '退款') AND (f.business = '退款' OR f.at_ms >= $4::bigint)
     AND NOT EXISTS (SELECT 1 FROM ${tradesOf('$5')} t WHERE t.wechat_no = f.wechat_no)
     -- A refund may be of a day whose bill was never read.
     AND NOT (f.business = '退款' AND EXISTS (SELECT 1 FROM recharge_refunds r WHERE r.out_refund_no = f.voucher))
   GROUP BY f.day, f.wechat_no`,
);

/** Money that an earlier day waited for in vain, in this day's bill: what is still open of it is looked for alone. */
export const fundsThatCame = `
  WITH waits AS MATERIALIZED (
    SELECT id, subject, -amount AS signed, (evidence -> 'trade' ->> 'fee')::bigint AS fee FROM reconciliation_differences
    WHERE kind = 'funds' AND class = 'missing_there' AND state = 'open' AND run_id <> $1
  ), came AS (
    SELECT w.id FROM waits w JOIN ${fundsOf('$3')} f ON f.wechat_no = w.subject
    GROUP BY w.id, w.signed, w.fee HAVING sum(f.amount) IN (w.signed, w.signed - w.fee)
  )
  UPDATE reconciliation_differences d SET state = 'settled', agreed_at_ms = $2, run_id = $1
  FROM came WHERE d.id = came.id`;
