/**
 * Works through a list with a few at a time: as many as a database can serve at once. It must never hide a failure.
 */

/** Fewer than a process has connections, so that requests find one too. */
const lanesMax = 6;

/**
 * Calls `work` for each item, in an order of chance: two processes that have the same list do not walk it side by side,
 * each waiting for what the other is at. What `work` throws goes to `onError`; others go on.
 */
export async function inLanes<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  onError: (error: unknown, item: T) => void,
): Promise<void> {
  const left = shuffled(items).values();
  const lane = async () => {
    for (const item of left) {
      try {
        await work(item);
      } catch (error) {
        onError(error, item);
      }
    }
  };
  await Promise.all(Array.from({ length: lanesMax }, lane));
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
