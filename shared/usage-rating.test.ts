import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsagePrice, type PriceBook, type Usage } from './api-prices.ts';
import { assetUnits } from './assets.ts';
import { priceBookProblems } from './rating.ts';
import { partAmount, quoteUsage, rateUsage, usagePriceProblems } from './usage-rating.ts';

const head = { effectiveAt: '2026-01-01T00:00:00.000Z' };
const perThousand: UsagePrice = {
  ...head,
  platform: 'dashscope',
  operation: 'qwen_max',
  asset: 'CNY',
  strategy: 'tokens',
  per: 1_000,
  inputPrice: '0.002',
  outputPrice: '0.008',
};
const perMillion: UsagePrice = {
  ...perThousand,
  platform: 'openai',
  operation: 'gpt_4',
  per: 1_000_000,
  inputPrice: '5.00',
  outputPrice: '15.00',
  minimum: '0.01',
};
/** A point for each 10 seconds begun, at least 1; a character is spoken in a quarter of a second. */
const speech: UsagePrice = {
  ...head,
  platform: 'studio',
  operation: 'speech',
  asset: 'POINT',
  strategy: 'duration',
  unitMs: 10_000,
  unitPrice: '1',
  minimum: '1',
  estimate: { from: 'characters', msPerCharacter: 250 },
};
/** 3 points for each second begun, at least 10. */
const video: UsagePrice = {
  ...speech,
  operation: 'video',
  unitMs: 1_000,
  unitPrice: '3',
  minimum: '10',
  estimate: { from: 'input_duration' },
};
const script: UsagePrice = {
  ...head,
  platform: 'studio',
  operation: 'script',
  asset: 'POINT',
  strategy: 'fixed',
  price: '5',
};
const upload: UsagePrice = {
  ...head,
  platform: 'studio',
  operation: 'upload',
  asset: 'POINT',
  strategy: 'free',
};
const usagePrices = [perThousand, perMillion, speech, video, script, upload];
const book: PriceBook = {
  version: 7,
  updatedAt: head.effectiveAt,
  stacking: 'best',
  prices: [],
  memberDiscounts: [],
  usagePrices,
};

const tokens = (inputTokens: number, outputTokens: number): Usage => ({
  kind: 'tokens',
  inputTokens,
  outputTokens,
});
const seconds = (count: number): Usage => ({ kind: 'duration', durationMs: count * 1_000 });
const uses = (count: number): Usage => ({ kind: 'uses', count });

