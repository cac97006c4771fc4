/**
 * Sums beyond 64 bits over HTTP, on either database: amounts near the largest, enough of them that no `bigint` of the
 * database holds what they come to. Time goes on from test to test, through October to November.
 */
import { hash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CostDifference, CostEvidence } from '../shared/api-bills.ts';
import {
  Finding,
  ReportAnswer,
  type CostsContent,
  type MarginLine,
  type Report,
} from '../shared/api-finance.ts';
import { Balance } from '../shared/api.ts';
import { UsageTotals } from '../shared/api-metering.ts';
import type { CatalogueContent } from '../shared/api-selling.ts';
import { yuan, yuanText } from '../shared/money.ts';
import { openDatabase } from './database/database.ts';
import { finance as openFinance } from './finance-of.ts';
import { verifyLedger } from './ledger/verify.ts';
import { rebuild } from './reports/rollup.ts';
import { startTestServer, type Client, type TestServer } from './test-server.ts';

const zone = 'Asia/Shanghai';
const from = '2026-09-30T16:00:00.000Z';
const at = (local: string): number => Date.parse(`${local}+08:00`);
const name = (id: string) => ({ 'zh-CN': id, 'en-US': id });
/** What holds the most that a signed number of 64 bits can say, in micro-yuan. */
const int8Max = 2n ** 63n - 1n;
const large = '900000000000.00';
/** So many large amounts are more than 64 bits hold. */
const many = 11;
const times = (text: string, count: number): string => yuanText(yuan(text) * BigInt(count));
const inAll = times(large, many);

const catalogue: CatalogueContent = {
  products: [],
  packages: [
    { id: 'vast', name: name('vast'), price: large, asset: 'POINT', amount: '1', bonus: '0', validDays: 30 },
  ],
  plans: [
    {
      id: 'vast',
      name: name('vast'),
      price: large,
      level: 'premium',
      rank: 1,
      quotas: [{ asset: 'IMAGE_QUOTA', amount: '1' }],
      graceDays: 0,
    },
  ],
};
/** The most tokens that a call has, at the dearest price that they may have. */
const tokens = 1_000_000_000;
const perCall = '499999000000.00';
const costPerCall = '499998000000.00';
const calls = 20;
const metering = {
  providers: [{ id: 'aliyun', name: name('aliyun') }],
  models: [{ id: 'qwen-max', provider: 'aliyun' }],
  prices: [{ model: 'qwen-max', effectiveAt: from, per: 1_000, inputPrice: '499999', outputPrice: '0' }],
  products: [{ id: 'chat', name: name('chat'), model: 'qwen-max', paidBy: ['CNY'] }],
};
const costs: CostsContent = {
  providers: [{ id: 'aliyun', name: name('aliyun') }],
  prices: [
    {
      basis: 'tokens',
      provider: 'aliyun',
      effectiveAt: from,
      model: 'qwen-max',
      per: 1_000,
      inputPrice: '499998',
      outputPrice: '0',
    },
  ],
  unitValues: [{ asset: 'POINT', value: '999999999999' }],
};

async function buy(client: Client): Promise<string> {
  const body = { id: randomUUID(), expectedPrice: large };
  const bought = await client.call('buyPackage', { params: { package: 'vast' }, body });
  expect(bought).toMatchObject({ status: 201 });
  return body.id;
}

