/**
 * What the HTTP side promises, as tests that run alike on the embedded database and on PostgreSQL. Each test makes
 * its own accounts, so that none depends on another.
 */
import { hash, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { compactVerify, createLocalJWKSet } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  Charge,
  ChargeBatchResults,
  Checkpoint,
  Hold,
  JsonWebKeySet,
  Session,
  Transactions,
} from '../shared/api.ts';
import { PriceBook } from '../shared/api-prices.ts';
import { Problem } from '../shared/api-words.ts';
import { endpoints, type Endpoint, type EndpointName } from '../shared/endpoints.ts';
import { chainText, genesisHash } from '../shared/chain.ts';
import { yuan } from '../shared/money.ts';
import type { Database } from './database/database.ts';
import { addFindings } from './watch/findings.ts';
import { rotationGraceMs } from './identity/sign-ins.ts';
import {
  chargeBody,
  startTestServer,
  testPassword,
  testPrices,
  type Client,
  type Reply,
  type TestServer,
} from './test-server.ts';

const follow = { platform: 'xiaohongshu', operation: 'follow' };
/** Without WeChat's settings, as here, these are not served; payments-suite.ts asks them who may. */
const withWechatAlone: ReadonlySet<EndpointName> = new Set([
  'createRechargeOrder',
  'allRechargeOrders',
  'rechargeOrders',
  'rechargeOrder',
  'closeRechargeOrder',
  'refundRechargeOrder',
]);
const names = (Object.keys(endpoints) as EndpointName[]).filter((name) => !withWechatAlone.has(name));

