/**
 * Costs, budgets, the watch and closing over HTTP at the edges of days, months and numbers, on either database. Time goes
 * on from test to test, from October to November.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  Closings,
  Finding,
  ReportAnswer,
  type CostPrice,
  type MarginLine,
  type CostsContent,
  type Report,
} from '../shared/api-finance.ts';
import type { Problem } from '../shared/api-words.ts';
import { endpoints, type Endpoint, type EndpointName } from '../shared/endpoints.ts';
import { yuan, yuanText } from '../shared/money.ts';
import { z } from 'zod';
import { demoCatalogue } from './demo/offers.ts';
import { openDatabase } from './database/database.ts';
import { finance as openFinance } from './finance-of.ts';
import { publishPriceBook } from './pricing/price-books.ts';
import { rebuild } from './reports/rollup.ts';
import {
  chargeBody,
  startTestServer,
  testPrices,
  type Client,
  type Reply,
  type TestServer,
} from './test-server.ts';

const zone = 'Asia/Shanghai';
const name = (id: string) => ({ 'zh-CN': id, 'en-US': id });
const at = (local: string): number => Date.parse(`${local}+08:00`);
const model = {
  providers: [{ id: 'aliyun', name: name('aliyun') }],
  models: [{ id: 'qwen-max', provider: 'aliyun' }],
  prices: [
    {
      model: 'qwen-max',
      effectiveAt: '2026-01-01T00:00:00.000Z',
      per: 1_000,
      inputPrice: '0.02',
      outputPrice: '0.08',
    },
  ],
  products: [{ id: 'chat', name: name('chat'), model: 'qwen-max', paidBy: ['CNY'] }],
};
const follows = { provider: 'cloud', product: 'xiaohongshu', operation: 'follow' };
const tokens = (inputPrice: string, effectiveAt = '2026-10-01T00:00:00.000Z'): CostPrice => ({
  basis: 'tokens',
  provider: 'aliyun',
  effectiveAt,
  model: 'qwen-max',
  per: 1_000,
  inputPrice,
  outputPrice: '0',
});
const costsOf = (prices: CostPrice[], points = '0.1'): CostsContent => ({
  providers: ['aliyun', 'cloud'].map((id) => ({ id, name: name(id) })),
  prices,
  unitValues: [{ asset: 'POINT', value: points }],
});
const servers: CostPrice = {
  provider: 'cloud',
  basis: 'day',
  effectiveAt: '2026-10-02T16:00:00.000Z',
  item: 'servers',
  unitPrice: '10.00',
};
/** A follow costs 0.30, and from 5 October on by its time, which is none; servers cost 10.00 a day from 3 October on. */
const prices: readonly CostPrice[] = [
  tokens('0.001'),
  { ...follows, basis: 'piece', effectiveAt: '2026-09-30T16:00:00.000Z', unitPrice: '0.30' },
  { ...follows, basis: 'time', effectiveAt: '2026-10-04T16:00:00.000Z', unitMs: 1_000, unitPrice: '0.05' },
  servers,
];
const costs = costsOf([...prices]);
const sum = (items: readonly MarginLine[], of: 'revenue' | 'cost'): string =>
  yuanText(items.reduce((all, row) => all + yuan(row[of]), 0n));

