/**
 * What a membership's dates and plan come to at a moment: its months, its grace, what a higher plan costs and brings.
 * Pure: it reads neither a clock nor the table.
 */
import type { Membership, Plan } from '../../shared/api-selling.ts';
import { roundedQuotient, roundToCent, yuan } from '../../shared/money.ts';
import { refuse, refuseField, type Refused } from '../ledger/refusal.ts';
import { monthsAfter } from './calendar.ts';
import type { MembershipRow } from './membership-rows.ts';

const dayMs = 86_400_000;

export interface Month {
  /** Counted from 0 at the beginning. */
  readonly index: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The month that `nowMs` is in; the last one where all are over. */
export function monthAt(row: MembershipRow, nowMs: number, timeZone: string): Month {
  let [index, fromMs] = [0, row.beginsAtMs];
  for (;;) {
    const untilMs = monthsAfter(row.beginsAtMs, index + 1, timeZone);
    if (untilMs > nowMs || index + 1 >= row.months) return { index, fromMs, untilMs };
    index += 1;
    fromMs = untilMs;
  }
}

/** Why a membership that runs, or is in grace, cannot go to that plan; null when it can. */
export function noUpgrade(row: MembershipRow, plan: Plan, nowMs: number): Refused | null {
  if (row.state === 'ended' || row.endsAtMs <= nowMs) return refuse('membership_ended');
  if (plan.rank > row.plan.rank) return null;
  return refuseField('plan', `${plan.id} is no higher than ${row.plan.id}`);
}

interface Upgraded {
  readonly plan: Pick<Plan, 'price'>;
  readonly months: number;
}

/** What a higher plan costs for the rest of this month, and for the months that are paid for after it. */
export function upgradeParts(
  row: Upgraded,
  plan: Pick<Plan, 'price'>,
  month: Month,
  nowMs: number,
): { readonly thisMonth: bigint; readonly laterMonths: number; readonly later: bigint } {
  const laterMonths = row.months - month.index - 1;
  const more = yuan(plan.price) - yuan(row.plan.price);
  if (more <= 0n) return { thisMonth: 0n, laterMonths, later: 0n };
  const [left, whole] = [BigInt(month.untilMs - nowMs), BigInt(month.untilMs - month.fromMs)];
  return {
    thisMonth: roundToCent(roundedQuotient(more * left, whole)),
    laterMonths,
    later: more * BigInt(laterMonths),
  };
}

export function upgradePrice(row: Upgraded, plan: Pick<Plan, 'price'>, month: Month, nowMs: number): bigint {
  const { thisMonth, later } = upgradeParts(row, plan, month, nowMs);
  return thisMonth + later;
}

/** What the running month's quotas grow by with a higher plan: the difference, by time, rounded up. */
export function moreQuotas(
  from: Plan,
  to: Plan,
  month: Month,
  nowMs: number,
): { readonly asset: string; readonly amount: bigint }[] {
  const had = new Map(from.quotas.map(({ asset, amount }) => [asset, BigInt(amount)]));
  const [left, whole] = [BigInt(month.untilMs - nowMs), BigInt(month.untilMs - month.fromMs)];
  return to.quotas
    .map(({ asset, amount }) => ({ asset, more: BigInt(amount) - (had.get(asset) ?? 0n) }))
    .filter(({ more }) => more > 0n)
    .map(({ asset, more }) => ({ asset, amount: (more * left + whole - 1n) / whole }));
}

export function graceEnd({ endsAtMs, plan }: MembershipRow): number {
  return endsAtMs + plan.graceDays * dayMs;
}

/** As its owner sees it. */
export function served(row: MembershipRow, nowMs: number, timeZone: string): Membership {
  const { index: _, fromMs, untilMs } = monthAt(row, nowMs, timeZone);
  const over = row.state === 'ended' || graceEnd(row) <= nowMs;
  return {
    id: row.id,
    plan: row.plan,
    state: over ? 'ended' : row.endsAtMs <= nowMs ? 'grace' : 'active',
    beginsAt: new Date(row.beginsAtMs).toISOString(),
    endsAt: new Date(row.endsAtMs).toISOString(),
    graceEndsAt: new Date(graceEnd(row)).toISOString(),
    month: { from: new Date(fromMs).toISOString(), until: new Date(untilMs).toISOString() },
  };
}
