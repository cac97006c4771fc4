/**
 * Instants as a clock on the wall in a time zone shows them. Spreadsheets have no time zones: a date cell holds what the
 * clock showed, written as though it were UTC.
 */
const quarterHourMs = 15 * 60_000;

/** Makes the function for one IANA zone: an instant in, the wall clock's time as if it were UTC out, in milliseconds. */
export function wallClock(timeZone: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  const offsets = new Map<number, number>();
  return (atMs) => {
    // Clocks are changed on a quarter of an hour, so that each one needs to be looked up once.
    const quarter = Math.floor(atMs / quarterHourMs);
    let offset = offsets.get(quarter);
    if (offset === undefined) {
      const name = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
      offset = offsetMs(name);
      offsets.set(quarter, offset);
    }
    return atMs + offset;
  };
}

/** From `GMT`, `GMT+08:00` or, long ago, `GMT-04:56:02`. */
function offsetMs(name: string): number {
  const found = /^GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/.exec(name);
  if (found === null) throw new RangeError(`not an offset: ${name}`);
  const [, sign = '+', hours = '0', minutes = '0', seconds = '0'] = found;
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
  return sign === '-' ? -ms : ms;
}

/** The clock's text: `2026-11-21 10:34:52`. */
export function wallText(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ');
}
