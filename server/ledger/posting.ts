/**
 * One posting: an account's state read under its lock, changed in memory, and written back in one go. Everything
 * that moves money goes through here. It must never be kept beyond the transaction it was opened in, and must never
 * write a state that its own checks would refuse.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Alert, AlertSettings, Transaction } from '../../shared/api.ts';
import { assetText, cny } from '../../shared/assets.ts';
import { yuan, yuanText, type Micros } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { chained, type UnchainedTransaction } from './chain-row.ts';
import { loadAccount, loadGrants, loadHolds, loadUnspentGrants, loadWallet, lockHead } from './loading.ts';
import { lowBalance } from './low-balance.ts';
import type {
  AccountEvent,
  AccountFacts,
  AccountState,
  Grant,
  GrantUse,
  Head,
  HoldRecord,
  TransactionRow,
} from './records.ts';
import { requestHash } from './request-hash.ts';
import { Wallet } from './wallet.ts';
import {
  addGrants,
  addGrantUses,
  addHolds,
  addNotice,
  addTransactions,
  changeHolds,
  finish,
  moveWallet,
} from './writing.ts';

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
  /** Those it was opened with, of any asset, and those whose time was over. */
  readonly holds = new Map<string, HoldRecord>();
  /** The account's money, which every posting reads: what is told of it goes with each. */
  readonly money: Wallet;
  readonly #tx: Queryable;
  readonly #wallets = new Map<string, Wallet>();
  #seq: number;
  #head: string;
  readonly #lastEvent: number;
  readonly #alerts: AlertSettings;
  readonly #alertAddress: string;
  readonly #wasLow: boolean;
  readonly #availableBefore: Micros;
  readonly #lastRowSeq: number;
  readonly #recordedAt: string;
  /** Appended and not yet sent. */
  #rows: TransactionRow[] = [];
  readonly #sent: Promise<void>[] = [];
  readonly #uses: GrantUse[] = [];
  readonly #newHolds: HoldRecord[] = [];
  readonly #changedHolds = new Set<HoldRecord>();
  readonly #told: Omit<AccountEvent, 'n'>[] = [];

  private constructor(tx: Queryable, accountId: string, nowMs: number, loaded: Loaded) {
    this.#tx = tx;
    this.accountId = accountId;
    this.nowMs = nowMs;
    this.account = loaded.account;
    this.money = loaded.money;
    for (const wallet of [loaded.money, ...loaded.others]) this.#wallets.set(wallet.asset, wallet);
    this.#seq = loaded.lastSeq;
    this.#lastRowSeq = loaded.lastSeq;
    this.#recordedAt = new Date(nowMs).toISOString();
    this.#head = loaded.head;
    this.#lastEvent = loaded.lastEvent;
    this.#alerts = loaded.alerts;
    this.#alertAddress = loaded.alertAddress;
    this.#wasLow = loaded.lowBalance;
    this.#availableBefore = loaded.money.available;
    for (const hold of loaded.holds) this.holds.set(hold.id, hold);
  }

  /**
   * Locks the account and reads its money, these other assets and these holds. Holds and grants whose time is over end
   * here, so no operation ever sees money that is no longer there, or misses money that has come back.
   */
  static async open(
    tx: Queryable,
    accountId: string,
    clock: () => number,
    holdIds: readonly string[] = [],
    assets: readonly string[] = [],
  ): Promise<Posting> {
    const others = [...new Set(assets)].filter((asset) => asset !== cny);
    // The lock goes first; what follows it in the same round trip sees what the last owner left.
    const [head, state, grants, holds, ...wallets] = await Promise.all([
      lockHead(tx, accountId),
      loadAccount(tx, accountId, cny),
      loadUnspentGrants(tx, accountId, cny),
      loadHolds(tx, accountId, [cny, ...others], holdIds, clock()),
      ...others.map(async (asset) => {
        const [wallet, left] = await Promise.all([
          loadWallet(tx, accountId, asset),
          loadUnspentGrants(tx, accountId, asset),
        ]);
        return new Wallet(asset, wallet, left);
      }),
    ]);
    const nowMs = clock(); // After waiting for the lock, so that times follow the numbers.
    const money = new Wallet(cny, state, grants);
    const posting = new Posting(tx, accountId, nowMs, { ...head, ...state, money, others: wallets, holds });
    posting.#endWhatIsOver();
    return posting;
  }

  /** One of `holds`, if it is of money. */
  moneyHold(id: string): HoldRecord | undefined {
    const hold = this.holds.get(id);
    return hold?.asset === cny ? hold : undefined;
  }

  /** The wallet of an asset that the posting was opened with. */
  wallet(asset: string): Wallet {
    const wallet = this.#wallets.get(asset);
    assert(wallet !== undefined, `the posting was opened without ${asset}`);
    return wallet;
  }

  /**
   * The next transaction takes `amount` (zero or more) from the batches of the wallet, and owes what they lack; with a
   * hold, out of what that set aside.
   */
  spend(
    draft: Draft,
    amount: Micros,
    fingerprint: string,
    hold: HoldRecord | null = null,
    wallet: Wallet = hold === null ? this.money : this.wallet(hold.asset),
  ): Transaction {
    assert(amount >= 0n, 'an amount to spend is never below zero');
    if (hold === null) assert(amount <= wallet.spendable, 'spending was decided without enough money');
    else this.#capture(hold, amount, wallet);
    const transaction = this.#append(draft, -amount, fingerprint, wallet.take(amount), wallet);
    // Here and nowhere else: what has spent is written, but what only ended something may still be refused and is not.
    if (this.#rows.length >= rowsSentTogether) this.#send();
    return transaction;
  }

  /** The next transaction brings `amount` as a new batch under the transaction's id, which first repays what is owed. */
  bring(
    draft: Draft,
    amount: Micros,
    fingerprint: string,
    batch: Pick<Grant, 'priority' | 'source' | 'expiresAtMs'>,
    wallet: Wallet = this.money,
  ): Transaction {
    assert(amount <= wallet.room, 'money was brought that the balance has no room for');
    const { debt } = wallet;
    const repaid = debt < amount ? debt : amount;
    wallet.newGrants.push({
      ...batch,
      id: draft.id,
      amount,
      remaining: amount - repaid,
      effectiveAtMs: this.nowMs,
    });
    const uses = repaid === 0n ? [] : [{ grantId: draft.id, amount: repaid }];
    return this.#append(draft, amount, fingerprint, uses, wallet);
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
    wallet: Wallet = this.money,
  ): Promise<Transaction> {
    assert(amount <= wallet.room, 'money was given back that the balance has no room for');
    const known = new Map(wallet.grants.map((grant) => [grant.id, grant]));
    const spent = returns.map(({ grantId }) => grantId).filter((id) => !known.has(id));
    for (const grant of await loadGrants(this.#tx, this.accountId, spent)) {
      if (known.has(grant.id)) continue;
      known.set(grant.id, grant);
      wallet.grants.push(grant);
    }
    const uses = returns.map(({ grantId, amount: part }) => ({ grantId, amount: -part }));
    let rest = wallet.debt < amount ? amount - wallet.debt : 0n;
    for (const { grantId, amount: part } of returns) {
      const grant = known.get(grantId);
      assert(grant !== undefined, `grant ${grantId} is missing`);
      grant.remaining += part;
      assert(grant.remaining <= grant.amount, `grant ${grantId} would get back more than it gave`);
      wallet.changedGrants.add(grant);
      rest -= part;
    }
    assert(rest >= 0n, 'batches would get back more than is given');
    if (rest > 0n) {
      const grant = { id: draft.id, amount: rest, remaining: rest, priority: 0, source: draft.kind };
      wallet.newGrants.push({ ...grant, effectiveAtMs: this.nowMs, expiresAtMs: null });
      uses.push({ grantId: draft.id, amount: -rest });
    }
    return this.#append(draft, amount, fingerprint, uses, wallet);
  }

  /** Sets money or units aside. The caller has checked that they are available. */
  placeHold(hold: HoldRecord): void {
    const wallet = this.wallet(hold.asset);
    assert(hold.amount <= wallet.available, 'a hold was decided without enough money');
    wallet.held += hold.amount;
    wallet.changed = true;
    this.#newHolds.push(hold);
    this.holds.set(hold.id, hold);
  }

  /** Releases what is left of an open hold. */
  endHold(hold: HoldRecord, state: 'closed' | 'expired'): void {
    assert(hold.state === 'open', 'only an open hold ends');
    const wallet = this.wallet(hold.asset);
    hold.released = hold.amount - hold.captured;
    hold.state = state;
    wallet.held -= hold.released;
    wallet.changed = true;
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
    for (const wallet of this.#wallets.values()) wallet.check();
    const changed = this.#newHolds.length + this.#changedHolds.size + this.#told.length;
    if (this.#lastRowSeq === this.#seq && changed === 0) return;
    this.#send();
    const { low, alert } = this.#lowBalance();
    const others = [...this.#wallets.values()].filter((wallet) => wallet !== this.money && wallet.changed);
    await Promise.all([
      ...this.#sent,
      addGrants(this.#tx, this.accountId, cny, this.money.newGrants),
      ...others.map(({ asset, newGrants }) => addGrants(this.#tx, this.accountId, asset, newGrants)),
      addGrantUses(this.#tx, this.accountId, this.#uses),
      addHolds(this.#tx, this.accountId, this.#newHolds),
      changeHolds(this.#tx, this.accountId, [...this.#changedHolds]),
      ...others.map((wallet) => moveWallet(this.#tx, this.accountId, wallet.ending)),
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
      after: this.money.available,
    });
    if (!crossed) return { low, alert: null };
    const available = yuanText(this.money.available);
    return {
      low,
      alert: { id: randomUUID(), kind: 'low_balance', available, threshold, at: this.#recordedAt },
    };
  }

  async #mail(alert: Alert | null): Promise<void> {
    const { enabled } = this.#alerts.email;
    if (alert === null || !enabled) return;
    await addNotice(this.#tx, this.accountId, alert, this.#alertAddress, this.nowMs);
  }

  #finish(low: boolean, alert: Alert | null): Promise<void> {
    return finish(this.#tx, this.accountId, {
      ...this.money.ending,
      lastSeq: this.#seq,
      head: this.#head,
      nowMs: this.nowMs,
      lowBalance: low,
      events: this.#events(alert),
    });
  }

  /**
   * Sends what was appended so far, so that the database writes while the next rows are decided: a statement for each
   * run of one asset.
   */
  #send(): void {
    const rows = this.#rows;
    this.#rows = [];
    for (let from = 0; from < rows.length;) {
      const asset = rows[from]?.transaction.asset ?? cny;
      const next = rows.findIndex((row, index) => index > from && row.transaction.asset !== asset);
      const end = next === -1 ? rows.length : next;
      const sending = addTransactions(this.#tx, this.accountId, asset, rows.slice(from, end));
      // `write` reports a failure; where the work ends before that, the transaction fails for that other reason.
      sending.catch(() => undefined);
      this.#sent.push(sending);
      from = end;
    }
  }

  #endWhatIsOver(): void {
    for (const hold of this.holds.values()) {
      const over = hold.state === 'open' && hold.expiresAtMs <= this.nowMs;
      if (over && this.#wallets.has(hold.asset)) this.endHold(hold, 'expired');
    }
    for (const wallet of this.#wallets.values())
      for (const grant of wallet.grants) {
        if (grant.expiresAtMs === null || grant.expiresAtMs > this.nowMs) continue;
        // What a hold still stands on stays until the hold ends.
        const amount = grant.remaining < wallet.available ? grant.remaining : wallet.available;
        if (amount > 0n) this.#expireGrant(wallet, grant, grant.expiresAtMs, amount);
      }
  }

  #expireGrant(wallet: Wallet, grant: Grant, expiredAtMs: number, amount: Micros): void {
    grant.remaining -= amount;
    wallet.changedGrants.add(grant);
    const draft: Draft = {
      id: randomUUID(),
      kind: 'expire',
      note: grant.source,
      occurredAt: new Date(expiredAtMs).toISOString(),
    };
    const uses = [{ grantId: grant.id, amount }];
    this.#append(draft, -amount, requestHash('expire', { grantId: grant.id }), uses, wallet);
  }

  #capture(hold: HoldRecord, amount: Micros, wallet: Wallet): void {
    assert(hold.state === 'open', 'only an open hold is captured');
    hold.captured += amount;
    hold.capturedCount += 1;
    assert(hold.captured <= hold.amount, 'captures never exceed their hold');
    wallet.held -= amount;
    this.#changedHolds.add(hold);
  }

  #append(
    draft: Draft,
    amount: Micros,
    fingerprint: string,
    uses: readonly Omit<GrantUse, 'seq'>[],
    wallet: Wallet,
  ): Transaction {
    const { asset } = wallet;
    this.#seq += 1;
    wallet.balance += amount;
    wallet.changed = true;
    const row: UnchainedTransaction = {
      ...draft,
      accountId: this.accountId,
      seq: this.#seq,
      asset,
      amount: assetText(asset, amount),
      balanceAfter: assetText(asset, wallet.balance),
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
      balanceAfter: wallet.balance,
      requestHash: fingerprint,
      grantId,
    });
    wallet.totals.add(this.account.timeZone, transaction, amount);
    return transaction;
  }

  #events(alert: Alert | null): AccountEvent[] {
    const balance = {
      seq: this.#seq,
      head: this.#head,
      balance: yuanText(this.money.balance),
      held: yuanText(this.money.held),
      available: yuanText(this.money.available),
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
  readonly money: Wallet;
  readonly others: readonly Wallet[];
  readonly holds: readonly HoldRecord[];
}
