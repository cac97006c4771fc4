/**
 * Charges on one hot account over HTTP against the same work done naively in SQL: for each charge a transaction
 * with SELECT … FOR UPDATE, INSERT and UPDATE. Both on one PostgreSQL with durable commits, started for this run,
 * and in turns, so that whatever else the machine does meets both.
 */
import { join } from 'node:path';
import { chargeBatchMax } from '../shared/api-words.ts';
import type { Run } from './driver.ts';
import { startBenchPostgres } from './postgres.ts';
import { median, type BenchRow } from './row.ts';
import { startBenchServer, startDriver, startNaive } from './server.ts';

const connections = 64;
const turns = 5;
const turnMs = 2_500;
const chargesMax = Number.MAX_SAFE_INTEGER;

export async function benchCharging(): Promise<BenchRow[]> {
  const postgres = await startBenchPostgres();
  const driver = startDriver();
  const naiveWorker = startNaive();
  try {
    const naiveUrl = await postgres.newDatabase('naive');
    const server = await startBenchServer(
      await postgres.newDatabase('ours'),
      join(postgres.folder, 'server'),
    );
    const { url, token } = server;
    const ours = (at: number, batch: number): Promise<Run> =>
      driver.run({ url, token, connections: at, batch, msMax: turnMs, chargesMax });
    const naive = (at: number): Promise<Run> =>
      naiveWorker.run({ databaseUrl: naiveUrl, connections: at, msMax: turnMs });
    const runs: Record<'naive' | 'single' | 'batch' | 'alone', Run[]> = {
      naive: [],
      single: [],
      batch: [],
      alone: [],
    };
    // The first turn warms both sides up and does not count.
    for (let turn = 0; turn <= turns; turn += 1) {
      const said = [
        await naive(connections),
        await ours(connections, 1),
        await ours(1, chargeBatchMax),
        await ours(1, 1),
      ] as const;
      if (turn === 0) continue;
      runs.naive.push(said[0]);
      runs.single.push(said[1]);
      runs.batch.push(said[2]);
      runs.alone.push(said[3]);
    }
    await server.stop();
    const row = { unit: 'charges/s', reference: speed(runs.naive), referenceName };
    return [
      {
        ...row,
        name: `single charges over HTTP, ${connections} connections`,
        ours: speed(runs.single),
        bar: { atLeast: 5 },
        notes: `${latencies(runs.single)}; one at a time: ${latencies(runs.alone)}; naive: ${latencies(runs.naive)}`,
      },
      {
        ...row,
        name: `batches of ${chargeBatchMax} over HTTP`,
        ours: speed(runs.batch),
        bar: { atLeast: 20 },
        notes: `a batch: ${latencies(runs.batch)}`,
      },
    ];
  } finally {
    await driver.stop();
    await naiveWorker.stop();
    await postgres.stop();
  }
}

const referenceName = `SELECT … FOR UPDATE, INSERT, UPDATE a charge on ${connections} connections, same data; medians of ${turns} turns each`;

const speed = (runs: readonly Run[]): number => median(runs.map(({ perSecond }) => perSecond));

function latencies(runs: readonly Run[]): string {
  const p50 = median(runs.map(({ p50Ms }) => p50Ms));
  const p99 = median(runs.map(({ p99Ms }) => p99Ms));
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`;
}
