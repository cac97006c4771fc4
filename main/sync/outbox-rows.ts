/**
 * Reads and writes the outbox's rows, each method with one statement of its own. It knows the tables and their indexes;
 * it must never decide what becomes of a charge, which is for `outbox.ts` alone.
 */
import { Problem } from '../../shared/api-words.ts';
import { OutboxState } from '../../shared/ipc-outbox.ts';
import type { Micros } from '../../shared/money.ts';
import type { Cache } from '../cache/database.ts';
import { fromServerProblem } from './call-problem.ts';
import type { Total } from './charge-totals.ts';
import type { Attempt, NewCharge, OutboxCharge } from './charge.ts';
import type { PendingState, TallySum } from './tally.ts';

export interface OutboxQuery {
  readonly states: readonly OutboxState[];
  /** Newest first: numbers below this one; null from the newest. */
  readonly beforeDeviceSeq: number | null;
  readonly limit: number;
}

interface Row {
  readonly id: string;
  readonly account_id: string;
  readonly device_id: string;
  readonly device_seq: bigint;
  readonly campaign_id: string | null;
  readonly task_id: string | null;
  readonly hold_id: string | null;
  readonly platform: string;
  readonly operation: string;
  readonly target_user_id: string;
  readonly expected_amount: bigint;
  readonly occurred_at_ms: bigint;
  readonly state: string;
  readonly attempts: bigint;
  readonly next_try_at_ms: bigint;
  readonly problem: string | null;
  readonly paid_amount: bigint | null;
  readonly waive_reason: string | null;
  readonly settled_at_ms: bigint | null;
}

/** The partial index `outbox_pending` serves this condition as it is written here. */
const isPending = "state IN ('queued', 'sending', 'unknown')";
/** To be sent now: not on its way, and not waiting, unless for a moment that only a wrong clock can have set. */
const isDue = `account_id = @accountId AND ${isPending} AND state <> 'sending'
  AND (next_try_at_ms <= @nowMs OR next_try_at_ms > @latestMs)`;

/** Only a rejected charge changes its state by a retry; the others just stop waiting. */
const retrySql = "UPDATE outbox SET state = iif(state = 'rejected', 'queued', state), next_try_at_ms = 0";

/** A number of a charge: the device's own, one after the other for each account. */
export type ChargeNumber = Pick<OutboxCharge, 'deviceId' | 'deviceSeq'>;

export class OutboxRows {
  readonly #sql: Cache['sql'];
  readonly #statements: Statements;

  constructor(cache: Cache) {
    this.#sql = cache.sql;
    this.#statements = prepare(cache);
  }

  get(id: string): OutboxCharge | null {
    const row = this.#statements.byId.get(id);
    return row === undefined ? null : chargeOf(row);
  }

  /** Each time that it was sent in vain, oldest first. */
  attempts(id: string): Attempt[] {
    return this.#statements.attempts.all(id).map(attemptOf);
  }

  /**
   * Newest first. Each state is walked on its own index and the walks are merged, so that a rare state is found as fast as
   * another.
   */
  list(accountId: string, { states, beforeDeviceSeq, limit }: OutboxQuery): OutboxCharge[] {
    const before = beforeDeviceSeq ?? Number.MAX_SAFE_INTEGER;
    const rows = [...new Set(states)].flatMap((state) =>
      this.#sql
        .prepare<(string | number)[], Row>(
          `SELECT * FROM outbox ${walkOf[state]} account_id = ? AND state = ? AND device_seq < ?
           ORDER BY device_seq DESC LIMIT ?`,
        )
        .all(accountId, state, before, limit),
    );
    const newest = rows.toSorted((a, b) => Number(b.device_seq - a.device_seq));
    return newest.slice(0, limit).map(chargeOf);
  }

  // ── Sums ──────────────────────────────────────────────────────────────────────────────────────────────────

  pendingSums(): TallySum<PendingState>[] {
    return this.#statements.pending.all().map(sumOf);
  }

  rejectedSums(accountId: string): TallySum<'rejected'>[] {
    return this.#statements.rejected.all(accountId).map(sumOf);
  }

  totals(accountId: string): Total[] {
    return this.#statements.totals.all(accountId);
  }

  campaignTotals(campaignId: string): Total[] {
    return this.#statements.campaignTotals.all(campaignId);
  }

  holdTotals(holdId: string): Total[] {
    return this.#statements.holdTotals.all(holdId);
  }

