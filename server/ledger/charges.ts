/**
 * Charges for successes: any number of one account in one posting, each decided on its own and in order. It must
 * never charge one id twice, one target twice in a campaign, or more than a hold or the balance has.
 */
import assert from 'node:assert/strict';
import type { Charge, ChargeBody, ChargePricing, Transaction } from '../../shared/api.ts';
import type { PriceBook, Quote } from '../../shared/api-prices.ts';
import { assetText, cny } from '../../shared/assets.ts';
import { yuan, yuanText, type Micros } from '../../shared/money.ts';
import { kthAmountUnder, quote, type NoPrice } from '../../shared/rating.ts';
import type { Queryable } from '../database/database.ts';
import { loadNumbers, noteSightings, type Sighting } from './devices.ts';
import { loadChargedTargets, loadKnown } from './loading.ts';
import { Posting, type Draft } from './posting.ts';
import type { HoldRecord, KnownTransaction, Target } from './records.ts';
import { refuse, refuseField, refuseUnpriced, type Refused } from './refusal.ts';
import { requestHash } from './request-hash.ts';
import type { Wallet } from './wallet.ts';

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
  const bodies = requests.map((request) => request.body);
  // Outside any campaign a target may be charged again.
  const inCampaigns = bodies.filter((body) => body.campaignId !== undefined || body.holdId !== undefined);
  const holdIds = new Set(bodies.flatMap((body) => body.holdId ?? []));
  // All in one round trip, the account's lock first.
  const [posting, known, chargedTargets, numbers, book] = await Promise.all([
    Posting.open(tx, accountId, rules.clock, [...holdIds]),
    loadKnown(tx, accountId, [...new Set(bodies.map((body) => body.id))]),
    loadChargedTargets(tx, accountId, inCampaigns.map(wantedTarget)),
    loadNumbers(tx, accountId, bodies),
    rules.priceBook(tx, rules.clock()),
  ]);
  const byTarget = new Map<string, string>();
  for (const [place, chargeId] of chargedTargets) {
    const body = inCampaigns[place];
    const key = body === undefined ? null : targetKey(body, posting.holds.get(body.holdId ?? ''));
    if (key !== null) byTarget.set(key, chargeId);
  }
  const batch = new ChargeBatch(posting, book, { byId: known, byTarget });
  const outcomes = requests.map((request) => batch.post(request));
  // Contents are compared only where a number was refused before, so that elsewhere nothing is reckoned for it.
  const compared = numbers.refused.length > 0 || outcomes.some(({ status }) => status === 'rejected');
  const sightings = outcomes.map((outcome, index) => sightingOf(requests[index], outcome, compared));
  await Promise.all([noteSightings(tx, accountId, numbers, sightings, posting.nowMs), posting.write()]);
  return outcomes;
}

function wantedTarget({ campaignId, holdId, platform, operation, targetUserId }: ChargeBody): Target {
  return { campaignId, holdId, platform, operation, targetUserId };
}

/**
 * What makes two uses of one number the same charge: all of it but the price that was expected, which a person may agree
 * to change after a refusal.
 */
function contentHash(given: ChargeBody): string {
  const { expectedAmount: _, ...body } = given;
  return requestHash('charge', body);
}

