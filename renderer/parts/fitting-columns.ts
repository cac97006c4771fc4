/**
 * Which columns of a table have room beside each other, where amounts are so long that not all have. It never leaves out a
 * column that does not say that it may be.
 */

/** Of a digit in a row, in pixels: what it is measured by before it is drawn. */
const digitPx = 7.8;
const gapPx = 16;
const edgesPx = 32;

export interface Fitting {
  /** A CSS grid track: `120px`, `minmax(80px, 1fr)`. */
  readonly width: string;
  /** It may be left out, and is in a table narrower than this: of two the one that asks for more goes first. */
  readonly fromTablePx?: number;
}

/** `widestCh`: the widest amount in a column, in digits. */
export function fittingColumns<C extends Fitting>(
  columns: readonly C[],
  widestCh: (column: C) => number,
  tablePx: number,
): readonly C[] {
  const fitting = columns.filter(({ fromTablePx = 0 }) => tablePx >= fromTablePx);
  const leastPx = (column: C): number =>
    Math.max(Number(/(\d+)px/.exec(column.width)?.[1] ?? 0), widestCh(column) * digitPx);
  const neededPx = (): number =>
    fitting.reduce((sum, column) => sum + leastPx(column), (fitting.length - 1) * gapPx + edgesPx);
  while (neededPx() > tablePx) {
    const first = Math.max(...fitting.map(({ fromTablePx = 0 }) => fromTablePx));
    if (first === 0) break;
    fitting.splice(
      fitting.findLastIndex(({ fromTablePx }) => fromTablePx === first),
      1,
    );
  }
  return fitting;
}
