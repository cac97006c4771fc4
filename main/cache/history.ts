/**
 * Questions to the mirror: pages of the history, totals, spending by day, and whether the whole chain still holds. It
 * only reads. A page takes about as long in a history of a million rows as in one of a hundred.
 */
import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { Transaction, TransactionKind } from '../../shared/api.ts';
import { genesisHash } from '../../shared/chain.ts';
import type { CommandOutput } from '../../shared/ipc.ts';
import type { HistoryFilter, HistoryTotals } from '../../shared/ipc-history.ts';
import { yuan, yuanText, type Micros } from '../../shared/money.ts';
import type { Cache } from './database.ts';
import {
  asksForAmount,
  campaignHolds,
  historyCondition,
  rowHolds,
  searchedText,
  textMatch,
  totalsDecide,
  type Param,
  type RowCondition,
} from './history-filter.ts';
import { rowHash } from './mirror.ts';

export type HistoryPage = CommandOutput<'history.page'>;
export type SpendDay = CommandOutput<'history.spend'>[number];

export interface ChainCheck {
  readonly ok: boolean;
  readonly checkedCount: number;
  readonly seq: number;
  readonly head: string;
  /** The first row that does not follow from the one before, or whose columns do not say what it says. */
  readonly firstBadSeq: number | null;
}

export interface History {
  /** Newest first, rows before `beforeSeq` (all when null), at most `limit`. */
  page(accountId: string, filter: HistoryFilter, beforeSeq: number | null, limit: number): HistoryPage;
  totals(accountId: string, filter: HistoryFilter): HistoryTotals;
  /** The number that a page must come before, so that no row of `day` or of a day before it is left out; null: there is none. */
  jump(accountId: string, filter: HistoryFilter, day: string): number | null;
  /** Net of refunds, from `fromDay` on, oldest first. */
  spend(accountId: string, fromDay: string): readonly SpendDay[];
  /** Recomputes every hash and balance, giving way between chunks so that commands stay answered. */
  verify(accountId: string): Promise<ChainCheck>;
}

export function createHistory(cache: Cache): History {
  return {
    page: (...request) => page(cache, ...request),
    jump: (accountId, filter, day) => jump(cache, accountId, filter, day),
    totals: (accountId, filter) => totals(cache, accountId, filter),
    spend: (accountId, fromDay) => spend(cache, accountId, fromDay),
    verify: (accountId) => verify(cache, accountId),
  };
}

interface Group {
  readonly kind: string;
  readonly platform: string;
  readonly count: bigint;
  readonly amount: Micros;
  readonly outgoing: Micros;
  readonly first_seq: bigint;
  readonly last_seq: bigint;
}

/** What the daily totals say of each kind and platform that passes the filter's days, kinds and platforms. */
function groupsOf(cache: Cache, accountId: string, filter: HistoryFilter): readonly Group[] {
  const { fromDay, toDay, kinds, platforms } = filter;
  const condition = historyCondition(accountId, defined({ fromDay, toDay, kinds, platforms }));
  return cache.sql
    .prepare<Param[], Group>(
      `SELECT kind, platform, sum(count) AS count, sum(amount) AS amount, sum(outgoing) AS outgoing,
         min(first_seq) AS first_seq, max(last_seq) AS last_seq
       FROM daily_totals WHERE ${condition.sql} GROUP BY kind, platform ORDER BY kind, platform`,
    )
    .all(...condition.params);
}

function defined(filter: { [K in keyof HistoryFilter]?: HistoryFilter[K] | undefined }): HistoryFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

interface PageRow {
  readonly seq: bigint;
  readonly body: string;
}

function page(
  cache: Cache,
  accountId: string,
  filter: HistoryFilter,
  beforeSeq: number | null,
  limit: number,
): HistoryPage {
  // One more than asked for tells whether there is a next page.
  const rows = pageRows(cache, accountId, filter, beforeSeq ?? Number.MAX_SAFE_INTEGER, limit + 1);
  const items = rows.slice(0, limit).map((row) => Transaction.parse(JSON.parse(row.body)));
  return { items, nextBeforeSeq: rows.length > limit ? (items.at(-1)?.seq ?? null) : null };
}

