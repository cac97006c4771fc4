/**
 * What comes in, of any asset: recharges and grants as new batches, refunds and returns back into the batches that had
 * paid. It must never give back more than a charge took.
 */
import type { Transaction } from '../../shared/api.ts';
import { assetText, assetUnits, cny } from '../../shared/assets.ts';
import type { Queryable } from '../database/database.ts';
import { loadKnown, loadReversed, loadUnreturnedUses, lockHead } from './loading.ts';
import { Posting } from './posting.ts';
import { refuse, refuseTooMuch, type Refused } from './refusal.ts';
import { requestHash, type Flat } from './request-hash.ts';

export interface Recharge {
  /** A UUID made by the caller; the same one again is the same recharge. */
  readonly id: string;
  readonly accountId: string;
  readonly kind?: 'recharge' | 'grant';
  /** Money when absent. */
  readonly asset?: string;
  /** Micro-yuan, or units of another asset; above zero. */
  readonly amount: bigint;
  readonly note?: string;
  /** What was asked for under the id, where the rest follows from it; all of the rest when absent. */
  readonly content?: Flat;
  readonly occurredAtMs: number;
  /** Where the money is from, such as `wechat_native`; an expiry names it again. */
  readonly source: string;
  /** Among batches the smallest is used first; 0 when absent. */
  readonly priority?: number;
  readonly expiresAtMs?: number;
}

export interface Refund {
  readonly id: string;
  readonly accountId: string;
  readonly chargeId: string;
  /** `refund`, also when absent: somebody decided so; `return`: what was paid for was not done. */
  readonly kind?: 'refund' | 'return';
  /** In the charge's asset, above zero; all that is left of the charge when absent. */
  readonly amount?: bigint;
  readonly reason: string;
}

export interface Posted {
  readonly transaction: Transaction;
  readonly replayed: boolean;
}

export async function postRecharge(
  tx: Queryable,
  clock: () => number,
  input: Recharge,
): Promise<Posted | Refused> {
  const posting = await Posting.open(tx, input.accountId, clock, [], [input.asset ?? cny]);
  const posted = await bringRecharge(tx, posting, input);
  if (!('refused' in posted) && !posted.replayed) await posting.write();
  return posted;
}

/** The same in a posting that is open with the asset, and that the caller writes. */
export async function bringRecharge(
  tx: Queryable,
  posting: Posting,
  input: Recharge,
): Promise<Posted | Refused> {
  if (input.amount <= 0n) throw new RangeError('a recharge brings more than zero');
  const id = input.id.toLowerCase();
  const { accountId, ...content } = input;
  const { asset = cny, amount, source, note, occurredAtMs, expiresAtMs } = content;
  const fingerprint = rechargeFingerprint({ ...content, id });
  const earlier = await replayOf(tx, accountId, id, fingerprint);
  if (earlier !== null) return earlier;
  if (expiresAtMs !== undefined && expiresAtMs <= posting.nowMs)
    throw new RangeError('a batch expires after it begins');
  const wallet = posting.wallet(asset);
  if (amount > wallet.room) return refuseTooMuch();
  const transaction = posting.bring(
    {
      id,
      kind: input.kind ?? 'recharge',
      ...(asset === cny ? {} : originOf(source, expiresAtMs)),
      ...(note === undefined ? {} : { note }),
      occurredAt: new Date(occurredAtMs).toISOString(),
    },
    amount,
    fingerprint,
    { priority: input.priority ?? 0, source, expiresAtMs: expiresAtMs ?? null },
    wallet,
  );
  return { transaction, replayed: false };
}

function rechargeFingerprint(input: Omit<Recharge, 'accountId'>): string {
  const { id, asset = cny, amount, content, ...rest } = input;
  if (content !== undefined) return requestHash('recharge', { ...content, id });
  // Money goes without its name: so it was fingerprinted before there was anything else.
  const named = asset === cny ? {} : { asset };
  return requestHash('recharge', { ...rest, ...named, id, amount: assetText(asset, amount) });
}

/** Units say on their row where they are from and when they end. */
function originOf(
  source: string,
  expiresAtMs: number | undefined,
): Pick<Transaction, 'source' | 'expiresAt'> {
  return expiresAtMs === undefined ? { source } : { source, expiresAt: new Date(expiresAtMs).toISOString() };
}

