/**
 * Reconciliation on the wire: the days that were held against others' bills, and what differs. Amounts are decimal
 * strings in yuan; days are China's, as WeChat's bills have them.
 */
import { z } from 'zod';
import { yuanPattern, yuanSumPattern } from './money.ts';

const Amount = z.string().regex(yuanPattern);
const AmountSum = z.string().regex(yuanSumPattern);
const Instant = z.iso.datetime({ precision: 3 });
const Reason = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[^\0\uFEFF\p{Cs}]*$/u, 'must be plain text');

/** Whom the books were held against: WeChat's bills, or themselves. */
export const ReconciliationSource = z.enum(['wechat', 'ledger']);
export type ReconciliationSource = z.infer<typeof ReconciliationSource>;
/** `missing_here`: they have it and we do not; `late`: both have it, on different days. */
export const DifferenceClass = z.enum(['missing_here', 'missing_there', 'amount', 'state', 'late']);
export type DifferenceClass = z.infer<typeof DifferenceClass>;
/** `settled`: both sides agree by now, or what was proposed was approved; `explained`: a person said why it is right. */
export const DifferenceState = z.enum(['open', 'proposed', 'settled', 'explained']);
export type DifferenceState = z.infer<typeof DifferenceState>;
export const DifferenceKind = z.enum(['payment', 'refund', 'funds', 'ledger']);
export type DifferenceKind = z.infer<typeof DifferenceKind>;
/** `late_recharge`: WeChat is asked again and the order paid in; `adjustment`: a correction for another to approve. */
export const ProposalKind = z.enum(['adjustment', 'late_recharge']);
export type ProposalKind = z.infer<typeof ProposalKind>;

export const ChinaDay = z.iso.date();

const CountAndSum = z.object({ count: z.int(), amount: AmountSum });
export const ReconciliationSums = z.object({
  payments: CountAndSum,
  refunds: CountAndSum,
  /** What coupons of the merchant's own stood for: paid less given back. Absent where it was run before this was kept. */
  coupons: AmountSum.optional(),
  fees: AmountSum,
  fundsIn: AmountSum,
  fundsOut: AmountSum,
  /** False: WeChat has no fund-flow bill of the day. */
  hasFunds: z.boolean(),
  orders: CountAndSum,
  recharges: CountAndSum,
  refundsHere: CountAndSum,
});
export const ReconciliationDay = z.object({
  source: ReconciliationSource,
  day: ChinaDay,
  state: z.enum(['due', 'running', 'failed', 'done']),
  /** Why the last run failed: `not_ready`, `unreachable`, `refused`, `hash`, `format`, `summary` or `unexpected`. */
  problem: z.string().optional(),
  runs: z.int(),
  /** When the last run ended. */
  endedAt: Instant.optional(),
  /** When the next one begins by itself, where one will. */
  beginsAt: Instant.optional(),
  sums: ReconciliationSums.optional(),
  /** Of the ledger held against itself. */
  verified: z.object({ accounts: z.int(), transactions: z.int() }).optional(),
  differences: z.object({ open: z.int(), proposed: z.int(), settled: z.int(), explained: z.int() }),
});
export type ReconciliationDay = z.infer<typeof ReconciliationDay>;

/** What WeChat's trade bill has. */
export const TradeSide = z.object({
  no: z.string(),
  tradeNo: z.string(),
  refundNo: z.string().optional(),
  state: z.string(),
  amount: Amount,
  /** What WeChat moves of it: less coupons of the merchant's own. Absent where it was found before this was kept. */
  settled: Amount.optional(),
  fee: Amount,
  at: Instant,
});
/** What WeChat's fund-flow bill has under the same number. */
export const FundsSide = z.object({
  no: z.string(),
  amount: AmountSum,
  lines: z.int(),
  at: Instant,
  business: z.string().optional(),
  voucher: z.string().optional(),
});
export const OrderSide = z.object({
  id: z.uuid(),
  state: z.string(),
  amount: Amount,
  refunded: Amount,
  createdAt: Instant,
  paidAt: Instant.optional(),
  no: z.string().optional(),
});
export const RefundSide = z.object({
  id: z.uuid(),
  orderId: z.uuid(),
  state: z.string(),
  amount: Amount,
  createdAt: Instant,
  problem: z.string().optional(),
});
export const LedgerSide = z.object({ id: z.uuid(), seq: z.int(), amount: Amount, at: Instant });
export const LedgerFaultSide = z.object({ kind: z.string(), seq: z.int().optional(), detail: z.string() });

export const Difference = z.object({
  id: z.uuid(),
  source: ReconciliationSource,
  day: ChinaDay,
  kind: DifferenceKind,
  /** The number that both sides know it by. */
  subject: z.string(),
  class: DifferenceClass,
  state: DifferenceState,
  /** When it happened, by the side that it was found from. */
  at: Instant,
  accountId: z.uuid().optional(),
  accountName: z.string().optional(),
  /** What they have less what is here. */
  amount: AmountSum,
  /** What approved corrections of it come to. */
  corrected: AmountSum.optional(),
  /** What a correction of it would move: the amount, or nothing once both agree, less what was corrected. */
  left: AmountSum,
  trade: TradeSide.optional(),
  funds: FundsSide.optional(),
  order: OrderSide.optional(),
  refund: RefundSide.optional(),
  ledger: LedgerSide.optional(),
  fault: LedgerFaultSide.optional(),
  foundAt: Instant,
  seenAt: Instant,
  /** When a run no longer found it. Open all the same: what was corrected of it before is too much. */
  agreedAt: Instant.optional(),
  /** What can be proposed with one click; absent: nothing, it can be explained. */
  offers: ProposalKind.optional(),
  proposal: z
    .object({
      kind: ProposalKind,
      id: z.uuid(),
      by: z.uuid(),
      byName: z.string(),
      at: Instant,
      reason: z.string(),
    })
    .optional(),
  /** Who approved the proposal, or explained it. */
  decidedBy: z.uuid().optional(),
  decidedByName: z.string().optional(),
  decidedAt: Instant.optional(),
  /** Why it was proposed or explained. */
  reason: z.string().optional(),
});
export type Difference = z.infer<typeof Difference>;

export const ReconciliationDaysQuery = z.strictObject({
  source: ReconciliationSource.optional(),
  cursor: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(31),
});
export const RunReconciliationBody = z.strictObject({ source: ReconciliationSource, day: ChinaDay });
export const DifferencesQuery = z.strictObject({
  day: ChinaDay.optional(),
  source: ReconciliationSource.optional(),
  class: DifferenceClass.optional(),
  state: DifferenceState.optional(),
  cursor: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(100),
});
export const ExplainBody = z.strictObject({ reason: Reason });
export const ProposeBody = z.strictObject({
  /** Names the proposal: asked again under it, it is the same one. */
  id: z.uuid(),
  /** Whose money is corrected, where the difference does not tell. */
  accountId: z.uuid().optional(),
  reason: Reason,
});
