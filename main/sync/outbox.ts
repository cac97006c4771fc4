/**
 * The charges that successes have caused and the server has yet to confirm. The only writer of `outbox`,
 * `outbox_attempts` and `charge_numbers`. It must never delete a row, nor send the same charge under two ids.
 *
 *   enqueue ──▶ queued ──claim──▶ sending ──charged, replayed──────────────▶ settled
 *                 ▲ ▲               │ │ │
 *                 │ └─server error──┘ │ └──refused (needs a person)──▶ rejected ──waive(reason)──▶ waived
 *                 │                   └──no answer, or a crash──▶ unknown      │
 *                 │                                                │ claim     │
 *                 │                                                ▼           │
 *                 │                                             sending        │
 *                 └────────────────retry, reprice (a person agreed)────────────┘
 *
 * An unknown charge is sent again under the same id: the server replays what it did the first time (L3).
 */
import { Charge, chargeBatchMax, Problem } from '../../shared/api.ts';
import { OutboxState, type DeskProblem } from '../../shared/ipc.ts';
import { yuan, type Micros } from '../../shared/money.ts';
import { repeatableTransaction, type Cache } from '../cache/database.ts';
import { fromServerProblem } from './call-problem.ts';

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

/** A campaign's or a hold's charges by where they stand. Amounts are what was paid once settled, what is expected before. */
export interface ChargeTotals {
  readonly pendingCount: number;
  readonly pendingAmount: Micros;
  readonly rejectedCount: number;
  readonly rejectedAmount: Micros;
  readonly settledCount: number;
  readonly settledAmount: Micros;
  readonly waivedCount: number;
  readonly waivedAmount: Micros;
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

export interface OutboxQuery {
  readonly states: readonly OutboxState[];
  /** Newest first: numbers below this one; null from the newest. */
  readonly beforeDeviceSeq: number | null;
  readonly limit: number;
}

export interface Outbox {
  /**
   * Keeps a charge and gives it the device's next number. Must be called inside a transaction of the cache, the one
   * that writes the success it is for (S1); throws otherwise. Tell `outbox` and nudge a round after the commit.
   */
  enqueue(charge: NewCharge): OutboxCharge;
  /**
   * Puts a settled charge back that this database has lost, as the ledger has it. Must be called inside a transaction; a
   * charge that is here already stays as it is.
   */
  restore(charge: NewCharge, number: Pick<OutboxCharge, 'deviceId' | 'deviceSeq'>, settled: Charge): void;
  get(id: string): OutboxCharge | null;
  byTask(taskId: string): OutboxCharge | null;
  pending(accountId: string): PendingTotals;
  attentionCount(accountId: string): number;
  campaignCharges(campaignId: string): ChargeTotals;
  /** The same of one hold. A campaign that started offline has spent more than one. */
  holdCharges(holdId: string): ChargeTotals;
  list(accountId: string, query: OutboxQuery): { readonly items: OutboxCharge[]; readonly total: number };

  /** At start: what was being sent when the process ended has an unknown outcome. Returns how many there were. */
  recover(): number;
  /** Takes up to 500 charges that are due, in the device's order, and marks them `sending`. */
  claim(accountId: string, nowMs: number): readonly OutboxCharge[];
  /** Writes what became of claimed charges, in one transaction. */
  record(outcomes: ReadonlyMap<string, SendOutcome>, nowMs: number): void;
  /** When the next pending charge is due, now for one put off by a wrong clock; null when none is pending. */
  nextDueAtMs(accountId: string, nowMs: number): number | null;

  /** Whether the charge of this device with that number is still to be confirmed. */
  isPending(accountId: string, deviceSeq: number): boolean;
  /** The next charge's number will be above this one. */
  numberAbove(accountId: string, deviceSeq: number): void;

