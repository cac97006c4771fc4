/**
 * What the ledger answers without posting: pages of the chain, its digest, the balance, events. Each
 * answer costs the same however long the history is, and none of these may change anything.
 */
import assert from 'node:assert/strict';
import type { Balance, LedgerDigest, Transaction } from '../../shared/api.ts';
import { genesisHash } from '../../shared/chain.ts';
import { assetText, cny } from '../../shared/assets.ts';
import { yuanText, type Micros } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { localDay, monthOf } from './local-day.ts';
import type { AccountEvent } from './records.ts';

export interface TransactionsPage {
  readonly transactions: Transaction[];
  /** The account's last number and hash, not the page's. */
  readonly lastSeq: number;
  readonly head: string;
  readonly hasMore: boolean;
}

export async function readTransactions(
  db: Queryable,
  accountId: string,
  { afterSeq, limit }: { readonly afterSeq: number; readonly limit: number },
): Promise<TransactionsPage> {
  const end = await readEnd(db, accountId);
  // Rows that were added since belong to the next page, or the page would not agree with its own head.
  const rows = await db.query<{ body: string }>(
    'SELECT body FROM transactions WHERE account_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4',
    [accountId, afterSeq, end.lastSeq, limit],
  );
  const transactions = rows.map((row) => JSON.parse(row.body) as Transaction);
  const pageEnd = transactions.at(-1)?.seq ?? end.lastSeq;
  return { transactions, ...end, hasMore: pageEnd < end.lastSeq };
}

interface ChainEnd {
  readonly lastSeq: number;
  readonly head: string;
}

export async function readEnd(db: Queryable, accountId: string): Promise<ChainEnd> {
  const [row] = await db.query<{ last_seq: bigint; head: string }>(
    'SELECT last_seq, head FROM ledger_heads WHERE account_id = $1',
    [accountId],
  );
  return row === undefined
    ? { lastSeq: 0, head: genesisHash }
    : { lastSeq: Number(row.last_seq), head: row.head };
}

/** Null when there is no such transaction. */
export async function readTransaction(
  db: Queryable,
  accountId: string,
  id: string,
): Promise<Transaction | null> {
  const [row] = await db.query<{ body: string }>(
    'SELECT body FROM transactions WHERE id = $1 AND account_id = $2',
    [id, accountId],
  );
  return row === undefined ? null : (JSON.parse(row.body) as Transaction);
}

/** Whose charge this id is, and of what: two accounts may have made the same id. */
export async function readAccountsOfCharge(
  db: Queryable,
  chargeId: string,
): Promise<{ accountId: string; asset: string }[]> {
  const rows = await db.query<{ account_id: string; asset: string }>(
    "SELECT account_id, asset FROM transactions WHERE id = $1 AND kind = 'charge' ORDER BY account_id LIMIT 100",
    [chargeId],
  );
  return rows.map((row) => ({ accountId: row.account_id, asset: row.asset }));
}

/** Every asset that the account has ever had anything of. */
export async function readAssets(db: Queryable, accountId: string): Promise<string[]> {
  const rows = await db.query<{ asset: string }>(
    'SELECT asset FROM wallets WHERE account_id = $1 ORDER BY asset',
    [accountId],
  );
  return rows.map((row) => row.asset);
}

/**
 * Number, head, count and sums up to `uptoSeq`, or to the end. By L1 the count is the number, and by L2 an asset's
 * sum is the balance after its last row, so nothing is added up.
 */
export async function readDigest(db: Queryable, accountId: string, uptoSeq?: number): Promise<LedgerDigest> {
  const upto = uptoSeq ?? Number.MAX_SAFE_INTEGER;
  const [last] = await db.query<{ seq: bigint; hash: string }>(
    'SELECT seq, hash FROM transactions WHERE account_id = $1 AND seq <= $2 ORDER BY seq DESC LIMIT 1',
    [accountId, upto],
  );
  if (last === undefined) return { seq: 0, head: genesisHash, count: 0, sums: {} };
  const sums = await db.query<{ asset: string; balance_after: bigint }>(
    `SELECT w.asset, t.balance_after FROM wallets w CROSS JOIN LATERAL (
       SELECT balance_after FROM transactions
       WHERE account_id = $1 AND asset = w.asset AND seq <= $2 ORDER BY seq DESC LIMIT 1
     ) t
     WHERE w.account_id = $1 ORDER BY w.asset`,
    [accountId, last.seq],
  );
  const seq = Number(last.seq);
  return {
    seq,
    head: last.hash,
    count: seq,
    sums: Object.fromEntries(sums.map(({ asset, balance_after: sum }) => [asset, assetText(asset, sum)])),
  };
}

