/**
 * One account's ledger built in memory, event by event in the order of time, with the ledger's own wallet, chain and
 * fingerprints, so that what is loaded from it verifies like anything that was posted. For a generated year alone: it
 * takes no lock and reads no database, so it must never stand beside real postings of the same account.
 */
import assert from 'node:assert/strict';
import type { Transaction } from '../../shared/api.ts';
import { assetText, cny } from '../../shared/assets.ts';
import { chained } from '../ledger/chain-row.ts';
import { genesisHash } from '../../shared/chain.ts';
import type { Draft } from '../ledger/posting.ts';
import { requestHash } from '../ledger/request-hash.ts';
import type { Grant, GrantUse, TransactionRow } from '../ledger/records.ts';
import { Wallet } from '../ledger/wallet.ts';

export interface BookRow extends TransactionRow {
  readonly recordedAtMs: number;
}
export interface BookGrant extends Grant {
  readonly asset: string;
}
export type BookDraft = Omit<Draft, 'occurredAt'>;
/** When it happened and, where it came late, when it was told. */
export interface Moment {
  readonly occurredAtMs: number;
  readonly recordedAtMs: number;
}

export class AccountBook {
  readonly accountId: string;
  readonly timeZone: string;
  readonly rows: BookRow[] = [];
  readonly grants: BookGrant[] = [];
  readonly uses: GrantUse[] = [];
  readonly wallets = new Map<string, Wallet>();
  head = genesisHash;
  readonly #newId: (atMs: number) => string;
  #recordedAtMs = 0;

  constructor(accountId: string, timeZone: string, newId: (atMs: number) => string) {
    this.accountId = accountId;
    this.timeZone = timeZone;
    this.#newId = newId;
  }

  get seq(): number {
    return this.rows.length;
  }

  wallet(asset: string, debtLimit = 0n): Wallet {
    let wallet = this.wallets.get(asset);
    if (wallet === undefined) {
      wallet = new Wallet(asset, { balance: 0n, held: 0n, debtLimit }, []);
      this.wallets.set(asset, wallet);
    }
    return wallet;
  }

  bring(
    asset: string,
    draft: BookDraft,
    amount: bigint,
    at: Moment,
    batch: Pick<Grant, 'source' | 'expiresAtMs'>,
  ): Transaction {
    const wallet = this.wallet(asset);
    const repaid = wallet.debt < amount ? wallet.debt : amount;
    const grant: BookGrant = {
      ...batch,
      asset,
      id: draft.id,
      amount,
      remaining: amount - repaid,
      priority: 0,
      effectiveAtMs: at.recordedAtMs,
    };
    this.grants.push(grant);
    wallet.grants.push(grant);
    wallet.grants.sort(inOrderOfUse);
    const uses = repaid === 0n ? [] : [{ grantId: draft.id, amount: repaid }];
    return this.#append(wallet, draft, amount, at, uses, requestHash('recharge', { id: draft.id }));
  }

  spend(asset: string, draft: BookDraft, amount: bigint, at: Moment): Transaction {
    const wallet = this.wallet(asset);
    assert(amount >= 0n && amount <= wallet.spendable, 'the year spends what is there');
    const uses = wallet.take(amount);
    if (wallet.grants.some(({ remaining }) => remaining === 0n)) {
      const left = wallet.grants.filter(({ remaining }) => remaining > 0n);
      wallet.grants.splice(0, wallet.grants.length, ...left);
    }
    return this.#append(wallet, draft, -amount, at, uses, requestHash('use', { id: draft.id }));
  }

  /** Money that leaves, or comes back, by a correction. */
  correct(draft: BookDraft, amount: bigint, at: Moment, fingerprint: string): Transaction {
    const wallet = this.wallet(cny);
    assert(amount < 0n, 'the year corrects downwards');
    return this.#append(wallet, draft, amount, at, wallet.take(-amount), fingerprint);
  }

  /** Gives a whole charge back to the one batch that had paid it; false where several had. */
  giveBack(chargeRow: BookRow, draft: BookDraft, at: Moment): boolean {
    const { grantId, amount, transaction } = chargeRow;
    const grant = this.grants.find(({ id }) => id === grantId);
    const wallet = this.wallet(transaction.asset);
    if (grant === undefined || wallet.debt > 0n) return false;
    if (grant.expiresAtMs !== null && grant.expiresAtMs <= at.recordedAtMs) return false;
    if (grant.remaining === 0n) {
      wallet.grants.push(grant);
      wallet.grants.sort(inOrderOfUse);
    }
    grant.remaining -= amount;
    assert(grant.remaining <= grant.amount, 'no batch gets back more than it gave');
    const uses = [{ grantId: grant.id, amount }];
    const fingerprint = requestHash('refund', { id: draft.id });
    this.#append(wallet, draft, -amount, at, uses, fingerprint);
    return true;
  }

  /** Ends every batch whose time is over by then. */
  expire(nowMs: number): void {
    for (const wallet of this.wallets.values())
      for (const grant of wallet.grants.filter(
        (one) => one.expiresAtMs !== null && one.expiresAtMs <= nowMs,
      )) {
        if (grant.expiresAtMs === null || grant.remaining === 0n) continue;
        const amount = grant.remaining;
        grant.remaining = 0n;
        wallet.grants.splice(wallet.grants.indexOf(grant), 1);
        const draft: BookDraft = { id: this.#newId(nowMs), kind: 'expire', note: grant.source };
        const at = { occurredAtMs: grant.expiresAtMs, recordedAtMs: nowMs };
        const uses = [{ grantId: grant.id, amount }];
        this.#append(wallet, draft, -amount, at, uses, requestHash('expire', { grantId: grant.id }));
      }
  }

  #append(
    wallet: Wallet,
    draft: BookDraft,
    amount: bigint,
    at: Moment,
    uses: readonly Omit<GrantUse, 'seq'>[],
    fingerprint: string,
  ): Transaction {
    const { asset } = wallet;
    const seq = this.rows.length + 1;
    // Two things of one millisecond, or one that is told later than the next, keep the order of their numbers.
    this.#recordedAtMs = Math.max(this.#recordedAtMs, at.recordedAtMs);
    wallet.balance += amount;
    const { transaction, body } = chained(
      {
        ...draft,
        occurredAt: new Date(at.occurredAtMs).toISOString(),
        accountId: this.accountId,
        seq,
        asset,
        amount: assetText(asset, amount),
        balanceAfter: assetText(asset, wallet.balance),
        recordedAt: new Date(this.#recordedAtMs).toISOString(),
      },
      this.head,
    );
    this.head = transaction.hash;
    const [first] = uses;
    const grantId = uses.length === 1 && first?.amount === -amount ? first.grantId : undefined;
    if (grantId === undefined) for (const use of uses) this.uses.push({ ...use, seq });
    wallet.totals.add(this.timeZone, transaction, amount);
    this.rows.push({
      transaction,
      body,
      amount,
      balanceAfter: wallet.balance,
      requestHash: fingerprint,
      grantId,
      recordedAtMs: this.#recordedAtMs,
    });
    return transaction;
  }
}

/** As the ledger reads batches: the earliest end first, then age. */
function inOrderOfUse(a: Grant, b: Grant): number {
  const [aEnds, bEnds] = [a.expiresAtMs ?? Infinity, b.expiresAtMs ?? Infinity];
  if (aEnds !== bEnds) return aEnds - bEnds;
  return a.effectiveAtMs - b.effectiveAtMs || (a.id < b.id ? -1 : 1);
}