function sightingOf(request: ChargeRequest | undefined, outcome: ChargeOutcome, compared: boolean): Sighting {
  assert(request !== undefined, 'every outcome has its request');
  const { deviceId, deviceSeq } = request.body;
  return {
    deviceId,
    deviceSeq,
    requestHash: compared ? contentHash(request.body) : request.fingerprint,
    outcome:
      outcome.status !== 'rejected'
        ? outcome.status
        : outcome.refused.code === 'idempotency_mismatch'
          ? 'mismatch'
          : 'refused',
  };
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

function campaignOf(body: ChargeBody, hold: HoldRecord | null | undefined): string | undefined {
  return body.campaignId ?? hold?.campaignId ?? undefined;
}

/** Null for a charge outside any campaign. */
function targetKey(body: ChargeBody, hold: HoldRecord | null | undefined): string | null {
  const campaignId = campaignOf(body, hold);
  if (campaignId === undefined) return null;
  return JSON.stringify([campaignId, body.platform, body.operation, body.targetUserId]);
}

/** What a charge costs and where the money comes from: a hold, or (null) what is available. */
interface Price {
  readonly amount: Micros;
  readonly pricing: ChargePricing;
  readonly from: HoldRecord | null;
}

class ChargeBatch {
  readonly #posting: Posting;
  readonly #book: PriceBook | null;
  readonly #earlier: Earlier;
  /** Quotes for one, by platform and operation. */
  readonly #quotes = new Map<string, Quote | NoPrice>();

  constructor(posting: Posting, book: PriceBook | null, earlier: Earlier) {
    this.#posting = posting;
    this.#book = book;
    this.#earlier = earlier;
  }

  post(request: ChargeRequest): ChargeOutcome {
    const { body, fingerprint } = request;
    const earlier = this.#earlier.byId.get(body.id);
    if (earlier !== undefined)
      return earlier.requestHash === fingerprint
        ? { status: 'replayed', charge: chargeOf(earlier.transaction) }
        : rejected(refuse('idempotency_mismatch', { id: body.id }));
    if (this.#posting.account.frozen) return rejected(refuse('account_frozen'));
    const hold = body.holdId === undefined ? null : this.#posting.moneyHold(body.holdId);
    if (hold === undefined) return rejected(refuse('not_found', { detail: 'There is no such hold.' }));
    const mismatch = hold === null ? null : fitsHold(body, hold);
    if (mismatch !== null) return rejected(mismatch);
    const target = targetKey(body, hold);
    const chargeId = target === null ? undefined : this.#earlier.byTarget.get(target);
    if (chargeId !== undefined) return rejected(refuse('duplicate_target', { chargeId }));
    const price = this.#price(body, hold);
    if ('refused' in price) return rejected(price);
    const transaction = this.#spend(request, hold, price);
    if (target !== null) this.#earlier.byTarget.set(target, body.id);
    this.#earlier.byId.set(body.id, { requestHash: fingerprint, transaction });
    return { status: 'charged', charge: chargeOf(transaction) };
  }

  #price(body: ChargeBody, hold: HoldRecord | null): Price | Refused {
    if (hold === null) return owing(this.#posting.money) ?? this.#affordable(this.#priceNow(body));
    const late = hold.state !== 'open';
    const price =
      hold.quote === null ? this.#priceNow(body, late ? null : hold) : lockedPrice(hold, hold.quote, late);
    if ('refused' in price || !late) return price;
    return this.#affordable({ ...price, pricing: { ...price.pricing, late: true } });
  }

  /** One at the price in force, which must be the one that the caller expects; out of a reserve while that lasts. */
  #priceNow(body: ChargeBody, reserve: HoldRecord | null = null): Price | Refused {
    const quoted = this.#quoteNow(body);
    if (quoted === null || 'code' in quoted) return refuseUnpriced(body, quoted?.reason);
    const amount = kthAmountUnder(quoted, 1);
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
    if (this.#book === null) return null;
    const key = `${platform} ${operation}`;
    let quoted = this.#quotes.get(key);
    if (quoted === undefined) {
      const { memberLevel } = this.#posting.account;
      quoted = quote(this.#book, { platform, operation, quantity: 1, memberLevel });
      this.#quotes.set(key, quoted);
    }
    return quoted;
  }

  #affordable(price: Price | Refused): Price | Refused {
    if ('refused' in price || price.amount <= this.#posting.money.spendable) return price;
    return insufficient(price.amount, this.#posting.money.spendable);
  }

  #spend({ body, fingerprint }: ChargeRequest, hold: HoldRecord | null, price: Price): Transaction {
    const campaignId = campaignOf(body, hold);
    const draft: Draft = {
      id: body.id,
      kind: 'charge',
      platform: body.platform,
      operation: body.operation,
      quantity: 1,
      targetUserId: body.targetUserId,
      ...(campaignId === undefined ? {} : { campaignId }),
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
    amount: kthAmountUnder(locked, k),
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

/** L5: while an account owes, it is refused new work. A late charge is for work that was begun before. */
export function owing({ asset, debt, balance }: Wallet): Refused | null {
  if (debt === 0n) return null;
  return refuse('debt_outstanding', { ...named(asset), balance: assetText(asset, balance) });
}

/** What `required` lacks; the caller has found that it is more than what is available. */
export function insufficient(required: bigint, available: bigint, asset = cny): Refused {
  return refuse(asset === cny ? 'insufficient_balance' : 'insufficient_units', {
    ...named(asset),
    required: assetText(asset, required),
    available: assetText(asset, available),
    shortfall: assetText(asset, required - available),
  });
}

/** A refusal names its asset unless that is money. */
function named(asset: string): { readonly asset?: string } {
  return asset === cny ? {} : { asset };
}
