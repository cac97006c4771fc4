/**
 * Where usages wait until the server has them. A store must never lose one that it has taken, nor hand one back that was
 * settled.
 */
import type { UsageBody } from '../shared/api-metering.ts';

export interface UsageStore {
  /** What waits, in the order in which it came. Called once, before anything else. */
  load(): Promise<readonly UsageBody[]>;
  /** Resolves once it is kept. */
  append(usage: UsageBody): Promise<void>;
  /** The server has these. */
  settle(ids: readonly string[]): Promise<void>;
  /** The server will never take it, for the reason that the code names: it is kept for a person, and not sent again. */
  park(id: string, code: string): Promise<void>;
  close(): Promise<void>;
}

/** For browsers and tests: what waits is gone with the page. */
export function memoryStore(): UsageStore {
  const waiting = new Map<string, UsageBody>();
  const parked = new Map<string, { readonly usage: UsageBody; readonly code: string }>();
  return {
    load: async () => [...waiting.values()],
    append: async (usage) => void waiting.set(usage.id, usage),
    settle: async (ids) => {
      for (const id of ids) waiting.delete(id);
    },
    park: async (id, code) => {
      const usage = waiting.get(id);
      if (usage !== undefined) parked.set(id, { usage, code });
      waiting.delete(id);
    },
    close: async () => undefined,
  };
}
