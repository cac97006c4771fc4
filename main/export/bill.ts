/**
 * What an export says: the bill's rows as they lie in the mirror, its totals, and the words around them, all read in one
 * snapshot so that they belong together. It must never write, and it streams: no list of all rows is ever made.
 */
import type Database from 'better-sqlite3';
import type { ExportState, HistoryFilter, HistoryTotals } from '../../shared/ipc-history.ts';
import type { Language } from '../../shared/ipc-words.ts';
import { yuan, type Micros } from '../../shared/money.ts';
import { openReader } from '../cache/database.ts';
import { historyCondition, type Param } from '../cache/history-filter.ts';
import { createHistory } from '../cache/history.ts';
import type { FilePlace } from './part-file.ts';

/** What the export worker is given. Plain data: it crosses a thread. */
export interface ExportJob extends FilePlace {
  readonly databaseFile: string;
  readonly account: { readonly id: string; readonly name: string; readonly timeZone: string };
  readonly filter: HistoryFilter;
  readonly format: ExportState['format'];
  readonly language: Language;
  /** Data rows a sheet takes before the next one is begun. */
  readonly sheetRowsMax: number;
}

export interface BillRow {
  readonly seq: bigint;
  readonly id: string;
  readonly kind: string;
  readonly amount: Micros;
  readonly balance_after: Micros;
  /** '' where a kind has none. */
  readonly platform: string;
  readonly operation: string | null;
  readonly quantity: bigint | null;
  readonly target_user_id: string | null;
  readonly campaign_id: string | null;
  readonly note: string | null;
  readonly occurred_at_ms: bigint;
  readonly hash: string;
}

/** The last row of the whole mirror, whatever is exported of it, and when the server was last heard. */
export interface AsOf {
  readonly seq: number;
  readonly head: string;
  readonly syncedAtMs: number | null;
}

export interface Bill {
  /** The ledger's own count and sums of what the filter lets pass. */
  readonly totals: HistoryTotals;
  /** Whether a row's amount may have more digits than a spreadsheet's number. */
  readonly hasLong: boolean;
  readonly asOf: AsOf;
  /** The name of the campaign that the filter is narrowed to; null without one, or when this desk does not know it. */
  readonly campaignName: string | null;
  /** Oldest first. */
  rows(): IterableIterator<BillRow>;
  close(): void;
}

export function openBill(job: ExportJob): Bill {
  const cache = openReader(job.databaseFile);
  const { sql } = cache;
  try {
    // Held until `close`: what is synced meanwhile belongs to the next export.
    sql.exec('BEGIN');
    const condition = historyCondition(job.account.id, job.filter);
    return {
      totals: createHistory(cache).totals(job.account.id, job.filter),
      // No amount has more than eighteen digits, so that without the last three it has fifteen.
      hasLong:
        sql
          .prepare<Param[]>(
            `SELECT 1 FROM transactions WHERE ${condition.sql} AND abs(amount) >= 1000000000000000 AND amount % 1000 <> 0
             LIMIT 1`,
          )
          .get(...condition.params) !== undefined,
      asOf: readAsOf(sql, job.account.id),
      campaignName: readCampaignName(sql, job),
      rows: () =>
        sql
          .prepare<Param[], BillRow>(
            `SELECT seq, id, kind, amount, balance_after, platform, operation, quantity, target_user_id, campaign_id, note,
               occurred_at_ms, hash
             FROM transactions WHERE ${condition.sql} ORDER BY seq`,
          )
          .iterate(...condition.params),
      close: () => sql.close(),
    };
  } catch (error) {
    sql.close();
    throw error;
  }
}

function readCampaignName(sql: Database.Database, { account, filter }: ExportJob): string | null {
  if (filter.campaignId === undefined) return null;
  const found = sql
    .prepare<[string, string], { name: string }>('SELECT name FROM campaigns WHERE id = ? AND account_id = ?')
    .get(filter.campaignId, account.id);
  return found?.name ?? null;
}

export function readAsOf(sql: Database.Database, accountId: string): AsOf {
  const last = sql
    .prepare<[string], { seq: bigint; hash: string }>(
      'SELECT seq, hash FROM transactions WHERE account_id = ? ORDER BY seq DESC LIMIT 1',
    )
    .get(accountId);
  const synced = sql
    .prepare<[string], { at: bigint }>(
      "SELECT fetched_at_ms AS at FROM snapshots WHERE account_id = ? AND kind = 'balance'",
    )
    .get(accountId);
  return {
    seq: Number(last?.seq ?? 0n),
    head: last?.hash ?? '',
    syncedAtMs: synced === undefined ? null : Number(synced.at),
  };
}

/** Counts and sums what was written, to be held against the ledger's own totals. */
export class Tally {
  readonly #groups = new Map<string, { count: number; amount: Micros }>();
  #count = 0;

  add(row: BillRow): void {
    const key = `${row.kind} ${row.platform}`;
    const group = this.#groups.get(key) ?? { count: 0, amount: 0n };
    group.count += 1;
    group.amount += row.amount;
    this.#groups.set(key, group);
    this.#count += 1;
  }

  count(): number {
    return this.#count;
  }

  /** Throws unless every group's count and sum is the ledger's: a bill that doesn't add up is never finished. */
  assertEquals(totals: HistoryTotals): void {
    for (const { kind, platform, count, amount } of totals.groups) {
      const group = this.#groups.get(`${kind} ${platform ?? ''}`);
      if (group?.count !== count || group.amount !== yuan(amount))
        throw new Error(`${kind} ${platform ?? ''} does not add up to the ledger's totals`);
    }
    if (this.#groups.size !== totals.groups.length || this.#count !== totals.count)
      throw new Error('the rows written are not the rows that the ledger counts');
  }
}
