/**
 * Parts of the page that a start does without: each is a file of its own, fetched when it is first wanted or ahead of
 * that. One that came stays, so that what was once shown never has to be waited for again.
 */
import { useEffect } from 'react';
import { useStore } from 'zustand';
import { createStore, type StoreApi } from 'zustand/vanilla';

/** A page that never rests must still get on. */
const idleMsMax = 200;

type Fetched<T> =
  | { readonly kind: 'awaited' }
  | { readonly kind: 'here'; readonly part: T }
  /** It could not be fetched: whatever the page came from is gone. */
  | { readonly kind: 'missing' };

export interface Late<T> {
  readonly store: StoreApi<Fetched<T>>;
  /** Fetches it, unless it is here. Never rejects. */
  fetch(): Promise<void>;
}

export function late<T>(source: () => Promise<T>): Late<T> {
  const store = createStore<Fetched<T>>(() => ({ kind: 'awaited' }));
  return {
    store,
    async fetch() {
      if (store.getState().kind === 'here') return;
      try {
        store.setState({ kind: 'here', part: await source() }, true);
      } catch (error) {
        console.error('a part of the page could not be fetched', error);
        store.setState({ kind: 'missing' }, true);
      }
    },
  };
}

/**
 * The part, which is fetched when it is not here; not before `isTime`, where it is of no use until then. What asks for it
 * is drawn first, without it: a press is answered before what it leads to is made.
 */
export function useLate<T>(wanted: Late<T>, isTime = true): Fetched<T> {
  useEffect(() => {
    if (!isTime || wanted.store.getState().kind === 'here') return undefined;
    const waiting = requestIdleCallback(() => void wanted.fetch(), { timeout: idleMsMax });
    return () => cancelIdleCallback(waiting);
  }, [wanted, isTime]);
  return useStore(wanted.store);
}
