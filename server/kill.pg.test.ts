/**
 * The server, or PostgreSQL below it, is killed at random moments under load, again and again: what was acknowledged
 * is there once, what was not is there once or not at all, and the chain verifies. ZHANGTAI_KILLS sets how often.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Charge, ChargeBatchResults, type ChargeBody } from '../shared/api.ts';
import {
  startMortalPostgres,
  startTestPostgres,
  type MortalPostgres,
  type TestPostgres,
} from './database/test-postgres.ts';
import { verifyLedger } from './ledger/verify.ts';
import {
  newCharge,
  newHold,
  serverProcesses,
  type RemoteClient,
  type RemoteReply,
  type ServerProcess,
  type ServerProcesses,
} from './test-processes.ts';

const kills = Number(process.env['ZHANGTAI_KILLS'] ?? '6');
/** Milliseconds of load before a kill, at most. */
const loadMsMax = 250;
const singlesAtOnce = 8;
const batchesAtOnce = 2;
const batchSize = 50;

let postgres: TestPostgres;
let servers: ServerProcesses;
let mortal: MortalPostgres;
let serversOnMortal: ServerProcesses;
beforeAll(async () => {
  postgres = await startTestPostgres();
  servers = await serverProcesses(await postgres.newDatabase());
  mortal = await startMortalPostgres();
  // Each of the errors that it logs while its database is away is one that this test asks for.
  serversOnMortal = await serverProcesses(await mortal.newDatabase(), { ZHANGTAI_LOG_LEVEL: 'silent' });
});
afterAll(async () => {
  await servers.stopAll();
  await postgres.stop();
  await serversOnMortal.stopAll();
  await mortal.stop();
});

/** What the clients of one round know: the acknowledged charges, and what was sent without hearing of it. */
class Told {
  readonly acknowledged = new Map<string, Charge>();
  readonly unheard: ChargeBody[] = [];
}

/** Sends until the server does not answer any more. */
async function sendSingles(client: RemoteClient, url: string, holdId: string | undefined, told: Told) {
  for (;;) {
    const body = newCharge(holdId === undefined ? {} : { holdId });
    const reply = await client.post(url, '/billing/charge', body).catch(() => null);
    if (reply === null) return void told.unheard.push(body);
    expect(reply.status).toBe(201);
    told.acknowledged.set(body.id, Charge.parse(reply.body));
  }
}

async function sendBatches(client: RemoteClient, url: string, holdId: string, told: Told) {
  for (;;) {
    const charges = Array.from({ length: batchSize }, (_, n) => newCharge(n % 2 === 0 ? { holdId } : {}));
    const reply = await client.post(url, '/billing/charges', { charges }).catch(() => null);
    if (reply === null) return void told.unheard.push(...charges);
    expect(reply.status).toBe(200);
    for (const { id, status, charge } of ChargeBatchResults.parse(reply.body).results) {
      expect(status).toBe('charged');
      if (charge !== undefined) told.acknowledged.set(id, charge);
    }
  }
}

interface Row {
  readonly id: string;
  readonly seq: bigint;
  readonly amount: bigint;
}

function chargesOf({ database }: ServerProcesses, { accountId }: RemoteClient): Promise<Row[]> {
  return database.query<Row>(
    "SELECT id, seq, amount FROM transactions WHERE account_id = $1 AND kind = 'charge' ORDER BY seq",
    [accountId],
  );
}

async function loadAndKill(server: ServerProcess): Promise<{ client: RemoteClient; told: Told }> {
  const client = await servers.newClient(server, { balance: '100000.00' });
  const hold = newHold(50_000);
  expect(await client.post(server.url, '/holds', hold)).toMatchObject({ status: 201 });
  const told = new Told();
  const load = Promise.all([
    ...Array.from({ length: singlesAtOnce }, (_, n) =>
      sendSingles(client, server.url, n % 2 === 0 ? hold.id : undefined, told),
    ),
    ...Array.from({ length: batchesAtOnce }, () => sendBatches(client, server.url, hold.id, told)),
  ]);
  await delay(randomInt(loadMsMax));
  await server.kill();
  await load;
  return { client, told };
}

/** Every acknowledged charge once and as it was said; of the others, only ones that were sent. */
async function checkRows(on: ServerProcesses, client: RemoteClient, told: Told): Promise<Set<string>> {
  const rows = await chargesOf(on, client);
  const ids = new Set(rows.map(({ id }) => id));
  expect(ids.size, 'no id is there twice').toBe(rows.length);
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const [id, charge] of told.acknowledged) {
    const row = byId.get(id);
    expect(row?.seq, `the acknowledged charge ${id} is there`).toBe(BigInt(charge.seq));
    byId.delete(id);
  }
  for (const { id } of told.unheard) byId.delete(id);
  expect([...byId.keys()], 'nothing is there that nobody sent').toEqual([]);
  expect((await verifyLedger(on.database, client.accountId)).faults).toEqual([]);
  return ids;
}

/** What a desk does after such an end: it sends again what it has not heard of. */
async function sendAgain(
  server: ServerProcess,
  { client, told }: { readonly client: RemoteClient; readonly told: Told },
  there: ReadonlySet<string>,
): Promise<void> {
  for (let from = 0; from < told.unheard.length; from += 500) {
    const charges = told.unheard.slice(from, from + 500);
    const reply = await client.post(server.url, '/billing/charges', { charges });
    for (const { id, status } of ChargeBatchResults.parse(reply.body).results)
      expect(status).toBe(there.has(id) ? 'replayed' : 'charged');
  }
  expect(await chargesOf(servers, client)).toHaveLength(told.acknowledged.size + told.unheard.length);
  expect((await verifyLedger(servers.database, client.accountId)).faults).toEqual([]);
}

