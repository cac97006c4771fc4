/**
 * The charges that successes have caused and the server has yet to confirm. The only writer of `outbox`,
 * `outbox_attempts`, `outbox_totals` and `charge_numbers`. It must never delete a row, nor send the same charge under two ids.
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
import { chargeBatchMax, Problem, type Charge } from '../../shared/api.ts';
import { OutboxState, type DeskProblem } from '../../shared/ipc.ts';
import { yuan, type Micros } from '../../shared/money.ts';
import { repeatableTransaction, type Cache } from '../cache/database.ts';
import { fromServerProblem } from './call-problem.ts';
import { Tally, type PendingState, type Standing, type TallySum } from './tally.ts';

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

/** A charge was sent once more. */
export interface Attempt {
  /** 1, 2, 3 … */
  readonly attempt: number;
  /** When its outcome was written down. */
  readonly atMs: number;
  /** `settled`, the code of the server's problem, or why nothing that counts as an answer came back. */
  readonly outcome: string;
}

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
  /** Each time it was sent, oldest first, of those that are written down: see `attemptsKeptMax`. */
  attempts(id: string): readonly Attempt[];
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
  readonly paid_amount: bigint | null;
  readonly waive_reason: string | null;
  readonly settled_at_ms: bigint | null;
}

/** The partial index `outbox_pending` serves this condition as it is written here. */
const isPending = "state IN ('queued', 'sending', 'unknown')";
/** To be sent now: not on its way, and not waiting, unless for a moment that only a wrong clock can have set. */
const isDue = `account_id = @accountId AND ${isPending} AND state <> 'sending'
  AND (next_try_at_ms <= @nowMs OR next_try_at_ms > @latestMs)`;

/** No charge is put off for longer: a later time was written by a clock that has been put right since. */
const waitMsMax = 15 * 60_000;
/** Attempts beyond this many are counted but no longer written down one by one. */
const attemptsKeptMax = 50;
/** Only a rejected charge changes its state by a retry; the others just stop waiting. */
const retrySql = "UPDATE outbox SET state = iif(state = 'rejected', 'queued', state), next_try_at_ms = 0";

