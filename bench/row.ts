/** One line of the benchmark table: our way against a reference measured in the same run, and the bar for their ratio. */

export interface BenchRow {
  readonly name: string;
  /** What was counted a second, such as `charges/s`. */
  readonly unit: string;
  readonly ours: number;
  readonly reference: number;
  readonly referenceName: string;
  /** ours ÷ reference must be at least (`atLeast`) or at most (`atMost`) this. */
  readonly bar: { readonly atLeast: number } | { readonly atMost: number };
  /** Further figures worth reading, such as percentiles. */
  readonly notes?: string;
}

/** Thrown by a suite that lacks what it needs on this machine, such as a program: no fault of what is measured. */
export class CannotMeasure extends Error {
  override readonly name = 'CannotMeasure';
}

export const ratioOf = (row: BenchRow): number => row.ours / row.reference;

export function meetsBar(row: BenchRow): boolean {
  return 'atLeast' in row.bar ? ratioOf(row) >= row.bar.atLeast : ratioOf(row) <= row.bar.atMost;
}

/** The value below which `percent` of the measurements lie. */
export function percentile(measurementsMs: readonly number[], percent: number): number {
  const ascending = measurementsMs.toSorted((a, b) => a - b);
  return (
    ascending[Math.min(ascending.length - 1, Math.floor((ascending.length * percent) / 100))] ?? Number.NaN
  );
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}
