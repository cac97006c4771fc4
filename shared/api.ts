/**
 * The HTTP contract between desk and billing server: every body, parsed with these schemas on both sides; the routes that
 * they belong to are in endpoints.ts, an area's own bodies in a file beside this one. The server publishes the same as
 * OpenAPI. Money is a decimal string in yuan, times are RFC 3339 UTC with milliseconds, ids that name an operation are
 * UUIDs made by the caller. Unknown fields of a write are refused.
 */
import { z } from 'zod';
import { serverProblemCodes } from './errors.ts';
import { catalogueIdPattern, modelIdPattern, tokensMax, usageBatchMax } from './metering-names.ts';
import { parseYuan, yuanPattern, yuanSumPattern } from './money.ts';

// ── Words ───────────────────────────────────────────────────────────────────────────────────────────────────

/** An amount in yuan as text, at most six decimals. A JSON number is refused. */
export const Amount = z.string().regex(yuanPattern, 'an amount in yuan as text, such as "1.20"');
/** What many amounts come to: a sum has no largest. */
export const AmountSum = z.string().regex(yuanSumPattern);
export const PositiveAmount = Amount.refine((text) => (parseYuan(text) ?? 0n) > 0n, 'must be more than zero');
/** An instant: RFC 3339, UTC, milliseconds, such as `2026-11-21T02:34:52.000Z`. */
export const Instant = z.iso.datetime({ precision: 3 });
/** When something happened: from 1970 on, which is what a clock that was never set shows; older days have no one text. */
const HappenedAt = Instant.refine((text) => text >= '1970', 'must not be before 1970');
export const OperationId = z.uuid();
/** `xiaohongshu` and `douyin` today; an open list, so a new platform needs a price and nothing else. */
export const Platform = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/);
/** `follow` today; an open list. */
export const Operation = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/);
/**
 * Text that comes back as it was sent, from any database and through any decoder: whole Unicode characters, no NUL,
 * and no byte-order mark, which many decoders drop from the front.
 */
export const plainText = (lengthMax: number) =>
  z
    .string()
    .min(1)
    .max(lengthMax)
    .regex(/^[^\0\uFEFF\p{Cs}]*$/u, 'must be plain text');
export const DeviceId = plainText(100);
export const CampaignId = plainText(100);
export const TargetUserId = plainText(200);
export const Asset = z.string().regex(/^[A-Z][A-Z0-9_]{0,31}$/);
export const MemberLevel = z.enum(['none', 'premium']);
export type MemberLevel = z.infer<typeof MemberLevel>;
export const Role = z.enum(['operator', 'finance', 'admin', 'auditor']);
export type Role = z.infer<typeof Role>;
/** A number above 0 and at most 1 as text, at most four decimals: 0.95 leaves 95 %. */
export const Multiplier = z
  .string()
  .regex(/^(?:0\.\d{1,4}|1(?:\.0{1,4})?)$/)
  .refine((text) => Number(text) > 0);
/** SHA-256 in lower-case hex. */
export const Digest = z.string().regex(/^[0-9a-f]{64}$/);

/** The largest quantity that one hold or quote may cover. */
export const quantityMax = 1_000_000;
/** The most charges that one batch may carry. */
export const chargeBatchMax = 500;
/** The most transactions that one page of the ledger may carry. */
export const transactionPageMax = 5_000;

export const Quantity = z.int().min(1).max(quantityMax);

// ── Problems ────────────────────────────────────────────────────────────────────────────────────────────────

/** RFC 9457 problem details; fields beyond the standard ones depend on `code`. */
export const Problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(serverProblemCodes),
  detail: z.string().optional(),
  traceId: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  required: Amount.optional(),
  available: Amount.optional(),
  shortfall: Amount.optional(),
  remaining: Amount.optional(),
  expected: Amount.optional(),
  actual: Amount.optional(),
  balance: Amount.optional(),
  pricingVersion: z.int().optional(),
  /** The version that somebody else published meanwhile. */
  newest: z.int().optional(),
  chargeId: z.string().optional(),
  id: z.string().optional(),
  /** Of which asset the amounts are; absent: money. */
  asset: Asset.optional(),
});
export type Problem = z.infer<typeof Problem>;