test(
  `killed ${kills} times under load, the server loses nothing and doubles nothing (L1 to L4, L8)`,
  async () => {
    const totals = { acknowledged: 0, unheard: 0, unheardButThere: 0 };
    let server = await servers.start();
    for (let kill = 1; kill <= kills; kill += 1) {
      const { client, told } = await loadAndKill(server);
      const there = await checkRows(servers, client, told);
      server = await servers.start();
      await sendAgain(server, { client, told }, there);
      totals.acknowledged += told.acknowledged.size;
      totals.unheard += told.unheard.length;
      totals.unheardButThere += told.unheard.filter(({ id }) => there.has(id)).length;
    }
    console.log(
      `${kills} kills: ${totals.acknowledged} charges acknowledged, ${totals.unheard} sent and not heard of, ` +
        `${totals.unheardButThere} of these there`,
    );
    expect(totals.unheard, 'the server was killed while it worked').toBeGreaterThan(0);
  },
  60_000 + kills * 20_000,
);

// ── PostgreSQL ──────────────────────────────────────────────────────────────────────────────────────────────

/** Milliseconds that a server may take to serve again once its database is back. */
const backAgainMsMax = 60_000;

/** The load of one round, which goes on while the database is away and ends when it is told to. */
interface Load {
  readonly client: RemoteClient;
  readonly url: string;
  readonly told: Told;
  /** Charges acknowledged since the database was killed. */
  sinceKill: number;
  /** Requests that were to be sent again later. */
  putOff: number;
  stopped: boolean;
}

async function chargeSingles(load: Load, holdId: string | undefined): Promise<void> {
  while (!load.stopped) {
    const body = newCharge(holdId === undefined ? {} : { holdId });
    const { reply, again } = await untilAnswered(load, '/billing/charge', body);
    expect(again ? [200, 201] : [201]).toContain(reply.status);
    acknowledge(load, Charge.parse(reply.body));
  }
}

async function chargeBatches(load: Load, holdId: string): Promise<void> {
  while (!load.stopped) {
    const charges = Array.from({ length: batchSize }, (_, n) => newCharge(n % 2 === 0 ? { holdId } : {}));
    const { reply, again } = await untilAnswered(load, '/billing/charges', { charges });
    expect(reply.status).toBe(200);
    for (const { status, charge } of ChargeBatchResults.parse(reply.body).results) {
      expect(again ? ['charged', 'replayed'] : ['charged']).toContain(status);
      if (charge !== undefined) acknowledge(load, charge);
    }
  }
}

function acknowledge(load: Load, charge: Charge): void {
  load.told.acknowledged.set(charge.id, charge);
  load.sinceKill += 1;
}

/** Sends the same again, as a desk does, while the server says that it cannot answer now. Anything else is a fault. */
async function untilAnswered(
  load: Load,
  path: string,
  body: object,
): Promise<{ readonly reply: RemoteReply; readonly again: boolean }> {
  for (let again = false; ; again = true) {
    const reply = await load.client.post(load.url, path, body);
    if (reply.status !== 503) return { reply, again };
    expect(reply.body).toMatchObject({ code: 'unavailable' });
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
    load.putOff += 1;
    await delay(20);
  }
}

async function killDatabaseUnderLoad(server: ServerProcess, kill: number): Promise<Load> {
  const client = await serversOnMortal.newClient(server, { balance: '100000.00' });
  const hold = newHold(50_000);
  expect(await client.post(server.url, '/holds', hold)).toMatchObject({ status: 201 });
  const { url } = server;
  const load: Load = { client, url, told: new Told(), sinceKill: 0, putOff: 0, stopped: false };
  const all = Promise.all([
    ...Array.from({ length: singlesAtOnce }, (_, n) =>
      chargeSingles(load, n % 2 === 0 ? hold.id : undefined),
    ),
    ...Array.from({ length: batchesAtOnce }, () => chargeBatches(load, hold.id)),
  ]);
  all.catch(() => undefined); // Awaited below; until then a failure must not pass for an unhandled one.
  await delay(randomInt(loadMsMax));
  if (kill % 4 === 0) {
    await mortal.killBackend('zhangtai');
  } else {
    await mortal.kill();
    await mortal.restart();
  }
  load.sinceKill = 0;
  await Promise.race([all, servesAgain(load)]).finally(() => {
    load.stopped = true;
  });
  await all;
  await checkRows(serversOnMortal, client, load.told);
  expect(await chargesOf(serversOnMortal, client)).toHaveLength(load.told.acknowledged.size);
  return load;
}

async function servesAgain(load: Load): Promise<void> {
  await expect.poll(() => load.sinceKill, { timeout: backAgainMsMax }).toBeGreaterThan(batchSize);
}

test(
  `PostgreSQL killed ${kills} times under load: the server says so, serves again by itself, loses nothing and doubles nothing`,
  async () => {
    const server = await serversOnMortal.start();
    const totals = { acknowledged: 0, putOff: 0 };
    for (let kill = 1; kill <= kills; kill += 1) {
      const { told, putOff } = await killDatabaseUnderLoad(server, kill);
      totals.acknowledged += told.acknowledged.size;
      totals.putOff += putOff;
    }
    console.log(
      `${kills} kills of PostgreSQL: ${totals.acknowledged} charges acknowledged, ${totals.putOff} requests put off`,
    );
    expect(totals.putOff, 'PostgreSQL was killed while the server worked').toBeGreaterThan(0);
  },
  60_000 + kills * 60_000,
);
