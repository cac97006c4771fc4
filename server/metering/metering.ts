/**
 * Calls of AI models: whether one may begin, and what one that has ended costs. A usage is recorded and charged in one
 * transaction of the ledger, once an id. It must never refuse a usage for what its account has, or for a price that is
 * missing: the call was made, and what cannot be paid is owed.
 */
import type {
  MeteredUsage,
  MeteredUsageDetail,
  MeteringCatalogue,
  MeteringCheck,
  MeteringWarning,
  UsageBody,
  UsageTotals,
} from '../../shared/api-metering.ts';
import type { UsageQuote } from '../../shared/api-prices.ts';
import { assetText, assetUnits, cny } from '../../shared/assets.ts';
import type { Database } from '../database/database.ts';
import { inLanes } from '../database/in-lanes.ts';
import type { Alongside } from '../ledger/alongside.ts';
import { insufficient } from '../ledger/charges.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { localDay, monthBounds } from '../ledger/local-day.ts';
import { timeZoneOf } from '../ledger/reading.ts';
import { refuse, type Refused } from '../ledger/refusal.ts';
import { requestHash } from '../ledger/request-hash.ts';
import { callOperation, meteringCatalogueInForce, modelPriceAt } from './metering-catalogues.ts';
import { duesOf, type Due } from './paying.ts';
import {
  accountsThatOwe,
  addUsages,
  changeUsage,
  listUsages,
  listWarnings,
  readUnpaid,
  readUsages,
  servedUsage,
  sumUnpaid,
  sumUsages,
  type Owed,
  type UsageList,
  type UsageRecord,
} from './usages.ts';

/** A call is priced as of its beginning, but no longer ago than this: a clock or a caller may be wrong. */
export const priceAgeMsMax = 7 * 86_400_000;
/** Usages that are owed, and that one transaction tries to pay. */
const collectedMax = 200;
/** Accounts that are looked up together. */
const accountsTogether = 1_000;

export type UsageOutcome =
  | { readonly status: 'recorded' | 'replayed'; readonly usage: MeteredUsage }
  | ({ readonly status: 'rejected' } & Refused);

export interface MeteringOptions {
  readonly database: Database;
  readonly ledger: Ledger;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

export class Metering {
  readonly #options: MeteringOptions;

  constructor(options: MeteringOptions) {
    this.#options = options;
  }

