/** Chance that a seed repeats: a test or demonstration that failed can be played again. Pure; it must never ask the clock. */

/** A small seeded generator (mulberry32) of numbers from 0 inclusive to 1 exclusive: a seed names one run for ever. */
export function seededChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
