import { expect, test } from 'vitest';
import { keepRuleDefault, keptTimes, parseKeepRule } from './keeping.ts';

const dayMs = 86_400_000;
const newestMs = Date.parse('2026-11-21T03:30:00+08:00');
const chinaDay = (ms: number): string => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 10);

test('of two years of days the last seven days, five weeks and twelve months are kept', () => {
  const all = Array.from({ length: 730 }, (_, ago) => newestMs - ago * dayMs);
  const kept = [...keptTimes(all, keepRuleDefault)].toSorted((a, b) => b - a).map(chinaDay);
  expect(kept.slice(0, 7)).toEqual([
    '2026-11-21',
    '2026-11-20',
    '2026-11-19',
    '2026-11-18',
    '2026-11-17',
    '2026-11-16',
    '2026-11-15',
  ]);
  // Sundays end weeks, last days end months.
  expect(kept.slice(7)).toEqual([
    '2026-11-08',
    '2026-11-01',
    '2026-10-31',
    '2026-10-25',
    '2026-09-30',
    '2026-08-31',
    '2026-07-31',
    '2026-06-30',
    '2026-05-31',
    '2026-04-30',
    '2026-03-31',
    '2026-02-28',
    '2026-01-31',
    '2025-12-31',
  ]);
});

test('gaps do not use the rule up, of one day the newest is kept, and never none', () => {
  const sparse = [0, 1 / 24, 40, 41, 400].map((days) => newestMs - days * dayMs);
  const rule = { days: 2, weeks: 0, months: 0 };
  expect(keptTimes(sparse, rule)).toEqual(new Set([newestMs, newestMs - 40 * dayMs]));
  expect(keptTimes([newestMs], { days: 0, weeks: 1, months: 0 })).toEqual(new Set([newestMs]));
  expect(keptTimes([], rule)).toEqual(new Set());
});

test('a rule is days, weeks and months, of which one is kept at least', () => {
  expect(parseKeepRule('7d5w12m')).toEqual(keepRuleDefault);
  for (const wrong of ['', '7d', '0d0w0m', '7d 5w 12m', '-1d1w1m', '1000d1w1m'])
    expect(parseKeepRule(wrong)).toBeNull();
});
