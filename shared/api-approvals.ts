/** Acts that wait for a second person, in the HTTP contract: what was asked for, by whom, and what became of it. */
import { z } from 'zod';

const Instant = z.iso.datetime({ precision: 3 });
const Reason = z
  .string()
  .min(1)
  .max(500)
  .regex(/^[^\0\uFEFF\p{Cs}]*$/u, 'must be plain text');

/** What may need a second person: the endpoints that such an act is asked for at. */
export const ApprovalAct = z.enum([
  'adjust',
  'refund',
  'refundRechargeOrder',
  'grant',
  'putPricing',
  'putCatalogue',
  'putMeteringCatalogue',
  'acceptCosts',
]);
export type ApprovalAct = z.infer<typeof ApprovalAct>;

export const ApprovalState = z.enum(['waiting', 'done', 'refused', 'withdrawn', 'expired']);
export type ApprovalState = z.infer<typeof ApprovalState>;

export const Approval = z.object({
  /** The id that the act was asked for under; of a change of prices one that the server made. */
  id: z.uuid(),
  act: ApprovalAct,
  state: ApprovalState,
  /** The account that it is about. */
  aboutId: z.uuid().optional(),
  aboutName: z.string().optional(),
  asset: z.string().optional(),
  /** Below zero where it takes away. */
  amount: z.string().optional(),
  reason: z.string().optional(),
  /** What was asked for, as it was; what is approved is this and nothing else. */
  asked: z.unknown(),
  askedBy: z.uuid(),
  askedByName: z.string(),
  askedAt: Instant,
  /** Who approved, refused or withdrew it. */
  decidedBy: z.uuid().optional(),
  decidedByName: z.string().optional(),
  /** Of one that has expired: when it did. */
  decidedAt: Instant.optional(),
  decidedBecause: z.string().optional(),
  /** From then on nobody can approve it any more. */
  expiresAt: Instant.optional(),
  /** What came of it once it was approved. */
  cameTo: z.unknown().optional(),
});
export type Approval = z.infer<typeof Approval>;

/** Answers to whoever asks for so much that it takes two people. */
export const aloneLeft = {
  /** How much of the asset this person may move alone on this account, as it is asked for; absent where it is asked again. */
  aloneLeft: z.string().optional(),
};
/** What such answers have in common, whatever else they say. */
export const LeftAlone = z.object({ asset: z.string(), aloneLeft: z.string() });
export type LeftAlone = z.infer<typeof LeftAlone>;
/** As it is answered to who has asked for it. */
export const Waiting = Approval.extend(aloneLeft);
export type Waiting = z.infer<typeof Waiting>;

export const ApprovalsQuery = z.strictObject({
  state: ApprovalState.optional(),
  act: ApprovalAct.optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type ApprovalsQuery = z.output<typeof ApprovalsQuery>;

export const RefuseApprovalBody = z.strictObject({ reason: Reason });