describe('a use', () => {
  it.each<[what: string, total: string, price: UsagePrice, usage: Usage]>([
    ['1,000 tokens in at 0.002 and 500 out at 0.008 a thousand', '0.006', perThousand, tokens(1_000, 500)],
    ['one token at 0.002 a thousand', '0.000002', perThousand, tokens(1, 0)],
    ['no token without a minimum', '0.00', perThousand, tokens(0, 0)],
    ['the most tokens', '10000.00', perThousand, tokens(1_000_000_000, 1_000_000_000)],
    ['1,000 tokens in at 5 and 500 out at 15 a million', '0.0125', perMillion, tokens(1_000, 500)],
    ['1,000 tokens in at 5 a million, 0.005, under a minimum', '0.01', perMillion, tokens(1_000, 0)],
    ['no token under a minimum', '0.01', perMillion, tokens(0, 0)],
    ['no speech', '1', speech, seconds(0)],
    ['10 seconds of speech', '1', speech, seconds(10)],
    ['10.001 seconds of speech', '2', speech, { kind: 'duration', durationMs: 10_001 }],
    ['speech of 40 characters, 10 seconds', '1', speech, { kind: 'characters', characters: 40 }],
    ['speech of 41 characters, 10.25 seconds', '2', speech, { kind: 'characters', characters: 41 }],
    ['speech of 1,000 characters, 250 seconds', '25', speech, { kind: 'characters', characters: 1_000 }],
    ['3 seconds of video, 9 points, under a minimum', '10', video, seconds(3)],
    ['12.3 seconds of video, 13 begun', '39', video, { kind: 'duration', durationMs: 12_300 }],
    ['video of a minute, as its input is', '180', video, { kind: 'input_duration', durationMs: 60_000 }],
    ['a script', '5', script, uses(1)],
    ['three scripts', '15', script, uses(3)],
    ['a script, told in tokens', '5', script, tokens(1_000, 500)],
    ['three uploads', '0', upload, uses(3)],
    ['an upload, told in seconds', '0', upload, seconds(100)],
  ])('of %s costs %s', (_what, total, price, usage) => {
    const { platform, operation, asset } = price;
    expect(quoteUsage(book, { platform, operation, usage })).toMatchObject({
      asset,
      total,
      pricingVersion: 7,
    });
  });

  it('is rounded once, half-up, for input and output together', () => {
    const price: UsagePrice = { ...perMillion, inputPrice: '0.40', outputPrice: '0.10', minimum: '0.00' };
    // 0.4 + 0.1 of a micro-yuan.
    expect(rateUsage(price, tokens(1, 1))?.amount).toBe(1n);
    expect(rateUsage(price, tokens(1, 0))?.amount).toBe(0n);
    expect(rateUsage(price, tokens(0, 4))?.amount).toBe(0n);
    expect(rateUsage(price, tokens(0, 5))?.amount).toBe(1n);
  });

  it('is explained step by step, with what was considered and did not count', () => {
    const spoken = quoteUsage(book, { ...speech, usage: { kind: 'characters', characters: 41 } });
    expect(spoken).toMatchObject({
      strategy: 'duration',
      steps: [
        { kind: 'estimate', amount: '0', quantity: 41, durationMs: 10_250, unitMs: 250 },
        { kind: 'duration', amount: '2', quantity: 2, price: '1', durationMs: 10_250, unitMs: 10_000 },
        { kind: 'minimum', applied: false, reason: 'not_below', amount: '0', price: '1' },
      ],
    });
    const asked = quoteUsage(book, { ...perMillion, usage: tokens(1_000, 100) });
    expect(asked).toMatchObject({
      total: '0.01',
      steps: [
        { kind: 'input_tokens', amount: '0.005', quantity: 1_000, price: '5.00', per: 1_000_000 },
        { kind: 'output_tokens', amount: '0.0015', quantity: 100, price: '15.00', per: 1_000_000 },
        { kind: 'minimum', applied: true, reason: 'applied', amount: '0.0035', price: '0.01' },
      ],
    });
  });

  it('has no price where the book has none, or has one by something else', () => {
    const nobody = { platform: 'studio', operation: 'dance', usage: uses(1) };
    expect(quoteUsage(book, nobody)).toEqual({ code: 'no_price', platform: 'studio', operation: 'dance' });
    const { usagePrices: _, ...older } = book;
    expect(quoteUsage(older, nobody)).toMatchObject({ code: 'no_price' });
    for (const [{ platform, operation }, usage] of [
      [perThousand, seconds(1)],
      [perThousand, uses(1)],
      [speech, tokens(1, 1)],
      [speech, { kind: 'input_duration', durationMs: 1 }],
      [video, { kind: 'characters', characters: 1 }],
    ] as const)
      expect(quoteUsage(book, { platform, operation, usage })).toMatchObject({ code: 'other_usage' });
  });

  it('has steps that add up to the total, and costs no less when there is more of it, whatever the price', () => {
    fc.assert(
      fc.property(anyPriceAndUses, ([price, less, more]) => {
        const rated = rateUsage(price, more);
        const sum = rated?.steps.reduce((total, step) => total + assetUnits(price.asset, step.amount), 0n);
        expect(sum).toBe(rated?.amount);
        expect((rateUsage(price, less)?.amount ?? -1n) <= (rated?.amount ?? -2n)).toBe(true);
      }),
    );
  });
});

describe('parts of a use', () => {
  it('add up to the whole however it is split, and none is below zero, whatever the price', () => {
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 500 });
    fc.assert(
      fc.property(anyPriceAndUses, cuts, ([price, , whole], places) => {
        const stages = [...places.toSorted((a, b) => a - b), 1].map((place) => portion(whole, place));
        let before: Usage | null = null;
        let paid = 0n;
        for (const stage of stages) {
          const part = partAmount(price, before, stage) ?? -1n;
          expect(part >= 0n).toBe(true);
          paid += part;
          before = stage;
        }
        expect(paid).toBe(rateUsage(price, whole)?.amount);
      }),
    );
  });

  it('pay a minimum once: the first part all of it, the next only what is beyond', () => {
    expect(partAmount(perMillion, null, tokens(1_000, 0))).toBe(10_000n);
    expect(partAmount(perMillion, tokens(1_000, 0), tokens(1_000, 300))).toBe(0n);
    expect(partAmount(perMillion, tokens(1_000, 300), tokens(1_000, 500))).toBe(2_500n);
    expect(partAmount(perMillion, null, uses(1))).toBeNull();
  });
});

