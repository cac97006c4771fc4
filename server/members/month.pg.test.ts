/**
 * A month of many members, day by day, with two processes that run the jobs at once: each quota comes once and ends
 * once. ZHANGTAI_MEMBERS for more of them than a quick test has; it prints how long they took.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { demoCatalogue } from '../demo/offers.ts';
import { startTestPostgres, type TestPostgres } from '../database/test-postgres.ts';
import { verifyLedger } from '../ledger/verify.ts';

const members = Number(process.env['ZHANGTAI_MEMBERS'] ?? '200');
/** Milliseconds that a member may take on a machine that is busy with other things. */
const memberMsMax = 100;
const dayMs = 86_400_000;
const startMs = Date.parse('2027-01-31T00:00:00+08:00');

let postgres: TestPostgres;
let database: Database;
const processes: ChildProcess[] = [];
beforeAll(async () => {
  postgres = await startTestPostgres();
  const databaseUrl = await postgres.newDatabase();
  database = await openDatabase({ databaseUrl });
  await migrate(database);
  for (let n = 0; n < 2; n += 1) {
    const child = fork(join(import.meta.dirname, 'test-month-process.ts'), {
      env: { ...process.env, DATABASE_URL: databaseUrl },
      execArgv: [],
    });
    processes.push(child);
    await once(child, 'message');
  }
});
afterAll(async () => {
  for (const child of processes) {
    const gone = once(child, 'exit');
    child.disconnect();
    await gone;
  }
  await database.close();
  await postgres.stop();
});

async function runJobs(nowMs: number): Promise<void> {
  const answers = await Promise.all(
    processes.map(async (child) => {
      const answer = once(child, 'message');
      child.send(nowMs);
      const [message] = (await answer) as [{ said: string; failed: string[] }];
      return message;
    }),
  );
  expect(answers.flatMap(({ failed }) => failed)).toEqual([]);
}

/** Members who paid for two months, each from an hour of the first day on. */
async function addMembers(): Promise<void> {
  const ids = Array.from({ length: members }, () => uuidv7());
  const [plan] = demoCatalogue.plans;
  await database.query(
    `INSERT INTO accounts (id, name, email, role, member_level, time_zone, created_at_ms)
     SELECT id, 'Member', id || '@test.example', 'operator', 'premium', 'Asia/Shanghai', $2
     FROM unnest($1::uuid[]) AS id`,
    [ids, startMs],
  );
  await database.query(
    `INSERT INTO memberships (account_id, id, state, plan, begins_at_ms, months, ends_at_ms, months_granted, due_at_ms)
     SELECT id, id, 'active', $2::jsonb, $3::bigint + place % 24 * 3600000, 2, $4::bigint + place % 24 * 3600000, 0,
       $3::bigint + place % 24 * 3600000
     FROM unnest($1::uuid[]) WITH ORDINALITY AS m (id, place)`,
    [ids, JSON.stringify(plan), startMs, Date.parse('2027-03-31T00:00:00+08:00')],
  );
}

interface Count {
  readonly kind: string;
  readonly asset: string;
  readonly rows: bigint;
  readonly amount: bigint;
}

function counts(): Promise<Count[]> {
  return database.query<Count>(
    `SELECT kind, asset, count(*) AS rows, sum(amount)::bigint AS amount FROM transactions
     GROUP BY kind, asset ORDER BY kind DESC, asset`,
  );
}

test(
  `${members} members have each month's quotas once, and lose each once, with two processes at it`,
  async () => {
    await addMembers();
    const startedAt = performance.now();
    for (let day = 1; day <= 30; day += 1) await runJobs(startMs + day * dayMs);
    const seconds = (performance.now() - startedAt) / 1_000;
    process.stdout.write(`${members} members, 30 days, two processes: ${seconds.toFixed(1)} s\n`);
    const each = BigInt(members);
    expect(await counts()).toEqual([
      { kind: 'grant', asset: 'IMAGE_QUOTA', rows: 2n * each, amount: 200n * each },
      { kind: 'grant', asset: 'TEXT_TOKEN', rows: 2n * each, amount: 1_000_000n * each },
      { kind: 'expire', asset: 'IMAGE_QUOTA', rows: each, amount: -100n * each },
      { kind: 'expire', asset: 'TEXT_TOKEN', rows: each, amount: -500_000n * each },
    ]);
    const { accounts, faults } = await verifyLedger(database);
    expect(faults).toEqual([]);
    expect(accounts).toBe(members);
  },
  60_000 + members * memberMsMax,
);
