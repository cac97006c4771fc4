/**
 * Campaigns and their tasks as they are kept. The only writer of `campaigns` and `tasks`. It must never let a success
 * be written without its charge (S1), nor the outcome of a task change afterwards.
 *
 *   draft ──▶ quoted ──▶ confirmed ──▶ running ◀──▶ paused(reason)
 *              ▲  │          │          │  ▲           │
 *              └──┴──refused─┘          ▼  │           │
 *                            └──────▶ settling ◀───────┘   settling ──▶ done | cancelled
 *
 * A task: queued ──▶ running ──▶ succeeded | failed | unknown; unknown ──▶ succeeded | failed | queued (the executor
 * never got it); queued ──▶ skipped (the campaign was cancelled).
 */
import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { Hold } from '../../shared/api.ts';
import { Quote } from '../../shared/api-prices.ts';
import {
  CampaignPhase,
  ExecutorChoice,
  PauseReason,
  TargetsReport,
  TaskPhase,
} from '../../shared/ipc-campaigns.ts';
import { DeskProblem } from '../../shared/ipc-words.ts';
import type { Cache } from '../cache/database.ts';

export interface CampaignRow {
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  readonly platform: string;
  readonly operation: string;
  readonly executor: ExecutorChoice;
  readonly phase: CampaignPhase;
  readonly pauseReason: PauseReason | null;
  readonly problem: DeskProblem | null;
  readonly quote: Quote | null;
  readonly holdId: string | null;
  readonly hold: Hold | null;
  /** Set by a cancel: queued tasks are skipped, and the campaign ends as `cancelled`. */
  readonly cancelling: boolean;
  readonly createdAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
}

export interface NewCampaign extends Pick<
  CampaignRow,
  'id' | 'accountId' | 'name' | 'platform' | 'operation' | 'executor' | 'createdAtMs'
> {
  readonly report: TargetsReport;
}
export type CampaignChange = Partial<
  Pick<
    CampaignRow,
    | 'phase'
    | 'pauseReason'
    | 'problem'
    | 'quote'
    | 'holdId'
    | 'hold'
    | 'cancelling'
    | 'startedAtMs'
    | 'endedAtMs'
  >
>;

export interface TaskRow {
  readonly campaignId: string;
  readonly position: number;
  readonly id: string;
  readonly targetUserId: string;
  readonly phase: TaskPhase;
  readonly reason: string | null;
  readonly finishedAtMs: number | null;
  /** The charge in the outbox that its success caused; null before. */
  readonly chargeId: string | null;
}

export type TaskCounts = Readonly<Record<TaskPhase | 'total', number>>;

export interface Campaigns {
  /** Keeps a draft with its tasks, in the order given, giving way between chunks. It is seen once it is whole. */
  add(campaign: NewCampaign, targets: readonly string[]): Promise<CampaignRow>;
  /** Null also while it is still being added. */
  get(id: string): CampaignRow | null;
  /** An account's whose name holds `text` (any name for an empty one), newest first. */
  list(accountId: string, text: string, limit: number): CampaignRow[];
  /** What reading its targets came to; null for a campaign that is not there. */
  report(id: string): TargetsReport | null;
  /** Those that are confirmed, running, paused or settling, of every account, oldest first. */
  active(): CampaignRow[];
  /** Writes the fields given. Throws when the phase may not follow the present one. */
  change(id: string, change: CampaignChange): CampaignRow;
  /** Removes a draft or a quoted campaign with its tasks; throws for any other. */
  remove(id: string): void;
  /** Once, at start: removes drafts cut off while being added, and says of running tasks that nobody knows. */
  recover(): void;

