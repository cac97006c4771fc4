/**
 * When the engine is told not to wait for its next try: the desk is offline, and a network appears or somebody comes back to
 * the page. Whether the server is there, its answer alone tells; online nothing is asked for.
 */
import { invoke } from '../bridge.ts';
import { mirror } from './mirror.ts';

/** Who goes to and fro between windows asks no more often than this. */
const looksApartMsMin = 5_000;

export interface ComingBack {
  /** The browser says that there is a network. */
  readonly networkAppeared: () => void;
  /** The page is looked at again. */
  readonly lookedAt: () => void;
}

/** `nowMs`: of a clock that nobody sets. */
export function comingBack(isOffline: () => boolean, wake: () => void, nowMs: () => number): ComingBack {
  let lastMs = -Infinity;
  const tryNow = (): void => {
    lastMs = nowMs();
    wake();
  };
  return {
    networkAppeared() {
      if (isOffline()) tryNow();
    },
    lookedAt() {
      if (isOffline() && nowMs() - lastMs >= looksApartMsMin) tryNow();
    },
  };
}

function isOffline(): boolean {
  const { desk, engine } = mirror.getState();
  return engine === 'up' && desk?.sync.online === false;
}

/** Called once, for as long as the page is there. */
export function followConnection(): void {
  const { networkAppeared, lookedAt } = comingBack(
    isOffline,
    () => void invoke('sync.wake', {}),
    () => performance.now(),
  );
  window.addEventListener('online', networkAppeared);
  window.addEventListener('focus', lookedAt);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') lookedAt();
  });
}
