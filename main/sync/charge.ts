/**
 * A charge that a success has caused, on its way from the outbox to the server: what it is, what sending it came to and
 * when. Types alone: it must never hold a rule.
 */
import type { Charge } from '../../shared/api.ts';
import type { Problem } from '../../shared/api-words.ts';
import type { OutboxState } from '../../shared/ipc-outbox.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import type { Micros } from '../../shared/money.ts';

export interface NewCharge {
  /** A UUIDv7 made by the caller; it names the charge for ever. */
  readonly id: string;
  readonly accountId: string;
  readonly campaignId: string | null;
  readonly taskId: string | null;
  readonly holdId: string | null;
  readonly platform: string;
  readonly operation: string;
  readonly targetUserId: string;
  readonly expectedAmount: Micros;
  readonly occurredAtMs: number;
}

export interface OutboxCharge extends NewCharge {
  readonly deviceId: string;
  readonly deviceSeq: number;
  readonly state: OutboxState;
  readonly attempts: number;
  /** 0: at once. */
  readonly nextTryAtMs: number;
  readonly problem: DeskProblem | null;
  /** What the server charged; null until settled. */
  readonly paidAmount: Micros | null;
  readonly waiveReason: string | null;
  readonly settledAtMs: number | null;
}

/** What sending one charge came to. */
export type SendOutcome =
  | { readonly kind: 'settled'; readonly charge: Charge }
  | { readonly kind: 'rejected'; readonly problem: Problem }
  /** The server said that it could not now; it is tried again at `nextTryAtMs`. */
  | { readonly kind: 'queued'; readonly problem: Problem; readonly nextTryAtMs: number }
  /** Nothing that counts as an answer came back: sent again at `nextTryAtMs`, 0 for the next round. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly nextTryAtMs: number }
  /** It was not sent at all, so that it does not count as an attempt. */
  | { readonly kind: 'unsent' };

/** A charge was sent once more. */
export interface Attempt {
  /** 1, 2, 3 … */
  readonly attempt: number;
  /** When its outcome was written down. */
  readonly atMs: number;
  /** `settled`, the code of the server's problem, or why nothing that counts as an answer came back. */
  readonly outcome: string;
}