// ── Accounts and sign-in ────────────────────────────────────────────────────────────────────────────────────

export const Account = z.object({
  id: z.uuid(),
  name: z.string(),
  email: z.string(),
  role: Role,
  memberLevel: MemberLevel,
  /** IANA name, such as `Asia/Shanghai`; days and months of the bill are cut in it. */
  timeZone: z.string(),
  currency: z.literal('CNY'),
});
export type Account = z.infer<typeof Account>;

export const LoginBody = z.strictObject({
  email: z.string().min(3).max(254),
  password: z.string().min(1).max(200),
  deviceId: DeviceId,
  deviceName: plainText(100),
});
export const RefreshBody = z.strictObject({ refreshToken: z.string().min(1).max(500) });
export const Session = z.object({
  accessToken: z.string(),
  /** Seconds until the access token ends. */
  expiresIn: z.int(),
  refreshToken: z.string(),
  account: Account,
});
export type Session = z.infer<typeof Session>;

// ── Balance and prices ──────────────────────────────────────────────────────────────────────────────────────

export const Balance = z.object({
  asset: z.literal('CNY'),
  balance: Amount,
  held: Amount,
  available: Amount,
  /** How far the account may go below zero; absent on a strict one. */
  debtLimit: Amount.optional(),
  /** Net of refunds, in the account's day and month; not negative. */
  spentToday: AmountSum,
  spentThisMonth: AmountSum,
  timeZone: z.string(),
  /** The last transaction's number and hash; 0 and 64 zeros before the first. */
  seq: z.int(),
  head: Digest,
  asOf: Instant,
});
export type Balance = z.infer<typeof Balance>;

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
const AssetAmount = Amount.refine((text) => (parseYuan(text) ?? -1n) >= 0n, 'must not be below zero');
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
const Tokens = z.int().min(0).max(tokensMax);
const UsageMs = z.int().min(0).max(usageMsMax);
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

/** Of something that is published: why, for the audit log and for whoever approves it. Required where it takes two people. */
const PublishReason = plainText(500).optional();
/**
 * The version that what is published was made from, 0 before the first: where another one is the newest by then, nothing is
 * published (`version_moved`). Whoever gives none replaces whatever there is.
 */
const MadeFrom = z.int().min(0).max(2_147_483_647).optional();
/** What may stand beside whatever is published. */
export const publishing = { madeFrom: MadeFrom, reason: PublishReason };
/** What a price book says. */
export const PricingContent = z.strictObject({
  stacking: Stacking,
  prices: z.array(PriceEntry.strict()).min(1).max(200),
  memberDiscounts: z.array(MemberDiscount.strict()).max(20),
  usagePrices: z.array(UsagePrice).max(200).optional(),
});
export const PutPricingBody = PricingContent.extend(publishing);

// ── Holds ───────────────────────────────────────────────────────────────────────────────────────────────────

const expiresInSeconds = z
  .int()
  .min(60)
  .max(30 * 86_400);
/** How long a hold lives when the caller does not say. */
export const holdSecondsDefault = 7 * 86_400;

export const CampaignHoldBody = z.strictObject({
  id: OperationId,
  kind: z.literal('campaign').optional(),
  campaignId: CampaignId,
  platform: Platform,
  operation: Operation,
  quantity: Quantity,
  deviceId: DeviceId,
  expiresInSeconds: expiresInSeconds.optional(),
});
export const ReserveHoldBody = z.strictObject({
  id: OperationId,
  kind: z.literal('reserve'),
  amount: PositiveAmount,
  deviceId: DeviceId,
  expiresInSeconds: expiresInSeconds.optional(),
});
export const HoldBody = z.union([CampaignHoldBody, ReserveHoldBody]);
export type HoldBody = z.infer<typeof HoldBody>;

