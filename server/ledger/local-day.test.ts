import { expect, test } from 'vitest';
import { dayBegins, localDay, monthBounds, monthOf } from './local-day.ts';

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

test.each([
  ['Asia/Shanghai', '2026-11-01', '2026-10-31T16:00:00.000Z'],
  ['America/New_York', '2026-11-02', '2026-11-02T05:00:00.000Z'],
  ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z'],
  // The clocks went from 23:59:59 straight to 01:00.
  ['America/Santiago', '2026-09-06', '2026-09-06T04:00:00.000Z'],
  // The island went from the evening of the 29th straight to the 31st.
  ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z'],
  ['Pacific/Apia', '2011-12-31', '2011-12-30T10:00:00.000Z'],
  ['Pacific/Kiritimati', '2026-01-01', '2025-12-31T10:00:00.000Z'],
  ['Etc/GMT+12', '2026-01-01', '2026-01-01T12:00:00.000Z'],
])('in %s the day %s begins at %s', (zone, day, instant) => {
  expect(new Date(dayBegins(zone, day)).toISOString()).toBe(instant);
});

test('a month ends where the next begins', () => {
  const december = monthBounds('America/New_York', '2026-12');
  expect(december).toEqual({
    fromMs: Date.parse('2026-12-01T05:00:00.000Z'),
    untilMs: Date.parse('2027-01-01T05:00:00.000Z'),
  });
  expect(monthBounds('America/New_York', '2027-01').fromMs).toBe(december.untilMs);
});
