/** What narrows the list of differences; it outlives the section. */
import type {
  DifferenceClass,
  DifferenceState,
  ReconciliationSource,
} from '../../../../shared/api-reconciliation.ts';

export interface DifferenceFilter {
  readonly day?: string;
  readonly source?: ReconciliationSource;
  readonly class?: DifferenceClass;
  readonly state?: DifferenceState;
}

export const noFilter: DifferenceFilter = {};
