/** The row of a list that is open in a drawer. It asks nothing and shows no row that the list never had. */
import { useState } from 'react';

/** As the list has it now; while the list is read again, as it last was. */
export function useOpenRow<T>(
  rows: readonly T[],
  keyOf: (row: T) => string | number,
): readonly [T | null, (row: T | null) => void] {
  const [opened, open] = useState<T | null>(null);
  if (opened === null) return [null, open];
  return [rows.find((row) => keyOf(row) === keyOf(opened)) ?? opened, open];
}
