/**
 * What another feature does in one transaction with the ledger: its own rows, the money that they stand for, and the
 * event that tells of both, under the account's lock. It must never move money by another way than the ledger's own.
 */
import { randomUUID } from 'node:crypto';
import type { GrantSource, Transaction } from '../../shared/api.ts';
import type { Micros } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { adjustWithin, type Adjusted, type AdjustmentRequest, type AdjustmentRules } from './adjustments.ts';
import { bringRecharge, type Posted, type Recharge } from './credits.ts';
import { loadKnown } from './loading.ts';
import type { Posting } from './posting.ts';
import type { AccountFacts } from './records.ts';
import type { Refused } from './refusal.ts';
import { paidBefore, payWithin, useWithin, type Payment, type Use } from './uses.ts';
import type { Wallet } from './wallet.ts';

type Mine<T> = Omit<T, 'accountId'>;

export class Alongside {
  /** For the feature's own tables. */
  readonly tx: Queryable;
  readonly #posting: Posting;
  readonly #waitMsMax: number;

  constructor(tx: Queryable, posting: Posting, { waitMsMax }: Pick<AdjustmentRules, 'waitMsMax'>) {
    this.tx = tx;
    this.#posting = posting;
    this.#waitMsMax = waitMsMax;
  }

  /** The time that everything in this transaction has. */
  get nowMs(): number {
    return this.#posting.nowMs;
  }

  /** What can be taken without touching what holds have set aside. */
  get available(): Micros {
    return this.#posting.money.available;
  }

  /** Where an asset stands that the transaction was begun with. */
  standing(asset: string): Pick<Wallet, 'balance' | 'available' | 'spendable'> {
    return this.#posting.wallet(asset);
  }

  get account(): AccountFacts {
    return this.#posting.account;
  }

  /** What this id already paid for, or a refusal where it stands for something else; null when it is new. */
  paidBefore(payment: Pick<Payment, 'id' | 'content'>): Promise<Posted | Refused | null> {
    return paidBefore(this.tx, this.#posting, payment);
  }

  /** Takes the price from the account's money. A refusal has moved nothing. */
  pay(payment: Payment): Promise<Posted | Refused> {
    return payWithin(this.tx, this.#posting, payment);
  }

  /**
   * A charge of an asset that the transaction was begun with, under an id that is made here: that it is made once, the
   * feature's own rows have to see to, which name it. A refusal has moved nothing.
   */
  spend(use: Omit<Mine<Use>, 'id' | 'content'>): Transaction | Refused {
    return useWithin(this.#posting, { ...use, id: randomUUID() });
  }

  /** Units of an asset that the transaction was begun with. */
  grant(input: Omit<Mine<Recharge>, 'kind'> & { readonly source: GrantSource }): Promise<Posted | Refused> {
    return this.recharge({ ...input, kind: 'grant' });
  }

  recharge(input: Mine<Recharge>): Promise<Posted | Refused> {
    return bringRecharge(this.tx, this.#posting, { ...input, accountId: this.#posting.accountId });
  }

  /** A correction of an asset that the transaction was begun with; it needs no second person unless it must wait. */
  adjust(request: Mine<AdjustmentRequest>): Promise<Adjusted | Refused> {
    const mine = { ...request, accountId: this.#posting.accountId };
    return adjustWithin(this.tx, this.#posting, mine, { waitMsMax: this.#waitMsMax });
  }

  /** Whether the account has a transaction of this id. */
  async has(id: string): Promise<boolean> {
    return (await loadKnown(this.tx, this.#posting.accountId, [id])).has(id);
  }

  /** The account's listeners hear of an order's new state. */
  tellOrder(body: Readonly<Record<string, unknown>>): void {
    this.#posting.tell({ kind: 'order', body });
  }
}
