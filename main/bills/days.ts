/**
 * The day of the business that a line of a bill is of, from how its provider writes days and times. It must never take one
 * that does not exist, and never use the machine's own zone.
 */

export type DayOrder = 'ymd' | 'dmy' | 'mdy';

const time = String.raw`(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?)?`;
const patterns = {
  ymd: new RegExp(String.raw`^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?${time}$`, 'u'),
  compact: new RegExp(String.raw`^(\d{4})(\d{2})(\d{2})${time}$`, 'u'),
  other: new RegExp(String.raw`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})${time}$`, 'u'),
} as const;
const quarterMs = 15 * 60_000;

/** Makes the function for one provider; null from it: not a day as this provider writes them. */
export function dayReader(
  order: DayOrder,
  providerZone: string,
  businessZone: string,
): (written: string) => string | null {
  const toDay = dayOfWall(providerZone, businessZone);
  return (written) => {
    const parts = partsOf(written.trim(), order);
    if (parts === null) return null;
    const { year, month, day, hour, minute, second, zone } = parts;
    const atMs = Date.UTC(year, month - 1, day, hour ?? 0, minute, second);
    const date = new Date(atMs);
    // A 31st of April would come back as the first of May, and 24:00 as the day after.
    if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || (hour ?? 0) > 23) return null;
    if (minute > 59 || second > 59) return null;
    return hour === null ? date.toISOString().slice(0, 10) : toDay(atMs, zone);
  };
}

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** Null where only a day is written. */
  readonly hour: number | null;
  readonly minute: number;
  readonly second: number;
  readonly zone: string | undefined;
}

function partsOf(text: string, order: DayOrder): Parts | null {
  const found =
    order === 'ymd' ? (patterns.ymd.exec(text) ?? patterns.compact.exec(text)) : patterns.other.exec(text);
  if (found === null) return null;
  const [, a = '', b = '', c = '', hour, minute = '0', second = '0', zone] = found;
  const [year, month, day] = order === 'ymd' ? [a, b, c] : order === 'dmy' ? [c, b, a] : [c, a, b];
  return {
    year: Number(year),
    month: Number(month),
    day: Number(day),
    hour: hour === undefined ? null : Number(hour),
    minute: Number(minute),
    second: Number(second),
    zone,
  };
}

/** The business's day of a clock on the wall at the provider, told as if it were UTC's. */
function dayOfWall(
  providerZone: string,
  businessZone: string,
): (wallMs: number, zone: string | undefined) => string {
  const [there, here] = [clockIn(providerZone), clockIn(businessZone)];
  // A bill has few quarters of an hour and many lines; no zone is cut finer.
  const known = new Map<string, string>();
  return (wallMs, zone) => {
    const key = `${Math.floor(wallMs / quarterMs)} ${zone ?? ''}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const instantMs = zone === undefined ? instantOf(there, wallMs) : wallMs - offsetMs(zone);
    const day = new Date(here(instantMs)).toISOString().slice(0, 10);
    known.set(key, day);
    return day;
  };
}

/** What a zone's clock shows at an instant, told as if it were UTC's. */
function clockIn(timeZone: string): (atMs: number) => number {
  // Sweden writes dates and times the ISO way.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return (atMs) => Date.parse(`${format.format(atMs).replace(' ', 'T')}Z`);
}

/** Where a change of clocks has the same time twice it is the later one; one that it leaves out is an hour later. */
function instantOf(clock: (atMs: number) => number, wallMs: number): number {
  const near = wallMs - (clock(wallMs) - wallMs);
  return wallMs - (clock(near) - near);
}

function offsetMs(zone: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  const ms = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return sign === '-' ? -ms : ms;
}