  counts(id: string): TaskCounts;
  task(taskId: string): TaskRow | null;
  /** In position order after `afterPosition`; of one phase, or all. */
  tasks(id: string, phase: TaskPhase | null, afterPosition: number, limit: number): TaskRow[];
  /** Successes without their charge: only a damaged database has any. */
  uncharged(): TaskRow[];
  /** Takes the next queued tasks and marks them running. */
  begin(id: string, limit: number, nowMs: number): TaskRow[];
  /**
   * A task that was running or unknown succeeded, and caused the charge of this id. `charge` must enqueue that one; it is
   * given the task and runs in the same transaction (S1).
   */
  succeed(taskId: string, chargeId: string, nowMs: number, charge: (task: TaskRow) => void): TaskRow;
  /** Another charge is the one of this success: the row of its own was lost, and the ledger charged the target before. */
  chargedBy(taskId: string, chargeId: string): void;
  fail(taskId: string, reason: string, nowMs: number): TaskRow;
  /** Nobody can tell, for now, what became of a running task. */
  lose(taskId: string, reason: string): TaskRow;
  /** The executor never got it: it may be taken again. */
  requeue(taskId: string): TaskRow;
  /** Skips queued tasks, at most `limit`; returns how many. */
  skip(id: string, limit: number, nowMs: number): number;
}

const phasesAfter: Readonly<Record<CampaignPhase, readonly CampaignPhase[]>> = {
  draft: ['quoted'],
  quoted: ['quoted', 'confirmed'],
  confirmed: ['quoted', 'running', 'settling'],
  running: ['paused', 'settling'],
  paused: ['paused', 'running', 'settling'],
  settling: ['running', 'done', 'cancelled'],
  done: [],
  cancelled: [],
};
const addChunkRows = 1_000;

/** What a task that has moved says beside its phase. */
interface Moved {
  readonly reason?: string;
  readonly nowMs?: number;
  readonly chargeId?: string;
}

interface StoredCampaign {
  readonly id: string;
  readonly account_id: string;
  readonly name: string;
  readonly platform: string;
  readonly operation: string;
  readonly executor: string;
  readonly phase: string;
  readonly pause_reason: string | null;
  readonly problem: string | null;
  readonly quote: string | null;
  readonly hold_id: string | null;
  readonly hold: string | null;
  readonly cancelling: bigint;
  readonly created_at_ms: bigint;
  readonly started_at_ms: bigint | null;
  readonly ended_at_ms: bigint | null;
}
interface StoredTask {
  readonly campaign_id: string;
  readonly position: bigint;
  readonly id: string;
  readonly target_user_id: string;
  readonly phase: string;
  readonly reason: string | null;
  readonly finished_at_ms: bigint | null;
  readonly charge_id: string | null;
}

