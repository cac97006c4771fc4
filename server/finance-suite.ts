/**
 * Reports, costs, closing and the watch over HTTP, on a generated year of either database: what they say is worked out
 * again by plain SQL over the rows themselves.
 */
import { hash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import {
  Closings,
  Costs,
  Finding,
  ReportAnswer,
  type MarginRow,
  type CostsContent,
  type Report,
} from '../shared/api-finance.ts';
import { ProviderBill } from '../shared/api-bills.ts';
import { yuan, yuanText } from '../shared/money.ts';
import { openDatabase } from './database/database.ts';
import { Reports } from './reports/reports.ts';
import { rebuild } from './reports/rollup.ts';
import { startTestServer, type Client, type TestServer } from './test-server.ts';
import { makeYear, smallYear, type MadeYear } from './year/test-year.ts';

const zone = 'Asia/Shanghai';
const from = '2024-12-01T00:00:00.000Z';
const name = (id: string) => ({ 'zh-CN': id, 'en-US': id });

/** deepseek-chat has no price at first; servers cost 31.00 a day from February on. */
const costs: CostsContent = {
  providers: ['aliyun', 'openai', 'deepseek', 'cloud'].map((id) => ({ id, name: name(id) })),
  prices: [
    {
      basis: 'tokens',
      provider: 'aliyun',
      effectiveAt: from,
      model: 'qwen-max',
      per: 1_000,
      inputPrice: '0.008',
      outputPrice: '0.024',
    },
    {
      basis: 'tokens',
      provider: 'aliyun',
      effectiveAt: '2025-02-14T16:00:00.000Z',
      model: 'qwen-max',
      per: 1_000,
      inputPrice: '0.006',
      outputPrice: '0.02',
    },
    {
      basis: 'tokens',
      provider: 'openai',
      effectiveAt: from,
      model: 'gpt-4',
      per: 1_000_000,
      inputPrice: '18',
      outputPrice: '70',
    },
    {
      basis: 'piece',
      provider: 'cloud',
      effectiveAt: from,
      product: 'xiaohongshu',
      operation: 'follow',
      unitPrice: '0.013',
    },
    {
      basis: 'time',
      provider: 'cloud',
      effectiveAt: from,
      product: 'studio',
      operation: 'video',
      unitMs: 10_000,
      unitPrice: '0.05',
    },
    {
      basis: 'day',
      provider: 'cloud',
      effectiveAt: '2025-01-31T16:00:00.000Z',
      item: 'servers',
      unitPrice: '31.00',
    },
  ],
  unitValues: [
    { asset: 'POINT', value: '0.1' },
    { asset: 'TEXT_TOKEN', value: '0.00002' },
  ],
};

/** Adds up the ledger itself, by nothing of ours: the days of these rows are those on which they happened. */
const ledgerSql = `
  SELECT coalesce(sum(amount) FILTER (WHERE kind = 'recharge'), 0)::bigint AS recharged,
    coalesce(-sum(amount) FILTER (WHERE kind = 'charge'), 0)::bigint AS consumed,
    coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0)::bigint AS refunded,
    coalesce(-sum(amount) FILTER (WHERE kind = 'adjustment' AND id IN (SELECT id FROM recharge_refunds)), 0)::bigint AS paid_out
  FROM transactions
  WHERE asset = 'CNY' AND occurred_at_ms >= $1 AND occurred_at_ms < $2`;

const msOf = (day: string): number => Date.parse(`${day}T00:00:00+08:00`);
/** The day in China, counted. */
const dayOf = (ms: number): number => Math.floor((ms + 8 * 3_600_000) / 86_400_000);
const total = (items: readonly MarginRow[], of: 'revenue' | 'cost') =>
  items.reduce((sum, row) => sum + yuan(row[of]), 0n);

const bill = (given: object = {}) => ({
  id: randomUUID(),
  provider: 'aliyun',
  fileName: 'aliyun-2025-02.csv',
  fileHash: hash('sha256', 'the file', 'hex'),
  mapping: { headerLines: 1, day: 0, item: 1, amount: 2, amountIn: 'yuan' },
  lines: 2,
  total: '125.50',
  ...given,
});

/** With a price for the one model that had none. */
const dearer = (effectiveAt: string) => ({
  ...costs,
  prices: [
    ...costs.prices,
    {
      basis: 'tokens',
      provider: 'deepseek',
      effectiveAt,
      model: 'deepseek-chat',
      per: 1_000_000,
      inputPrice: '2',
      outputPrice: '8',
    },
  ],
});

export function financeSuite(newDatabase: () => Promise<string | undefined>): void {
  let server: TestServer;
  let year: MadeYear;
  let finance: Client;
  let auditor: Client;
  beforeAll(async () => {
    const databaseUrl = await newDatabase();
    const database = await openDatabase(databaseUrl === undefined ? {} : { databaseUrl });
    year = await makeYear(database, { ...smallYear, password: 'a long enough password' });
    server = await startTestServer(database);
    server.nowMs = year.untilMs + 6 * 3_600_000;
    finance = await server.newClient({ role: 'finance' });
    auditor = await server.newClient({ role: 'auditor' });
  });
  afterAll(() => server.close());

  async function reportOf(period: string): Promise<z.infer<typeof ReportAnswer>> {
    const reply = await auditor.call('report', { params: { period } });
    expect(reply.status).toBe(200);
    return ReportAnswer.parse(reply.body);
  }
  const close = (month: string, by = finance) => by.call('closePeriod', { body: { month } });
  const set = (amount: bigint) =>
    finance.call('setBudget', {
      body: { id: randomUUID(), month: '2025-04', scope: 'all', name: '', amount: yuanText(amount) },
    });
  async function one<Row>(sql: string, params: readonly unknown[]): Promise<Row> {
    const [row] = await server.database.query<Row>(sql, params);
    if (row === undefined) throw new Error('no row');
    return row;
  }
  async function expectLikeTheLedger({ from, until, money }: Report): Promise<void> {
    const sums = await one<Record<'recharged' | 'consumed' | 'refunded' | 'paid_out', bigint>>(ledgerSql, [
      msOf(from),
      msOf(until),
    ]);
    expect(money).toMatchObject({
      recharged: yuanText(sums.recharged),
      consumed: yuanText(sums.consumed),
      refunded: yuanText(sums.refunded),
      paidOut: yuanText(sums.paid_out),
    });
    const moved = yuan(money.recharged) - yuan(money.consumed) + yuan(money.refunded) - yuan(money.paidOut);
    expect(yuan(money.opening) + moved + yuan(money.corrected)).toBe(yuan(money.closing));
  }

  test.each(['2025', '2025-01', '2025-02', '2025-03', '2025-02-14'])(
    'the report of %s is what the ledger adds up to',
    async (period) => {
      const { report } = await reportOf(period);
      expect(report.state).toBe('open');
      await expectLikeTheLedger(report);
      expect(report.series.reduce((sum, { consumed }) => sum + yuan(consumed), 0n)).toBe(
        yuan(report.money.consumed),
      );
      expect(report.products.reduce((sum, { revenue }) => sum + yuan(revenue), 0n)).toBe(
        yuan(report.margin.revenue),
      );
      const members = await one<{ new: bigint; active: bigint }>(
        `SELECT count(*) FILTER (WHERE begins_at_ms >= $1 AND begins_at_ms < $2) AS new,
           count(*) FILTER (WHERE begins_at_ms < $2 AND ends_at_ms + 3 * 86400000 >= $2) AS active FROM memberships`,
        [msOf(report.from), Math.min(msOf(report.until), server.nowMs)],
      );
      expect(report.members).toMatchObject({ new: Number(members.new), active: Number(members.active) });
    },
  );

  test('what accounts have left is deferred', async () => {
    const { report } = await reportOf('2025');
    const left = await one<{ prepaid: bigint }>(
      "SELECT sum(balance)::bigint AS prepaid FROM wallets WHERE asset = 'CNY' AND balance > 0",
      [],
    );
    expect(report.deferred).toMatchObject({ prepaid: yuanText(left.prepaid), owed: '0.00' });
  });

  test('memberships are deferred by the days that are left of what was paid for', async () => {
    let somebody = 0n;
    for (const period of ['2025-01-15', '2025-02', '2025']) {
      const { report } = await reportOf(period);
      const untilMs = Math.min(msOf(report.until), (dayOf(server.nowMs) + 1) * 86_400_000 - 8 * 3_600_000);
      const paid = await server.database.query<{ from_ms: bigint; until_ms: bigint; paid: bigint }>(
        `SELECT p.from_ms, p.until_ms, -t.amount AS paid FROM membership_periods p
         JOIN transactions t ON t.account_id = p.account_id AND t.id = p.payment_id WHERE t.occurred_at_ms < $1`,
        [untilMs],
      );
      const left = paid.map((row) => {
        const [first, end] = [dayOf(Number(row.from_ms)), dayOf(Number(row.until_ms))];
        const daysLeft = Math.max(end - Math.max(dayOf(untilMs), first), 0);
        return (row.paid * BigInt(daysLeft)) / BigInt(end - first);
      });
      const all = left.reduce((sum, each) => sum + each, 0n);
      somebody += all;
      const { prepaid, units, memberships } = report.deferred;
      expect(memberships).toBe(yuanText(all));
      expect(yuan(report.deferred.total)).toBe(yuan(prepaid) + yuan(units) + all);
    }
    expect(somebody, 'somebody is a member').toBeGreaterThan(0n);
  });

  test('units are reported by asset, and what is left of them is what the wallets have', async () => {
    const { report } = await reportOf('2025');
    const wallets = await server.database.query<{ asset: string; balance: bigint }>(
      "SELECT asset, sum(balance)::bigint AS balance FROM wallets WHERE asset <> 'CNY' GROUP BY asset ORDER BY asset",
    );
    expect(report.units.map(({ asset, closing }) => [asset, closing])).toEqual(
      wallets.map(({ asset, balance }) => [asset, balance.toString()]),
    );
    for (const row of report.units) {
      const moved = BigInt(row.brought) - BigInt(row.used) + BigInt(row.returned) - BigInt(row.expired);
      expect(BigInt(row.opening) + moved + BigInt(row.corrected)).toBe(BigInt(row.closing));
    }
  });

  test('without prices nothing costs anything, and the calls are counted', async () => {
    const { report } = await reportOf('2025');
    expect(report.costs).toEqual({
      usage: '0.00',
      daily: '0.00',
      bills: '0.00',
      total: '0.00',
      unpriced: year.usages,
    });
  });

  test('published prices work out the costs of what was there before, call by call', async () => {
    const unknown = { ...costs, prices: costs.prices.map((price) => ({ ...price, provider: 'nobody' })) };
    expect(await finance.call('putCosts', { body: unknown })).toMatchObject({ status: 400 });
    const put = await finance.call('putCosts', { body: costs });
    expect(put).toMatchObject({ status: 200, body: { version: 1 } });
    expect(Costs.parse((await auditor.call('costs')).body).prices).toEqual(costs.prices);

    const { report } = await reportOf('2025');
    const called = await one<{ cost: bigint }>(
      `SELECT sum(round(CASE model
           WHEN 'qwen-max' THEN CASE WHEN started_at_ms >= $1 THEN input_tokens * 6.0 + output_tokens * 20.0
             ELSE input_tokens * 8.0 + output_tokens * 24.0 END
           WHEN 'gpt-4' THEN input_tokens * 18.0 + output_tokens * 70.0 ELSE 0 END))::bigint AS cost
       FROM metered_usages`,
      [Date.parse('2025-02-14T16:00:00.000Z')],
    );
    const pieces = await one<{ cost: bigint }>(
      `SELECT ((SELECT count(*) * 13000 FROM transactions WHERE kind = 'charge' AND platform = 'xiaohongshu')
         + (SELECT coalesce(sum(ceil((body::jsonb->>'durationMs')::numeric / 10000)), 0) * 50000 FROM transactions
            WHERE kind = 'charge' AND platform = 'studio' AND operation = 'video'))::bigint AS cost`,
      [],
    );
    expect(report.costs.usage).toBe(yuanText(called.cost + pieces.cost));
    // From 1 February to today, 11 April, which has begun.
    const days = (server.nowMs - msOf('2025-02-01')) / 86_400_000;
    expect(report.costs.daily).toBe(yuanText(31_000_000n * BigInt(Math.ceil(days))));
    expect(report.costs.unpriced).toBe(
      Number(
        (
          await one<{ n: bigint }>(
            "SELECT count(*) AS n FROM metered_usages WHERE model = 'deepseek-chat'",
            [],
          )
        ).n,
      ),
    );
    expect(yuan(report.margin.gross)).toBe(yuan(report.margin.revenue) - yuan(report.costs.total));
    const [model] = report.models;
    expect(report.models.map(({ key }) => key).toSorted()).toEqual(['deepseek-chat', 'gpt-4', 'qwen-max']);
    expect(yuan(model?.margin ?? '')).toBe(yuan(model?.revenue ?? '') - yuan(model?.cost ?? ''));
  });

  test('margins by user add up to those by product, page by page', async () => {
    const range = { from: '2025-01-01', until: '2025-05-01' };
    const rows: MarginRow[] = [];
    for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
      const query = { by: 'user', ...range, limit: '10', ...(cursor === null ? {} : { cursor }) };
      const reply = await auditor.call('margins', { query });
      const page = reply.body as { items: MarginRow[]; nextCursor: string | null };
      rows.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(rows.length).toBe(year.people);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(year.people);
    const revenues = rows.map(({ revenue }) => yuan(revenue));
    expect(revenues).toEqual(revenues.toSorted((a, b) => (a < b ? 1 : a > b ? -1 : 0)));
    const products = (await auditor.call('margins', { query: { by: 'product', ...range } })).body as {
      items: MarginRow[];
    };
    expect(total(rows, 'revenue')).toBe(total(products.items, 'revenue'));
    expect(total(rows, 'cost')).toBe(total(products.items, 'cost'));
    expect(await auditor.call('margins', { query: { by: 'user', ...range, cursor: 'x' } })).toMatchObject({
      status: 400,
    });
    const [user] = rows;
    const calls = await auditor.call('costedUsages', { query: { accountId: user?.key ?? '', limit: '5' } });
    expect(calls.status).toBe(200);
  });

  test('sums that are made anew are the sums that were kept', async () => {
    const tables = [
      'report_days',
      'report_user_days',
      'report_user_months',
      'cost_days',
      'cost_user_days',
      'report_positions',
    ];
    const read = async () =>
      Promise.all(
        tables.map(async (table) => {
          const [row] = await server.database.query<{ text: string }>(
            `SELECT string_agg(t::text, E'\\n' ORDER BY t::text) AS text FROM ${table} t`,
          );
          return row?.text;
        }),
      );
    const kept = await read();
    await rebuild(server.database, zone, server.nowMs);
    expect(await read()).toEqual(kept);
  });

  const lines = [
    { line: 2, day: '2025-02-03', item: 'qwen-max', amount: '120.50' },
    { line: 3, day: '2025-02-03', item: 'disk', amount: '5.00' },
  ];

  test('a bill counts once, and says what it comes to beyond what was worked out', async () => {
    const body = bill();
    const before = (await reportOf('2025-02-03')).report.costs;
    expect(await finance.call('beginBill', { body: bill({ provider: 'nobody' }) })).toMatchObject({
      status: 400,
    });
    expect(await finance.call('beginBill', { body })).toMatchObject({
      status: 201,
      body: { state: 'receiving' },
    });
    expect(await finance.call('beginBill', { body })).toMatchObject({ status: 200 });
    expect(await finance.call('beginBill', { body: { ...body, total: '1.00' } })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_mismatch' },
    });
    const params = { id: body.id };
    await finance.call('sendBillLines', { params, body: { lines: lines.slice(0, 1) } });
    expect(await finance.call('bookBill', { params, body: {} })).toMatchObject({
      status: 409,
      body: { code: 'bill_incomplete' },
    });
    await finance.call('sendBillLines', { params, body: { lines } });
    const booked = await finance.call('bookBill', { params, body: {} });
    expect(booked).toMatchObject({ status: 200, body: { state: 'booked', lines: 2, received: 2 } });
    expect(await finance.call('bookBill', { params, body: {} })).toEqual(
      expect.objectContaining({ body: booked.body }),
    );
    const again = bill();
    expect(await finance.call('beginBill', { body: again })).toMatchObject({
      status: 409,
      body: { code: 'bill_booked_before' },
    });
    const worked = await one<{ cost: bigint }>(
      `SELECT coalesce(sum(round(input_tokens * 8.0 + output_tokens * 24.0)), 0)::bigint AS cost FROM metered_usages
       WHERE model = 'qwen-max' AND ended_at_ms >= $1 AND ended_at_ms < $2`,
      [msOf('2025-02-03'), msOf('2025-02-04')],
    );
    const { workedOut, difference } = ProviderBill.parse(booked.body);
    expect(workedOut).toBe(yuanText(worked.cost));
    expect(difference).toBe(yuanText(yuan('125.50') - worked.cost));
    // It moves no cost: who accepts its figures, and how, is in bills-suite.ts.
    expect((await reportOf('2025-02-03')).report.costs).toEqual(before);
    expect(await auditor.call('billMappings')).toMatchObject({
      body: { items: [{ provider: 'aliyun', mapping: body.mapping }] },
    });
    expect(await auditor.call('providerBills', {})).toMatchObject({ body: { items: [{ id: body.id }] } });
  });

  test('a month is closed in its turn, once it is over, and stays as it is', async () => {
    expect(Closings.parse((await auditor.call('closings')).body)).toEqual({
      items: [],
      next: { month: '2025-01', over: true },
    });
    expect(await close('2025-02')).toMatchObject({
      status: 409,
      body: { code: 'period_not_closable', next: '2025-01' },
    });
    expect(await close('2025-01', auditor)).toMatchObject({ status: 403 });
    const before = (await reportOf('2025-01')).report;
    const [first, second] = await Promise.all([close('2025-01'), close('2025-01')]);
    expect(first.status + second.status).toBe(200 + 201);
    expect(second.body).toEqual(first.body);
    const closed = await reportOf('2025-01');
    expect(closed.report).toEqual({ ...before, state: 'closed' });
    expect(closed.closing).toMatchObject({ month: '2025-01', intact: true });
    expect((await close('2025-02')).status).toBe(201);
    expect((await close('2025-03')).status).toBe(201);
    expect(await close('2025-04')).toMatchObject({ status: 409 });
    await expect(server.database.query('DELETE FROM report_closings')).rejects.toThrow('never changed');
    const { items } = Closings.parse((await auditor.call('closings')).body);
    expect(items.map(({ month, intact }) => [month, intact])).toEqual([
      ['2025-03', true],
      ['2025-02', true],
      ['2025-01', true],
    ]);
  });

  test('a closed month that was altered, or is gone, is named, also where its own hash was made anew', async () => {
    class Undone extends Error {}
    /** What the months say of themselves when somebody who owns the database has done this. */
    const after = async (sql: string): Promise<unknown[]> => {
      let told: unknown[] = [];
      const tried = server.database.transaction(async (tx) => {
        await tx.script('ALTER TABLE report_closings DISABLE TRIGGER ALL');
        await tx.query(sql);
        const reports = new Reports({
          database: { ...server.database, transaction: (work) => work(tx), query: tx.query.bind(tx) },
          sums: { ...server.database, transaction: (work) => work(tx), query: tx.query.bind(tx) },
          clock: () => server.nowMs,
          timeZone: zone,
        });
        told = (await reports.closings()).items.map(({ month, intact }) => [month, intact]);
        throw new Undone();
      });
      await expect(tried).rejects.toThrow(Undone);
      return told;
    };
    const altered = 'replace(body, \'"period":"2025-02"\', \'"period":"2025-2"\')';
    const anew = `encode(sha256(convert_to(prev_hash || E'\\n' || ${altered}, 'UTF8')), 'hex')`;
    expect(
      await after(`UPDATE report_closings SET body = ${altered}, hash = ${anew} WHERE month = '2025-02'`),
    ).toEqual([
      ['2025-03', false],
      ['2025-02', false],
      ['2025-01', true],
    ]);
    expect(await after("DELETE FROM report_closings WHERE month = '2025-02'")).toEqual([
      ['2025-03', false],
      ['2025-01', false],
    ]);
    expect(await after(`UPDATE report_closings SET body = ${altered} WHERE month = '2025-02'`)).toEqual([
      ['2025-03', true],
      ['2025-02', false],
      ['2025-01', true],
    ]);
  });

  test('a year is the sum of its months, closed and open', async () => {
    const { report } = await reportOf('2025');
    const months: Report[] = [];
    for (let month = 1; month <= 12; month += 1)
      months.push((await reportOf(`2025-${String(month).padStart(2, '0')}`)).report);
    const sum = (of: (month: Report) => string) =>
      yuanText(months.reduce((all, month) => all + yuan(of(month)), 0n));
    for (const key of ['recharged', 'consumed', 'refunded', 'paidOut', 'corrected'] as const)
      expect(sum(({ money }) => money[key])).toBe(report.money[key]);
    for (const key of ['usage', 'daily', 'bills', 'total'] as const)
      expect(sum((month) => month.costs[key])).toBe(report.costs[key]);
    expect(sum(({ margin }) => margin.gross)).toBe(report.margin.gross);
    expect(report.series.map(({ key }) => key)).toEqual(['2025-01', '2025-02', '2025-03', '2025-04']);
    const [first, last] = [months[0], months.at(-1)];
    expect([report.money.opening, report.money.closing]).toEqual([first?.money.opening, last?.money.closing]);
    expect(report.deferred).toEqual(last?.deferred);
    expect(months.reduce((all, { members }) => all + members.ended, 0)).toBe(report.members.ended);
  });

  test('what comes after a month was closed is booked in the next one, and says so', async () => {
    const january = await reportOf('2025-01');
    const april = await reportOf('2025-04');
    const [account] = await server.database.query<{ id: string }>(
      "SELECT id FROM accounts WHERE role = 'operator' AND email LIKE '%@year.example' ORDER BY id LIMIT 1",
    );
    const accountId = account?.id ?? '';
    const occurredAtMs = msOf('2025-01-20') + 3_600_000;
    const posted = await server.ledger.recharge({
      id: randomUUID(),
      accountId,
      amount: yuan('77.00'),
      occurredAtMs,
      source: 'test',
    });
    expect(posted).toMatchObject({ replayed: false });
    expect(await reportOf('2025-01')).toEqual(january);
    const late = (await reportOf('2025-04')).report;
    expect(late.money.recharged).toBe(yuanText(yuan(april.report.money.recharged) + yuan('77.00')));
    expect(late.late).toMatchObject({ recharged: '77.00', count: 1 });
    expect((await reportOf('2025-04-01')).report.late.recharged).toBe('77.00');
    // A rebuild knows what was late, too.
    await rebuild(server.database, zone, server.nowMs);
    expect((await reportOf('2025-04')).report).toEqual(late);
    // A price that would change a closed month is refused; one of the open month is not.
    expect(await finance.call('putCosts', { body: dearer('2025-03-31T15:00:00.000Z') })).toMatchObject({
      status: 409,
      body: { code: 'period_closed' },
    });
    const put = await finance.call('putCosts', { body: dearer('2025-03-31T16:00:00.000Z') });
    expect(put).toMatchObject({ status: 200, body: { version: 2 } });
    const now = await reportOf('2025-04');
    expect(now.report.costs.unpriced).toBe(0);
    expect(yuan(now.report.costs.usage)).toBeGreaterThan(yuan(late.costs.usage));
    expect((await reportOf('2025-03')).report.state).toBe('closed');
  });

  test('a budget tells at 50, 80 and 100 percent, each once', async () => {
    const { report } = await reportOf('2025-04');
    const spent = yuan(report.costs.total);
    const run = async () => {
      const { watch } = await import('./finance-of.ts').then(({ finance: open }) =>
        open({ database: server.database, clock: () => server.nowMs, businessZone: zone }),
      );
      await watch.run();
      const reply = await auditor.call('findings', { query: { limit: '200' } });
      return (reply.body as { items: unknown[] }).items
        .map((item) => Finding.parse(item))
        .flatMap(({ what }) => (what.kind === 'budget' ? [what.percent] : []));
    };
    expect(await set((spent * 10n) / 6n)).toMatchObject({ status: 201, body: { percent: 60 } });
    expect(await run()).toEqual([50]);
    expect(await run()).toEqual([50]);
    expect(await set(spent)).toMatchObject({ status: 200, body: { percent: 100 } });
    expect((await run()).toSorted((a, b) => a - b)).toEqual([50, 80, 100]);
    expect((await run()).length).toBe(3);
    const shown = await auditor.call('budgets', { query: { month: '2025-04' } });
    expect(shown).toMatchObject({ body: { items: [{ scope: 'all', percent: 100 }] } });
  });

  test('planted days are found, with what they were judged by, and seen once', async () => {
    const reply = await auditor.call('findings', { query: { limit: '200' } });
    const found = (reply.body as { items: unknown[] }).items.map((item) => Finding.parse(item));
    const unusual = found.flatMap(({ what }) => (what.kind === 'unusual' ? [what] : []));
    // So few people do not have the volume for days of all together; those of one person stand out.
    for (const { accountId, product, day } of year.planted.filter((plant) => plant.accountId !== null))
      expect(unusual).toContainEqual(
        expect.objectContaining({ accountId, product, day, direction: 'high', asset: 'CNY' }),
      );
    const [first] = found.filter(({ what }) => what.kind === 'unusual');
    if (first?.what.kind !== 'unusual') throw new Error('nothing unusual was found');
    expect(first.what.history.length).toBeGreaterThanOrEqual(3);
    expect(yuan(first.what.amount)).toBeGreaterThan(yuan(first.what.limit));
    const params = { id: first.id };
    expect(await auditor.call('seeFinding', { params })).toMatchObject({ status: 403 });
    const seen = await finance.call('seeFinding', { params });
    expect(seen).toMatchObject({ status: 200, body: { seenBy: finance.accountId } });
    expect((await finance.call('seeFinding', { params })).body).toEqual(seen.body);
    const unseen = await auditor.call('findings', { query: { unseen: 'true', limit: '200' } });
    expect((unseen.body as { items: unknown[] }).items.length).toBe(found.length - 1);
  });
}
