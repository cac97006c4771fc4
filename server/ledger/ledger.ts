/**
 * The ledger as the rest of the server sees it: the only writer of money. A refusal is a value with `refused`;
 * an exception is a programming error or a database that failed. Nothing here knows HTTP.
 */
import type {
  Adjustment,
  Balance,
  Charge,
  ChargeBody,
  Checkpoint,
  GrantSource,
  Hold,
  HoldBody,
  LedgerDigest,
  Transaction,
} from '../../shared/api.ts';
import type { PriceBook } from '../../shared/api-prices.ts';
import { chargeBatchMax } from '../../shared/api-words.ts';
import { cny } from '../../shared/assets.ts';
import type { z } from 'zod';
import type { Database, Queryable } from '../database/database.ts';
import { inLanes } from '../database/in-lanes.ts';
import {
  approveAdjustment,
  expireAdjustments,
  readAccountsOfAdjustment,
  readAdjustments,
  refuseAdjustment,
  withdrawAdjustment,
  type Adjusted,
  type AdjustmentDecision,
  type AdjustmentRequest,
  type AdjustmentRules,
  type AdjustmentsQuery,
} from './adjustments.ts';
import { Alongside } from './alongside.ts';
import {
  chargeOf,
  chargeRequest,
  insufficient,
  postCharges,
  type ChargeOutcome,
  type ChargeRequest,
  type ChargingRules,
} from './charges.ts';
import {
  postRecharge,
  postRefund,
  readRefundable,
  type Posted,
  type Recharge,
  type Refund,
  type Refundable,
} from './credits.ts';
import { readDevices, type DeviceNumbers } from './devices.ts';
import { GroupCommit } from './group-commit.ts';
import {
  extendHold,
  placeHold,
  readHold,
  readHolds,
  releaseHold,
  servedHold,
  type HoldsQuery,
} from './holds.ts';
import { NoHeadYet } from './loading.ts';
import { Posting } from './posting.ts';
import {
  accountsWithSomethingOver,
  hasSomethingOver,
  readAccountsOfCharge,
  readAssets,
  readBalance,
  readDigest,
  readEnd,
  readEvents,
  readLastEvent,
  readTransaction,
  readTransactions,
  type TransactionsPage,
} from './reading.ts';
import type { AccountEvent, HoldRecord } from './records.ts';
import { refuse, type Refused } from './refusal.ts';
import type { Signer } from './signing.ts';
import { readUnitState, readUnitTransactions, type UnitState } from './unit-reading.ts';
import {
  captureUnits,
  holdUnits,
  postUse,
  releaseUnits,
  type Capture,
  type HeldUnits,
  type UnitHold,
  type Use,
} from './uses.ts';
import { addHeads, writeDebtLimit } from './writing.ts';

export interface LedgerOptions {
  readonly database: Database;
  /** Milliseconds since 1970 UTC. */
  readonly clock: () => number;
  /** The price book in force, read through `tx`; null when there is none. */
  readonly priceBook: (tx: Queryable, nowMs: number) => Promise<PriceBook | null>;
  readonly signer: Signer;
  /** Milliseconds that a correction waits for a second person; `waitMsMaxDefault` when absent. */
  readonly waitMsMax?: number;
  /** Hears of each group of charges that was committed together, with what became of each. Must not throw. */
  readonly onChargesPosted?: (statuses: readonly ChargeOutcome['status'][]) => void;
}

/** What `together` may do with the account's money. */
export interface Crediting {
  readonly grant: (input: Omit<Recharge, 'kind' | 'accountId'>) => Promise<Posted | Refused>;
  readonly refund: (input: Omit<Refund, 'accountId'>) => Promise<Posted | Refused>;
  /** How far a charge is given back, under the account's lock from then on; of none there is nothing left. */
  readonly refundable: (chargeId: string, refundId: string) => Promise<Refundable>;
}

/** A month: who asked is still there to be asked, and what was meant is still known. */
export const waitMsMaxDefault = 30 * 86_400_000;
/** Charges of one account that may wait in one process; beyond, they are refused as `unavailable`. */
export const chargesWaitingMax = 20_000;
/** How long what a posting had to tell can be asked for again. */
export const eventsKeptMs = 7 * 86_400_000;
/** Accounts that one sweep settles; the rest waits for the next. */
export const sweptAccountsMax = 1_000;

