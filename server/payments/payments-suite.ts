/** What holds of recharge orders on either database, with a sandbox in WeChat's place and notifications signed here. */
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OfficeOrder } from '../../shared/api-office.ts';
import { RechargeOrder } from '../../shared/api-selling.ts';
import type { Database } from '../database/database.ts';
import { verifyLedger } from '../ledger/verify.ts';
import { sandboxSettings } from '../open-payments.ts';
import { notifyPath } from '../routes/recharge-routes.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import type { Trade } from '../sandbox/trades.ts';
import { startTestServer, type Client, type TestServer } from '../test-server.ts';
import { Recharging } from './recharging.ts';
import { signed, signedNotification, type Sender, type SignedNotification } from './test-wechat.ts';
import { createWechatClient } from './wechat-client.ts';

const minuteMs = 60_000;

async function newOrder(client: Client, amount = '500.00'): Promise<RechargeOrder> {
  const body = { id: randomUUID(), amount, channel: 'wechat_native' };
  const reply = await client.call('createRechargeOrder', { body });
  expect(reply.status).toBe(201);
  return RechargeOrder.parse(reply.body);
}

async function orderNow(client: Client, { id }: RechargeOrder): Promise<RechargeOrder> {
  return RechargeOrder.parse((await client.call('rechargeOrder', { params: { id } })).body);
}