/** Whether a hold or a batch has outlived its time and has still to be ended by a posting. */
export async function hasSomethingOver(db: Queryable, accountId: string, nowMs: number): Promise<boolean> {
  const [row] = await db.query<{ over: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM holds WHERE account_id = $1 AND state = 'open' AND expires_at_ms <= $2)
       OR EXISTS (SELECT 1 FROM grants WHERE account_id = $1 AND remaining > 0 AND expires_at_ms <= $2) AS over`,
    [accountId, nowMs],
  );
  return row?.over === true;
}

/** The accounts of which something has outlived its time; at most `limit`, the longest overdue first. */
export async function accountsWithSomethingOver(
  db: Queryable,
  nowMs: number,
  limit: number,
): Promise<string[]> {
  const rows = await db.query<{ account_id: string }>(
    `SELECT account_id FROM (
       SELECT account_id, expires_at_ms FROM holds WHERE state = 'open' AND expires_at_ms <= $1
       UNION ALL
       SELECT account_id, expires_at_ms FROM grants
       WHERE remaining > 0 AND expires_at_ms IS NOT NULL AND expires_at_ms <= $1
     ) AS over
     GROUP BY account_id ORDER BY min(expires_at_ms) LIMIT $2`,
    [nowMs, limit],
  );
  return rows.map((row) => row.account_id);
}

interface BalanceRow {
  readonly balance: bigint;
  readonly held: bigint;
  readonly debt_limit: bigint;
  readonly seq: bigint | null;
  readonly head: string | null;
  /** Sums of charges and refunds, so below zero for what was spent. */
  readonly today: bigint;
  readonly this_month: bigint;
}

export async function timeZoneOf(db: Queryable, accountId: string): Promise<string> {
  const [account] = await db.query<{ time_zone: string }>('SELECT time_zone FROM accounts WHERE id = $1', [
    accountId,
  ]);
  assert(account !== undefined, `there is no account ${accountId}`);
  return account.time_zone;
}

export async function readBalance(db: Queryable, accountId: string, nowMs: number): Promise<Balance> {
  const timeZone = await timeZoneOf(db, accountId);
  const today = localDay(timeZone, nowMs);
  const month = monthOf(today);
  const [row] = await db.query<BalanceRow>(
    `SELECT coalesce(w.balance, 0) AS balance, coalesce(w.held, 0) AS held,
       coalesce(w.debt_limit, 0) AS debt_limit, h.last_seq AS seq, h.head, spent.today, spent.this_month
     FROM (SELECT coalesce(sum(amount), 0) AS this_month,
         coalesce(sum(amount) FILTER (WHERE local_day = $3::date), 0) AS today
       FROM daily_totals
       WHERE account_id = $1 AND asset = $2 AND local_day >= $4::date AND local_day < $5::date
         AND kind IN ('charge', 'refund')) AS spent
     LEFT JOIN ledger_heads h ON h.account_id = $1
     LEFT JOIN wallets w ON w.account_id = $1 AND w.asset = $2`,
    [accountId, cny, today, month.from, month.untilExclusive],
  );
  assert(row !== undefined, 'a sum always has a row');
  return {
    asset: cny,
    balance: yuanText(row.balance),
    held: yuanText(row.held),
    available: yuanText(row.balance - row.held),
    ...(row.debt_limit === 0n ? {} : { debtLimit: yuanText(row.debt_limit) }),
    spentToday: spentText(row.today),
    spentThisMonth: spentText(row.this_month),
    timeZone,
    seq: Number(row.seq ?? 0n),
    head: row.head ?? genesisHash,
    asOf: new Date(nowMs).toISOString(),
  };
}

/** More refunds than charges is nothing spent, not less than nothing. */
function spentText(sum: Micros): string {
  return yuanText(sum < 0n ? -sum : 0n);
}

/** What happened after event `n`, oldest first. */
export async function readEvents(
  db: Queryable,
  accountId: string,
  n: number,
  limit: number,
): Promise<AccountEvent[]> {
  const rows = await db.query<{ n: bigint; kind: AccountEvent['kind']; body: AccountEvent['body'] }>(
    'SELECT n, kind, body FROM account_events WHERE account_id = $1 AND n > $2 ORDER BY n LIMIT $3',
    [accountId, n, limit],
  );
  return rows.map((row) => ({ ...row, n: Number(row.n) }));
}

/** The number of the account's last event; 0 before the first. */
export async function readLastEvent(db: Queryable, accountId: string): Promise<number> {
  const [row] = await db.query<{ last_event: bigint }>(
    'SELECT last_event FROM ledger_heads WHERE account_id = $1',
    [accountId],
  );
  return Number(row?.last_event ?? 0n);
}
