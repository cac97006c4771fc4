/** The stretches of time that have a name, as days of the account's calendar. */
import { HistoryRange } from '../../../shared/ipc-history.ts';
import type { z } from 'zod';
import { dayBefore } from '../../format.ts';
import type { HistoryFilterValue } from '../../state/history.ts';

type Named = z.infer<typeof HistoryRange>;
export const ranges = ['all', ...HistoryRange.options, 'custom'] as const;
export type Range = (typeof ranges)[number];

/** The first and the last day, both inclusive. */
const named: Record<Named, (today: string) => readonly [string, string]> = {
  today: (today) => [today, today],
  yesterday: (today) => [dayBefore(today, 1), dayBefore(today, 1)],
  week: (today) => [dayBefore(today, 6), today],
  month: (today) => [dayBefore(today, 29), today],
  thisMonth: (today) => [`${today.slice(0, 7)}-01`, today],
};

/** A filter's days for a range: none for all time; custom days start from a week. */
export function daysOf(range: Range, today: string): Pick<HistoryFilterValue, 'fromDay' | 'toDay'> {
  if (range === 'all') return {};
  const [fromDay, toDay] = named[range === 'custom' ? 'week' : range](today);
  return { fromDay, toDay };
}

/** The named range that a filter's days make; null for days that have no name. */
export function namedRange(filter: HistoryFilterValue, today: string): Named | null {
  const found = HistoryRange.options.find((range) => {
    const days = daysOf(range, today);
    return days.fromDay === filter.fromDay && days.toDay === filter.toDay;
  });
  return found ?? null;
}

/** The range that a filter's days make, one of them at any rate. */
export function rangeOf(filter: HistoryFilterValue, today: string): Range {
  if (filter.fromDay === undefined && filter.toDay === undefined) return 'all';
  return namedRange(filter, today) ?? 'custom';
}
