/**
 * When a day is unusual: judged against the 28 days before it with statistics that a few odd days do not move. Pure; the
 * rule is in docs/back-office.md, in words.
 */

/** Days before the judged one that count. */
export const historyDays = 28;
/** Where too few of them are known, as of somebody who was away: how far back the last ones that are known may lie. */
export const longHistoryDays = 91;
/** Days with consumption among them that are of the same sort (working day or weekend); with fewer, all of them count. */
const alikeDaysMin = 6;
/** With fewer days of any sort too little is known to judge by. */
const activeDaysMin = 3;
const dayMs = 86_400_000;
/** Median absolute deviations, scaled to be like a standard deviation, beyond which a day is unusual. */
const spreads = 6n;
/** The median distance from the median is 1/1.4826 of a standard deviation where days vary normally. */
const [scaleNumerator, scaleDenominator] = [14_826n, 10_000n];
/** However even the days were: a day counts as high above three times the median, as low below a quarter. */
const highFactor = 3n;
const lowDivisor = 4n;

export interface DayAmount {
  /** `YYYY-MM-DD`. */
  readonly day: string;
  /** Micro-yuan, or units; zero or more. */
  readonly amount: bigint;
}
export interface Judged {
  readonly direction: 'high' | 'low';
  readonly median: bigint;
  readonly spread: bigint;
  readonly limit: bigint;
  /** What it was compared with, oldest first. */
  readonly history: readonly DayAmount[];
}

/**
 * Null: as usual, or too little is known. `floor` is how far from the median a day has to be at the least; `low`: also
 * days with too little count, which only makes sense where something is used every day. What stays low, as a product that
 * is not sold any more, is so on its first day alone.
 */
export function judge(
  day: DayAmount,
  before: readonly DayAmount[],
  { floor, low }: { readonly floor: bigint; readonly low: boolean },
): Judged | null {
  const judged = judgeAlone(day, before, floor);
  if (judged?.direction !== 'low') return judged;
  if (!low) return null;
  const last = dayBefore(day.day);
  const known = before.find((other) => other.day === last) ?? { day: last, amount: 0n };
  const earlier = before.filter((other) => other.day < last);
  return judgeAlone(known, earlier, floor)?.direction === 'low' ? null : judged;
}

/** Whatever the day before it was. */
function judgeAlone(day: DayAmount, before: readonly DayAmount[], floor: bigint): Judged | null {
  const history = historyOf(day.day, before);
  if (history.length < activeDaysMin) return null;
  const median = middle(history.map(({ amount }) => amount));
  const spread =
    (middle(history.map(({ amount }) => distance(amount, median))) * scaleNumerator) / scaleDenominator;
  const [above, below] = [(highFactor - 1n) * median, median - median / lowDivisor];
  const high = median + largest(spreads * spread, above, floor);
  if (day.amount > high) return { direction: 'high', median, spread, limit: high, history };
  const least = median - largest(spreads * spread, below, floor);
  if (day.amount < least) return { direction: 'low', median, spread, limit: least, history };
  return null;
}

function dayBefore(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - dayMs).toISOString().slice(0, 10);
}

/** Of days in their order. */
function historyOf(day: string, before: readonly DayAmount[]): readonly DayAmount[] {
  const active = before.filter(({ amount }) => amount > 0n);
  const recent = active.filter((other) => Date.parse(day) - Date.parse(other.day) <= historyDays * dayMs);
  if (recent.length < activeDaysMin) return active.slice(-alikeDaysMin);
  const alike = recent.filter((other) => isWeekend(other.day) === isWeekend(day));
  return alike.length >= alikeDaysMin ? alike : recent;
}

function isWeekend(day: string): boolean {
  return [0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay());
}

/** Of an even number of values the lower of the two in the middle. */
function middle(values: readonly bigint[]): bigint {
  const ascending = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return ascending[Math.floor((ascending.length - 1) / 2)] ?? 0n;
}

function distance(a: bigint, b: bigint): bigint {
  return a < b ? b - a : a - b;
}

function largest(...values: readonly [bigint, ...bigint[]]): bigint {
  return values.reduce((most, value) => (value > most ? value : most));
}
