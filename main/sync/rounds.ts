/**
 * Sync rounds: push the outbox, pull the ledger, balance, prices and alerts, then compare (S3, S4). One round at a time.
 * It must never hold a transaction open across a request, nor call a refusal or silence a success.
 */
import type { SyncState } from '../../shared/ipc.ts';

export interface Rounds {
  /** Something is there to be pushed: a round soon, many nudges in one. Returns at once. */
  nudge(): void;
  /** Waits for a full round that began after this call, whatever it came to. */
  now(): Promise<void>;
  /** The machine woke or a network appeared: a full round without waiting for any backoff. */
  wake(): void;
  /** Mirror and server disagree with nothing pending: charging stays stopped (S4). */
  drifting(): boolean;
  state(): SyncState;
}
