import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MemberLevel, PriceBook, Quote } from './api.ts';
import { yuan } from './money.ts';
import { amountForCount, amountOfKth, priceBookProblems, quote } from './rating.ts';

const tiers = [{ fromQuantityExclusive: 100, multiplier: '0.95' }];
const effectiveAt = '2026-01-01T00:00:00.000Z';
const book: PriceBook = {
  version: 1,
  updatedAt: effectiveAt,
  stacking: 'best',
  prices: [
    { platform: 'xiaohongshu', operation: 'follow', unitPrice: '1.00', effectiveAt, tiers },
    { platform: 'douyin', operation: 'follow', unitPrice: '1.20', effectiveAt, tiers },
  ],
  memberDiscounts: [{ level: 'premium', multiplier: '0.90' }],
};

function quoted(
  platform: string,
  quantity: number,
  memberLevel: MemberLevel,
  stacking: PriceBook['stacking'] = 'best',
): Quote {
  const result = quote({ ...book, stacking }, { platform, operation: 'follow', quantity, memberLevel });
  if ('code' in result) throw new Error(result.code);
  return result;
}

// Worked out by hand: unit price × quantity, × 0.95 over 100, × 0.90 for premium members.
const byHand: [platform: string, quantity: number, level: MemberLevel, best: string, multiply: string][] = [
  ['xiaohongshu', 1, 'none', '1.00', '1.00'],
  ['xiaohongshu', 100, 'none', '100.00', '100.00'],
  ['xiaohongshu', 101, 'none', '95.95', '95.95'],
  ['xiaohongshu', 500, 'none', '475.00', '475.00'],
  ['xiaohongshu', 1, 'premium', '0.90', '0.90'],
  ['xiaohongshu', 100, 'premium', '90.00', '90.00'],
  ['xiaohongshu', 101, 'premium', '90.90', '86.36'], // 101 × 0.855 = 86.355
  ['xiaohongshu', 500, 'premium', '450.00', '427.50'],
  ['douyin', 1, 'none', '1.20', '1.20'],
  ['douyin', 100, 'none', '120.00', '120.00'],
  ['douyin', 101, 'none', '115.14', '115.14'],
  ['douyin', 500, 'none', '570.00', '570.00'],
  ['douyin', 1, 'premium', '1.08', '1.08'],
  ['douyin', 100, 'premium', '108.00', '108.00'],
  ['douyin', 101, 'premium', '109.08', '103.63'], // 101 × 1.026 = 103.626
  ['douyin', 500, 'premium', '540.00', '513.00'],
];

describe('a quote', () => {
  it.each(byHand)(
    'of %s × %i for %s is %s under best and %s under multiply',
    (platform, quantity, level, best, multiply) => {
      expect(quoted(platform, quantity, level).total).toBe(best);
      expect(quoted(platform, quantity, level, 'multiply').total).toBe(multiply);
    },
  );

  it('names every discount, applied or not, and why', () => {
    expect(quoted('xiaohongshu', 500, 'premium').steps).toEqual([
      {
        kind: 'bulk',
        multiplier: '0.95',
        applied: false,
        reason: 'another_is_better',
        amount: '0.00',
        fromQuantityExclusive: 100,
      },
      {
        kind: 'member',
        multiplier: '0.90',
        applied: true,
        reason: 'applied',
        amount: '-50.00',
        level: 'premium',
      },
    ]);
    expect(quoted('douyin', 100, 'none').steps).toEqual([
      {
        kind: 'bulk',
        multiplier: '0.95',
        applied: false,
        reason: 'quantity_too_small',
        amount: '0.00',
        fromQuantityExclusive: 100,
      },
      {
        kind: 'member',
        multiplier: '0.90',
        applied: false,
        reason: 'not_a_member',
        amount: '0.00',
        level: 'premium',
      },
    ]);
  });

  it('says which platform has no price', () => {
    const result = quote(book, { platform: 'weibo', operation: 'follow', quantity: 1, memberLevel: 'none' });
    expect(result).toEqual({ code: 'no_price', platform: 'weibo', operation: 'follow' });
  });

  it('has steps that lead from subtotal to total, whatever the book', () => {
    fc.assert(
      fc.property(
        anyBook(),
        fc.integer({ min: 1, max: 5_000 }),
        fc.constantFrom<MemberLevel>('none', 'premium'),
        (any, quantity, memberLevel) => {
          const result = quote(any, { platform: 'p', operation: 'follow', quantity, memberLevel });
          if ('code' in result) throw new Error(result.code);
          const taken = result.steps.reduce((sum, step) => sum + yuan(step.amount), 0n);
          expect(yuan(result.subtotal) + taken).toBe(yuan(result.total));
          for (const step of result.steps) expect(yuan(step.amount) <= 0n).toBe(true);
        },
      ),
    );
  });
});

describe('charges under a quote', () => {
  it('add up to the quote for any number of them from 1 to 500', () => {
    for (const [platform, , level] of byHand) {
      for (const stacking of ['best', 'multiply'] as const) {
        const unitNet = yuan(quoted(platform, 500, level, stacking).unitNet);
        let sum = 0n;
        for (let k = 1; k <= 500; k += 1) {
          sum += amountOfKth(unitNet, k);
          expect(sum).toBe(amountForCount(unitNet, k));
        }
      }
    }
  });

  it('are whole cents and never negative, whatever the unit', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 9n }),
        fc.integer({ min: 1, max: 10_000 }),
        (unitNet, k) => {
          const amount = amountOfKth(unitNet, k);
          expect(amount >= 0n && amount % 10_000n === 0n).toBe(true);
        },
      ),
    );
  });
});

describe('a price book', () => {
  it('is refused when a discounted price would need a seventh decimal', () => {
    const inexact = {
      ...book,
      prices: [
        {
          platform: 'p',
          operation: 'follow',
          unitPrice: '0.0101',
          effectiveAt,
          tiers: [{ fromQuantityExclusive: 1, multiplier: '0.9333' }],
        },
      ],
    };
    expect(priceBookProblems(inexact)).toEqual([
      { path: 'prices.0.unitPrice', message: expect.stringContaining('six decimals') },
    ]);
    expect(priceBookProblems(book)).toEqual([]);
  });

  it('is refused when it prices the same operation twice', () => {
    expect(priceBookProblems({ ...book, prices: [...book.prices, ...book.prices.slice(0, 1)] })).toHaveLength(
      1,
    );
  });
});

function anyBook(): fc.Arbitrary<PriceBook> {
  const multiplier = fc.integer({ min: 1, max: 100 }).map((percent) => (percent / 100).toFixed(2));
  return fc
    .record({
      cents: fc.integer({ min: 1, max: 100_000 }),
      tiers: fc.array(fc.record({ fromQuantityExclusive: fc.integer({ min: 0, max: 5_000 }), multiplier }), {
        maxLength: 4,
      }),
      member: fc.option(multiplier, { nil: null }),
      stacking: fc.constantFrom('best' as const, 'multiply' as const),
    })
    .map(({ cents, tiers: anyTiers, member, stacking }) => ({
      ...book,
      stacking,
      prices: [
        {
          platform: 'p',
          operation: 'follow',
          unitPrice: (cents / 100).toFixed(2),
          effectiveAt,
          tiers: anyTiers,
        },
      ],
      memberDiscounts: member === null ? [] : [{ level: 'premium' as const, multiplier: member }],
    }));
}
