/**
 * Tells the parts of the engine that something they read has changed, after it was committed. It carries no values:
 * a listener reads the current state for itself, so a late or repeated call can't show anything stale.
 */

export type Topic =
  | 'session'
  | 'settings'
  | 'balance'
  | 'pricing'
  | 'alerts'
  | 'sync'
  | 'outbox'
  | 'ledger'
  /** Something became of a recharge order. */
  | 'orders'
  /** Something was found, or seen: budgets and unusual days. */
  | 'findings'
  /** What the last request said of the connection has flipped (S5). */
  | 'online';

export interface Changes {
  tell(...topics: readonly Topic[]): void;
  /** Calls back after each change of one of `topics`; returns how to stop it. */
  listen(topics: readonly Topic[], listener: () => void): () => void;
}

export function createChanges(): Changes {
  const listeners = new Map<Topic, Set<() => void>>();
  return {
    tell(...topics) {
      const due = new Set<() => void>();
      for (const topic of topics) for (const listener of listeners.get(topic) ?? []) due.add(listener);
      for (const listener of due) listener();
    },
    listen(topics, listener) {
      // A wrapper of its own, so that the same function listening twice is called twice and stopped once.
      const entry = (): void => listener();
      for (const topic of topics) {
        const set = listeners.get(topic) ?? new Set();
        set.add(entry);
        listeners.set(topic, set);
      }
      return () => {
        for (const topic of topics) listeners.get(topic)?.delete(entry);
      };
    },
  };
}
