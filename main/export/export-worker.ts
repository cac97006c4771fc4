/**
 * The worker thread that carries one export out and ends. It has its own read-only connection, so that the engine keeps
 * answering and keeps syncing meanwhile.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { ExportJob } from './bill.ts';
import type { ReportJob } from './campaign-report.ts';
import { writeFigures, type FiguresJob } from './figures-writer.ts';
import { writeMargins, type MarginsJob } from './margins-writer.ts';
import type { ExportEnd, ExportProgress } from './part-file.ts';
import { writeReport } from './report-writer.ts';
import { writeBill } from './write-bill.ts';

const port = parentPort;
if (port === null) throw new Error('the export worker runs as a worker thread only');
const job = workerData as ExportJob | ReportJob | FiguresJob | MarginsJob;
const tell = (progress: ExportProgress): void => port.postMessage(progress);
port.postMessage(await carriedOut(job));

function carriedOut(given: typeof job): Promise<ExportEnd> {
  if ('report' in given) return writeFigures(given, tell);
  if ('margins' in given) return writeMargins(given, tell);
  return 'campaignId' in given ? writeReport(given, tell) : writeBill(given, tell);
}
