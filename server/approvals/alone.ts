/**
 * How much of an asset somebody may move without a second person: the one rule for corrections, refunds and grants, and
 * the only writer of `acts_alone`. What a maker did alone within the window counts together, whatever it was: on one account
 * up to the limit, on all of them up to so many times as much. It must never be asked without the account's lock.
 */
import { cny } from '../../shared/assets.ts';
import type { Micros } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';

export interface AloneRules {
  /** The most money that one person may correct alone, up or down. */
  readonly adjustmentAloneMax: Micros;
  /** The most money that one person may give back alone; of one charge, or one recharge, the most that all who are alone may. */
  readonly refundAloneMax: Micros;
  /** The most units of an asset that one person may grant, take back or refund alone. */
  readonly grantAloneMax: bigint;
  /** Milliseconds for which what somebody did alone counts. */
  readonly aloneWindowMs: number;
  /** How many times the limit of one account somebody may move alone on all of them together. */
  readonly aloneInAllTimes: bigint;
}

/** Something that one person wants to do alone. */
export interface Move {
  readonly id: string;
  readonly act: 'adjust' | 'refund' | 'refundRechargeOrder' | 'grant';
  readonly accountId: string;
  readonly asset: string;
  readonly by: string;
  readonly nowMs: number;
}

/**
 * What the maker may still move of this asset on this account, at least zero. The maker's own acts take turns from here on
 * to the end of the transaction: of any number at once, on whatever accounts, each counts those before it.
 */
export async function leftAlone(tx: Queryable, rules: AloneRules, move: Move): Promise<bigint> {
  const { accountId, asset, by, nowMs } = move;
  const max = limitOf(rules, move);
  // Whoever is alone has the account's lock by now, so that nobody waits in a circle.
  await tx.query('SELECT 1 FROM accounts WHERE id = $1 FOR NO KEY UPDATE', [by]);
  const [moved] = await tx.query<{ here: bigint; in_all: bigint }>(
    `SELECT coalesce(sum(amount) FILTER (WHERE account_id = $4), 0) AS here, coalesce(sum(amount), 0) AS in_all
     FROM acts_alone WHERE made_by = $1 AND asset = $2 AND made_at_ms > $3`,
    [by, asset, nowMs - rules.aloneWindowMs, accountId],
  );
  if (moved === undefined) throw new Error('a sum always has a row');
  return least(max - moved.here, max * rules.aloneInAllTimes - moved.in_all);
}

/** In the transaction in which it was done. */
export async function noteAlone(tx: Queryable, move: Move, amount: bigint): Promise<void> {
  const { id, act, accountId, asset, by, nowMs } = move;
  await tx.query(
    `INSERT INTO acts_alone (account_id, id, act, asset, amount, made_by, made_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [accountId, id, act, asset, amount < 0n ? -amount : amount, by, nowMs],
  );
}

/** What is left below every one of these bounds, never less than nothing. */
export function least(...bounds: readonly bigint[]): bigint {
  const smallest = bounds.reduce((one, other) => (other < one ? other : one));
  return smallest < 0n ? 0n : smallest;
}

/** Taking units back, or giving those of a charge back, is as grave as granting them. */
export function limitOf(rules: AloneRules, { act, asset }: Pick<Move, 'act' | 'asset'>): bigint {
  if (asset !== cny) return rules.grantAloneMax;
  return act === 'adjust' ? rules.adjustmentAloneMax : rules.refundAloneMax;
}
