/** How far a campaign has come. It counts tasks; money is the engine's. */
import type { Campaign } from '../../../shared/ipc-campaigns.ts';

/** Tasks that need no more work: all but those waiting, running or waiting for a decision. */
export function finishedCount({ counts }: Campaign): number {
  return counts.succeeded + counts.failed + counts.skipped;
}
