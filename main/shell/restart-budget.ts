/**
 * Decides when a process that died may be started again. It must never allow an endless quick loop: too many
 * deaths in a short time are an outcome of their own.
 */

export const restartsMax = 5;
export const restartWindowMs = 60_000;
const delayMsMin = 200;

/**
 * How long to wait before the next start, doubling with each recent death, or null when it has died more than
 * `restartsMax` times within `restartWindowMs`. `deathsAtMs` are all deaths so far, the latest included.
 */
export function restartDelayMs(deathsAtMs: readonly number[], nowMs: number): number | null {
  const recent = deathsAtMs.filter((atMs) => nowMs - atMs < restartWindowMs).length;
  return recent > restartsMax ? null : delayMsMin * 2 ** Math.max(0, recent - 1);
}
