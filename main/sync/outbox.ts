/**
 * The charges that successes have caused and the server has yet to confirm. The only writer of `outbox`,
 * `outbox_attempts` and `charge_numbers`. It must never delete a row, nor send the same charge under two ids.
 */
import type { Charge } from '../../shared/api.ts';
import type { OutboxState } from '../../shared/ipc.ts';
import type { DeskProblem } from '../../shared/ipc.ts';
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
  readonly deviceSeq: number;
  readonly state: OutboxState;
  readonly attempts: number;
  /** 0: at once. */
  readonly nextTryAtMs: number;
  readonly problem: DeskProblem | null;
  readonly charge: Charge | null;
  /** What the server charged; null until settled. */
  readonly paidAmount: Micros | null;
  readonly waiveReason: string | null;
  readonly settledAtMs: number | null;
}

/** Charges still to be confirmed: queued, sending or unknown. */
export interface PendingTotals {
  readonly count: number;
  readonly amount: Micros;
  /** The part of `amount` that no hold covers: what the pending ones take from `available`. */
  readonly amountWithoutHold: Micros;
}

/** A campaign's charges by where they stand. Amounts are what was paid once settled, what is expected before. */
export interface CampaignCharges {
  readonly pendingCount: number;
  readonly pendingAmount: Micros;
  readonly rejectedCount: number;
  readonly rejectedAmount: Micros;
  readonly settledCount: number;
  readonly settledAmount: Micros;
  readonly waivedCount: number;
  readonly waivedAmount: Micros;
}

export interface Outbox {
  /**
   * Keeps a charge and gives it the device's next number. Must be called inside a transaction of the cache, the one
   * that writes the success it is for (S1); throws otherwise. Tell `outbox` and nudge a round after the commit.
   */
  enqueue(charge: NewCharge): OutboxCharge;
  get(id: string): OutboxCharge | null;
  byTask(taskId: string): OutboxCharge | null;
  pending(accountId: string): PendingTotals;
  attentionCount(accountId: string): number;
  campaignCharges(campaignId: string): CampaignCharges;
}
