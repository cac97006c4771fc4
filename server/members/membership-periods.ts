/**
 * What each payment for a membership is for, month by month, kept so that a report can tell what of it is still to be
 * given; the only writer of `membership_periods`. It must never hold anything that was not paid in the same transaction.
 */
import type { Plan } from '../../shared/api-selling.ts';
import { yuan } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { monthsAfter } from './calendar.ts';
import type { MembershipRow } from './membership-rows.ts';
import { moreQuotas, upgradeParts, type Month } from './membership-terms.ts';

/** A month, or the rest of one, that a payment is for. */
export interface Period {
  readonly fromMs: number;
  readonly untilMs: number;
  /** Micro-yuan of the payment. */
  readonly amount: bigint;
  /** Units that come as it begins. */
  readonly quotas: readonly { readonly asset: string; readonly amount: bigint }[];
}

/** One that is bought, or renewed: a whole month of its plan. */
export function wholeMonth({ plan, fromMs, untilMs }: { plan: Plan } & Omit<Month, 'index'>): Period {
  const quotas = plan.quotas.map(({ asset, amount }) => ({ asset, amount: BigInt(amount) }));
  return { fromMs, untilMs, amount: yuan(plan.price), quotas };
}

/** What a higher plan costs, and brings: the rest of this month, and each month after it that is paid for. */
export function upgraded(
  row: MembershipRow,
  plan: Plan,
  { month, nowMs, timeZone }: { readonly month: Month; readonly nowMs: number; readonly timeZone: string },
): Period[] {
  const { thisMonth, laterMonths, later } = upgradeParts(row, plan, month, nowMs);
  const periods: Period[] = [
    {
      fromMs: nowMs,
      untilMs: month.untilMs,
      amount: thisMonth,
      quotas: moreQuotas(row.plan, plan, month, nowMs),
    },
  ];
  for (let index = month.index + 1; index <= month.index + laterMonths; index += 1) {
    const fromMs = monthsAfter(row.beginsAtMs, index, timeZone);
    const untilMs = monthsAfter(row.beginsAtMs, index + 1, timeZone);
    const whole = { index, fromMs, untilMs };
    const quotas = moreQuotas(row.plan, plan, whole, fromMs);
    periods.push({ fromMs, untilMs, amount: later / BigInt(laterMonths), quotas });
  }
  return periods;
}

/** In the payment's transaction. What costs nothing owes nobody anything. */
export async function addPeriods(
  tx: Queryable,
  payment: { readonly accountId: string; readonly id: string; readonly paidAtMs: number },
  periods: readonly Period[],
): Promise<void> {
  const price = periods.reduce((sum, { amount }) => sum + amount, 0n);
  const rows = periods
    .map(({ fromMs, untilMs, amount, quotas }, n) => ({
      n,
      from_ms: fromMs,
      until_ms: untilMs,
      amount: amount.toString(),
      quotas: quotas.map((quota) => ({ asset: quota.asset, amount: quota.amount.toString() })),
    }))
    .filter(({ amount }) => amount !== '0');
  await tx.query(
    `INSERT INTO membership_periods (account_id, payment_id, n, from_ms, until_ms, paid_at_ms, price, amount, quotas)
     SELECT $1, $2, r.n, r.from_ms, r.until_ms, $3, $4, r.amount, r.quotas
     FROM jsonb_to_recordset($5::jsonb) AS r (n integer, from_ms bigint, until_ms bigint, amount bigint, quotas jsonb)`,
    [payment.accountId, payment.id.toLowerCase(), payment.paidAtMs, price, JSON.stringify(rows)],
  );
}
