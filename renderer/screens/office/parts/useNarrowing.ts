/**
 * What narrows a list of the back office, as it was chosen part by part: it outlives the section, and one act takes it all
 * away. It reads no list and never holds a part that says nothing.
 */
import { useKept } from '../../../state/office.ts';

export interface Narrowing<F> {
  readonly filter: F;
  /** Chooses parts anew and leaves the others; one that is undefined or empty is taken away. */
  readonly change: (parts: { [K in keyof F]?: F[K] | undefined }) => void;
  /** Back to how the list first stands; absent while it stands so. */
  readonly onClear: (() => void) | undefined;
}

/** Kept under a name that begins with the section's: see `useKept`. */
export function useNarrowing<F extends object>(name: string, initial: F): Narrowing<F> {
  const [filter, keep] = useKept<F>(name, initial);
  return narrowingOf(filter, keep, initial);
}

/** The same where somebody else keeps the filter. */
export function narrowingOf<F extends object>(
  filter: F,
  keep: (filter: F) => void,
  initial: F,
): Narrowing<F> {
  return {
    filter,
    change: (parts) => {
      const chosen = Object.entries({ ...filter, ...parts });
      // What was taken away are parts that every filter may lack.
      keep(Object.fromEntries(chosen.filter(([, value]) => value !== undefined && value !== '')) as F);
    },
    onClear: isSame(filter, initial) ? undefined : () => keep(initial),
  };
}

function isSame(one: object, other: object): boolean {
  const [entries, others] = [Object.entries(one), new Map(Object.entries(other))];
  return entries.length === others.size && entries.every(([part, value]) => others.get(part) === value);
}
