/**
 * Listens to the server's events, so that a round begins when something has happened instead of minutes later. It must
 * never be needed: rounds come by themselves without it. Offline it says nothing and asks nothing; it keeps no process
 * alive.
 *
 *   silent ──signed in and online──▶ listening ──ended──▶ waiting 1 s … 60 s, spread by chance ──▶ listening
 */
import type { Changes } from '../changes.ts';
import { backoffMs, type BackoffRange } from './backoff.ts';
import type { Rounds } from './rounds.ts';
import type { OwnedClient } from './server-client.ts';

export interface EventStreamParts {
  readonly client: Pick<OwnedClient, 'listen' | 'online'>;
  readonly rounds: Pick<Rounds, 'nudge' | 'wake'>;
  readonly changes: Changes;
  /** Whose events are heard; null while nobody is signed in. A change begins another stream. */
  readonly account: () => string | null;
  readonly random: () => number;
  readonly retry?: BackoffRange;
}

export interface EventStream {
  start(): void;
  /** Ends the stream; it does not begin again. */
  stop(): void;
}

const retryDefault: BackoffRange = { firstMs: 1_000, maxMs: 60_000 };

export function createEventStream(parts: EventStreamParts): EventStream {
  const { client, rounds, changes, retry = retryDefault } = parts;
  let listening: { readonly account: string; readonly abort: AbortController } | null = null;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let stopped = true;
  let stopHearing: (() => void) | null = null;

  const listen = async (account: string): Promise<void> => {
    const abort = new AbortController();
    const mine = { account, abort };
    listening = mine;
    const outcome = await client.listen({
      signal: abort.signal,
      onOpen() {
        failures = 0;
        // What happened before the stream began is asked for.
        rounds.nudge();
        changes.tell('findings');
      },
      onEvent: (kind) => {
        if (kind === 'order') changes.tell('orders');
        // Prices are read in full rounds alone, and findings in none.
        if (kind === 'findings') changes.tell('findings');
        else if (kind === 'pricing') rounds.wake();
        else rounds.nudge();
      },
    });
    if (listening !== mine) return;
    listening = null;
    if (outcome === 'signed_out' || stopped) return;
    failures += 1;
    timer = setTimeout(consider, backoffMs(failures - 1, retry, parts.random()));
    timer.unref();
  };

  /** Listens if there is somebody to listen for and something to hear. */
  const consider = (): void => {
    clearTimeout(timer);
    const account = stopped ? null : parts.account();
    if (listening !== null && listening.account !== account) {
      listening.abort.abort();
      listening = null;
    }
    if (account !== null && listening === null && client.online() === true) void listen(account);
  };

  return {
    start() {
      stopped = false;
      stopHearing = changes.listen(['session', 'online'], consider);
      consider();
    },
    stop() {
      stopped = true;
      stopHearing?.();
      consider();
    },
  };
}