/**
 * Walks backwards by number. A campaign has its index. Otherwise each kind and platform that the filter lets pass is
 * walked on its own index, between the numbers where the daily totals say its days lie, and the walks are merged: no
 * walk has to step over rows that the filter refuses, however rare the rows it looks for. A text is looked up in its
 * own index. Few rows of an amount are taken from its index and put in order; many are met soon enough on the way. The index is named each
 * time, because the planner would rather sort a whole account.
 */
function pageRows(
  cache: Cache,
  accountId: string,
  filter: HistoryFilter,
  beforeSeq: number,
  limit: number,
): readonly PageRow[] {
  const whole = historyCondition(accountId, filter);
  if (filter.campaignId !== undefined)
    return walk(cache, 'INDEXED BY transactions_by_campaign', whole, [], beforeSeq, limit);
  const groups = groupsOf(cache, accountId, filter);
  if (groups.length === 0) return [];
  if (searchedText(filter) !== '') return textRows(cache, accountId, filter, groups, beforeSeq, limit);
  if (asksForAmount(filter) && isRare(cache, whole)) return rareRows(cache, whole, beforeSeq, limit);
  if (filter.kinds === undefined && filter.platforms === undefined)
    return walk(cache, 'INDEXED BY transactions_by_seq', whole, groups, beforeSeq, limit);
  const { kinds: _kinds, platforms: _platforms, ...others } = filter;
  const other = historyCondition(accountId, others);
  return groups
    .flatMap((group) => {
      const params = [...other.params, group.kind, group.platform];
      const condition = { sql: `${other.sql} AND kind = ? AND platform = ?`, params };
      return walk(cache, 'INDEXED BY transactions_by_group', condition, [group], beforeSeq, limit);
    })
    .toSorted((a, b) => Number(b.seq - a.seq))
    .slice(0, limit);
}