  /**
   * Pays what is owed, if there is enough by now, and says whether a call may begin. Refused with `debt_outstanding`
   * while anything is owed that would pay for it, and with `insufficient_units` where no money would and no unit is left.
   */
  async check(accountId: string, productId: string): Promise<MeteringCheck | Refused> {
    const { database, clock } = this.#options;
    const catalogue = await meteringCatalogueInForce(database);
    const product = catalogue?.products.find(({ id }) => id === productId);
    if (catalogue === null || product === undefined)
      return refuse('not_found', { detail: 'There is no such product.' });
    const { model, paidBy } = product;
    return this.#alongside(accountId, paidBy, async (work, unpaid) => {
      if (work.account.frozen) return refuse('account_frozen');
      const [owed] = await collect(work, unpaid);
      if (owed !== undefined) return owing(owed.asset, -assetUnits(owed.asset, owed.amount));
      const standings = paidBy.map((asset) => ({ asset, ...of(work.standing(asset)) }));
      for (const { asset, balance } of standings) if (balance < 0n) return owing(asset, balance);
      const first = standings[0];
      const nothingLeft = standings.every(({ asset, available }) => asset !== cny && available <= 0n);
      if (nothingLeft && first !== undefined) return insufficient(1n, first.available, first.asset);
      const price = modelPriceAt(catalogue, model, clock());
      return {
        product: product.id,
        model,
        version: catalogue.version,
        ...(price === null ? {} : { price }),
        paidBy: standings.map(({ asset, available }) => ({ asset, available: assetText(asset, available) })),
      };
    });
  }

  /** In order, each on its own; all that was recorded is committed when this resolves. */
  async record(accountId: string, bodies: readonly UsageBody[]): Promise<UsageOutcome[]> {
    const catalogue = await meteringCatalogueInForce(this.#options.database);
    const products = new Set(bodies.map(({ product }) => product));
    const assets = (catalogue?.products ?? []).flatMap(({ id, paidBy }) => (products.has(id) ? paidBy : []));
    return this.#alongside(accountId, assets, async (work, unpaid) => {
      await collect(work, unpaid);
      const ids = bodies.map(({ id }) => id.toLowerCase());
      const known = new Map((await readUsages(work.tx, accountId, ids)).map((record) => [record.id, record]));
      const added: UsageRecord[] = [];
      const outcomes = bodies.map((body): UsageOutcome => {
        const id = body.id.toLowerCase();
        const fingerprint = fingerprintOf({ ...body, id });
        const before = known.get(id);
        if (before !== undefined)
          return before.requestHash === fingerprint
            ? { status: 'replayed', usage: servedUsage(before) }
            : { status: 'rejected', ...refuse('idempotency_mismatch', { id }) };
        const record = charged(work, catalogue, { accountId, body: { ...body, id }, fingerprint });
        known.set(id, record);
        added.push(record);
        return { status: 'recorded', usage: servedUsage(record) };
      });
      await addUsages(work.tx, added);
      return outcomes;
    });
  }

  async list(
    accountId: string,
    { month, ...query }: Omit<UsageList, 'within'> & { readonly month?: string | undefined },
  ): Promise<{ items: MeteredUsage[]; nextCursor: string | null } | Refused> {
    const { database } = this.#options;
    if (month === undefined) return listUsages(database, accountId, query);
    const within = monthBounds(await timeZoneOf(database, accountId), month);
    return listUsages(database, accountId, { ...query, within });
  }

  /** One call, and how each part of what it costs came about; null when the account has none of this id. */
  async detail(accountId: string, id: string): Promise<MeteredUsageDetail | null> {
    const { database, ledger } = this.#options;
    const [record] = await readUsages(database, accountId, [id.toLowerCase()]);
    if (record === undefined) return null;
    const paid = record.paid.map(async ({ asset, amount, transactionId }) => {
      const charge = await ledger.getTransaction(accountId, transactionId);
      if (charge === null) throw new Error(`the charge ${transactionId} of a call is gone`);
      const { quantity = 0, rating } = charge;
      return { asset, amount, state: 'paid' as const, quantity, transactionId, ...ratingOf(rating) };
    });
    const owed = record.owed.map(({ asset, amount, quantity, rating }) => ({
      asset,
      amount,
      state: 'owed' as const,
      quantity,
      ...ratingOf(rating),
    }));
    return { usage: servedUsage(record), parts: [...(await Promise.all(paid)), ...owed] };
  }

  /** Calls that were recorded in a month of the account's calendar; the one that runs where none is named. */
  async totals(accountId: string, asked: string | undefined): Promise<UsageTotals> {
    const { database, clock } = this.#options;
    const nowMs = clock();
    return database.transaction(async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      const timeZone = await timeZoneOf(tx, accountId);
      const month = asked ?? localDay(timeZone, nowMs).slice(0, 7);
      const sums = await sumUsages(tx, accountId, monthBounds(timeZone, month));
      const unpaid = await sumUnpaid(tx, accountId);
      return { month, timeZone, ...sums, unpaid, asOf: new Date(nowMs).toISOString() };
    });
  }

  warnings(): Promise<MeteringWarning[]> {
    return listWarnings(this.#options.database);
  }

  /** Pays what is owed on every account that has enough by now. Any number may run at once. */
  async collectOwed(): Promise<{ readonly paid: number; readonly failed: readonly unknown[] }> {
    const { database } = this.#options;
    let paid = 0;
    const failed: unknown[] = [];
    let after: string | null = null;
    do {
      const accounts: string[] = await accountsThatOwe(database, after, accountsTogether);
      await inLanes(
        accounts,
        async (accountId) => {
          paid += await this.#alongside(accountId, [], async (work, unpaid) => {
            await collect(work, unpaid);
            return unpaid.filter(({ state }) => state === 'charged').length;
          });
        },
        (error) => void failed.push(error),
      );
      after = accounts.length < accountsTogether ? null : (accounts.at(-1) ?? null);
    } while (after !== null);
    return { paid, failed };
  }

  /** With what the account owes for calls, read under its lock, and the assets of these products. */
  async #alongside<T>(
    accountId: string,
    assets: readonly string[],
    work: (ledger: Alongside, unpaid: Unpaid[]) => Promise<T>,
  ): Promise<T> {
    const { database, ledger } = this.#options;
    // Assets have to be named before the lock is taken; a call that is owed in another one by then waits for the next.
    const before = await readUnpaid(database, accountId, collectedMax);
    const opened = new Set([cny, ...assets, ...before.flatMap(({ owed }) => owed.map(({ asset }) => asset))]);
    return ledger.alongside(
      accountId,
      async (inside) => {
        const unpaid = before.length === 0 ? [] : await readUnpaid(inside.tx, accountId, collectedMax);
        return work(
          inside,
          unpaid.filter(({ owed }) => owed.every(({ asset }) => opened.has(asset))),
        );
      },
      [...opened],
    );
  }
}

