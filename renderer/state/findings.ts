/** How many findings nobody has seen, as FindingsWatch.tsx was told: here it is read, without the contract that it is parsed with. */
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';

const unseenFindings = createStore<number>(() => 0);

export function noteUnseenFindings(count: number): void {
  unseenFindings.setState(count, true);
}

/** 0 for whoever is not to look at them, and until it is known. */
export function useUnseenFindings(): number {
  return useStore(unseenFindings);
}
