/** The formats for the language and the account's time zone in force. It decides neither. */
import { useMemo, useSyncExternalStore } from 'react';
import { useMirror } from '../state/mirror.ts';
import { formatFor, type Format } from '../format.ts';
import { languageOfMachine } from '../messages.ts';

export function useFormat(): Format {
  const language = useMirror(({ desk }) => desk?.settings.language) ?? languageOfMachine();
  const timeZone = useTimeZone();
  return useMemo(() => formatFor(language, timeZone), [language, timeZone]);
}

export function useTimeZone(): string | undefined {
  return useMirror(({ desk }) => desk?.session.account?.timeZone);
}

const tickMs = 10_000;
// One clock for all that say "2 minutes ago", so that they never contradict each other.
let nowMs = Date.now();
const watchers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;

function watchClock(changed: () => void): () => void {
  watchers.add(changed);
  if (timer === null) {
    // Nobody looked for a while, so the time stood still.
    nowMs = Date.now();
    timer = setInterval(() => {
      nowMs = Date.now();
      for (const watcher of watchers) watcher();
    }, tickMs);
  }
  return () => {
    watchers.delete(changed);
    if (watchers.size === 0 && timer !== null) {
      clearInterval(timer);
      timer = null;
    }
  };
}

/** The time, renewed every ten seconds. */
export function useNow(): number {
  return useSyncExternalStore(watchClock, () => nowMs);
}
