/** Calls of AI models over HTTP on either database: what pays, what is owed, what finance is warned of, each once. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { MeteredUsage, MeteringContent } from '../shared/api-metering.ts';
import { openDatabase } from './database/database.ts';
import { verifyLedger } from './ledger/verify.ts';
import { Metering } from './metering/metering.ts';
import { startTestServer, type Client, type Reply, type TestServer } from './test-server.ts';

const from = '2026-01-01T00:00:00.000Z';
const raisedAt = '2026-11-20T00:00:00.000Z';
const name = { 'zh-CN': '写作', 'en-US': 'Writing' };

/** The token prices of docs/rating.md, one of them raised on the day before the test's own. */
const catalogue: MeteringContent = {
  providers: [{ id: 'aliyun', name: { 'zh-CN': '阿里云', 'en-US': 'Alibaba Cloud' } }],
  models: ['qwen-max', 'gpt-4', 'new-model'].map((id) => ({ id, provider: 'aliyun' })),
  prices: [
    { model: 'qwen-max', effectiveAt: from, per: 1_000, inputPrice: '0.001', outputPrice: '0.004' },
    { model: 'qwen-max', effectiveAt: raisedAt, per: 1_000, inputPrice: '0.002', outputPrice: '0.008' },
    {
      model: 'gpt-4',
      effectiveAt: from,
      per: 1_000_000,
      inputPrice: '5.00',
      outputPrice: '15.00',
      minimum: '0.01',
    },
  ],
  products: [
    { id: 'chat', name, model: 'qwen-max', paidBy: ['CNY'] },
    { id: 'premium_chat', name, model: 'gpt-4', paidBy: ['CNY'] },
    { id: 'writing', name, model: 'qwen-max', paidBy: ['TEXT_TOKEN', 'TOKEN_PACK', 'CNY'] },
    { id: 'quota_only', name, model: 'new-model', paidBy: ['TEXT_TOKEN'] },
    { id: 'unpriced', name, model: 'new-model', paidBy: ['TEXT_TOKEN', 'CNY'] },
  ],
};