export function createOutbox(cache: Cache, deviceId: string): Outbox {
  const statements = prepare(cache);
  const tally = new Tally({
    pending: () => statements.pending.all().map(sumOf),
    nextNumber: (accountId) => Number(statements.nextNumber.get({ accountId, deviceId })?.seq ?? 1n),
  });
  /** What is being sent, so that its rows need not be read again to write down what became of it. */
  const sending = new Map<string, OutboxCharge>();
  cache.onUndone(() => {
    tally.forget();
    sending.clear();
  });
  const get = (id: string): OutboxCharge | null => {
    const row = statements.byId.get(id);
    return row === undefined ? null : chargeOf(row);
  };
  /** Runs a statement that changes the one charge, or none. */
  const change = (id: string, run: () => { readonly changes: number }): OutboxCharge | null =>
    cache.transaction(() => {
      const before = get(id);
      if (run().changes !== 1) return null;
      const after = get(id);
      if (before === null || after === null) throw new Error(`charge ${id} is no longer there`);
      tally.move(before, standingOf(before), standingOf(after));
      writeTotals(statements, tally.takeEnded());
      return after;
    });
  return {
    enqueue: (charge) => enqueue(cache, statements, tally, deviceId, charge),
    restore(charge, number, settled) {
      if (!cache.sql.inTransaction) throw new Error('charges are put back in one transaction');
      const [paid, now] = [yuan(settled.amount), Date.parse(settled.recordedAt)];
      statements.restore.run({ ...charge, ...number, paid, now });
      tally.forget();
    },
    get,
    attempts(id) {
      const charge = get(id);
      const before = statements.attempts.all(id).map(attemptOf);
      if (charge === null || charge.settledAtMs === null) return before;
      return [...before, { attempt: charge.attempts, atMs: charge.settledAtMs, outcome: 'settled' }];
    },
    pending: (accountId) => pendingTotals(tally.pending().filter((sum) => sum.accountId === accountId)),
    attentionCount(accountId) {
      const totals = statements.totals.all(accountId);
      return Number(totals.find((total) => total.state === 'rejected')?.count ?? 0n);
    },
    campaignCharges: (campaignId) =>
      chargeTotals(
        tally.pending().filter((sum) => sum.campaignId === campaignId),
        statements.campaignTotals.all(campaignId),
      ),
    holdCharges: (holdId) =>
      chargeTotals(
        tally.pending().filter((sum) => sum.holdId === holdId),
        statements.holdTotals.all(holdId),
      ),
    list: (accountId, query) => list(cache, tally, accountId, query),
    recover() {
      tally.forget();
      return statements.recover.run().changes;
    },
    // Undone, these are charges that are sent again under the same id.
    claim: (accountId, nowMs) =>
      repeatableTransaction(cache, () => {
        const when = { accountId, nowMs, latestMs: nowMs + waitMsMax };
        const due = statements.due.all({ ...when, limit: chargeBatchMax });
        const last = due.at(-1);
        if (last === undefined) return [];
        statements.sending.run({ ...when, seq: last.device_seq, deviceId: last.device_id });
        return due.map((row) => {
          const waiting = chargeOf(row);
          const charge: OutboxCharge = { ...waiting, state: 'sending' };
          tally.move(charge, standingOf(waiting), standingOf(charge));
          sending.set(charge.id, charge);
          return charge;
        });
      }),
    record: (outcomes, nowMs) =>
      repeatableTransaction(cache, () => {
        for (const [id, outcome] of outcomes) {
          const charge = sending.get(id) ?? get(id);
          if (charge === null) throw new Error(`there is no charge ${id}`);
          tally.move(charge, standingOf(charge), record(statements, charge, outcome, nowMs));
          sending.delete(id);
        }
        writeTotals(statements, tally.takeEnded());
      }),
    nextDueAtMs(accountId, nowMs) {
      const due = statements.nextDue.get(accountId)?.due ?? null;
      if (due === null) return null;
      return Number(due) > nowMs + waitMsMax ? nowMs : Number(due);
    },
    isPending: (accountId, deviceSeq) =>
      statements.pendingNumber.get(accountId, deviceSeq, deviceId) !== undefined,
    numberAbove(accountId, deviceSeq) {
      statements.numberAbove.run(accountId, deviceSeq + 1);
      tally.forget();
    },
    retry: (id) => change(id, () => statements.retry.run(id)),
    retryAll: (accountId) =>
      cache.transaction(() => {
        const leaving = statements.rejected.all(accountId).map(sumOf);
        const { changes } = statements.retryAll.run(accountId);
        tally.forget();
        writeTotals(
          statements,
          leaving.map((sum) => ({ ...sum, count: -sum.count, amount: -sum.amount })),
        );
        return changes;
      }),
    reprice: (id, amount) => change(id, () => statements.reprice.run(amount, id)),
    waive: (id, reason) => change(id, () => statements.waive.run(reason, id)),
  };
}

function standingOf({ state, expectedAmount, paidAmount }: OutboxCharge): Standing {
  return { state, amount: paidAmount ?? expectedAmount };
}

