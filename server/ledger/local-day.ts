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