  /** Adds what has changed to the sums of the charges that have ended. */
  addToTotals(changed: readonly TallySum<OutboxState>[]): void {
    const { changeTotal, addTotal } = this.#statements;
    for (const { accountId, state, campaignId, holdId, count, amount } of changed) {
      const change = { accountId, state, campaign: campaignId ?? '', hold: holdId ?? '', count, amount };
      if (changeTotal.run(change).changes === 0) addTotal.run(change);
    }
  }

  // ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────────

  nextNumber(accountId: string, deviceId: string): number {
    return Number(this.#statements.nextNumber.get({ accountId, deviceId })?.seq ?? 1n);
  }

  numberAbove(accountId: string, deviceSeq: number): void {
    this.#statements.numberAbove.run(accountId, deviceSeq + 1);
  }

  isPending(accountId: string, { deviceId, deviceSeq }: ChargeNumber): boolean {
    return this.#statements.pendingNumber.get(accountId, deviceSeq, deviceId) !== undefined;
  }

  // ── New rows ──────────────────────────────────────────────────────────────────────────────────────────────

  insert(charge: NewCharge, { deviceId, deviceSeq }: ChargeNumber): void {
    this.#statements.insert.run(
      charge.id,
      charge.accountId,
      deviceId,
      deviceSeq,
      charge.campaignId,
      charge.taskId,
      charge.holdId,
      charge.platform,
      charge.operation,
      charge.targetUserId,
      charge.expectedAmount,
      charge.occurredAtMs,
    );
  }

  /** A settled charge; nothing where its id or its number is here. */
  insertSettled(charge: NewCharge, number: ChargeNumber, paid: Micros, settledAtMs: number): void {
    this.#statements.restore.run({ ...charge, ...number, paid, now: settledAtMs });
  }

  // ── Sending ───────────────────────────────────────────────────────────────────────────────────────────────

  /** Charges to be sent now, in the device's order; those that wait beyond `latestMs` do so by a wrong clock. */
  due(when: DueWhen, limit: number): OutboxCharge[] {
    return this.#statements.due.all({ ...when, limit }).map(chargeOf);
  }

  /** The same up to the last of them, as being sent. */
  markSending(when: DueWhen, last: ChargeNumber): void {
    this.#statements.sending.run({ ...when, seq: last.deviceSeq, deviceId: last.deviceId });
  }

  /** What was being sent is of unknown outcome; returns how many there were. */
  recover(): number {
    return this.#statements.recover.run().changes;
  }

  /** When the next pending one may be sent; null when none is pending. */
  nextTryAtMs(accountId: string): number | null {
    const due = this.#statements.nextDue.get(accountId)?.due ?? null;
    return due === null ? null : Number(due);
  }

  // These take a charge that is being sent, and throw where it is not.

