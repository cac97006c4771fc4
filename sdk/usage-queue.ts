/**
 * Tells the server every usage, in order, for as long as it takes:
 *
 *   put ──▶ store ──▶ waiting ──send──▶ told ──▶ settled
 *                        ▲       │
 *                        └─later─┴─never──▶ parked, for a person
 *
 * It must never drop a usage, nor let what goes wrong here reach the call that it is of.
 */
import type { UsageBody } from '../shared/api-metering.ts';
import { usageBatchMax } from '../shared/metering-names.ts';
import type { BillingClient } from './billing-client.ts';
import type { UsageStore } from './usage-store.ts';

export type Trouble =
  /** The server could not be told, or did not take it yet; it is told again. */
  | { readonly kind: 'later'; readonly why: string; readonly tries: number }
  | { readonly kind: 'parked'; readonly usage: UsageBody; readonly code: string }
  /** The store failed: until it works again a crash would lose what waits. */
  | { readonly kind: 'store'; readonly error: unknown }
  /** What reads a provider's answer failed; the call is estimated from what was read before. */
  | { readonly kind: 'reader'; readonly error: unknown };

export interface QueueOptions {
  readonly store: UsageStore;
  readonly client: BillingClient;
  readonly onTrouble: (trouble: Trouble) => void;
  /** The first wait after a failure, and the longest; full jitter between none and what it has doubled to. */
  readonly retryMs: { readonly first: number; readonly max: number };
}

export class UsageQueue {
  readonly #options: QueueOptions;
  readonly #waiting: UsageBody[];
  readonly #closing = new AbortController();
  #running: Promise<void> | null = null;
  #together = usageBatchMax;
  #tries = 0;
  #emptied: (() => void)[] = [];

  private constructor(options: QueueOptions, waiting: readonly UsageBody[]) {
    this.#options = options;
    this.#waiting = [...waiting];
  }

  /** Goes on with what the store has from before. */
  static async open(options: QueueOptions): Promise<UsageQueue> {
    const queue = new UsageQueue(options, await options.store.load());
    queue.#start();
    return queue;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Resolves once the usage is kept, or could not be; it is told either way. */
  async put(usage: UsageBody): Promise<void> {
    await this.#kept(this.#options.store.append(usage));
    this.#waiting.push(usage);
    this.#start();
  }

  /** Resolves when nothing waits. */
  flush(): Promise<void> {
    if (this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  /** Ends after the request under way; what still waits stays in the store. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    await this.#options.store.close();
  }

  #start(): void {
    if (this.#closing.signal.aborted || this.#waiting.length === 0) return;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
      // One may have come between the last look and this.
      this.#start();
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#closing.signal.aborted) await this.#round();
    if (this.#waiting.length > 0) return;
    const emptied = this.#emptied;
    this.#emptied = [];
    for (const resolve of emptied) resolve();
  }

  async #round(): Promise<void> {
    const batch = this.#waiting.slice(0, this.#together);
    const telling = await this.#options.client.tell(batch);
    if (telling.kind === 'later') return this.#later(telling.why, telling.retryAfterMs);
    if (telling.kind === 'unreadable') {
      // One by one, so that the one that cannot be read keeps no other from being told.
      if (batch.length > 1) this.#together = 1;
      else for (const usage of batch) await this.#park(usage, telling.code);
      return;
    }
    const settled = telling.results.filter(({ became }) => became === 'settled').map(({ id }) => id);
    if (settled.length > 0) {
      await this.#kept(this.#options.store.settle(settled));
      this.#forget(settled);
    }
    for (const { id, became, code = 'unknown' } of telling.results) {
      const usage = became === 'parked' ? batch.find((one) => one.id === id) : undefined;
      if (usage !== undefined) await this.#park(usage, code);
    }
    const again = telling.results.find(({ became }) => became === 'again');
    if (again !== undefined) return this.#later(again.code ?? 'unknown', null);
    this.#tries = 0;
    this.#together = usageBatchMax;
  }

  async #park(usage: UsageBody, code: string): Promise<void> {
    await this.#kept(this.#options.store.park(usage.id, code));
    this.#forget([usage.id]);
    this.#trouble({ kind: 'parked', usage, code });
  }

  /** By id, each once: a usage that was put twice is told twice, and replayed. */
  #forget(ids: readonly string[]): void {
    for (const id of ids) {
      const index = this.#waiting.findIndex((usage) => usage.id === id);
      if (index !== -1) this.#waiting.splice(index, 1);
    }
  }

  async #later(why: string, retryAfterMs: number | null): Promise<void> {
    const { first, max } = this.#options.retryMs;
    this.#tries += 1;
    this.#trouble({ kind: 'later', why, tries: this.#tries });
    const ceiling = Math.min(max, first * 2 ** Math.min(this.#tries - 1, 30));
    await pause(Math.max(retryAfterMs ?? 0, Math.random() * ceiling), this.#closing.signal);
  }

  async #kept(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#trouble({ kind: 'store', error });
    }
  }

  #trouble(trouble: Trouble): void {
    this.#options.onTrouble(trouble);
  }
}

/** Ends early when the queue closes. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
