/**
 * Whether a campaign may follow one more target right now, and if not, why. Asked before each task. It only reads.
 */
import type { PauseReason } from '../../shared/ipc-campaigns.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { yuan } from '../../shared/money.ts';
import { amountUnder } from '../../shared/rating.ts';
import { hasRoom } from '../cache/database.ts';
import type { DeskContext } from '../desk/context.ts';
import { unspent, type ChargeTotals } from '../sync/charge-totals.ts';
import type { CampaignRow } from './campaigns.ts';

export interface Obstacle {
  readonly reason: PauseReason;
  readonly problem: DeskProblem | null;
}

export type ObstacleDesk = Pick<
  DeskContext,
  'cache' | 'session' | 'rounds' | 'snapshots' | 'availability' | 'outbox' | 'clock'
>;

/** Null when the next task may start. `openOnHold`: follows of any campaign that may yet be charged to this one's hold. */
export function obstacle(desk: ObstacleDesk, row: CampaignRow, openOnHold: number): Obstacle | null {
  if (!desk.session.signedIn() || desk.session.account()?.id !== row.accountId)
    return { reason: 'signed_out', problem: { code: 'signed_out', params: {} } };
  if (!hasRoom(desk.cache)) return diskFull;
  if (desk.rounds.drifting()) return { reason: 'drift', problem: null };
  const pauseTasks = desk.snapshots.read(row.accountId, 'alerts')?.body.pauseTasks;
  if (pauseTasks?.enabled === true) {
    const balance = desk.availability.micros(row.accountId)?.balance ?? 0n;
    if (balance < yuan(pauseTasks.threshold)) return { reason: 'threshold', problem: null };
  }
  return holdObstacle(desk, row, openOnHold);
}

function holdObstacle(desk: ObstacleDesk, row: CampaignRow, openOnHold: number): Obstacle | null {
  if (row.hold === null || row.quote === null) throw new Error('a running campaign has its hold and quote');
  const isOver = row.hold.state !== 'open' || Date.parse(row.hold.expiresAt) <= desk.clock.now();
  const isReserve = row.hold.kind === 'reserve';
  if (isOver && isReserve) return reserveUsedUp;
  if (isOver) return { reason: 'insufficient', problem: { code: 'hold_closed', params: {} } };
  // Follows under way, or of unknown outcome, may each still cost their price; the next one comes on top of them.
  const charges = desk.outbox.holdCharges(row.hold.id);
  const made = chargeCount(charges);
  const needed = amountUnder(row.quote, made + openOnHold + 1) - amountUnder(row.quote, made);
  if (unspent(yuan(row.hold.amount), charges) >= needed) return null;
  return isReserve
    ? reserveUsedUp
    : { reason: 'insufficient', problem: { code: 'hold_exceeded', params: {} } };
}

/** What became of a follow could not be written down, so it is not made. */
export const diskFull: Obstacle = { reason: 'disk_full', problem: { code: 'disk_full', params: {} } };
const reserveUsedUp: Obstacle = { reason: 'offline_reserve', problem: null };

/** How many successes a hold has been charged with, wherever the charges stand. */
export function chargeCount(charges: ChargeTotals): number {
  return charges.pendingCount + charges.rejectedCount + charges.settledCount + charges.waivedCount;
}
