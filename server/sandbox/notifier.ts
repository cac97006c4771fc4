/**
 * Tells a merchant what happened, again and again as WeChat documents until the merchant answers with success. Each try
 * is signed anew. It must never keep the process alive once it was stopped.
 */

/** Seconds between one try and the next: 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h. */
export const retrySeconds: readonly number[] = [
  15, 15, 30, 180, 600, 1_200, 1_800, 1_800, 1_800, 3_600, 10_800, 10_800, 10_800, 21_600, 21_600,
];
/** WeChat waits no longer for an answer. */
const answerMsMax = 5_000;

export interface Letter {
  readonly url: string;
  readonly body: string;
}

export interface Notifier {
  /** Begins at once; repeats until it is taken, or as often as WeChat would. */
  tell(letter: Letter): void;
  stop(): void;
}

/** `timeScale` 1 waits as WeChat does; a test waits a fraction of it. */
export function createNotifier(
  headersFor: (body: string) => Record<string, string>,
  timeScale: number,
): Notifier {
  const timers = new Set<NodeJS.Timeout>();
  const stopping = new AbortController();
  const send = async ({ url, body }: Letter): Promise<boolean> => {
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(answerMsMax), stopping.signal]);
      const headers = { 'content-type': 'application/json', ...headersFor(body) };
      const answer = await fetch(url, { method: 'POST', headers, body, signal });
      await answer.body?.cancel();
      return answer.status === 200 || answer.status === 204;
    } catch {
      return false; // No answer is a failure like any other: it is tried again.
    }
  };
  const attempt = async (letter: Letter, tries: number): Promise<void> => {
    if ((await send(letter)) || stopping.signal.aborted) return;
    const seconds = retrySeconds[tries];
    if (seconds === undefined) return;
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        void attempt(letter, tries + 1);
      },
      seconds * 1_000 * timeScale,
    );
    timers.add(timer);
  };
  return {
    tell: (letter) => void attempt(letter, 0),
    stop() {
      stopping.abort();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
