/**
 * The worker thread that reads one list of targets and ends. It knows no database and no page.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { readTargets, type TargetsSource } from './targets.ts';

if (parentPort === null) throw new Error('the targets worker runs as a worker thread only');
parentPort.postMessage(await readTargets(workerData as TargetsSource));
