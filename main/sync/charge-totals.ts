/**
 * What charges come to by where they stand: the pending ones from the tally in memory, the ended ones from the sums that
 * are kept beside them. It must never read a charge's row.
 */
import type { OutboxState } from '../../shared/ipc-outbox.ts';
import type { Micros } from '../../shared/money.ts';
import type { PendingState, TallySum } from './tally.ts';

/** Charges still to be confirmed: queued, sending or unknown. */
export interface PendingTotals {
  readonly count: number;
  readonly amount: Micros;
  /** The part of `amount` that no hold covers: what the pending ones take from `available`. */
  readonly amountWithoutHold: Micros;
}

/** A campaign's or a hold's charges by where they stand. Amounts are what was paid once settled, what is expected before. */
export interface ChargeTotals {
  readonly pendingCount: number;
  readonly pendingAmount: Micros;
  readonly rejectedCount: number;
  readonly rejectedAmount: Micros;
  readonly settledCount: number;
  readonly settledAmount: Micros;
  readonly waivedCount: number;
  readonly waivedAmount: Micros;
}

/** A state that charges end in, and what those in it come to. */
export interface Total {
  readonly state: string;
  readonly count: bigint;
  readonly amount: Micros;
}

export function pendingTotals(sums: readonly TallySum<PendingState>[]): PendingTotals {
  return {
    count: sums.reduce((sum, { count }) => sum + count, 0),
    amount: amountOf(sums),
    amountWithoutHold: amountOf(sums.filter(({ holdId }) => holdId === null)),
  };
}

function amountOf(sums: readonly TallySum<PendingState>[]): Micros {
  return sums.reduce((sum, { amount }) => sum + amount, 0n);
}

/** How many have ended in one of the states. */
export function countIn(ended: readonly Total[], states: readonly OutboxState[]): number {
  return ended.reduce(
    (sum, { state, count }) => (states.some((one) => one === state) ? sum + Number(count) : sum),
    0,
  );
}

/** What of a hold its charges have not taken up: settled, pending, and rejected ones that may be retried. */
export function unspent(holdAmount: Micros, charges: ChargeTotals): Micros {
  return holdAmount - charges.settledAmount - charges.pendingAmount - charges.rejectedAmount;
}

export function chargeTotals(
  pending: readonly TallySum<PendingState>[],
  ended: readonly Total[],
): ChargeTotals {
  const totals = new Map(ended.map((total) => [total.state, total]));
  const of = (state: OutboxState): Pick<Total, 'count' | 'amount'> =>
    totals.get(state) ?? { count: 0n, amount: 0n };
  const waiting = pendingTotals(pending);
  return {
    pendingCount: waiting.count,
    pendingAmount: waiting.amount,
    rejectedCount: Number(of('rejected').count),
    rejectedAmount: of('rejected').amount,
    settledCount: Number(of('settled').count),
    settledAmount: of('settled').amount,
    waivedCount: Number(of('waived').count),
    waivedAmount: of('waived').amount,
  };
}
