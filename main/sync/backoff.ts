/**
 * How long to wait before the next try: doubled with each failure up to a limit, and spread by chance so that desks
 * cut off together do not come back together. Pure: the chance is given.
 */
export interface BackoffRange {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** `failures` so far, from 0; `random` from 0 inclusive to 1 exclusive. Full jitter, above a tenth so that it is never nothing. */
export function backoffMs(failures: number, range: BackoffRange, random: number): number {
  const ceiling = Math.min(range.maxMs, range.firstMs * 2 ** Math.min(failures, 30));
  return Math.round(ceiling * (0.1 + 0.9 * random));
}
