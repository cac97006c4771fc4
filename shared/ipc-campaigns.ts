/** Campaigns: a part of the contract between page and engine (ipc.ts), under the same rules. */
import { z } from 'zod';
import { Quote } from './api-prices.ts';
import { Amount, Instant, Operation, OperationId, Platform } from './api-words.ts';
import { DeskProblem } from './ipc-words.ts';

/** Does the money suffice: exactly one of `remaining` (left after it) and `shortfall` is there. */
export const BalanceCheck = z.object({
  sufficient: z.boolean(),
  required: Amount,
  available: Amount,
  remaining: Amount.optional(),
  shortfall: Amount.optional(),
});
export type BalanceCheck = z.infer<typeof BalanceCheck>;
export const CheckedQuote = z.object({
  quote: Quote,
  check: BalanceCheck,
  /**
   * Set when it would start offline, out of the reserve: each follow at the price of one, because the server promises
   * a bulk discount only with a hold. What is left of the reserve, and how many follows that lasts for.
   */
  offline: z.object({ reserveLeft: Amount, covers: z.int() }).optional(),
});
export type CheckedQuote = z.infer<typeof CheckedQuote>;

export const ExecutorChoice = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('simulated'),
    /** The same seed gives the same outcomes. */
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1),
    /** How many of 100 follows fail. */
    failurePercent: z.int().min(0).max(100),
    latencyMs: z.int().min(0).max(60_000),
  }),
  z.strictObject({ kind: z.literal('http'), url: z.url({ protocol: /^https?$/ }).max(500) }),
]);
export type ExecutorChoice = z.infer<typeof ExecutorChoice>;

export const CampaignPhase = z.enum([
  'draft',
  'quoted',
  'confirmed',
  'running',
  'paused',
  'settling',
  'done',
  'cancelled',
]);
export type CampaignPhase = z.infer<typeof CampaignPhase>;
export const PauseReason = z.enum([
  'user',
  'insufficient',
  'threshold',
  'offline_reserve',
  'drift',
  'executor_down',
  'disk_full',
  'signed_out',
  /** The hold that follows an offline start would cost more than was agreed: resuming agrees to it (S7). */
  'price_changed',
]);
export type PauseReason = z.infer<typeof PauseReason>;
export const TaskPhase = z.enum(['queued', 'running', 'succeeded', 'failed', 'unknown', 'skipped']);
export type TaskPhase = z.infer<typeof TaskPhase>;

export const Campaign = z.object({
  id: OperationId,
  name: z.string(),
  platform: Platform,
  operation: Operation,
  executor: ExecutorChoice,
  phase: CampaignPhase,
  pauseReason: PauseReason.nullable(),
  /** Why it is paused or could not go on, in detail. */
  problem: DeskProblem.nullable(),
  /** Tasks by phase; `total` is their sum. */
  counts: z.object({
    total: z.int(),
    queued: z.int(),
    running: z.int(),
    succeeded: z.int(),
    failed: z.int(),
    unknown: z.int(),
    skipped: z.int(),
  }),
  /** The quote last worked out; locked once confirmed. */
  quote: Quote.nullable(),
  /** What the successes so far cost, settled or pending. */
  spent: Amount,
  /** What of the hold is left for further successes; null before it is placed. */
  holdRemaining: Amount.nullable(),
  /** That hold is the desk's reserve, which other campaigns may spend as well. */
  onReserve: z.boolean(),
  /** Finished tasks a minute over the last minute, and seconds left at that rate; null when idle. */
  ratePerMinute: z.number().nullable(),
  secondsLeft: z.int().nullable(),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
});
export type Campaign = z.infer<typeof Campaign>;

export const Task = z.object({
  id: OperationId,
  /** Its place in the campaign, from 1. */
  position: z.int(),
  targetUserId: z.string(),
  phase: TaskPhase,
  /** The executor's reason for a failure, as it gave it. */
  reason: z.string().nullable(),
  /** The charge's state, once there is one. */
  charge: z.enum(['queued', 'sending', 'unknown', 'settled', 'rejected', 'waived']).nullable(),
  amount: Amount.nullable(),
  finishedAt: Instant.nullable(),
});
export type Task = z.infer<typeof Task>;

/** What reading a list of targets came to. Bad and repeated lines are left out and told. */
export const TargetsReport = z.object({
  fileName: z.string().nullable(),
  encoding: z.enum(['utf-8', 'utf-16le', 'utf-16be', 'gb18030', 'xlsx']),
  lines: z.int(),
  good: z.int(),
  duplicates: z.int(),
  bad: z.int(),
  /** The first ones, at most 200, in line order. Line numbers count from 1 as an editor shows them. */
  problems: z
    .array(
      z.object({
        line: z.int(),
        text: z.string(),
        reason: z.enum([
          'duplicate',
          'empty_id',
          'too_long',
          'control_characters',
          'bad_characters',
          'malformed',
        ]),
        /** For a duplicate: the line it repeats. */
        firstLine: z.int().optional(),
      }),
    )
    .max(200),
});
export type TargetsReport = z.infer<typeof TargetsReport>;
/** The most targets one campaign may have. */
export const targetsMax = 100_000;
