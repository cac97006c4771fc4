/**
 * Which day an instant falls on in a time zone, as `YYYY-MM-DD`. The bill's days are cut here and nowhere else; it must
 * never use the machine's own zone.
 */

/** Makes the function for one IANA zone; throws a RangeError for a name that is none. */
export function dayIn(timeZone: string): (atMs: number) => string {
  const format = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return (atMs) => {
    let year = '';
    let month = '';
    let day = '';
    for (const part of format.formatToParts(atMs)) {
      if (part.type === 'year') year = part.value;
      else if (part.type === 'month') month = part.value;
      else if (part.type === 'day') day = part.value;
    }
    return `${year.padStart(4, '0')}-${month}-${day}`;
  };
}

/** The day `days` before (or after, when negative) a day. Days are calendar days: no clock change moves them. */
export function dayBefore(day: string, days: number): string {
  const midnight = Date.parse(`${day}T00:00:00.000Z`);
  return new Date(midnight - days * 86_400_000).toISOString().slice(0, 10);
}
