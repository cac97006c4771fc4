/**
 * The worker thread that carries one export out and ends. It has its own read-only connection, so that the engine keeps
 * answering and keeps syncing meanwhile.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { ExportJob } from './bill.ts';
import { writeBill } from './write-bill.ts';

const port = parentPort;
if (port === null) throw new Error('the export worker runs as a worker thread only');
port.postMessage(await writeBill(workerData as ExportJob, (progress) => port.postMessage(progress)));
