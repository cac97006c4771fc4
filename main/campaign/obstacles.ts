/**
 * Whether a campaign may follow one more target right now, and if not, why. Asked before each task. It only reads.
 */
import type { DeskProblem, PauseReason } from '../../shared/ipc.ts';
import { yuan } from '../../shared/money.ts';
import { amountForCount } from '../../shared/rating.ts';
import type { DeskContext } from '../desk/context.ts';
import { holdLeft } from './campaign-view.ts';
import type { CampaignRow, TaskCounts } from './campaigns.ts';

export interface Obstacle {
  readonly reason: PauseReason;
  readonly problem: DeskProblem | null;
}

export type ObstacleDesk = Pick<
  DeskContext,
  'session' | 'rounds' | 'snapshots' | 'availability' | 'outbox' | 'clock'
>;

/** Null when the next task may start. */
export function obstacle(desk: ObstacleDesk, row: CampaignRow, counts: TaskCounts): Obstacle | null {
  if (!desk.session.signedIn() || desk.session.account()?.id !== row.accountId)
    return { reason: 'signed_out', problem: { code: 'signed_out', params: {} } };
  if (desk.rounds.drifting()) return { reason: 'drift', problem: null };
  const pauseTasks = desk.snapshots.read(row.accountId, 'alerts')?.body.pauseTasks;
  if (pauseTasks?.enabled === true) {
    const balance = desk.availability.micros(row.accountId)?.balance ?? 0n;
    if (balance < yuan(pauseTasks.threshold)) return { reason: 'threshold', problem: null };
  }
  return holdObstacle(desk, row, counts);
}

function holdObstacle(desk: ObstacleDesk, row: CampaignRow, counts: TaskCounts): Obstacle | null {
  if (row.hold === null || row.quote === null) throw new Error('a running campaign has its hold and quote');
  const isOver = row.hold.state !== 'open' || Date.parse(row.hold.expiresAt) <= desk.clock.now();
  if (isOver) return { reason: 'insufficient', problem: { code: 'hold_closed', params: {} } };
  // Follows under way, or of unknown outcome, may each still cost their price; the next one comes on top of them.
  const unitNet = yuan(row.quote.unitNet);
  const open = counts.running + counts.unknown;
  const needed =
    amountForCount(unitNet, counts.succeeded + open + 1) - amountForCount(unitNet, counts.succeeded);
  const left = holdLeft(yuan(row.hold.amount), desk.outbox.campaignCharges(row.id));
  return left >= needed ? null : { reason: 'insufficient', problem: { code: 'hold_exceeded', params: {} } };
}