export class Ledger {
  readonly #database: Database;
  readonly #rules: ChargingRules;
  readonly #signer: Signer;
  readonly #adjusting: AdjustmentRules;
  readonly #charging: GroupCommit<ChargeRequest, ChargeOutcome>;
  readonly #listeners = new Set<(accountId: string) => void>();

  constructor(options: LedgerOptions) {
    const { database, signer, clock, priceBook, onChargesPosted } = options;
    const { waitMsMax = waitMsMaxDefault } = options;
    this.#database = database;
    this.#rules = { clock, priceBook };
    this.#signer = signer;
    this.#adjusting = { clock, waitMsMax };
    this.#charging = new GroupCommit({
      sizeMax: chargeBatchMax,
      waitingMax: chargesWaitingMax,
      post: async (accountId, requests) => {
        const outcomes = await this.#post(accountId, (tx) =>
          postCharges(tx, this.#rules, accountId, requests),
        );
        onChargesPosted?.(outcomes.map(({ status }) => status));
        return outcomes;
      },
    });
  }

  // ── Charges ───────────────────────────────────────────────────────────────────────────────────────────────

  async charge(accountId: string, body: ChargeBody): Promise<ChargeOutcome> {
    const [outcome] = await this.chargeBatch(accountId, [body]);
    if (outcome === undefined) throw new Error('a charge has no outcome');
    return outcome;
  }

  /** At most `chargeBatchMax`; an outcome a charge, in order, each on its own, all committed when this resolves. */
  async chargeBatch(accountId: string, bodies: readonly ChargeBody[]): Promise<readonly ChargeOutcome[]> {
    const outcomes = await this.#charging.submit(accountId, bodies.map(chargeRequest));
    if (outcomes !== null) return outcomes;
    const busy = refuse('unavailable', { retryAfterSeconds: 1 });
    return bodies.map(() => ({ status: 'rejected', ...busy }));
  }

  async getCharge(accountId: string, id: string): Promise<Charge | null> {
    const transaction = await readTransaction(this.#database, accountId, id);
    return transaction?.pricing === undefined ? null : chargeOf(transaction);
  }

  /** Whose charge this is, for finance who only has the id. Ids are made by callers: more than one is possible. */
  accountsOfCharge(chargeId: string): Promise<{ readonly accountId: string; readonly asset: string }[]> {
    return readAccountsOfCharge(this.#database, chargeId);
  }

  // ── Money that comes in ───────────────────────────────────────────────────────────────────────────────────

  /** Throws RangeError on an amount that is not above zero, or an expiry that is over already. */
  recharge(input: Recharge): Promise<Posted | Refused> {
    return this.#post(input.accountId, (tx) => postRecharge(tx, this.#rules.clock, input));
  }

  /** Units of any asset, or money, that nobody paid for at this moment. Throws like `recharge`. */
  grant(input: Omit<Recharge, 'kind'> & { readonly source: GrantSource }): Promise<Posted | Refused> {
    return this.recharge({ ...input, kind: 'grant' });
  }

  /** Refused with `not_found` or `refund_exceeds` (`left`: what can still be refunded). */
  refund(input: Refund): Promise<Posted | Refused> {
    return this.#post(input.accountId, (tx) => postRefund(tx, this.#rules.clock, input));
  }

  /**
   * One of these in the transaction of another feature's rows, which it writes or looks at before and after. When `work`
   * throws nothing is kept; what it returns is kept, a refusal too.
   */
  together<T>(accountId: string, work: (tx: Queryable, does: Crediting) => Promise<T>): Promise<T> {
    const { clock } = this.#rules;
    return this.#post(accountId, (tx) =>
      work(tx, {
        grant: (input) => postRecharge(tx, clock, { ...input, accountId, kind: 'grant' }),
        refund: (input) => postRefund(tx, clock, { ...input, accountId }),
        refundable: (chargeId, refundId) => readRefundable(tx, accountId, { chargeId, refundId }),
      }),
    );
  }

  /**
   * Another feature's rows in one transaction with the money that they stand for, under the account's lock. When `work`
   * throws nothing is kept; what it returns is kept, a refusal too, so it has to refuse before it writes. It may move
   * money and these assets.
   */
  alongside<T>(
    accountId: string,
    work: (ledger: Alongside) => Promise<T>,
    assets: readonly string[] = [],
  ): Promise<T> {
    return this.#post(accountId, (tx) => this.#within(tx, { accountId, assets }, work));
  }

  /**
   * The same for several accounts in one transaction, so that one commit does for all of them. Where that fails, each is
   * tried by itself. Answers with what came of those that were done, and why others were not.
   */
  async alongsideEach<T>(
    items: readonly { readonly accountId: string; readonly assets: readonly string[] }[],
    work: (ledger: Alongside, accountId: string) => Promise<T>,
  ): Promise<{ readonly done: readonly T[]; readonly failed: readonly unknown[] }> {
    // Everybody locks several accounts in the order of their ids, so that nobody waits in a circle.
    const inOrder = items.toSorted((a, b) => (a.accountId < b.accountId ? -1 : 1));
    const together = () =>
      this.#database.transaction((tx) => Promise.all(inOrder.map((item) => this.#within(tx, item, work))));
    try {
      const done = await together().catch(async (error: unknown) => {
        if (!(error instanceof NoHeadYet)) throw error;
        await addHeads(
          this.#database,
          inOrder.map(({ accountId }) => accountId),
        );
        return together();
      });
      for (const { accountId } of inOrder) for (const listener of this.#listeners) listener(accountId);
      return { done, failed: [] };
    } catch {
      return this.#oneByOne(inOrder, work);
    }
  }

  async #within<T>(
    tx: Queryable,
    { accountId, assets }: { readonly accountId: string; readonly assets: readonly string[] },
    work: (ledger: Alongside, accountId: string) => Promise<T>,
  ): Promise<T> {
    const posting = await Posting.open(tx, accountId, this.#rules.clock, [], assets);
    const result = await work(new Alongside(tx, posting, this.#adjusting), accountId);
    await posting.write();
    return result;
  }

  /** What failed together says of none why; each says so for itself. */
  async #oneByOne<T>(
    items: readonly { readonly accountId: string; readonly assets: readonly string[] }[],
    work: (ledger: Alongside, accountId: string) => Promise<T>,
  ): Promise<{ readonly done: readonly T[]; readonly failed: readonly unknown[] }> {
    const done: T[] = [];
    const failed: unknown[] = [];
    for (const item of items)
      try {
        done.push(await this.#post(item.accountId, (tx) => this.#within(tx, item, work)));
      } catch (error) {
        failed.push(error);
      }
    return { done, failed };
  }

  // ── Corrections ───────────────────────────────────────────────────────────────────────────────────────────

  /** The account has to exist. One that must wait does so for `approveAdjustment`. */
  adjust(request: AdjustmentRequest): Promise<Adjusted | Refused> {
    return this.alongside(request.accountId, (within) => within.adjust(request), [request.asset]);
  }

  /** Refused with `forbidden` to whoever asked for it, and with `adjustment_closed` once it is withdrawn. */
  approveAdjustment(approval: AdjustmentDecision): Promise<Adjustment | Refused> {
    return this.#post(approval.accountId, (tx) => approveAdjustment(tx, this.#adjusting, approval));
  }

  /** Refused with `forbidden` to anybody but who asked for it, and with `adjustment_closed` once it is posted. */
  withdrawAdjustment(withdrawal: AdjustmentDecision): Promise<Adjustment | Refused> {
    return this.#post(withdrawal.accountId, (tx) => withdrawAdjustment(tx, this.#adjusting, withdrawal));
  }

  /** Refused with `forbidden` to whoever asked for it, and with `adjustment_closed` once it is posted or withdrawn. */
  refuseAdjustment(refusal: AdjustmentDecision & { readonly reason: string }): Promise<Adjustment | Refused> {
    return this.#post(refusal.accountId, (tx) => refuseAdjustment(tx, this.#adjusting, refusal));
  }

  /** Ends corrections that have waited too long; answers with how many. */
  expireAdjustments(): Promise<number> {
    return expireAdjustments(this.#database, this.#rules.clock());
  }

  /** Whose adjustment this is, for finance who only has the id. */
  accountsOfAdjustment(id: string): Promise<string[]> {
    return readAccountsOfAdjustment(this.#database, id);
  }

  listAdjustments(
    query: AdjustmentsQuery,
  ): Promise<{ items: Adjustment[]; nextCursor: string | null } | Refused> {
    return readAdjustments(this.#database, query);
  }

  /** Lets an account owe up to `limit` (0: strict). Refused where it owes, or has promised, more than that. */
  setDebtLimit(accountId: string, limit: bigint, asset = cny): Promise<Refused | null> {
    if (limit < 0n) throw new RangeError('a debt limit is not below zero');
    return this.#post(accountId, async (tx) => {
      const posting = await Posting.open(tx, accountId, this.#rules.clock, [], [asset]);
      const { available } = posting.wallet(asset);
      if (available + limit < 0n) return insufficient(-available, limit, asset);
      await posting.write();
      await writeDebtLimit(tx, accountId, asset, limit);
      return null;
    });
  }

  // ── Uses of any asset ─────────────────────────────────────────────────────────────────────────────────────

  /** One charge of any asset, into debt where its wallet may owe. Refused with `debt_outstanding`, … */
  use(input: Use): Promise<Posted | Refused> {
    return this.#post(input.accountId, (tx) => postUse(tx, this.#rules.clock, input));
  }

  /** Gives back what a use cost, to the batches that it came from, because it was not done. Refused like a refund. */
  returnUse(input: Omit<Refund, 'kind'>): Promise<Posted | Refused> {
    return this.refund({ ...input, kind: 'return' });
  }

  holdUnits(input: UnitHold): Promise<HeldUnits | Refused> {
    return this.#post(input.accountId, (tx) => holdUnits(tx, this.#rules.clock, input));
  }

  captureUnits(input: Capture): Promise<Posted | Refused> {
    return this.#post(input.accountId, (tx) => captureUnits(tx, this.#rules.clock, input));
  }

  releaseUnits(input: Pick<Capture, 'accountId' | 'asset' | 'holdId'>): Promise<HoldRecord | Refused> {
    return this.#post(input.accountId, (tx) => releaseUnits(tx, this.#rules.clock, input));
  }

  /** Where one asset beside money stands, as of one moment. */
  async unitState(accountId: string, asset: string): Promise<UnitState> {
    await this.#endWhatIsOver(accountId);
    return this.#database.transaction(async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      return readUnitState(tx, accountId, asset, this.#rules.clock());
    });
  }

  /** Every asset beside money that the account has ever had anything of. */
  async unitAssets(accountId: string): Promise<string[]> {
    const assets = await readAssets(this.#database, accountId);
    return assets.filter((asset) => asset !== cny);
  }

  /** The rows of one asset beside money, newest first. */
  unitTransactions(
    accountId: string,
    asset: string,
    query: { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<{ items: Transaction[]; nextCursor: string | null } | Refused> {
    return readUnitTransactions(this.#database, accountId, asset, query);
  }

  /** Null when the account has no transaction of this id. */
  getTransaction(accountId: string, id: string): Promise<Transaction | null> {
    return readTransaction(this.#database, accountId, id);
  }

  /** Null when there is no such hold of units. */
  async getUnitHold(accountId: string, id: string): Promise<HoldRecord | null> {
    await this.#endWhatIsOver(accountId);
    return readHold(this.#database, accountId, id, true);
  }

  // ── Holds ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** A campaign's hold is priced here, with the book and the member level of this moment. */
  async createHold(
    accountId: string,
    body: HoldBody,
  ): Promise<{ readonly hold: Hold; readonly replayed: boolean } | Refused> {
    const placed = await this.#post(accountId, (tx) => placeHold(tx, this.#rules, accountId, body));
    if ('refused' in placed) return placed;
    return { hold: await servedHold(placed.record, accountId, this.#signer), replayed: placed.replayed };
  }

  async extendHold(accountId: string, id: string, expiresInSeconds: number): Promise<Hold | Refused> {
    const holdId = id.toLowerCase();
    const hold = await this.#post(accountId, (tx) =>
      extendHold(tx, this.#rules, accountId, holdId, expiresInSeconds),
    );
    return this.#served(hold, accountId);
  }

  async releaseHold(accountId: string, id: string): Promise<Hold | Refused> {
    const holdId = id.toLowerCase();
    const hold = await this.#post(accountId, (tx) => releaseHold(tx, this.#rules, accountId, holdId));
    return this.#served(hold, accountId);
  }

  async getHold(accountId: string, id: string): Promise<Hold | null> {
    await this.#endWhatIsOver(accountId);
    const hold = await readHold(this.#database, accountId, id);
    return hold === null ? null : servedHold(hold, accountId, this.#signer);
  }

  /** Newest first; a cursor that is not of this list is `validation_failed`. */
  async listHolds(
    accountId: string,
    query: HoldsQuery,
  ): Promise<{ items: Hold[]; nextCursor: string | null } | Refused> {
    await this.#endWhatIsOver(accountId);
    const page = await readHolds(this.#database, accountId, query);
    if ('refused' in page) return page;
    const items = await Promise.all(page.items.map((hold) => servedHold(hold, accountId, this.#signer)));
    return { items, nextCursor: page.nextCursor };
  }

  // ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────

  async balance(accountId: string): Promise<Balance> {
    await this.#endWhatIsOver(accountId);
    return readBalance(this.#database, accountId, this.#rules.clock());
  }

  transactionsPage(
    accountId: string,
    query: { readonly afterSeq: number; readonly limit: number },
  ): Promise<TransactionsPage> {
    return readTransactions(this.#database, accountId, query);
  }

  /** To the end when `uptoSeq` is absent or beyond it. */
  digest(accountId: string, uptoSeq?: number): Promise<LedgerDigest> {
    return readDigest(this.#database, accountId, uptoSeq);
  }

  /** The end of the chain, signed: whoever keeps it can prove later what the ledger said. */
  async checkpoint(accountId: string): Promise<z.infer<typeof Checkpoint>> {
    const { lastSeq, head } = await readEnd(this.#database, accountId);
    const signedAt = new Date(this.#rules.clock()).toISOString();
    const statement = { accountId, seq: lastSeq, head, signedAt };
    return { ...statement, jws: await this.#signer.sign(statement) };
  }

  /** The numbers that devices used, the last seen first; their names are kept with sign-ins. */
  devices(accountId: string): Promise<DeviceNumbers[]> {
    return readDevices(this.#database, accountId);
  }

  /** What postings had to tell after event `n`, oldest first. */
  eventsAfter(accountId: string, n: number, limit: number): Promise<AccountEvent[]> {
    return readEvents(this.#database, accountId, n, limit);
  }

  lastEvent(accountId: string): Promise<number> {
    return readLastEvent(this.#database, accountId);
  }

  /**
   * Calls back after each commit of this process that may have changed an account; other processes' commits are
   * seen in `eventsAfter` only. A listener must not throw: the money has moved already. Returns how to stop it.
   */
  onPosted(listener: (accountId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // ── Time ──────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Ends holds and batches whose time is over on accounts that nobody touches, and forgets old events. To be called
   * every minute or so; several processes may. An account that fails does not keep others from their turn.
   */
  async sweep(): Promise<{ readonly accounts: number; readonly failed: readonly unknown[] }> {
    const nowMs = this.#rules.clock();
    const failed: unknown[] = [];
    const accounts = await accountsWithSomethingOver(this.#database, nowMs, sweptAccountsMax);
    await inLanes(
      accounts,
      (accountId) => this.#settle(accountId),
      (error) => void failed.push(error),
    );
    await this.#database.query('DELETE FROM account_events WHERE created_at_ms < $1', [nowMs - eventsKeptMs]);
    return { accounts: accounts.length - failed.length, failed };
  }

  async #endWhatIsOver(accountId: string): Promise<void> {
    if (await hasSomethingOver(this.#database, accountId, this.#rules.clock())) await this.#settle(accountId);
  }

  #settle(accountId: string): Promise<void> {
    return this.#post(accountId, async (tx) => {
      const assets = await readAssets(tx, accountId);
      const posting = await Posting.open(tx, accountId, this.#rules.clock, [], assets);
      await posting.write();
    });
  }

  /** One transaction; listeners hear of it after the commit, never before. */
  async #post<T>(accountId: string, work: (tx: Queryable) => Promise<T>): Promise<T> {
    const result = await this.#database.transaction(work).catch(async (error: unknown) => {
      if (!(error instanceof NoHeadYet)) throw error;
      await addHeads(this.#database, [accountId]);
      return this.#database.transaction(work);
    });
    for (const listener of this.#listeners) listener(accountId);
    return result;
  }

  async #served(hold: HoldRecord | Refused, accountId: string): Promise<Hold | Refused> {
    return 'refused' in hold ? hold : servedHold(hold, accountId, this.#signer);
  }
}
