/**
 * Reads a list of targets, but for a short pasted one in a worker thread, so that a large or hostile file can't keep the
 * engine from answering. It must never let such a file take the engine's memory: the worker has its own, bounded.
 */
import { Worker } from 'node:worker_threads';
import { readTargets, type TargetsResult, type TargetsSource } from './targets.ts';

/** More than 100,000 rows need, and far less than a compressed bomb would take. */
const workerMemoryMbMax = 1_024;
const readMsMax = 60_000;
/** Pasted text up to this long is read in far less time than a thread takes to start. */
const inPlaceCharactersMax = 20_000;

/** As `readTargets`; `targets_unreadable` also when the file exhausts the memory or time it is given. */
export function readTargetList(source: TargetsSource): Promise<TargetsResult> {
  const isShort = source.kind === 'text' && source.text.length <= inPlaceCharactersMax;
  return isShort ? readTargets(source) : readInWorker(source);
}

function readInWorker(source: TargetsSource): Promise<TargetsResult> {
  // The worker lies beside this file, under the same extension: `.ts` in the source tree, `.js` when built.
  const entry = new URL(
    `./targets-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
    import.meta.url,
  );
  const worker = new Worker(entry, {
    workerData: source,
    resourceLimits: { maxOldGenerationSizeMb: workerMemoryMbMax },
  });
  const unreadable: TargetsResult = {
    ok: false,
    problem: { code: 'targets_unreadable', params: {}, field: 'targets' },
  };
  return new Promise((resolve) => {
    const timer = setTimeout(() => void worker.terminate(), readMsMax);
    worker.once('message', (result: TargetsResult) => resolve(result));
    worker.once('error', () => resolve(unreadable));
    worker.once('exit', () => {
      clearTimeout(timer);
      // After an answer this changes nothing; without one the worker was ended or died.
      resolve(unreadable);
    });
  });
}
