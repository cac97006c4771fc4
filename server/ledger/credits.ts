/**
 * Money that comes in: recharges and grants as new batches, refunds back into the batches that had paid. It must
 * never give back more than a charge took.
 */
import type { Transaction } from '../../shared/api.ts';
import { yuan, yuanText, type Micros } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { Posting } from './posting.ts';
import { refuse, refuseTooMuch, type Refused } from './refusal.ts';
import { requestHash } from './request-hash.ts';
import { loadKnown, loadReversed, loadUnreturnedUses } from './statements.ts';

export interface Recharge {
  /** A UUID made by the caller; the same one again is the same recharge. */
  readonly id: string;
  readonly accountId: string;
  readonly kind?: 'recharge' | 'grant';
  /** Micro-yuan, above zero. */
  readonly amount: Micros;
  readonly note?: string;
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
  /** Micro-yuan, above zero; all that is left of the charge when absent. */
  readonly amount?: Micros;
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
  const posting = await Posting.open(tx, input.accountId, clock);
  const posted = await bringRecharge(tx, posting, input);
  if (!('refused' in posted) && !posted.replayed) await posting.write();
  return posted;
}

/** The same in a posting that is open, and that the caller writes. */
export async function bringRecharge(
  tx: Queryable,
  posting: Posting,
  input: Recharge,
): Promise<Posted | Refused> {
  if (input.amount <= 0n) throw new RangeError('a recharge brings more than zero');
  const id = input.id.toLowerCase();
  const { accountId, amount, ...content } = input;
  const fingerprint = requestHash('recharge', { ...content, id, amount: yuanText(amount) });
  const earlier = await replayOf(tx, accountId, id, fingerprint);
  if (earlier !== null) return earlier;
  if (input.expiresAtMs !== undefined && input.expiresAtMs <= posting.nowMs)
    throw new RangeError('a batch expires after it begins');
  if (amount > posting.room) return refuseTooMuch();
  const transaction = posting.bring(
    {
      id,
      kind: input.kind ?? 'recharge',
      ...(input.note === undefined ? {} : { note: input.note }),
      occurredAt: new Date(input.occurredAtMs).toISOString(),
    },
    amount,
    fingerprint,
    { priority: input.priority ?? 0, source: input.source, expiresAtMs: input.expiresAtMs ?? null },
  );
  return { transaction, replayed: false };
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
  const asked = input.amount === undefined ? {} : { amount: yuanText(input.amount) };
  const fingerprint = requestHash('refund', { id, chargeId, reason, ...asked });
  const posting = await Posting.open(tx, accountId, clock);
  const earlier = await replayOf(tx, accountId, id, fingerprint);
  if (earlier !== null) return earlier;
  const charge = (await loadKnown(tx, accountId, [chargeId])).get(chargeId)?.transaction;
  if (charge?.kind !== 'charge') return refuse('not_found', { detail: 'There is no such charge.' });

  const [uses, reversed] = await Promise.all([
    loadUnreturnedUses(tx, accountId, charge),
    loadReversed(tx, accountId, chargeId),
  ]);
  const left = -yuan(charge.amount) - reversed;
  const amount = input.amount ?? left;
  if (amount <= 0n || amount > left) return refuse('refund_exceeds', { chargeId, left: yuanText(left) });
  if (amount > posting.room) return refuseTooMuch();
  const transaction = await posting.giveBack(
    {
      id,
      kind: 'refund',
      ...placeOf(charge),
      reversesId: chargeId,
      note: reason,
      occurredAt: new Date(posting.nowMs).toISOString(),
    },
    amount,
    firstOf(uses, posting.debt < amount ? amount - posting.debt : 0n),
    fingerprint,
  );
  await posting.write();
  return { transaction, replayed: false };
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
  uses: readonly { readonly grantId: string; readonly amount: Micros }[],
  amount: Micros,
): { grantId: string; amount: Micros }[] {
  const taken: { grantId: string; amount: Micros }[] = [];
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
