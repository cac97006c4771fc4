import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PriceBook, PriceEntry, Quote } from './api-prices.ts';
import type { MemberLevel } from './api-words.ts';
import { roundToCent, yuan, yuanText } from './money.ts';
import {
  amountForCount,
  amountOfKth,
  amountUnder,
  kthAmountUnder,
  priceBookProblems,
  quote,
  sameTerms,
  type NoPrice,
  type Terms,
} from './rating.ts';

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
    expect(result).toEqual({
      code: 'no_price',
      reason: 'missing',
      platform: 'weibo',
      operation: 'follow',
    });
  });

  it('has steps that lead from subtotal to total, whatever the book', () => {
    fc.assert(
      fc.property(
        fc.oneof(anyBook(), anyBook('graduated')),
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

/** 1.00, and from 101 and from 301 on less: ×0.95 and ×0.90 for the units beyond. */
const graduated: PriceEntry = {
  platform: 'xiaohongshu',
  operation: 'follow',
  unitPrice: '1.00',
  effectiveAt,
  tierMode: 'graduated',
  tiers: [
    { fromQuantityExclusive: 300, multiplier: '0.90' },
    { fromQuantityExclusive: 100, multiplier: '0.95' },
  ],
};

function quotedGraduated(quantity: number, level: MemberLevel, stacking: PriceBook['stacking']): Quote {
  const usage = { platform: 'xiaohongshu', operation: 'follow', quantity, memberLevel: level };
  return quoteOf({ ...book, stacking, prices: [graduated] }, usage);
}

function quoteOf(...given: Parameters<typeof quote>): Quote {
  const result = quote(...given);
  if ('code' in result) throw new Error(`no price: ${result.reason}`);
  return result;
}

describe('a quote under graduated tiers', () => {
  // By hand: the first 100 at 1.00, the next 200 at 0.95, those beyond at 0.90; × 0.90 for premium members.
  it.each<[quantity: number, level: MemberLevel, best: string, multiply: string]>([
    [1, 'none', '1.00', '1.00'],
    [100, 'none', '100.00', '100.00'],
    [101, 'none', '100.95', '100.95'],
    [300, 'none', '290.00', '290.00'],
    [301, 'none', '290.90', '290.90'],
    [500, 'none', '470.00', '470.00'],
    [101, 'premium', '90.90', '90.86'], // 90 + 0.855 = 90.855
    [301, 'premium', '270.90', '261.81'], // 90 + 171 + 0.81
    [500, 'premium', '450.00', '423.00'], // 90 + 171 + 162
  ])('of %i for %s is %s under best and %s under multiply', (quantity, level, best, multiply) => {
    expect(quotedGraduated(quantity, level, 'best').total).toBe(best);
    expect(quotedGraduated(quantity, level, 'multiply').total).toBe(multiply);
  });

  it('names each tier that is reached with what it takes off its own units', () => {
    const { steps, slices, unitNet } = quotedGraduated(500, 'premium', 'multiply');
    expect(steps).toMatchObject([
      { kind: 'bulk', multiplier: '0.95', fromQuantityExclusive: 100, applied: true, amount: '-10.00' },
      { kind: 'bulk', multiplier: '0.90', fromQuantityExclusive: 300, applied: true, amount: '-20.00' },
      { kind: 'member', multiplier: '0.90', applied: true, amount: '-47.00' },
    ]);
    expect(unitNet).toBe('0.90');
    expect(slices).toEqual([
      { fromQuantityExclusive: 0, unitNet: '0.90' },
      { fromQuantityExclusive: 100, unitNet: '0.855' },
      { fromQuantityExclusive: 300, unitNet: '0.81' },
    ]);
  });

  it('weighs the tiers together against the member discount', () => {
    const { steps, slices } = quotedGraduated(500, 'premium', 'best');
    expect(steps.map(({ kind, applied, reason }) => [kind, applied, reason])).toEqual([
      ['bulk', false, 'another_is_better'],
      ['bulk', false, 'another_is_better'],
      ['member', true, 'applied'],
    ]);
    expect(slices).toBeUndefined();
  });

  it('is the sum of its slices, each priced by itself, whatever the book', () => {
    fc.assert(
      fc.property(anyBook('graduated'), fc.integer({ min: 1, max: 8_000 }), (any, quantity) => {
        const [price] = any.prices;
        const micros = yuan(price?.unitPrice ?? '');
        const tiers = (price?.tiers ?? []).toSorted(
          (a, b) => a.fromQuantityExclusive - b.fromQuantityExclusive,
        );
        const bounds = [0, ...tiers.map((tier) => tier.fromQuantityExclusive), Infinity];
        let exact = 0n;
        for (const [index, multiplier] of ['1', ...tiers.map((tier) => tier.multiplier)].entries()) {
          const units = Math.min(quantity, bounds[index + 1] ?? 0) - (bounds[index] ?? 0);
          if (units > 0)
            exact += (BigInt(units) * micros * BigInt(Math.round(Number(multiplier) * 100))) / 100n;
        }
        const usage = { platform: 'p', operation: 'follow', quantity, memberLevel: 'none' as const };
        expect(yuan(quoteOf({ ...any, memberDiscounts: [] }, usage).total)).toBe(roundToCent(exact));
      }),
    );
  });

  it('has charges that add up to it for any number of them from 1 to 500', () => {
    for (const stacking of ['best', 'multiply'] as const)
      for (const level of ['none', 'premium'] as const)
        for (let count = 1; count <= 500; count += 1) {
          const locked = quotedGraduated(count, level, stacking);
          let sum = 0n;
          for (let k = 1; k <= count; k += 1) sum += kthAmountUnder(locked, k);
          expect(yuanText(sum)).toBe(locked.total);
        }
  });
});

/** 1.00 each, and so much for each beyond a number. */
function sliced(beyond: number, unitNet: string): Terms {
  const first = { fromQuantityExclusive: 0, unitNet: '1.00' };
  return { unitNet: '1.00', slices: [first, { fromQuantityExclusive: beyond, unitNet }] };
}

describe('terms', () => {
  it('are the same when they come to the same for every number of charges, not for the quantity alone', () => {
    const flat = { unitNet: '0.9' };
    expect(sameTerms(flat, { unitNet: '0.90' })).toBe(true);
    expect(sameTerms(sliced(100, '0.95'), sliced(100, '0.950'))).toBe(true);
    // Both cost 290.00 for 300.
    expect(sameTerms(sliced(100, '0.95'), sliced(200, '0.90'))).toBe(false);
    expect(sameTerms(sliced(100, '0.95'), { unitNet: '1.00' })).toBe(false);
  });
});

describe('a price', () => {
  it('rises with every unit, under graduated tiers whatever they are', () => {
    fc.assert(
      fc.property(anyBook('graduated'), fc.integer({ min: 2, max: 8_000 }), (any, quantity) => {
        const usage = { platform: 'p', operation: 'follow', memberLevel: 'none' as const };
        const fewer = quoteOf(any, { ...usage, quantity: quantity - 1 });
        const more = quoteOf(any, { ...usage, quantity });
        expect(yuan(more.total) >= yuan(fewer.total)).toBe(true);
        expect(amountUnder(more, quantity - 1)).toBe(yuan(fewer.total));
      }),
    );
  });

  it('rises with every unit of one tier under volume tiers', () => {
    fc.assert(
      fc.property(anyBook('volume'), fc.integer({ min: 1, max: 8_000 }), (any, quantity) => {
        const usage = { platform: 'p', operation: 'follow', quantity, memberLevel: 'premium' as const };
        const locked = quoteOf(any, usage);
        expect(amountUnder(locked, quantity)).toBe(yuan(locked.total));
        expect(amountUnder(locked, quantity + 1) >= yuan(locked.total)).toBe(true);
      }),
    );
  });

  // What a book from before these checks may hold.
  it.each<[unitPrice: string, multiplier: string, quantity: number, reason: NoPrice['reason']]>([
    ['999999999999.00', '0.95', 2, 'too_large'],
    ['999999999999.999999', '0.95', 1, 'too_large'],
    ['0.0101', '0.9333', 101, 'inexact'],
  ])('of %s × %s cannot be quoted for %i: %s', (unitPrice, multiplier, quantity, reason) => {
    const [tier] = tiers;
    for (const tierMode of ['volume', 'graduated'] as const) {
      const price = {
        ...graduated,
        tierMode,
        unitPrice,
        tiers: [{ fromQuantityExclusive: 100, ...tier, multiplier }],
      };
      const usage = { platform: price.platform, operation: 'follow', quantity, memberLevel: 'none' as const };
      expect(quote({ ...book, prices: [price] }, usage)).toMatchObject({ code: 'no_price', reason });
    }
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

  it('is refused when the largest quantity of a price could not be written, or two tiers begin at one number', () => {
    const price = {
      ...graduated,
      unitPrice: '1000000.00',
      tiers: [
        { fromQuantityExclusive: 100, multiplier: '0.95' },
        { fromQuantityExclusive: 100, multiplier: '0.90' },
      ],
    };
    expect(priceBookProblems({ ...book, prices: [price] })).toEqual([
      { path: 'prices.0.unitPrice', message: expect.stringContaining('1000000 of it') },
      { path: 'prices.0.tiers.1.fromQuantityExclusive', message: 'two tiers begin at 100' },
    ]);
  });

  it('is refused when it prices the same operation twice', () => {
    expect(priceBookProblems({ ...book, prices: [...book.prices, ...book.prices.slice(0, 1)] })).toHaveLength(
      1,
    );
  });
});

function anyBook(tierMode?: PriceEntry['tierMode']): fc.Arbitrary<PriceBook> {
  const multiplier = fc.integer({ min: 1, max: 100 }).map((percent) => (percent / 100).toFixed(2));
  return fc
    .record({
      cents: fc.integer({ min: 1, max: 100_000 }),
      tiers: fc.uniqueArray(
        fc.record({ fromQuantityExclusive: fc.integer({ min: 0, max: 5_000 }), multiplier }),
        { maxLength: 4, selector: (tier) => tier.fromQuantityExclusive },
      ),
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
          ...(tierMode === undefined ? {} : { tierMode }),
        },
      ],
      memberDiscounts: member === null ? [] : [{ level: 'premium' as const, multiplier: member }],
    }));
}
