/**
 * A history filter as a condition on rows of `transactions`, for whoever reads the mirror: pages, totals and the export.
 * It covers the CNY bill; rows of other assets never pass.
 */
import type { HistoryFilter } from '../../shared/ipc-history.ts';
import { yuan } from '../../shared/money.ts';

export interface RowCondition {
  /** Stands after WHERE; names columns of `transactions` unqualified. */
  readonly sql: string;
  readonly params: readonly Param[];
}

export type Param = string | number | bigint;

export function historyCondition(accountId: string, filter: HistoryFilter): RowCondition {
  const parts = ["account_id = ? AND asset = 'CNY'"];
  const params: Param[] = [accountId];
  const add = (sql: string, ...values: readonly Param[]): void => {
    parts.push(sql);
    params.push(...values);
  };
  if (filter.fromDay !== undefined) add('local_day >= ?', filter.fromDay);
  if (filter.toDay !== undefined) add('local_day <= ?', filter.toDay);
  if (filter.kinds !== undefined) add(`kind IN (${marks(filter.kinds)})`, ...filter.kinds);
  if (filter.platforms !== undefined) add(`platform IN (${marks(filter.platforms)})`, ...filter.platforms);
  if (filter.campaignId !== undefined) add('campaign_id = ?', filter.campaignId);
  if (filter.amountFrom !== undefined) add('abs(amount) >= ?', yuan(filter.amountFrom));
  if (filter.amountTo !== undefined) add('abs(amount) <= ?', yuan(filter.amountTo));
  const text = searchedText(filter);
  if (text !== '') {
    const found = textCondition(accountId, text);
    const inRow = rowHolds(text);
    const inCampaign = campaignHolds(accountId, text);
    add(
      `row_id IN (${found.sql}) AND (${inRow.sql} OR campaign_id IN (${inCampaign.sql}))`,
      ...found.params,
      ...inRow.params,
      ...inCampaign.params,
    );
  }
  return { sql: parts.join(' AND '), params };
}

/** Whether kind, platform and day decide alone, so that the daily totals can answer. */
export function totalsDecide(filter: HistoryFilter): boolean {
  return filter.campaignId === undefined && !asksForAmount(filter) && searchedText(filter) === '';
}

export function asksForAmount(filter: HistoryFilter): boolean {
  return filter.amountFrom !== undefined || filter.amountTo !== undefined;
}

/** What is looked for, as it is compared: in small letters, without the spaces around it; '' for nothing. */
export function searchedText(filter: HistoryFilter): string {
  return filter.text?.trim().toLowerCase() ?? '';
}

/** Every row that may hold the text, by `row_id`: more than do, never fewer. */
function textCondition(accountId: string, text: string): RowCondition {
  const match = textMatch(text);
  const campaigns = campaignHolds(accountId, text);
  return {
    sql: `SELECT rowid FROM transaction_text WHERE transaction_text MATCH (${match.sql})
      UNION ALL SELECT row_id FROM transactions INDEXED BY transactions_by_campaign
      WHERE account_id = ? AND campaign_id IN (${campaigns.sql})`,
    params: [...match.params, accountId, ...campaigns.params],
  };
}

/**
 * What to ask the index of threes for. A text of three letters and more must have all of its threes; a shorter one must
 * begin one of those there are.
 */
export function textMatch(text: string): RowCondition {
  const letters = Array.from(text);
  const threes = letters.slice(2).map((_, at) => letters.slice(at, at + 3).join(''));
  if (threes.length > 0)
    return { sql: '?', params: [[...new Set(threes)].map((three) => quoted(three)).join(' AND ')] };
  const listed = `SELECT group_concat('"' || replace(term, '"', '""') || '"', ' OR ') FROM transaction_threes
    WHERE term >= ? AND term < ?`;
  return { sql: `SELECT coalesce((${listed}), '""')`, params: [text, `${text}\u{10ffff}`] };
}

function quoted(term: string): string {
  return `"${term.replaceAll('"', '""')}"`;
}

/** Whether a row's own words hold the text. */
export function rowHolds(text: string): RowCondition {
  const sql = `(instr(lower(coalesce(target_user_id, '')), ?) > 0 OR instr(lower(coalesce(note, '')), ?) > 0)`;
  return { sql, params: [text, text] };
}

/** The campaigns whose name or id holds the text: this desk's, and those of which the ledger knows no more than the id. */
export function campaignHolds(accountId: string, text: string): RowCondition {
  // Each id is reached from the one before it: one look into the index for a campaign, not for a row.
  const next = `SELECT min(campaign_id) FROM transactions INDEXED BY transactions_by_campaign
    WHERE account_id = ? AND campaign_id IS NOT NULL`;
  const sql = `WITH RECURSIVE known (id) AS
      (${next} UNION ALL SELECT (${next} AND campaign_id > known.id) FROM known WHERE known.id IS NOT NULL)
    SELECT id FROM known WHERE instr(lower(id), ?) > 0
    UNION SELECT id FROM campaigns WHERE instr(lower(name), ?) > 0`;
  return { sql, params: [accountId, accountId, text, text] };
}

function marks(values: readonly unknown[]): string {
  // An empty list lets nothing pass; SQLite takes `IN ()`.
  return values.map(() => '?').join(', ');
}
