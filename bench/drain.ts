/**
 * A queue of 100,000 charges drained by the desk's own outbox against the rate at which the same server takes batches of
 * the same size from a driver that does nothing else, in turns; and how long the desk's process was busy at a stretch.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';
import { chargeBatchMax } from '../shared/api-words.ts';
import { startBenchPostgres } from './postgres.ts';
import { median, percentile, type BenchRow } from './row.ts';
import { startBenchServer, startDriver } from './server.ts';

const queued = 100_000;
const slices = 10;
const stallMsMax = 50;

const Sent = z.object({ charges: z.number(), ms: z.number(), stallsMs: z.array(z.number()) });
const Failed = z.object({ failed: z.string() });

function startDesk() {
  const child = fork(join(import.meta.dirname, '../main/sync/drain.bench.ts'));
  const ended = once(child, 'exit');
  return {
    async ask(message: object): Promise<unknown> {
      child.send(message);
      const [answer] = (await Promise.race([once(child, 'message'), ended])) as unknown[];
      const failed = Failed.safeParse(answer);
      if (failed.success || typeof answer !== 'object')
        throw new Error(`the desk: ${failed.success ? failed.data.failed : String(answer)}`);
      return answer;
    },
    async stop(): Promise<void> {
      child.disconnect();
      await ended;
    },
  };
}

export async function benchDrain(): Promise<BenchRow[]> {
  const postgres = await startBenchPostgres();
  const driver = startDriver();
  const desk = startDesk();
  try {
    const databaseUrl = await postgres.newDatabase('drain');
    const server = await startBenchServer(databaseUrl, join(postgres.folder, 'server'));
    const { url, token } = server;
    const who = { email: 'operator@demo.example', password: 'zhangtai-demo' };
    await desk.ask({ url, ...who, charges: queued });
    const batches = queued / slices / chargeBatchMax;
    const ours: number[] = [];
    const reference: number[] = [];
    const stalls: (readonly number[])[] = [];
    for (let slice = 0; slice < slices; slice += 1) {
      const sent = Sent.parse(await desk.ask({ batches }));
      const alone = await driver.run({
        url,
        token,
        connections: 1,
        batch: chargeBatchMax,
        msMax: Number.MAX_SAFE_INTEGER,
        chargesMax: sent.charges,
      });
      ours.push((sent.charges * 1_000) / sent.ms);
      reference.push(alone.perSecond);
      stalls.push(sent.stallsMs);
    }
    await server.stop();
    const longest = stalls.map((slice) => slice.at(-1) ?? 0);
    const p99 = percentile(stalls.flat(), 99);
    return [
      {
        name: `outbox drain, ${queued} charges queued`,
        unit: 'charges/s',
        ours: median(ours),
        reference: median(reference),
        referenceName: `batches of ${chargeBatchMax} from a driver that keeps nothing, same server, medians of ${slices} turns each`,
        bar: { atLeast: 0.8 },
      },
      {
        name: 'longest stall of the desk while it drains',
        unit: 'ms',
        ours: median(longest),
        reference: stallMsMax,
        referenceName: `what a person notices; the median of ${slices} slices of ${queued / slices} charges`,
        bar: { atMost: 1 },
        notes: `p99 of all ${p99.toFixed(1)} ms, the longest of all ${Math.max(...longest).toFixed(1)} ms`,
      },
    ];
  } finally {
    await desk.stop();
    await driver.stop();
    await postgres.stop();
  }
}