export function createCampaigns(cache: Cache): Campaigns {
  const statements = prepare(cache);
  const beingAdded = new Set<string>();
  const whole = (rows: readonly StoredCampaign[]): CampaignRow[] =>
    rows.filter((row) => !beingAdded.has(row.id)).map(campaignOf);
  const get = (id: string): CampaignRow | null => whole([statements.byId.get(id)].filter(isThere))[0] ?? null;
  const counts = (id: string): TaskCounts => countsOf(statements.counts.all(id));
  const task = (taskId: string): TaskRow | null => {
    const row = statements.task.get(taskId);
    return row === undefined ? null : taskOf(row);
  };
  /** Writes what became of a task that was running, or whose outcome nobody knew. */
  const move = (taskId: string, to: TaskPhase, { reason, nowMs, chargeId }: Moved): TaskRow => {
    const moved = statements.move.get({
      taskId,
      to,
      reason: reason ?? null,
      nowMs: nowMs ?? null,
      chargeId: chargeId ?? null,
    });
    if (moved === undefined) throw new Error(`task ${taskId} is not under way, so it can't be ${to}`);
    return taskOf(moved);
  };

  return {
    get,
    counts,
    task,
    add: (campaign, targets) => add(cache, statements, beingAdded, campaign, targets),
    list: (accountId, text, limit) =>
      whole(statements.newest.all(accountId, text.trim().toLowerCase(), limit)),
    report: (id) => {
      const stored = statements.report.get(id);
      return stored === undefined ? null : TargetsReport.parse(JSON.parse(stored.report));
    },
    active: () => statements.active.all().map(campaignOf),
    change(id, change) {
      return cache.transaction(() => {
        const row = get(id);
        if (row === null) throw new Error(`there is no campaign ${id}`);
        if (change.phase !== undefined && !phasesAfter[row.phase].includes(change.phase))
          throw new Error(`campaign ${id} is ${row.phase}, so it can't be ${change.phase}`);
        const next = { ...row, ...change };
        statements.update.run(storedChange(next));
        return next;
      });
    },
    remove(id) {
      cache.transaction(() => removeDraft(statements, id));
    },
    recover() {
      cache.transaction(() => {
        statements.interrupt.run();
        for (const { id } of statements.cutOff.all()) removeDraft(statements, id);
      });
    },
    tasks(id, phase, afterPosition, limit) {
      const rows =
        phase === null
          ? statements.tasks.all(id, afterPosition, limit)
          : statements.tasksOf.all(id, phase, afterPosition, limit);
      return rows.map(taskOf);
    },
    uncharged: () => statements.uncharged.all().map(taskOf),
    begin: (id, limit, nowMs) =>
      cache.transaction(() =>
        statements.tasksOf.all(id, 'queued', 0, limit).map((row) => {
          statements.started.run(nowMs, row.id);
          return taskOf({ ...row, phase: 'running' });
        }),
      ),
    succeed: (taskId, chargeId, nowMs, charge) =>
      cache.transaction(() => {
        const done = move(taskId, 'succeeded', { nowMs, chargeId });
        charge(done);
        return done;
      }),
    chargedBy: (taskId, chargeId) => void statements.chargedBy.run(chargeId, taskId),
    fail: (taskId, reason, nowMs) => move(taskId, 'failed', { reason, nowMs }),
    lose: (taskId, reason) => move(taskId, 'unknown', { reason }),
    requeue: (taskId) => move(taskId, 'queued', {}),
    skip: (id, limit, nowMs) => statements.skip.run(nowMs, id, limit).changes,
  };
}

