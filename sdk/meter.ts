/**
 * Meters calls of AI models: asks the billing server whether a call may begin, lets it run, and tells what it used. Where
 * billing fails the call goes on, and its usage waits until the server has it; only the server's own no stops a call.
 */
import { catalogueIdPattern, modelIdPattern } from '../shared/metering-names.ts';
import { BillingClient } from './billing-client.ts';
import { callId, type CallKey } from './call-id.ts';
import { CallUnderWay } from './call-under-way.ts';
import type { Reader } from './reading.ts';
import { UsageQueue, type Trouble } from './usage-queue.ts';
import type { UsageStore } from './usage-store.ts';

export interface MeterOptions {
  /** Where the billing server is, such as `https://bill.example.com`. */
  readonly baseUrl: string;
  /** An access token, or what gives a fresh one. */
  readonly token: string | (() => string | Promise<string>);
  /** Where usages wait: `fileStore` on a server, `memoryStore` in a browser. */
  readonly store: UsageStore;
  /** What becomes of a call that the server cannot be asked about; `open`, also when absent: it runs. */
  readonly whenUnreachable?: 'open' | 'closed';
  /** Hears of what goes wrong beside the calls. It must not throw. */
  readonly onTrouble?: (trouble: Trouble) => void;
  /** Milliseconds: for the answer to a check (5,000 when absent), and to a batch of usages (30,000). */
  readonly checkMsMax?: number;
  readonly tellMsMax?: number;
  /** Milliseconds between tries: the first (500 when absent), doubling to the longest (60,000). */
  readonly retryMs?: { readonly first: number; readonly max: number };
}

/** How calls of one function are metered. */
export interface Metered<Args extends readonly unknown[], Piece> {
  /** By its name in the server's catalogue. */
  readonly product: string;
  /** The model that is asked for; the answer may name another, which counts. */
  readonly model: string;
  readonly reader: Reader<Piece>;
  /** What the model is given, as text: counted where the provider does not say what it used. */
  readonly input: (...args: Args) => string;
}

type PieceOf<Answer> = Answer extends AsyncIterable<infer Piece> ? Piece : Answer;
type Delivered<Answer> =
  Answer extends AsyncIterable<infer Piece> ? AsyncGenerator<Piece, void, undefined> : Answer;

export interface Meter {
  /**
   * The same function with a call's key before its arguments. Rejects with CallRefused before the function is called;
   * afterwards with what the function, or its stream, throws, and with nothing else.
   */
  wrap<Args extends readonly unknown[], Answer>(
    call: (...args: Args) => Answer,
    how: Metered<NoInfer<Args>, PieceOf<Awaited<NoInfer<Answer>>>>,
  ): (key: CallKey, ...args: Args) => Promise<Delivered<Awaited<Answer>>>;
  /** Usages that the server does not have yet. */
  readonly waiting: number;
  /** Resolves when none is left. */
  flush(): Promise<void>;
  /** Ends after the request under way; what still waits stays in the store. */
  close(): Promise<void>;
}

/** The billing server said no (`debt_outstanding`, …), or could not be asked and that is to be a no (`unreachable`). */
export class CallRefused extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`the call may not begin: ${code}`);
    this.name = 'CallRefused';
    this.code = code;
  }
}

/** Goes on with what the store has from before. */
export async function createMeter(options: MeterOptions): Promise<Meter> {
  const { baseUrl, token, store, onTrouble } = options;
  const told = (trouble: Trouble): void => onTrouble?.(trouble);
  const at = { baseUrl, token };
  const checking = new BillingClient({ ...at, requestMsMax: options.checkMsMax ?? 5_000 });
  const client = new BillingClient({ ...at, requestMsMax: options.tellMsMax ?? 30_000 });
  const retryMs = options.retryMs ?? { first: 500, max: 60_000 };
  const queue = await UsageQueue.open({ store, client, onTrouble: told, retryMs });
  return {
    wrap: (call, how) => {
      if (!catalogueIdPattern.test(how.product)) throw new TypeError(`${how.product} names no product`);
      if (!modelIdPattern.test(how.model)) throw new TypeError(`${how.model} names no model`);
      return async (key, ...args) => {
        await begin(checking, how.product, options.whenUnreachable ?? 'open');
        const underWay = new CallUnderWay({
          ...how,
          id: await callId(key),
          input: () => how.input(...args),
          tell: (usage) => queue.put(usage),
          onReaderError: (error) => told({ kind: 'reader', error }),
        });
        return (await underWay.run(() => call(...args))) as Delivered<Awaited<ReturnType<typeof call>>>;
      };
    },
    get waiting() {
      return queue.waiting;
    },
    flush: () => queue.flush(),
    close: () => queue.close(),
  };
}

async function begin(
  client: BillingClient,
  product: string,
  whenUnreachable: 'open' | 'closed',
): Promise<void> {
  const checked = await client.check(product);
  if (checked.kind === 'refused') throw new CallRefused(checked.code);
  if (checked.kind === 'unknown' && whenUnreachable === 'closed') throw new CallRefused('unreachable');
}
