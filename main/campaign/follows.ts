/**
 * Lets executors follow targets, in turn and no faster than is set, and writes what became of each: a success with its
 * charge in one transaction (S1). It must never follow what it has not marked as running, nor forget an outcome because
 * it could not be written.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { kthAmountUnder } from '../../shared/rating.ts';
import { problemOfError } from '../cache/database.ts';
import type { DeskContext } from '../desk/context.ts';
import type { CampaignRow, Campaigns, TaskRow } from './campaigns.ts';
import type { AskOutcome, Executor, FollowOutcome, FollowTask } from './executors/executor.ts';
import { chargeCount, type Obstacle } from './obstacles.ts';
import type { Pace, Retry } from './pace.ts';
import type { RateMeter } from './rate-meter.ts';

export type FollowsDesk = Pick<
  DeskContext,
  'settings' | 'outbox' | 'rounds' | 'changes' | 'clock' | 'log' | 'notice'
>;

export interface FollowsTimes {
  /** Between two rounds of asking what became of tasks of unknown outcome. */
  readonly askAgainMs: number;
  /** Before an outcome that could not be written is written again. */
  readonly retryMs: number;
}

/** What is kept in memory of a campaign that is followed. */
export interface FollowedLive {
  readonly executor: Executor;
  readonly rate: RateMeter;
  readonly ask: Retry;
  askAfterPosition: number;
}

/** What whoever steers the campaigns decides. */
export interface Steering {
  live(row: CampaignRow): FollowedLive;
  /** Null when one more may be followed now. */
  obstacle(row: CampaignRow): Obstacle | null;
  pause(id: string, found: Obstacle): void;
  announce(id: string): void;
}

const askBatchMax = 20;

export class Follows {
  readonly #desk: FollowsDesk;
  readonly #campaigns: Campaigns;
  readonly #pace: Pace;
  readonly #times: FollowsTimes;
  readonly #steering: Steering;
  readonly #following = new Set<string>();
  readonly #abort = new AbortController();
  #nextStartAtMs = 0;
  /** Outcomes that are known and could not be written yet. */
  #unwritten = 0;
  #toldOfDisk = false;

  constructor(desk: FollowsDesk, campaigns: Campaigns, pace: Pace, times: FollowsTimes, steering: Steering) {
    this.#desk = desk;
    this.#campaigns = campaigns;
    this.#pace = pace;
    this.#times = times;
    this.#steering = steering;
  }

  /** Whether an outcome is known that could not be written yet. */
  unwritten(): boolean {
    return this.#unwritten > 0;
  }

  /** What is being followed or asked about now is left as unknown. */
  giveUp(): void {
    this.#abort.abort();
  }

  /** Starts follows in turn, one a campaign, until nothing is left to start or the limits are reached. */
  start(rows: readonly CampaignRow[]): void {
    let open = rows;
    while (open.length > 0) {
      const more: CampaignRow[] = [];
      for (const row of open) {
        const { concurrency, perMinuteMax } = this.#desk.settings.current();
        if (this.#following.size >= concurrency) return;
        const waitMs = perMinuteMax > 0 ? this.#nextStartAtMs - this.#desk.clock.now() : 0;
        // A longer wait than there is between two starts: the clock has gone back.
        if (waitMs > 0 && waitMs <= 60_000 / perMinuteMax) return this.#pace.wakeAt(this.#nextStartAtMs);
        if (!this.#startOneIfWritable(row)) continue;
        if (perMinuteMax > 0) this.#nextStartAtMs = this.#desk.clock.now() + 60_000 / perMinuteMax;
        more.push(row);
      }
      open = more;
    }
  }

  /** A task that can't be marked as running is not followed: what became of it could not be written either. */
  #startOneIfWritable(row: CampaignRow): boolean {
    try {
      return this.#startOne(row);
    } catch (error) {
      this.#desk.log.error({ err: error, campaignId: row.id }, 'a follow could not be begun');
      this.#tellOfDisk(error);
      this.#pace.wakeAt(this.#desk.clock.now() + this.#times.retryMs);
      return false;
    }
  }

  /** Once, until a follow begins again. */
  #tellOfDisk(error: unknown): void {
    if (this.#toldOfDisk || problemOfError(error).code === 'unexpected') return;
    this.#toldOfDisk = true;
    this.#desk.notice('disk_full', {});
  }

  /** False when nothing was started. */
  #startOne(row: CampaignRow): boolean {
    const counts = this.#campaigns.counts(row.id);
    if (counts.queued === 0) return false;
    const found = this.#steering.obstacle(row);
    if (found !== null) {
      this.#steering.pause(row.id, found);
      return false;
    }
    const [task] = this.#campaigns.begin(row.id, 1, this.#desk.clock.now());
    if (task === undefined) return false;
    this.#toldOfDisk = false;
    this.#following.add(task.id);
    this.#pace.launch(this.#follow(row, task));
    this.#steering.announce(row.id);
    return true;
  }

