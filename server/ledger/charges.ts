/**
 * Charges for successes: any number of one account in one posting, each decided on its own and in order. It must
 * never charge one id twice, one target twice in a campaign, or more than a hold or the balance has.
 */
import type { Charge, ChargeBody, ChargePricing, PriceBook, Quote, Transaction } from '../../shared/api.ts';
import { yuan, yuanText, type Micros } from '../../shared/money.ts';
import { amountOfKth, quote, type NoPrice } from '../../shared/rating.ts';
import type { Queryable } from '../database/database.ts';
import { Posting, type Draft } from './posting.ts';
import { refuse, refuseField, type Refused } from './refusal.ts';
import { requestHash } from './request-hash.ts';
import {
  loadChargedTargets,
  loadKnown,
  noteDeviceNumbers,
  type HoldRecord,
  type KnownTransaction,
  type Target,
} from './statements.ts';

export type ChargeOutcome =
  | { readonly status: 'charged' | 'replayed'; readonly charge: Charge }
  | ({ readonly status: 'rejected' } & Refused);

export interface ChargeRequest {
  readonly body: ChargeBody;
  readonly fingerprint: string;
}

/** Ids are compared as text in memory, so they take one spelling; the fingerprint is over that. */
export function chargeRequest(given: ChargeBody): ChargeRequest {
  const body: ChargeBody = {
    ...given,
    id: given.id.toLowerCase(),
    ...(given.holdId === undefined ? {} : { holdId: given.holdId.toLowerCase() }),
  };
  return { body, fingerprint: requestHash('charge', body) };
}

export interface ChargingRules {
  readonly clock: () => number;
  readonly priceBook: (tx: Queryable, nowMs: number) => Promise<PriceBook | null>;
}

/** Posts the requests of one account; an outcome a request, in order. */
export async function postCharges(
  tx: Queryable,
  rules: ChargingRules,
  accountId: string,
  requests: readonly ChargeRequest[],
): Promise<ChargeOutcome[]> {
  const holdIds = new Set(requests.flatMap(({ body }) => body.holdId ?? []));
  const posting = await Posting.open(tx, accountId, rules.clock, [...holdIds]);
  const batch = new ChargeBatch(posting, await earlierOf(tx, posting, requests));
  if (requests.some(({ body }) => batch.needsPriceBook(body)))
    batch.book = await rules.priceBook(tx, posting.nowMs);
  const outcomes = requests.map((request) => batch.post(request));
  await noteDeviceNumbers(
    tx,
    accountId,
    requests.map(({ body, fingerprint }) => ({ ...body, requestHash: fingerprint })),
    posting.nowMs,
  );
  await posting.write();
  return outcomes;
}

/** A transaction as the charge it is for its caller. */
export function chargeOf(transaction: Transaction): Charge {
  const { pricing } = transaction;
  if (pricing === undefined) throw new TypeError(`transaction ${transaction.id} is not a charge`);
  return {
    id: transaction.id,
    seq: transaction.seq,
    amount: yuanText(-yuan(transaction.amount)),
    balanceAfter: transaction.balanceAfter,
    ...(transaction.holdId === undefined ? {} : { holdId: transaction.holdId }),
    pricing,
    occurredAt: transaction.occurredAt,
    recordedAt: transaction.recordedAt,
  };
}

/** What the ledger already has of the ids and targets that a batch names; the batch adds to it as it goes. */
interface Earlier {
  readonly byId: Map<string, KnownTransaction>;
  /** The charge's id by target. */
  readonly byTarget: Map<string, string>;
}

async function earlierOf(
  tx: Queryable,
  posting: Posting,
  requests: readonly ChargeRequest[],
): Promise<Earlier> {
  const ids = new Set(requests.map(({ body }) => body.id));
  const known = await loadKnown(tx, posting.accountId, [...ids]);
  const targets = requests.flatMap(({ body }) => targetOf(body, posting.holds.get(body.holdId ?? '')) ?? []);
  const charged = await loadChargedTargets(tx, posting.accountId, targets);
  return {
    byId: known,
    byTarget: new Map([...charged].map(([place, id]) => [targetKey(targets[place]), id])),
  };
}

/** Null for a charge outside any campaign: those may repeat a target. */
function targetOf(body: ChargeBody, hold: HoldRecord | undefined): Target | null {
  const campaignId = body.campaignId ?? hold?.campaignId;
  if (campaignId === undefined || campaignId === null) return null;
  const { platform, operation, targetUserId } = body;
  return { campaignId, platform, operation, targetUserId };
}

function targetKey(target: Target | undefined): string {
  return JSON.stringify([target?.campaignId, target?.platform, target?.operation, target?.targetUserId]);
}

/** What a charge costs and where the money comes from: a hold, or (null) what is available. */
interface Price {
  readonly amount: Micros;
  readonly pricing: ChargePricing;
  readonly from: HoldRecord | null;
}

class ChargeBatch {
  book: PriceBook | null = null;
  readonly #posting: Posting;
  readonly #earlier: Earlier;
  /** Quotes for one, by platform and operation. */
  readonly #quotes = new Map<string, Quote | NoPrice>();

  constructor(posting: Posting, earlier: Earlier) {
    this.#posting = posting;
    this.#earlier = earlier;
  }

  /** A campaign's hold has its price locked; everything else is priced now. */
  needsPriceBook(body: ChargeBody): boolean {
    return this.#posting.holds.get(body.holdId ?? '')?.kind !== 'campaign';
  }

