/** Days, months and years of the business as text, and what comes after them. It must never know a clock or a zone. */

const dayMs = 86_400_000;

export interface Span {
  readonly kind: 'day' | 'month' | 'year';
  /** `YYYY-MM-DD`. */
  readonly from: string;
  /** The first day after it. */
  readonly until: string;
}

/** Of a day, a month or a year that the contract's schema has passed. */
export function spanOf(period: string): Span {
  const [year = 0, month = 1, day = 1] = period.split('-').map(Number);
  const from = Date.UTC(year, month - 1, day);
  if (period.length === 4) return { kind: 'year', from: text(from), until: text(Date.UTC(year + 1, 0, 1)) };
  if (period.length === 7) return { kind: 'month', from: text(from), until: text(Date.UTC(year, month, 1)) };
  return { kind: 'day', from: text(from), until: text(from + dayMs) };
}

/**
 * The whole months of a span, as the first day of the first of them and the first day after the last; where there is none
 * both are the span's end, so that the days before the one and from the other on are always the rest of it.
 */
export function wholeMonths(from: string, until: string): { readonly first: string; readonly end: string } {
  const [year = 0, month = 1, day = 1] = from.split('-').map(Number);
  const first = day === 1 ? from : text(Date.UTC(year, month, 1));
  const end = monthOf(until);
  return first < end ? { first, end } : { first: until, end: until };
}

/** The first day of its month. */
export function monthOf(day: string): string {
  return `${day.slice(0, 7)}-01`;
}

export function dayAfter(day: string): string {
  return text(Date.parse(`${day}T00:00:00Z`) + dayMs);
}

export function daysBefore(day: string, days: number): string {
  return text(Date.parse(`${day}T00:00:00Z`) - days * dayMs);
}

function text(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
