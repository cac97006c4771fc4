/**
 * One export under way in its worker, seen from the engine: its progress, its end, and how to stop it within a second
 * whatever the worker is doing. The engine itself never reads or writes a row of it.
 */
import { rm } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { ExportJob } from './bill.ts';
import type { ReportJob } from './campaign-report.ts';
import type { FiguresJob } from './figures-writer.ts';
import type { MarginsJob } from './margins-writer.ts';
import type { ExportEnd, ExportProgress, FilePlace } from './part-file.ts';

/** What shall be exported, before it is known where to. */
export type UnplacedJob =
  | Omit<ExportJob, keyof FilePlace>
  | Omit<ReportJob, keyof FilePlace>
  | Omit<FiguresJob, keyof FilePlace>
  | Omit<MarginsJob, keyof FilePlace>;

export interface ExportRun {
  /** Resolves when the worker is gone and the file is whole or gone; never rejects. */
  readonly end: Promise<ExportEnd>;
  cancel(): void;
}

/** Rows live shortly: a larger young generation would only keep more of them before they are let go. */
const youngMemoryMbMax = 32;
/** A worker that has not ended this long after a cancel is ended from outside. */
const cancelMsMax = 700;

export function startExport(
  job: UnplacedJob & Pick<FilePlace, 'path'>,
  onProgress: (progress: ExportProgress) => void,
): ExportRun {
  const cancel = new SharedArrayBuffer(4);
  // The worker lies beside this file, under the same extension: `.ts` in the source tree, `.js` when built.
  const entry = `./export-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`;
  const worker = new Worker(new URL(entry, import.meta.url), {
    workerData: { ...job, cancel },
    resourceLimits: { maxYoungGenerationSizeMb: youngMemoryMbMax },
  });
  let killer: NodeJS.Timeout | null = null;
  let told: ExportEnd | null = null;
  worker.on('message', (message: ExportProgress | ExportEnd) => {
    if (message.kind === 'progress') onProgress(message);
    else told = message;
  });
  worker.on('error', (error) => {
    told ??= { kind: 'failed', code: 'export_failed', detail: String(error) };
  });
  const end = new Promise<ExportEnd>((resolve) => {
    worker.once('exit', () => {
      if (killer !== null) clearTimeout(killer);
      if (told !== null) return resolve(told);
      // Ended from outside, so that it could not clean up for itself.
      const gone = rm(`${job.path}.part`, { force: true }).catch(() => undefined);
      void gone.then(() => resolve({ kind: 'cancelled' }));
    });
  });
  return {
    end,
    cancel() {
      Atomics.store(new Int32Array(cancel), 0, 1);
      killer ??= setTimeout(() => void worker.terminate(), cancelMsMax);
    },
  };
}
