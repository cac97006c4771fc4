/**
 * Measures rounds on a mirror of 1,000,000 rows against the same on one of 100, in one run and in turns: an idle full
 * round, its bytes, and rounds that bring one row and a thousand. The server is a stub that answers at once, so that what
 * the desk does is measured and nothing else. Prints its rows as JSON.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { Account } from '../../shared/api.ts';
import { chainText } from '../../shared/chain.ts';
import { yuanText } from '../../shared/money.ts';
import { openCache, type Cache } from '../cache/database.ts';
import { createMirror } from '../cache/mirror.ts';
import { createSnapshots } from '../cache/snapshots.ts';
import { createChanges } from '../changes.ts';
import { createDriftRecord } from './drift.ts';
import { createNumbers } from './numbers.ts';
import { createOutbox } from './outbox.ts';
import { createPuller } from './pull.ts';
import { createPusher } from './push.ts';
import { createRounds } from './rounds.ts';
import { createServerClient } from './server-client.ts';

const histories = [100, 1_000_000] as const;
const turns = 15;
const deviceId = 'bench-device';
const account: Account = {
  id: '018f0000-0000-7000-8000-000000000001',
  name: 'Bench',
  email: 'bench@bench.example',
  role: 'operator',
  memberLevel: 'none',
  timeZone: 'Asia/Shanghai',
  currency: 'CNY',
};

/** Rows of a year, as the mirror keeps them; what they would hash to is of no matter to a round that adds none. */
function fill(cache: Cache, rows: number): void {
  const { sql } = cache;
  const [a, day] = [account.id, "date(1700000000 + n * 31536000 / @rows, 'unixepoch')"];
  cache.transaction(() => {
    sql
      .prepare(
        `WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < @rows)
         INSERT INTO transactions (account_id, seq, id, kind, asset, amount, balance_after, platform, operation, quantity,
           target_user_id, campaign_id, occurred_at_ms, local_day, hash, body)
         SELECT @a, n, printf('018f0000-0000-7000-8000-%012d', n), 'charge', 'CNY', -10000, (@rows - n) * 10000, 'douyin',
           'follow', 1, 'target-' || n, 'campaign', 1700000000000 + n, ${day}, printf('%064d', n), '{}' FROM counted`,
      )
      .run({ a, rows });
    sql
      .prepare(
        `INSERT INTO daily_totals (account_id, asset, local_day, kind, platform, count, amount, outgoing, first_seq, last_seq)
         SELECT account_id, asset, local_day, kind, platform, count(*), sum(amount), sum(amount), min(seq), max(seq)
         FROM transactions GROUP BY 1, 2, 3, 4, 5`,
      )
      .run();
  });
}

