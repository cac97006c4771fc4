/**
 * What the back office reads and does, over all accounts: a part of the HTTP contract (api.ts), under the same rules.
 * Who may, the table of routes says.
 */
import { z } from 'zod';
import { Account } from './api.ts';
import { Membership, RechargeOrder, Units } from './api-selling.ts';
import { Amount, Asset, Instant, MemberLevel, plainText } from './api-words.ts';

/** Whose it is, in a list over all accounts. */
const whose = { accountId: z.uuid(), accountName: z.string() };

// ── Accounts ────────────────────────────────────────────────────────────────────────────────────────────────

/** An account as those see it who run the business. */
export const AccountRow = z.object({
  ...Account.shape,
  /** Money, and what of it is set aside. */
  balance: Amount,
  held: Amount,
  frozen: z.boolean(),
  createdAt: Instant,
});
export type AccountRow = z.infer<typeof AccountRow>;
export const AccountDetail = z.object({
  ...AccountRow.shape,
  /** What it has of each asset that it ever had: money in yuan, any other in whole units; below zero: owed. */
  wallets: z.array(z.object({ asset: Asset, balance: Amount, held: Amount })),
});
export type AccountDetail = z.infer<typeof AccountDetail>;
export const FreezeBody = z.strictObject({ frozen: z.boolean(), reason: plainText(500) });
export const MemberLevelBody = z.strictObject({ memberLevel: MemberLevel, reason: plainText(500) });

// ── What was sold and given ─────────────────────────────────────────────────────────────────────────────────

/** A recharge order as those see it who run the business: without the code to pay it by, with WeChat's side of it. */
export const OfficeOrder = z.object({
  ...whose,
  ...RechargeOrder.omit({ codeUrl: true }).shape,
  /** Its number at WeChat's, and WeChat's own once it was paid. */
  tradeNo: z.string(),
  wechatTransactionId: z.string().optional(),
  /** How often WeChat was asked about it, and when it is asked next; absent: never again. */
  asked: z.int(),
  nextAskAt: Instant.optional(),
});
export type OfficeOrder = z.infer<typeof OfficeOrder>;
export const RefundState = RechargeOrder.shape.refunds.element.shape.state;
export type RefundState = z.infer<typeof RefundState>;

/** Units that came in as a batch, whoever gave them. */
export const GrantRow = z.object({
  ...whose,
  id: z.uuid(),
  asset: Asset,
  amount: Units,
  /** What is left of it. */
  remaining: Units,
  source: z.string(),
  grantedAt: Instant,
  expiresAt: Instant.optional(),
  note: z.string().optional(),
});
export type GrantRow = z.infer<typeof GrantRow>;

export const MemberRow = z.object({
  ...whose,
  /** Months that were paid for. */
  months: z.int(),
  membership: Membership,
});
export type MemberRow = z.infer<typeof MemberRow>;
