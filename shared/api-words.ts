/**
 * What the bodies of the HTTP contract (api.ts) are made of, whatever they are about: amounts, instants, ids, names, and the
 * problem that every refusal answers with.
 */
import { z } from 'zod';
import { serverProblemCodes } from './errors.ts';
import { parseYuan, yuanPattern, yuanSumPattern } from './money.ts';

/** An amount in yuan as text, at most six decimals. A JSON number is refused. */
export const Amount = z.string().regex(yuanPattern, 'an amount in yuan as text, such as "1.20"');
/** What many amounts come to: a sum has no largest. */
export const AmountSum = z.string().regex(yuanSumPattern);
export const PositiveAmount = Amount.refine((text) => (parseYuan(text) ?? 0n) > 0n, 'must be more than zero');
export const NotNegativeAmount = Amount.refine(
  (text) => (parseYuan(text) ?? -1n) >= 0n,
  'must not be below zero',
);
/** An instant: RFC 3339, UTC, milliseconds, such as `2026-11-21T02:34:52.000Z`. */
export const Instant = z.iso.datetime({ precision: 3 });
/** When something happened: from 1970 on, which is what a clock that was never set shows; older days have no one text. */
export const HappenedAt = Instant.refine((text) => text >= '1970', 'must not be before 1970');
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

// ── What several areas have ─────────────────────────────────────────────────────────────────────────────────

/** Of something that is published: why, for the audit log and for whoever approves it. Required where it takes two people. */
const PublishReason = plainText(500).optional();
/**
 * The version that what is published was made from, 0 before the first: where another one is the newest by then, nothing is
 * published (`version_moved`). Whoever gives none replaces whatever there is.
 */
const MadeFrom = z.int().min(0).max(2_147_483_647).optional();
/** What may stand beside whatever is published. */
export const publishing = { madeFrom: MadeFrom, reason: PublishReason };
/** For how long something is set aside. */
export const HoldSeconds = z
  .int()
  .min(60)
  .max(30 * 86_400);
