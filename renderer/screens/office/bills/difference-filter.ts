/** What narrows the list of differences with providers' bills; it outlives the section. Days are both included. */
import type { CostDifferenceClass, CostDifferenceState } from '../../../../shared/api-bills.ts';
import { dayBefore } from '../../../format.ts';

export interface DifferenceFilter {
  readonly provider?: string;
  readonly fromDay?: string;
  readonly toDay?: string;
  readonly class?: CostDifferenceClass;
  readonly state?: CostDifferenceState;
}

export const noFilter: DifferenceFilter = {};

/** As the contract asks it: its end is exclusive. */
export function queryOf({ fromDay, toDay, ...rest }: DifferenceFilter) {
  return {
    ...rest,
    ...(fromDay === undefined ? {} : { from: fromDay }),
    ...(toDay === undefined ? {} : { until: dayBefore(toDay, -1) }),
  };
}
