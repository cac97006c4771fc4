/**
 * Asks WeChat about orders and refunds of which no notification came, and closes orders whose time is over. Several
 * processes may run it: what one has taken no other gets while it asks. It must never let a failure end it.
 */
import type { Recharging } from './recharging.ts';

export interface OrderWatchOptions {
  readonly recharging: Pick<Recharging, 'askAboutDue'>;
  readonly clock: () => number;
  /** The database or something unforeseen failed; what was taken is due again after its lease. */
  readonly onFailure: (error: unknown) => void;
  /** Milliseconds between two looks; shorter in tests. */
  readonly lookEveryMs?: number;
}

const lookEveryMsDefault = 2_000;
/** What one look takes. With each answer within its limit, all are asked before the lease ends. */
const takenMax = 5;
export const askLeaseMs = 2 * 60_000;

/** Returns what stops it, after the question that is under way. */
export function watchOrders(options: OrderWatchOptions): () => Promise<void> {
  const { recharging, clock, onFailure, lookEveryMs = lookEveryMsDefault } = options;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let underWay = Promise.resolve();
  const look = async (): Promise<void> => {
    try {
      await recharging.askAboutDue({ nowMs: clock(), leaseMs: askLeaseMs, limit: takenMax });
    } catch (error) {
      onFailure(error);
    }
    if (!stopped) timer = setTimeout(again, lookEveryMs);
  };
  const again = (): void => {
    underWay = look();
  };
  again();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await underWay;
    clearTimeout(timer);
  };
}