/** A frozen account's charges can be given back: freezing stops spending only. */
export async function postRefund(
  tx: Queryable,
  clock: () => number,
  input: Refund,
): Promise<Posted | Refused> {
  const id = input.id.toLowerCase();
  const chargeId = input.chargeId.toLowerCase();
  const { accountId, reason } = input;
  const kind = input.kind ?? 'refund';
  // A charge never changes, so that its asset may be looked up before the account is locked.
  const charge = (await loadKnown(tx, accountId, [chargeId])).get(chargeId)?.transaction;
  const asset = charge?.asset ?? cny;
  const asked = input.amount === undefined ? {} : { amount: assetText(asset, input.amount) };
  const fingerprint = requestHash(kind, { id, chargeId, reason, ...asked });
  const posting = await Posting.open(tx, accountId, clock, [], [asset]);
  const earlier = await replayOf(tx, accountId, id, fingerprint);
  if (earlier !== null) return earlier;
  if (charge?.kind !== 'charge') return refuse('not_found', { detail: 'There is no such charge.' });

  const wallet = posting.wallet(asset);
  const [uses, reversed] = await Promise.all([
    loadUnreturnedUses(tx, accountId, charge),
    loadReversed(tx, accountId, chargeId),
  ]);
  const left = -assetUnits(asset, charge.amount) - reversed;
  const amount = input.amount ?? left;
  if (amount <= 0n || amount > left)
    return refuse('refund_exceeds', { chargeId, left: assetText(asset, left) });
  if (amount > wallet.room) return refuseTooMuch();
  const transaction = await posting.giveBack(
    {
      id,
      kind,
      ...placeOf(charge),
      reversesId: chargeId,
      note: reason,
      occurredAt: new Date(posting.nowMs).toISOString(),
    },
    amount,
    firstOf(uses, wallet.debt < amount ? amount - wallet.debt : 0n),
    fingerprint,
    wallet,
  );
  await posting.write();
  return { transaction, replayed: false };
}

/** In units of the charge's asset. */
export interface Refundable {
  /** What was given back of it by now. */
  readonly given: bigint;
  readonly left: bigint;
  /** Whether something was posted under the refund's id before. */
  readonly isMade: boolean;
}

/** Takes the account's lock, so that it stays as it is told until the transaction ends. */
export async function readRefundable(
  tx: Queryable,
  accountId: string,
  ids: { readonly chargeId: string; readonly refundId: string },
): Promise<Refundable> {
  const [chargeId, refundId] = [ids.chargeId.toLowerCase(), ids.refundId.toLowerCase()];
  await lockHead(tx, accountId);
  const known = await loadKnown(tx, accountId, [chargeId, refundId]);
  const isMade = known.has(refundId);
  const charge = known.get(chargeId)?.transaction;
  if (charge?.kind !== 'charge') return { given: 0n, left: 0n, isMade };
  const given = await loadReversed(tx, accountId, chargeId);
  return { given, left: -assetUnits(charge.asset, charge.amount) - given, isMade };
}

/** What the refund is about, so that lists and totals by platform or campaign show it beside its charge. */
function placeOf({
  platform,
  operation,
  targetUserId,
  campaignId,
}: Transaction): Pick<Transaction, 'platform' | 'operation' | 'targetUserId' | 'campaignId'> {
  return {
    ...(platform === undefined ? {} : { platform }),
    ...(operation === undefined ? {} : { operation }),
    ...(targetUserId === undefined ? {} : { targetUserId }),
    ...(campaignId === undefined ? {} : { campaignId }),
  };
}

/** At most `amount` out of the uses in their order, which is last used first. What was owed came from no batch. */
function firstOf(
  uses: readonly { readonly grantId: string; readonly amount: bigint }[],
  amount: bigint,
): { grantId: string; amount: bigint }[] {
  const taken: { grantId: string; amount: bigint }[] = [];
  let left = amount;
  for (const use of uses) {
    if (left === 0n) break;
    const part = use.amount < left ? use.amount : left;
    taken.push({ grantId: use.grantId, amount: part });
    left -= part;
  }
  return taken;
}

export async function replayOf(
  tx: Queryable,
  accountId: string,
  id: string,
  fingerprint: string,
): Promise<Posted | Refused | null> {
  const earlier = (await loadKnown(tx, accountId, [id])).get(id);
  if (earlier === undefined) return null;
  return earlier.requestHash === fingerprint
    ? { transaction: earlier.transaction, replayed: true }
    : refuse('idempotency_mismatch', { id });
}
