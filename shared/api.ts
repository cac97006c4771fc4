/**
 * The HTTP contract between desk and billing server: every body, parsed with these schemas on both sides; the routes that
 * they belong to are in endpoints.ts. Here are an account, its balance and its ledger; what each other area has of its
 * own is in a file beside this one. The server publishes the same as OpenAPI. Money is a decimal string in yuan, times
 * are RFC 3339 UTC with milliseconds, ids that name an operation are UUIDs made by the caller. Unknown fields of a write
 * are refused.
 */
import { z } from 'zod';
import { Quote, UsageQuote } from './api-prices.ts';
import {
  Amount,
  AmountSum,
  Asset,
  CampaignId,
  DeviceId,
  Digest,
  HappenedAt,
  HoldSeconds,
  Instant,
  MemberLevel,
  Operation,
  OperationId,
  Platform,
  PositiveAmount,
  Problem,
  Quantity,
  Role,
  TargetUserId,
  chargeBatchMax,
  plainText,
  transactionPageMax,
} from './api-words.ts';
import { parseYuan } from './money.ts';

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

// ── Balance ──────────────────────────────────────────────────────────────────────────────────────

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

// ── Holds ───────────────────────────────────────────────────────────────────────────────────────────────────

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
  expiresInSeconds: HoldSeconds.optional(),
});
export const ReserveHoldBody = z.strictObject({
  id: OperationId,
  kind: z.literal('reserve'),
  amount: PositiveAmount,
  deviceId: DeviceId,
  expiresInSeconds: HoldSeconds.optional(),
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
export const ExtendHoldBody = z.strictObject({ expiresInSeconds: HoldSeconds });

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
