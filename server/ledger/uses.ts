/**
 * Charges of any asset that are not for a follow: one use at a time, strictly or into debt as the wallet allows, and
 * units that are set aside first and captured once the work is done. It must never charge one id twice, or let new
 * work begin while its asset is owed.
 */
import assert from 'node:assert/strict';
import type { Transaction } from '../../shared/api.ts';
import type { UsageQuote } from '../../shared/api-prices.ts';
import { assetText } from '../../shared/assets.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { insufficient, owing } from './charges.ts';
import { replayOf, type Posted } from './credits.ts';
import { Posting, type Draft } from './posting.ts';
import type { HoldRecord } from './records.ts';
import { refuse, type Refused } from './refusal.ts';
import { requestHash, type Flat } from './request-hash.ts';

/** What a charge's row says of its use. */
export interface UseFacts {
  readonly platform?: string;
  readonly operation?: string;
  readonly quantity?: number;
  readonly durationMs?: number;
  readonly note?: string;
  /** The price version and steps that led to the amount (L9); absent where a product names its amount itself. */
  readonly rating?: UsageQuote;
}

export interface Use extends UseFacts {
  /** A UUID made by the caller, in one namespace with all transactions of the account. */
  readonly id: string;
  readonly accountId: string;
  readonly asset: string;
  /** Micro-yuan, or units of another asset; zero or more. */
  readonly amount: bigint;
  /** What was asked for under the id. Not the price: a request that is repeated is the same after a price change. */
  readonly content: Flat;
  /** The work was begun when nothing was owed yet, so it is paid even if something is by now. */
  readonly begun?: boolean;
  readonly occurredAtMs: number;
}

export async function postUse(tx: Queryable, clock: () => number, use: Use): Promise<Posted | Refused> {
  if (use.amount < 0n) throw new RangeError('a use costs zero or more');
  const id = use.id.toLowerCase();
  const fingerprint = requestHash('use', { ...use.content, id });
  const posting = await Posting.open(tx, use.accountId, clock, [], [use.asset]);
  const earlier = await replayOf(tx, use.accountId, id, fingerprint);
  if (earlier !== null) return earlier;
  const transaction = useWithin(posting, { ...use, id }, fingerprint);
  if ('refused' in transaction) return transaction;
  await posting.write();
  return { transaction, replayed: false };
}

/** A use that is known to be new, in a posting that is open with its asset, and that the caller writes. */
export function useWithin(
  posting: Posting,
  use: Omit<Use, 'accountId' | 'content'>,
  fingerprint = requestHash('use', { id: use.id }),
): Transaction | Refused {
  if (posting.account.frozen) return refuse('account_frozen');
  const wallet = posting.wallet(use.asset);
  const owed = use.begun === true ? null : owing(wallet);
  if (owed !== null) return owed;
  if (use.amount > wallet.spendable) return insufficient(use.amount, wallet.spendable, use.asset);
  return posting.spend(draftOf(use), use.amount, fingerprint, null, wallet);
}

/** Money for something that the same transaction brings. */
export interface Payment {
  /** The charge's id. */
  readonly id: string;
  /** What was asked for under the id. */
  readonly content: Flat;
  /** Micro-yuan, zero or more. */
  readonly price: bigint;
  /** What the payer was shown, as text. Where it is less than the price nothing is paid: `price_changed`. */
  readonly expectedPrice?: string | undefined;
  /** What kind of thing is bought, and which. */
  readonly operation: string;
  readonly note: string;
}

export function paidBefore(
  tx: Queryable,
  posting: Posting,
  { id, content }: Pick<Payment, 'id' | 'content'>,
): Promise<Posted | Refused | null> {
  return replayOf(tx, posting.accountId, id.toLowerCase(), paymentHash(id, content));
}

/** In a posting that is open, and that the caller writes. Paid at once, also by an account that may owe. */
export async function payWithin(
  tx: Queryable,
  posting: Posting,
  payment: Payment,
): Promise<Posted | Refused> {
  const { content, price, expectedPrice, operation, note } = payment;
  assert(price >= 0n, 'a price is never below zero');
  const id = payment.id.toLowerCase();
  const earlier = await paidBefore(tx, posting, payment);
  if (earlier !== null) return earlier;
  if (posting.account.frozen) return refuse('account_frozen');
  if (expectedPrice !== undefined && price > yuan(expectedPrice))
    return refuse('price_changed', { expected: expectedPrice, actual: yuanText(price) });
  const { money } = posting;
  const refused = owing(money) ?? (price > money.available ? insufficient(price, money.available) : null);
  if (refused !== null) return refused;
  const occurredAt = new Date(posting.nowMs).toISOString();
  const draft: Draft = { id, kind: 'charge', operation, note, occurredAt };
  return { transaction: posting.spend(draft, price, paymentHash(id, content)), replayed: false };
}

function paymentHash(id: string, content: Flat): string {
  return requestHash('purchase', { ...content, id: id.toLowerCase() });
}

export interface UnitHold {
  /** A UUID made by the caller, in one namespace with all holds of the account. */
  readonly id: string;
  readonly accountId: string;
  readonly asset: string;
  /** Above zero. */
  readonly amount: bigint;
  /** What it is set aside for. */
  readonly service: string;
  readonly expiresInMs: number;
}