describe('a price book', () => {
  it.each<[what: string, field: string, price: UsagePrice]>([
    ['half a point', 'unitPrice', { ...speech, unitPrice: '0.5' }],
    ['points with decimals', 'minimum', { ...speech, minimum: '1.00' }],
    ['a use that the most of could not be written', 'price', { ...script, price: '999999999999' }],
    ['input tokens that the most of could not', 'inputPrice', { ...perThousand, inputPrice: '500000.00' }],
    ['output tokens that the most of could not', 'outputPrice', { ...perThousand, outputPrice: '500000.00' }],
    ['a duration the longest of which could not', 'unitPrice', { ...video, unitMs: 1, unitPrice: '1000' }],
    [
      'a text the longest of which could not',
      'unitPrice',
      { ...speech, unitPrice: '20000000', estimate: { from: 'characters', msPerCharacter: 60_000 } },
    ],
  ])('is refused for %s, by the path of %s', (what, field, price) => {
    const message = expect.stringContaining(
      what.includes('point') ? 'whole units only' : 'cannot be written',
    );
    expect(priceBookProblems({ ...book, usagePrices: [upload, price] })).toEqual([
      { path: `usagePrices.1.${field}`, message },
    ]);
  });

  it('may have these prices, each once, and none that a follow has', () => {
    expect(priceBookProblems(book)).toEqual([]);
    for (const price of usagePrices) expect(UsagePrice.parse(price)).toEqual(price);
    expect(priceBookProblems({ ...book, usagePrices: [script, script] })).toMatchObject([
      { path: 'usagePrices.1', message: 'studio/script is priced twice' },
    ]);
    const follow = { ...head, platform: 'studio', operation: 'script', unitPrice: '1.00', tiers: [] };
    expect(priceBookProblems({ ...book, prices: [follow] })).toMatchObject([{ path: 'usagePrices.4' }]);
  });

  it('that is accepted has no use that could not be written', () => {
    fc.assert(
      fc.property(anyPriceAndUses, ([price, , usage]) => {
        fc.pre(priceBookProblems({ ...book, usagePrices: [price] }).length === 0);
        const most = assetUnits(price.asset, '999999999999');
        expect((rateUsage(price, usage)?.amount ?? -1n) <= most).toBe(true);
      }),
    );
  });
});

/** The same kind of usage, so much of it. */
function portion(usage: Usage, share: number): Usage {
  const of = (number: number): number => Math.floor(number * share);
  switch (usage.kind) {
    case 'tokens':
      return tokens(of(usage.inputTokens), of(usage.outputTokens));
    case 'duration':
    case 'input_duration':
      return { ...usage, durationMs: of(usage.durationMs) };
    case 'characters':
      return { ...usage, characters: of(usage.characters) };
    case 'uses':
      return { ...usage, count: of(usage.count) };
    default:
      return usage satisfies never;
  }
}

/** A price that a book may have, and less and more of one usage that fits it. */
const anyPriceAndUses: fc.Arbitrary<readonly [UsagePrice, Usage, Usage]> = fc
  .oneof(anyTokenPrice(), anyDurationPrice(), anyPiecePrice())
  .filter(([price]) => usagePriceProblems(price).length === 0)
  .chain(([price, usage]) =>
    fc
      .tuple(usage, fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([more, share]) => [price, portion(more, share), more] as const),
  );

type PriceAndUsage = readonly [UsagePrice, fc.Arbitrary<Usage>];

function anyAmount(asset: string): fc.Arbitrary<string> {
  const whole = fc.nat(10_000);
  if (asset !== 'CNY') return whole.map(String);
  return fc
    .tuple(whole, fc.nat(999_999))
    .map(([units, micros]) => `${units}.${`${micros}`.padStart(6, '0')}`);
}

function anyTokenPrice(): fc.Arbitrary<PriceAndUsage> {
  const usage = fc
    .tuple(fc.nat(1_000_000_000), fc.nat(1_000_000_000))
    .map(([input, output]) => tokens(input, output));
  return anyAsset((asset) =>
    fc
      .record({
        per: fc.constantFrom(1_000 as const, 1_000_000 as const),
        inputPrice: anyAmount(asset),
        outputPrice: anyAmount(asset),
        minimum: anyAmount(asset),
      })
      .map((numbers) => [{ ...perThousand, asset, ...numbers }, usage] as const),
  );
}

function anyDurationPrice(): fc.Arbitrary<PriceAndUsage> {
  const estimate = { from: 'characters' as const, msPerCharacter: 250 };
  const usage = fc.oneof(
    fc.nat(86_400_000).map((durationMs): Usage => ({ kind: 'duration', durationMs })),
    fc.nat(1_000_000).map((characters): Usage => ({ kind: 'characters', characters })),
  );
  return anyAsset((asset) =>
    fc
      .record({
        unitMs: fc.integer({ min: 1, max: 100_000 }),
        unitPrice: anyAmount(asset),
        minimum: anyAmount(asset),
      })
      .map((numbers) => [{ ...speech, asset, estimate, ...numbers }, usage] as const),
  );
}

function anyPiecePrice(): fc.Arbitrary<PriceAndUsage> {
  const usage = fc.nat(1_000_000).map(uses);
  return anyAsset((asset) =>
    fc.oneof(
      anyAmount(asset).map((price) => [{ ...script, asset, price }, usage] as const),
      fc.constant([{ ...upload, asset }, usage] as const),
    ),
  );
}

function anyAsset(of: (asset: string) => fc.Arbitrary<PriceAndUsage>): fc.Arbitrary<PriceAndUsage> {
  return fc.constantFrom('CNY', 'POINT', 'TEXT_TOKEN').chain(of);
}