export function booksSuite(newDatabase: () => Promise<string | undefined>): void {
  let server: TestServer;
  let operator: Client;
  let member: Client;
  let finance: Client;
  let auditor: Client;
  beforeAll(async () => {
    const databaseUrl = await newDatabase();
    server = await startTestServer(await openDatabase(databaseUrl === undefined ? {} : { databaseUrl }));
    server.nowMs = at('2026-09-30T12:00:00');
    // The test server's own is of November.
    const before = { accountId: null, nowMs: server.nowMs - 1 };
    await server.database.transaction((tx) => publishPriceBook(tx, testPrices, before));
    finance = await server.newClient({ role: 'finance' });
    auditor = await server.newClient({ role: 'auditor' });
    member = await server.newClient({ balance: '1000.00' });
    expect(await finance.call('putMeteringCatalogue', { body: model })).toMatchObject({ status: 200 });
    expect(await finance.call('putCatalogue', { body: demoCatalogue })).toMatchObject({ status: 200 });
    const order = { id: randomUUID(), plan: 'monthly', expectedPrice: '99.00' };
    expect(await member.call('buyMembership', { body: order })).toMatchObject({ status: 201 });
    server.nowMs = at('2026-10-01T09:00:00');
    operator = await server.newClient({ balance: '1000.00' });
  });
  afterAll(() => server.close());

  const follow = async (occurredAtMs = server.nowMs): Promise<void> => {
    const body = chargeBody(server, { occurredAt: new Date(occurredAtMs).toISOString() });
    expect(await operator.call('charge', { body })).toMatchObject({ status: 201 });
  };
  const call = async (inputTokens: number, startedAtMs = server.nowMs, by = operator): Promise<void> => {
    const body = {
      id: randomUUID(),
      product: 'chat',
      model: 'qwen-max',
      inputTokens,
      outputTokens: 0,
      startedAt: new Date(startedAtMs).toISOString(),
      endedAt: new Date(startedAtMs + 2_000).toISOString(),
      outcome: 'finished',
      usageKnown: true,
    };
    expect(await by.call('recordUsage', { body })).toMatchObject({ status: 201 });
  };
  const publish = (body: object): Promise<Reply> => finance.call('putCosts', { body });
  const close = (month: string): Promise<Reply> => finance.call('closePeriod', { body: { month } });
  async function reportOf(period: string): Promise<Report> {
    const reply = await finance.call('report', { params: { period } });
    expect(reply.status).toBe(200);
    return ReportAnswer.parse(reply.body).report;
  }
  async function marginsBy(by: string): Promise<{ items: MarginLine[]; total: MarginLine }> {
    const reply = await finance.call('margins', { query: { by, from: '2026-10-01', until: '2026-11-01' } });
    return reply.body as { items: MarginLine[]; total: MarginLine };
  }
  async function findings(): Promise<Finding['what'][]> {
    const reply = await finance.call('findings', { query: { limit: '200' } });
    return (reply.body as { items: unknown[] }).items.map((item) => Finding.parse(item).what);
  }
  const told = async () =>
    (await findings()).flatMap((what) => (what.kind === 'budget' ? [what.percent] : []));
  /** Two processes at once, as each minute. */
  async function watch(): Promise<void> {
    const { database } = server;
    const processes = [1, 2].map(() =>
      openFinance({ database, clock: () => server.nowMs, businessZone: zone }),
    );
    await processes[0]?.reports.catchUp();
    await Promise.all(processes.map((one) => one.watch.run()));
  }

  test('a clock that was never set books on the day from which the account is there', async () => {
    await follow();
    await follow(0);
    await call(1_000, 0);
    expect((await reportOf('2026-10-01')).money.consumed).toBe('2.02');
    expect((await reportOf('1971')).money.consumed).toBe('0.00');
    const closings = Closings.parse((await finance.call('closings')).body);
    expect(closings.next, 'no month of 1970 has to be closed first').toEqual({
      month: '2026-09',
      over: true,
    });
    const calls = await finance.call('costedUsages', { query: { accountId: operator.accountId } });
    expect(calls.body).toMatchObject({
      items: [{ day: '2026-10-01', startedAt: '1970-01-01T00:00:00.000Z' }],
    });
  });

  test('a price of which the largest use could not be written is refused with its field', async () => {
    const dear = [
      tokens('500000'),
      { ...prices[1], unitPrice: '1000000' },
      { ...prices[2], unitPrice: '400000' },
    ];
    expect(await publish({ ...costs, prices: dear })).toMatchObject({
      status: 400,
      body: {
        errors: [
          { path: 'prices.0.inputPrice' },
          { path: 'prices.1.unitPrice' },
          { path: 'prices.2.unitPrice' },
        ],
      },
    });
    for (const effectiveAt of ['0000-01-01T00:00:00.000Z', '9999-12-31T23:00:00.000Z'])
      expect(await publish(costsOf([tokens('1', effectiveAt)]))).toMatchObject({
        status: 400,
        body: { code: 'validation_failed', errors: [{ path: 'prices.0.effectiveAt' }] },
      });
  });

  test('prices by which calls come to more than 64 bits hold are added up, and mended by publishing others', async () => {
    expect(await publish(costsOf([tokens('499999')]))).toMatchObject({ status: 200 });
    const heavy = await server.newClient();
    for (let calls = 0; calls < 20; calls += 1) await call(1_000_000_000, server.nowMs, heavy);
    expect((await reportOf('2026-10-01')).costs.usage).toBe('9999980000000.00');
    expect(await publish(costs)).toMatchObject({ status: 200 });
    expect((await reportOf('2026-10-01')).costs.usage).toBe('20000.30');
  });

  test('a call that spans midnight is costed by the price of its start, and counts on the day of its end', async () => {
    const midnight = at('2026-10-03T00:00:00');
    server.nowMs = midnight + 60_000;
    const raised = { ...costs, prices: [...prices, tokens('0.005', new Date(midnight).toISOString())] };
    expect(await publish(raised)).toMatchObject({ status: 200 });
    await call(1_000, midnight - 1);
    await call(1_000, midnight);
    expect((await reportOf('2026-10-02')).costs).toMatchObject({ usage: '0.00', daily: '0.00' });
    expect((await reportOf('2026-10-03')).costs).toMatchObject({ usage: '0.006', daily: '10.00' });
    expect(await publish(costs)).toMatchObject({ status: 200 });
    expect((await reportOf('2026-10-03')).costs.usage).toBe('0.002');
  });

  test('what was paid by the piece, and then by its time, costs once', async () => {
    server.nowMs = at('2026-10-04T23:59:59.999');
    await follow();
    server.nowMs = at('2026-10-05T00:00:00');
    await follow();
    expect((await reportOf('2026-10-04')).costs.usage).toBe('0.30');
    expect((await reportOf('2026-10-05')).costs.usage).toBe('0.00');
  });

  test('margins by product, user and day are the same sums, and those of the report', async () => {
    const report = await reportOf('2026-10');
    const [products, users, days] = await Promise.all(['product', 'user', 'day'].map(marginsBy));
    for (const list of [products, users, days]) {
      expect(list?.total.revenue).toBe(report.margin.revenue);
      for (const of of ['revenue', 'cost'] as const) expect(sum(list?.items ?? [], of)).toBe(list?.total[of]);
    }
    expect(products?.total.cost).toBe(report.costs.usage);
    expect(users?.total.cost).toBe(report.costs.usage);
    expect(days?.total.cost).toBe(report.costs.total);
    expect(days?.total.margin).toBe(report.margin.gross);
  });

  test('a month that the calendar of the business has not is refused, not answered with a fault', async () => {
    const budget = { id: randomUUID(), scope: 'all', name: '', amount: '1.00' };
    for (const month of ['0000-05', '1970-12', '9998-01']) {
      const answer = await finance.call('setBudget', { body: { ...budget, month } });
      expect(answer).toMatchObject({ status: 400, body: { errors: [{ path: 'month' }] } });
      expect(await close(month)).toMatchObject({ status: 400 });
    }
    for (const period of ['9998', '9999-12', '1970'])
      expect(await finance.call('report', { params: { period } })).toMatchObject({ status: 400 });
    expect((await reportOf('9997')).until).toBe('9998-01-01');
  });

  test('a share of a budget is told once each time that it is reached, also of a month that is over and still open', async () => {
    for (const day of ['2026-10-20', '2026-10-21', '2026-10-22', '2026-10-23']) {
      server.nowMs = at(`${day}T12:00:00`);
      await follow();
    }
    server.nowMs = at('2026-11-02T09:00:00');
    const budget = { id: randomUUID(), month: '2026-10', scope: 'provider', name: 'cloud' };
    // 0.60 for follows and 10.00 for each of 29 days.
    expect(await finance.call('setBudget', { body: { ...budget, amount: '500.00' } })).toMatchObject({
      status: 201,
      body: { spent: '290.60', percent: 58 },
    });
    await watch();
    expect(await told()).toEqual([50]);
    // Raised, it is below the half again; lowered, it is over: no share is told twice.
    for (const amount of ['5000.00', '290.60']) {
      expect(await finance.call('setBudget', { body: { ...budget, amount } })).toMatchObject({ status: 200 });
      await watch();
      await watch();
    }
    expect((await told()).toSorted((a, b) => a - b)).toEqual([50, 80, 100]);
    // Raised above what was spent then, its last share is told anew once that is spent, too; those below it are not.
    const backups = {
      ...servers,
      item: 'backups',
      effectiveAt: '2026-10-19T16:00:00.000Z',
      unitPrice: '5.00',
    };
    expect(await publish(costsOf([...prices, backups]))).toMatchObject({ status: 200 });
    const raised = { ...budget, amount: '350.60' };
    expect(await finance.call('setBudget', { body: raised })).toMatchObject({ body: { spent: '350.60' } });
    await watch();
    await watch();
    expect((await told()).toSorted((a, b) => a - b)).toEqual([50, 80, 100, 100]);
  });

  test('a sum larger than any amount is reported as it is, by whatever a unit counts', async () => {
    const points = {
      id: randomUUID(),
      accountId: operator.accountId,
      asset: 'POINT',
      amount: '10',
      source: 'gift',
    };
    server.nowMs = at('2026-10-25T12:00:00');
    expect(await finance.call('grant', { body: points })).toMatchObject({ status: 201 });
    const ending = { ...points, id: randomUUID(), amount: '5', expiresAt: '2026-10-31T15:59:59.999Z' };
    expect(await finance.call('grant', { body: ending })).toMatchObject({ status: 201 });
    server.nowMs = at('2026-11-02T09:00:00');
    expect(await close('2026-09')).toMatchObject({ status: 201 });
    expect(await publish(costsOf([...prices], '999999999999'))).toMatchObject({ status: 200 });
    expect((await reportOf('2026-10')).deferred.units).toBe('9999999999990.00');
    expect(await publish(costs)).toMatchObject({ status: 200 });
    const { units } = await reportOf('2026-10');
    // Points that ended on its last day are not left at its end, though no job has come by since.
    expect(units.find(({ asset }) => asset === 'POINT')).toMatchObject({
      brought: '15',
      expired: '5',
      closing: '10',
      value: '1.00',
      unitValue: '0.10',
    });
  });

  test('what is charged while a month is closed is in it or booked late, and never in both or in none', async () => {
    const [before, november] = [await reportOf('2026-10'), await reportOf('2026-11')];
    const late = at('2026-10-31T23:59:59.999');
    const answers = await Promise.all([
      ...Array.from({ length: 30 }, () => follow(late)),
      close('2026-10'),
      ...Array.from({ length: 30 }, () => follow(late)),
    ]);
    expect(answers.flatMap((answer) => (answer === undefined ? [] : [answer.status]))).toEqual([201]);
    const [closed, after] = [await reportOf('2026-10'), await reportOf('2026-11')];
    expect(closed.state).toBe('closed');
    const within = yuan(closed.money.consumed) - yuan(before.money.consumed);
    const booked = yuan(after.money.consumed) - yuan(november.money.consumed);
    expect(within + booked).toBe(yuan('60.00'));
    expect(after.late).toMatchObject({ consumed: yuanText(booked), count: Number(booked / yuan('1.00')) });
    expect(after.money.opening).toBe(closed.money.closing);
    await follow(late);
    expect(await reportOf('2026-10')).toEqual(closed);
    expect(await close('2026-10')).toMatchObject({ status: 200 });
  });

  test('no report of closed days changes when units get another value, or a membership runs on', async () => {
    const [month, day] = [await reportOf('2026-10'), await reportOf('2026-10-31')];
    expect(day).toMatchObject({ state: 'closed', deferred: month.deferred });
    expect(await publish(costsOf([...prices], '7'))).toMatchObject({ status: 200 });
    // The membership was over on the 30th; renewed in its days of grace it runs on.
    expect(day.members).toEqual({ new: 0, active: 1, ended: 0 });
    const order = { id: randomUUID(), expectedPrice: '99.00' };
    expect(await member.call('renewMembership', { body: order })).toMatchObject({ status: 201 });
    expect(await reportOf('2026-10')).toEqual(month);
    expect(await reportOf('2026-10-31')).toEqual(day);
    expect((await reportOf('2026-11')).deferred.units).toBe('70.00');
  });

  const left = async (period: string) => (await reportOf(period)).deferred;

  test('days of memberships that are paid for and still to come are deferred, and nothing of them twice', async () => {
    // The first month went from 30 September to 30 October, at 99.00; the next was renewed on 2 November.
    expect(await left('2026-09-29')).toMatchObject({ memberships: '0.00' });
    expect(await left('2026-09-30')).toMatchObject({ memberships: '95.70' });
    expect(await left('2026-10-15')).toMatchObject({ memberships: '46.20' });
    expect(await left('2026-10-29')).toMatchObject({ memberships: '0.00' });
    expect(await left('2026-10')).toMatchObject({ memberships: '0.00' });
    server.nowMs = at('2026-11-03T09:00:00');
    // Of 31 days 26 are left after today, whatever of the month or the year is still to come.
    for (const period of ['2026-11-03', '2026-11', '2026'])
      expect(await left(period)).toMatchObject({ memberships: '83.032258' });
    const adds = async () => {
      const { prepaid, units, memberships = '', total } = await left('2026-11');
      expect(yuan(total)).toBe(yuan(prepaid) + yuan(units) + yuan(memberships));
      return memberships;
    };
    // A hundred pictures are 50.00 of the month that has begun, and stand among the units.
    const images = { asset: 'IMAGE_QUOTA', value: '0.5' };
    const valued = costsOf([...prices], '7');
    expect(await publish({ ...valued, unitValues: [...valued.unitValues, images] })).toMatchObject({
      status: 200,
    });
    expect(await adds()).toBe('41.096774');
    const early = { id: randomUUID(), expectedPrice: '99.00' };
    expect(await member.call('renewMembership', { body: early })).toMatchObject({ status: 201 });
    expect(await adds(), 'a month that has not begun is whole').toBe('140.096774');
    const studio = { id: randomUUID(), plan: 'studio' };
    expect(await member.call('upgradeMembership', { body: studio })).toMatchObject({ status: 201 });
    expect(await adds(), '87.50 brought 175 pictures at once; 100.00 are for the month to come').toBe(
      '240.096774',
    );
    const back = { id: randomUUID(), chargeId: early.id, amount: '33.00', reason: 'a third of it' };
    expect(await finance.call('refund', { body: back })).toMatchObject({ status: 201 });
    expect(await adds()).toBe('207.096774');
    const kept = await server.database.query<{ price: bigint; paid: bigint }>(
      `SELECT sum(p.amount)::bigint AS price, (SELECT -t.amount FROM transactions t
         WHERE t.account_id = p.account_id AND t.id = p.payment_id) AS paid
       FROM membership_periods p GROUP BY p.account_id, p.payment_id`,
    );
    expect(kept).toHaveLength(4);
    for (const { price, paid } of kept) expect(price).toBe(paid);
    // A database from before these were kept tells the same from what was paid, an upgrade as one stretch.
    const stretches = () =>
      server.database.query<{ from: bigint; until: bigint; price: bigint }>(
        `SELECT min(from_ms) AS from, max(until_ms) AS until, sum(amount)::bigint AS price FROM membership_periods
         GROUP BY account_id, payment_id ORDER BY min(from_ms), max(until_ms)`,
      );
    const before = await stretches();
    const migrations = join(import.meta.dirname, 'database', 'migrations');
    const file = readdirSync(migrations).find((each) => each.endsWith('_membership_periods.sql')) ?? '';
    const [, filling = ''] = readFileSync(join(migrations, file), 'utf8').split(/^(?=INSERT INTO )/m);
    await server.database.script(`DELETE FROM membership_periods; ${filling}`);
    expect(await stretches()).toEqual(before);
    server.nowMs = at('2026-11-02T09:00:00');
    expect(await publish(costsOf([...prices], '7'))).toMatchObject({ status: 200 });
  });

  test('what is booked late is no unusual use of the day that it is booked on', async () => {
    server.nowMs = at('2026-11-03T09:00:00');
    for (let count = 0; count < 60; count += 1) await follow(at('2026-10-30T12:00:00'));
    expect(yuan((await reportOf('2026-11-01')).late.consumed)).toBeGreaterThan(yuan('60.00'));
    await watch();
    expect((await findings()).filter((what) => 'day' in what && what.day === '2026-11-01')).toEqual([]);
  });

  test('a cursor that no list has handed out is refused by every list, as is a name that is no text', async () => {
    const given: Partial<Record<EndpointName, Record<string, string>>> = {
      costedUsages: { accountId: operator.accountId },
      margins: { by: 'product', from: '2026-10-01', until: '2026-11-01' },
    };
    const lists = (Object.entries(endpoints) as [EndpointName, Endpoint][]).filter(
      ([name, { query }]) =>
        // Without a payment provider there are no orders to be listed.
        query instanceof z.ZodObject && 'cursor' in query.shape && !/RechargeOrders$/i.test(name),
    );
    expect(lists.length).toBeGreaterThan(15);
    const hyphens = '-'.repeat(36);
    for (const cursor of [
      '',
      '0 \0',
      '2026-99-99 a b',
      `1.${hyphens}`,
      `1.${hyphens}.${hyphens}`,
      `2026-02-30.${hyphens}`,
    ])
      for (const [name] of lists) {
        const answer = await auditor.call(name, { query: { ...given[name], cursor } });
        expect({ name, cursor, answer }).toMatchObject({ answer: { status: 400 } });
        const { errors } = answer.body as Problem;
        expect(errors).toContainEqual(expect.objectContaining({ path: 'cursor' }));
      }
    const budget = { id: randomUUID(), month: '2026-11', scope: 'product', name: 'a\0', amount: '1.00' };
    expect(await finance.call('setBudget', { body: budget })).toMatchObject({ status: 400 });
  });

  test('sums that are made anew after all this are those that were kept', async () => {
    const tables = ['report_days', 'report_user_days', 'report_user_months', 'cost_days', 'cost_user_days'];
    const read = async () =>
      Promise.all(
        tables.map((table) =>
          server.database.query(`SELECT t::text AS row FROM ${table} t ORDER BY t::text`),
        ),
      );
    await finance.call('closings');
    const kept = await read();
    await rebuild(server.database, zone, server.nowMs);
    expect(await read()).toEqual(kept);
  });
}