/** Rows that pass, newest first, between the first and last number of `within`; anywhere when that is empty. */
function walk(
  cache: Cache,
  index: string,
  condition: RowCondition,
  within: readonly Group[],
  beforeSeq: number,
  limit: number,
): readonly PageRow[] {
  const { first, last } = bounds(within, beforeSeq);
  return cache.sql
    .prepare<Param[], PageRow>(
      `SELECT seq, body FROM transactions ${index}
       WHERE ${condition.sql} AND seq >= ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
    )
    .all(...condition.params, first, last, limit);
}

/** The numbers that rows of these groups can have before `beforeSeq`: from `first`, and before `last`. */
function bounds(
  within: readonly Group[],
  beforeSeq: number,
): { readonly first: number; readonly last: number } {
  if (within.length === 0) return { first: 0, last: beforeSeq };
  const first = within.reduce((least, group) => Math.min(least, Number(group.first_seq)), beforeSeq);
  const last = within.reduce((most, group) => Math.max(most, Number(group.last_seq)), 0);
  return { first, last: Math.min(beforeSeq, last + 1) };
}

/** So many rows of an amount are quicker put in order than looked for between the others. */
const rareRowsMax = 20_000;

function isRare(cache: Cache, { sql, params }: RowCondition): boolean {
  const counted = cache.sql
    .prepare<Param[], { count: bigint }>(
      `SELECT count(*) AS count FROM
         (SELECT 1 FROM transactions INDEXED BY transactions_by_amount WHERE ${sql} LIMIT ${rareRowsMax})`,
    )
    .get(...params);
  return (counted?.count ?? 0n) < rareRowsMax;
}

/** Puts the numbers in order before any body is read. */
function rareRows(
  cache: Cache,
  { sql, params }: RowCondition,
  beforeSeq: number,
  limit: number,
): readonly PageRow[] {
  const [accountId] = params;
  return cache.sql
    .prepare<Param[], PageRow>(
      `SELECT seq, body FROM transactions WHERE account_id = ? AND seq IN
         (SELECT seq FROM transactions INDEXED BY transactions_by_amount
          WHERE ${sql} AND seq < ? ORDER BY seq DESC LIMIT ?)
       ORDER BY seq DESC`,
    )
    .all(accountId ?? '', ...params, beforeSeq, limit);
}

/**
 * Rows that hold a text, in two walks that are merged: those whose own words do, as the index of threes gives them from
 * the newest on, and those of a campaign whose name or id does.
 */
function textRows(
  cache: Cache,
  accountId: string,
  filter: HistoryFilter,
  within: readonly Group[],
  beforeSeq: number,
  limit: number,
): readonly PageRow[] {
  const { text: _text, ...others } = filter;
  const text = searchedText(filter);
  const other = historyCondition(accountId, others);
  const match = textMatch(text);
  const inRow = rowHolds(text);
  const inCampaign = campaignHolds(accountId, text);
  const { first, last } = bounds(within, beforeSeq);
  // The first row at or after a number: where the two walks' ways of counting meet.
  const rowAt = `(SELECT row_id FROM transactions WHERE account_id = ? AND seq >= ? ORDER BY seq LIMIT 1)`;
  const own = cache.sql
    .prepare<Param[], PageRow>(
      `SELECT seq, body FROM transaction_text JOIN transactions ON row_id = transaction_text.rowid
       WHERE transaction_text MATCH (${match.sql}) AND transaction_text.rowid >= ${rowAt}
         AND transaction_text.rowid < coalesce(${rowAt}, ${Number.MAX_SAFE_INTEGER}) AND ${other.sql} AND ${inRow.sql}
       ORDER BY transaction_text.rowid DESC LIMIT ?`,
    )
    .all(...match.params, accountId, first, accountId, last, ...other.params, ...inRow.params, limit);
  const ofCampaigns = cache.sql
    .prepare<Param[], PageRow>(
      `SELECT seq, body FROM transactions WHERE account_id = ? AND seq IN
         (SELECT seq FROM transactions INDEXED BY transactions_by_campaign
          WHERE ${other.sql} AND campaign_id IN (${inCampaign.sql}) AND seq >= ? AND seq < ? ORDER BY seq DESC LIMIT ?)
       ORDER BY seq DESC`,
    )
    .all(accountId, ...other.params, ...inCampaign.params, first, last, limit);
  const seen = new Set(own.map((row) => row.seq));
  return [...own, ...ofCampaigns.filter((row) => !seen.has(row.seq))]
    .toSorted((a, b) => Number(b.seq - a.seq))
    .slice(0, limit);
}

function jump(cache: Cache, accountId: string, filter: HistoryFilter, day: string): number | null {
  const toDay = filter.toDay === undefined || filter.toDay > day ? day : filter.toDay;
  const groups = groupsOf(cache, accountId, { ...filter, toDay });
  if (groups.length === 0) return null;
  return groups.reduce((most, group) => Math.max(most, Number(group.last_seq)), 0) + 1;
}

function totals(cache: Cache, accountId: string, filter: HistoryFilter): HistoryTotals {
  const groups = totalsDecide(filter)
    ? groupsOf(cache, accountId, filter)
    : groupsOfRows(cache, accountId, filter);
  let count = 0n;
  let net = 0n;
  let outgoing = 0n;
  for (const group of groups) {
    count += group.count;
    net += group.amount;
    outgoing += group.outgoing;
  }
  return {
    count: Number(count),
    groups: groups.map((group) => ({
      kind: TransactionKind.parse(group.kind),
      platform: group.platform === '' ? null : group.platform,
      count: Number(group.count),
      amount: yuanText(group.amount),
    })),
    spent: yuanText(-outgoing),
    received: yuanText(net - outgoing),
    net: yuanText(net),
  };
}

function groupsOfRows(cache: Cache, accountId: string, filter: HistoryFilter): readonly Group[] {
  const condition = historyCondition(accountId, filter);
  const index = filter.campaignId === undefined ? indexOfRows(filter) : 'INDEXED BY transactions_by_campaign';
  return cache.sql
    .prepare<Param[], Group>(
      `SELECT kind, platform, count(*) AS count, sum(amount) AS amount,
         sum(min(amount, 0)) AS outgoing, min(seq) AS first_seq, max(seq) AS last_seq
       FROM transactions ${index} WHERE ${condition.sql} GROUP BY kind, platform ORDER BY kind, platform`,
    )
    .all(...condition.params);
}

/** A text's rows are found by their row ids, which needs no index named. */
function indexOfRows(filter: HistoryFilter): string {
  return searchedText(filter) === '' && asksForAmount(filter) ? 'INDEXED BY transactions_by_amount' : '';
}

function spend(cache: Cache, accountId: string, fromDay: string): readonly SpendDay[] {
  const rows = cache.sql
    .prepare<[string, string], { local_day: string; platform: string; amount: bigint; count: bigint }>(
      `SELECT local_day, platform, -sum(amount) AS amount, sum(CASE kind WHEN 'charge' THEN count ELSE 0 END) AS count
       FROM daily_totals
       WHERE account_id = ? AND asset = 'CNY' AND local_day >= ? AND kind IN ('charge', 'refund') AND platform <> ''
       GROUP BY local_day, platform ORDER BY local_day, platform`,
    )
    .all(accountId, fromDay);
  return rows.map((row) => ({
    day: row.local_day,
    platform: row.platform,
    amount: yuanText(row.amount),
    count: Number(row.count),
  }));
}

/** Rows hashed in one go: about ten milliseconds. */
const verifyChunkRows = 500;

interface VerifyRow {
  readonly seq: bigint;
  readonly kind: string;
  readonly platform: string;
  readonly amount: bigint;
  readonly balance_after: bigint;
  readonly hash: string;
  readonly body: string;
}

async function verify(cache: Cache, accountId: string): Promise<ChainCheck> {
  const select = cache.sql.prepare<[string, number, number], VerifyRow>(
    `SELECT seq, kind, platform, amount, balance_after, hash, body FROM transactions
     WHERE account_id = ? AND seq > ? ORDER BY seq LIMIT ?`,
  );
  const balances = new Map<string, Micros>();
  let seq = 0;
  let head: string = genesisHash;
  for (;;) {
    const rows = select.all(accountId, seq, verifyChunkRows);
    for (const row of rows) {
      if (Number(row.seq) !== seq + 1 || !follows(row, head, balances))
        return { ok: false, checkedCount: seq, seq, head, firstBadSeq: seq + 1 };
      seq += 1;
      head = row.hash;
    }
    if (rows.length < verifyChunkRows) return { ok: true, checkedCount: seq, seq, head, firstBadSeq: null };
    await yieldToLoop();
  }
}

/** Whether a stored row follows from the head and balances before it, and its columns say what its body says. */
function follows(row: VerifyRow, head: string, balances: Map<string, Micros>): boolean {
  let served: unknown;
  try {
    served = JSON.parse(row.body);
  } catch {
    return false;
  }
  const parsed = Transaction.safeParse(served);
  if (!parsed.success) return false;
  const transaction = parsed.data;
  const balance = (balances.get(transaction.asset) ?? 0n) + yuan(transaction.amount);
  balances.set(transaction.asset, balance);
  return (
    transaction.prevHash === head &&
    transaction.hash === row.hash &&
    rowHash(head, served as Transaction) === row.hash &&
    yuan(transaction.balanceAfter) === balance &&
    row.balance_after === balance &&
    row.amount === yuan(transaction.amount) &&
    row.kind === transaction.kind &&
    row.platform === (transaction.platform ?? '')
  );
}
