/**
 * Writes generated people into an empty database, one transaction each, with the seals that a posting would give. For a
 * generated year alone: it must never add to an account that has anything.
 */
import type { Plan } from '../../shared/api-selling.ts';
import { yuan } from '../../shared/money.ts';
import type { Database, Queryable } from '../database/database.ts';
import { addUsages } from '../metering/usages.ts';
import type { AccountBook, BookRow } from './test-account-book.ts';
import { yearZone, type PersonYear } from './test-person.ts';

const rowsSentTogether = 500;
const graceMs = 3 * 86_400_000;

export async function loadPerson(
  database: Database,
  year: PersonYear,
  plan: Plan,
  financeId: string,
): Promise<void> {
  const { accountId } = year.book;
  await database.transaction(async (tx) => {
    // From here to the end of the transaction rows are sealed.
    await tx.query("SELECT set_config('zhangtai.posting', 'on', true)");
    await addPerson(tx, year);
    await addChain(tx, year.book);
    await addBatches(tx, year.book);
    await addUsages(tx, year.usages);
    await addOrders(tx, accountId, year, financeId);
    await addMemberships(tx, accountId, year, plan);
  });
}

async function addPerson(tx: Queryable, { book, name, createdAtMs, premium }: PersonYear): Promise<void> {
  const { accountId } = book;
  await tx.query(
    `INSERT INTO accounts (id, name, email, role, member_level, time_zone, created_at_ms)
     VALUES ($1, $2, $3, 'operator', $4, $5, $6)`,
    [accountId, name, `${accountId}@year.example`, premium ? 'premium' : 'none', yearZone, createdAtMs],
  );
  await tx.query('INSERT INTO ledger_heads (account_id, last_seq, head) VALUES ($1, $2, $3)', [
    accountId,
    book.seq,
    book.head,
  ]);
  const wallets = [...book.wallets.values()].map(({ asset, balance, debtLimit }) => ({
    asset,
    balance,
    debtLimit,
  }));
  await tx.query(
    `INSERT INTO wallets (account_id, asset, balance, debt_limit)
     SELECT $1, r.asset, r.balance, r."debtLimit"
     FROM jsonb_to_recordset($2::jsonb) AS r (asset text, balance bigint, "debtLimit" bigint)`,
    [accountId, json(wallets)],
  );
  const totals = [...book.wallets.values()].flatMap(({ asset, totals }) =>
    totals.list().map((total) => ({ ...total, asset })),
  );
  await tx.query(
    `INSERT INTO daily_totals (account_id, asset, local_day, kind, platform, count, amount)
     SELECT $1, r.* FROM jsonb_to_recordset($2::jsonb) AS r (asset text, day date, kind text, platform text,
       count bigint, amount bigint)`,
    [accountId, json(totals)],
  );
}

async function addChain(tx: Queryable, { accountId, rows }: AccountBook): Promise<void> {
  for (let from = 0; from < rows.length; from += rowsSentTogether)
    await addRows(tx, accountId, rows.slice(from, from + rowsSentTogether));
}

async function addRows(tx: Queryable, accountId: string, rows: readonly BookRow[]): Promise<void> {
  const of = <T>(column: (row: BookRow) => T): T[] => rows.map(column);
  await tx.query(
    `INSERT INTO transactions (account_id, asset, recorded_at_ms, seq, id, kind, amount, balance_after, platform,
       operation, target_user_id, reverses_id, grant_id, occurred_at_ms, request_hash, hash, body, seal)
     SELECT $1, r.asset, r.recorded_at_ms, r.seq, r.id, r.kind, r.amount, r.balance_after, r.platform, r.operation,
       r.target_user_id, r.reverses_id, r.grant_id, r.occurred_at_ms, r.request_hash, r.hash, r.body,
       transaction_seal(r.hash, r.request_hash, r.grant_id)
     FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::uuid[], $6::text[], $7::bigint[], $8::bigint[],
       $9::text[], $10::text[], $11::text[], $12::uuid[], $13::uuid[], $14::bigint[], $15::text[], $16::text[],
       string_to_array($17::text, E'\\n'))
       AS r (asset, recorded_at_ms, seq, id, kind, amount, balance_after, platform, operation, target_user_id,
         reverses_id, grant_id, occurred_at_ms, request_hash, hash, body)`,
    [
      accountId,
      of(({ transaction }) => transaction.asset),
      of((row) => row.recordedAtMs),
      of(({ transaction }) => transaction.seq),
      of(({ transaction }) => transaction.id),
      of(({ transaction }) => transaction.kind),
      of((row) => row.amount),
      of((row) => row.balanceAfter),
      of(({ transaction }) => transaction.platform),
      of(({ transaction }) => transaction.operation),
      of(({ transaction }) => transaction.targetUserId),
      of(({ transaction }) => transaction.reversesId),
      of((row) => row.grantId),
      of(({ transaction }) => Date.parse(transaction.occurredAt)),
      of((row) => row.requestHash),
      of(({ transaction }) => transaction.hash),
      of((row) => row.body).join('\n'),
    ],
  );
}

