/** Prices and what a campaign or a use comes to under them: a part of the HTTP contract (api.ts), under the same rules. */
import { z } from 'zod';
import {
  Amount,
  Asset,
  Instant,
  MemberLevel,
  Multiplier,
  NotNegativeAmount,
  Operation,
  Platform,
  PositiveAmount,
  Quantity,
  publishing,
} from './api-words.ts';
import { tokensMax } from './metering-names.ts';

export const PriceTier = z.object({ fromQuantityExclusive: z.int().min(0), multiplier: Multiplier });
export const PriceEntry = z.object({
  platform: Platform,
  operation: Operation,
  unitPrice: PositiveAmount,
  effectiveAt: Instant,
  tiers: z.array(PriceTier).max(20),
  /** `volume`, also when absent: the tier that is reached holds for every unit. `graduated`: each for its own units. */
  tierMode: z.enum(['volume', 'graduated']).optional(),
});
export type PriceEntry = z.infer<typeof PriceEntry>;

/** An amount of an asset, zero or more: yuan of CNY, whole units of any other. */
export const AssetAmount = NotNegativeAmount;
const usagePriceHead = { platform: Platform, operation: Operation, asset: Asset, effectiveAt: Instant };
/** What is paid by use, not by the piece: see usage-rating.ts. */
export const UsagePrice = z.discriminatedUnion('strategy', [
  z.strictObject({
    ...usagePriceHead,
    strategy: z.literal('tokens'),
    /** How many tokens the two prices are for. */
    per: z.union([z.literal(1_000), z.literal(1_000_000)]),
    inputPrice: AssetAmount,
    outputPrice: AssetAmount,
    minimum: AssetAmount.optional(),
  }),
  z.strictObject({
    ...usagePriceHead,
    strategy: z.literal('duration'),
    /** A unit that is begun is paid whole. */
    unitMs: z.int().min(1).max(86_400_000),
    unitPrice: AssetAmount,
    minimum: AssetAmount.optional(),
    /** What a quote may be asked by before the duration is known; absent: by the duration alone. */
    estimate: z
      .discriminatedUnion('from', [
        z.strictObject({ from: z.literal('characters'), msPerCharacter: z.int().min(1).max(60_000) }),
        z.strictObject({ from: z.literal('input_duration') }),
      ])
      .optional(),
  }),
  z.strictObject({ ...usagePriceHead, strategy: z.literal('fixed'), price: AssetAmount }),
  z.strictObject({ ...usagePriceHead, strategy: z.literal('free') }),
]);
export type UsagePrice = z.infer<typeof UsagePrice>;

export const MemberDiscount = z.object({ level: MemberLevel, multiplier: Multiplier });
export const Stacking = z.enum(['best', 'multiply']);
export const PriceBook = z.object({
  version: z.int().min(1),
  updatedAt: Instant,
  stacking: Stacking,
  prices: z.array(PriceEntry),
  memberDiscounts: z.array(MemberDiscount),
  usagePrices: z.array(UsagePrice).optional(),
});
export type PriceBook = z.infer<typeof PriceBook>;

export const QuoteBody = z.strictObject({ platform: Platform, operation: Operation, quantity: Quantity });
export type QuoteBody = z.infer<typeof QuoteBody>;
export const QuoteStep = z.object({
  kind: z.enum(['bulk', 'member']),
  multiplier: Multiplier,
  applied: z.boolean(),
  reason: z.enum(['applied', 'quantity_too_small', 'not_a_member', 'another_is_better']),
  /** What this step took off, in whole cents: zero or negative. Subtotal plus all of them is the total. */
  amount: Amount,
  fromQuantityExclusive: z.int().optional(),
  level: MemberLevel.optional(),
});
export type QuoteStep = z.infer<typeof QuoteStep>;
export const Quote = z.object({
  platform: Platform,
  operation: Operation,
  quantity: Quantity,
  unitPrice: Amount,
  subtotal: Amount,
  steps: z.array(QuoteStep),
  /** The price of one after discounts, exact; charges are cut from it (see rating.ts). */
  unitNet: Amount,
  /** Where graduated tiers count: the price of each unit beyond a number, the first from 0 and equal to `unitNet`. */
  slices: z.array(z.object({ fromQuantityExclusive: z.int().min(0), unitNet: Amount })).optional(),
  total: Amount,
  pricingVersion: z.int(),
});
export type Quote = z.infer<typeof Quote>;

/** The longest that one use may last, and the longest text that one may be estimated from. */
export const usageMsMax = 31 * 86_400_000;
export const charactersMax = 10_000_000;
export const Tokens = z.int().min(0).max(tokensMax);
export const UsageMs = z.int().min(0).max(usageMsMax);
/** What was used; `characters` and `input_duration` are what is known of a duration before there is one. */
export const Usage = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tokens'), inputTokens: Tokens, outputTokens: Tokens }),
  z.strictObject({ kind: z.literal('duration'), durationMs: UsageMs }),
  z.strictObject({ kind: z.literal('characters'), characters: z.int().min(1).max(charactersMax) }),
  z.strictObject({ kind: z.literal('input_duration'), durationMs: UsageMs.min(1) }),
  z.strictObject({ kind: z.literal('uses'), count: Quantity }),
]);
export type Usage = z.infer<typeof Usage>;
export const UsageQuoteBody = z.strictObject({ platform: Platform, operation: Operation, usage: Usage });
export const UsageStep = z.object({
  kind: z.enum(['estimate', 'input_tokens', 'output_tokens', 'duration', 'fixed', 'free', 'minimum']),
  applied: z.boolean(),
  reason: z.enum(['applied', 'not_below']),
  /** What this step adds, in the asset; all of them are the total. */
  amount: Amount,
  /** Tokens, units begun, uses, or the characters of an estimate. */
  quantity: z.int().optional(),
  /** The price of one, or of `per` of them; of a minimum, the minimum. */
  price: Amount.optional(),
  per: z.int().optional(),
  /** The duration that was used or estimated, and how long a unit of it is. */
  durationMs: z.int().optional(),
  unitMs: z.int().optional(),
});
export type UsageStep = z.infer<typeof UsageStep>;
export const UsageQuote = z.object({
  platform: Platform,
  operation: Operation,
  asset: Asset,
  strategy: z.enum(['tokens', 'duration', 'fixed', 'free']),
  usage: Usage,
  steps: z.array(UsageStep),
  total: Amount,
  pricingVersion: z.int(),
});
export type UsageQuote = z.infer<typeof UsageQuote>;
/** What a price book says. */
export const PricingContent = z.strictObject({
  stacking: Stacking,
  prices: z.array(PriceEntry.strict()).min(1).max(200),
  memberDiscounts: z.array(MemberDiscount.strict()).max(20),
  usagePrices: z.array(UsagePrice).max(200).optional(),
});
export const PutPricingBody = PricingContent.extend(publishing);
