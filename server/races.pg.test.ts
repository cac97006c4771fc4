/** What must hold however requests race: two server processes on one PostgreSQL, each asked over HTTP at once. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Charge, Hold } from '../shared/api.ts';
import { yuan, yuanText } from '../shared/money.ts';
import { startTestPostgres, type TestPostgres } from './database/test-postgres.ts';
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

let postgres: TestPostgres;
let servers: ServerProcesses;
let one: ServerProcess;
let two: ServerProcess;
beforeAll(async () => {
  postgres = await startTestPostgres();
  servers = await serverProcesses(await postgres.newDatabase());
  [one, two] = await Promise.all([servers.start(), servers.start()]);
});
afterAll(async () => {
  await servers.stopAll();
  await postgres.stop();
});

/** Odd and even ones go to different processes. */
function process(n: number): string {
  return (n % 2 === 0 ? one : two).url;
}

function atOnce(count: number, ask: (n: number) => Promise<RemoteReply>): Promise<RemoteReply[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => ask(n)));
}

function statuses(replies: readonly RemoteReply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

function sum(charges: readonly Charge[]): bigint {
  return charges.reduce((total, { amount }) => total + yuan(amount), 0n);
}

async function wallet({ accountId }: RemoteClient): Promise<{ balance: string; held: string }> {
  expect((await verifyLedger(servers.database, accountId)).faults).toEqual([]);
  const [row] = await servers.database.query<{ balance: bigint; held: bigint }>(
    'SELECT balance, held FROM wallets WHERE account_id = $1',
    [accountId],
  );
  return { balance: yuanText(row?.balance ?? 0n), held: yuanText(row?.held ?? 0n) };
}

test('20 holds of ¥75 at once against ¥500: exactly 6 fit (L4)', async () => {
  const client = await servers.newClient(one, { balance: '500.00' });
  const replies = await atOnce(20, (n) => client.post(process(n), '/holds', newHold(75)));
  expect(statuses(replies)).toEqual({ 201: 6, 402: 14 });
  expect(await wallet(client)).toEqual({ balance: '500.00', held: '450.00' });
});

test('one id on 64 connections at once: 1 charge and 63 replays (L3)', async () => {
  const client = await servers.newClient(one, { balance: '500.00' });
  const body = newCharge();
  const replies = await atOnce(64, (n) => client.post(process(n), '/billing/charge', body));
  expect(statuses(replies)).toEqual({ 200: 63, 201: 1 });
  expect(new Set(replies.map((reply) => JSON.stringify(reply.body))).size).toBe(1);
  expect(await wallet(client)).toEqual({ balance: '499.00', held: '0.00' });
});

test('refunds against captures: each charge is given back once, every capture stands (L4, L7)', async () => {
  const client = await servers.newClient(one, { balance: '100.00' });
  const finance = await servers.newClient(two, { role: 'finance' });
  const hold = newHold(40);
  await client.post(one.url, '/holds', hold);
  const charges = Array.from({ length: 40 }, () => newCharge({ holdId: hold.id }));
  const capture = (n: number) => client.post(process(n), '/billing/charge', charges[n] ?? {});
  const refund = (n: number) =>
    finance.post(process(n), '/billing/refunds', {
      id: randomUUID(),
      chargeId: charges[n]?.id,
      reason: 'race',
    });
  expect(statuses(await atOnce(20, capture))).toEqual({ 201: 20 });
  const [captured, first, second] = await Promise.all([
    atOnce(20, (n) => capture(20 + n)),
    atOnce(20, refund),
    atOnce(20, (n) => refund(19 - n)),
  ]);
  expect(statuses(captured)).toEqual({ 201: 20 });
  expect(statuses([...first, ...second])).toEqual({ 201: 20, 409: 20 });
  expect(await wallet(client)).toEqual({ balance: '80.00', held: '0.00' });
});

test('a refund against the very charge that it is for finds it whole or not at all', async () => {
  const client = await servers.newClient(one, { balance: '100.00' });
  const finance = await servers.newClient(two, { role: 'finance' });
  const hold = newHold(30);
  await client.post(one.url, '/holds', hold);
  const refunds = await Promise.all(
    Array.from({ length: 30 }, async (_, n) => {
      const body = newCharge({ holdId: hold.id });
      const back = { id: randomUUID(), chargeId: body.id, reason: 'race' };
      const [charged, given] = await Promise.all([
        client.post(process(n), '/billing/charge', body),
        finance.post(process(n + 1), '/billing/refunds', back),
      ]);
      expect(charged.status).toBe(201);
      return given;
    }),
  );
  const { 201: given = 0, 404: early = 0 } = statuses(refunds);
  expect(given + early).toBe(30);
  expect(await wallet(client)).toEqual({
    balance: yuanText(yuan('70.00') + BigInt(given) * yuan('1.00')),
    held: '0.00',
  });
});

test('an expiry against captures: each is charged once at its place, in time or late (L4)', async () => {
  const client = await servers.newClient(one, { balance: '2000.00' });
  const hold = newHold(1_000);
  await client.post(one.url, '/holds', hold);
  // The shortest that may be asked for is a minute; nobody has touched the hold yet, so its time can still be set.
  await servers.database.query(
    `WITH posting AS MATERIALIZED (SELECT set_config('zhangtai.posting', 'on', true))
     UPDATE holds SET expires_at_ms = $2 FROM posting WHERE id = $1`,
    [hold.id, Date.now() + 400],
  );
  const charges: Charge[] = [];
  let inTimeAfterLate = 0;
  /** Captures until the hold is over, and a little beyond. */
  const captureOn = async (n: number) => {
    for (let late = 0; late < 3;) {
      const reply = await client.post(process(n), '/billing/charge', newCharge({ holdId: hold.id }));
      expect(reply.status).toBe(201);
      const charge = Charge.parse(reply.body);
      charges.push(charge);
      if (charge.pricing.late === true) late += 1;
      else inTimeAfterLate += late;
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, n) => captureOn(n)));
  expect(charges.map(({ pricing }) => pricing.k).toSorted((a, b) => a - b)).toEqual(
    charges.map((_, index) => index + 1),
  );
  expect(inTimeAfterLate, 'once it is over it stays over').toBe(0);
  const inTime = charges.filter(({ pricing }) => pricing.late !== true);
  const ended = Hold.parse((await client.post(two.url, `/holds/${hold.id}/release`)).body);
  expect(ended).toMatchObject({
    state: 'expired',
    capturedCount: inTime.length,
    captured: yuanText(sum(inTime)),
  });
  expect(yuan(ended.captured) + yuan(ended.released)).toBe(yuan(ended.amount));
  expect(await wallet(client)).toEqual({ balance: yuanText(yuan('2000.00') - sum(charges)), held: '0.00' });
});

