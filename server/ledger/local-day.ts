/**
 * Cuts time into the days and months of an account's time zone. It must never use the server's own zone.
 */

const formats = new Map<string, Intl.DateTimeFormat>();

/** The day that `instantMs` falls in, `YYYY-MM-DD`. Throws RangeError on a zone that does not exist. */
export function localDay(timeZone: string, instantMs: number): string {
  let format = formats.get(timeZone);
  if (format === undefined) {
    // Sweden writes dates the ISO way.
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
    formats.set(timeZone, format);
  }
  return format.format(instantMs);
}

/** The first day of the month of `day`, and the first day of the next month. */
export function monthOf(day: string): { readonly from: string; readonly untilExclusive: string } {
  const [year = 0, month = 0] = day.split('-').map(Number);
  const nextMonth = new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10);
  return { from: `${day.slice(0, 7)}-01`, untilExclusive: nextMonth };
}

const hourMs = 3_600_000;

/** The first instant of a day, also where a change of clocks leaves out its midnight, or a zone the whole day. */
export function dayBegins(timeZone: string, day: string): number {
  const midnightMs = Date.parse(`${day}T00:00:00.000Z`);
  // No zone is further from UTC than this; between the two the day begins.
  let [before, within] = [midnightMs - 15 * hourMs, midnightMs + 39 * hourMs];
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (localDay(timeZone, middle) < day) before = middle;
    else within = middle;
  }
  return within;
}

/** A month `2026-11` as the instants from its beginning to the next one's. */
export function monthBounds(
  timeZone: string,
  month: string,
): { readonly fromMs: number; readonly untilMs: number } {
  const { from, untilExclusive } = monthOf(`${month}-01`);
  return { fromMs: dayBegins(timeZone, from), untilMs: dayBegins(timeZone, untilExclusive) };
}