async function addBatches(tx: Queryable, { accountId, grants, uses }: AccountBook): Promise<void> {
  await tx.query(
    `INSERT INTO grants (account_id, asset, id, amount, remaining, priority, source, effective_at_ms, expires_at_ms)
     SELECT $1, r.* FROM jsonb_to_recordset($2::jsonb) AS r (asset text, id uuid, amount bigint, remaining bigint,
       priority integer, source text, "effectiveAtMs" bigint, "expiresAtMs" bigint)`,
    [accountId, json(grants)],
  );
  await tx.query(
    `INSERT INTO grant_uses (account_id, seq, grant_id, amount)
     SELECT $1, r.* FROM unnest($2::bigint[], $3::uuid[], $4::bigint[]) AS r`,
    [accountId, uses.map((use) => use.seq), uses.map((use) => use.grantId), uses.map((use) => use.amount)],
  );
}

async function addOrders(
  tx: Queryable,
  accountId: string,
  { orders, refunds }: PersonYear,
  financeId: string,
): Promise<void> {
  await tx.query(
    `INSERT INTO recharge_orders (account_id, id, channel, amount, state, out_trade_no, recharge_id, created_at_ms,
       expires_at_ms, paid_at_ms, wechat_transaction_id, closed_at_ms, refunded)
     SELECT $1, r.id, 'wechat_native', r.amount, r.state, r."outTradeNo", r."rechargeId", r."createdAtMs",
       r."createdAtMs" + 900000, r."paidAtMs", r."wechatTransactionId", r."closedAtMs", r.refunded
     FROM jsonb_to_recordset($2::jsonb) AS r (id uuid, amount bigint, state text, "outTradeNo" text,
       "rechargeId" uuid, "createdAtMs" bigint, "paidAtMs" bigint, "wechatTransactionId" text, "closedAtMs" bigint,
       refunded bigint)`,
    [accountId, json(orders)],
  );
  await tx.query(
    `INSERT INTO recharge_refunds (account_id, id, order_id, amount, reason, state, out_refund_no, return_id, asked_by,
       created_at_ms, ended_at_ms)
     SELECT $1, r.id, r."orderId", r.amount, r.reason, 'succeeded', r."outRefundNo", r."returnId", $3, r."createdAtMs",
       r."endedAtMs"
     FROM jsonb_to_recordset($2::jsonb) AS r (id uuid, "orderId" uuid, amount bigint, reason text, "outRefundNo" text,
       "returnId" uuid, "createdAtMs" bigint, "endedAtMs" bigint)`,
    [accountId, json(refunds), financeId],
  );
  await tx.query(
    `INSERT INTO adjustments (account_id, id, asset, amount, reason, state, request_hash, asked_by, asked_at_ms)
     SELECT $1, t.id, 'CNY', t.amount, r.reason, 'posted', t.request_hash, $3, r."createdAtMs"
     FROM jsonb_to_recordset($2::jsonb) AS r (id uuid, reason text, "createdAtMs" bigint)
       JOIN transactions t ON t.account_id = $1 AND t.id = r.id`,
    [accountId, json(refunds), financeId],
  );
}

async function addMemberships(
  tx: Queryable,
  accountId: string,
  { memberships }: PersonYear,
  plan: Plan,
): Promise<void> {
  const rows = memberships.map((row) => ({
    ...row,
    dueAtMs: row.state === 'ended' ? null : row.endsAtMs + graceMs,
  }));
  await tx.query(
    `INSERT INTO memberships (account_id, id, state, plan, begins_at_ms, months, ends_at_ms, months_granted, due_at_ms)
     SELECT $1, r.id, r.state, $3::jsonb, r."beginsAtMs", r.months, r."endsAtMs", r.months, r."dueAtMs"
     FROM jsonb_to_recordset($2::jsonb) AS r (id uuid, state text, "beginsAtMs" bigint, months integer,
       "endsAtMs" bigint, "dueAtMs" bigint)`,
    [accountId, json(rows), JSON.stringify(plan)],
  );
  await tx.query(
    `INSERT INTO membership_periods (account_id, payment_id, n, from_ms, until_ms, paid_at_ms, price, amount, quotas)
     SELECT $1, r.id, 0, r."fromMs", r."untilMs", r."fromMs", $3, $3, $4::jsonb
     FROM jsonb_to_recordset($2::jsonb) AS r (id uuid, "fromMs" bigint, "untilMs" bigint)`,
    [
      accountId,
      json(memberships.flatMap(({ payments }) => payments)),
      yuan(plan.price),
      JSON.stringify(plan.quotas),
    ],
  );
}

/** A bigint crosses as text and is cast by the column's type. */
function json(rows: readonly object[]): string {
  return JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}
