/**
 * One posting: an account's state read under its lock, changed in memory, and written back in one go. Everything
 * that moves money goes through here. It must never be kept beyond the transaction it was opened in, and must never
 * write a state that its own checks would refuse.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Alert, AlertSettings, Transaction } from '../../shared/api.ts';
import { yuan, yuanLimit, yuanText, type Micros } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { chained, type UnchainedTransaction } from './chain-row.ts';
import { localDay } from './local-day.ts';
import { lowBalance } from './low-balance.ts';
import { requestHash } from './request-hash.ts';
import {
  addGrants,
  addGrantUses,
  addHolds,
  addNotice,
  addTransactions,
  changeHolds,
  finish,
  loadAccount,
  loadGrants,
  loadHolds,
  loadUnspentGrants,
  lockHead,
  type AccountEvent,
  type AccountFacts,
  type AccountState,
  type DailyTotal,
  type Grant,
  type GrantUse,
  type Head,
  type HoldRecord,
  type TransactionRow,
} from './statements.ts';

/** The one asset that is posted so far; the tables already keep assets apart. */
export const cny = 'CNY';
/** Rows that go to the database in one statement. */
const rowsSentTogether = 125;

/** What a transaction says beyond what the posting itself knows. */
export type Draft = Omit<
  Transaction,
  'accountId' | 'seq' | 'asset' | 'amount' | 'balanceAfter' | 'recordedAt' | 'prevHash' | 'hash'
>;

export class Posting {
  readonly accountId: string;
  readonly nowMs: number;
  readonly account: AccountFacts;
  readonly holds = new Map<string, HoldRecord>();
  readonly #tx: Queryable;
  readonly #grants: Grant[];
  readonly debtLimit: Micros;
  #balance: Micros;
  #held: Micros;
  #seq: number;
  #head: string;
  readonly #lastEvent: number;
  readonly #alerts: AlertSettings;
  readonly #wasLow: boolean;
  readonly #availableBefore: Micros;
  readonly #lastRowSeq: number;
  readonly #recordedAt: string;
  /** Appended and not yet sent. */
  #rows: TransactionRow[] = [];
  readonly #sent: Promise<void>[] = [];
  readonly #totals = new DailyTotals();
  readonly #uses: GrantUse[] = [];
  readonly #newGrants: Grant[] = [];
  readonly #changedGrants = new Set<Grant>();
  readonly #newHolds: HoldRecord[] = [];
  readonly #changedHolds = new Set<HoldRecord>();
  readonly #told: Omit<AccountEvent, 'n'>[] = [];

  private constructor(tx: Queryable, accountId: string, nowMs: number, loaded: Loaded) {
    this.#tx = tx;
    this.accountId = accountId;
    this.nowMs = nowMs;
    this.account = loaded.account;
    this.#balance = loaded.balance;
    this.#held = loaded.held;
    this.debtLimit = loaded.debtLimit;
    this.#seq = loaded.lastSeq;
    this.#lastRowSeq = loaded.lastSeq;
    this.#recordedAt = new Date(nowMs).toISOString();
    this.#head = loaded.head;
    this.#lastEvent = loaded.lastEvent;
    this.#alerts = loaded.alerts;
    this.#wasLow = loaded.lowBalance;
    this.#availableBefore = loaded.balance - loaded.held;
    this.#grants = loaded.grants;
    for (const hold of loaded.holds) this.holds.set(hold.id, hold);
  }

  /**
   * Locks the account and reads it, with these holds. Holds and grants whose time is over end here, so no operation
   * ever sees money that is no longer there, or misses money that has come back.
   */
  static async open(
    tx: Queryable,
    accountId: string,
    clock: () => number,
    holdIds: readonly string[] = [],
  ): Promise<Posting> {
    // The lock goes first; what follows it in the same round trip sees what the last owner left.
    const [head, state, grants, holds] = await Promise.all([
      lockHead(tx, accountId),
      loadAccount(tx, accountId, cny),
      loadUnspentGrants(tx, accountId, cny),
      loadHolds(tx, accountId, holdIds, clock()),
    ]);
    const nowMs = clock(); // After waiting for the lock, so that times follow the numbers.
    const loaded = { ...head, ...state, grants, holds };
    const posting = new Posting(tx, accountId, nowMs, loaded);
    posting.#endWhatIsOver();
    return posting;
  }

