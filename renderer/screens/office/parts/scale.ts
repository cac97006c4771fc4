/** The scale that a chart of amounts stands on, in round steps. It knows no chart and no language. */

/** Lines above the base: fewer say too little, more are clutter. */
const linesMax = 3n;
/** In tenths of a power of ten. */
const steps = [10n, 20n, 25n, 50n];

/**
 * The lines of a scale from its base up: two or three above it, the last at or above the highest amount. That is in millionths
 * and at least one whole.
 */
export function scaleLines(highest: bigint): readonly bigint[] {
  for (let tenth = 1n; ; tenth *= 10n)
    for (const step of steps) if (step * tenth * linesMax >= highest) return linesTo(highest, step * tenth);
}

function linesTo(highest: bigint, step: bigint): bigint[] {
  const count = (highest + step - 1n) / step;
  return Array.from({ length: Number(count) + 1 }, (_, index) => BigInt(index) * step);
}
