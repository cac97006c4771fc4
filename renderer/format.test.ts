import { describe, expect, it } from 'vitest';
import {
  dayBefore,
  dayOf,
  formatFor,
  money,
  typedAmount,
  typedCount,
  typedDay,
  typedMonth,
  unitPrice,
  centsAbove,
  countdown,
  rechargeAmount,
} from './format.ts';

describe('amounts', () => {
  it('are shown with an explicit sign and two decimals', () => {
    expect(money('1330.68')).toBe('¥1,330.68');
    expect(money('-50')).toBe('-¥50.00');
    expect(money('500', 'always')).toBe('+¥500.00');
  });

  it('of one unit keep every decimal', () => {
    expect(unitPrice('0.855')).toBe('¥0.855');
    expect(unitPrice('1.2')).toBe('¥1.20');
    expect(unitPrice('1912345.678901')).toBe('¥1,912,345.678901');
  });

  it('are understood as people type them', () => {
    expect(typedAmount(' ¥1,234.5 ')).toBe('1234.50');
    expect(typedAmount('￥100')).toBe('100.00');
  });

  it.each(['', '-1', '1.2345678', '1e3', '一百', '1.', '.5'])('are not read from %j', (typed) => {
    expect(typedAmount(typed)).toBeNull();
  });
});

describe('counts', () => {
  it('are taken within their bounds alone', () => {
    expect(typedCount('1,000', 1, 1_000)).toBe(1_000);
    expect(typedCount('1001', 1, 1_000)).toBeNull();
    expect(typedCount('0', 1, 1_000)).toBeNull();
    expect(typedCount('1.5', 1, 1_000)).toBeNull();
    expect(typedCount('', 0, 1_000)).toBeNull();
  });
});

describe('scales', () => {
  it.each([
    ['zh-CN', ['0', '0.5', '250', '7500', '2.5万', '250万']],
    ['en-US', ['0', '0.5', '250', '7.5K', '25K', '2.5M']],
  ] as const)('name their round amounts in few letters, in %s', (language, names) => {
    const { round } = formatFor(language, undefined);
    expect([0, 0.5, 250, 7_500, 25_000, 2_500_000].map(round)).toEqual(names);
  });
});

describe('days', () => {
  it("are cut in the account's time zone", () => {
    const instant = Date.parse('2026-11-20T16:30:00.000Z');
    expect(dayOf(instant, 'Asia/Shanghai')).toBe('2026-11-21');
    expect(dayOf(instant, 'America/New_York')).toBe('2026-11-20');
  });

  it('are counted back by the calendar', () => {
    expect(dayBefore('2026-03-01', 1)).toBe('2026-02-28');
    expect(dayBefore('2024-03-01', 1)).toBe('2024-02-29');
    expect(dayBefore('2026-11-21', 29)).toBe('2026-10-23');
  });
});

describe('typed days', () => {
  it.each([
    ['2026/11/5', 'zh-CN', '2026-11-05'],
    ['2026年11月5日', 'zh-CN', '2026-11-05'],
    ['11/5/2026', 'en-US', '2026-11-05'],
    ['2026-11-05', 'en-US', '2026-11-05'],
  ] as const)('%s is read as %s writes days', (typed, language, day) => {
    expect(typedDay(typed, language)).toBe(day);
  });

  it.each(['', '11/5', '5/11/2026/1', '2026/2/30', '2026/13/1', '26/11/5'])('%j is none', (typed) => {
    expect(typedDay(typed, 'zh-CN')).toBeNull();
  });

  it('come back as they are shown', () => {
    for (const language of ['zh-CN', 'en-US'] as const)
      expect(typedDay(formatFor(language, undefined).dayFigures('2026-11-05'), language)).toBe('2026-11-05');
  });
});

describe('a typed month', () => {
  it.each([
    ['2026-11', 'zh-CN', '2026-11'],
    ['2026年1月', 'zh-CN', '2026-01'],
    ['1/2026', 'en-US', '2026-01'],
    ['2026/12', 'en-US', '2026-12'],
    [' sept 2026', 'en-US', '2026-09'],
    ['2026 November', 'en-US', '2026-11'],
  ] as const)('%j in %s is %s', (typed, language, month) => {
    expect(typedMonth(typed, language)).toBe(month);
  });

  it.each([
    '',
    '2026',
    '11',
    '2026/13',
    '2026/0',
    '26/11',
    '2026/11/5',
    'ma 2026',
    'may',
    'may 5 2026',
    'juno 2026',
  ])('%j is none', (typed) => {
    expect(typedMonth(typed, 'en-US')).toBeNull();
  });

  it('comes back as it is shown', () => {
    for (const language of ['zh-CN', 'en-US'] as const)
      for (const month of ['2026-05', '1999-12'])
        expect(typedMonth(formatFor(language, undefined).month(month), language)).toBe(month);
  });
});

describe('times', () => {
  const chinese = formatFor('zh-CN', 'Asia/Shanghai');
  const english = formatFor('en-US', 'America/New_York');

  it("are shown in the account's zone, whatever the machine's", () => {
    expect(chinese.dateTime('2026-11-20T16:30:05.000Z')).toBe('2026/11/21 00:30:05');
    expect(english.dateTime('2026-11-20T16:30:05.000Z')).toBe('11/20/2026, 11:30:05');
    expect(chinese.dateTimeZone('2026-11-20T16:30:05.000Z')).toBe('2026/11/21 00:30:05 GMT+8');
  });

  it('are told as an age in the largest unit, and a clock that is ahead never makes it negative', () => {
    const now = Date.parse('2026-11-21T00:10:00.000Z');
    expect(chinese.ago('2026-11-21T00:07:30.000Z', now)).toBe('2分钟前');
    expect(english.ago('2026-11-20T21:00:00.000Z', now)).toBe('3 hr. ago');
    expect(chinese.ago('2026-11-21T00:10:30.000Z', now)).toBe('现在');
  });
});

describe('discounts', () => {
  it('are named the way the language does', () => {
    expect(formatFor('zh-CN', undefined).discount('0.95')).toBe('9.5');
    expect(formatFor('en-US', undefined).discount('0.95')).toBe('5');
    expect(formatFor('zh-CN', undefined).discount('0.90')).toBe('9');
  });
});

describe('an amount to pay in', () => {
  it.each([
    ['500', '500.00'],
    ['¥1,234.5', '1234.50'],
    ['0.01', '0.01'],
    ['0', null],
    ['-1', null],
    ['1.005', null],
    ['一百', null],
    ['', null],
  ])('%j is %j', (typed, amount) => {
    expect(rechargeAmount(typed)).toBe(amount);
  });

  it('covers what is missing, to the next whole cent', () => {
    expect(['0.000001', '0.01', '569.320001', '3.00'].map(centsAbove)).toEqual([
      '0.01',
      '0.01',
      '569.33',
      '3.00',
    ]);
  });
});

it('counts down in minutes and seconds, and stops at nothing', () => {
  expect([1_799_001, 65_000, 999, 0, -5_000].map(countdown)).toEqual([
    '30:00',
    '1:05',
    '0:01',
    '0:00',
    '0:00',
  ]);
});
