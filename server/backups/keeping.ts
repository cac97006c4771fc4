/** Which backups are kept: so many days, weeks and months back, the newest of each. Pure; it removes nothing itself. */

export interface KeepRule {
  readonly days: number;
  readonly weeks: number;
  readonly months: number;
}

export const keepRuleDefault: KeepRule = { days: 7, weeks: 5, months: 12 };

/** Days, weeks and months are China's. */
const offsetMs = 8 * 3_600_000;
const dayMs = 86_400_000;

/** Reads `7d5w12m`; null for anything else, and for a rule that keeps nothing. */
export function parseKeepRule(text: string): KeepRule | null {
  const [, days, weeks, months] = /^(\d{1,3})d(\d{1,3})w(\d{1,3})m$/.exec(text)?.map(Number) ?? [];
  if (days === undefined || weeks === undefined || months === undefined) return null;
  return days + weeks + months === 0 ? null : { days, weeks, months };
}

/**
 * The times of those to keep, of the times of all that are whole: the newest of each of the last days, weeks and months
 * that have one. The newest of all is always among them.
 */
export function keptTimes(timesMs: readonly number[], rule: KeepRule): ReadonlySet<number> {
  const newestFirst = timesMs.toSorted((a, b) => b - a);
  const kept = new Set<number>(newestFirst.slice(0, 1));
  const keep = (count: number, periodOf: (ms: number) => number | string): void => {
    const seen = new Set<number | string>();
    for (const ms of newestFirst) {
      const period = periodOf(ms);
      if (seen.has(period)) continue;
      if (seen.size === count) return;
      seen.add(period);
      kept.add(ms);
    }
  };
  keep(rule.days, dayOf);
  // Day 0 was a Thursday: weeks begin on Mondays.
  keep(rule.weeks, (ms) => Math.floor((dayOf(ms) + 3) / 7));
  keep(rule.months, (ms) => new Date(ms + offsetMs).toISOString().slice(0, 7));
  return kept;
}

function dayOf(ms: number): number {
  return Math.floor((ms + offsetMs) / dayMs);
}
