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
import type { Charge } from '../../shared/api.ts';
import { chargeBatchMax } from '../../shared/api-words.ts';
import { yuan, type Micros } from '../../shared/money.ts';
import { repeatableTransaction, type Cache } from '../cache/database.ts';
import {
  chargeTotals,
  countIn,
  pendingTotals,
  type ChargeTotals,
  type PendingTotals,
} from './charge-totals.ts';
import type { Attempt, NewCharge, OutboxCharge, SendOutcome } from './charge.ts';
import { OutboxRows, type ChargeNumber, type OutboxQuery } from './outbox-rows.ts';
import { Tally, type PendingState, type Standing, type TallySum } from './tally.ts';

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
  restore(charge: NewCharge, number: ChargeNumber, settled: Charge): void;
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

/** No charge is put off for longer: a later time was written by a clock that has been put right since. */
const waitMsMax = 15 * 60_000;
/** Attempts beyond this many are counted but no longer written down one by one. */
const attemptsKeptMax = 50;

export function createOutbox(cache: Cache, deviceId: string): Outbox {
  const rows = new OutboxRows(cache);
  const tally = new Tally({
    pending: () => rows.pendingSums(),
    nextNumber: (accountId) => rows.nextNumber(accountId, deviceId),
  });
  /** What is being sent, so that its rows need not be read again to write down what became of it. */
  const sending = new Map<string, OutboxCharge>();
  cache.onUndone(() => {
    tally.forget();
    sending.clear();
  });
  const pendingOf = (among: (sum: TallySum<PendingState>) => boolean): TallySum<PendingState>[] =>
    tally.pending().filter(among);
  /** Does what changes the one charge, or none. */
  const change = (id: string, act: () => number): OutboxCharge | null =>
    cache.transaction(() => {
      const before = rows.get(id);
      if (act() !== 1) return null;
      const after = rows.get(id);
      if (before === null || after === null) throw new Error(`charge ${id} is no longer there`);
      tally.move(before, standingOf(before), standingOf(after));
      rows.addToTotals(tally.takeEnded());
      return after;
    });
  return {
    enqueue(charge) {
      if (!cache.sql.inTransaction)
        throw new Error('a charge is kept in the transaction of its success (S1)');
      const number = { deviceId, deviceSeq: tally.nextNumber(charge.accountId) };
      rows.insert(charge, number);
      tally.numberGiven(charge.accountId, number.deviceSeq);
      tally.move(charge, null, { state: 'queued', amount: charge.expectedAmount });
      return { ...charge, ...number, ...neverSent };
    },
    restore(charge, number, settled) {
      if (!cache.sql.inTransaction) throw new Error('charges are put back in one transaction');
      rows.insertSettled(charge, number, yuan(settled.amount), Date.parse(settled.recordedAt));
      tally.forget();
    },
    get: (id) => rows.get(id),
    attempts(id) {
      const charge = rows.get(id);
      const before = rows.attempts(id);
      if (charge === null || charge.settledAtMs === null) return before;
      return [...before, { attempt: charge.attempts, atMs: charge.settledAtMs, outcome: 'settled' }];
    },
    pending: (accountId) => pendingTotals(pendingOf((sum) => sum.accountId === accountId)),
    attentionCount: (accountId) => countIn(rows.totals(accountId), ['rejected']),
    campaignCharges: (campaignId) =>
      chargeTotals(
        pendingOf((sum) => sum.campaignId === campaignId),
        rows.campaignTotals(campaignId),
      ),
    holdCharges: (holdId) =>
      chargeTotals(
        pendingOf((sum) => sum.holdId === holdId),
        rows.holdTotals(holdId),
      ),
    list(accountId, query) {
      const { states } = query;
      const waiting = pendingOf((sum) => sum.accountId === accountId && states.includes(sum.state));
      const total = pendingTotals(waiting).count + countIn(rows.totals(accountId), states);
      return { items: rows.list(accountId, query), total };
    },
    recover() {
      tally.forget();
      return rows.recover();
    },
    // Undone, these are charges that are sent again under the same id.
    claim: (accountId, nowMs) =>
      repeatableTransaction(cache, () => {
        const when = { accountId, nowMs, latestMs: nowMs + waitMsMax };
        const due = rows.due(when, chargeBatchMax);
        const last = due.at(-1);
        if (last !== undefined) rows.markSending(when, last);
        return due.map((waiting) => {
          const charge: OutboxCharge = { ...waiting, state: 'sending' };
          tally.move(charge, standingOf(waiting), standingOf(charge));
          sending.set(charge.id, charge);
          return charge;
        });
      }),
    record: (outcomes, nowMs) =>
      repeatableTransaction(cache, () => {
        for (const [id, outcome] of outcomes) {
          const charge = sending.get(id) ?? rows.get(id);
          if (charge === null) throw new Error(`there is no charge ${id}`);
          tally.move(charge, standingOf(charge), record(rows, charge, outcome, nowMs));
          sending.delete(id);
        }
        rows.addToTotals(tally.takeEnded());
      }),
    nextDueAtMs(accountId, nowMs) {
      const next = rows.nextTryAtMs(accountId);
      return next !== null && next > nowMs + waitMsMax ? nowMs : next;
    },
    isPending: (accountId, deviceSeq) => rows.isPending(accountId, { deviceId, deviceSeq }),
    numberAbove(accountId, deviceSeq) {
      rows.numberAbove(accountId, deviceSeq);
      tally.forget();
    },
    retry: (id) => change(id, () => rows.retry(id)),
    retryAll: (accountId) =>
      cache.transaction(() => {
        const leaving = rows.rejectedSums(accountId);
        const changed = rows.retryAll(accountId);
        tally.forget();
        rows.addToTotals(leaving.map((sum) => ({ ...sum, count: -sum.count, amount: -sum.amount })));
        return changed;
      }),
    reprice: (id, amount) => change(id, () => rows.reprice(id, amount)),
    waive: (id, reason) => change(id, () => rows.waive(id, reason)),
  };
}

const neverSent = {
  state: 'queued',
  attempts: 0,
  nextTryAtMs: 0,
  problem: null,
  paidAmount: null,
  waiveReason: null,
  settledAtMs: null,
} as const satisfies Partial<OutboxCharge>;

function standingOf({ state, expectedAmount, paidAmount }: OutboxCharge): Standing {
  return { state, amount: paidAmount ?? expectedAmount };
}

/** Writes what became of a charge that was being sent, and returns where it stands now. */
function record(rows: OutboxRows, charge: OutboxCharge, outcome: SendOutcome, nowMs: number): Standing {
  const { id, expectedAmount } = charge;
  switch (outcome.kind) {
    case 'unsent': {
      const state = charge.attempts === 0 ? 'queued' : 'unknown';
      rows.unsend(id, state);
      return { state, amount: expectedAmount };
    }
    case 'settled': {
      const paid = yuan(outcome.charge.amount);
      rows.settle(id, paid, nowMs);
      return { state: 'settled', amount: paid };
    }
    case 'rejected':
    case 'queued':
    case 'unknown': {
      const problem = 'problem' in outcome ? outcome.problem : null;
      rows.unsettle(id, outcome.kind, problem, 'nextTryAtMs' in outcome ? outcome.nextTryAtMs : 0);
      const attempt = charge.attempts + 1;
      const text = 'problem' in outcome ? outcome.problem.code : outcome.reason;
      if (attempt <= attemptsKeptMax) rows.keepAttempt(id, { attempt, atMs: nowMs, outcome: text });
      return { state: outcome.kind, amount: expectedAmount };
    }
    default:
      return outcome satisfies never;
  }
}