export interface HeldUnits {
  readonly hold: HoldRecord;
  readonly replayed: boolean;
}

/** Sets units aside; never more than is available, whatever the account may owe. */
export async function holdUnits(
  tx: Queryable,
  clock: () => number,
  input: UnitHold,
): Promise<HeldUnits | Refused> {
  if (input.amount <= 0n) throw new RangeError('a hold takes more than zero');
  const { accountId, asset, amount, service } = input;
  const id = input.id.toLowerCase();
  const fingerprint = requestHash('unit_hold', { id, asset, amount: assetText(asset, amount), service });
  const posting = await Posting.open(tx, accountId, clock, [id], [asset]);
  const earlier = posting.holds.get(id);
  if (earlier !== undefined) {
    await posting.write(); // The hold may just have expired.
    return earlier.requestHash === fingerprint
      ? { hold: earlier, replayed: true }
      : refuse('idempotency_mismatch', { id });
  }
  if (posting.account.frozen) return refuse('account_frozen');
  const wallet = posting.wallet(asset);
  const refused =
    owing(wallet) ?? (amount > wallet.available ? insufficient(amount, wallet.available, asset) : null);
  if (refused !== null) return refused;
  const hold: HoldRecord = {
    id,
    kind: 'units',
    asset,
    service,
    state: 'open',
    campaignId: null,
    quote: null,
    amount,
    captured: 0n,
    capturedCount: 0,
    lateCount: 0,
    released: 0n,
    deviceId: null,
    requestHash: fingerprint,
    createdAtMs: posting.nowMs,
    expiresAtMs: posting.nowMs + input.expiresInMs,
  };
  posting.placeHold(hold);
  await posting.write();
  return { hold, replayed: false };
}

export interface Capture extends UseFacts {
  /** The charge's id. */
  readonly id: string;
  readonly accountId: string;
  readonly asset: string;
  readonly holdId: string;
  /** All of the hold when absent. */
  readonly amount?: bigint;
  readonly occurredAtMs: number;
}

/**
 * Charges what was set aside, or part of it, and releases the rest: the hold is over. One whose time was over before is
 * charged like work that was begun before, out of what is available by now. Refused with `hold_closed` once released.
 */
export async function captureUnits(
  tx: Queryable,
  clock: () => number,
  input: Capture,
): Promise<Posted | Refused> {
  const { accountId, asset } = input;
  const [id, holdId] = [input.id.toLowerCase(), input.holdId.toLowerCase()];
  const asked = input.amount === undefined ? {} : { amount: assetText(asset, input.amount) };
  const fingerprint = requestHash('capture', { id, holdId, ...asked });
  const posting = await Posting.open(tx, accountId, clock, [holdId], [asset]);
  const earlier = await replayOf(tx, accountId, id, fingerprint);
  if (earlier !== null) return earlier;
  const hold = posting.holds.get(holdId);
  if (hold?.asset !== asset || hold.kind !== 'units') return refuse('not_found');
  if (hold.state === 'closed') return refuse('hold_closed', { hold: holdId });
  if (posting.account.frozen) return refuse('account_frozen');
  const wallet = posting.wallet(asset);
  const amount = input.amount ?? hold.amount;
  if (amount < 0n || amount > hold.amount)
    return refuse('hold_exceeded', { hold: holdId, remaining: assetText(asset, hold.amount) });
  const inTime = hold.state === 'open';
  if (!inTime && amount > wallet.spendable) return insufficient(amount, wallet.spendable, asset);
  const draft = { ...draftOf({ ...input, id }), ...(inTime ? { holdId } : {}) };
  const transaction = posting.spend(draft, amount, fingerprint, inTime ? hold : null, wallet);
  if (inTime) posting.endHold(hold, 'closed');
  await posting.write();
  return { transaction, replayed: false };
}

/** Gives back what is left of a hold of units. One that has ended already is answered as it is. */
export async function releaseUnits(
  tx: Queryable,
  clock: () => number,
  { accountId, asset, holdId }: Pick<Capture, 'accountId' | 'asset' | 'holdId'>,
): Promise<HoldRecord | Refused> {
  const posting = await Posting.open(tx, accountId, clock, [holdId.toLowerCase()], [asset]);
  const hold = posting.holds.get(holdId.toLowerCase());
  if (hold?.asset !== asset || hold.kind !== 'units') return refuse('not_found');
  if (hold.state === 'open') posting.endHold(hold, 'closed');
  await posting.write();
  return hold;
}

function draftOf({
  id,
  platform,
  operation,
  quantity,
  durationMs,
  note,
  rating,
  occurredAtMs,
}: UseFacts & { readonly id: string; readonly occurredAtMs: number }): Draft {
  return {
    id,
    kind: 'charge',
    ...(platform === undefined ? {} : { platform }),
    ...(operation === undefined ? {} : { operation }),
    ...(quantity === undefined ? {} : { quantity }),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(note === undefined ? {} : { note }),
    ...(rating === undefined ? {} : { rating }),
    occurredAt: new Date(occurredAtMs).toISOString(),
  };
}