export function testApi(openEmpty: () => Promise<Database>): void {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(await openEmpty());
  });
  afterAll(() => server.close());

  const login = (email: string, password: string) =>
    server.nobody.call('login', { body: { email, password, deviceId: 'd', deviceName: 'D' } });

  describe('signing in', () => {
    test('gives a session whose access token lives fifteen minutes', async () => {
      const { email, accountId } = await server.newClient({ memberLevel: 'premium' });
      const reply = await login(` ${email.toUpperCase()}`, testPassword);
      expect(reply).toMatchObject({ status: 200, body: { expiresIn: 900 } });
      const session = Session.parse(reply.body);
      expect(session.account).toMatchObject({ id: accountId, memberLevel: 'premium', currency: 'CNY' });
      const claims = server.app.jwt.decode<{ iat: number; exp: number }>(session.accessToken);
      expect((claims?.exp ?? 0) - (claims?.iat ?? 0)).toBe(900);
    });

    test('says the same of a wrong password and of an address without an account', async () => {
      const { email } = await server.newClient();
      const wrong = await login(email, 'wrong');
      const unknown = await login(`${randomUUID()}@test.example`, 'wrong');
      expect(wrong).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
      expect({ ...(unknown.body as object), traceId: '' }).toEqual({
        ...(wrong.body as object),
        traceId: '',
      });
    });

    test('rotates the refresh token, and ends the sign-in when an old one is reused', async () => {
      const { email } = await server.newClient();
      const first = Session.parse((await login(email, testPassword)).body);
      const refresh = (refreshToken: string) => server.nobody.call('refresh', { body: { refreshToken } });
      const second = Session.parse((await refresh(first.refreshToken)).body);
      const authorized = { headers: { authorization: `Bearer ${second.accessToken}` } };
      expect(await server.nobody.call('balance', authorized)).toMatchObject({ status: 200 });

      server.nowMs += rotationGraceMs + 1;
      expect(await refresh(first.refreshToken)).toMatchObject({ status: 401 });
      expect(await refresh(second.refreshToken)).toMatchObject({ status: 401 });
      expect(await server.nobody.call('balance', authorized)).toMatchObject({
        status: 401,
        body: { code: 'unauthenticated' },
      });
    });

    test('two refreshes at once leave one token that stands', async () => {
      const { email, accountId } = await server.newClient();
      const { refreshToken } = Session.parse((await login(email, testPassword)).body);
      const refresh = () => server.nobody.call('refresh', { body: { refreshToken } });
      const replies = await Promise.all([refresh(), refresh()]);
      expect(replies.map(({ status }) => status)).toEqual([200, 200]);
      const states = await server.database.query<{ state: string }>(
        `SELECT t.state FROM refresh_tokens t JOIN sign_ins s ON s.id = t.sign_in_id
         WHERE s.account_id = $1 AND s.device_id = 'd' ORDER BY t.generation`,
        [accountId],
      );
      expect(states.map(({ state }) => state)).toEqual(['rotated', 'superseded', 'current']);
    });

    test('ends with signing out', async () => {
      const client = await server.newClient();
      expect(await client.call('logout')).toMatchObject({ status: 204 });
      expect(await client.call('balance')).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    });

    test('tells an expired access token from one that was never ours', async () => {
      const { accountId } = await server.newClient();
      const claims = { sub: accountId, sid: randomUUID() };
      const old = server.app.jwt.sign(claims, { expiresIn: 60, clockTimestamp: Date.now() - 61_000 });
      const asked = (token: string) =>
        server.nobody.call('balance', { headers: { authorization: `Bearer ${token}` } });
      expect(await asked(old)).toMatchObject({ status: 401, body: { code: 'token_expired' } });
      const forged = `${old.slice(0, old.lastIndexOf('.'))}.${'A'.repeat(43)}`;
      expect(await asked(forged)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
      const unsigned = `${btoa('{"alg":"none","typ":"JWT"}')}.${old.split('.')[1]}.`;
      expect(await asked(unsigned)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    });
  });

  describe('who may call what', () => {
    test('without a token only what is for anyone', async () => {
      for (const name of names) {
        const { allow }: Endpoint = endpoints[name];
        const { status } = await server.nobody.call(name, {
          params: { id: randomUUID() },
          body: bodyFor(name),
        });
        expect(`${name} ${status === 401}`).toBe(`${name} ${allow !== 'anyone'}`);
      }
    });

    test('a text that no database keeps is refused with the name of its field', async () => {
      const auditor = await server.newClient({ role: 'auditor' });
      const asked = {
        audit: 'text',
        accounts: 'text',
        margins: 'cursor',
        reconciliationDays: 'cursor',
      } as const;
      for (const [name, field] of Object.entries(asked) as [keyof typeof asked, string][]) {
        const query = name === 'margins' ? { by: 'user', from: '2026-11-01', until: '2026-11-21' } : {};
        const reply = await auditor.call(name, { query: { ...query, [field]: '1 a\0b' } });
        expect(reply).toMatchObject({ status: 400, body: { errors: [{ path: field }] } });
      }
    });

    test("nobody sees or touches another account's holds, charges and rows", async () => {
      const owner = await server.newClient({ balance: '10.00' });
      const other = await server.newClient({ balance: '10.00' });
      const hold = Hold.parse((await placeHold(owner, 2)).body);
      const charge = chargeBody(server);
      await owner.call('charge', { body: charge });
      for (const name of ['hold', 'releaseHold'] as const)
        expect(await other.call(name, { params: { id: hold.id } })).toMatchObject({ status: 404 });
      expect(await other.call('getCharge', { params: { id: charge.id } })).toMatchObject({ status: 404 });
      expect(await other.call('holds')).toMatchObject({ body: { items: [] } });
      expect(await other.call('transactions')).toMatchObject({ body: { lastSeq: 1 } });
      expect(await other.call('charge', { body: chargeBody(server, { holdId: hold.id }) })).toMatchObject({
        status: 404,
      });
      expect(await owner.call('balance')).toMatchObject({ body: { balance: '9.00', held: '2.00' } });
    });
  });

  describe('prices', () => {
    test('500 follows cost 475.00, and 450.00 for a premium member, with every discount named', async () => {
      const body = { ...follow, quantity: 500 };
      const plain = await (await server.newClient()).call('quote', { body });
      expect(plain).toMatchObject({
        status: 200,
        body: { subtotal: '500.00', total: '475.00', unitNet: '0.95' },
      });
      const premium = await (await server.newClient({ memberLevel: 'premium' })).call('quote', { body });
      expect(premium.body).toMatchObject({
        total: '450.00',
        steps: [
          { kind: 'bulk', applied: false, reason: 'another_is_better', amount: '0.00' },
          { kind: 'member', applied: true, reason: 'applied', amount: '-50.00' },
        ],
      });
    });

    test('a copy that is current is not sent again', async () => {
      const client = await server.newClient();
      const { headers } = await client.call('pricing');
      const etag = String(headers['etag']);
      expect(await client.call('pricing', { headers: { 'if-none-match': etag } })).toMatchObject({
        status: 304,
      });
      const stale = await client.call('pricing', { headers: { 'if-none-match': '"pricing-0"' } });
      expect(stale).toMatchObject({ status: 200, headers: { etag } });
    });

    test('a new book takes force when the last of its prices does', async () => {
      const finance = await server.newClient({ role: 'finance' });
      const before = PriceBook.parse((await finance.call('pricing')).body);
      const effectiveAt = new Date(server.nowMs + 60_000).toISOString();
      const [price, ...others] = testPrices.prices;
      const body = { ...testPrices, prices: [{ ...price, effectiveAt }, ...others] };
      const published = PriceBook.parse((await finance.call('putPricing', { body })).body);
      expect(published.version).toBe(before.version + 1);
      expect(await finance.call('pricing')).toMatchObject({ body: { version: before.version } });
      server.nowMs += 60_000;
      expect(await finance.call('pricing')).toMatchObject({ body: { version: published.version } });
      const versions = await finance.call('pricingVersions');
      expect(versions.body).toMatchObject({
        items: [{ version: published.version }, { version: before.version }],
      });

      const later = new Date(server.nowMs + 60_000).toISOString();
      const free = { platform: 'studio', operation: 'upload', asset: 'POINT', strategy: 'free' };
      const usagePrices = [{ ...free, effectiveAt: later }];
      const reply = await finance.call('putPricing', { body: { ...testPrices, usagePrices } });
      const next = PriceBook.parse(reply.body);
      expect(await finance.call('pricing')).toMatchObject({ body: { version: published.version } });
      server.nowMs += 60_000;
      expect(await finance.call('pricing')).toMatchObject({ body: { version: next.version, usagePrices } });
    });

    test('books that are published at once get one version each, without a gap', async () => {
      const finance = await server.newClient({ role: 'finance' });
      const { version } = PriceBook.parse((await finance.call('pricing')).body);
      const replies = await Promise.all(
        [1, 2, 3].map(() => finance.call('putPricing', { body: testPrices })),
      );
      const versions = replies.map(({ body }) => PriceBook.parse(body).version - version);
      expect(versions.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    });

    test.each([
      ['putPricing', testPrices],
      ['putCatalogue', { products: [], packages: [], plans: [] }],
      ['putMeteringCatalogue', { providers: [], models: [], prices: [], products: [] }],
      ['putCosts', { providers: [], prices: [], unitValues: [] }],
    ] as const)(
      '%s lets one of two people publish what both made from one version, and tells the other',
      async (put, content) => {
        const people = await Promise.all([1, 2].map(() => server.newClient({ role: 'finance' })));
        const publish = (body: object) =>
          Promise.all(people.map((finance) => finance.call(put, { body: { ...content, ...body } })));
        const [first] = await publish({});
        const newest = Math.max(...(await publish({})).map(({ body }) => Number(Object(body).version)));
        expect(first).toMatchObject({ status: 200 });
        const replies = await publish({ madeFrom: newest });
        expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
        const refused = replies.find(({ status }) => status === 409);
        expect(refused?.body).toMatchObject({ code: 'version_moved', madeFrom: newest, newest: newest + 1 });
        const [again] = people;
        const body = { ...content, madeFrom: newest + 1 };
        expect(await again?.call(put, { body })).toMatchObject({
          status: 200,
          body: { version: newest + 2 },
        });
      },
    );

    test('a price of which the largest quantity could not be written is refused', async () => {
      const finance = await server.newClient({ role: 'finance' });
      const prices = testPrices.prices.map((price) => ({ ...price, unitPrice: '1000000.00' }));
      expect(await finance.call('putPricing', { body: { ...testPrices, prices } })).toMatchObject({
        status: 400,
        body: { code: 'validation_failed' },
      });
    });

    test('a book whose discounts do not come out in whole micro-yuan is refused', async () => {
      const finance = await server.newClient({ role: 'finance' });
      const prices = testPrices.prices.map((price) => ({ ...price, unitPrice: '0.000001' }));
      const reply = await finance.call('putPricing', { body: { ...testPrices, prices } });
      expect(reply).toMatchObject({ status: 400, body: { errors: [{ path: 'prices.0.unitPrice' }, {}] } });
    });

    test('a price of an older book that could not be published today is refused by its platform, not a failure', async () => {
      const client = await server.newClient({ balance: '10.00' });
      const { version } = PriceBook.parse((await client.call('pricing')).body);
      // As a program without today's checks may have stored it.
      const older = {
        ...testPrices,
        version: version + 1,
        updatedAt: new Date(server.nowMs).toISOString(),
        prices: [olderPrice('xiaohongshu', '999999999999.99'), olderPrice('douyin', '0.0101')],
      };
      await server.database.query(
        'INSERT INTO price_books (version, effective_at_ms, published_at_ms, body) VALUES ($1, $2, $2, $3)',
        [older.version, server.nowMs, JSON.stringify(older)],
      );
      const refused = refusedAt('platform');
      for (const platform of ['xiaohongshu', 'douyin']) {
        const what = { ...follow, platform };
        expect(await client.call('quote', { body: { ...what, quantity: 2 } })).toMatchObject(refused);
        const id = randomUUID();
        const hold = { ...what, id, campaignId: id, quantity: 2, deviceId: 'device' };
        expect(await client.call('createHold', { body: hold })).toMatchObject(refused);
      }
      const charge = (platform: string) => client.call('charge', { body: chargeBody(server, { platform }) });
      expect(await charge('douyin')).toMatchObject(refused);
      expect(await charge('xiaohongshu')).toMatchObject({ status: 402 });
      expect(await client.call('pricing')).toMatchObject({ status: 200, body: { version: older.version } });
      expect(await client.call('pricingVersions')).toMatchObject({ status: 200 });
      const finance = await server.newClient({ role: 'finance' });
      expect(await finance.call('putPricing', { body: testPrices })).toMatchObject({ status: 200 });
      expect(await charge('douyin')).toMatchObject({ status: 201 });
    });

    test('under graduated tiers a hold is priced by its slices, and its charges add up to it', async () => {
      const finance = await server.newClient({ role: 'finance' });
      const tiers = [{ fromQuantityExclusive: 2, multiplier: '0.335' }];
      const prices = testPrices.prices.map((price) => ({ ...price, tierMode: 'graduated', tiers }));
      expect(await finance.call('putPricing', { body: { ...testPrices, prices } })).toMatchObject({
        status: 200,
      });
      const client = await server.newClient({ balance: '10.00' });
      const id = randomUUID();
      // 2 × 1.00 + 3 × 0.335 = 3.005.
      expect(await placeHold(client, 5, id)).toMatchObject({ status: 201, body: { amount: '3.01' } });
      const amounts: unknown[] = [];
      for (let k = 1; k <= 5; k += 1) {
        const { body } = await client.call('charge', { body: chargeBody(server, { holdId: id }) });
        const charge = Charge.parse(body);
        expect(charge.pricing.slices).toEqual([
          { fromQuantityExclusive: 0, unitNet: '1.00' },
          { fromQuantityExclusive: 2, unitNet: '0.335' },
        ]);
        amounts.push(charge.amount);
      }
      expect(amounts).toEqual(['1.00', '1.00', '0.34', '0.33', '0.34']);
      expect(await client.call('balance')).toMatchObject({ body: { balance: '6.99', held: '0.00' } });
      await finance.call('putPricing', { body: testPrices });
    });

    test('what is paid by tokens or by time is published with its version and quoted with its steps', async () => {
      const finance = await server.newClient({ role: 'finance' });
      const { effectiveAt } = testPrices.prices[0] ?? {};
      const model = { platform: 'dashscope', operation: 'qwen_max', asset: 'CNY', effectiveAt };
      const tokens = { ...model, strategy: 'tokens', per: 1_000, inputPrice: '0.002', outputPrice: '0.008' };
      const speech = { ...model, operation: 'speech', asset: 'POINT', strategy: 'duration', unitPrice: '1' };
      const usagePrices = [tokens, { ...speech, unitMs: 10_000, minimum: '1' }];
      const published = await finance.call('putPricing', { body: { ...testPrices, usagePrices } });
      const { version } = PriceBook.parse(published.body);
      expect(await finance.call('pricing')).toMatchObject({ body: { version, usagePrices } });

      const client = await server.newClient();
      const ask = (operation: string, usage: object) =>
        client.call('quote', { body: { platform: 'dashscope', operation, usage } });
      expect(await ask('qwen_max', { kind: 'tokens', inputTokens: 1_000, outputTokens: 500 })).toMatchObject({
        status: 200,
        body: {
          asset: 'CNY',
          total: '0.006',
          pricingVersion: version,
          steps: [
            { kind: 'input_tokens', amount: '0.002' },
            { kind: 'output_tokens', amount: '0.004' },
          ],
        },
      });
      const seconds = { kind: 'duration', durationMs: 10_001 };
      expect(await ask('speech', seconds)).toMatchObject({
        status: 200,
        body: { asset: 'POINT', total: '2' },
      });
      expect(await ask('qwen_max', seconds)).toMatchObject(refusedAt('usage.kind'));
      expect(await ask('dance', seconds)).toMatchObject(refusedAt('platform'));
      expect(await ask('speech', { kind: 'duration', durationMs: -1 })).toMatchObject(
        refusedAt('usage.durationMs'),
      );

      const halfPoint = [tokens, { ...speech, unitMs: 10_000, unitPrice: '0.5' }];
      expect(
        await finance.call('putPricing', { body: { ...testPrices, usagePrices: halfPoint } }),
      ).toMatchObject(refusedAt('usagePrices.1.unitPrice'));
      await finance.call('putPricing', { body: testPrices });
    });

    test('a platform without a price is named', async () => {
      const client = await server.newClient();
      const reply = await client.call('quote', { body: { ...follow, platform: 'weibo', quantity: 1 } });
      expect(reply).toMatchObject({ status: 400, body: { errors: [{ path: 'platform' }] } });
    });
  });

  describe('holds and charges', () => {
    test('a hold is placed, captured, replayed, released', async () => {
      const client = await server.newClient({ balance: '1000.00' });
      const id = randomUUID();
      expect(await placeHold(client, 500, id)).toMatchObject({ status: 201, body: { amount: '475.00' } });
      expect(await placeHold(client, 500, id)).toMatchObject({ status: 200, body: { id } });
      expect(await placeHold(client, 499, id)).toMatchObject({
        status: 409,
        body: { code: 'idempotency_mismatch', id },
      });

      const body = chargeBody(server, { holdId: id });
      const charged = await client.call('charge', { body });
      expect(charged).toMatchObject({
        status: 201,
        body: { amount: '0.95', pricing: { k: 1, unitNet: '0.95' } },
      });
      expect(await client.call('charge', { body })).toEqual({
        ...charged,
        status: 200,
        headers: expect.anything(),
      });
      expect(await client.call('charge', { body: { ...body, targetUserId: 'other' } })).toMatchObject({
        status: 409,
        body: { code: 'idempotency_mismatch', id: body.id },
      });
      const again = chargeBody(server, { holdId: id, targetUserId: body.targetUserId });
      expect(await client.call('charge', { body: again })).toMatchObject({
        status: 409,
        body: { code: 'duplicate_target', chargeId: body.id },
      });
      expect(await client.call('getCharge', { params: { id: body.id } })).toMatchObject({
        body: charged.body,
      });

      const extended = await client.call('extendHold', {
        params: { id },
        body: { expiresInSeconds: 2_592_000 },
      });
      expect(extended).toMatchObject({ status: 200, body: { state: 'open', remaining: '474.05' } });
      const released = await client.call('releaseHold', { params: { id } });
      expect(released).toMatchObject({ status: 200, body: { state: 'closed', released: '474.05' } });
      expect(await client.call('releaseHold', { params: { id } })).toMatchObject({ body: released.body });
      expect(
        await client.call('extendHold', { params: { id }, body: { expiresInSeconds: 60 } }),
      ).toMatchObject({
        status: 409,
        body: { code: 'hold_closed' },
      });
      const late = await client.call('charge', { body: chargeBody(server, { holdId: id }) });
      expect(late).toMatchObject({ status: 201, body: { pricing: { late: true } } });
      expect(await client.call('balance')).toMatchObject({
        body: { balance: '998.10', held: '0.00', spentToday: '1.90', spentThisMonth: '1.90' },
      });
      expect(await client.call('holds', { query: { state: 'closed' } })).toMatchObject({
        body: { items: [{ id }], nextCursor: null },
      });
    });

    test('each refusal of the ledger has its status and says what is missing', async () => {
      const client = await server.newClient({ balance: '2.00' });
      expect(await placeHold(client, 3)).toMatchObject({
        status: 402,
        body: { code: 'insufficient_balance', required: '3.00', available: '2.00', shortfall: '1.00' },
      });
      const expected = chargeBody(server, { expectedAmount: '0.90' });
      expect(await client.call('charge', { body: expected })).toMatchObject({
        status: 409,
        body: { code: 'price_changed', expected: '0.90', actual: '1.00', pricingVersion: expect.any(Number) },
      });
      const hold = Hold.parse((await placeHold(client, 1)).body);
      await client.call('charge', { body: chargeBody(server, { holdId: hold.id }) });
      expect(await client.call('charge', { body: chargeBody(server, { holdId: hold.id }) })).toMatchObject({
        status: 409,
        body: { code: 'hold_exceeded' },
      });
      await server.database.query('UPDATE accounts SET frozen = true WHERE id = $1', [client.accountId]);
      expect(await client.call('charge', { body: chargeBody(server) })).toMatchObject({
        status: 423,
        body: { code: 'account_frozen' },
      });
    });

    test('a batch answers each of 500 on its own and in order', async () => {
      const client = await server.newClient({ balance: '300.00' });
      const first = chargeBody(server);
      const charges = [
        first,
        { ...first },
        { ...first, targetUserId: 'other' },
        chargeBody(server, { platform: 'weibo' }),
        ...Array.from({ length: 496 }, () => chargeBody(server)),
      ];
      const reply = await client.call('chargeBatch', { body: { charges } });
      const { results, balance } = ChargeBatchResults.parse(reply.body);
      expect(results.map(({ id }) => id)).toEqual(charges.map(({ id }) => id));
      expect(results.slice(0, 4).map(({ status, problem }) => problem?.code ?? status)).toEqual([
        'charged',
        'replayed',
        'idempotency_mismatch',
        'validation_failed',
      ]);
      const rest = results.slice(4).map(({ status, problem }) => problem?.code ?? status);
      expect(rest.filter((word) => word === 'charged')).toHaveLength(299);
      expect(rest.slice(299).every((word) => word === 'insufficient_balance')).toBe(true);
      expect(balance).toMatchObject({ balance: '0.00', seq: 301 });
    });

    test('finance gives back part of a charge, then the rest, never more', async () => {
      const client = await server.newClient({ balance: '10.00' });
      const finance = await server.newClient({ role: 'finance' });
      const charge = Charge.parse((await client.call('charge', { body: chargeBody(server) })).body);
      const refund = { id: randomUUID(), chargeId: charge.id, amount: '0.40', reason: 'the account is gone' };
      const given = await finance.call('refund', { body: refund });
      expect(given).toMatchObject({
        status: 201,
        body: { kind: 'refund', amount: '0.40', reversesId: charge.id },
      });
      expect(await finance.call('refund', { body: refund })).toMatchObject({ status: 200, body: given.body });
      const tooMuch = { ...refund, id: randomUUID(), amount: '0.61' };
      expect(await finance.call('refund', { body: tooMuch })).toMatchObject({
        status: 409,
        body: { code: 'refund_exceeds', left: '0.60' },
      });
      const { amount: _, ...rest } = tooMuch;
      expect(await finance.call('refund', { body: rest })).toMatchObject({
        status: 201,
        body: { amount: '0.60' },
      });
      expect(await client.call('balance')).toMatchObject({ body: { balance: '10.00', spentToday: '0.00' } });
      const unknown = { ...rest, id: randomUUID(), chargeId: randomUUID() };
      expect(await finance.call('refund', { body: unknown })).toMatchObject({ status: 404 });
    });

    test('finance corrects a balance; above ¥1,000.00 another finance person has to approve', async () => {
      const client = await server.newClient({ balance: '10.00' });
      const maker = await server.newClient({ role: 'finance' });
      const checker = await server.newClient({ role: 'finance' });
      const { accountId } = client;
      const small = { id: randomUUID(), accountId, asset: 'CNY', amount: '-3.00', reason: 'miscounted' };
      const posted = await maker.call('adjust', { body: small });
      expect(posted).toMatchObject({ status: 201, body: { state: 'posted', askedBy: maker.accountId } });
      expect(await checker.call('adjust', { body: small })).toMatchObject({ status: 200, body: posted.body });

      const large = { ...small, id: randomUUID(), amount: '1000.01' };
      expect(await maker.call('adjust', { body: large })).toMatchObject({
        status: 202,
        body: { state: 'waiting' },
      });
      expect(await client.call('balance')).toMatchObject({ body: { balance: '7.00' } });
      const params = { id: large.id };
      const own = await Promise.all([1, 2].map(() => maker.call('approveAdjustment', { params })));
      for (const reply of own) expect(reply).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      const query = { state: 'waiting', accountId };
      expect(await checker.call('adjustments', { query })).toMatchObject({ body: { items: [large] } });
      const approvals = await Promise.all([1, 2].map(() => checker.call('approveAdjustment', { params })));
      for (const reply of approvals)
        expect(reply).toMatchObject({
          status: 200,
          body: { state: 'posted', askedBy: maker.accountId, approvedBy: checker.accountId },
        });
      expect(await client.call('balance')).toMatchObject({ body: { balance: '1007.01', seq: 3 } });

      for (const [change, status] of [
        [{ accountId: randomUUID() }, 404],
        [{ asset: 'POINT' }, 400],
        [{ amount: '0.00' }, 400],
        [{ amount: '-900.00', accountId: checker.accountId }, 402],
      ] as const)
        expect(await maker.call('adjust', { body: { ...small, id: randomUUID(), ...change } })).toMatchObject(
          { status },
        );
      const unknown = { params: { id: randomUUID() } };
      expect(await checker.call('approveAdjustment', unknown)).toMatchObject({ status: 404 });
    });

    test('finance withdraws a correction of its own while it waits, and nobody approves it then', async () => {
      const client = await server.newClient({ balance: '10.00' });
      const maker = await server.newClient({ role: 'finance' });
      const checker = await server.newClient({ role: 'finance' });
      const { accountId } = client;
      const body = { id: randomUUID(), accountId, asset: 'CNY', amount: '1000.01', reason: 'mistyped' };
      const params = { id: body.id };
      expect(await maker.call('withdrawAdjustment', { params })).toMatchObject({ status: 404 });
      expect(await maker.call('adjust', { body })).toMatchObject({ status: 202 });
      expect(await checker.call('withdrawAdjustment', { params })).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
      const withdrawn = await maker.call('withdrawAdjustment', { params });
      const withdrawnAt = new Date(server.nowMs).toISOString();
      expect(withdrawn).toMatchObject({ status: 200, body: { ...body, state: 'withdrawn', withdrawnAt } });
      expect(await maker.call('withdrawAdjustment', { params })).toMatchObject({ body: withdrawn.body });
      expect(await checker.call('approveAdjustment', { params })).toMatchObject({
        status: 409,
        body: { code: 'adjustment_closed', state: 'withdrawn' },
      });
      expect(await maker.call('adjust', { body })).toMatchObject({ status: 200, body: withdrawn.body });
      const list = (state: string) => checker.call('adjustments', { query: { state, accountId } });
      expect(await list('withdrawn')).toMatchObject({ body: { items: [body] } });
      expect(await list('waiting')).toMatchObject({ body: { items: [] } });
      expect(await client.call('balance')).toMatchObject({ body: { balance: '10.00', seq: 1 } });
    });

    test('the balance tells how far an account may owe, where it may', async () => {
      const client = await server.newClient({ balance: '1.00' });
      expect((await client.call('balance')).body).not.toHaveProperty('debtLimit');
      await server.ledger.setDebtLimit(client.accountId, yuan('5.00'));
      expect(await client.call('balance')).toMatchObject({
        body: { balance: '1.00', available: '1.00', debtLimit: '5.00' },
      });
    });

    test('a refund of an id that two accounts used is refused rather than guessed', async () => {
      const finance = await server.newClient({ role: 'finance' });
      const id = randomUUID();
      for (const client of [
        await server.newClient({ balance: '1.00' }),
        await server.newClient({ balance: '1.00' }),
      ])
        expect(await client.call('charge', { body: chargeBody(server, { id }) })).toMatchObject({
          status: 201,
        });
      const body = { id: randomUUID(), chargeId: id, reason: 'whose?' };
      expect(await finance.call('refund', { body })).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'chargeId' }] },
      });
    });
  });

  describe('what an account may check for itself', () => {
    test('the rows chain up to a head that the server signs', async () => {
      const client = await server.newClient({ balance: '5.00' });
      await client.call('chargeBatch', { body: { charges: [chargeBody(server), chargeBody(server)] } });
      const first = Transactions.parse((await client.call('transactions', { query: { limit: '2' } })).body);
      expect(first).toMatchObject({ lastSeq: 3, hasMore: true });
      const second = Transactions.parse(
        (await client.call('transactions', { query: { afterSeq: '2' } })).body,
      );
      let head = genesisHash;
      for (const row of [...first.transactions, ...second.transactions]) {
        expect(row.prevHash).toBe(head);
        head = hash('sha256', chainText(head, row), 'hex');
        expect(row.hash).toBe(head);
      }
      expect(await client.call('digest')).toMatchObject({
        body: { seq: 3, head, count: 3, sums: { CNY: '3.00' } },
      });
      expect(await client.call('digest', { query: { uptoSeq: '1' } })).toMatchObject({ body: { count: 1 } });

      const { jws, ...statement } = Checkpoint.parse((await client.call('checkpoint')).body);
      expect(statement).toMatchObject({ accountId: client.accountId, seq: 3, head });
      const keys = JsonWebKeySet.parse((await server.nobody.call('receiptKeys')).body);
      const { payload } = await compactVerify(jws, createLocalJWKSet(keys));
      expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(statement);
    });

    test('devices show the numbers that are missing and reused', async () => {
      const client = await server.newClient({ balance: '5.00' });
      for (const deviceSeq of [1, 3, 3])
        await client.call('charge', { body: chargeBody(server, { deviceSeq }) });
      expect(await client.call('devices')).toMatchObject({
        body: {
          items: [{ deviceId: 'test-desk', name: 'Test desk', lastSeq: 3, missing: [2], reused: [3] }],
        },
      });
    });

    test('alert settings have defaults, are kept, and must make sense', async () => {
      const client = await server.newClient();
      const settings = {
        lowBalance: { enabled: true, threshold: '20.00' },
        pauseTasks: { enabled: false, threshold: '0.00' },
        email: { enabled: true, address: 'someone@x.example' },
      };
      expect(await client.call('alerts')).toMatchObject({ body: { lowBalance: { threshold: '100.00' } } });
      expect(await client.call('putAlerts', { body: settings })).toMatchObject({
        status: 200,
        body: settings,
      });
      const wrong = {
        ...settings,
        pauseTasks: { enabled: true, threshold: '-1.00' },
        email: { enabled: true, address: 'nobody' },
      };
      expect(await client.call('putAlerts', { body: wrong })).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'pauseTasks.threshold' }, { path: 'email.address' }] },
      });
      expect((await client.call('alerts')).body).toEqual(settings);
    });
  });

  describe('what is refused before the ledger is asked', () => {
    test.each([
      ['a JSON number for money', { expectedAmount: 1 }, 'expectedAmount'],
      ['more than six decimals', { expectedAmount: '1.0000001' }, 'expectedAmount'],
      ['an unknown field', { discount: '0.5' }, 'discount'],
      ['a time without a zone', { occurredAt: '2026-11-21T02:00:00.000' }, 'occurredAt'],
      ['a time before any clock', { occurredAt: '0001-02-01T00:00:00.000Z' }, 'occurredAt'],
      ['an id that is no UUID', { id: '1' }, 'id'],
      ['a NUL', { targetUserId: 'a\0' }, 'targetUserId'],
      ['half a character', { targetUserId: '\ud83d' }, 'targetUserId'],
      ['a byte-order mark, which a database may drop', { targetUserId: '\ufeffa' }, 'targetUserId'],
    ])('%s', async (_what, change, path) => {
      const client = await server.newClient({ balance: '5.00' });
      const reply = await client.call('charge', { body: { ...chargeBody(server), ...change } });
      expect(reply).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
      const { errors = [] } = Problem.parse(reply.body);
      expect(new Set(errors.map((error) => error.path))).toEqual(new Set([path]));
      expect(await client.call('balance')).toMatchObject({ body: { balance: '5.00' } });
    });

    test('a bad hold is told what is wrong with the kind of hold it is nearest to', async () => {
      const client = await server.newClient();
      const body = { id: randomUUID(), kind: 'reserve', amount: 5, deviceId: 'd' };
      expect(await client.call('createHold', { body })).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'amount' }] },
      });
    });
  });

  describe('events', () => {
    let base: string;
    beforeAll(async () => {
      await server.app.listen({ port: 0, host: '127.0.0.1' });
      base = `http://127.0.0.1:${(server.app.server.address() as AddressInfo).port}`;
    });

    test('a listener hears of its own account alone, and resumes where it stopped', async () => {
      const client = await server.newClient({ balance: '500.00' });
      const other = await server.newClient({ balance: '500.00' });
      const first = await listen(base, client.accessToken, null);
      await other.call('charge', { body: chargeBody(server) });
      await client.call('charge', { body: chargeBody(server) });
      const [heard] = await first.take(1);
      expect(heard).toMatchObject({ event: 'balance' });
      expect(JSON.parse(heard?.data ?? '')).toMatchObject({ balance: '499.00', available: '499.00', seq: 2 });
      await first.close();

      await client.call('charge', { body: chargeBody(server) });
      await client.call('charge', { body: chargeBody(server) });
      const second = await listen(base, client.accessToken, heard?.id ?? '');
      const missed = await second.take(2);
      expect(missed.map(({ data }) => (JSON.parse(data) as { seq: number }).seq)).toEqual([3, 4]);
      await second.close();
    });

    test('the office hears how many findings nobody has seen, and nobody else does', async () => {
      const [finance, operator] = [
        await server.newClient({ role: 'finance', balance: '500.00' }),
        await server.newClient({ balance: '500.00' }),
      ];
      const office = await listen(base, finance.accessToken, null);
      const other = await listen(base, operator.accessToken, null);
      await finance.call('charge', { body: chargeBody(server) });
      expect(await office.take(1)).toMatchObject([{ event: 'balance' }]);
      const unseen = async (): Promise<number> => {
        const { body } = await finance.call('findings', { query: { unseen: 'true', limit: '1' } });
        return (body as { unseen: number }).unseen;
      };
      const before = await unseen();
      const what = {
        kind: 'budget',
        budgetId: randomUUID(),
        month: '2026-11',
        scope: 'all',
        name: '',
      } as const;
      const found = { ...what, percent: 50, amount: '10.00', spent: '5.00' } as const;
      await addFindings(server.database, [{ key: randomUUID(), what: found }], server.nowMs);
      const [heard] = await office.take(1);
      expect(heard).toMatchObject({ event: 'findings' });
      expect(heard?.id ?? '').toBe('');
      expect(JSON.parse(heard?.data ?? '')).toEqual({ unseen: before + 1 });
      expect(await unseen()).toBe(before + 1);
      const { body } = await finance.call('findings', { query: { limit: '1' } });
      const [{ id }] = (body as { items: [{ id: string }] }).items;
      await finance.call('seeFinding', { params: { id } });
      const [seen] = await office.take(1);
      expect(JSON.parse(seen?.data ?? '')).toEqual({ unseen: before });
      await operator.call('charge', { body: chargeBody(server) });
      expect(await other.take(1), 'the first that it hears').toMatchObject([{ event: 'balance' }]);
      await office.close();
      await other.close();
    });

    test('everybody hears when other prices take force, without a number of its own', async () => {
      const [one, two] = [
        await server.newClient({ balance: '500.00' }),
        await server.newClient({ balance: '500.00' }),
      ];
      const open = [await listen(base, one.accessToken, null), await listen(base, two.accessToken, null)];
      // An event of its own tells each that its stream is being served.
      await one.call('charge', { body: chargeBody(server) });
      await two.call('charge', { body: chargeBody(server) });
      for (const listener of open) expect(await listener.take(1)).toMatchObject([{ event: 'balance' }]);
      const finance = await server.newClient({ role: 'finance' });
      const { version } = PriceBook.parse((await finance.call('putPricing', { body: testPrices })).body);
      for (const listener of open) {
        const [heard] = await listener.take(1);
        expect(heard).toMatchObject({ event: 'pricing' });
        expect(heard?.id ?? '').toBe('');
        expect(JSON.parse(heard?.data ?? '')).toEqual({ version });
        await listener.close();
      }
    });

    test('a stop ends the stream, so that it does not hold the server up', async () => {
      const client = await server.newClient();
      const listener = await listen(base, client.accessToken, null);
      await server.app.close();
      expect(await listener.take(1)).toEqual([]);
    });
  });
}

