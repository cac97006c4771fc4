/**
 * Runs campaigns: one look at all of them after each change starts what may start, pauses what must pause, resumes
 * what may go on and ends what is over. Everything it knows is in the database before it acts, so that a runner begun
 * on the same database carries on. It must never follow a target twice, nor let a success go without its charge.
 */
import type { Hold } from '../../shared/api.ts';
import type { Campaign, ExecutorChoice } from '../../shared/ipc-campaigns.ts';
import type { DeskContext, DeskPart } from '../desk/context.ts';
import { campaignView } from './campaign-view.ts';
import type { CampaignRow, Campaigns, TaskRow } from './campaigns.ts';
import { createExecutor, type Executor } from './executors/executor.ts';
import { Follows, type FollowedLive, type FollowsTimes } from './follows.ts';
import { HoldKeeper, isOnReserve, type Confirmed, type HoldRetries } from './hold-keeper.ts';
import { diskFull, obstacle, type Obstacle } from './obstacles.ts';
import { LostCharges } from './lost-charges.ts';
import { Pace, type Retry, type RetryTimes } from './pace.ts';
import { createRateMeter } from './rate-meter.ts';

export type RunnerDesk = Pick<
  DeskContext,
  | 'cache'
  | 'device'
  | 'settings'
  | 'snapshots'
  | 'outbox'
  | 'availability'
  | 'client'
  | 'reserve'
  | 'rounds'
  | 'session'
  | 'changes'
  | 'clock'
  | 'log'
  | 'emit'
  | 'notice'
>;

export interface RunnerTimes extends FollowsTimes, RetryTimes {
  /** At most one event a campaign in this time. */
  readonly announceMs: number;
  /** How long a stop lets follows finish before it gives them up as unknown. */
  readonly stopMs: number;
}
const timesDefault: RunnerTimes = {
  announceMs: 200,
  askAgainMs: 15_000,
  retryMs: 1_000,
  retryMsMax: 30_000,
  stopMs: 2_000,
};
const skipBatchMax = 1_000;
/** What is kept in memory of a campaign: nothing that a restart would miss. */
interface Live extends HoldRetries, FollowedLive {
  readonly probe: Retry;
  announcedAtMs: number;
  announceTimer: NodeJS.Timeout | null;
}

export type RunnerOptions = [makeExecutor?: (choice: ExecutorChoice) => Executor, times?: RunnerTimes];

export class CampaignRunner implements DeskPart {
  readonly #desk: RunnerDesk;
  readonly #campaigns: Campaigns;
  readonly #makeExecutor: (choice: ExecutorChoice) => Executor;
  readonly #times: RunnerTimes;
  readonly #pace: Pace;
  readonly #keeper: HoldKeeper;
  readonly #lives = new Map<string, Live>();
  readonly #follows: Follows;
  #lostCharges: LostCharges | null = null;
  #unlisten: (() => void)[] = [];

