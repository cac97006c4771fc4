/**
 * Months on the calendar of a time zone, counted from one instant: the same day and time of day, or the month's last day
 * where it is shorter. It must never count a month as a number of days, nor use the server's own zone.
 */

const dayMs = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * The instant `months` (zero or more) after `fromMs`. Always counted from the beginning, so that a short month does not
 * shorten those after it. A time of day that a change of clocks leaves out is as much later; of two, the first counts.
 */
export function monthsAfter(fromMs: number, months: number, timeZone: string): number {
  const wall = new Date(wallMs(fromMs, timeZone));
  const first = Date.UTC(wall.getUTCFullYear(), wall.getUTCMonth() + months, 1);
  const month = new Date(first);
  const days = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 0)).getUTCDate();
  const timeOfDay = wall.getTime() % dayMs;
  return instantOf(first + (Math.min(wall.getUTCDate(), days) - 1) * dayMs + timeOfDay, timeZone);
}

/** What a clock on the wall of the zone shows, as if it were UTC. */
function wallMs(instantMs: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  const part = Object.fromEntries(
    format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (instantMs % 1_000);
}

function instantOf(wall: number, timeZone: string): number {
  // No zone changes its clocks twice within two days, so these are the offsets before and after a change nearby.
  const [before, after] = [wall - dayMs, wall + dayMs].map((ms) => wall - (wallMs(ms, timeZone) - ms));
  if (before === undefined || after === undefined) throw new Error('there are two offsets');
  if (wallMs(before, timeZone) === wall || wallMs(after, timeZone) !== wall) return before;
  return after;
}