export function testPayments(openEmpty: () => Promise<Database>): void {
  let server: TestServer;
  let sandbox: Sandbox;
  let recharging: Recharging;
  let finance: Client;
  let sender: Sender;
  let certified: Sender;
  const oddities: string[] = [];

  beforeAll(async () => {
    const database = await openEmpty();
    const clock = (): number => server?.nowMs ?? Date.parse('2026-11-21T02:00:00.000Z');
    sandbox = await startSandbox({ clock, timeScale: 0.01, refundMs: null });
    const settings = sandboxSettings(sandbox, () => `${sandbox.url}/nobody-listens`);
    server = await startTestServer(database, [], (ledger) => {
      recharging = new Recharging({
        database,
        ledger,
        clock,
        settings,
        client: createWechatClient(settings, clock),
        description: '充值',
        onOddity: (what) => oddities.push(what),
      });
      return recharging;
    });
    finance = await server.newClient({ role: 'finance' });
    const { keys } = sandbox;
    const { apiV3Key } = keys;
    sender = { serial: keys.publicKeyId, privateKey: keys.platform.privateKey, apiV3Key };
    certified = { serial: keys.certificateSerial, privateKey: keys.certified.privateKey, apiV3Key };
    sandbox.silent = true; // Notifications are made here.
  });
  afterAll(async () => {
    await server.close();
    await sandbox.close();
  });
  beforeEach(() => {
    oddities.length = 0;
  });

  // ── What tests do ─────────────────────────────────────────────────────────────────────────────────────────

  function tradeOf(order: RechargeOrder): Trade {
    const trade = sandbox.trades.findByToken(order.codeUrl?.split('/').at(-1) ?? '');
    if (trade === null) throw new Error('the sandbox does not know the order');
    return trade;
  }

  /** WeChat's record of a payment, with what a test wants otherwise. */
  function payment(trade: Trade, other: Record<string, unknown> = {}): Record<string, unknown> {
    const { mchid, appid } = sandbox.keys;
    return {
      appid,
      mchid,
      out_trade_no: trade.outTradeNo,
      transaction_id: trade.transactionId ?? '4200000000000000000000000001',
      trade_type: 'NATIVE',
      trade_state: 'SUCCESS',
      bank_type: 'OTHERS',
      success_time: new Date(trade.paidAtMs ?? server.nowMs).toISOString().replace('.000Z', '+00:00'),
      payer: { openid: 'o1' },
      amount: { total: trade.total, payer_total: trade.total, currency: 'CNY', payer_currency: 'CNY' },
      ...other,
    };
  }

  const paidNotice = (trade: Trade, from: Sender = sender, other: Record<string, unknown> = {}) =>
    signedNotification(from, 'TRANSACTION.SUCCESS', payment(trade, other), server.nowMs);

  async function deliver({ headers, body }: SignedNotification): Promise<{ status: number; body: string }> {
    const reply = await server.app.inject({ method: 'POST', url: notifyPath, headers, payload: body });
    return { status: reply.statusCode, body: reply.body };
  }

  const balanceOf = async (client: Client): Promise<string> =>
    (await server.ledger.balance(client.accountId)).balance;

  const ask = (limit = 100): Promise<number> =>
    recharging.askAboutDue({ nowMs: server.nowMs, leaseMs: minuteMs, limit });

  async function orderEvents(client: Client): Promise<unknown[]> {
    const events = await server.ledger.eventsAfter(client.accountId, 0, 1_000);
    return events.filter(({ kind }) => kind === 'order').map(({ body }) => body);
  }

  const faults = async (): Promise<unknown> => (await verifyLedger(server.database)).faults;

  async function refund(order: RechargeOrder, body: { amount?: string; reason?: string; id?: string } = {}) {
    const reply = await finance.call('refundRechargeOrder', {
      params: { id: order.id },
      body: { id: randomUUID(), reason: '客户要求', ...body },
    });
    return reply;
  }

  async function paidOrder(
    client: Client,
    amount = '500.00',
  ): Promise<{ order: RechargeOrder; trade: Trade }> {
    const order = await newOrder(client, amount);
    const trade = tradeOf(order);
    sandbox.pay(trade);
    expect(await deliver(paidNotice(trade))).toMatchObject({ status: 204 });
    return { order, trade };
  }

  // ── Orders ────────────────────────────────────────────────────────────────────────────────────────────────

  test('a server that takes payments says so in what it publishes', async () => {
    const { paths } = (await server.app.inject('/api/openapi.json')).json<{ paths: object }>();
    const orders = Object.keys(paths).filter((path) => path.startsWith('/api/recharge/'));
    expect(orders).toEqual([
      '/api/recharge/orders',
      '/api/recharge/all-orders',
      '/api/recharge/orders/{id}',
      '/api/recharge/orders/{id}/close',
      '/api/recharge/orders/{id}/refund',
    ]);
    const notServed = Object.keys(paths).filter((path) => path.includes('notify'));
    expect(notServed, 'what only WeChat calls').toEqual([]);
  });

  describe('an order', () => {
    test('has a code to scan, and is the same one when it is asked for again', async () => {
      const client = await server.newClient();
      const body = { id: randomUUID(), amount: '500.00', channel: 'wechat_native' };
      const first = await client.call('createRechargeOrder', { body });
      expect(first).toMatchObject({ status: 201, body: { state: 'pending', amount: '500.00' } });
      const again = await client.call('createRechargeOrder', { body });
      expect(again).toMatchObject({ status: 200, body: first.body });
      const order = RechargeOrder.parse(first.body);
      expect(order.codeUrl).toContain('/scan/');
      expect(tradeOf(order).total).toBe(50_000);
      expect(Date.parse(order.expiresAt) - Date.parse(order.createdAt)).toBe(30 * minuteMs);
    });

    test('asked for at once on several connections is one', async () => {
      const client = await server.newClient();
      const body = { id: randomUUID(), amount: '8.00', channel: 'wechat_native' };
      const replies = await Promise.all(
        Array.from({ length: 8 }, () => client.call('createRechargeOrder', { body })),
      );
      expect(new Set(replies.map((reply) => RechargeOrder.parse(reply.body).codeUrl)).size).toBe(1);
      const list = await client.call('rechargeOrders');
      expect(list.body).toMatchObject({ items: [{ id: body.id }], nextCursor: null });
    });

    test('keeps to its content, to whole cents and to the limits', async () => {
      const client = await server.newClient();
      const { id } = await newOrder(client, '1.00');
      const create = (body: object) =>
        client.call('createRechargeOrder', {
          body: { id, amount: '1.00', channel: 'wechat_native', ...body },
        });
      expect(await create({ amount: '2.00' })).toMatchObject({ body: { code: 'idempotency_mismatch' } });
      for (const amount of ['0.001', '1.999', '50000.01', '0', '-1.00'])
        expect(await create({ id: randomUUID(), amount })).toMatchObject({
          status: 400,
          body: { errors: [{ path: 'amount' }] },
        });
      expect(await create({ id: randomUUID(), amount: '0.01' })).toMatchObject({ status: 201 });
    });

    test("is its account's own", async () => {
      const [client, other] = [await server.newClient(), await server.newClient()];
      const { id } = await newOrder(client);
      for (const name of ['rechargeOrder', 'closeRechargeOrder'] as const)
        expect(await other.call(name, { params: { id } })).toMatchObject({ status: 404 });
      // The same id on another account is another order, also to WeChat.
      const body = { id, amount: '3.00', channel: 'wechat_native' };
      expect(await other.call('createRechargeOrder', { body })).toMatchObject({ status: 201 });
    });

    test('that WeChat could not make is refused as unavailable, and made when it is asked for again', async () => {
      const client = await server.newClient();
      const body = { id: randomUUID(), amount: '5.00', channel: 'wechat_native' };
      sandbox.away = true;
      const refused = await client.call('createRechargeOrder', { body });
      sandbox.away = false;
      expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable' } });
      const made = await client.call('createRechargeOrder', { body });
      expect(RechargeOrder.parse(made.body).codeUrl).toContain('/scan/');
    });

    test('is listed newest first, page by page', async () => {
      const client = await server.newClient();
      const ids: string[] = [];
      for (let n = 0; n < 3; n += 1) {
        server.nowMs += 1_000;
        ids.unshift((await newOrder(client, '1.00')).id);
      }
      const first = await client.call('rechargeOrders', { query: { limit: '2' } });
      const { items, nextCursor } = first.body as { items: RechargeOrder[]; nextCursor: string };
      const rest = await client.call('rechargeOrders', { query: { cursor: nextCursor } });
      const all = [...items, ...(rest.body as { items: RechargeOrder[] }).items];
      expect(all.map(({ id }) => id)).toEqual(ids);
      expect(await client.call('rechargeOrders', { query: { cursor: 'x' } })).toMatchObject({ status: 400 });
    });
  });

  describe('all orders', () => {
    test('are listed for those who run the business, narrowed and page by page', async () => {
      const [ann, ben] = [await server.newClient(), await server.newClient()];
      const from = new Date((server.nowMs += 60_000)).toISOString();
      const { order: paid } = await paidOrder(ann, '30.00');
      server.nowMs += 1_000;
      const waiting = await newOrder(ben, '40.00');
      server.nowMs += 1_000;
      expect(await refund(paid, { amount: '10.00' })).toMatchObject({ status: 201 });
      const list = async (query: object) => {
        const reply = await finance.call('allRechargeOrders', { query: { from, ...query } });
        expect(reply.status).toBe(200);
        return reply.body as { items: OfficeOrder[]; nextCursor: string | null };
      };
      const all = await list({});
      expect(all.items.map(({ id }) => id)).toEqual([waiting.id, paid.id]);
      expect(all.items[1]).toMatchObject({
        accountId: ann.accountId,
        state: 'paid',
        amount: '30.00',
        refunded: '10.00',
        refunds: [{ amount: '10.00', state: 'processing' }],
      });
      expect(all.items[1]).not.toHaveProperty('codeUrl');
      const ids = async (query: object) => (await list(query)).items.map(({ id }) => id);
      expect(await ids({ state: 'pending' })).toEqual([waiting.id]);
      expect(await ids({ refund: 'processing' })).toEqual([paid.id]);
      expect(await ids({ refund: 'abnormal' })).toEqual([]);
      expect(await ids({ accountId: ben.accountId })).toEqual([waiting.id]);
      expect(await ids({ until: from })).toEqual([]);
      const first = await list({ limit: 1 });
      expect((await list({ limit: 1, cursor: first.nextCursor })).items.map(({ id }) => id)).toEqual([
        paid.id,
      ]);
      expect(await finance.call('allRechargeOrders', { query: { cursor: '1.2' } })).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'cursor' }] },
      });
    });
  });

  // ── Notifications ─────────────────────────────────────────────────────────────────────────────────────────

  describe('a notification that somebody else signed by the documentation', () => {
    test.each([
      ['with the public key', () => sender],
      ['with a platform certificate', () => certified],
    ])('%s pays the order in', async (_how, from) => {
      const client = await server.newClient();
      const order = await newOrder(client);
      const trade = tradeOf(order);
      sandbox.pay(trade);
      expect(await deliver(paidNotice(trade, from()))).toEqual({ status: 204, body: '' });
      expect(await balanceOf(client)).toBe('500.00');
      const paid = await orderNow(client, order);
      expect(paid).toMatchObject({ state: 'paid', refunded: '0.00' });
      expect(paid.codeUrl).toBeUndefined();
      const page = await server.ledger.transactionsPage(client.accountId, { afterSeq: 0, limit: 10 });
      expect(page.transactions).toMatchObject([
        { kind: 'recharge', amount: '500.00', id: paid.rechargeId, note: trade.transactionId },
      ]);
      expect(await orderEvents(client)).toEqual([{ id: order.id, state: 'paid' }]);
    });

    /** A notification of a good payment, spoilt; and why it is refused. */
    const spoilt: readonly (readonly [string, number, string, (trade: Trade) => SignedNotification])[] = [
      ['an altered body', 401, 'signature', (trade) => withBody(paidNotice(trade), (text) => `${text} `)],
      [
        'an altered tag, signed as it is',
        400,
        'cipher',
        (trade) => {
          const { body } = withBody(paidNotice(trade), withTag);
          return { body, headers: signed(sender, body, server.nowMs) };
        },
      ],
      [
        'a cipher of another key',
        400,
        'cipher',
        (trade) => paidNotice(trade, { ...sender, apiV3Key: 'x'.repeat(32) }),
      ],
      [
        'another amount',
        400,
        'amount',
        (trade) => paidNotice(trade, sender, { amount: { total: trade.total + 1, currency: 'CNY' } }),
      ],
      [
        'another currency',
        400,
        'currency',
        (trade) => paidNotice(trade, sender, { amount: { total: trade.total, currency: 'USD' } }),
      ],
      [
        'a time 301 seconds ago',
        401,
        'time',
        (trade) => signedNotification(sender, 'TRANSACTION.SUCCESS', payment(trade), server.nowMs - 301_000),
      ],
      [
        'a time 301 seconds ahead',
        401,
        'time',
        (trade) => signedNotification(sender, 'TRANSACTION.SUCCESS', payment(trade), server.nowMs + 301_000),
      ],
      [
        'an altered time',
        401,
        'signature',
        (trade) => {
          const { headers, body } = paidNotice(trade);
          const later = String(Number(headers['wechatpay-timestamp']) + 1);
          return { body, headers: { ...headers, 'wechatpay-timestamp': later } };
        },
      ],
      [
        'an altered nonce',
        401,
        'signature',
        (trade) => withHeader(paidNotice(trade), 'wechatpay-nonce', 'f'.repeat(32)),
      ],
      [
        'an unknown serial',
        401,
        'serial',
        (trade) => withHeader(paidNotice(trade), 'wechatpay-serial', 'PUB_KEY_ID_0'),
      ],
      [
        "the other key's serial",
        401,
        'signature',
        (trade) => withHeader(paidNotice(trade), 'wechatpay-serial', certified.serial),
      ],
      [
        'the signature of a key that is not WeChat’s',
        401,
        'signature',
        (trade) => {
          const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
          return paidNotice(trade, { ...sender, privateKey });
        },
      ],
      [
        'a probe’s signature',
        401,
        'probe',
        (trade) => {
          const { headers, body } = paidNotice(trade);
          const wrong = `WECHATPAY/SIGNTEST/${headers['wechatpay-signature']}`;
          return { body, headers: { ...headers, 'wechatpay-signature': wrong } };
        },
      ],
      ['no signature', 401, 'headers', (trade) => withHeader(paidNotice(trade), 'wechatpay-signature', '')],
      ['a foreign mchid', 400, 'merchant', (trade) => paidNotice(trade, sender, { mchid: '1900000001' })],
      ['a foreign appid', 400, 'merchant', (trade) => paidNotice(trade, sender, { appid: 'wx1' })],
      [
        'an order that nobody made',
        404,
        'order',
        (trade) => paidNotice(trade, sender, { out_trade_no: 'a'.repeat(32) }),
      ],
      [
        'a payment that did not succeed',
        400,
        'state',
        (trade) => paidNotice(trade, sender, { trade_state: 'USERPAYING' }),
      ],
      [
        'a body that is no JSON',
        400,
        'body',
        () => ({ body: '<xml/>', headers: signed(sender, '<xml/>', server.nowMs) }),
      ],
    ];

    test.each(spoilt)('with %s is refused with %i (%s) and moves nothing', async (...given) => {
      const [, status, why, spoil] = given;
      const client = await server.newClient();
      const order = await newOrder(client);
      const trade = tradeOf(order);
      expect(await deliver(spoil(trade))).toEqual({
        status,
        body: JSON.stringify({ code: 'FAIL', message: why }),
      });
      expect(await balanceOf(client)).toBe('0.00');
      expect(await orderNow(client, order)).toMatchObject({ state: 'pending' });
      // What was refused has used nothing up.
      expect(await deliver(paidNotice(trade))).toMatchObject({ status: 204 });
      expect(await balanceOf(client)).toBe('500.00');
    });

    test('is refused when it is replayed, and taken when WeChat repeats it with a signature of its own', async () => {
      const client = await server.newClient();
      const trade = tradeOf(await newOrder(client));
      const notice = paidNotice(trade);
      expect(await deliver(notice)).toMatchObject({ status: 204 });
      expect(await deliver(notice)).toEqual({
        status: 409,
        body: JSON.stringify({ code: 'FAIL', message: 'nonce' }),
      });
      const repeated = { body: notice.body, headers: signed(sender, notice.body, server.nowMs) };
      expect(await deliver(repeated)).toMatchObject({ status: 204 });
      expect(await balanceOf(client)).toBe('500.00');
    });

    test('is refused after its five minutes, when nobody remembers its nonce any more', async () => {
      const client = await server.newClient();
      const trade = tradeOf(await newOrder(client));
      const notice = paidNotice(trade);
      expect(await deliver(notice)).toMatchObject({ status: 204 });
      server.nowMs += 30 * minuteMs;
      await ask();
      expect(await server.database.query('SELECT nonce FROM wechat_notifications')).toEqual([]);
      expect(await deliver(notice)).toMatchObject({ status: 401 });
    });

    test('of something else is taken and changes nothing', async () => {
      const notice = signedNotification(sender, 'COUPON.USE', { any: 'thing' }, server.nowMs);
      expect(await deliver(notice)).toMatchObject({ status: 204 });
    });
  });

  test('a thousand notifications and questions, doubled and shuffled, pay each order in once', async () => {
    const orderCount = 40;
    const clients = await Promise.all(Array.from({ length: 8 }, () => server.newClient()));
    const made: { client: Client; order: RechargeOrder; trade: Trade }[] = [];
    for (let n = 0; n < orderCount; n += 1) {
      const client = clients[n % clients.length];
      if (client === undefined) throw new Error('there are clients');
      const order = await newOrder(client, `${n + 1}.00`);
      made.push({ client, order, trade: tradeOf(order) });
    }
    for (const { trade } of made) sandbox.pay(trade);
    const deeds = made.flatMap(({ order, trade }) => {
      const notices = Array.from({ length: 10 }, () => paidNotice(trade));
      const twice = [...notices, ...notices];
      const asks = Array.from({ length: 5 }, () => async () => {
        await server.database.query('UPDATE recharge_orders SET ask_at_ms = $1 WHERE id = $2', [
          server.nowMs,
          order.id,
        ]);
        await ask(3);
      });
      return [...twice.map((notice) => async () => void (await deliver(notice))), ...asks];
    });
    expect(deeds).toHaveLength(1_000);
    const shuffled = deeds
      .map((deed, n) => ({ deed, at: (n * 7_919) % 1_009 }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ deed }) => deed);
    const workers = Array.from({ length: 16 }, async (_, worker) => {
      for (let n = worker; n < shuffled.length; n += 16) await shuffled[n]?.();
    });
    await Promise.all(workers);
    for (const { client, order } of made)
      expect(await orderNow(client, order)).toMatchObject({ state: 'paid' });
    const rows = await Promise.all(
      clients.map(({ accountId }) =>
        server.ledger.transactionsPage(accountId, { afterSeq: 0, limit: 1_000 }),
      ),
    );
    const recharges = rows.flatMap(({ transactions }) => transactions);
    expect(recharges.map(({ kind }) => kind)).toEqual(Array(orderCount).fill('recharge'));
    expect(recharges.reduce((sum, { amount }) => sum + Number(amount), 0)).toBe(
      (orderCount * (orderCount + 1)) / 2,
    );
    const told = (await Promise.all(clients.map(orderEvents))).flat();
    expect(told).toHaveLength(orderCount);
    expect(await faults()).toEqual([]);
  });

  // ── Without notifications ─────────────────────────────────────────────────────────────────────────────────

  describe('an order of which no notification comes', () => {
    test('is asked about and paid in', async () => {
      const client = await server.newClient();
      const order = await newOrder(client, '9.00');
      sandbox.pay(tradeOf(order));
      server.nowMs += 5_000;
      await ask();
      expect(await orderNow(client, order)).toMatchObject({ state: 'paid' });
      expect(await balanceOf(client)).toBe('9.00');
    });

    test('is closed at WeChat and here when its time is over', async () => {
      const client = await server.newClient();
      const order = await newOrder(client);
      const trade = tradeOf(order);
      server.nowMs += 30 * minuteMs;
      await ask();
      expect(trade.state).toBe('CLOSED');
      const closed = await orderNow(client, order);
      expect(closed).toMatchObject({ state: 'closed' });
      expect(closed.codeUrl).toBeUndefined();
      expect(await orderEvents(client)).toEqual([{ id: order.id, state: 'closed' }]);
    });

    test('stays open while WeChat cannot be reached, and is settled when it can', async () => {
      const client = await server.newClient();
      const order = await newOrder(client, '7.00');
      sandbox.away = true;
      for (let times = 0; times < 3; times += 1) {
        server.nowMs += 15 * minuteMs;
        await ask();
      }
      sandbox.away = false;
      expect(await orderNow(client, order)).toMatchObject({ state: 'pending' });
      expect(oddities).toContain('WeChat could not be asked');
      server.nowMs += minuteMs;
      await ask();
      expect(await orderNow(client, order)).toMatchObject({ state: 'closed' });
    });

    test('is asked about by one process at a time', async () => {
      const client = await server.newClient();
      await Promise.all(Array.from({ length: 12 }, () => newOrder(client, '1.00')));
      server.nowMs += 5_000;
      const taken = await Promise.all(Array.from({ length: 6 }, () => ask(4)));
      expect(taken.reduce((sum, count) => sum + count, 0)).toBe(12);
    });
  });

  describe('closing', () => {
    test('an order stops it from being paid, and may be repeated', async () => {
      const client = await server.newClient();
      const order = await newOrder(client);
      const trade = tradeOf(order);
      for (let n = 0; n < 2; n += 1)
        expect(await client.call('closeRechargeOrder', { params: { id: order.id } })).toMatchObject({
          status: 200,
          body: { state: 'closed' },
        });
      expect(trade.state).toBe('CLOSED');
      sandbox.pay(trade);
      expect(trade.state).toBe('CLOSED');
    });

    test('one that was paid a moment ago finds it paid', async () => {
      const client = await server.newClient();
      const order = await newOrder(client, '6.00');
      sandbox.pay(tradeOf(order));
      expect(await client.call('closeRechargeOrder', { params: { id: order.id } })).toMatchObject({
        status: 200,
        body: { state: 'paid' },
      });
      expect(await balanceOf(client)).toBe('6.00');
    });

    test('does not turn away a payment that was on its way: it is paid in, and said to be late', async () => {
      const client = await server.newClient();
      const order = await newOrder(client, '4.00');
      const trade = tradeOf(order);
      await client.call('closeRechargeOrder', { params: { id: order.id } });
      sandbox.payLate(trade);
      expect(await deliver(paidNotice(trade))).toMatchObject({ status: 204 });
      expect(await orderNow(client, order)).toMatchObject({ state: 'paid', late: true });
      expect(await balanceOf(client)).toBe('4.00');
      expect(oddities).toContain('an order was paid after it had been closed');
    });

    test('is followed by one more question, in case nobody tells of such a payment', async () => {
      const client = await server.newClient();
      const order = await newOrder(client, '4.00');
      await client.call('closeRechargeOrder', { params: { id: order.id } });
      sandbox.payLate(tradeOf(order));
      server.nowMs += 10 * minuteMs;
      await ask();
      expect(await orderNow(client, order)).toMatchObject({ state: 'paid', late: true });
    });
  });

  // ── Refunds ───────────────────────────────────────────────────────────────────────────────────────────────

  const refundNotice = (order: RechargeOrder, status: 'SUCCESS' | 'ABNORMAL' | 'CLOSED') => {
    const found = sandbox.trades.refunds().findLast(({ trade }) => trade.token === tokens.get(order.id));
    if (found === undefined) throw new Error('WeChat was asked for no refund');
    return signedNotification(
      sender,
      `REFUND.${status}`,
      {
        mchid: sandbox.keys.mchid,
        out_trade_no: found.trade.outTradeNo,
        out_refund_no: found.outRefundNo,
        refund_id: found.refundId,
        refund_status: status,
        amount: { total: found.trade.total, refund: found.amount },
      },
      server.nowMs,
    );
  };
  const tokens = new Map<string, string>();

  async function refundable(client: Client, amount = '500.00'): Promise<RechargeOrder> {
    const { order, trade } = await paidOrder(client, amount);
    tokens.set(order.id, trade.token);
    return order;
  }

  describe('a refund', () => {
    test('leaves the ledger at once under its own id; WeChat says when it has arrived', async () => {
      const client = await server.newClient();
      const order = await refundable(client);
      const reply = await refund(order, { amount: '200.00' });
      expect(reply).toMatchObject({
        status: 201,
        body: { state: 'paid', refunded: '200.00', refunds: [{ amount: '200.00', state: 'processing' }] },
      });
      expect(await balanceOf(client)).toBe('300.00');
      const { transactions } = await server.ledger.transactionsPage(client.accountId, {
        afterSeq: 1,
        limit: 10,
      });
      const id = RechargeOrder.parse(reply.body).refunds[0]?.id;
      expect(transactions).toMatchObject([{ kind: 'adjustment', amount: '-200.00', id, note: '客户要求' }]);
      expect(await deliver(refundNotice(order, 'SUCCESS'))).toMatchObject({ status: 204 });
      expect(await orderNow(client, order)).toMatchObject({ refunds: [{ state: 'succeeded' }] });
      const rest = await refund(order);
      expect(rest).toMatchObject({ body: { state: 'refunded', refunded: '500.00' } });
      expect(await balanceOf(client)).toBe('0.00');
      expect(await faults()).toEqual([]);
    });

    test('under its id again is the same; with another content it is refused', async () => {
      const client = await server.newClient();
      const order = await refundable(client);
      const body = { id: randomUUID(), amount: '1.00' };
      expect(await refund(order, body)).toMatchObject({ status: 201 });
      expect(await refund(order, body)).toMatchObject({ status: 200, body: { refunded: '1.00' } });
      expect(await refund(order, { ...body, amount: '2.00' })).toMatchObject({ status: 409 });
      expect(await balanceOf(client)).toBe('499.00');
    });

    test('is no more than is left of the order, nor than is available', async () => {
      const client = await server.newClient();
      const pending = await newOrder(client, '10.00');
      expect(await refund(pending)).toMatchObject({ body: { code: 'refund_exceeds', left: '0.00' } });
      const order = await refundable(client, '10.00');
      expect(await refund(order, { amount: '10.01' })).toMatchObject({ body: { code: 'refund_exceeds' } });
      const hold = { id: randomUUID(), kind: 'reserve', amount: '4.00', deviceId: 'd' };
      expect(await client.call('createHold', { body: hold })).toMatchObject({ status: 201 });
      expect(await refund(order)).toMatchObject({
        status: 402,
        body: { code: 'insufficient_balance', available: '6.00', shortfall: '4.00' },
      });
      expect(await refund(order, { amount: '6.00' })).toMatchObject({ status: 201 });
    });

    test('several at once never give back more than was paid', async () => {
      const client = await server.newClient();
      const order = await refundable(client, '10.00');
      const replies = await Promise.all(Array.from({ length: 6 }, () => refund(order, { amount: '3.00' })));
      expect(replies.filter(({ status }) => status === 201)).toHaveLength(3);
      expect(await balanceOf(client)).toBe('1.00');
    });

    test('that WeChat closes brings the money back', async () => {
      const client = await server.newClient();
      const order = await refundable(client);
      await refund(order);
      expect(await balanceOf(client)).toBe('0.00');
      const notice = refundNotice(order, 'CLOSED');
      expect(await deliver(notice)).toMatchObject({ status: 204 });
      expect(await deliver({ ...notice, headers: signed(sender, notice.body, server.nowMs) })).toMatchObject({
        status: 204,
      });
      expect(await orderNow(client, order)).toMatchObject({
        state: 'paid',
        refunded: '0.00',
        refunds: [{ state: 'closed' }],
      });
      expect(await balanceOf(client)).toBe('500.00');
      expect(await faults()).toEqual([]);
    });

    test('that is abnormal waits for a person, and may still succeed', async () => {
      const client = await server.newClient();
      const order = await refundable(client);
      await refund(order);
      expect(await deliver(refundNotice(order, 'ABNORMAL'))).toMatchObject({ status: 204 });
      expect(await orderNow(client, order)).toMatchObject({ refunds: [{ state: 'abnormal' }] });
      expect(await balanceOf(client)).toBe('0.00');
      expect(await deliver(refundNotice(order, 'SUCCESS'))).toMatchObject({ status: 204 });
      expect(await deliver(refundNotice(order, 'ABNORMAL'))).toMatchObject({ status: 204 });
      expect(await orderNow(client, order)).toMatchObject({ refunds: [{ state: 'succeeded' }] });
    });

    test('that WeChat never heard of is asked for again under its number', async () => {
      const client = await server.newClient();
      const order = await refundable(client);
      sandbox.away = true;
      expect(await refund(order)).toMatchObject({
        status: 201,
        body: { refunds: [{ state: 'processing' }] },
      });
      sandbox.away = false;
      expect(sandbox.trades.refunds().filter(({ trade }) => trade.token === tokens.get(order.id))).toEqual(
        [],
      );
      server.nowMs += minuteMs;
      await ask();
      const [asked, ...more] = sandbox.trades
        .refunds()
        .filter(({ trade }) => trade.token === tokens.get(order.id));
      expect(more).toEqual([]);
      if (asked === undefined) throw new Error('WeChat was not asked again');
      sandbox.endRefund(asked, 'SUCCESS');
      server.nowMs += 2 * minuteMs;
      await ask();
      expect(await orderNow(client, order)).toMatchObject({ refunds: [{ state: 'succeeded' }] });
    });

    test('above the limit waits for a second person, and is begun once', async () => {
      const client = await server.newClient();
      const order = await refundable(client, '1500.00');
      const id = randomUUID();
      expect((await refund(order, { id, amount: '600.00' })).status).toBe(201);
      const second = { id: randomUUID(), amount: '600.00', reason: '合计超过限额' };
      expect(await refund(order, second)).toMatchObject({
        status: 202,
        body: { act: 'refundRechargeOrder', amount: '-600.00', state: 'waiting' },
      });
      const params = { id: second.id };
      expect((await finance.call('approveRequest', { params })).status).toBe(403);
      const checkers = await Promise.all([1, 2].map(() => server.newClient({ role: 'finance' })));
      const replies = await Promise.all(
        checkers.map((checker) => checker.call('approveRequest', { params })),
      );
      expect(replies.map(({ status }) => status)).toEqual([200, 200]);
      const now = RechargeOrder.parse(
        (await client.call('rechargeOrder', { params: { id: order.id } })).body,
      );
      expect(now.refunded).toBe('1200.00');
      expect(new Set(now.refunds.map((one) => one.id))).toEqual(new Set([id, second.id]));
      expect(now.refunds).toHaveLength(2);
      expect(await faults()).toEqual([]);
    });

    test('is for finance alone', async () => {
      const client = await server.newClient();
      const order = await refundable(client, '1.00');
      const body = { id: randomUUID(), reason: 'x' };
      expect(await client.call('refundRechargeOrder', { params: { id: order.id }, body })).toMatchObject({
        status: 403,
      });
    });
  });
}

function withBody(notice: SignedNotification, change: (body: string) => string): SignedNotification {
  return { ...notice, body: change(notice.body) };
}

function withHeader({ headers, body }: SignedNotification, name: string, value: string): SignedNotification {
  return { body, headers: { ...headers, [name]: value } };
}

/** The last byte of the cipher's text is the tag's. */
function withTag(body: string): string {
  const parsed = JSON.parse(body) as { resource: { ciphertext: string } };
  const bytes = Buffer.from(parsed.resource.ciphertext, 'base64');
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  return JSON.stringify({
    ...parsed,
    resource: { ...parsed.resource, ciphertext: bytes.toString('base64') },
  });
}