  async #follow(row: CampaignRow, task: TaskRow): Promise<void> {
    try {
      const outcome = await this.#steering
        .live(row)
        .executor.follow(followTask(row, task), this.#abort.signal);
      await this.#keep(row, task, outcome);
    } finally {
      this.#following.delete(task.id);
      this.#pace.look();
    }
  }

  /**
   * Writes what became of a follow, and tries until it is written: a full disk must not cost a success its charge.
   * Nothing more is followed meanwhile. Stopped before that, the task is still `running` in the database, and the
   * executor is asked at the next start.
   */
  async #keep(row: CampaignRow, task: TaskRow, outcome: FollowOutcome): Promise<void> {
    if (this.#isKept(row, task, outcome)) return;
    this.#unwritten += 1;
    try {
      do await delay(this.#times.retryMs, null, { signal: this.#abort.signal }).catch(() => null);
      while (this.#pace.working() && !this.#isKept(row, task, outcome));
    } finally {
      this.#unwritten -= 1;
    }
  }

  #isKept(row: CampaignRow, task: TaskRow, outcome: FollowOutcome): boolean {
    try {
      this.#apply(row, task, outcome);
      return true;
    } catch (error) {
      this.#desk.log.error({ err: error, taskId: task.id }, 'the outcome of a follow could not be written');
      this.#tellOfDisk(error);
      return false;
    }
  }

  #apply(row: CampaignRow, task: TaskRow, outcome: FollowOutcome | AskOutcome): void {
    switch (outcome.kind) {
      case 'succeeded':
        this.succeed(task.id);
        break;
      case 'failed':
        this.#campaigns.fail(task.id, outcome.reason, this.#desk.clock.now());
        break;
      case 'unknown':
        this.#campaigns.lose(task.id, outcome.reason);
        break;
      case 'never_got_it':
        this.#campaigns.requeue(task.id);
        break;
      case 'down':
        // In this order it may be done again when the second write fails.
        this.#steering.pause(row.id, {
          reason: 'executor_down',
          problem: { code: 'executor_unreachable', params: { reason: outcome.reason } },
        });
        this.#campaigns.requeue(task.id);
        break;
    }
    this.#steering.live(row).rate.count(this.#desk.clock.now());
    this.#steering.announce(row.id);
  }

  /** The success and its charge, in one transaction (S1); then the round that brings the charge to the server. */
  succeed(taskId: string): TaskRow {
    const nowMs = this.#desk.clock.now();
    const task = this.#campaigns.succeed(taskId, uuidv7(), nowMs, (done) => this.charge(done, nowMs));
    this.#desk.changes.tell('outbox');
    this.#desk.rounds.nudge();
    return task;
  }

  /** Keeps the charge of a success, in the transaction that is open. */
  charge(done: TaskRow, occurredAtMs: number): void {
    const row = this.#campaigns.get(done.campaignId);
    if (row === null || row.quote === null || row.hold === null || done.chargeId === null)
      throw new Error(`campaign ${done.campaignId} has a success but no hold or no charge`);
    const k = chargeCount(this.#desk.outbox.holdCharges(row.hold.id)) + 1;
    this.#desk.outbox.enqueue({
      id: done.chargeId,
      accountId: row.accountId,
      campaignId: row.id,
      taskId: done.id,
      holdId: row.hold.id,
      platform: row.platform,
      operation: row.operation,
      targetUserId: done.targetUserId,
      expectedAmount: kthAmountUnder(row.quote, k),
      occurredAtMs,
    });
  }

  // ── Asking the executor ───────────────────────────────────────────────────────────────────────────────────

  /** Asks about tasks of unknown outcome, some at a time, in turn. */
  askAboutUnknown(row: CampaignRow): void {
    const live = this.#steering.live(row);
    if (!this.#pace.isDue(live.ask)) return;
    let tasks = this.#campaigns.tasks(row.id, 'unknown', live.askAfterPosition, askBatchMax);
    if (tasks.length === 0) tasks = this.#campaigns.tasks(row.id, 'unknown', 0, askBatchMax);
    const isLastOfTurn = tasks.length < askBatchMax;
    live.askAfterPosition = isLastOfTurn ? 0 : (tasks.at(-1)?.position ?? 0);
    this.#pace.launch(
      this.#pace.whileBusy(live.ask, async () => {
        for (const task of tasks) {
          const outcome = await this.ask(row, task);
          // A person may have decided in the meantime; what they said stays.
          const isOpen = this.#campaigns.task(task.id)?.phase === 'unknown';
          if (isOpen && outcome.kind !== 'unknown' && outcome.kind !== 'down')
            this.#apply(row, task, outcome);
        }
        if (isLastOfTurn) this.#pace.wait(live.ask, this.#times.askAgainMs);
        else this.#pace.reset(live.ask);
      }),
    );
  }

  ask(row: CampaignRow, task: TaskRow): Promise<AskOutcome> {
    return this.#steering.live(row).executor.ask(followTask(row, task), this.#abort.signal);
  }
}

function followTask(row: CampaignRow, task: TaskRow): FollowTask {
  return { taskId: task.id, platform: row.platform, targetUserId: task.targetUserId };
}
