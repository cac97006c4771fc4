/**
 * When the runner looks at its campaigns, and what it has let go on by itself meanwhile: one look for many changes, one
 * timer for the next thing due, and waits that double. It knows nothing of campaigns.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../desk/context.ts';
import type { Log } from '../log.ts';

/** Something tried again until it succeeds, one try at a time. */
export interface Retry {
  /** Not before this time … */
  atMs: number;
  /** … unless the clock has gone back to before this one, when the wait began: then it says nothing any more. */
  sinceMs: number;
  /** The wait after the next failure. */
  delayMs: number;
  busy: boolean;
}

export interface RetryTimes {
  readonly retryMs: number;
  readonly retryMsMax: number;
}

export class Pace {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #times: RetryTimes;
  readonly #onLook: () => void;
  readonly #underWay = new Set<Promise<void>>();
  #working = false;
  #lookIsDue = false;
  #wake: { readonly atMs: number; readonly timer: NodeJS.Timeout } | null = null;

  constructor(clock: Clock, log: Log, times: RetryTimes, onLook: () => void) {
    this.#clock = clock;
    this.#log = log;
    this.#times = times;
    this.#onLook = onLook;
  }

  start(): void {
    this.#working = true;
    this.look();
  }

  /** No more looks; what is under way goes on. */
  stop(): void {
    this.#working = false;
    if (this.#wake !== null) clearTimeout(this.#wake.timer);
    this.#wake = null;
  }

  /** Waits for what is under way, at most `msMax`. */
  async finish(msMax: number): Promise<void> {
    const patience = new AbortController();
    const enough = delay(msMax, undefined, { signal: patience.signal }).catch(() => undefined);
    await Promise.race([Promise.all(this.#underWay), enough]);
    patience.abort();
  }

  working(): boolean {
    return this.#working;
  }

  /** Something changed: a look soon, one for many calls. */
  look(): void {
    if (!this.#working || this.#lookIsDue) return;
    this.#lookIsDue = true;
    setImmediate(() => {
      this.#lookIsDue = false;
      if (this.#working) this.#onLook();
    });
  }

  /** A look at that time at the latest. */
  wakeAt(atMs: number): void {
    if (!this.#working || (this.#wake !== null && this.#wake.atMs <= atMs)) return;
    if (this.#wake !== null) clearTimeout(this.#wake.timer);
    const fire = (): void => {
      this.#wake = null;
      this.look();
    };
    this.#wake = { atMs, timer: setTimeout(fire, Math.max(0, atMs - this.#clock.now())) };
  }

  /** Lets something go on by itself, so that a stop can wait for it and a fault of it is written down. */
  launch(work: Promise<void>): void {
    const watched = work
      .catch((error: unknown) => this.#log.error({ err: error }, 'a step of a campaign failed'))
      .finally(() => this.#underWay.delete(watched));
    this.#underWay.add(watched);
  }

  retry(): Retry {
    return { atMs: 0, sinceMs: 0, delayMs: this.#times.retryMs, busy: false };
  }

  /** Whether it may be tried now; else there is a look when it may. */
  isDue(retry: Retry): boolean {
    if (retry.busy) return false;
    const now = this.#clock.now();
    if (now >= retry.atMs || now < retry.sinceMs) return true;
    this.wakeAt(retry.atMs);
    return false;
  }

  /** Tries it: nobody else does meanwhile, and there is a look afterwards. A fault, such as a full disk, puts it off. */
  async whileBusy<T>(retry: Retry, work: () => Promise<T>): Promise<T> {
    retry.busy = true;
    try {
      return await work();
    } catch (error) {
      this.putOff(retry);
      throw error;
    } finally {
      retry.busy = false;
      this.look();
    }
  }

  /** The next try is not before `ms` from now. */
  wait(retry: Retry, ms: number): void {
    retry.sinceMs = this.#clock.now();
    retry.atMs = retry.sinceMs + ms;
  }

  putOff(retry: Retry): void {
    this.wait(retry, retry.delayMs);
    retry.delayMs = Math.min(retry.delayMs * 2, this.#times.retryMsMax);
  }

  reset(retry: Retry): void {
    retry.atMs = 0;
    retry.delayMs = this.#times.retryMs;
  }
}