test.each(['deduct_on_create', 'deduct_on_complete'] as const)(
  '40 pieces of work at once against a quota of 15, %s: exactly 15 begin, and never more (L4)',
  async (policy) => {
    const client = await servers.newClient(one);
    const finance = await servers.newClient(two, { role: 'finance' });
    const name = { 'zh-CN': '图片生成', 'en-US': 'Drawing' };
    const product = { id: policy, name, asset: 'IMAGE_QUOTA', policy, holdSeconds: 3_600 };
    const put = await finance.put(one.url, '/catalogue', { products: [product], packages: [], plans: [] });
    expect(put.status).toBe(200);
    const { accountId } = client;
    const grant = { accountId, asset: 'IMAGE_QUOTA', amount: '15', source: 'gift' };
    expect((await finance.post(two.url, '/grants', { id: randomUUID(), ...grant })).status).toBe(201);
    const ids = Array.from({ length: 40 }, () => randomUUID());
    const begin = (n: number) =>
      client.post(process(n), '/quotas/holds', { id: ids[n], product: policy, quantity: 1 });
    const begun = await atOnce(40, begin);
    expect(statuses(begun)).toEqual({ 201: 15, 402: 25 });
    // Each that began ends twice at once, in two processes: a third of them fails, and goes back once.
    const working = ids.filter((_, n) => begun[n]?.status === 201);
    const ended = await atOnce(30, (n) => {
      const how = n % 15 < 5 ? 'fail' : 'complete';
      return client.post(process(Math.floor(n / 15)), `/quotas/holds/${working[n % 15]}/${how}`);
    });
    expect(statuses(ended)).toEqual({ 200: 30 });
    const again = await atOnce(40, (n) =>
      client.post(process(n), '/quotas/holds', { id: randomUUID(), product: policy, quantity: 1 }),
    );
    expect(statuses(again)).toEqual({ 201: 5, 402: 35 });
    expect((await verifyLedger(servers.database, accountId)).faults).toEqual([]);
  },
);