export function meteringSuite(newDatabase: () => Promise<string | undefined>): void {
  let server: TestServer;
  let finance: Client;
  let one: Client;
  beforeAll(async () => {
    const databaseUrl = await newDatabase();
    server = await startTestServer(await openDatabase(databaseUrl === undefined ? {} : { databaseUrl }));
    finance = await server.newClient({ role: 'finance' });
    expect(await finance.call('meteringCatalogue')).toMatchObject({ status: 404 });
    const published = await finance.call('putMeteringCatalogue', { body: catalogue });
    expect(published).toMatchObject({ status: 200, body: { version: 1 } });
  });
  beforeEach(async () => {
    one = await server.newClient({ balance: '1.00' });
  });
  afterAll(() => server.close());

  const at = (minutesAgo: number) => new Date(server.nowMs - minutesAgo * 60_000).toISOString();
  function usage(given: object = {}): Record<string, unknown> & { id: string } {
    return {
      id: randomUUID(),
      product: 'chat',
      model: 'qwen-max',
      inputTokens: 1_000,
      outputTokens: 500,
      startedAt: at(2),
      endedAt: at(1),
      outcome: 'finished',
      usageKnown: true,
      ...given,
    };
  }
  const tell = (given: object = {}): Promise<Reply> => one.call('recordUsage', { body: usage(given) });
  const check = (product: string): Promise<Reply> => one.call('meteringCheck', { body: { product } });
  async function balance(): Promise<string> {
    return (await server.ledger.balance(one.accountId)).balance;
  }
  async function grant(asset: string, amount: string): Promise<void> {
    const body = { id: randomUUID(), accountId: one.accountId, asset, amount, source: 'gift' };
    expect(await finance.call('grant', { body })).toMatchObject({ status: 201 });
  }
  async function left(asset: string): Promise<bigint> {
    return (await server.ledger.unitState(one.accountId, asset)).balance;
  }

  test('a call is charged by its tokens, and says how its amount came about', async () => {
    const told = await tell();
    expect(told).toMatchObject({
      status: 201,
      body: {
        state: 'charged',
        estimated: false,
        version: 1,
        owed: [],
        paid: [{ asset: 'CNY', amount: '0.006' }],
      },
    });
    const [paid] = (told.body as MeteredUsage).paid;
    expect(await server.ledger.getTransaction(one.accountId, paid?.transactionId ?? '')).toMatchObject({
      kind: 'charge',
      amount: '-0.006',
      platform: 'chat',
      operation: 'ai_call',
      quantity: 1_500,
      durationMs: 60_000,
      note: 'qwen-max',
      rating: {
        total: '0.006',
        pricingVersion: 1,
        steps: [
          { kind: 'input_tokens', quantity: 1_000, price: '0.002', per: 1_000, amount: '0.002' },
          { kind: 'output_tokens', quantity: 500, price: '0.008', per: 1_000, amount: '0.004' },
        ],
      },
    });
    expect(await balance()).toBe('0.994');
  });

  test.each([
    ['per million', { product: 'premium_chat', model: 'gpt-4' }, '0.0125'],
    ['at the minimum', { product: 'premium_chat', model: 'gpt-4', outputTokens: 100 }, '0.01'],
    ['as of its beginning, before the price was raised', { startedAt: '2026-11-19T23:59:59.999Z' }, '0.003'],
    ['as of its beginning, after it', { startedAt: raisedAt }, '0.006'],
    ['no further back than seven days', { startedAt: '2026-02-01T00:00:00.000Z' }, '0.003'],
    ['as of now where its clock is ahead', { startedAt: '2099-01-01T00:00:00.000Z' }, '0.006'],
  ])('is charged %s', async (_, given, amount) => {
    expect(await tell(given)).toMatchObject({ status: 201, body: { paid: [{ asset: 'CNY', amount }] } });
  });

  test.each(['finished', 'cut_by_client', 'cut_by_server', 'error'])(
    'what was delivered is charged where the call was %s',
    async (outcome) => {
      expect(await tell({ outcome })).toMatchObject({
        status: 201,
        body: { outcome, state: 'charged', paid: [{ amount: '0.006' }] },
      });
    },
  );

  test('where nothing was delivered nothing is charged, whatever the minimum; an estimate says that it is one', async () => {
    const nothing = {
      product: 'premium_chat',
      model: 'gpt-4',
      inputTokens: 0,
      outputTokens: 0,
      outcome: 'error',
    };
    expect(await tell(nothing)).toMatchObject({
      status: 201,
      body: { state: 'charged', paid: [], owed: [] },
    });
    expect(await tell({ usageKnown: false })).toMatchObject({ body: { estimated: true, state: 'charged' } });
  });

  test('the monthly quota pays first, then the package, then money for the rest, in one transaction', async () => {
    await grant('TEXT_TOKEN', '600');
    await grant('TOKEN_PACK', '500');
    expect(await check('writing')).toMatchObject({
      status: 200,
      body: {
        model: 'qwen-max',
        version: 1,
        price: { inputPrice: '0.002' },
        paidBy: [
          { asset: 'TEXT_TOKEN', available: '600' },
          { asset: 'TOKEN_PACK', available: '500' },
          { asset: 'CNY', available: '1.00' },
        ],
      },
    });
    // 600 + 400 of the input, 100 of the output; 400 of the output are left: 400 × 0.008 / 1000 = 0.0032
    expect(await tell({ product: 'writing' })).toMatchObject({
      status: 201,
      body: {
        paid: [
          { asset: 'TEXT_TOKEN', amount: '600' },
          { asset: 'TOKEN_PACK', amount: '500' },
          { asset: 'CNY', amount: '0.0032' },
        ],
      },
    });
    expect([await left('TEXT_TOKEN'), await left('TOKEN_PACK'), await balance()]).toEqual([0n, 0n, '0.9968']);
    await grant('TEXT_TOKEN', '2000');
    expect(await tell({ product: 'writing' })).toMatchObject({
      body: { paid: [{ asset: 'TEXT_TOKEN', amount: '1500' }] },
    });
  });

  test('an id is charged once: repeated, in a batch too, and refused with other content', async () => {
    const body = usage();
    const first = await one.call('recordUsage', { body });
    expect(await one.call('recordUsage', { body })).toMatchObject({ status: 200, body: first.body });
    expect(await one.call('recordUsage', { body: { ...body, outputTokens: 501 } })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_mismatch' },
    });
    const next = usage();
    const batch = { usages: [body, next, next, { ...next, inputTokens: 1 }] };
    expect((await one.call('recordUsages', { body: batch })).body).toMatchObject({
      results: [
        { id: body.id, status: 'replayed' },
        { id: next.id, status: 'recorded' },
        { id: next.id, status: 'replayed' },
        { id: next.id, status: 'rejected', problem: { code: 'idempotency_mismatch' } },
      ],
    });
    expect(await balance()).toBe('0.988');
  });

  test('told by many at once, a call is charged once', async () => {
    const bodies = Array.from({ length: 5 }, () => usage());
    const replies = await Promise.all(
      Array.from({ length: 4 }, () => bodies.map((body) => one.call('recordUsage', { body }))).flat(),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(15);
    expect(await balance()).toBe('0.97');
  });

  test('a call without a price runs uncharged, and finance sees it; so do strangers among products and models', async () => {
    const product = 'unpriced';
    const model = 'new-model';
    expect((await check(product)).body).not.toHaveProperty('price');
    await grant('TEXT_TOKEN', '10');
    expect(await tell({ product, model })).toMatchObject({
      status: 201,
      body: { state: 'uncharged', warning: 'no_price', paid: [], owed: [] },
    });
    expect(await tell({ product: 'gone' })).toMatchObject({
      body: { state: 'uncharged', warning: 'no_product' },
    });
    expect(await tell({ model: 'gpt-4' })).toMatchObject({
      body: { state: 'charged', warning: 'other_model', paid: [{ amount: '0.0125' }] },
    });
    expect([await balance(), await left('TEXT_TOKEN')]).toEqual(['0.9875', 10n]);
    expect(await one.call('meteringWarnings')).toMatchObject({ status: 403 });
    const { items } = (await finance.call('meteringWarnings')).body as { items: unknown[] };
    expect(items).toContainEqual({
      kind: 'no_price',
      product,
      model,
      count: 1,
      inputTokens: '1000',
      outputTokens: '500',
      firstAt: at(0),
      lastAt: at(0),
    });
    expect(items).toHaveLength(3);
  });

  test('what a strict account cannot pay is owed, blocks the next call, and is paid once there is enough', async () => {
    one = await server.newClient({ balance: '0.005' });
    const body = usage();
    expect(await one.call('recordUsage', { body })).toMatchObject({
      status: 201,
      body: { state: 'unpaid', paid: [], owed: [{ asset: 'CNY', amount: '0.006' }] },
    });
    // One that was under way is recorded all the same.
    expect(await tell()).toMatchObject({ status: 201, body: { state: 'unpaid' } });
    expect(await check('chat')).toMatchObject({
      status: 402,
      body: { code: 'debt_outstanding', balance: '-0.006' },
    });
    const recharge = async (amount: bigint) =>
      server.ledger.recharge({
        id: randomUUID(),
        accountId: one.accountId,
        amount,
        occurredAtMs: server.nowMs,
        source: 'test',
      });
    await recharge(5_000n);
    expect(await check('chat')).toMatchObject({ status: 402, body: { code: 'debt_outstanding' } });
    expect(await balance()).toBe('0.004');
    await recharge(10_000n);
    const metering = new Metering({ ...server, clock: () => server.nowMs });
    const both = await Promise.all([metering.collectOwed(), metering.collectOwed()]);
    expect(both.reduce((sum, { paid }) => sum + paid, 0)).toBe(1);
    expect(both.flatMap(({ failed }) => failed)).toEqual([]);
    expect(await balance()).toBe('0.008');
    expect(await check('chat')).toMatchObject({ status: 200 });
    expect(await one.call('recordUsage', { body })).toMatchObject({
      status: 200,
      body: { state: 'charged' },
    });
  });

  test('an account that may owe goes below zero, also further, and may then begin nothing new', async () => {
    one = await server.newClient({ balance: '0.005' });
    expect(await server.ledger.setDebtLimit(one.accountId, 1_000_000n)).toBeNull();
    expect(await tell()).toMatchObject({ status: 201, body: { state: 'charged' } });
    expect(await tell()).toMatchObject({ status: 201, body: { state: 'charged' } });
    expect(await balance()).toBe('-0.007');
    expect(await check('chat')).toMatchObject({
      status: 402,
      body: { code: 'debt_outstanding', balance: '-0.007' },
    });
  });

  test('a product that only quota pays for is refused without any, and owes what a call took beyond it', async () => {
    expect(await check('quota_only')).toMatchObject({
      status: 402,
      body: { code: 'insufficient_units', asset: 'TEXT_TOKEN', available: '0' },
    });
    await grant('TEXT_TOKEN', '100');
    expect(await check('quota_only')).toMatchObject({ status: 200 });
    expect(
      await tell({ product: 'quota_only', model: 'new-model', inputTokens: 100, outputTokens: 50 }),
    ).toMatchObject({
      status: 201,
      body: {
        state: 'unpaid',
        paid: [{ asset: 'TEXT_TOKEN', amount: '100' }],
        owed: [{ asset: 'TEXT_TOKEN', amount: '50' }],
      },
    });
    await grant('TEXT_TOKEN', '80');
    expect(await check('quota_only')).toMatchObject({ body: { paidBy: [{ available: '30' }] } });
  });

  test("an account's calls are listed newest first, page by page, to nobody else", async () => {
    const told: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      server.nowMs += 1_000;
      told.unshift(((await tell()).body as MeteredUsage).id);
    }
    const seen: string[] = [];
    let query: Record<string, string> = { limit: '2' };
    for (let pages = 0; pages < 3; pages += 1) {
      const page = (await one.call('usages', { query })).body as {
        items: MeteredUsage[];
        nextCursor: string;
      };
      seen.push(...page.items.map(({ id }) => id));
      query = { limit: '2', cursor: page.nextCursor };
    }
    expect(seen).toEqual(told);
    expect(await one.call('usages', { query: { cursor: 'x' } })).toMatchObject({ status: 400 });
    expect((await finance.call('usages')).body).toMatchObject({ items: [] });
  });

  test('a month is summed up by product and model, in the months of the account', async () => {
    const nowMs = server.nowMs;
    // Shanghai's November begins at 16:00 UTC of the day before.
    server.nowMs = Date.parse('2026-12-31T15:59:59.999Z');
    await tell();
    await tell({ product: 'premium_chat', model: 'gpt-4', inputTokens: 100, outputTokens: 0 });
    await grant('TEXT_TOKEN', '600');
    await tell({ product: 'writing' });
    await tell({ product: 'unpriced', model: 'new-model' });
    server.nowMs += 1;
    // ¥1.00 less 0.006 + 0.01 + 0.0048 are 0.9792: too little for 1,000,000 tokens of output at 8.00.
    await tell({ inputTokens: 0, outputTokens: 1_000_000 });
    const december = (await one.call('usageTotals', { query: { month: '2026-12' } })).body;
    expect(december).toMatchObject({
      month: '2026-12',
      timeZone: 'Asia/Shanghai',
      total: {
        calls: 4,
        uncharged: 1,
        unpaid: 0,
        inputTokens: '3100',
        outputTokens: '1500',
        paid: [
          // 0.006 + 0.01 + (400 in, 500 out) 0.0048
          { asset: 'CNY', amount: '0.0208' },
          { asset: 'TEXT_TOKEN', amount: '600' },
        ],
        owed: [],
      },
      unpaid: { calls: 1, owed: [{ asset: 'CNY', amount: '8.00' }] },
    });
    const { groups } = december as { groups: Record<string, unknown>[] };
    expect(groups.map(({ product, calls, paid }) => [product, calls, paid])).toEqual([
      ['chat', 1, [{ asset: 'CNY', amount: '0.006' }]],
      ['premium_chat', 1, [{ asset: 'CNY', amount: '0.01' }]],
      ['unpriced', 1, []],
      [
        'writing',
        1,
        [
          { asset: 'CNY', amount: '0.0048' },
          { asset: 'TEXT_TOKEN', amount: '600' },
        ],
      ],
    ]);
    expect((await one.call('usageTotals')).body).toMatchObject({
      month: '2027-01',
      total: { calls: 1, unpaid: 1, paid: [], owed: [{ asset: 'CNY', amount: '8.00' }] },
    });
    const empty = {
      calls: 0,
      uncharged: 0,
      unpaid: 0,
      inputTokens: '0',
      outputTokens: '0',
      paid: [],
      owed: [],
    };
    expect((await one.call('usageTotals', { query: { month: '2026-11' } })).body).toMatchObject({
      total: empty,
      groups: [],
    });
    expect((await finance.call('usageTotals', { query: { month: '2026-12' } })).body).toMatchObject({
      total: empty,
      unpaid: { calls: 0, owed: [] },
    });
    for (const month of ['2026-13', '2026-1', 'x'])
      expect(await one.call('usageTotals', { query: { month } })).toMatchObject({ status: 400 });

    const listed = async (query: Record<string, string>): Promise<number> =>
      ((await one.call('usages', { query })).body as { items: object[] }).items.length;
    expect(await listed({ month: '2026-12' })).toBe(4);
    expect(await listed({ month: '2027-01' })).toBe(1);
    expect(await listed({ state: 'unpaid' })).toBe(1);
    expect(await listed({ month: '2026-12', state: 'uncharged' })).toBe(1);
    server.nowMs = nowMs;
  });

  test('one call tells how each part of what it costs came about', async () => {
    await grant('TEXT_TOKEN', '600');
    const { id } = (await tell({ product: 'writing' })).body as MeteredUsage;
    expect(await one.call('usageDetail', { params: { id } })).toMatchObject({
      status: 200,
      body: {
        usage: { id, product: 'writing' },
        parts: [
          { asset: 'TEXT_TOKEN', amount: '600', state: 'paid', quantity: 600 },
          {
            asset: 'CNY',
            state: 'paid',
            quantity: 900,
            rating: {
              steps: [
                { kind: 'input_tokens', quantity: 400, price: '0.002', per: 1_000 },
                { kind: 'output_tokens', quantity: 500, price: '0.008', per: 1_000 },
              ],
            },
          },
        ],
      },
    });
    const owed = (await tell({ inputTokens: 0, outputTokens: 1_000_000 })).body as MeteredUsage;
    const detail = (await one.call('usageDetail', { params: { id: owed.id } })).body;
    expect(detail).toMatchObject({
      parts: [{ asset: 'CNY', amount: '8.00', state: 'owed', rating: { total: '8.00' } }],
    });
    expect(await finance.call('usageDetail', { params: { id } })).toMatchObject({ status: 404 });
  });

  test('a catalogue that contradicts itself is refused, by field', async () => {
    const { products, prices, models } = catalogue;
    const broken = {
      ...catalogue,
      models: [...models, models[0]],
      prices: [
        ...prices,
        prices[0],
        { ...prices[0], model: 'nobody' },
        { ...prices[0], inputPrice: '999999999.00', effectiveAt: raisedAt, model: 'gpt-4' },
      ],
      products: [...products, { ...products[0], id: 'late', paidBy: ['CNY', 'TEXT_TOKEN', 'CNY'] }],
    };
    const refused = await finance.call('putMeteringCatalogue', { body: broken });
    expect(refused.status).toBe(400);
    expect((refused.body as { errors: { path: string }[] }).errors.map(({ path }) => path)).toEqual([
      'models.3',
      'prices.3',
      'prices.4.model',
      'prices.5.inputPrice',
      'products.5.paidBy.2',
      'products.5.paidBy',
    ]);
    expect(await one.call('putMeteringCatalogue', { body: catalogue })).toMatchObject({ status: 403 });
  });

  test('the ledger still verifies', async () => {
    expect((await verifyLedger(server.database)).faults).toEqual([]);
  });
}
