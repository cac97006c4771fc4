/**
 * Turns a price and a use, in tokens, time or pieces, into an amount with its explanation: what rating.ts is for
 * follows. Amounts are whole in the smallest unit of the price's asset, micro-yuan or one. Pure, and without a
 * floating-point number. It must never read a clock, a store or a network.
 */
import {
  charactersMax,
  usageMsMax,
  type PriceBook,
  type Usage,
  type UsagePrice,
  type UsageQuote,
  type UsageStep,
} from './api-prices.ts';
import { quantityMax } from './api-words.ts';
import { assetText, assetUnits } from './assets.ts';
import { tokensMax } from './metering-names.ts';
import { amountLimit, roundedQuotient } from './money.ts';

type TokenPrice = Extract<UsagePrice, { strategy: 'tokens' }>;
type DurationPrice = Extract<UsagePrice, { strategy: 'duration' }>;

/** A use that cannot be priced: the book has no such service, or prices it by something else. */
export interface NoUsagePrice {
  readonly code: 'no_price' | 'other_usage';
  readonly platform: string;
  readonly operation: string;
}

export interface RatedUsage {
  /** In the smallest unit of the asset; the sum of the steps. */
  readonly amount: bigint;
  readonly steps: readonly UsageStep[];
}

/** Works out what a use costs by a book. */
export function quoteUsage(
  book: PriceBook,
  asked: { readonly platform: string; readonly operation: string; readonly usage: Usage },
): UsageQuote | NoUsagePrice {
  const { platform, operation, usage } = asked;
  const price = book.usagePrices?.find((p) => p.platform === platform && p.operation === operation);
  if (price === undefined) return { code: 'no_price', platform, operation };
  const rated = rateUsage(price, usage);
  if (rated === null) return { code: 'other_usage', platform, operation };
  const { asset, strategy } = price;
  return {
    platform,
    operation,
    asset,
    strategy,
    usage,
    steps: [...rated.steps],
    total: assetText(asset, rated.amount),
    pricingVersion: book.version,
  };
}

/** One use of the price's service; null when the price is by another kind of usage. */
export function rateUsage(price: UsagePrice, usage: Usage): RatedUsage | null {
  switch (price.strategy) {
    case 'tokens':
      return usage.kind === 'tokens' ? rateTokens(price, usage) : null;
    case 'duration':
      return rateDuration(price, usage);
    case 'fixed':
    case 'free':
      return rateUses(price, usage);
    default:
      return price satisfies never;
  }
}

/**
 * What a part of one use costs, from all that was used before it (null: nothing) to all that was used with it: the
 * one amount less the other. So however a use is split, the parts add up to the whole, minimum included. Null when
 * the price is by another kind of usage.
 */
export function partAmount(price: UsagePrice, before: Usage | null, withPart: Usage): bigint | null {
  const paid = before === null ? { amount: 0n } : rateUsage(price, before);
  const due = rateUsage(price, withPart);
  return paid === null || due === null ? null : due.amount - paid.amount;
}

function rateTokens(price: TokenPrice, usage: Extract<Usage, { kind: 'tokens' }>): RatedUsage {
  const { asset, per, inputPrice, outputPrice } = price;
  const input = assetUnits(asset, inputPrice) * BigInt(usage.inputTokens);
  const output = assetUnits(asset, outputPrice) * BigInt(usage.outputTokens);
  // Rounded together: two halves of a unit are one unit, not two.
  const ofInput = roundedQuotient(input, BigInt(per));
  const ofBoth = roundedQuotient(input + output, BigInt(per));
  return withMinimum(price, [
    taken(asset, 'input_tokens', ofInput, { quantity: usage.inputTokens, price: inputPrice, per }),
    taken(asset, 'output_tokens', ofBoth - ofInput, {
      quantity: usage.outputTokens,
      price: outputPrice,
      per,
    }),
  ]);
}

