/**
 * What must not grow: the server's memory over a million charges, and the cost of a charge with ten million rows in
 * the table. Both take minutes. The rows are made in SQL, so they only look like charges: nothing here may be taken
 * for a ledger that verifies.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { chargeBatchMax } from '../shared/api-words.ts';
import { startBenchPostgres, type BenchPostgres } from './postgres.ts';
import { median, type BenchRow } from './row.ts';
import { startBenchServer, startDriver, type BenchServer } from './server.ts';

const megabyte = 1024;
const firstCharges = 100_000;
const allCharges = 1_000_000;
const fewRows = 10_000;
const manyRows = 10_000_000;
const rowsMadeTogether = 500_000;
/** A limit that is not reached. (Infinity does not cross to another process.) */
const never = Number.MAX_SAFE_INTEGER;
const turns = 24;
const turnMs = 1_500;

/** Resident, in MB. The highest of a few looks, so that the moment after a collection does not count for us. */
async function memoryOf(pid: number): Promise<number> {
  const looks: number[] = [];
  for (let look = 0; look < 10; look += 1) {
    const kilobytes = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
    looks.push(Number(kilobytes.trim()) / megabyte);
    await delay(100);
  }
  return Math.max(...looks);
}

export async function benchMemory(): Promise<BenchRow[]> {
  const postgres = await startBenchPostgres();
  const driver = startDriver();
  try {
    const server = await startBenchServer(
      await postgres.newDatabase('ours'),
      join(postgres.folder, 'server'),
    );
    const charge = (charges: number) =>
      driver.run({ ...server, connections: 4, batch: chargeBatchMax, msMax: never, chargesMax: charges });
    await charge(firstCharges);
    const early = await memoryOf(server.pid);
    const { perSecond } = await charge(allCharges - firstCharges);
    const late = await memoryOf(server.pid);
    await server.stop();
    return [
      {
        name: `the server's memory after ${allCharges.toLocaleString('en')} charges`,
        unit: 'MB',
        ours: late,
        reference: early,
        referenceName: `the same process after ${firstCharges.toLocaleString('en')}`,
        bar: { atMost: 1.25 },
        notes: `in batches of ${chargeBatchMax} on 4 connections, ${perSecond.toFixed(0)} charges/s`,
      },
    ];
  } finally {
    await driver.stop();
    await postgres.stop();
  }
}

/** Two databases of one PostgreSQL that differ in their rows alone, charged in turns. */
export async function benchGrowth(): Promise<BenchRow[]> {
  const postgres = await startBenchPostgres();
  const driver = startDriver();
  try {
    const few = await serverWithRows(postgres, 'few', fewRows);
    const many = await serverWithRows(postgres, 'many', manyRows);
    const costs: Record<'few' | 'many', Record<'batch' | 'single', number[]>> = {
      few: { batch: [], single: [] },
      many: { batch: [], single: [] },
    };
    const both = [['few', few] as const, ['many', many] as const];
    // The first turn warms both up and does not count. Whoever went second goes first in the next.
    for (let turn = 0; turn <= turns; turn += 1)
      for (const [name, server] of turn % 2 === 0 ? both : both.toReversed())
        for (const [kind, batch, connections] of [
          ['batch', chargeBatchMax, 1] as const,
          ['single', 1, 64] as const,
        ]) {
          const job = { ...server, connections, batch, msMax: turnMs, chargesMax: never };
          const { perSecond } = await driver.run(job);
          if (turn > 0) costs[name][kind].push(1_000_000 / perSecond);
        }
    await Promise.all([few.stop(), many.stop()]);
    const reference = `with ${fewRows.toLocaleString('en')} rows; medians of ${turns} turns each`;
    return (['batch', 'single'] as const).map((kind) => ({
      name: `cost of a charge with ${manyRows.toLocaleString('en')} rows in the table, ${kind === 'batch' ? `batches of ${chargeBatchMax}` : 'one by one on 64 connections'}`,
      unit: 'µs',
      ours: median(costs.many[kind]),
      reference: median(costs.few[kind]),
      referenceName: reference,
      bar: { atMost: 1.15 },
    }));
  } finally {
    await driver.stop();
    await postgres.stop();
  }
}

async function serverWithRows(postgres: BenchPostgres, name: string, rows: number): Promise<BenchServer> {
  const databaseUrl = await postgres.newDatabase(name);
  const server = await startBenchServer(databaseUrl, join(postgres.folder, name));
  await makeRows(databaseUrl, server.accountId, rows);
  return server;
}

/**
 * Charges of nothing that go on from the account's last row, so that its balance stays; each in a campaign, so that
 * every index of the table grows. The account's end is moved behind them.
 */
async function makeRows(databaseUrl: string, accountId: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    // Only for making them: nobody needs these rows after a power cut.
    await client.query('SET synchronous_commit = off');
    for (let made = 0; made < count; made += rowsMadeTogether)
      await client.query(rowsSql, [accountId, Math.min(rowsMadeTogether, count - made)]);
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}

const rowsSql = `
  WITH last AS (
    SELECT t.* FROM ledger_heads h JOIN transactions t ON t.account_id = h.account_id AND t.seq = h.last_seq
    WHERE h.account_id = $1
  ), made AS (
    INSERT INTO transactions (account_id, seq, id, kind, asset, amount, balance_after, platform, operation,
      target_user_id, campaign_id, occurred_at_ms, recorded_at_ms, request_hash, hash, body, seal)
    SELECT $1, last.seq + n, ('01900000-0000-7000-8000-' || lpad(to_hex(last.seq + n), 12, '0'))::uuid, 'charge', 'CNY', 0,
      last.balance_after, 'xiaohongshu', 'follow', 'target-' || (last.seq + n), 'campaign-' || (last.seq + n) / 500,
      last.occurred_at_ms, last.recorded_at_ms, last.request_hash,
      encode(sha256((last.seq + n)::text::bytea), 'hex'), '{"seq":' || (last.seq + n) || ',"note":"' || repeat('x', 300) || '"}', repeat('0', 32)
    FROM last, generate_series(1, $2::int) AS n
    RETURNING seq, hash
  )
  UPDATE ledger_heads SET last_seq = made.seq, head = made.hash
  FROM made WHERE account_id = $1 AND made.seq = (SELECT max(seq) FROM made)`;
