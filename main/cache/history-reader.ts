/**
 * The history's pages and totals without the engine ever waiting long for one: what an index or the daily totals give
 * in a few milliseconds is read at once, and what may have to look at many rows is read in a worker thread. It only reads.
 */
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import type { HistoryFilter, HistoryTotals } from '../../shared/ipc-history.ts';
import type { Cache } from './database.ts';
import { asksForAmount, searchedText, totalsDecide } from './history-filter.ts';
import { createHistory, type History, type HistoryPage } from './history.ts';

type Questions = Pick<History, 'page' | 'totals'>;
/** As in `History`, answered later. */
export interface HistoryReader {
  page(...input: Parameters<Questions['page']>): Promise<HistoryPage>;
  totals(...input: Parameters<Questions['totals']>): Promise<HistoryTotals>;
  /** Ends the worker, and with it what is still being asked, which rejects. */
  close(): Promise<void>;
}

type Ask = {
  [N in keyof Questions]: { readonly name: N; readonly input: Parameters<Questions[N]> };
}[keyof Questions];
export interface HistoryQuestion {
  readonly id: number;
  readonly ask: Ask;
}
export type HistoryAnswer =
  | { readonly id: number; readonly ok: true; readonly output: HistoryPage | HistoryTotals }
  | { readonly id: number; readonly ok: false; readonly code: string; readonly message: string };

export function createHistoryReader(cache: Cache): HistoryReader {
  const history = createHistory(cache);
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let worker: Worker | null = null;
  let lastId = 0;

  const start = (): Worker => {
    // The worker lies beside this file, under the same extension: `.ts` in the source tree, `.js` when built.
    const entry = `./history-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`;
    const started = new Worker(new URL(entry, import.meta.url), { workerData: cache.file });
    let died: unknown = new Error('the history reader was ended');
    started.on('message', (answer: HistoryAnswer) => {
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.ok) asked?.resolve(answer.output);
      else asked?.reject(errorOf(answer));
    });
    started.on('error', (error) => {
      died = error;
    });
    started.on('exit', () => {
      // The next question starts another one.
      if (worker === started) worker = null;
      for (const asked of waiting.values()) asked.reject(died);
      waiting.clear();
    });
    return started;
  };
  const ask = async (question: Ask): Promise<unknown> => {
    worker ??= start();
    lastId += 1;
    const asked = Promise.withResolvers<unknown>();
    waiting.set(lastId, asked);
    worker.postMessage({ id: lastId, ask: question } satisfies HistoryQuestion);
    return asked.promise;
  };

  return {
    // The worker gives to each name what `History` does, which is what the casts state.
    page: async (...input) =>
      isQuickPage(input[1])
        ? history.page(...input)
        : ((await ask({ name: 'page', input })) as ReturnType<Questions['page']>),
    totals: async (...input) =>
      totalsDecide(input[1])
        ? history.totals(...input)
        : ((await ask({ name: 'totals', input })) as ReturnType<Questions['totals']>),
    async close() {
      await worker?.terminate();
    },
  };
}

/** Whether each row that the page's walk meets is one that it wants, or nearly so. */
function isQuickPage(filter: HistoryFilter): boolean {
  if (searchedText(filter) !== '' || asksForAmount(filter)) return false;
  const { campaignId, fromDay, toDay, kinds, platforms } = filter;
  return campaignId === undefined || [fromDay, toDay, kinds, platforms].every((part) => part === undefined);
}

function errorOf({ code, message }: Extract<HistoryAnswer, { ok: false }>): Error {
  return code.startsWith('SQLITE_') ? new Database.SqliteError(message, code) : new Error(message);
}
