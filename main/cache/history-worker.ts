/**
 * The worker thread that answers a history reader's questions, one after the other, on a read-only connection of its own
 * until it is ended. What is committed when a question is begun is what it reads.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { openReader } from './database.ts';
import type { HistoryAnswer, HistoryQuestion } from './history-reader.ts';
import { createHistory } from './history.ts';

const port = parentPort;
if (port === null) throw new Error('the history worker runs as a worker thread only');
const history = createHistory(openReader(workerData as string));

function answerTo({ id, ask }: HistoryQuestion): HistoryAnswer {
  try {
    const output = ask.name === 'page' ? history.page(...ask.input) : history.totals(...ask.input);
    return { id, ok: true, output };
  } catch (error) {
    // A thread boundary keeps no class and no code: by the code the engine knows a damaged file.
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return { id, ok: false, code, message: String(error) };
  }
}

port.on('message', (question: HistoryQuestion) => port.postMessage(answerTo(question)));