  constructor(
    desk: RunnerDesk,
    campaigns: Campaigns,
    makeExecutor: (choice: ExecutorChoice) => Executor = createExecutor,
    times: RunnerTimes = timesDefault,
  ) {
    this.#desk = desk;
    this.#campaigns = campaigns;
    this.#makeExecutor = makeExecutor;
    this.#times = times;
    this.#pace = new Pace(desk.clock, desk.log, times, () => this.#lookAtAll());
    const live = (row: CampaignRow): Live => this.#live(row);
    this.#keeper = new HoldKeeper(desk, campaigns, this.#pace, live, (row) => this.#onHoldChange(row));
    this.#follows = new Follows(desk, campaigns, this.#pace, times, {
      live,
      obstacle: (row) => this.#obstacle(row),
      pause: (id, found) => this.#pause(id, found),
      announce: (id) => this.announce(id),
    });
  }

  start(): void {
    this.#campaigns.recover();
    this.#lostCharges = new LostCharges(this.#desk, this.#campaigns, this.#now(), (task) =>
      this.#follows.charge(task, task.finishedAtMs ?? this.#now()),
    );
    const topics = ['session', 'settings', 'balance', 'alerts', 'sync', 'outbox'] as const;
    this.#unlisten = [
      this.#desk.changes.listen(topics, () => this.#pace.look()),
      this.#desk.changes.listen(['online'], () => this.#stopWaitingForServer()),
    ];
    this.#pace.start();
  }

  /** Lets follows finish for a short while; the others are given up as unknown, and asked about at the next start. */
  async stop(): Promise<void> {
    this.#pace.stop();
    for (const unlisten of this.#unlisten) unlisten();
    for (const { announceTimer } of this.#lives.values())
      if (announceTimer !== null) clearTimeout(announceTimer);
    await this.#pace.finish(this.#times.stopMs);
    this.#follows.giveUp();
    await this.#pace.finish(this.#times.stopMs);
  }

  view(row: CampaignRow): Campaign {
    const live = this.#lives.get(row.id);
    const rate = live?.rate.perMinute(this.#now()) ?? null;
    const charges = this.#desk.outbox.campaignCharges(row.id);
    const ofHold = row.hold === null ? null : this.#desk.outbox.holdCharges(row.hold.id);
    return campaignView(row, this.#campaigns.counts(row.id), charges, ofHold, rate);
  }

  /** Tells the page how a campaign stands, at once or when the last time is long enough ago. */
  announce(id: string): void {
    const row = this.#campaigns.get(id);
    if (row === null) return;
    const live = this.#live(row);
    if (live.announceTimer !== null || !this.#pace.working()) return;
    const send = (): void => {
      live.announceTimer = null;
      live.announcedAtMs = this.#now();
      const current = this.#campaigns.get(id);
      if (current !== null) this.#desk.emit('campaign', { id, campaign: this.view(current) });
      // An ended campaign needs nothing in memory; its last state has just been told.
      if (current?.endedAtMs !== null) this.#lives.delete(id);
    };
    const waitMs = live.announcedAtMs + this.#times.announceMs - this.#now();
    if (waitMs <= 0) send();
    else live.announceTimer = setTimeout(send, waitMs);
  }

  // ── Asked for by a person ─────────────────────────────────────────────────────────────────────────────────

  /**
   * Asks for the hold of a campaign that has just become `confirmed` and starts it. When the server refuses, or does
   * not answer, the campaign is `quoted` again; an id that may have been used is kept for the next time.
   */
  async confirm(row: CampaignRow): Promise<Confirmed> {
    const outcome = await this.#keeper.place(row);
    if (outcome.ok) return outcome;
    const current = this.#campaigns.get(row.id);
    if (current?.phase === 'confirmed') {
      this.#campaigns.change(row.id, { phase: 'quoted', problem: outcome.problem });
      this.announce(row.id);
    }
    return outcome;
  }

  /** Starts a campaign that has just become `confirmed` without the server, on the reserve (S6). */
  startOffline(row: CampaignRow, reserve: Hold): void {
    this.#keeper.startOnReserve(row, reserve);
    this.#pace.look();
  }

  /** Whether a campaign under way may still charge this hold. */
  isOnHold(holdId: string): boolean {
    return this.#campaigns.active().some(({ hold }) => hold?.id === holdId);
  }

  pause(row: CampaignRow): void {
    this.#campaigns.change(row.id, { phase: 'paused', pauseReason: 'user', problem: null });
    this.announce(row.id);
  }

  resume(row: CampaignRow): void {
    this.#campaigns.change(row.id, { phase: 'running', pauseReason: null, problem: null });
    this.announce(row.id);
    this.#pace.look();
  }

  cancel(row: CampaignRow): void {
    this.#campaigns.change(row.id, { phase: 'settling', pauseReason: null, problem: null, cancelling: true });
    this.announce(row.id);
    this.#pace.look();
  }

  /** Writes what became of a task whose outcome nobody knew. */
  decide(taskId: string, outcome: 'succeeded' | 'failed'): TaskRow {
    const task =
      outcome === 'succeeded'
        ? this.#follows.succeed(taskId)
        : this.#campaigns.fail(taskId, 'decided_by_person', this.#now());
    this.announce(task.campaignId);
    this.#pace.look();
    return task;
  }

  // ── One look at everything ────────────────────────────────────────────────────────────────────────────────

  #lookAtAll(): void {
    const runnable: CampaignRow[] = [];
    this.#restoreLostCharges();
    for (const row of this.#campaigns.active()) {
      try {
        if (this.#step(row)) runnable.push(row);
      } catch (error) {
        // One campaign's fault, such as a full disk, is no reason to leave the others where they are.
        this.#desk.log.error({ err: error, campaignId: row.id }, 'a campaign could not be taken further');
        this.#pace.wakeAt(this.#now() + this.#times.retryMs);
      }
    }
    this.#follows.start(runnable);
  }

  /** Takes a campaign as far as it can go without following; true when it has something to follow. */
  #step(row: CampaignRow): boolean {
    switch (row.phase) {
      case 'confirmed':
        this.#keeper.placeAgain(row);
        return false;
      case 'running':
        return this.#stepRunning(row);
      case 'paused':
        this.#stepPaused(row);
        return false;
      case 'settling':
        this.#stepSettling(row);
        return false;
      case 'draft':
      case 'quoted':
      case 'done':
      case 'cancelled':
      default:
        return false;
    }
  }

  #stepRunning(row: CampaignRow): boolean {
    const counts = this.#campaigns.counts(row.id);
    if (counts.unknown > 0) this.#follows.askAboutUnknown(row);
    if (counts.queued > 0 && this.#mustTakeOwnHold(row)) {
      // What is being followed is still charged to the reserve, so its number must be known first.
      if (counts.running === 0) this.#keeper.takeOwnHold(row, counts.queued + counts.unknown);
      return false;
    }
    if (counts.queued > 0) {
      this.#keeper.extendInTime(row);
      return true;
    }
    if (counts.running === 0) this.#settle(row);
    return false;
  }

  #stepPaused(row: CampaignRow): void {
    const counts = this.#campaigns.counts(row.id);
    if (counts.unknown > 0) this.#follows.askAboutUnknown(row);
    if (counts.queued === 0 && counts.running === 0) return this.#settle(row);
    const endsByItself = row.pauseReason === 'offline_reserve' || row.pauseReason === 'insufficient';
    if (endsByItself && this.#mustTakeOwnHold(row)) {
      if (counts.running === 0) this.#keeper.takeOwnHold(row, counts.queued + counts.unknown);
      return undefined;
    }
    switch (row.pauseReason) {
      case 'executor_down':
        return this.#probe(row);
      case 'insufficient':
        this.#keeper.extendInTime(row);
        return this.#obstacle(row) === null ? this.#resumeByItself(row) : undefined;
      case 'disk_full':
        // Nobody tells when there is room again.
        this.#pace.wakeAt(this.#now() + this.#times.retryMs);
        return this.#obstacle(row) === null ? this.#resumeByItself(row) : undefined;
      case 'threshold':
      case 'signed_out':
      case 'offline_reserve':
        return this.#obstacle(row) === null ? this.#resumeByItself(row) : undefined;
      case 'user':
      case 'drift':
      case 'price_changed':
      case null:
        return undefined;
    }
  }

  /** It started offline, and the server has answered since. */
  #mustTakeOwnHold(row: CampaignRow): boolean {
    return isOnReserve(row) && this.#desk.client.online() !== false;
  }

  #obstacle(row: CampaignRow): Obstacle | null {
    if (this.#follows.unwritten()) return diskFull;
    // The reserve may be spent by several campaigns at once; a hold of its own is one campaign's.
    const sharing = isOnReserve(row)
      ? this.#campaigns.active().filter(({ hold }) => hold?.id === row.hold?.id)
      : [row];
    const open = sharing
      .map(({ id }) => this.#campaigns.counts(id))
      .reduce((sum, { running, unknown }) => sum + running + unknown, 0);
    return obstacle(this.#desk, row, open);
  }

  #stepSettling(row: CampaignRow): void {
    const counts = this.#campaigns.counts(row.id);
    if (counts.queued > 0 && row.cancelling) {
      this.#campaigns.skip(row.id, skipBatchMax, this.#now());
      this.announce(row.id);
      return this.#pace.look();
    }
    if (counts.queued > 0) {
      // The executor never got one that was unknown: there is something to follow after all.
      this.#campaigns.change(row.id, { phase: 'running' });
      return this.#pace.look();
    }
    if (counts.unknown > 0) this.#follows.askAboutUnknown(row);
    if (counts.running > 0 || counts.unknown > 0) return;
    const charges = this.#desk.outbox.campaignCharges(row.id);
    if (this.#lostCharges?.awaited(row.id) === true) return;
    // A rejected charge may be retried by a person, and the money for it is in the hold.
    if (charges.pendingCount === 0 && charges.rejectedCount === 0) this.#keeper.release(row);
  }

  #settle(row: CampaignRow): void {
    this.#campaigns.change(row.id, { phase: 'settling', pauseReason: null, problem: null });
    this.announce(row.id);
    this.#desk.rounds.nudge();
    this.#pace.look();
  }

  #pause(id: string, { reason, problem }: Obstacle): void {
    const row = this.#campaigns.get(id);
    if (row?.phase !== 'running') return;
    this.#campaigns.change(id, { phase: 'paused', pauseReason: reason, problem });
    this.#desk.notice('campaign_paused', { id, name: row.name, reason });
    this.announce(id);
    this.#pace.look();
  }

  #resumeByItself(row: CampaignRow): void {
    this.resume(row);
    this.#desk.notice('campaign_resumed', { id: row.id, name: row.name });
  }

  // ── Lost charges ──────────────────────────────────────────────────────────────────────────────────────────

  #restoreLostCharges(): void {
    try {
      if (this.#lostCharges?.restore() !== true) return;
      this.#desk.changes.tell('outbox');
      this.#desk.rounds.nudge();
    } catch (error) {
      this.#desk.log.error({ err: error }, 'lost charges could not be brought back yet');
      this.#pace.wakeAt(this.#now() + this.#times.retryMs);
    }
  }

  // ── Told by others ────────────────────────────────────────────────────────────────────────────────────────

  /** Sees whether an executor that was down answers again, by asking about a task it can't know. */
  #probe(row: CampaignRow): void {
    const live = this.#live(row);
    if (!this.#pace.isDue(live.probe)) return;
    const [task] = this.#campaigns.tasks(row.id, 'queued', 0, 1);
    if (task === undefined) return;
    this.#pace.launch(
      this.#pace.whileBusy(live.probe, async () => {
        const outcome = await this.#follows.ask(row, task);
        if (outcome.kind === 'down') return this.#pace.putOff(live.probe);
        this.#pace.reset(live.probe);
        const current = this.#campaigns.get(row.id);
        if (current?.phase === 'paused' && current.pauseReason === 'executor_down')
          this.#resumeByItself(current);
      }),
    );
  }

  #onHoldChange(row: CampaignRow): void {
    this.announce(row.id);
    if (row.phase !== 'done') return;
    const { counts, spent } = this.view(row);
    this.#desk.notice('campaign_done', {
      id: row.id,
      name: row.name,
      succeeded: String(counts.succeeded),
      failed: String(counts.failed),
      spent,
    });
  }

  // ── In memory ─────────────────────────────────────────────────────────────────────────────────────────────

  #now(): number {
    return this.#desk.clock.now();
  }

  #live(row: CampaignRow): Live {
    let live = this.#lives.get(row.id);
    if (live === undefined) {
      live = {
        executor: this.#makeExecutor(row.executor),
        rate: createRateMeter(this.#now()),
        place: this.#pace.retry(),
        extend: this.#pace.retry(),
        release: this.#pace.retry(),
        probe: this.#pace.retry(),
        ask: this.#pace.retry(),
        askAfterPosition: 0,
        announcedAtMs: 0,
        announceTimer: null,
      };
      this.#lives.set(row.id, live);
    }
    return live;
  }

  /** The machine woke or a network appeared: whatever waits to be tried again is tried now. */
  wake(): void {
    for (const live of this.#lives.values())
      for (const retry of [live.place, live.extend, live.release, live.probe, live.ask])
        this.#pace.reset(retry);
    this.#pace.look();
  }

  #stopWaitingForServer(): void {
    for (const { place, release } of this.#lives.values()) {
      this.#pace.reset(place);
      this.#pace.reset(release);
    }
    this.#pace.look();
  }
}
