/**
 * When an account is told that its money runs low: once when what is available falls below its threshold, and not
 * again before it has risen to a tenth above it. Pure; it must never know how anybody is told.
 */
import type { Micros } from '../../shared/money.ts';

export interface LowBalanceRule {
  readonly enabled: boolean;
  readonly threshold: Micros;
}

/** Whether the account counts as low from now on, and whether that is news. `before` and `after` are what is available. */
export function lowBalance(
  rule: LowBalanceRule,
  wasLow: boolean,
  { before, after }: { readonly before: Micros; readonly after: Micros },
): { readonly low: boolean; readonly crossed: boolean } {
  if (!rule.enabled) return { low: false, crossed: false };
  // Without the distance, a balance that moves about its threshold would tell at every step.
  const recoveredFrom = rule.threshold + rule.threshold / 10n;
  if (wasLow) return { low: after < recoveredFrom, crossed: false };
  // Money that comes in is no reason to warn, however little it is.
  const crossed = after < before && after < rule.threshold;
  return { low: crossed, crossed };
}
