import { expect, test } from 'vitest';
import { localDay, monthOf } from './local-day.ts';

test.each([
  ['Asia/Shanghai', '2026-11-20T15:59:59.999Z', '2026-11-20'],
  ['Asia/Shanghai', '2026-11-20T16:00:00.000Z', '2026-11-21'],
  ['America/New_York', '2026-03-08T04:59:59.999Z', '2026-03-07'],
  ['America/New_York', '2026-03-09T03:59:59.999Z', '2026-03-08'],
  ['Asia/Kathmandu', '2026-01-01T18:15:00.000Z', '2026-01-02'],
  ['UTC', '2024-02-29T23:59:59.999Z', '2024-02-29'],
])('in %s the instant %s falls on %s', (zone, instant, day) => {
  expect(localDay(zone, Date.parse(instant))).toBe(day);
});

test('a zone that does not exist is refused', () => {
  expect(() => localDay('Mars/Olympus', 0)).toThrow(RangeError);
});

test.each([
  ['2026-11-21', '2026-11-01', '2026-12-01'],
  ['2026-12-31', '2026-12-01', '2027-01-01'],
  ['2024-02-29', '2024-02-01', '2024-03-01'],
])('the month of %s runs from %s to before %s', (day, from, untilExclusive) => {
  expect(monthOf(day)).toEqual({ from, untilExclusive });
});
