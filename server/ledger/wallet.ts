/**
 * One asset of an account while a posting lasts: its balance, what of it is held, its batches, and what the posting
 * changes of them. It must never be written without its `check`, nor outlive its posting.
 */
import assert from 'node:assert/strict';
import type { Transaction } from '../../shared/api.ts';
import { assetUnits } from '../../shared/assets.ts';
import { amountLimit } from '../../shared/money.ts';
import { localDay } from './local-day.ts';
import type { DailyTotal, Grant, GrantUse, WalletEnding, WalletState } from './records.ts';

export class Wallet {
  readonly asset: string;
  readonly debtLimit: bigint;
  /** In the order of use: priority, then earliest expiry, then age. */
  readonly grants: Grant[];
  readonly newGrants: Grant[] = [];
  readonly changedGrants = new Set<Grant>();
  readonly totals = new DailyTotals();
  balance: bigint;
  held: bigint;
  /** The posting moved something in it. */
  changed = false;

  constructor(asset: string, { balance, held, debtLimit }: WalletState, grants: Grant[]) {
    this.asset = asset;
    this.balance = balance;
    this.held = held;
    this.debtLimit = debtLimit;
    this.grants = grants;
  }

  get available(): bigint {
    return this.balance - this.held;
  }

  /** What a charge may cost: what is available, and what the account may still owe. */
  get spendable(): bigint {
    return this.available + this.debtLimit;
  }

  /** What may still come in: a balance that no text can hold could never be served again. */
  get room(): bigint {
    return assetUnits(this.asset, '1') * amountLimit - 1n - this.balance;
  }

  /** What is owed. The batches are empty then: they are used up before anything is owed. */
  get debt(): bigint {
    return this.balance < 0n ? -this.balance : 0n;
  }

  /** Takes from the batches in their order; what they lack is owed. */
  take(amount: bigint): Omit<GrantUse, 'seq'>[] {
    const uses: Omit<GrantUse, 'seq'>[] = [];
    let left = amount;
    for (const grant of this.grants) {
      if (left === 0n) break;
      if (grant.remaining === 0n) continue;
      const taken = grant.remaining < left ? grant.remaining : left;
      grant.remaining -= taken;
      left -= taken;
      this.changedGrants.add(grant);
      uses.push({ grantId: grant.id, amount: taken });
    }
    assert(left === 0n || this.debtLimit > 0n, 'the batches hold less than the balance');
    return uses;
  }

  /** L4 to L6 once more over the whole state, before any of it is written. */
  check(): void {
    assert(this.held >= 0n, 'held money is never below zero');
    assert(this.spendable >= 0n, 'an account never goes below zero, or below what it may owe');
    let remaining = 0n;
    for (const grant of this.grants) remaining += grant.remaining;
    for (const grant of this.newGrants) remaining += grant.remaining;
    assert.equal(remaining - this.debt, this.balance, 'the batches less what is owed are the balance');
  }

  get ending(): WalletEnding {
    return {
      asset: this.asset,
      balance: this.balance,
      held: this.held,
      debtLimit: this.debtLimit,
      changedGrants: [...this.changedGrants],
      totals: this.totals.list(),
    };
  }
}

/** Counts and sums what a posting adds, by local day, kind and platform. */
class DailyTotals {
  readonly #totals = new Map<string, DailyTotal>();
  /** Local days by quarter of an hour, which no zone's midnight cuts through. */
  readonly #days = new Map<number, string>();

  add(timeZone: string, { kind, platform = '', occurredAt }: Transaction, amount: bigint): void {
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