export const Hold = z.object({
  id: OperationId,
  kind: z.enum(['campaign', 'reserve']),
  /** Absent on a reserve. */
  campaignId: CampaignId.optional(),
  state: z.enum(['open', 'closed', 'expired']),
  /** The locked price; absent on a reserve. */
  quote: Quote.optional(),
  amount: Amount,
  captured: Amount,
  capturedCount: z.int(),
  released: Amount,
  /** amount − captured − released. */
  remaining: Amount,
  deviceId: DeviceId,
  createdAt: Instant,
  expiresAt: Instant,
  /** Compact JWS (EdDSA) over {holdId, accountId, deviceId, amount, count?, exp}. */
  voucher: z.string(),
});
export type Hold = z.infer<typeof Hold>;
export const ExtendHoldBody = z.strictObject({ expiresInSeconds });

// ── Charges ─────────────────────────────────────────────────────────────────────────────────────────────────

/** How a charge's amount came about: the quote it stands under and its place in it. */
export const ChargePricing = Quote.extend({
  /** Which charge under the quote this is, from 1. */
  k: z.int().min(1),
  /** Present and true when the hold had already ended and the charge was tried as a plain one. */
  late: z.literal(true).optional(),
});
export type ChargePricing = z.infer<typeof ChargePricing>;

export const ChargeBody = z.strictObject({
  id: OperationId,
  holdId: OperationId.optional(),
  platform: Platform,
  operation: Operation,
  targetUserId: TargetUserId,
  campaignId: CampaignId.optional(),
  deviceId: DeviceId,
  /** This device's own running number, from 1 without a gap. */
  deviceSeq: z.int().min(1),
  /** What the desk expects to pay. Without a hold, another price is refused as `price_changed`. */
  expectedAmount: PositiveAmount.optional(),
  occurredAt: HappenedAt,
});
export type ChargeBody = z.infer<typeof ChargeBody>;
export const Charge = z.object({
  id: OperationId,
  seq: z.int(),
  /** What was paid, above zero. (The transaction of it carries the same with a minus.) */
  amount: Amount,
  balanceAfter: Amount,
  holdId: OperationId.optional(),
  pricing: ChargePricing,
  occurredAt: Instant,
  recordedAt: Instant,
});
export type Charge = z.infer<typeof Charge>;

export const ChargeBatchBody = z.strictObject({ charges: z.array(ChargeBody).min(1).max(chargeBatchMax) });
export const ChargeResult = z.object({
  id: OperationId,
  status: z.enum(['charged', 'replayed', 'rejected']),
  charge: Charge.optional(),
  problem: Problem.optional(),
});
export type ChargeResult = z.infer<typeof ChargeResult>;
export const ChargeBatchResults = z.object({ results: z.array(ChargeResult), balance: Balance });

export const RefundBody = z.strictObject({
  id: OperationId,
  chargeId: OperationId,
  /** All that is left of the charge when absent. */
  amount: PositiveAmount.optional(),
  reason: plainText(500),
});

export const AdjustmentBody = z.strictObject({
  id: OperationId,
  accountId: z.uuid(),
  asset: Asset,
  /** Signed: below zero takes money away. */
  amount: Amount.refine((text) => parseYuan(text) !== 0n, 'must not be zero'),
  reason: plainText(500),
});
/** A correction by finance; once `posted` the ledger has a transaction of the same id. */
export const Adjustment = z.object({
  id: OperationId,
  accountId: z.uuid(),
  asset: Asset,
  amount: Amount,
  reason: z.string(),
  /** `waiting`: above what one person may correct alone, until somebody else decides or who asked withdraws it. */
  state: z.enum(['waiting', 'posted', 'withdrawn', 'refused', 'expired']),
  askedBy: z.uuid(),
  askedAt: Instant,
  approvedBy: z.uuid().optional(),
  approvedAt: Instant.optional(),
  withdrawnAt: Instant.optional(),
  refusedBy: z.uuid().optional(),
  refusedAt: Instant.optional(),
  refusedBecause: z.string().optional(),
  /** Of one that waits, or has waited: from then on nobody can approve it any more. */
  expiresAt: Instant.optional(),
});
export type Adjustment = z.infer<typeof Adjustment>;

// ── Ledger ──────────────────────────────────────────────────────────────────────────────────────────────────