  post(request: ChargeRequest): ChargeOutcome {
    const { body, fingerprint } = request;
    const earlier = this.#earlier.byId.get(body.id);
    if (earlier !== undefined)
      return earlier.requestHash === fingerprint
        ? { status: 'replayed', charge: chargeOf(earlier.transaction) }
        : rejected(refuse('idempotency_mismatch', { id: body.id }));
    if (this.#posting.account.frozen) return rejected(refuse('account_frozen'));
    const hold = body.holdId === undefined ? null : this.#posting.holds.get(body.holdId);
    if (hold === undefined) return rejected(refuse('not_found', { detail: 'There is no such hold.' }));
    const mismatch = hold === null ? null : fitsHold(body, hold);
    if (mismatch !== null) return rejected(mismatch);
    const target = targetOf(body, hold ?? undefined);
    const chargeId = target === null ? undefined : this.#earlier.byTarget.get(targetKey(target));
    if (chargeId !== undefined) return rejected(refuse('duplicate_target', { chargeId }));
    const price = this.#price(body, hold);
    if ('refused' in price) return rejected(price);
    const transaction = this.#spend(request, hold, target, price);
    if (target !== null) this.#earlier.byTarget.set(targetKey(target), body.id);
    this.#earlier.byId.set(body.id, { requestHash: fingerprint, transaction });
    return { status: 'charged', charge: chargeOf(transaction) };
  }

  #price(body: ChargeBody, hold: HoldRecord | null): Price | Refused {
    if (hold === null) return this.#affordable(this.#priceNow(body));
    const late = hold.state !== 'open';
    const price =
      hold.quote === null ? this.#priceNow(body, late ? null : hold) : lockedPrice(hold, hold.quote, late);
    if ('refused' in price || !late) return price;
    return this.#affordable({ ...price, pricing: { ...price.pricing, late: true } });
  }

  /** One at the price in force, which must be the one that the caller expects; out of a reserve while that lasts. */
  #priceNow(body: ChargeBody, reserve: HoldRecord | null = null): Price | Refused {
    const quoted = this.#quoteNow(body);
    if (quoted === null || 'code' in quoted)
      return refuseField('platform', `there is no price for ${body.platform} ${body.operation}`);
    const amount = amountOfKth(yuan(quoted.unitNet), 1);
    if (body.expectedAmount !== undefined && yuan(body.expectedAmount) !== amount)
      return refuse('price_changed', {
        expected: yuanText(yuan(body.expectedAmount)),
        actual: yuanText(amount),
        pricingVersion: quoted.pricingVersion,
      });
    if (reserve !== null && amount > reserve.amount - reserve.captured) return exceeded(reserve);
    return { amount, pricing: { ...quoted, k: 1 }, from: reserve };
  }

  #quoteNow({ platform, operation }: ChargeBody): Quote | NoPrice | null {
    if (this.book === null) return null;
    const key = `${platform} ${operation}`;
    let quoted = this.#quotes.get(key);
    if (quoted === undefined) {
      const { memberLevel } = this.#posting.account;
      quoted = quote(this.book, { platform, operation, quantity: 1, memberLevel });
      this.#quotes.set(key, quoted);
    }
    return quoted;
  }

  #affordable(price: Price | Refused): Price | Refused {
    if ('refused' in price || price.amount <= this.#posting.available) return price;
    return insufficient(price.amount, this.#posting.available);
  }

  #spend(
    { body, fingerprint }: ChargeRequest,
    hold: HoldRecord | null,
    target: Target | null,
    price: Price,
  ): Transaction {
    const draft: Draft = {
      id: body.id,
      kind: 'charge',
      platform: body.platform,
      operation: body.operation,
      quantity: 1,
      targetUserId: body.targetUserId,
      ...(target === null ? {} : { campaignId: target.campaignId }),
      ...(hold === null ? {} : { holdId: hold.id }),
      pricing: price.pricing,
      deviceId: body.deviceId,
      deviceSeq: body.deviceSeq,
      occurredAt: body.occurredAt,
    };
    if (hold !== null && hold.quote !== null && price.from === null) {
      hold.lateCount += 1;
      this.#posting.changed(hold);
    }
    return this.#posting.spend(draft, price.amount, fingerprint, price.from);
  }
}

function rejected(refused: Refused): ChargeOutcome {
  return { status: 'rejected', ...refused };
}

/** The k-th charge under the hold's own quote; a late one too, so that the sum stays what the quote said. */
function lockedPrice(hold: HoldRecord, locked: Quote, late: boolean): Price | Refused {
  const k = hold.capturedCount + hold.lateCount + 1;
  if (k > locked.quantity) return exceeded(hold);
  return {
    amount: amountOfKth(yuan(locked.unitNet), k),
    pricing: { ...locked, k },
    from: late ? null : hold,
  };
}

/** Null when the charge is for what the hold was placed for. */
function fitsHold(body: ChargeBody, { quote: locked, campaignId }: HoldRecord): Refused | null {
  if (locked !== null && (locked.platform !== body.platform || locked.operation !== body.operation))
    return refuseField('platform', `the hold is for ${locked.platform} ${locked.operation}`);
  if (campaignId !== null && body.campaignId !== undefined && body.campaignId !== campaignId)
    return refuseField('campaignId', 'the hold is for another campaign');
  return null;
}

function exceeded(hold: HoldRecord): Refused {
  return refuse('hold_exceeded', {
    hold: hold.id,
    remaining: yuanText(hold.amount - hold.captured - hold.released),
  });
}

/** What `required` lacks; the caller has found that it is more than what is available. */
export function insufficient(required: Micros, available: Micros): Refused {
  return refuse('insufficient_balance', {
    required: yuanText(required),
    available: yuanText(available),
    shortfall: yuanText(required - available),
  });
}
