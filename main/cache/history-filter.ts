/**
 * A history filter as a condition on rows of `transactions`, for whoever reads the mirror: pages, totals and the export.
 * It covers the CNY bill; rows of other assets never pass.
 */
import type { HistoryFilter } from '../../shared/ipc.ts';
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
  const text = filter.text?.trim().toLowerCase() ?? '';
  if (text !== '') {
    const campaigns = 'SELECT id FROM campaigns WHERE instr(lower(name), ?) > 0';
    add(
      `(instr(lower(coalesce(target_user_id, '')), ?) > 0 OR instr(lower(coalesce(note, '')), ?) > 0
        OR instr(lower(coalesce(campaign_id, '')), ?) > 0 OR campaign_id IN (${campaigns}))`,
      text,
      text,
      text,
      text,
    );
  }
  return { sql: parts.join(' AND '), params };
}

/** Whether kind, platform and day decide alone, so that the daily totals can answer. */
export function totalsDecide(filter: HistoryFilter): boolean {
  return filter.campaignId === undefined && !asksForAmount(filter) && (filter.text?.trim() ?? '') === '';
}

export function asksForAmount(filter: HistoryFilter): boolean {
  return filter.amountFrom !== undefined || filter.amountTo !== undefined;
}

function marks(values: readonly unknown[]): string {
  // An empty list lets nothing pass; SQLite takes `IN ()`.
  return values.map(() => '?').join(', ');
}
