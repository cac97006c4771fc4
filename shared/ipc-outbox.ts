/** Charges that wait or were refused: a part of the contract between page and engine (ipc.ts), under the same rules. */
import { z } from 'zod';
import { Amount, Instant, Operation, OperationId, Platform } from './api-words.ts';
import { DeskProblem } from './ipc-words.ts';

export const OutboxState = z.enum(['queued', 'sending', 'unknown', 'settled', 'rejected', 'waived']);
export type OutboxState = z.infer<typeof OutboxState>;
/** A rejected charge, seen from both sides, with the one thing that is recommended to do about it. */
export const OutboxConflict = z.object({
  /**
   * `accept_price`: pay what it costs now. `recharge`: then try again. `waive`: it has been charged already.
   * `wait`: try again when the account is in order. `from_balance`: retrying gives the reserve back, which does not
   * cover it, and takes it from the balance. `contact`: those who run the server must look.
   */
  action: z.enum(['accept_price', 'recharge', 'waive', 'wait', 'from_balance', 'contact']),
  /** What the desk reckoned with, what the server says, and server less desk. */
  local: Amount.nullable(),
  server: Amount.nullable(),
  difference: Amount.nullable(),
  /** The charge that a repeated target met. */
  earlierChargeId: z.string().nullable(),
});
export type OutboxConflict = z.infer<typeof OutboxConflict>;
export const OutboxItem = z.object({
  id: OperationId,
  deviceSeq: z.int(),
  state: OutboxState,
  platform: Platform,
  operation: Operation,
  targetUserId: z.string(),
  campaignId: z.string().nullable(),
  holdId: z.string().nullable(),
  amount: Amount,
  attempts: z.int(),
  nextTryAt: Instant.nullable(),
  problem: DeskProblem.nullable(),
  /** Set while it is rejected. */
  conflict: OutboxConflict.nullable(),
  waiveReason: z.string().nullable(),
  occurredAt: Instant,
  settledAt: Instant.nullable(),
});
export type OutboxItem = z.infer<typeof OutboxItem>;

/** A charge was sent: what came back. */
export const OutboxAttempt = z.object({
  /** 1, 2, 3 … */
  attempt: z.int(),
  at: Instant,
  outcome: z.enum(['settled', 'problem', 'no_answer']),
  /** The code of the server's problem, or why there was no answer. */
  reason: z.string(),
});
export type OutboxAttempt = z.infer<typeof OutboxAttempt>;
