/**
 * How many things finish a minute, over the last minute. It keeps a bounded number of counts, however fast they come.
 */
const windowSeconds = 60;
/** A rate over less than this would jump about. */
const shortestMs = 2_000;

const second = (ms: number): number => Math.floor(ms / 1_000);

export interface RateMeter {
  count(nowMs: number): void;
  /** A minute's worth, or null before enough time has passed or when nothing finished in the last minute. */
  perMinute(nowMs: number): number | null;
}

export function createRateMeter(startedAtMs: number): RateMeter {
  const counts = new Map<number, number>();
  const forget = (nowMs: number): void => {
    for (const at of counts.keys()) if (at <= second(nowMs) - windowSeconds) counts.delete(at);
  };
  return {
    count(nowMs) {
      forget(nowMs);
      counts.set(second(nowMs), (counts.get(second(nowMs)) ?? 0) + 1);
    },
    perMinute(nowMs) {
      forget(nowMs);
      const elapsedMs = Math.min(nowMs - startedAtMs, windowSeconds * 1_000);
      let sum = 0;
      for (const count of counts.values()) sum += count;
      if (sum === 0 || elapsedMs < shortestMs) return null;
      return Math.round((sum * 600_000) / elapsedMs) / 10;
    },
  };
}
