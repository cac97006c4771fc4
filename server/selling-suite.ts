/** What is sold beside follows, over HTTP on either database: quotas, grants, points and packages, to the unit. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Points } from '../shared/api-selling.ts';
import { openDatabase } from './database/database.ts';
import { demoCatalogue, demoUsagePrices as usagePrices } from './demo/offers.ts';
import { verifyLedger } from './ledger/verify.ts';
import { startTestServer, testPrices, type Client, type Reply, type TestServer } from './test-server.ts';

const dayMs = 86_400_000;

/** Publishes what the demonstration sells. */
export async function startSelling(databaseUrl: string | undefined): Promise<TestServer> {
  const server = await startTestServer(await openDatabase(databaseUrl === undefined ? {} : { databaseUrl }));
  const finance = await server.newClient({ role: 'finance' });
  expect(await finance.call('putCatalogue', { body: demoCatalogue })).toMatchObject({
    status: 200,
    body: { version: 1 },
  });
  const prices = await finance.call('putPricing', { body: { ...testPrices, usagePrices } });
  expect(prices.status).toBe(200);
  return server;
}

export function sellingSuite(newDatabase: () => Promise<string | undefined>): void {
  let server: TestServer;
  let finance: Client;
  let one: Client;
  beforeAll(async () => {
    server = await startSelling(await newDatabase());
    finance = await server.newClient({ role: 'finance' });
  });
  beforeEach(async () => {
    one = await server.newClient({ balance: '100.00' });
  });
  afterAll(() => server.close());

  function grant(asset: string, amount: string, more: object = {}): Promise<Reply> {
    const body = { id: randomUUID(), accountId: one.accountId, asset, amount, source: 'gift', ...more };
    return finance.call('grant', { body });
  }

  async function left(): Promise<unknown[]> {
    const { items } = (await one.call('quotas')).body as { items: Record<string, unknown>[] };
    return items.map((item) => [item['product'], item['left'], item['held'], item['usedThisMonth']]);
  }

  function hold(product: string, quantity: number, id = randomUUID()): Promise<Reply> {
    return one.call('holdQuota', { body: { id, product, quantity } });
  }

  function end(how: 'completeQuota' | 'failQuota', id: string): Promise<Reply> {
    return one.call(how, { params: { id } });
  }

  function use(operation: string, usage: object, more: object = {}): Promise<Reply> {
    const body = { id: randomUUID(), platform: 'studio', operation, usage, ...more };
    return one.call('usePoints', { body });
  }

  function estimate(operation: string, usage: object): Promise<Reply> {
    return one.call('estimatePoints', { body: { platform: 'studio', operation, usage } });
  }

  function buy(name: string, id = randomUUID()): Promise<Reply> {
    return one.call('buyPackage', { params: { package: name }, body: { id } });
  }

  async function faultless(): Promise<void> {
    expect((await verifyLedger(server.database, one.accountId)).faults).toEqual([]);
  }

  describe('quotas', () => {
    test('that are deducted at the end are held until then, and free again after a failure', async () => {
      await grant('IMAGE_QUOTA', '5');
      const [done, failed] = [randomUUID(), randomUUID()];
      expect(await hold('drawing', 3, done)).toMatchObject({ status: 201, body: { state: 'held' } });
      expect(await hold('drawing', 2, failed)).toMatchObject({ status: 201 });
      expect(await hold('drawing', 1)).toMatchObject({
        status: 402,
        body: { code: 'insufficient_units', asset: 'IMAGE_QUOTA', required: '1', available: '0' },
      });
      expect(await left()).toContainEqual(['drawing', '0', '5', '0']);
      expect(await end('completeQuota', done)).toMatchObject({ status: 200, body: { state: 'deducted' } });
      expect(await end('completeQuota', done)).toMatchObject({ status: 200, body: { state: 'deducted' } });
      expect(await end('failQuota', failed)).toMatchObject({ status: 200, body: { state: 'returned' } });
      expect(await end('failQuota', done)).toMatchObject({ status: 409, body: { code: 'hold_closed' } });
      expect(await end('completeQuota', failed)).toMatchObject({ status: 409 });
      expect(await left()).toEqual([
        ['drawing', '2', '0', '3'],
        ['cutout', '2', '0', '0'],
      ]);
      await faultless();
    });

    test('that are deducted at the beginning go back to their batches after a failure', async () => {
      const soon = new Date(server.nowMs + 10 * dayMs).toISOString();
      await grant('IMAGE_QUOTA', '2', { expiresAt: soon });
      await grant('IMAGE_QUOTA', '4');
      const id = randomUUID();
      expect(await hold('cutout', 5, id)).toMatchObject({ status: 201, body: { state: 'deducted' } });
      expect(await left()).toContainEqual(['cutout', '1', '0', '5']);
      expect(await end('failQuota', id)).toMatchObject({ status: 200, body: { state: 'returned' } });
      expect(await end('failQuota', id)).toMatchObject({ status: 200, body: { state: 'returned' } });
      expect(await end('completeQuota', id)).toMatchObject({ status: 409 });
      expect(await hold('cutout', 5, id)).toMatchObject({ status: 200, body: { state: 'returned' } });
      const { items } = (await one.call('quotas')).body as { items: object[] };
      expect(items[1]).toMatchObject({ left: '6', usedThisMonth: '0', expiresAt: soon });
      await faultless();
    });

    test('stand beside whatever else there is, each asset once', async () => {
      await grant('IMAGE_QUOTA', '5');
      await grant('TEXT_TOKEN', '700', { expiresAt: new Date(server.nowMs + 10 * dayMs).toISOString() });
      await hold('drawing', 1);
      await hold('cutout', 2);
      await use('script', { kind: 'uses', count: 2 });
      expect((await one.call('units')).body).toEqual({
        items: [
          { asset: 'IMAGE_QUOTA', left: '2', held: '1', usedThisMonth: '2', debt: '0' },
          { asset: 'POINT', left: '0', held: '0', usedThisMonth: '10', debt: '10' },
          {
            asset: 'TEXT_TOKEN',
            left: '700',
            held: '0',
            usedThisMonth: '0',
            debt: '0',
            expiresAt: new Date(server.nowMs + 10 * dayMs).toISOString(),
          },
        ],
      });
      expect((await (await server.newClient()).call('units')).body).toEqual({ items: [] });
    });

    test('have one content for one id, and are those of the caller', async () => {
      await grant('IMAGE_QUOTA', '5');
      const id = randomUUID();
      await hold('drawing', 1, id);
      expect(await hold('drawing', 1, id.toUpperCase() as typeof id)).toMatchObject({ status: 200 });
      expect(await hold('drawing', 2, id)).toMatchObject({ body: { code: 'idempotency_mismatch' } });
      expect(await hold('cutout', 1, id)).toMatchObject({ body: { code: 'idempotency_mismatch' } });
      expect(await hold('nothing', 1)).toMatchObject({ status: 404 });
      const other = await server.newClient();
      expect(await other.call('completeQuota', { params: { id } })).toMatchObject({ status: 404 });
    });
  });

  describe('grants', () => {
    test('repeat under their id, and points end after 180 days', async () => {
      const id = randomUUID();
      const first = await grant('POINT', '100', { id, note: 'sorry' });
      expect(first).toMatchObject({
        status: 201,
        body: {
          kind: 'grant',
          amount: '100',
          source: 'gift',
          expiresAt: new Date(server.nowMs + 180 * dayMs).toISOString(),
        },
      });
      server.nowMs += 1_000;
      expect(await grant('POINT', '100', { id, note: 'sorry' })).toEqual({
        ...first,
        status: 200,
        headers: expect.anything(),
      });
      expect(await grant('POINT', '101', { id, note: 'sorry' })).toMatchObject({ status: 409 });
      expect(await grant('POINT', '1', { expiresAt: '2026-01-01T00:00:00.000Z' })).toMatchObject({
        status: 400,
      });
      expect(await grant('CNY', '1')).toMatchObject({ status: 400 });
      expect(await grant('POINT', '1.5')).toMatchObject({ status: 400 });
      expect(await grant('POINT', '1', { accountId: randomUUID() })).toMatchObject({ status: 404 });
    });
  });

  describe('points', () => {
    test('are estimated by the most that work may cost, and charged by what it did', async () => {
      await grant('POINT', '30');
      // 1,000 characters are 250 s, 25 units; 41 are 10.25 s, 2 units.
      expect(await estimate('speech', { kind: 'characters', characters: 1_000 })).toMatchObject({
        status: 200,
        body: { required: '25', available: '30', sufficient: true },
      });
      expect(await estimate('video', { kind: 'input_duration', durationMs: 60_000 })).toMatchObject({
        body: { required: '180', sufficient: false },
      });
      const charged = await use('speech', { kind: 'duration', durationMs: 30_001 });
      expect(charged).toMatchObject({
        status: 201,
        body: { amount: '-4', balanceAfter: '26', durationMs: 30_001, rating: { total: '4' } },
      });
      expect(await use('script', { kind: 'uses', count: 3 })).toMatchObject({ body: { amount: '-15' } });
      expect(await use('upload', { kind: 'uses', count: 9 })).toMatchObject({ body: { amount: '0' } });
      expect(await use('speech', { kind: 'tokens', inputTokens: 1, outputTokens: 1 })).toMatchObject({
        status: 400,
      });
      expect(await use('nothing', { kind: 'uses', count: 1 })).toMatchObject({ status: 400 });
      await faultless();
    });

    test('run into debt, refuse new work until it is repaid, and tell their totals', async () => {
      await grant('POINT', '20', { expiresAt: new Date(server.nowMs + dayMs).toISOString() });
      await grant('POINT', '20');
      // 20 s of video are 60: 40 were there.
      const id = randomUUID();
      const video = { kind: 'duration', durationMs: 20_000 };
      expect(await use('video', video, { id })).toMatchObject({ body: { balanceAfter: '-20' } });
      expect(await use('video', video, { id })).toMatchObject({ status: 200, body: { amount: '-60' } });
      const owed = { status: 402, body: { code: 'debt_outstanding', asset: 'POINT', balance: '-20' } };
      expect(await estimate('script', { kind: 'uses', count: 1 })).toMatchObject(owed);
      expect(await use('script', { kind: 'uses', count: 1 })).toMatchObject(owed);
      expect(await use('script', { kind: 'uses', count: 1 }, { begun: true })).toMatchObject({
        body: { balanceAfter: '-25' },
      });
      await grant('POINT', '75', { expiresAt: new Date(server.nowMs + dayMs).toISOString() });
      expect((await one.call('points')).body).toMatchObject({
        balance: '50',
        debt: '0',
        debtLimit: '1000',
        recharged: '115',
        consumed: '65',
        expired: '0',
        batches: [{ amount: '75', remaining: '50', source: 'gift' }],
      });
      server.nowMs += dayMs;
      const after = Points.parse((await one.call('points')).body);
      expect(after).toMatchObject({ balance: '0', consumed: '65', expired: '50', batches: [] });
      const listed = (query: object) => one.call('pointTransactions', { query: { limit: '4', ...query } });
      const page = (await listed({})).body as { items: { kind: string }[]; nextCursor: string };
      expect(page.items.map(({ kind }) => kind)).toEqual(['expire', 'grant', 'charge', 'charge']);
      const rest = (await listed({ cursor: page.nextCursor })).body as typeof page;
      expect(rest.items.map(({ kind }) => kind)).toEqual(['grant', 'grant']);
      expect(rest.nextCursor).toBeNull();
      await faultless();
    });
  });

  describe('packages', () => {
    test('are paid from the balance and brought with their bonus, once under an id', async () => {
      const id = randomUUID();
      const first = await buy('points_500', id);
      expect(first).toMatchObject({
        status: 201,
        body: {
          paid: { amount: '-50.00', balanceAfter: '50.00', operation: 'package', note: 'points_500' },
          granted: [{ asset: 'POINT', amount: '525', source: 'purchase' }],
        },
      });
      const again = await buy('points_500', id);
      expect(again).toMatchObject({ status: 200, body: first.body });
      expect(await buy('tokens_million', id)).toMatchObject({ status: 409 });
      expect(await buy('tokens_million')).toMatchObject({ status: 201 });
      // ¥30.10 are left.
      expect(await buy('points_500')).toMatchObject({
        status: 402,
        body: { code: 'insufficient_balance', available: '30.10', shortfall: '19.90' },
      });
      expect(await buy('nothing')).toMatchObject({ status: 404 });
      expect((await one.call('digest')).body).toMatchObject({
        count: 5,
        sums: { CNY: '30.10', POINT: '525', TEXT_TOKEN: '1000000' },
      });
      // A package is a charge of the ledger, but no follow's.
      expect(await one.call('getCharge', { params: { id } })).toMatchObject({ status: 404 });
      await faultless();
    });

    test('that cost more than was shown are not bought', async () => {
      const order = (expectedPrice: string) =>
        one.call('buyPackage', {
          params: { package: 'points_500' },
          body: { id: randomUUID(), expectedPrice },
        });
      expect(await order('49.99')).toMatchObject({
        status: 409,
        body: { code: 'price_changed', expected: '49.99', actual: '50.00' },
      });
      expect(await order('50.00')).toMatchObject({ status: 201 });
      expect((await one.call('digest')).body).toMatchObject({ sums: { CNY: '50.00', POINT: '525' } });
    });

    test('repay what is owed first', async () => {
      await one.call('usePoints', {
        body: {
          id: randomUUID(),
          platform: 'studio',
          operation: 'script',
          usage: { kind: 'uses', count: 5 },
        },
      });
      await buy('points_500');
      expect((await one.call('points')).body).toMatchObject({
        balance: '500',
        batches: [{ amount: '525', remaining: '500' }],
      });
    });
  });

  test('a catalogue that names a thing twice is refused with its path', async () => {
    const [first] = demoCatalogue.products;
    const body = { ...demoCatalogue, products: [first, first] };
    expect(await finance.call('putCatalogue', { body })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'products.1', message: 'drawing is there twice' }] },
    });
    expect(await one.call('putCatalogue', { body: demoCatalogue })).toMatchObject({ status: 403 });
    expect((await one.call('catalogue')).body).toMatchObject({ version: 1, plans: demoCatalogue.plans });
  });
}
