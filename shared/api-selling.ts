/**
 * Recharge orders, and what is sold beside follows: packages, quotas, points and memberships. A part of the HTTP contract
 * (api.ts), under the same rules.
 */
import { z } from 'zod';
import { AssetAmount, Tokens, UsageMs, UsageQuote, UsageQuoteBody } from './api-prices.ts';
import {
  Amount,
  Asset,
  HoldSeconds,
  Instant,
  MemberLevel,
  Operation,
  OperationId,
  Platform,
  PositiveAmount,
  Quantity,
  plainText,
  publishing,
} from './api-words.ts';
import { GrantSource, Transaction } from './api.ts';
import { catalogueIdPattern } from './metering-names.ts';

// ── Recharge orders ─────────────────────────────────────────────────────────────────────────────────────────

export const RechargeOrderBody = z.strictObject({
  id: OperationId,
  /** Whole cents. */
  amount: PositiveAmount,
  channel: z.literal('wechat_native'),
});
export const RechargeOrderState = z.enum(['pending', 'paid', 'closed', 'refunded']);
export const RechargeOrder = z.object({
  id: OperationId,
  channel: z.literal('wechat_native'),
  /** `refunded` once all of it was taken back; what became of each refund, its own state says. */
  state: RechargeOrderState,
  amount: Amount,
  /** What the payer scans; only while it can be paid. */
  codeUrl: z.string().optional(),
  createdAt: Instant,
  /** Until when it can be paid. */
  expiresAt: Instant,
  paidAt: Instant.optional(),
  /** The transaction that paid it in. */
  rechargeId: z.uuid().optional(),
  closedAt: Instant.optional(),
  /** Present and true where it was paid after it had been closed. */
  late: z.literal(true).optional(),
  refunded: Amount,
  refunds: z.array(
    z.object({
      id: OperationId,
      amount: Amount,
      reason: z.string(),
      /** `abnormal`: WeChat could not give it back, and a person has to see to it there. */
      state: z.enum(['processing', 'succeeded', 'closed', 'abnormal']),
      /** WeChat's code, where it did not take the refund; it is tried again. */
      problem: z.string().optional(),
      createdAt: Instant,
    }),
  ),
});
export type RechargeOrder = z.infer<typeof RechargeOrder>;
export const RechargeRefundBody = z.strictObject({
  id: OperationId,
  /** All that is left of the order when absent. */
  amount: PositiveAmount.optional(),
  reason: plainText(200),
});
/** Body of an `order` event. */
export const OrderEvent = z.object({ id: OperationId, state: RechargeOrderState });
// ── What is sold beside follows ─────────────────────────────────────────────────────────────────────────────

/** A number of whole units as text. */
export const Units = z.string().regex(/^(?:0|[1-9]\d{0,11})$/, 'a whole number as text, such as "120"');
/** What many come to: a sum has no largest. */
export const UnitsSum = z.string().regex(/^(?:0|[1-9]\d*)$/);
export const PositiveUnits = Units.refine((text) => text !== '0', 'must be more than zero');
/** Any asset but money. */
export const UnitAsset = Asset.refine((asset) => asset !== 'CNY', 'must not be money');
/** Names a product, a package or a plan. */
export const CatalogueId = z.string().regex(catalogueIdPattern);
/** As people read it, in each language of the desk. */
export const LocalName = z.strictObject({ 'zh-CN': plainText(60), 'en-US': plainText(60) });

/** Something that is paid for with a quota. */
export const Product = z.strictObject({
  id: CatalogueId,
  name: LocalName,
  asset: UnitAsset,
  /** `deduct_on_create`: taken when work begins, given back when it fails. `deduct_on_complete`: set aside until then. */
  policy: z.enum(['deduct_on_create', 'deduct_on_complete']),
  /** How long units are set aside for work that nobody ends. */
  holdSeconds: HoldSeconds,
});
export type Product = z.infer<typeof Product>;
/** Units that are bought with money. */
export const Package = z.strictObject({
  id: CatalogueId,
  name: LocalName,
  price: PositiveAmount,
  asset: UnitAsset,
  amount: PositiveUnits,
  /** What comes on top. */
  bonus: Units,
  validDays: z.int().min(1).max(3_650),
});
export type Package = z.infer<typeof Package>;
/** A membership by the month. */
export const Plan = z.strictObject({
  id: CatalogueId,
  name: LocalName,
  /** For a month. */
  price: PositiveAmount,
  level: MemberLevel,
  /** An upgrade goes to a plan of a higher one. */
  rank: z.int().min(0).max(100),
  /** Brought at each month's beginning, gone at its end. */
  quotas: z.array(z.strictObject({ asset: UnitAsset, amount: PositiveUnits })).max(10),
  /** How long the level stays after the end, for a renewal that comes late. */
  graceDays: z.int().min(0).max(28),
});
export type Plan = z.infer<typeof Plan>;
export const CatalogueContent = z.strictObject({
  products: z.array(Product).max(100),
  packages: z.array(Package).max(100),
  plans: z.array(Plan).max(20),
});
export type CatalogueContent = z.infer<typeof CatalogueContent>;
export const PutCatalogueBody = CatalogueContent.extend(publishing);
export const Catalogue = z.object({
  version: z.int().min(1),
  publishedAt: Instant,
  ...CatalogueContent.shape,
});
export type Catalogue = z.infer<typeof Catalogue>;

