/**
 * The server is killed at random moments under load, again and again: what it had acknowledged is there once, what it
 * had not is there once or not at all, and the chain verifies. ZHANGTAI_KILLS sets how often.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Charge, ChargeBatchResults, type ChargeBody } from '../shared/api.ts';
import { startTestPostgres, type TestPostgres } from './database/test-postgres.ts';
import { verifyLedger } from './ledger/verify.ts';
import {
  newCharge,
  newHold,
  serverProcesses,
  type RemoteClient,
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
beforeAll(async () => {
  postgres = await startTestPostgres();
  servers = await serverProcesses(await postgres.newDatabase());
});
afterAll(async () => {
  await servers.stopAll();
  await postgres.stop();
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

function chargesOf({ accountId }: RemoteClient): Promise<Row[]> {
  return servers.database.query<Row>(
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
async function checkRows(client: RemoteClient, told: Told): Promise<Set<string>> {
  const rows = await chargesOf(client);
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
  expect((await verifyLedger(servers.database, client.accountId)).faults).toEqual([]);
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
  expect(await chargesOf(client)).toHaveLength(told.acknowledged.size + told.unheard.length);
  expect((await verifyLedger(servers.database, client.accountId)).faults).toEqual([]);
}

test(
  `killed ${kills} times under load, the server loses nothing and doubles nothing (L1 to L4, L8)`,
  async () => {
    const totals = { acknowledged: 0, unheard: 0, unheardButThere: 0 };
    let server = await servers.start();
    for (let kill = 1; kill <= kills; kill += 1) {
      const { client, told } = await loadAndKill(server);
      const there = await checkRows(client, told);
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
