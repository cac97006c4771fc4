/**
 * Where a person is in the back office, and what they chose or typed there: it outlives the section, so that filters
 * still stand and nothing typed is lost by looking something up in another. It asks nothing of the server.
 */
import { useCallback } from 'react';
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { goTo } from './navigation.ts';

interface OfficePlace {
  /** Null until one is chosen: the first that the role may see. */
  readonly section: string | null;
  readonly kept: Readonly<Record<string, unknown>>;
}

const place = createStore<OfficePlace>(() => ({ section: null, kept: {} }));

export function useOfficeSection(): string | null {
  return useStore(place, ({ section }) => section);
}

/** Opens a section, with what is to stand in it instead of what was left there: see `useKept`. */
export function goToSection(section: string, kept: Readonly<Record<string, unknown>> = {}): void {
  place.setState((before) => ({ section, kept: { ...before.kept, ...kept } }));
  goTo('office');
}

/**
 * A component's state that outlives it, under a name that begins with its section's: `orders.filter`. Whoever writes a
 * name writes one type under it.
 */
export function useKept<T>(name: string, initial: T): readonly [T, (next: T) => void] {
  const kept = useStore(place, (state) => state.kept[name]);
  const keep = useCallback(
    (next: T) => place.setState((state) => ({ kept: { ...state.kept, [name]: next } })),
    [name],
  );
  return [kept === undefined ? initial : (kept as T), keep];
}

/** Nothing of one person's work shows to the next. */
export function forgetOffice(): void {
  place.setState(place.getInitialState(), true);
}
