/**
 * Brings back the charges of successes whose rows a damaged database has lost (S9): as the ledger has them, or else
 * anew. It must never charge what the ledger has charged, so it waits until all of the ledger is here; and never charge
 * anew for a campaign that has ended, because nothing was open there.
 */
import { v7 as uuidv7 } from 'uuid';
import type { DeskContext } from '../desk/context.ts';
import { chargeOf, createMirror } from '../cache/mirror.ts';
import { yuan } from '../../shared/money.ts';
import type { CampaignRow, Campaigns, TaskRow } from './campaigns.ts';

export type LostChargesDesk = Pick<DeskContext, 'cache' | 'outbox' | 'rounds' | 'session'>;

export class LostCharges {
  readonly #desk: LostChargesDesk;
  readonly #campaigns: Campaigns;
  readonly #sinceMs: number;
  readonly #chargeAnew: (task: TaskRow) => void;
  readonly #lost: Map<string, TaskRow[]>;

  /** `sinceMs`: a round that ended after this has brought the whole ledger. */
  constructor(
    desk: LostChargesDesk,
    campaigns: Campaigns,
    sinceMs: number,
    chargeAnew: (task: TaskRow) => void,
  ) {
    this.#desk = desk;
    this.#campaigns = campaigns;
    this.#sinceMs = sinceMs;
    this.#chargeAnew = chargeAnew;
    this.#lost = Map.groupBy(campaigns.uncharged(), ({ campaignId }) => campaignId);
  }

  /** Whether charges of this campaign have yet to be brought back: its hold is still needed. */
  awaited(campaignId: string): boolean {
    return this.#lost.has(campaignId);
  }

  /** Brings back what can be now; true when there was any. */
  restore(): boolean {
    if (this.#lost.size === 0 || !this.#isLedgerHere()) return false;
    let restored = false;
    for (const [campaignId, tasks] of this.#lost) {
      const row = this.#campaigns.get(campaignId);
      if (row !== null && row.accountId !== this.#desk.session.account()?.id) continue;
      if (row !== null) this.#desk.cache.transaction(() => this.#restoreOf(row, tasks));
      this.#lost.delete(campaignId);
      restored = true;
    }
    return restored;
  }

  #isLedgerHere(): boolean {
    const { lastSyncedAt } = this.#desk.rounds.state();
    const isRecent = lastSyncedAt !== null && Date.parse(lastSyncedAt) > this.#sinceMs;
    return isRecent && !this.#desk.rounds.drifting();
  }

  /** Under the id that its charge had, where the task still tells it. */
  #withCharge(task: TaskRow): TaskRow {
    if (task.chargeId !== null) return task;
    const chargeId = uuidv7();
    this.#campaigns.chargedBy(task.id, chargeId);
    return { ...task, chargeId };
  }

  #restoreOf(row: CampaignRow, tasks: readonly TaskRow[]): void {
    const charged = createMirror(this.#desk.cache).chargesOf(row.accountId, row.id);
    const byTarget = new Map(charged.map((transaction) => [transaction.targetUserId, transaction]));
    for (const task of tasks) {
      const transaction = byTarget.get(task.targetUserId);
      const charge = transaction === undefined ? null : chargeOf(transaction);
      if (charge === null && row.endedAtMs === null) this.#chargeAnew(this.#withCharge(task));
      const { deviceId, deviceSeq } = transaction ?? {};
      if (charge === null || deviceId === undefined || deviceSeq === undefined) continue;
      this.#desk.outbox.restore(
        {
          id: charge.id,
          accountId: row.accountId,
          campaignId: row.id,
          taskId: task.id,
          holdId: charge.holdId ?? null,
          platform: row.platform,
          operation: row.operation,
          targetUserId: task.targetUserId,
          expectedAmount: yuan(charge.amount),
          occurredAtMs: Date.parse(charge.occurredAt),
        },
        { deviceId, deviceSeq },
        charge,
      );
      this.#campaigns.chargedBy(task.id, charge.id);
    }
  }
}