/** Adds what has changed to the sums of the charges that have ended. */
function writeTotals(statements: Statements, changed: readonly TallySum<OutboxState>[]): void {
  for (const { accountId, state, campaignId, holdId, count, amount } of changed) {
    const change = { accountId, state, campaign: campaignId ?? '', hold: holdId ?? '', count, amount };
    if (statements.changeTotal.run(change).changes === 0) statements.addTotal.run(change);
  }
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
    unsettle: sql.prepare<[SendOutcome['kind'], string | null, number, string]>(
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

/** A state that charges end in, and what those in it come to. */
interface Total {
  readonly state: string;
  readonly count: bigint;
  readonly amount: Micros;
}
interface SumRow<S extends OutboxState> {
  readonly account_id: string;
  readonly campaign_id: string | null;
  readonly hold_id: string | null;
  readonly state: S;
  readonly count: bigint;
  readonly amount: Micros;
}

function enqueue(
  cache: Cache,
  statements: Statements,
  tally: Tally,
  deviceId: string,
  charge: NewCharge,
): OutboxCharge {
  if (!cache.sql.inTransaction) throw new Error('a charge is kept in the transaction of its success (S1)');
  const deviceSeq = tally.nextNumber(charge.accountId);
  statements.insert.run(
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
  tally.numberGiven(charge.accountId, deviceSeq);
  tally.move(charge, null, { state: 'queued', amount: charge.expectedAmount });
  return {
    ...charge,
    deviceId,
    deviceSeq,
    state: 'queued',
    attempts: 0,
    nextTryAtMs: 0,
    problem: null,
    paidAmount: null,
    waiveReason: null,
    settledAtMs: null,
  };
}

function sumOf<S extends OutboxState>(row: SumRow<S>): TallySum<S> {
  const { account_id: accountId, campaign_id: campaignId, hold_id: holdId, state, count, amount } = row;
  return { accountId, campaignId, holdId, state, count: Number(count), amount };
}

function pendingTotals(sums: readonly TallySum<PendingState>[]): PendingTotals {
  return {
    count: sums.reduce((sum, { count }) => sum + count, 0),
    amount: amountOf(sums),
    amountWithoutHold: amountOf(sums.filter(({ holdId }) => holdId === null)),
  };
}

function amountOf(sums: readonly TallySum<PendingState>[]): Micros {
  return sums.reduce((sum, { amount }) => sum + amount, 0n);
}

/** What of a hold its charges have not taken up: settled, pending, and rejected ones that may be retried. */
export function unspent(holdAmount: Micros, charges: ChargeTotals): Micros {
  return holdAmount - charges.settledAmount - charges.pendingAmount - charges.rejectedAmount;
}

function chargeTotals(pending: readonly TallySum<PendingState>[], ended: readonly Total[]): ChargeTotals {
  const totals = new Map(ended.map((total) => [total.state, total]));
  const of = (state: OutboxState): Pick<Total, 'count' | 'amount'> =>
    totals.get(state) ?? { count: 0n, amount: 0n };
  const waiting = pendingTotals(pending);
  return {
    pendingCount: waiting.count,
    pendingAmount: waiting.amount,
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
  queued: `INDEXED BY outbox_pending WHERE ${isPending} AND`,
  sending: `INDEXED BY outbox_pending WHERE ${isPending} AND`,
  unknown: `INDEXED BY outbox_pending WHERE ${isPending} AND`,
  rejected: "INDEXED BY outbox_attention WHERE state IN ('rejected', 'waived') AND",
  waived: "INDEXED BY outbox_attention WHERE state IN ('rejected', 'waived') AND",
  settled: 'WHERE',
};

/** Each state is walked on its own index and the walks are merged, so that a rare state is found as fast as another. */
function list(
  cache: Cache,
  tally: Tally,
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
  const ended = cache.sql
    .prepare<string[], { count: bigint }>(
      `SELECT coalesce(sum(count), 0) AS count FROM outbox_totals
       WHERE account_id = ? AND state IN (${states.map(() => '?').join(', ')})`,
    )
    .get(accountId, ...states);
  const waiting = tally.pending().filter((sum) => sum.accountId === accountId && states.includes(sum.state));
  return {
    items: newest.map(chargeOf),
    total: Number(ended?.count ?? 0n) + pendingTotals(waiting).count,
  };
}

/** Writes what became of a charge that was being sent, and returns where it stands now. */
function record(statements: Statements, charge: OutboxCharge, outcome: SendOutcome, nowMs: number): Standing {
  const { id, expectedAmount } = charge;
  const attempt = charge.attempts + 1;
  if (outcome.kind === 'unsent') {
    const state = charge.attempts === 0 ? 'queued' : 'unknown';
    wasSending(id, statements.unsend.run(state, id));
    return { state, amount: expectedAmount };
  }
  if (outcome.kind === 'settled') {
    const paid = yuan(outcome.charge.amount);
    wasSending(id, statements.settle.run(paid, nowMs, id));
    return { state: 'settled', amount: paid };
  }
  const problem = 'problem' in outcome ? JSON.stringify(outcome.problem) : null;
  const nextTry = 'nextTryAtMs' in outcome ? outcome.nextTryAtMs : 0;
  wasSending(id, statements.unsettle.run(outcome.kind, problem, nextTry, id));
  const text = 'problem' in outcome ? outcome.problem.code : outcome.reason;
  if (attempt <= attemptsKeptMax) statements.attempt.run(id, attempt, nowMs, text);
  return { state: outcome.kind, amount: expectedAmount };
}

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