export const TransactionKind = z.enum([
  'recharge',
  'charge',
  'refund',
  'adjustment',
  'grant',
  'expire',
  'return',
]);
export type TransactionKind = z.infer<typeof TransactionKind>;

/** Where units come from that are not recharged. */
export const GrantSource = z.enum([
  'membership',
  'purchase',
  'admin_grant',
  'invite',
  'gift',
  'compensation',
  'campaign',
]);
export type GrantSource = z.infer<typeof GrantSource>;

/** One ledger row as served and as hashed. Fields that do not apply are absent, never null. */
export const Transaction = z.object({
  accountId: z.uuid(),
  seq: z.int().min(1),
  id: z.uuid(),
  kind: TransactionKind,
  asset: Asset,
  /** Signed: a charge is negative. */
  amount: Amount,
  balanceAfter: Amount,
  platform: Platform.optional(),
  operation: Operation.optional(),
  quantity: z.int().optional(),
  targetUserId: z.string().optional(),
  campaignId: z.string().optional(),
  holdId: z.string().optional(),
  reversesId: z.string().optional(),
  pricing: ChargePricing.optional(),
  /** How the amount of a use came about; a follow's is in `pricing`. */
  rating: UsageQuote.optional(),
  /** How long what was paid for took. */
  durationMs: z.int().optional(),
  /** Where a batch of another asset than money is from, and when it ends. */
  source: z.string().optional(),
  expiresAt: Instant.optional(),
  note: z.string().optional(),
  deviceId: z.string().optional(),
  deviceSeq: z.int().optional(),
  occurredAt: Instant,
  recordedAt: Instant,
  prevHash: Digest,
  hash: Digest,
});
export type Transaction = z.infer<typeof Transaction>;

export const TransactionsQuery = z.strictObject({
  afterSeq: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(transactionPageMax).default(1_000),
});
export const Transactions = z.object({
  transactions: z.array(Transaction),
  /** The account's last number and hash at the time of the answer, not the page's. */
  lastSeq: z.int(),
  head: Digest,
  hasMore: z.boolean(),
});
export const DigestQuery = z.strictObject({ uptoSeq: z.coerce.number().int().min(0).optional() });
export const LedgerDigest = z.object({
  seq: z.int(),
  head: Digest,
  count: z.int(),
  sums: z.record(Asset, AmountSum),
});
export type LedgerDigest = z.infer<typeof LedgerDigest>;
export const Checkpoint = z.object({
  accountId: z.uuid(),
  seq: z.int(),
  head: Digest,
  signedAt: Instant,
  /** Compact JWS (EdDSA, Ed25519) over the other fields. */
  jws: z.string(),
});
export const JsonWebKeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) });

export const Device = z.object({
  deviceId: DeviceId,
  name: z.string(),
  lastSeq: z.int(),
  missing: z.array(z.int()),
  reused: z.array(z.int()),
  lastSeenAt: Instant,
});

export const AlertSettings = z.strictObject({
  lowBalance: z.strictObject({ enabled: z.boolean(), threshold: Amount }),
  pauseTasks: z.strictObject({ enabled: z.boolean(), threshold: Amount }),
  email: z.strictObject({
    enabled: z.boolean(),
    address: z.string().max(254),
    /** Whether finance is mailed what was found, too; absent: yes. */
    findings: z.boolean().optional(),
  }),
});
export type AlertSettings = z.infer<typeof AlertSettings>;
/** What holds until an account has chosen. */
export const alertSettingsDefault: AlertSettings = {
  lowBalance: { enabled: true, threshold: '100.00' },
  pauseTasks: { enabled: true, threshold: '50.00' },
  email: { enabled: false, address: '' },
};

/** Body of an `alert` event, and of the mail under the same id. One may come twice: the id tells. */
export const Alert = z.object({
  id: z.uuid(),
  kind: z.literal('low_balance'),
  available: Amount,
  threshold: Amount,
  at: Instant,
});
export type Alert = z.infer<typeof Alert>;

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
  holdSeconds: expiresInSeconds,
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