/** A batch of units; the one that ends first is used first. */
export const UnitBatch = z.object({
  id: z.uuid(),
  amount: Units,
  remaining: Units,
  source: z.string(),
  grantedAt: Instant,
  expiresAt: Instant.optional(),
});
export const Quota = z.object({
  product: CatalogueId,
  asset: Asset,
  policy: Product.shape.policy,
  /** What work may still begin with: neither used nor set aside. Products of one asset share it. */
  left: Units,
  held: Units,
  /** By this product in the calendar month of the account's zone, less what was given back. */
  usedThisMonth: UnitsSum,
  /** When the next of it is gone; absent where nothing is left, or none of it ends. */
  expiresAt: Instant.optional(),
});
export type Quota = z.infer<typeof Quota>;
/** What there is of one asset, whichever products share it. */
export const UnitStanding = z.object({
  ...Quota.pick({ asset: true, left: true, held: true, usedThisMonth: true, expiresAt: true }).shape,
  /** What is owed of it. */
  debt: Units,
});
export type UnitStanding = z.infer<typeof UnitStanding>;
export const HoldQuotaBody = z.strictObject({ id: OperationId, product: CatalogueId, quantity: Quantity });
export const QuotaUse = z.object({
  id: OperationId,
  product: CatalogueId,
  quantity: Quantity,
  state: z.enum(['held', 'deducted', 'returned', 'expired']),
  /** When units that are held are free again. */
  expiresAt: Instant.optional(),
});
export type QuotaUse = z.infer<typeof QuotaUse>;
export const GrantBody = z.strictObject({
  id: OperationId,
  accountId: z.uuid(),
  asset: UnitAsset,
  amount: PositiveUnits,
  source: GrantSource,
  /** Points end after 180 days where this is absent, anything else never. */
  expiresAt: Instant.optional(),
  /** Why; may be absent where nobody else has to approve it. */
  note: plainText(500).optional(),
});

/** Asked before work begins: by the text or the input where the duration is not known yet. */
export const EstimatePointsBody = UsageQuoteBody;
export const PointsEstimate = z.object({
  quote: UsageQuote,
  required: Units,
  available: Amount,
  sufficient: z.boolean(),
});
export type PointsEstimate = z.infer<typeof PointsEstimate>;
export const UsePointsBody = z.strictObject({
  id: OperationId,
  platform: Platform,
  operation: Operation,
  /** What was used in the end. */
  usage: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('duration'), durationMs: UsageMs }),
    z.strictObject({ kind: z.literal('tokens'), inputTokens: Tokens, outputTokens: Tokens }),
    z.strictObject({ kind: z.literal('uses'), count: Quantity }),
  ]),
  /** The work was estimated and begun when nothing was owed: it is paid even if something is by now. */
  begun: z.boolean().optional(),
});
export const Points = z.object({
  /** Below zero: owed. */
  balance: Amount,
  available: Amount,
  debt: Units,
  /** How much may be owed. */
  debtLimit: Units,
  /** All that ever came in, was used (less what was given back), and ended unused. */
  recharged: UnitsSum,
  consumed: UnitsSum,
  expired: UnitsSum,
  /** With something left, in the order of use; at most 100. */
  batches: z.array(UnitBatch),
});
export type Points = z.infer<typeof Points>;
/** What the buyer was shown: where it costs more by now, nothing is bought (`price_changed`). */
const expectedPrice = AssetAmount.optional();
export const BuyBody = z.strictObject({ id: OperationId, expectedPrice });
/** What was paid, and what came of it. */
export const Bought = z.object({ paid: Transaction, granted: z.array(Transaction) });

export const Membership = z.object({
  id: OperationId,
  plan: Plan,
  /** `grace`: it has ended, and a renewal goes on from its end. */
  state: z.enum(['active', 'grace', 'ended']),
  beginsAt: Instant,
  endsAt: Instant,
  /** When grace is over too. */
  graceEndsAt: Instant,
  /** The month that runs, or ran last. */
  month: z.object({ from: Instant, until: Instant }),
});
export type Membership = z.infer<typeof Membership>;
export const BuyMembershipBody = z.strictObject({ id: OperationId, plan: CatalogueId, expectedPrice });
/** `membership` is as it stands now; `paid` the charge. */
export const MembershipBought = z.object({ membership: Membership, paid: Transaction });

/** What a higher plan would cost and bring at this moment; its price falls as the month goes by. */
export const UpgradeQuote = z.object({
  plan: Plan,
  price: Amount,
  /** Of the price: for the rest of the month that runs, and for the months that are paid for after it. */
  thisMonth: Amount,
  laterMonths: z.int().min(0),
  later: Amount,
  /** The month that runs. */
  month: z.object({ from: Instant, until: Instant }),
  /** What its quotas grow by. */
  quotas: z.array(z.object({ asset: Asset, amount: PositiveUnits })),
  asOf: Instant,
});
export type UpgradeQuote = z.infer<typeof UpgradeQuote>;
