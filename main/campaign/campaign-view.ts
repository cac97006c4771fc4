/**
 * A campaign and a task as the page shows them. Pure: it must never decide anything.
 */
import type { Campaign, Task } from '../../shared/ipc-campaigns.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import { unspent, type ChargeTotals } from '../sync/charge-totals.ts';
import type { OutboxCharge } from '../sync/charge.ts';
import type { CampaignRow, TaskCounts, TaskRow } from './campaigns.ts';
import { isOnReserve } from './hold-keeper.ts';

export function campaignView(
  row: CampaignRow,
  counts: TaskCounts,
  charges: ChargeTotals,
  /** Of the hold that it spends now; null before it has one. */
  holdCharges: ChargeTotals | null,
  ratePerMinute: number | null,
): Campaign {
  const toGo = counts.queued + counts.running;
  const rate = row.phase === 'running' ? ratePerMinute : null;
  const isOver = row.phase === 'done' || row.phase === 'cancelled';
  const isSpending = row.hold !== null && holdCharges !== null && !isOver;
  const left = isSpending ? unspent(yuan(row.hold.amount), holdCharges) : 0n;
  return {
    id: row.id,
    name: row.name,
    platform: row.platform,
    operation: row.operation,
    executor: row.executor,
    phase: row.phase,
    pauseReason: row.pauseReason,
    problem: row.problem,
    counts,
    quote: row.quote,
    spent: yuanText(charges.settledAmount + charges.pendingAmount),
    holdRemaining: row.hold === null ? null : yuanText(left),
    onReserve: isSpending && isOnReserve(row),
    ratePerMinute: rate,
    secondsLeft: rate === null || toGo === 0 ? null : Math.ceil((toGo * 60) / rate),
    createdAt: instant(row.createdAtMs),
    startedAt: row.startedAtMs === null ? null : instant(row.startedAtMs),
    endedAt: row.endedAtMs === null ? null : instant(row.endedAtMs),
  };
}

export function taskView(row: TaskRow, charge: OutboxCharge | null): Task {
  const amount = charge === null ? null : (charge.paidAmount ?? charge.expectedAmount);
  return {
    id: row.id,
    position: row.position,
    targetUserId: row.targetUserId,
    phase: row.phase,
    reason: row.reason,
    charge: charge?.state ?? null,
    amount: amount === null ? null : yuanText(amount),
    finishedAt: row.finishedAtMs === null ? null : instant(row.finishedAtMs),
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