/** A server that has what the mirror has, and rows beyond it as they are asked for; counts what goes over the wire. */
async function startStub(mirror: ReturnType<typeof createMirror>) {
  let waiting: object[] = [];
  const sockets = new Set<Socket>();
  const digestBody = () => {
    const { seq, head, count, sums } = mirror.digest(account.id);
    return {
      seq,
      head,
      count,
      sums: Object.fromEntries([...sums].map(([asset, sum]) => [asset, yuanText(sum)])),
    };
  };
  const off = { enabled: false, threshold: '0.00' };
  const balance = () => {
    const { seq, head, sums } = mirror.digest(account.id);
    const money = yuanText(sums.get('CNY') ?? 0n);
    const spent = { spentToday: '0.00', spentThisMonth: '0.00', timeZone: account.timeZone };
    const asOf = new Date().toISOString();
    return { asset: 'CNY', balance: money, held: '0.00', available: money, ...spent, seq, head, asOf };
  };
  const answers: Readonly<Record<string, () => object>> = {
    '/api/auth/login': () => ({ accessToken: uuidv7(), expiresIn: 86_400, refreshToken: uuidv7(), account }),
    '/api/transactions': () => {
      const { seq, head } = mirror.digest(account.id);
      const transactions = waiting.splice(0);
      return { transactions, lastSeq: seq + transactions.length, head, hasMore: false };
    },
    '/api/transactions/digest': digestBody,
    '/api/balance': balance,
    '/api/pricing': () => ({
      version: 1,
      updatedAt: '2026-01-01T00:00:00.000Z',
      stacking: 'best',
      prices: [],
      memberDiscounts: [],
    }),
    '/api/alerts': () => ({ lowBalance: off, pauseTasks: off, email: { enabled: false, address: '' } }),
    '/api/account': () => account,
    '/api/devices': () => ({ items: [] }),
  };
  const server = createServer((request, response) => {
    const answer = answers[new URL(request.url ?? '/', 'http://stub').pathname];
    response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer?.() ?? {}));
  });
  server.on('connection', (socket) => sockets.add(socket));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** All that went over the wire so far, both ways. */
    bytes(): number {
      let sum = 0;
      for (const { bytesRead, bytesWritten } of sockets) sum += bytesRead + bytesWritten;
      return sum;
    },
    /** The next pull brings so many charges that continue the chain. */
    add(count: number): void {
      const { seq, head, sums } = mirror.digest(account.id);
      let previous = head;
      let left = sums.get('CNY') ?? 0n;
      waiting = Array.from({ length: count }, (_, index) => {
        left -= 10_000n;
        const content = {
          accountId: account.id,
          seq: seq + index + 1,
          id: uuidv7(),
          kind: 'charge' as const,
          asset: 'CNY',
          amount: '-0.01',
          balanceAfter: yuanText(left),
          platform: 'douyin',
          operation: 'follow',
          targetUserId: `new-${seq + index}`,
          occurredAt: new Date().toISOString(),
          recordedAt: new Date().toISOString(),
        };
        const hash = createHash('sha256').update(chainText(previous, content)).digest('hex');
        const row = { ...content, prevHash: previous, hash };
        previous = hash;
        return row;
      });
    },
    async close(): Promise<void> {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const now = (): number => Date.now();

async function startDesk(folder: string, rows: number) {
  const opened = openCache(join(folder, `desk-${rows}`), Date.now());
  if (!opened.ok) throw new Error(opened.problem.code);
  const { cache } = opened;
  fill(cache, rows);
  const mirror = createMirror(cache);
  const stub = await startStub(mirror);
  const outbox = createOutbox(cache, deviceId);
  const snapshots = createSnapshots(cache);
  const changes = createChanges();
  const client = createServerClient({
    baseUrl: () => stub.url,
    tokens: { read: async () => ({ kind: 'unknown' }), write: async () => undefined },
    now,
    onOnline: () => undefined,
    onSignInEnded: () => undefined,
  });
  const who = { email: account.email, password: 'secret', deviceId, deviceName: 'Bench' };
  const session = await client.login(stub.url, who);
  if (session.kind !== 'ok') throw new Error(`no sign-in: ${session.kind}`);
  await client.signedIn(session.body);
  const rounds = createRounds({
    account: () => account,
    signedIn: () => true,
    client,
    pusher: createPusher({
      cache,
      outbox,
      snapshots,
      client,
      now,
      random: Math.random,
      onRecorded: () => undefined,
    }),
    puller: createPuller({ cache, mirror, client, onRows: () => undefined }),
    outbox,
    reserve: { keep: async () => ({ failure: null, changed: false }), state: () => null },
    drift: createDriftRecord({ snapshots, changes, now }),
    numbers: createNumbers({ outbox, snapshots, client, deviceId, now }),
    snapshots,
    changes,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    now,
    random: Math.random,
    onAccount: () => undefined,
    onFull: () => undefined,
    onError: (error) => {
      throw error;
    },
    times: { nudgeDelayMs: 100, fullEveryMs: 3_600_000, retry: { firstMs: 1_000, maxMs: 1_000 } },
  });
  return {
    stub,
    async round(newRows: number): Promise<number> {
      stub.add(newRows);
      const before = mirror.digest(account.id).seq;
      const startedMs = performance.now();
      await rounds.now();
      const ms = performance.now() - startedMs;
      const { lastProblem, drift } = rounds.state();
      const brought = mirror.digest(account.id).seq - before;
      if (lastProblem !== null || drift !== null || brought !== newRows)
        throw new Error(`a round brought ${brought}: ${JSON.stringify({ lastProblem, drift })}`);
      return ms;
    },
    async end(): Promise<void> {
      await rounds.stop();
      client.close();
      await stub.close();
      cache.close();
    },
  };
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const folder = mkdtempSync(join(tmpdir(), 'zhangtai-bench-'));
try {
  const desks = await Promise.all(histories.map((rows) => startDesk(folder, rows)));
  const changes = [0, 1, 1_000] as const;
  const taken = changes.map(() => histories.map((): number[] => []));
  for (const desk of desks) for (const count of changes) await desk.round(count);
  for (let turn = 0; turn < turns; turn += 1)
    for (const [change, count] of changes.entries())
      for (const [history, desk] of desks.entries()) taken[change]?.[history]?.push(await desk.round(count));

  const bytes: number[] = [];
  for (const desk of desks) {
    const before = desk.stub.bytes();
    await desk.round(0);
    bytes.push(desk.stub.bytes() - before);
  }
  for (const desk of desks) await desk.end();

  const [few, many] = histories.map((rows) => rows.toLocaleString('en-US'));
  const row = (name: string, unit: string, [reference, ours]: readonly number[], atMost: number) => ({
    name,
    unit,
    ours: ours ?? Number.NaN,
    reference: reference ?? Number.NaN,
    referenceName: `the same with ${few} rows, medians of ${turns} turns`,
    bar: { atMost },
  });
  const medians = taken.map((both) => both.map(middle));
  console.log(
    JSON.stringify([
      row(`idle full round, ${many} rows of history`, 'ms', medians[0] ?? [], 1.2),
      row('its bytes', 'bytes', bytes, 1.2),
      row(`round with 1 change, ${many} rows`, 'ms', medians[1] ?? [], 1.5),
      row(`round with 1,000 changes, ${many} rows`, 'ms', medians[2] ?? [], 2),
    ]),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
