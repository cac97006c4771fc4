/**
 * What the back office reads and does, over all accounts: a part of the HTTP contract (api.ts), under the same rules.
 * Who may, the table of routes says.
 */
import { z } from 'zod';
import { Account, Amount, Asset, Instant, MemberLevel, plainText } from './api.ts';

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