  get balance(): Micros {
    return this.#balance;
  }

  get available(): Micros {
    return this.#balance - this.#held;
  }

  /** What a charge may cost: what is available, and what the account may still owe. */
  get spendable(): Micros {
    return this.available + this.debtLimit;
  }

  /** What may still come in: a balance that no text can hold could never be served again. */
  get room(): Micros {
    return yuanLimit - 1n - this.#balance;
  }

  /** What is owed. The batches are empty then: they are used up before anything is owed. */
  get debt(): Micros {
    return this.#balance < 0n ? -this.#balance : 0n;
  }

  /**
   * The next transaction takes `amount` (zero or more) from the batches, and owes what they lack; with a hold, out of
   * what that set aside.
   */
  spend(draft: Draft, amount: Micros, fingerprint: string, hold: HoldRecord | null = null): Transaction {
    assert(amount >= 0n, 'an amount to spend is never below zero');
    if (hold === null) assert(amount <= this.spendable, 'spending was decided without enough money');
    else this.#capture(hold, amount);
    const uses = this.#takeFromGrants(amount);
    return this.#append(draft, -amount, fingerprint, uses);
  }

  /** The next transaction brings `amount` as a new batch under the transaction's id, which first repays what is owed. */
  bring(
    draft: Draft,
    amount: Micros,
    fingerprint: string,
    batch: Pick<Grant, 'priority' | 'source' | 'expiresAtMs'>,
  ): Transaction {
    assert(amount <= this.room, 'money was brought that the balance has no room for');
    const repaid = this.debt < amount ? this.debt : amount;
    this.#newGrants.push({
      ...batch,
      id: draft.id,
      amount,
      remaining: amount - repaid,
      effectiveAtMs: this.nowMs,
    });
    return this.#append(
      draft,
      amount,
      fingerprint,
      repaid === 0n ? [] : [{ grantId: draft.id, amount: repaid }],
    );
  }

  /**
   * The next transaction gives `amount` back: first to what is owed, then to batches what they had given, and the
   * rest, which no batch had given, as a new batch under the transaction's id.
   */
  async giveBack(
    draft: Draft,
    amount: Micros,
    returns: readonly { readonly grantId: string; readonly amount: Micros }[],
    fingerprint: string,
  ): Promise<Transaction> {
    assert(amount <= this.room, 'money was given back that the balance has no room for');
    const known = new Map(this.#grants.map((grant) => [grant.id, grant]));
    const spent = returns.map(({ grantId }) => grantId).filter((id) => !known.has(id));
    for (const grant of await loadGrants(this.#tx, this.accountId, spent)) {
      if (known.has(grant.id)) continue;
      known.set(grant.id, grant);
      this.#grants.push(grant);
    }
    const uses = returns.map(({ grantId, amount: part }) => ({ grantId, amount: -part }));
    let rest = this.debt < amount ? amount - this.debt : 0n;
    for (const { grantId, amount: part } of returns) {
      const grant = known.get(grantId);
      assert(grant !== undefined, `grant ${grantId} is missing`);
      grant.remaining += part;
      assert(grant.remaining <= grant.amount, `grant ${grantId} would get back more than it gave`);
      this.#changedGrants.add(grant);
      rest -= part;
    }
    assert(rest >= 0n, 'batches would get back more than is given');
    if (rest > 0n) {
      const grant = { id: draft.id, amount: rest, remaining: rest, priority: 0, source: draft.kind };
      this.#newGrants.push({ ...grant, effectiveAtMs: this.nowMs, expiresAtMs: null });
      uses.push({ grantId: draft.id, amount: -rest });
    }
    return this.#append(draft, amount, fingerprint, uses);
  }

  /** Sets money aside. The caller has checked that it is available. */
  placeHold(hold: HoldRecord): void {
    assert(hold.amount <= this.available, 'a hold was decided without enough money');
    this.#held += hold.amount;
    this.#newHolds.push(hold);
    this.holds.set(hold.id, hold);
  }

  /** Releases what is left of an open hold. */
  endHold(hold: HoldRecord, state: 'closed' | 'expired'): void {
    assert(hold.state === 'open', 'only an open hold ends');
    hold.released = hold.amount - hold.captured;
    hold.state = state;
    this.#held -= hold.released;
    this.#changedHolds.add(hold);
  }

  /** Marks a change of a hold that moves no money, such as a later expiry. */
  changed(hold: HoldRecord): void {
    this.#changedHolds.add(hold);
  }

  /** Adds an event of what is written beside this posting, in its transaction (L10). */
  tell(event: Omit<AccountEvent, 'n'>): void {
    this.#told.push(event);
  }

  /** Checks the whole and writes it; nothing to write is fine. Afterwards the posting is used up. */
  async write(): Promise<void> {
    this.#check();
    const changed = this.#newHolds.length + this.#changedHolds.size + this.#told.length;
    if (this.#lastRowSeq === this.#seq && changed === 0) return;
    this.#send();
    const { low, alert } = this.#lowBalance();
    await Promise.all([
      ...this.#sent,
      addGrants(this.#tx, this.accountId, cny, this.#newGrants),
      addGrantUses(this.#tx, this.accountId, this.#uses),
      addHolds(this.#tx, this.accountId, this.#newHolds),
      changeHolds(this.#tx, this.accountId, [...this.#changedHolds]),
      this.#finish(low, alert),
      this.#mail(alert),
    ]);
  }

  /** What is told of money that runs low, now that all of this posting is decided. */
  #lowBalance(): { readonly low: boolean; readonly alert: Alert | null } {
    const { enabled, threshold } = this.#alerts.lowBalance;
    const rule = { enabled, threshold: yuan(threshold) };
    const { low, crossed } = lowBalance(rule, this.#wasLow, {
      before: this.#availableBefore,
      after: this.available,
    });
    if (!crossed) return { low, alert: null };
    const available = yuanText(this.available);
    return {
      low,
      alert: { id: randomUUID(), kind: 'low_balance', available, threshold, at: this.#recordedAt },
    };
  }

  async #mail(alert: Alert | null): Promise<void> {
    const { enabled, address } = this.#alerts.email;
    if (alert !== null && enabled) await addNotice(this.#tx, this.accountId, alert, address, this.nowMs);
  }

  #finish(low: boolean, alert: Alert | null): Promise<void> {
    return finish(this.#tx, this.accountId, {
      asset: cny,
      balance: this.#balance,
      held: this.#held,
      debtLimit: this.debtLimit,
      lastSeq: this.#seq,
      head: this.#head,
      nowMs: this.nowMs,
      changedGrants: [...this.#changedGrants],
      totals: this.#totals.list(),
      lowBalance: low,
      events: this.#events(alert),
    });
  }

  /** Sends what was appended so far, so that the database writes while the next rows are decided. */
  #send(): void {
    const sending = addTransactions(this.#tx, this.accountId, cny, this.#rows);
    // `write` reports a failure; where the work ends before that, the transaction fails for that other reason.
    sending.catch(() => undefined);
    this.#sent.push(sending);
    this.#rows = [];
  }

  #endWhatIsOver(): void {
    for (const hold of this.holds.values())
      if (hold.state === 'open' && hold.expiresAtMs <= this.nowMs) this.endHold(hold, 'expired');
    for (const grant of this.#grants) {
      if (grant.expiresAtMs === null || grant.expiresAtMs > this.nowMs) continue;
      // What a hold still stands on stays until the hold ends.
      const amount = grant.remaining < this.available ? grant.remaining : this.available;
      if (amount > 0n) this.#expireGrant(grant, grant.expiresAtMs, amount);
    }
  }

  #expireGrant(grant: Grant, expiredAtMs: number, amount: Micros): void {
    grant.remaining -= amount;
    this.#changedGrants.add(grant);
    const draft: Draft = {
      id: randomUUID(),
      kind: 'expire',
      note: grant.source,
      occurredAt: new Date(expiredAtMs).toISOString(),
    };
    this.#append(draft, -amount, requestHash('expire', { grantId: grant.id }), [
      { grantId: grant.id, amount },
    ]);
  }

  #capture(hold: HoldRecord, amount: Micros): void {
    assert(hold.state === 'open', 'only an open hold is captured');
    hold.captured += amount;
    hold.capturedCount += 1;
    assert(hold.captured <= hold.amount, 'captures never exceed their hold');
    this.#held -= amount;
    this.#changedHolds.add(hold);
  }

  /** `grants` is in the order of use: priority, then earliest expiry, then age. */
  #takeFromGrants(amount: Micros): Omit<GrantUse, 'seq'>[] {
    const uses: Omit<GrantUse, 'seq'>[] = [];
    let left = amount;
    for (const grant of this.#grants) {
      if (left === 0n) break;
      if (grant.remaining === 0n) continue;
      const taken = grant.remaining < left ? grant.remaining : left;
      grant.remaining -= taken;
      left -= taken;
      this.#changedGrants.add(grant);
      uses.push({ grantId: grant.id, amount: taken });
    }
    assert(left === 0n || this.debtLimit > 0n, 'the batches hold less than the balance');
    return uses;
  }

  #append(
    draft: Draft,
    amount: Micros,
    fingerprint: string,
    uses: readonly Omit<GrantUse, 'seq'>[],
  ): Transaction {
    this.#seq += 1;
    this.#balance += amount;
    const row: UnchainedTransaction = {
      ...draft,
      accountId: this.accountId,
      seq: this.#seq,
      asset: cny,
      amount: yuanText(amount),
      balanceAfter: yuanText(this.#balance),
      recordedAt: this.#recordedAt,
    };
    const { transaction, body } = chained(row, this.#head);
    this.#head = transaction.hash;
    const [first] = uses;
    const grantId = uses.length === 1 && first?.amount === -amount ? first.grantId : undefined;
    if (grantId === undefined) for (const use of uses) this.#uses.push({ ...use, seq: this.#seq });
    this.#rows.push({
      transaction,
      body,
      amount,
      balanceAfter: this.#balance,
      requestHash: fingerprint,
      grantId,
    });
    this.#totals.add(this.account.timeZone, transaction, amount);
    if (this.#rows.length === rowsSentTogether) this.#send();
    return transaction;
  }

  /** L4 to L6 once more over the whole state, before any of it is written. */
  #check(): void {
    assert(this.#held >= 0n, 'held money is never below zero');
    assert(this.spendable >= 0n, 'an account never goes below zero, or below what it may owe');
    let remaining = 0n;
    for (const grant of this.#grants) remaining += grant.remaining;
    for (const grant of this.#newGrants) remaining += grant.remaining;
    assert.equal(remaining - this.debt, this.#balance, 'the batches less what is owed are the balance');
  }

  #events(alert: Alert | null): AccountEvent[] {
    const balance = {
      seq: this.#seq,
      head: this.#head,
      balance: yuanText(this.#balance),
      held: yuanText(this.#held),
      available: yuanText(this.available),
    };
    const holds = new Set([...this.#newHolds, ...this.#changedHolds]);
    return [
      ...[...holds].map(({ id, state }) => ({ kind: 'hold' as const, body: { id, state } })),
      { kind: 'balance' as const, body: balance },
      ...(alert === null ? [] : [{ kind: 'alert' as const, body: alert }]),
      ...this.#told,
    ].map((event, index) => ({ ...event, n: this.#lastEvent + index + 1 }));
  }
}

interface Loaded extends Head, AccountState {
  readonly grants: Grant[];
  readonly holds: readonly HoldRecord[];
}

/** Counts and sums what a posting adds, by local day, kind and platform. */
class DailyTotals {
  readonly #totals = new Map<string, DailyTotal>();
  /** Local days by quarter of an hour, which no zone's midnight cuts through. */
  readonly #days = new Map<number, string>();

  add(timeZone: string, { kind, platform = '', occurredAt }: Transaction, amount: Micros): void {
    const occurredAtMs = Date.parse(occurredAt);
    const quarter = Math.floor(occurredAtMs / 900_000);
    let day = this.#days.get(quarter);
    if (day === undefined) {
      day = localDay(timeZone, occurredAtMs);
      this.#days.set(quarter, day);
    }
    const key = `${day} ${kind} ${platform}`;
    const total = this.#totals.get(key) ?? { day, kind, platform, count: 0, amount: 0n };
    total.count += 1;
    total.amount += amount;
    this.#totals.set(key, total);
  }

  list(): DailyTotal[] {
    return [...this.#totals.values()];
  }
}