function prepare({ sql }: Cache) {
  // The report is read by itself when somebody opens it, so that it stays out of the way of everything else.
  const columns = `id, account_id, name, platform, operation, executor, phase, pause_reason, problem, quote, hold_id,
    hold, cancelling, created_at_ms, started_at_ms, ended_at_ms`;
  const taskColumns = 'campaign_id, position, id, target_user_id, phase, reason, finished_at_ms, charge_id';
  return {
    insert: sql.prepare(
      `INSERT INTO campaigns (id, account_id, name, platform, operation, executor, phase, report, created_at_ms)
       VALUES (@id, @accountId, @name, @platform, @operation, @executor, 'draft', @report, @createdAtMs)`,
    ),
    insertTask: sql.prepare<[string, number, string, string]>(
      `INSERT INTO tasks (campaign_id, position, id, target_user_id, phase) VALUES (?, ?, ?, ?, 'queued')`,
    ),
    byId: sql.prepare<[string], StoredCampaign>(`SELECT ${columns} FROM campaigns WHERE id = ?`),
    // Ids are of version 7: they tell which came first of those of one millisecond.
    newest: sql.prepare<[string, string, number], StoredCampaign>(
      `SELECT ${columns} FROM campaigns WHERE account_id = ? AND instr(lower(name), ?) > 0
       ORDER BY created_at_ms DESC, id DESC LIMIT ?`,
    ),
    report: sql.prepare<[string], { report: string }>('SELECT report FROM campaigns WHERE id = ?'),
    // The partial index `campaigns_active` serves this condition as it is written here.
    active: sql.prepare<[], StoredCampaign>(
      `SELECT ${columns} FROM campaigns WHERE phase IN ('confirmed', 'running', 'paused', 'settling') ORDER BY created_at_ms, id`,
    ),
    update: sql.prepare(
      `UPDATE campaigns SET phase = @phase, pause_reason = @pauseReason, problem = @problem, quote = @quote,
         hold_id = @holdId, hold = @hold, cancelling = @cancelling, started_at_ms = @startedAtMs, ended_at_ms = @endedAtMs
       WHERE id = @id`,
    ),
    deleteTasks: sql.prepare<[string]>('DELETE FROM tasks WHERE campaign_id = ?'),
    deleteCounts: sql.prepare<[string]>('DELETE FROM task_counts WHERE campaign_id = ?'),
    deleteCampaign: sql.prepare<[string]>(
      "DELETE FROM campaigns WHERE id = ? AND phase IN ('draft', 'quoted')",
    ),
    cutOff: sql.prepare<[], { id: string }>(
      `SELECT id FROM campaigns WHERE phase = 'draft' AND json_extract(report, '$.good') <>
         coalesce((SELECT sum(count) FROM task_counts WHERE campaign_id = campaigns.id), 0)`,
    ),
    interrupt: sql.prepare(
      "UPDATE tasks SET phase = 'unknown', reason = 'interrupted' WHERE phase = 'running'",
    ),
    counts: sql.prepare<[string], { phase: string; count: bigint }>(
      'SELECT phase, count FROM task_counts WHERE campaign_id = ?',
    ),
    task: sql.prepare<[string], StoredTask>(`SELECT ${taskColumns} FROM tasks WHERE id = ?`),
    tasks: sql.prepare<[string, number, number], StoredTask>(
      `SELECT ${taskColumns} FROM tasks WHERE campaign_id = ? AND position > ? ORDER BY position LIMIT ?`,
    ),
    tasksOf: sql.prepare<[string, string, number, number], StoredTask>(
      `SELECT ${taskColumns} FROM tasks WHERE campaign_id = ? AND phase = ? AND position > ? ORDER BY position LIMIT ?`,
    ),
    // The counts tell at once whether there is anything to be looked for.
    uncharged: sql.prepare<[], StoredTask>(
      `WITH charged AS MATERIALIZED (
         SELECT campaign_id, sum(count) AS count FROM (
           SELECT campaign_id, count FROM outbox_totals
           UNION ALL
           SELECT campaign_id, count(*) FROM outbox INDEXED BY outbox_pending
           WHERE state IN ('queued', 'sending', 'unknown') GROUP BY campaign_id)
         GROUP BY campaign_id)
       SELECT ${taskColumns} FROM tasks WHERE phase = 'succeeded' AND campaign_id IN
         (SELECT counted.campaign_id FROM task_counts AS counted LEFT JOIN charged USING (campaign_id)
          WHERE counted.phase = 'succeeded' AND counted.count > coalesce(charged.count, 0))
       AND NOT EXISTS (SELECT 1 FROM outbox WHERE id = tasks.charge_id)`,
    ),
    chargedBy: sql.prepare<[string, string]>(
      "UPDATE tasks SET charge_id = ? WHERE id = ? AND phase = 'succeeded'",
    ),
    started: sql.prepare<[number, string]>(
      "UPDATE tasks SET phase = 'running', started_at_ms = ? WHERE id = ? AND phase = 'queued'",
    ),
    move: sql.prepare<[object], StoredTask>(
      `UPDATE tasks SET phase = @to, reason = @reason, finished_at_ms = @nowMs, charge_id = @chargeId
       WHERE id = @taskId AND phase IN ('running', 'unknown') RETURNING ${taskColumns}`,
    ),
    skip: sql.prepare<[number, string, number]>(
      `UPDATE tasks SET phase = 'skipped', finished_at_ms = ? WHERE id IN
         (SELECT id FROM tasks WHERE campaign_id = ? AND phase = 'queued' ORDER BY position LIMIT ?)`,
    ),
  };
}
type Statements = ReturnType<typeof prepare>;