/** One that could not be published today: its discount does not come out, or much of it cannot be written. */
function olderPrice(platform: string, unitPrice: string): object {
  const tiers = [{ fromQuantityExclusive: 0, multiplier: '0.9333' }];
  return { ...testPrices.prices[0], platform, unitPrice, tiers };
}

function refusedAt(path: string): object {
  return { status: 400, body: { errors: [{ path }] } };
}

function placeHold(client: Client, quantity: number, id: string = randomUUID()): Promise<Reply> {
  const body = { id, campaignId: `campaign-${id}`, ...follow, quantity, deviceId: 'test-desk' };
  return client.call('createHold', { body });
}

/** The smallest body of an endpoint that its schema takes or refuses; only the status class matters. */
function bodyFor(name: EndpointName): object {
  return endpoints[name].method === 'GET' ? {} : { name };
}

interface EventListener {
  /** The next `count` events, fewer when the stream ends. */
  take(count: number): Promise<EventSourceMessage[]>;
  close(): Promise<void>;
}

async function listen(base: string, token: string, lastEventId: string | null): Promise<EventListener> {
  const response = await fetch(`${base}/api/events`, {
    headers: {
      authorization: `Bearer ${token}`,
      ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }),
    },
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  if (response.body === null) throw new Error('the stream has no body');
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const waiting: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => waiting.push(event) });
  return {
    async take(count) {
      while (waiting.length < count) {
        const { done, value } = await reader.read();
        if (done) break;
        parser.feed(value);
      }
      return waiting.splice(0, count);
    },
    close: () => reader.cancel(),
  };
}