  /** Sends a rejected charge again, or a queued one without waiting. Null when its state forbids it. */
  retry(id: string): OutboxCharge | null;
  /** The same for all of an account's; returns how many there were. */
  retryAll(accountId: string): number;
  /**
   * Sends a rejected charge again for another amount, under the same id: a refusal does not use it up (L3). Null when its
   * state forbids it.
   */
  reprice(id: string, amount: Micros): OutboxCharge | null;
  /** Gives a rejected charge up, for a reason that is kept. Null when its state forbids it. */
  waive(id: string, reason: string): OutboxCharge | null;
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
  readonly charge: string | null;
  readonly paid_amount: bigint | null;
  readonly waive_reason: string | null;
  readonly settled_at_ms: bigint | null;
}

/** The partial index `outbox_pending` serves this condition as it is written here. */
const pendingStates = "state IN ('queued', 'sending', 'unknown')";

/** No charge is put off for longer: a later time was written by a clock that has been put right since. */
const waitMsMax = 15 * 60_000;
/** Attempts beyond this many are counted but no longer written down one by one. */
const attemptsKeptMax = 50;
/** Only a rejected charge changes its state by a retry; the others just stop waiting. */
const retrySql = "UPDATE outbox SET state = iif(state = 'rejected', 'queued', state), next_try_at_ms = 0";

export function createOutbox(cache: Cache, deviceId: string): Outbox {
  const statements = prepare(cache);
  const get = (id: string): OutboxCharge | null => {
    const row = statements.byId.get(id);
    return row === undefined ? null : chargeOf(row);
  };
  return {
    enqueue: (charge) => enqueue(cache, statements, deviceId, charge),
    restore(charge, number, settled) {
      if (!cache.sql.inTransaction) throw new Error('charges are put back in one transaction');
      const [paid, now] = [yuan(settled.amount), Date.parse(settled.recordedAt)];
      statements.restore.run({ ...charge, ...number, charge: JSON.stringify(settled), paid, now });
    },
    get,
    byTask(taskId) {
      const row = statements.byTask.get(taskId);
      return row === undefined ? null : chargeOf(row);
    },
    pending: (accountId) => pending(statements, accountId),
    attentionCount(accountId) {
      const totals = statements.totals.all(accountId);
      return Number(totals.find((total) => total.state === 'rejected')?.count ?? 0n);
    },
    campaignCharges: (campaignId) => chargeTotals(statements.campaignTotals.all(campaignId)),
    holdCharges: (holdId) => chargeTotals(statements.holdTotals.all(holdId)),
    list: (accountId, query) => list(cache, accountId, query),
    recover: () => statements.recover.run().changes,
    // Undone, these are charges that are sent again under the same id.
    claim: (accountId, nowMs) =>
      repeatableTransaction(cache, () => {
        const due = statements.due.all(accountId, nowMs, nowMs + waitMsMax, chargeBatchMax);
        for (const row of due) statements.sending.run(row.id);
        return due.map((row) => chargeOf({ ...row, state: 'sending' }));
      }),
    record: (outcomes, nowMs) =>
      repeatableTransaction(cache, () => {
        for (const [id, outcome] of outcomes) record(statements, id, outcome, nowMs);
      }),
    nextDueAtMs(accountId, nowMs) {
      const due = statements.nextDue.get(accountId)?.due ?? null;
      if (due === null) return null;
      return Number(due) > nowMs + waitMsMax ? nowMs : Number(due);
    },
    isPending: (accountId, deviceSeq) =>
      statements.pendingNumber.get(accountId, deviceSeq, deviceId) !== undefined,
    numberAbove: (accountId, deviceSeq) => void statements.numberAbove.run(accountId, deviceSeq + 1),
    retry: (id) => (statements.retry.run(id).changes === 1 ? get(id) : null),
    retryAll: (accountId) => statements.retryAll.run(accountId).changes,
    reprice: (id, amount) => (statements.reprice.run(amount, id).changes === 1 ? get(id) : null),
    waive: (id, reason) => (statements.waive.run(reason, id).changes === 1 ? get(id) : null),
  };
}

function prepare({ sql }: Cache) {
  return {
    // The last row has the last number: to keep it a second time would cost a page at every success. What is kept are
    // numbers that the rows do not tell of.
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
      `SELECT 1 AS found FROM outbox WHERE account_id = ? AND device_seq = ? AND device_id = ? AND ${pendingStates}`,
    ),
    insert: sql.prepare(
      `INSERT INTO outbox (id, account_id, device_id, device_seq, campaign_id, task_id, hold_id, platform, operation,
         target_user_id, expected_amount, occurred_at_ms, state)
       VALUES (@id, @accountId, @deviceId, @deviceSeq, @campaignId, @taskId, @holdId, @platform, @operation,
         @targetUserId, @expectedAmount, @occurredAtMs, 'queued')`,
    ),
    restore: sql.prepare(
      `INSERT INTO outbox (id, account_id, device_id, device_seq, campaign_id, task_id, hold_id, platform, operation,
         target_user_id, expected_amount, occurred_at_ms, state, attempts, charge, paid_amount, settled_at_ms)
       VALUES (@id, @accountId, @deviceId, @deviceSeq, @campaignId, @taskId, @holdId, @platform, @operation,
         @targetUserId, @expectedAmount, @occurredAtMs, 'settled', 1, @charge, @paid, @now) ON CONFLICT DO NOTHING`,
    ),
    byId: sql.prepare<[string], Row>('SELECT * FROM outbox WHERE id = ?'),
    byTask: sql.prepare<[string], Row>('SELECT * FROM outbox WHERE task_id = ?'),
    totals: sql.prepare<[string], Total>(
      `SELECT state, sum(count) AS count, sum(amount) AS amount, sum(without_hold) AS without_hold
       FROM outbox_totals WHERE account_id = ? GROUP BY state`,
    ),
    campaignTotals: sql.prepare<[string], Total>(
      `SELECT state, sum(count) AS count, sum(amount) AS amount, sum(without_hold) AS without_hold
       FROM outbox_totals WHERE campaign_id = ? GROUP BY state`,
    ),
    holdTotals: sql.prepare<[string], Total>(
      `SELECT state, sum(count) AS count, sum(amount) AS amount, sum(without_hold) AS without_hold
       FROM outbox_totals WHERE hold_id = ? GROUP BY state`,
    ),
    recover: sql.prepare("UPDATE outbox SET state = 'unknown' WHERE state = 'sending'"),
    due: sql.prepare<[string, number, number, number], Row>(
      `SELECT * FROM outbox WHERE account_id = ? AND ${pendingStates} AND state <> 'sending'
         AND (next_try_at_ms <= ? OR next_try_at_ms > ?) ORDER BY device_seq LIMIT ?`,
    ),
    nextDue: sql.prepare<[string], { due: bigint | null }>(
      `SELECT min(next_try_at_ms) AS due FROM outbox WHERE account_id = ? AND ${pendingStates}`,
    ),
    sending: sql.prepare<[string]>("UPDATE outbox SET state = 'sending' WHERE id = ?"),
    settle: sql.prepare(
      `UPDATE outbox SET state = 'settled', charge = @charge, paid_amount = @paid, settled_at_ms = @now, problem = NULL,
         attempts = attempts + 1, next_try_at_ms = 0
       WHERE id = @id AND state = 'sending'`,
    ),
    unsettle: sql.prepare(
      `UPDATE outbox SET state = @state, problem = @problem, next_try_at_ms = @nextTry, attempts = attempts + 1
       WHERE id = @id AND state = 'sending'`,
    ),
    unsend: sql.prepare(
      `UPDATE outbox SET state = iif(attempts = 0, 'queued', 'unknown') WHERE id = @id AND state = 'sending'`,
    ),
    attempt: sql.prepare(
      `INSERT INTO outbox_attempts (charge_id, attempt, at_ms, outcome)
       SELECT id, attempts, @now, @outcome FROM outbox WHERE id = @id AND attempts <= ${attemptsKeptMax}`,
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

interface Total {
  readonly state: string;
  readonly count: bigint;
  readonly amount: Micros;
  readonly without_hold: Micros;
}
const noTotal = { count: 0n, amount: 0n, without_hold: 0n };

function enqueue(cache: Cache, statements: Statements, deviceId: string, charge: NewCharge): OutboxCharge {
  if (!cache.sql.inTransaction) throw new Error('a charge is kept in the transaction of its success (S1)');
  const number = statements.nextNumber.get({ accountId: charge.accountId, deviceId });
  if (number === undefined) throw new Error('no number was given out');
  statements.insert.run({ ...charge, deviceId, deviceSeq: number.seq });
  return {
    ...charge,
    deviceId,
    deviceSeq: Number(number.seq),
    state: 'queued',
    attempts: 0,
    nextTryAtMs: 0,
    problem: null,
    charge: null,
    paidAmount: null,
    waiveReason: null,
    settledAtMs: null,
  };
}

function pending(statements: Statements, accountId: string): PendingTotals {
  let count = 0n;
  let amount = 0n;
  let amountWithoutHold = 0n;
  for (const total of statements.totals.iterate(accountId)) {
    if (!['queued', 'sending', 'unknown'].includes(total.state)) continue;
    count += total.count;
    amount += total.amount;
    amountWithoutHold += total.without_hold;
  }
  return { count: Number(count), amount, amountWithoutHold };
}

/** What of a hold its charges have not taken up: settled, pending, and rejected ones that may be retried. */
export function unspent(holdAmount: Micros, charges: ChargeTotals): Micros {
  return holdAmount - charges.settledAmount - charges.pendingAmount - charges.rejectedAmount;
}

function chargeTotals(byState: readonly Total[]): ChargeTotals {
  const totals = new Map(byState.map((total) => [total.state, total]));
  const of = (state: OutboxState): typeof noTotal => totals.get(state) ?? noTotal;
  const waiting = [of('queued'), of('sending'), of('unknown')];
  return {
    pendingCount: Number(waiting.reduce((sum, total) => sum + total.count, 0n)),
    pendingAmount: waiting.reduce((sum, total) => sum + total.amount, 0n),
    rejectedCount: Number(of('rejected').count),
    rejectedAmount: of('rejected').amount,
    settledCount: Number(of('settled').count),
    settledAmount: of('settled').amount,
    waivedCount: Number(of('waived').count),
    waivedAmount: of('waived').amount,
  };
}

/** The index that serves each state, by the condition it was made with; the unique number serves the settled ones. */
const walkOf: Readonly<Record<OutboxState, string>> = {
  queued: `INDEXED BY outbox_pending WHERE ${pendingStates} AND`,
  sending: `INDEXED BY outbox_pending WHERE ${pendingStates} AND`,
  unknown: `INDEXED BY outbox_pending WHERE ${pendingStates} AND`,
  rejected: "INDEXED BY outbox_attention WHERE state IN ('rejected', 'waived') AND",
  waived: "INDEXED BY outbox_attention WHERE state IN ('rejected', 'waived') AND",
  settled: 'WHERE',
};

/** Each state is walked on its own index and the walks are merged, so that a rare state is found as fast as another. */
function list(
  cache: Cache,
  accountId: string,
  { states, beforeDeviceSeq, limit }: OutboxQuery,
): { readonly items: OutboxCharge[]; readonly total: number } {
  const before = beforeDeviceSeq ?? Number.MAX_SAFE_INTEGER;
  const rows = [...new Set(states)].flatMap((state) =>
    cache.sql
      .prepare<(string | number)[], Row>(
        `SELECT * FROM outbox ${walkOf[state]} account_id = ? AND state = ? AND device_seq < ?
         ORDER BY device_seq DESC LIMIT ?`,
      )
      .all(accountId, state, before, limit),
  );
  const newest = rows.toSorted((a, b) => Number(b.device_seq - a.device_seq)).slice(0, limit);
  const total = cache.sql
    .prepare<string[], { count: bigint }>(
      `SELECT coalesce(sum(count), 0) AS count FROM outbox_totals
       WHERE account_id = ? AND state IN (${states.map(() => '?').join(', ')})`,
    )
    .get(accountId, ...states);
  return { items: newest.map(chargeOf), total: Number(total?.count ?? 0n) };
}

function record(statements: Statements, id: string, outcome: SendOutcome, nowMs: number): void {
  const { changes } = applyOutcome(statements, id, outcome, nowMs);
  if (changes !== 1) throw new Error(`charge ${id} was not being sent`);
  if (outcome.kind === 'unsent') return;
  const text = 'problem' in outcome ? outcome.problem.code : 'reason' in outcome ? outcome.reason : 'settled';
  statements.attempt.run({ id, now: nowMs, outcome: text });
}

function applyOutcome(
  statements: Statements,
  id: string,
  outcome: SendOutcome,
  now: number,
): { readonly changes: number } {
  if (outcome.kind === 'settled') {
    const paid = yuan(outcome.charge.amount);
    return statements.settle.run({ id, charge: JSON.stringify(outcome.charge), paid, now });
  }
  if (outcome.kind === 'unsent') return statements.unsend.run({ id });
  return statements.unsettle.run({
    id,
    state: outcome.kind,
    problem: 'problem' in outcome ? JSON.stringify(outcome.problem) : null,
    nextTry: 'nextTryAtMs' in outcome ? outcome.nextTryAtMs : 0,
  });
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
    charge: row.charge === null ? null : Charge.parse(JSON.parse(row.charge)),
    paidAmount: row.paid_amount,
    waiveReason: row.waive_reason,
    settledAtMs: row.settled_at_ms === null ? null : Number(row.settled_at_ms),
  };
}