async function add(
  cache: Cache,
  statements: Statements,
  beingAdded: Set<string>,
  campaign: NewCampaign,
  targets: readonly string[],
): Promise<CampaignRow> {
  if (targets.length === 0 || targets.length !== campaign.report.good)
    throw new Error('a campaign has as many tasks as its report has good lines, and at least one');
  beingAdded.add(campaign.id);
  try {
    statements.insert.run({
      ...campaign,
      executor: JSON.stringify(campaign.executor),
      report: JSON.stringify(campaign.report),
    });
    for (let from = 0; from < targets.length; from += addChunkRows) {
      cache.transaction(() => {
        for (const [offset, target] of targets.slice(from, from + addChunkRows).entries())
          statements.insertTask.run(campaign.id, from + offset + 1, uuidv7(), target);
      });
      await yieldToLoop();
    }
  } catch (error) {
    cache.transaction(() => removeDraft(statements, campaign.id));
    throw error;
  } finally {
    beingAdded.delete(campaign.id);
  }
  const added = statements.byId.get(campaign.id);
  if (added === undefined) throw new Error(`campaign ${campaign.id} was removed while it was being added`);
  return campaignOf(added);
}

function removeDraft(statements: Statements, id: string): void {
  statements.deleteTasks.run(id);
  statements.deleteCounts.run(id);
  if (statements.deleteCampaign.run(id).changes !== 1)
    throw new Error(`campaign ${id} is no draft, so it can't be removed`);
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}

const writeJson = (value: object | null): string | null => (value === null ? null : JSON.stringify(value));
const readJson = (text: string | null): unknown => (text === null ? null : JSON.parse(text));

function storedChange(row: CampaignRow) {
  return {
    id: row.id,
    phase: row.phase,
    pauseReason: row.pauseReason,
    problem: writeJson(row.problem),
    quote: writeJson(row.quote),
    holdId: row.holdId,
    hold: writeJson(row.hold),
    cancelling: row.cancelling ? 1 : 0,
    startedAtMs: row.startedAtMs,
    endedAtMs: row.endedAtMs,
  };
}

function campaignOf(row: StoredCampaign): CampaignRow {
  return {
    id: row.id,
    accountId: row.account_id,
    name: row.name,
    platform: row.platform,
    operation: row.operation,
    executor: ExecutorChoice.parse(readJson(row.executor)),
    phase: CampaignPhase.parse(row.phase),
    pauseReason: PauseReason.nullable().parse(row.pause_reason),
    problem: DeskProblem.nullable().parse(readJson(row.problem)),
    quote: Quote.nullable().parse(readJson(row.quote)),
    holdId: row.hold_id,
    hold: Hold.nullable().parse(readJson(row.hold)),
    cancelling: row.cancelling === 1n,
    createdAtMs: Number(row.created_at_ms),
    startedAtMs: row.started_at_ms === null ? null : Number(row.started_at_ms),
    endedAtMs: row.ended_at_ms === null ? null : Number(row.ended_at_ms),
  };
}

function taskOf(row: StoredTask): TaskRow {
  return {
    campaignId: row.campaign_id,
    position: Number(row.position),
    id: row.id,
    targetUserId: row.target_user_id,
    phase: TaskPhase.parse(row.phase),
    reason: row.reason,
    finishedAtMs: row.finished_at_ms === null ? null : Number(row.finished_at_ms),
    chargeId: row.charge_id,
  };
}

function countsOf(rows: readonly { phase: string; count: bigint }[]): TaskCounts {
  const counts = { total: 0, queued: 0, running: 0, succeeded: 0, failed: 0, unknown: 0, skipped: 0 };
  for (const row of rows) {
    counts[TaskPhase.parse(row.phase)] += Number(row.count);
    counts.total += Number(row.count);
  }
  return counts;
}