type Unpaid = { -readonly [K in keyof UsageRecord]: UsageRecord[K] };

/** Pays what is owed, the oldest first, as far as there is enough; returns what is still owed. */
async function collect(work: Alongside, unpaid: readonly Unpaid[]): Promise<Owed[]> {
  const still: Owed[] = [];
  for (const record of unpaid) {
    const { paid, owed } = settle(work, record, record.owed.map(dueOf));
    still.push(...owed);
    if (paid.length === 0) continue;
    record.paid = [...record.paid, ...paid];
    record.owed = owed;
    record.state = owed.length === 0 ? 'charged' : 'unpaid';
    await changeUsage(work.tx, record);
  }
  return still;
}

type Call = Pick<UsageRecord, 'product' | 'model' | 'startedAtMs' | 'endedAtMs'>;

/** Charges each part, or leaves it owed: nothing is charged half but units, which are split before. */
function settle(
  work: Alongside,
  { product, model, startedAtMs, endedAtMs }: Call,
  dues: readonly Due[],
): { paid: MeteredUsage['paid']; owed: Owed[] } {
  const paid: MeteredUsage['paid'] = [];
  const owed: Owed[] = [];
  for (const { asset, amount, quantity, rating } of dues) {
    const transaction = work.spend({
      asset,
      amount,
      platform: product,
      operation: callOperation,
      quantity,
      durationMs: Math.max(0, endedAtMs - startedAtMs),
      note: model,
      ...(rating === undefined ? {} : { rating }),
      begun: true,
      occurredAtMs: Math.min(endedAtMs, work.nowMs),
    });
    const text = assetText(asset, amount);
    if ('refused' in transaction)
      owed.push({ asset, amount: text, quantity, ...(rating === undefined ? {} : { rating }) });
    else paid.push({ asset, amount: text, transactionId: transaction.id });
  }
  return { paid, owed };
}

function ratingOf(rating: UsageQuote | undefined): { readonly rating?: UsageQuote } {
  return rating === undefined ? {} : { rating };
}

function dueOf({ asset, amount, ...rest }: Owed): Due {
  return { ...rest, asset, amount: assetUnits(asset, amount) };
}

function charged(
  work: Alongside,
  catalogue: MeteringCatalogue | null,
  given: { readonly accountId: string; readonly body: UsageBody; readonly fingerprint: string },
): UsageRecord {
  const { accountId, body, fingerprint } = given;
  const { usageKnown, startedAt, endedAt, ...said } = body;
  const [startedAtMs, endedAtMs] = [Date.parse(startedAt), Date.parse(endedAt)];
  const record = {
    ...said,
    accountId,
    requestHash: fingerprint,
    startedAtMs,
    endedAtMs,
    estimated: !usageKnown,
    version: catalogue?.version ?? null,
    recordedAtMs: work.nowMs,
  };
  const uncharged = { state: 'uncharged' as const, paid: [], owed: [] };
  const product = catalogue?.products.find(({ id }) => id === body.product);
  if (catalogue === null || product === undefined) return { ...record, ...uncharged, warning: 'no_product' };
  const { paidBy } = product;
  const atMs = Math.max(Math.min(startedAtMs, work.nowMs), work.nowMs - priceAgeMsMax);
  const price = modelPriceAt(catalogue, body.model, atMs);
  if (price === null && paidBy.includes(cny)) return { ...record, ...uncharged, warning: 'no_price' };
  const dues = duesOf(
    {
      product: product.id,
      paidBy,
      price,
      version: catalogue.version,
      // Units that nothing may be charged to, as on a frozen account, are owed like the rest.
      spendable: (asset) => (work.account.frozen ? 0n : work.standing(asset).spendable),
    },
    body,
  );
  const { paid, owed } = settle(work, record, dues);
  return {
    ...record,
    state: owed.length === 0 ? 'charged' : 'unpaid',
    warning: product.model === body.model ? null : 'other_model',
    paid,
    owed,
  };
}

function fingerprintOf({ usageKnown, ...rest }: UsageBody): string {
  return requestHash('usage', { ...rest, usageKnown: usageKnown ? 1 : 0 });
}

function owing(asset: string, balance: bigint): Refused {
  const named = asset === cny ? {} : { asset };
  return refuse('debt_outstanding', { ...named, balance: assetText(asset, balance) });
}

/** Read now: what a wallet says changes with the posting. */
function of({ balance, available }: ReturnType<Alongside['standing']>): {
  balance: bigint;
  available: bigint;
} {
  return { balance, available };
}