function rateDuration(price: DurationPrice, usage: Usage): RatedUsage | null {
  const { asset, unitMs, unitPrice, estimate } = price;
  const steps: UsageStep[] = [];
  let durationMs: number;
  if (usage.kind === 'duration') {
    durationMs = usage.durationMs;
  } else if (usage.kind === 'characters' && estimate?.from === 'characters') {
    durationMs = usage.characters * estimate.msPerCharacter;
    const how = { quantity: usage.characters, durationMs, unitMs: estimate.msPerCharacter };
    steps.push(taken(asset, 'estimate', 0n, how));
  } else if (usage.kind === 'input_duration' && estimate?.from === 'input_duration') {
    durationMs = usage.durationMs;
    steps.push(taken(asset, 'estimate', 0n, { durationMs }));
  } else {
    return null;
  }
  const units = unitsBegun(durationMs, unitMs);
  const how = { quantity: Number(units), price: unitPrice, durationMs, unitMs };
  steps.push(taken(asset, 'duration', units * assetUnits(asset, unitPrice), how));
  return withMinimum(price, steps);
}

/** A unit that is begun counts whole. */
function unitsBegun(durationMs: number, unitMs: number): bigint {
  return (BigInt(durationMs) + BigInt(unitMs) - 1n) / BigInt(unitMs);
}

/** Priced alike whatever was used, so that a service whose price becomes fixed or free need not be called otherwise. */
function rateUses(price: Extract<UsagePrice, { strategy: 'fixed' | 'free' }>, usage: Usage): RatedUsage {
  const quantity = usage.kind === 'uses' ? usage.count : 1;
  if (price.strategy === 'free') return { amount: 0n, steps: [taken(price.asset, 'free', 0n, { quantity })] };
  const amount = assetUnits(price.asset, price.price) * BigInt(quantity);
  return { amount, steps: [taken(price.asset, 'fixed', amount, { quantity, price: price.price })] };
}

function taken(
  asset: string,
  kind: UsageStep['kind'],
  amount: bigint,
  how: Pick<UsageStep, 'quantity' | 'price' | 'per' | 'durationMs' | 'unitMs'>,
): UsageStep {
  return { kind, applied: true, reason: 'applied', amount: assetText(asset, amount), ...how };
}

function withMinimum(price: TokenPrice | DurationPrice, steps: UsageStep[]): RatedUsage {
  const { asset, minimum } = price;
  const amount = steps.reduce((sum, step) => sum + assetUnits(asset, step.amount), 0n);
  if (minimum === undefined) return { amount, steps };
  const lacking = assetUnits(asset, minimum) - amount;
  const applied = lacking > 0n;
  const step: UsageStep = {
    kind: 'minimum',
    applied,
    reason: applied ? 'applied' : 'not_below',
    amount: assetText(asset, applied ? lacking : 0n),
    price: minimum,
  };
  return { amount: applied ? amount + lacking : amount, steps: [...steps, step] };
}

/** What a schema cannot check, by the price's own fields: whole units, and that the largest use can be written. */
export function usagePriceProblems(price: UsagePrice): { field: string; message: string }[] {
  const texts = amountsOf(price);
  const broken = texts.filter(({ text }) => price.asset !== 'CNY' && !/^\d+$/.test(text));
  if (broken.length > 0)
    return broken.map(({ field }) => ({ field, message: `${price.asset} has whole units only` }));
  const limit = assetUnits(price.asset, '1') * amountLimit;
  return texts
    .filter(({ text, largest }) => assetUnits(price.asset, text) * largest >= limit)
    .map(({ field }) => ({ field, message: 'the largest use cannot be written as an amount' }));
}

/** Each amount of a price, with how many times the largest use takes it; two that are added take twice as many. */
function amountsOf(price: UsagePrice): { field: string; text: string; largest: bigint }[] {
  switch (price.strategy) {
    case 'tokens': {
      const largest = (2n * BigInt(tokensMax)) / BigInt(price.per);
      return [
        { field: 'inputPrice', text: price.inputPrice, largest },
        { field: 'outputPrice', text: price.outputPrice, largest },
        ...minimumOf(price),
      ];
    }
    case 'duration': {
      const { estimate, unitMs } = price;
      const fromText = estimate?.from === 'characters' ? charactersMax * estimate.msPerCharacter : 0;
      const largest = unitsBegun(Math.max(usageMsMax, fromText), unitMs);
      return [{ field: 'unitPrice', text: price.unitPrice, largest }, ...minimumOf(price)];
    }
    case 'fixed':
      return [{ field: 'price', text: price.price, largest: BigInt(quantityMax) }];
    case 'free':
      return [];
    default:
      return price satisfies never;
  }
}

function minimumOf({ minimum }: TokenPrice | DurationPrice): ReturnType<typeof amountsOf> {
  return minimum === undefined ? [] : [{ field: 'minimum', text: minimum, largest: 1n }];
}