export function largeSumsSuite(newDatabase: () => Promise<string | undefined>): void {
  let server: TestServer;
  let finance: Client;
  let checker: Client;
  /** Many, each of whom has a large amount. */
  const holders: Client[] = [];
  let loyal: Client;
  let fickle: Client;
  let caller: Client;
  beforeAll(async () => {
    const databaseUrl = await newDatabase();
    server = await startTestServer(await openDatabase(databaseUrl === undefined ? {} : { databaseUrl }));
    server.nowMs = at('2026-10-01T09:00:00');
    finance = await server.newClient({ role: 'finance' });
    checker = await server.newClient({ role: 'finance' });
    for (const [endpoint, body] of [
      ['putMeteringCatalogue', metering],
      ['putCatalogue', catalogue],
      ['putCosts', costs],
    ] as const)
      expect(await finance.call(endpoint, { body })).toMatchObject({ status: 200 });
    for (let count = 0; count < many; count += 1) holders.push(await server.newClient({ balance: large }));
    [loyal, fickle, caller] = [await server.newClient(), await server.newClient(), await server.newClient()];
  });
  afterAll(() => server.close());

  async function recharge(client: Client, text: string): Promise<void> {
    const posted = await server.ledger.recharge({
      id: randomUUID(),
      accountId: client.accountId,
      amount: yuan(text),
      occurredAtMs: server.nowMs,
      source: 'test',
    });
    if ('refused' in posted) throw new Error(JSON.stringify(posted));
  }
  async function call(inputTokens: number): Promise<void> {
    const body = {
      id: randomUUID(),
      product: 'chat',
      model: 'qwen-max',
      inputTokens,
      outputTokens: 0,
      startedAt: new Date(server.nowMs).toISOString(),
      endedAt: new Date(server.nowMs + 2_000).toISOString(),
      outcome: 'finished',
      usageKnown: true,
    };
    expect(await caller.call('recordUsage', { body })).toMatchObject({ status: 201 });
  }
  async function reportOf(period: string): Promise<Report> {
    const reply = await finance.call('report', { params: { period } });
    expect(reply.status).toBe(200);
    return ReportAnswer.parse(reply.body).report;
  }

  test('an account is charged, and given back, more in a day than 64 bits hold, and its balance says so', async () => {
    server.nowMs = at('2026-10-05T09:00:00');
    expect(yuan(inAll)).toBeGreaterThan(int8Max);
    for (let count = 0; count < many; count += 1) {
      await recharge(loyal, large);
      await buy(loyal);
    }
    await recharge(fickle, large);
    for (let count = 0; count < many; count += 1) {
      const chargeId = await buy(fickle);
      const { accountId } = fickle;
      const refund = { id: randomUUID(), accountId, chargeId, reason: 'not what it seemed' };
      expect(await server.ledger.refund(refund)).toMatchObject({ transaction: { amount: large } });
    }
    expect(Balance.parse((await loyal.call('balance')).body)).toMatchObject({
      balance: '0.00',
      spentToday: inAll,
      spentThisMonth: inAll,
    });
    expect(Balance.parse((await fickle.call('balance')).body)).toMatchObject({
      balance: large,
      spentToday: '0.00',
    });
    const more = await server.ledger.recharge({
      id: randomUUID(),
      accountId: fickle.accountId,
      amount: yuan(large),
      occurredAtMs: server.nowMs,
      source: 'test',
    });
    expect(more, 'a balance is no sum').toMatchObject({ refused: { code: 'validation_failed' } });
  });

  test('calls cost, and bring, more in a day than 64 bits hold', async () => {
    for (const day of ['2026-10-05', '2026-10-06', '2026-10-07']) {
      server.nowMs = at(`${day}T10:00:00`);
      await recharge(caller, '499999.00');
      await call(1_000);
    }
    server.nowMs = at('2026-10-08T10:00:00');
    for (let count = 0; count < calls; count += 1) {
      await recharge(caller, perCall);
      await call(tokens);
    }
    const totals = UsageTotals.parse((await caller.call('usageTotals')).body);
    expect(totals.total).toMatchObject({
      inputTokens: String(BigInt(tokens) * BigInt(calls) + 3_000n),
      paid: [{ asset: 'CNY', amount: yuanText(yuan(perCall) * BigInt(calls) + yuan('499999.00') * 3n) }],
    });
    const day = await reportOf('2026-10-08');
    expect(yuan(day.costs.usage)).toBeGreaterThan(int8Max);
    expect(day.costs).toMatchObject({ usage: times(costPerCall, calls), total: times(costPerCall, calls) });
    expect(day.margin).toMatchObject({ revenue: times(perCall, calls), gross: '20000000.00' });
    expect(day.money).toMatchObject({ consumed: times(perCall, calls), closing: times(large, many + 1) });
  });

  test('members are owed more days than 64 bits of money hold, and units are worth more', async () => {
    server.nowMs = at('2026-10-09T09:00:00');
    for (const holder of holders) {
      const order = { id: randomUUID(), plan: 'vast', expectedPrice: large };
      expect(await holder.call('buyMembership', { body: order })).toMatchObject({ status: 201 });
      await recharge(holder, large);
    }
    const { deferred, money, topUsers } = await reportOf('2026-10-09');
    // Thirty days of thirty-one are still to come; each month is rounded down by itself.
    expect(deferred.memberships).toBe(yuanText(((yuan(large) * 30n) / 31n) * BigInt(many)));
    expect(yuan(deferred.memberships ?? '')).toBeGreaterThan((int8Max * 9n) / 10n);
    expect(deferred.prepaid).toBe(times(large, many + 1));
    // Of the packages those that were given back brought points all the same.
    expect(deferred.units).toBe(times('999999999999.00', 2 * many));
    expect(money).toMatchObject({ consumed: inAll, recharged: inAll });
    expect(topUsers.map(({ revenue }) => revenue)).toEqual(holders.map(() => large));
    const month = await reportOf('2026-10');
    expect(month.money.refunded).toBe(inAll);
    expect(month.products.find(({ key }) => key === 'package')).toMatchObject({ revenue: inAll });
    expect(month.topUsers.slice(0, 2).map(({ key }) => key)).toEqual([caller.accountId, loyal.accountId]);
  });

  test('margins are listed page by page, whatever the amounts', async () => {
    for (const by of ['product', 'model', 'user', 'day']) {
      const rows: MarginLine[] = [];
      let total: string | undefined;
      for (let cursor: string | null = ''; cursor !== null;) {
        const query = { by, from: '2026-10-01', until: '2026-11-01', limit: '1' };
        const reply = await finance.call('margins', { query: cursor === '' ? query : { ...query, cursor } });
        expect(reply).toMatchObject({ status: 200 });
        const page = reply.body as { items: MarginLine[]; nextCursor: string | null; total: MarginLine };
        rows.push(...page.items);
        total = page.total.revenue;
        cursor = page.nextCursor;
      }
      expect({ by, sum: yuanText(rows.reduce((sum, { revenue }) => sum + yuan(revenue), 0n)) }).toEqual({
        by,
        sum: total,
      });
      expect(yuan(total ?? '')).toBeGreaterThan(int8Max);
    }
    const query = { by: 'product', from: '2026-10-01', until: '2026-11-01', cursor: `${'9'.repeat(60)} z` };
    expect(await finance.call('margins', { query })).toMatchObject({ status: 200 });
  });

  test('a budget is spent, and a day unusual, beyond 64 bits', async () => {
    const budget = { id: randomUUID(), month: '2026-10', scope: 'provider', name: 'aliyun' };
    const spent = yuanText(yuan(costPerCall) * BigInt(calls) + yuan('499998.00') * 3n);
    expect(await finance.call('setBudget', { body: { ...budget, amount: large } })).toMatchObject({
      status: 201,
      body: { spent, percent: 1111 },
    });
    const { database } = server;
    const { reports, watch } = openFinance({ database, clock: () => server.nowMs, businessZone: zone });
    for (let run = 0; run < 2; run += 1) {
      await reports.catchUp();
      await watch.run();
    }
    const reply = await finance.call('findings', { query: { limit: '200' } });
    const found = (reply.body as { items: unknown[] }).items.map((item) => Finding.parse(item).what);
    expect(found.flatMap((what) => (what.kind === 'budget' ? [what.spent] : []))).toEqual([
      spent,
      spent,
      spent,
    ]);
    const unusual = found.flatMap((what) =>
      what.kind === 'unusual' && what.product === 'chat' ? [what] : [],
    );
    expect(unusual).toHaveLength(2);
    for (const { day, amount } of unusual)
      expect({ day, amount }).toEqual({ day: '2026-10-08', amount: times(perCall, calls) });
    // A millionth of a yuan: no number of percent says how far beyond it this is.
    const least = { ...budget, amount: '0.000001' };
    expect(await finance.call('setBudget', { body: least })).toMatchObject({
      status: 200,
      body: { spent, percent: Number.MAX_SAFE_INTEGER },
    });
  });

  test('a bill is held against what was worked out beyond 64 bits, and its figure accepted', async () => {
    const line = { line: 2, day: '2026-10-08', item: 'qwen-max', amount: '1.00', quantity: '1' };
    const head = {
      id: randomUUID(),
      provider: 'aliyun',
      fileName: 'aliyun.csv',
      fileHash: hash('sha256', 'the file', 'hex'),
      mapping: { headerLines: 1, day: 0, item: 1, amount: 2, quantity: 3, amountIn: 'yuan' },
      lines: 1,
      total: '1.00',
      leftOut: 0,
    };
    const params = { id: head.id };
    expect(await finance.call('beginBill', { body: head })).toMatchObject({ status: 201 });
    expect(await finance.call('sendBillLines', { params, body: { lines: [line] } })).toMatchObject({
      status: 200,
    });
    const workedOut = times(costPerCall, calls);
    const gap = yuanText(yuan('1.00') - yuan(workedOut));
    expect(await finance.call('bookBill', { params, body: {} })).toMatchObject({
      status: 200,
      body: { workedOut, difference: gap },
    });
    const query = { provider: 'aliyun', day: '2026-10-08', item: 'qwen-max' };
    const evidence = CostEvidence.parse((await finance.call('costEvidence', { query })).body);
    expect(evidence.ours).toMatchObject([
      { quantity: String(BigInt(tokens) * BigInt(calls)), amount: workedOut },
    ]);
    const listed = await finance.call('costDifferences');
    const [difference] = (listed.body as { items: unknown[] }).items.map((item) =>
      CostDifference.parse(item),
    );
    expect(difference).toMatchObject({ gap, ours: { workedOut } });
    const asked = {
      id: randomUUID(),
      provider: 'aliyun',
      of: [{ day: '2026-10-08', item: 'qwen-max', theirs: '1.00', ours: workedOut }],
      reason: 'as billed',
    };
    const never = { ...asked, of: [{ ...asked.of[0], theirs: `${'9'.repeat(60)}.00` }] };
    expect(await finance.call('acceptCosts', { body: never })).toMatchObject({ status: 409 });
    expect(await finance.call('acceptCosts', { body: asked })).toMatchObject({
      status: 202,
      body: { amount: gap },
    });
    expect(await checker.call('approveRequest', { params: { id: asked.id } })).toMatchObject({
      status: 200,
      body: { state: 'done', cameTo: { booked: gap } },
    });
    expect((await reportOf('2026-10-08')).costs).toMatchObject({ bills: gap, total: '1.00' });
  });

  test('so many lines may round that their slack is more than 32 bits hold', async () => {
    await server.database.query('UPDATE provider_bill_days SET lines = 500000, quantity = 10::numeric ^ 19');
    const listed = await finance.call('costDifferences', { query: { provider: 'aliyun' } });
    expect(listed).toMatchObject({
      status: 200,
      body: { items: [{ theirs: { lines: 500_000, quantity: '10000000000000000000' } }] },
    });
  });

  test('a month of such sums is closed, the ledger agrees, and made anew the sums are those that were kept', async () => {
    server.nowMs = at('2026-11-02T09:00:00');
    expect(await finance.call('closePeriod', { body: { month: '2026-10' } })).toMatchObject({ status: 201 });
    expect((await reportOf('2026-10')).money.refunded).toBe(inAll);
    expect((await reportOf('2026')).money.refunded).toBe(inAll);
    expect((await verifyLedger(server.database)).faults).toEqual([]);
    const tables = ['report_days', 'report_user_days', 'report_user_months', 'cost_days', 'cost_user_days'];
    const read = async () =>
      Promise.all(
        tables.map((table) =>
          server.database.query(`SELECT t::text AS row FROM ${table} t ORDER BY t::text`),
        ),
      );
    const kept = await read();
    await rebuild(server.database, zone, server.nowMs);
    expect(await read()).toEqual(kept);
  });
}
