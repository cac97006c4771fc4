/** AI calls: models, what they cost, and what was used. A part of the HTTP contract (api.ts), under the same rules. */
import { z } from 'zod';
import { AssetAmount, Tokens, UsageQuote } from './api-prices.ts';
import { CatalogueId, LocalName } from './api-selling.ts';
import {
  Amount,
  AmountSum,
  Asset,
  HappenedAt,
  Instant,
  OperationId,
  Problem,
  publishing,
} from './api-words.ts';
import { modelIdPattern, usageBatchMax } from './metering-names.ts';

// ── AI calls ────────────────────────────────────────────────────────────────────────────────────────────────

export const ModelId = z.string().regex(modelIdPattern);

export const Provider = z.strictObject({ id: CatalogueId, name: LocalName });
export const Model = z.strictObject({ id: ModelId, provider: CatalogueId });
/** What a model costs, in money, from a time on. */
export const ModelPrice = z.strictObject({
  model: ModelId,
  effectiveAt: Instant,
  /** How many tokens the two prices are for. */
  per: z.union([z.literal(1_000), z.literal(1_000_000)]),
  inputPrice: AssetAmount,
  outputPrice: AssetAmount,
  /** What a call costs at the least. */
  minimum: AssetAmount.optional(),
});
export type ModelPrice = z.infer<typeof ModelPrice>;
/** Something that calls a model, and what pays for it. */
export const MeteredProduct = z.strictObject({
  id: CatalogueId,
  name: LocalName,
  model: ModelId,
  /** In this order, each what it has left: a unit of any asset is a token; money, if it is to pay, comes last. */
  paidBy: z.array(Asset).min(1).max(5),
});
export type MeteredProduct = z.infer<typeof MeteredProduct>;
export const MeteringContent = z.strictObject({
  providers: z.array(Provider).max(50),
  models: z.array(Model).max(500),
  prices: z.array(ModelPrice).max(2_000),
  products: z.array(MeteredProduct).max(200),
});
export type MeteringContent = z.infer<typeof MeteringContent>;
export const PutMeteringCatalogueBody = MeteringContent.extend(publishing);
export const MeteringCatalogue = z.object({
  version: z.int().min(1),
  publishedAt: Instant,
  ...MeteringContent.shape,
});
export type MeteringCatalogue = z.infer<typeof MeteringCatalogue>;

export const MeteringCheckBody = z.strictObject({ product: CatalogueId });
/** A call may begin. What would refuse it is a problem instead. */
export const MeteringCheck = z.object({
  product: CatalogueId,
  model: ModelId,
  /** The version of the catalogue that this was answered by. */
  version: z.int(),
  /** The model's price in force; absent: it runs, and its tokens are not charged in money. */
  price: ModelPrice.optional(),
  /** What would pay, in its order, with what there is of it now. */
  paidBy: z.array(z.object({ asset: Asset, available: Amount })),
});
export type MeteringCheck = z.infer<typeof MeteringCheck>;

/** How a call ended. Whatever it was, what had been delivered by then is charged. */
export const CallOutcome = z.enum(['finished', 'cut_by_client', 'cut_by_server', 'error']);
export type CallOutcome = z.infer<typeof CallOutcome>;
export const UsageBody = z.strictObject({
  id: OperationId,
  product: CatalogueId,
  /** The model that answered, which is the one that is charged. */
  model: ModelId,
  inputTokens: Tokens,
  outputTokens: Tokens,
  startedAt: HappenedAt,
  endedAt: HappenedAt,
  outcome: CallOutcome,
  /** False: the provider did not say what was used, and the tokens are an estimate. */
  usageKnown: z.boolean(),
});
export type UsageBody = z.infer<typeof UsageBody>;
export const UsageWarning = z.enum(['no_product', 'no_price', 'other_model']);
/** A call that was told. */
export const MeteredUsage = z.object({
  ...UsageBody.omit({ usageKnown: true }).shape,
  /** The tokens are an estimate. */
  estimated: z.boolean(),
  /** `uncharged`: nothing had a price for it; `unpaid`: it is owed, for there was not enough. */
  state: z.enum(['charged', 'uncharged', 'unpaid']),
  /** What finance should look at: an unknown product, a model without a price or beside the product's. */
  warning: UsageWarning.optional(),
  /** The version of the catalogue that it was charged by; absent before the first. */
  version: z.int().optional(),
  /** What paid, each with its transaction. */
  paid: z.array(z.object({ asset: Asset, amount: Amount, transactionId: z.uuid() })),
  /** What is still to be paid. */
  owed: z.array(z.object({ asset: Asset, amount: Amount })),
  recordedAt: Instant,
});
export type MeteredUsage = z.infer<typeof MeteredUsage>;
const AssetSum = z.object({ asset: Asset, amount: AmountSum });
/** A call with how each part of what it costs came about. */
export const MeteredUsageDetail = z.object({
  usage: MeteredUsage,
  parts: z.array(
    z.object({
      ...AssetSum.shape,
      state: z.enum(['paid', 'owed']),
      /** Tokens that it pays for. */
      quantity: z.int(),
      /** Of what is paid. */
      transactionId: z.uuid().optional(),
      /** Absent where it is units, each of which is a token. */
      rating: UsageQuote.optional(),
    }),
  ),
});
export type MeteredUsageDetail = z.infer<typeof MeteredUsageDetail>;
/** A month of the account's calendar. */
export const Month = z
  .string()
  .regex(/^(?:19[7-9]\d|2\d{3})-(?:0[1-9]|1[0-2])$/, 'a month such as "2026-11"');
/** Sums have no largest, so tokens are text. */
const TokenSum = z.string().regex(/^\d+$/);
const usageSums = {
  calls: z.int(),
  uncharged: z.int(),
  unpaid: z.int(),
  inputTokens: TokenSum,
  outputTokens: TokenSum,
  paid: z.array(AssetSum),
  owed: z.array(AssetSum),
};
export const UsageTotals = z.object({
  month: Month,
  timeZone: z.string(),
  total: z.object(usageSums),
  /** By product and model, the most called first; at most 500. */
  groups: z.array(z.object({ product: CatalogueId, model: ModelId, ...usageSums })),
  /** All that is unpaid, of whatever month. */
  unpaid: z.object({ calls: z.int(), owed: z.array(AssetSum) }),
  asOf: Instant,
});
export type UsageTotals = z.infer<typeof UsageTotals>;
export const UsageBatchBody = z.strictObject({ usages: z.array(UsageBody).min(1).max(usageBatchMax) });
export const UsageResult = z.object({
  id: OperationId,
  status: z.enum(['recorded', 'replayed', 'rejected']),
  usage: MeteredUsage.optional(),
  problem: Problem.optional(),
});
export type UsageResult = z.infer<typeof UsageResult>;
export const UsageBatchResults = z.object({ results: z.array(UsageResult) });
/** All usages of all accounts that something was wrong with in the same way. */
export const MeteringWarning = z.object({
  kind: UsageWarning,
  product: CatalogueId,
  model: ModelId,
  count: z.int().min(1),
  /** Of all of them together, as text: sums have no largest. */
  inputTokens: z.string().regex(/^\d+$/),
  outputTokens: z.string().regex(/^\d+$/),
  firstAt: Instant,
  lastAt: Instant,
});
export type MeteringWarning = z.infer<typeof MeteringWarning>;
