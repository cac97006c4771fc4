import { expect, test } from 'vitest';
import { monthsAfter } from './calendar.ts';

test.each<[what: string, zone: string, from: string, months: number, to: string]>([
  [
    '31 January, to the end of February',
    'Asia/Shanghai',
    '2026-01-31T10:00:00+08:00',
    1,
    '2026-02-28T10:00:00+08:00',
  ],
  [
    'and back to the 31st in March',
    'Asia/Shanghai',
    '2026-01-31T10:00:00+08:00',
    2,
    '2026-03-31T10:00:00+08:00',
  ],
  ['and to the 30th of April', 'Asia/Shanghai', '2026-01-31T10:00:00+08:00', 3, '2026-04-30T10:00:00+08:00'],
  ['a leap year', 'Asia/Shanghai', '2028-01-31T10:00:00+08:00', 1, '2028-02-29T10:00:00+08:00'],
  [
    'the 29th of February, a year on',
    'Asia/Shanghai',
    '2028-02-29T00:00:00+08:00',
    12,
    '2029-02-28T00:00:00+08:00',
  ],
  [
    'over the year’s end',
    'Asia/Shanghai',
    '2026-12-31T23:30:00.250+08:00',
    2,
    '2027-02-28T23:30:00.250+08:00',
  ],
  [
    'a day that is another in UTC',
    'Asia/Shanghai',
    '2026-03-31T01:00:00+08:00',
    1,
    '2026-04-30T01:00:00+08:00',
  ],
  ['into summer time', 'America/New_York', '2026-02-15T12:00:00-05:00', 1, '2026-03-15T12:00:00-04:00'],
  [
    'a time that summer time leaves out',
    'America/New_York',
    '2026-02-08T02:30:00-05:00',
    1,
    '2026-03-08T03:30:00-04:00',
  ],
  [
    'a time that there is twice',
    'America/New_York',
    '2026-10-01T01:30:00-04:00',
    1,
    '2026-11-01T01:30:00-04:00',
  ],
  ['from the second of two', 'America/New_York', '2026-11-01T01:30:00-05:00', 1, '2026-12-01T01:30:00-05:00'],
  [
    'half an hour of summer time',
    'Australia/Lord_Howe',
    '2026-09-04T02:15:00+10:30',
    1,
    '2026-10-04T02:45:00+11:00',
  ],
  ['no month at all', 'UTC', '2026-05-05T05:05:05.005Z', 0, '2026-05-05T05:05:05.005Z'],
])('%s', (_, zone, from, months, to) => {
  expect(new Date(monthsAfter(Date.parse(from), months, zone)).toISOString()).toBe(
    new Date(to).toISOString(),
  );
});