  settle(id: string, paid: Micros, settledAtMs: number): void {
    wasSending(id, this.#statements.settle.run(paid, settledAtMs, id));
  }

  unsettle(id: string, state: OutboxState, problem: Problem | null, nextTryAtMs: number): void {
    const text = problem === null ? null : JSON.stringify(problem);
    wasSending(id, this.#statements.unsettle.run(state, text, nextTryAtMs, id));
  }

  unsend(id: string, state: OutboxState): void {
    wasSending(id, this.#statements.unsend.run(state, id));
  }

  keepAttempt(id: string, { attempt, atMs, outcome }: Attempt): void {
    this.#statements.attempt.run(id, attempt, atMs, outcome);
  }

  // ── What a person decides. Each returns how many rows it changed ──────────────────────────────────────────

  retry(id: string): number {
    return this.#statements.retry.run(id).changes;
  }

  retryAll(accountId: string): number {
    return this.#statements.retryAll.run(accountId).changes;
  }

  reprice(id: string, amount: Micros): number {
    return this.#statements.reprice.run(amount, id).changes;
  }

  waive(id: string, reason: string): number {
    return this.#statements.waive.run(reason, id).changes;
  }
}

interface DueWhen {
  readonly accountId: string;
  readonly nowMs: number;
  readonly latestMs: number;
}

function prepare({ sql }: Cache) {
  return {
    // The last row has the last number. What is kept apart are numbers that the rows do not tell of.
    nextNumber: sql.prepare<{ accountId: string; deviceId: string }, { seq: bigint }>(
      `SELECT max(
         coalesce((SELECT device_seq + 1 FROM outbox WHERE account_id = @accountId AND device_id = @deviceId
           ORDER BY device_seq DESC LIMIT 1), 1),
         coalesce((SELECT next_seq FROM charge_numbers WHERE account_id = @accountId), 1)) AS seq`,
    ),
    numberAbove: sql.prepare<[string, number]>(
      `INSERT INTO charge_numbers (account_id, next_seq) VALUES (?, ?)
       ON CONFLICT (account_id) DO UPDATE SET next_seq = excluded.next_seq WHERE next_seq < excluded.next_seq`,
    ),
    pendingNumber: sql.prepare<[string, number, string], { found: bigint }>(
      `SELECT 1 AS found FROM outbox WHERE account_id = ? AND device_seq = ? AND device_id = ? AND ${isPending}`,
    ),
    insert: sql.prepare(
      `INSERT INTO outbox (id, account_id, device_id, device_seq, campaign_id, task_id, hold_id, platform, operation,
         target_user_id, expected_amount, occurred_at_ms, state)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued')`,
    ),
    restore: sql.prepare(
      `INSERT INTO outbox (id, account_id, device_id, device_seq, campaign_id, task_id, hold_id, platform, operation,
         target_user_id, expected_amount, occurred_at_ms, state, attempts, paid_amount, settled_at_ms)
       VALUES (@id, @accountId, @deviceId, @deviceSeq, @campaignId, @taskId, @holdId, @platform, @operation,
         @targetUserId, @expectedAmount, @occurredAtMs, 'settled', 1, @paid, @now) ON CONFLICT DO NOTHING`,
    ),
    byId: sql.prepare<[string], Row>('SELECT * FROM outbox WHERE id = ?'),
    pending: sql.prepare<[], SumRow<PendingState>>(
      `SELECT account_id, campaign_id, hold_id, state, count(*) AS count, sum(expected_amount) AS amount
       FROM outbox INDEXED BY outbox_pending WHERE ${isPending} GROUP BY 1, 2, 3, 4`,
    ),
    rejected: sql.prepare<[string], SumRow<'rejected'>>(
      `SELECT account_id, campaign_id, hold_id, state, count(*) AS count, sum(expected_amount) AS amount
       FROM outbox INDEXED BY outbox_attention WHERE account_id = ? AND state IN ('rejected', 'waived')
         AND state = 'rejected' GROUP BY 1, 2, 3, 4`,
    ),
    changeTotal: sql.prepare(
      `UPDATE outbox_totals SET count = count + @count, amount = amount + @amount
       WHERE account_id = @accountId AND state = @state AND campaign_id = @campaign AND hold_id = @hold`,
    ),
    addTotal: sql.prepare(
      `INSERT INTO outbox_totals (account_id, state, campaign_id, hold_id, count, amount)
       VALUES (@accountId, @state, @campaign, @hold, @count, @amount)`,
    ),
    totals: sql.prepare<[string], Total>(
      'SELECT state, sum(count) AS count, sum(amount) AS amount FROM outbox_totals WHERE account_id = ? GROUP BY state',
    ),
    campaignTotals: sql.prepare<[string], Total>(
      'SELECT state, sum(count) AS count, sum(amount) AS amount FROM outbox_totals WHERE campaign_id = ? GROUP BY state',
    ),
    holdTotals: sql.prepare<[string], Total>(
      'SELECT state, sum(count) AS count, sum(amount) AS amount FROM outbox_totals WHERE hold_id = ? GROUP BY state',
    ),
    recover: sql.prepare("UPDATE outbox SET state = 'unknown' WHERE state = 'sending'"),
    due: sql.prepare<[object], Row>(
      `SELECT * FROM outbox INDEXED BY outbox_pending WHERE ${isDue}
       ORDER BY device_seq, device_id LIMIT @limit`,
    ),
    sending: sql.prepare<[object]>(
      `UPDATE outbox INDEXED BY outbox_pending SET state = 'sending'
       WHERE ${isDue} AND (device_seq, device_id) <= (@seq, @deviceId)`,
    ),
    attempts: sql.prepare<[string], { attempt: bigint; at_ms: bigint; outcome: string }>(
      // A damaged file of before may have brought the settling one as well.
      `SELECT attempt, at_ms, outcome FROM outbox_attempts
       WHERE charge_id = ? AND outcome <> 'settled' ORDER BY attempt`,
    ),
    nextDue: sql.prepare<[string], { due: bigint | null }>(
      `SELECT min(next_try_at_ms) AS due FROM outbox WHERE account_id = ? AND ${isPending}`,
    ),
    settle: sql.prepare<[bigint, number, string]>(
      `UPDATE outbox SET state = 'settled', paid_amount = ?, settled_at_ms = ?, problem = NULL,
         attempts = attempts + 1, next_try_at_ms = 0
       WHERE id = ? AND state = 'sending'`,
    ),
    unsettle: sql.prepare<[OutboxState, string | null, number, string]>(
      `UPDATE outbox SET state = ?, problem = ?, next_try_at_ms = ?, attempts = attempts + 1
       WHERE id = ? AND state = 'sending'`,
    ),
    unsend: sql.prepare<[OutboxState, string]>(
      "UPDATE outbox SET state = ? WHERE id = ? AND state = 'sending'",
    ),
    attempt: sql.prepare<[string, number, number, string]>(
      'INSERT INTO outbox_attempts (charge_id, attempt, at_ms, outcome) VALUES (?, ?, ?, ?)',
    ),
    retry: sql.prepare<[string]>(`${retrySql} WHERE id = ? AND state IN ('queued', 'unknown', 'rejected')`),
    retryAll: sql.prepare<[string]>(
      `${retrySql} WHERE account_id = ? AND state IN ('queued', 'unknown', 'rejected')`,
    ),
    reprice: sql.prepare<[bigint, string]>(
      `UPDATE outbox SET state = 'queued', expected_amount = ?, problem = NULL, next_try_at_ms = 0
       WHERE id = ? AND state = 'rejected'`,
    ),
    waive: sql.prepare<[string, string]>(
      "UPDATE outbox SET state = 'waived', waive_reason = ? WHERE id = ? AND state = 'rejected'",
    ),
  };
}
type Statements = ReturnType<typeof prepare>;

interface SumRow<S extends OutboxState> {
  readonly account_id: string;
  readonly campaign_id: string | null;
  readonly hold_id: string | null;
  readonly state: S;
  readonly count: bigint;
  readonly amount: Micros;
}

function sumOf<S extends OutboxState>(row: SumRow<S>): TallySum<S> {
  const { account_id: accountId, campaign_id: campaignId, hold_id: holdId, state, count, amount } = row;
  return { accountId, campaignId, holdId, state, count: Number(count), amount };
}

/** The index that serves each state, by the condition it was made with; the unique number serves the settled ones. */
const walkOf: Readonly<Record<OutboxState, string>> = {
  queued: `INDEXED BY outbox_pending WHERE ${isPending} AND`,
  sending: `INDEXED BY outbox_pending WHERE ${isPending} AND`,
  unknown: `INDEXED BY outbox_pending WHERE ${isPending} AND`,
  rejected: "INDEXED BY outbox_attention WHERE state IN ('rejected', 'waived') AND",
  waived: "INDEXED BY outbox_attention WHERE state IN ('rejected', 'waived') AND",
  settled: 'WHERE',
};

function wasSending(id: string, { changes }: { readonly changes: number }): void {
  if (changes !== 1) throw new Error(`charge ${id} was not being sent`);
}

function attemptOf(row: { attempt: bigint; at_ms: bigint; outcome: string }): Attempt {
  return { attempt: Number(row.attempt), atMs: Number(row.at_ms), outcome: row.outcome };
}

function chargeOf(row: Row): OutboxCharge {
  const problem = row.problem === null ? null : Problem.parse(JSON.parse(row.problem));
  return {
    id: row.id,
    accountId: row.account_id,
    campaignId: row.campaign_id,
    taskId: row.task_id,
    holdId: row.hold_id,
    platform: row.platform,
    operation: row.operation,
    targetUserId: row.target_user_id,
    expectedAmount: row.expected_amount,
    occurredAtMs: Number(row.occurred_at_ms),
    deviceId: row.device_id,
    deviceSeq: Number(row.device_seq),
    state: OutboxState.parse(row.state),
    attempts: Number(row.attempts),
    nextTryAtMs: Number(row.next_try_at_ms),
    problem: problem === null ? null : fromServerProblem(problem),
    paidAmount: row.paid_amount,
    waiveReason: row.waive_reason,
    settledAtMs: row.settled_at_ms === null ? null : Number(row.settled_at_ms),
  };
}
