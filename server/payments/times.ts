/**
 * When WeChat is asked, as its own guides to callbacks and queries advise. Pure arithmetic on how often it was asked
 * before; it must never depend on a clock.
 */

const second = 1_000;
const minute = 60 * second;

/** How long an order can be paid: as long as WeChat advises to go on asking, after which it is to be closed. */
export const orderLifeMs = 30 * minute;
/** Since the order was made; the last one meets its end. */
const orderAsksMs = [5 * second, 30 * second, minute, 3 * minute, 5 * minute, 10 * minute, orderLifeMs];

/** Milliseconds from an order's making to the question after `asked` earlier ones. */
export function orderAskedAgainMs(asked: number): number {
  return orderAsksMs[Math.min(asked, orderAsksMs.length - 1)] ?? orderLifeMs;
}

/** After an order was closed it is asked about once more: somebody may have been paying. */
export const staysClosedMs = 10 * minute;

/** Every minute for five, then less and less often. A card's refund takes days. */
const refundWaitsMs = [1, 1, 1, 1, 1, 5, 10, 20, 30].map((minutes) => minutes * minute);
const refundWaitMsMax = 6 * 60 * minute;
/** Some 30 days; by then a person has the refund among those that are abnormal or stand still. */
export const refundAsksMax = 130;

/** Milliseconds from a question about a refund to the next one. */
export function refundAskedAgainMs(asked: number): number {
  return refundWaitsMs[asked] ?? refundWaitMsMax;
}
