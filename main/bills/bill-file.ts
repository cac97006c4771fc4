/**
 * A bill that is open, seen from the engine: a worker thread with a memory of its own holds it, so that a large or hostile
 * file can't keep the engine from answering. It must never outlive the person's interest in it.
 */
import { Worker } from 'node:worker_threads';
import type { BillLine, BillMapping } from '../../shared/api-bills.ts';
import type { BillFile, BillPreview } from '../../shared/ipc-bills.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';

export interface BillQuestion {
  readonly mapping: BillMapping;
  readonly businessZone: string;
  readonly wanted: 'preview' | 'lines';
}
export type OpenedBill = Pick<BillFile, 'encoding' | 'lines' | 'columns' | 'rows' | 'guess'>;
export type BillAnswer =
  | { readonly ok: true; readonly opened: OpenedBill }
  | { readonly ok: true; readonly preview: BillPreview; readonly lines: readonly BillLine[] }
  | { readonly ok: false; readonly problem: DeskProblem };

/** More than 200,000 lines need, and far less than a compressed bomb would take. */
const workerMemoryMbMax = 1_536;
const answerMsMax = 120_000;
const unreadable: BillAnswer = { ok: false, problem: { code: 'bill_unreadable', params: {} } };

export interface OpenBill {
  /** What the file turned out to be; `bill_unreadable` also where it exhausts the memory or time it is given. */
  readonly opened: Promise<BillAnswer>;
  ask(question: BillQuestion): Promise<BillAnswer>;
  close(): Promise<void>;
}

export function openBill(bytes: Uint8Array): OpenBill {
  // The worker lies beside this file, under the same extension: `.ts` in the source tree, `.js` when built.
  const entry = `./bill-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`;
  const worker = new Worker(new URL(entry, import.meta.url), {
    workerData: bytes,
    resourceLimits: { maxOldGenerationSizeMb: workerMemoryMbMax },
  });
  let over = false;
  // It answers in the order in which it is asked.
  const waiting: ((answer: BillAnswer) => void)[] = [];
  worker.on('message', (answer: BillAnswer) => waiting.shift()?.(answer));
  worker.on('error', () => undefined); // The end that follows tells whoever waits.
  worker.once('exit', () => {
    over = true;
    for (const end of waiting.splice(0)) end(unreadable);
  });
  const answered = (): Promise<BillAnswer> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => void worker.terminate(), answerMsMax);
      waiting.push((answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
  return {
    opened: answered(),
    ask(question) {
      if (over) return Promise.resolve(unreadable);
      const answer = answered();
      worker.postMessage(question);
      return answer;
    },
    async close() {
      await worker.terminate();
    },
  };
}
