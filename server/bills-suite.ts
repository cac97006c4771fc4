/**
 * Bills of providers over HTTP on either database: what they say is held against what was metered, each difference has
 * its class, and a provider's figure becomes a cost once two people have agreed to it.
 */
import { hash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  CostDifference,
  CostEvidence,
  ProviderBill,
  UnnamedLines,
  type BillLine,
  type UnnamedChoice,
} from '../shared/api-bills.ts';
import type { AuditEntry } from '../shared/api-audit.ts';
import { CostedUsage, ReportAnswer, type CostsContent } from '../shared/api-finance.ts';
import { yuan, yuanText } from '../shared/money.ts';
import { openDatabase } from './database/database.ts';
import { startTestServer, type Client, type Reply, type TestServer } from './test-server.ts';

const from = '2026-01-01T00:00:00.000Z';
const name = (id: string) => ({ 'zh-CN': id, 'en-US': id });
/** A call of 1,000 and 500 tokens costs 20.00. */
const costs: CostsContent = {
  providers: ['aliyun', 'gpus'].map((id) => ({ id, name: name(id) })),
  prices: [
    {
      basis: 'tokens',
      provider: 'aliyun',
      effectiveAt: from,
      model: 'qwen-max',
      per: 1_000,
      inputPrice: '10',
      outputPrice: '20',
    },
  ],
  unitValues: [],
};
const metering = {
  providers: [{ id: 'aliyun', name: name('aliyun') }],
  models: ['qwen-max', 'gpt-4'].map((id) => ({ id, provider: 'aliyun' })),
  prices: ['qwen-max', 'gpt-4'].map((model) => ({
    model,
    effectiveAt: from,
    per: 1_000,
    inputPrice: '0.02',
    outputPrice: '0.08',
  })),
  products: [{ id: 'chat', name: name('chat'), model: 'qwen-max', paidBy: ['CNY'] }],
};

type Line = Omit<BillLine, 'line'>;
interface File {
  readonly provider?: string;
  readonly lines: readonly Line[];
}
const ofItem =
  (item: string) =>
  (day: string, amount: string, more: Partial<Line> = {}): Line => ({ day, item, amount, ...more });
const qwen = ofItem('qwen-max');

function billOf({ provider = 'aliyun', lines }: File) {
  const numbered = lines.map((line, index) => ({ line: index + 2, ...line }));
  const head = {
    id: randomUUID(),
    provider,
    fileName: `${provider}.csv`,
    fileHash: hash('sha256', JSON.stringify(numbered), 'hex'),
    mapping: { headerLines: 1, day: 0, item: 1, amount: 2, quantity: 3, reference: 4, amountIn: 'yuan' },
    lines: lines.length,
    total: yuanText(lines.reduce((sum, { amount }) => sum + yuan(amount), 0n)),
    leftOut: 1,
  };
  return { head, numbered, params: { id: head.id } };
}
const deciding = (rows: readonly CostDifference[], reason = 'as billed') => ({
  id: randomUUID(),
  provider: rows[0]?.provider ?? '',
  of: rows.map(({ day, item, theirs, ours }) => ({
    day,
    item,
    theirs: theirs.amount,
    ours: ours.amount,
  })),
  reason,
});
const approve = (by: Client, id: string) => by.call('approveRequest', { params: { id } });

const gpu = (day: string, reference: string, amount: string) => ofItem('gpu')(day, amount, { reference });
const file = (...lines: Line[]): File => ({ provider: 'gpus', lines });

export function billsSuite(newDatabase: () => Promise<string | undefined>): void {
  let server: TestServer;
  let operator: Client;
  let finance: Client;
  let checker: Client;
  let auditor: Client;
  beforeAll(async () => {
    const databaseUrl = await newDatabase();
    server = await startTestServer(await openDatabase(databaseUrl === undefined ? {} : { databaseUrl }));
    const { nowMs } = server;
    server.nowMs = Date.parse('2026-10-30T16:00:00.000Z');
    operator = await server.newClient({ balance: '1000.00' });
    server.nowMs = nowMs;
    finance = await server.newClient({ role: 'finance' });
    checker = await server.newClient({ role: 'finance' });
    auditor = await server.newClient({ role: 'auditor' });
    expect(await finance.call('putMeteringCatalogue', { body: metering })).toMatchObject({ status: 200 });
    expect(await finance.call('putCosts', { body: costs })).toMatchObject({ status: 200 });
  });
  afterAll(() => server.close());

  async function call(day: string, model = 'qwen-max'): Promise<void> {
    const body = {
      id: randomUUID(),
      product: 'chat',
      model,
      inputTokens: 1_000,
      outputTokens: 500,
      startedAt: `${day}T04:00:00.000Z`,
      endedAt: `${day}T04:01:00.000Z`,
      outcome: 'finished',
      usageKnown: true,
    };
    expect(await operator.call('recordUsage', { body })).toMatchObject({ status: 201 });
  }
  async function deliver(file: File): Promise<{ readonly id: string }> {
    const { head, numbered, params } = billOf(file);
    expect(await finance.call('beginBill', { body: head })).toMatchObject({ status: 201 });
    const sent = await finance.call('sendBillLines', { params, body: { lines: numbered } });
    expect(sent).toMatchObject({ status: 200 });
    return params;
  }
  const book = (params: { readonly id: string }, unnamed?: UnnamedChoice): Promise<Reply> =>
    finance.call('bookBill', { params, body: unnamed === undefined ? {} : { unnamed } });
  const send = async (file: File): Promise<Reply> => book(await deliver(file));
  /** One of several for its days: so many lines of earlier ones, beside what it has, still count. */
  const sendPart = async (file: File, lines: number, amount: string): Promise<Reply> =>
    book(await deliver(file), { are: 'kept', lines, amount });
  async function differences(query: Record<string, string> = {}): Promise<CostDifference[]> {
    const found: CostDifference[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const reply = await auditor.call('costDifferences', {
        query: { ...query, limit: '2', ...(cursor === '' ? {} : { cursor }) },
      });
      expect(reply.status).toBe(200);
      const page = reply.body as { items: unknown[]; nextCursor: string | null };
      found.push(...page.items.map((item) => CostDifference.parse(item)));
      cursor = page.nextCursor;
    }
    return found;
  }
  async function differenceOf(day: string, item: string): Promise<CostDifference> {
    const found = (await differences()).find((row) => row.day === day && row.item === item);
    if (found === undefined) throw new Error(`${item} of ${day} does not differ`);
    return found;
  }
  const sums = async () =>
    (await differences({ provider: 'gpus' })).map(({ day, theirs: { lines, amount } }) => [
      day,
      lines,
      amount,
    ]);
  const itemSums = async () =>
    (await differences({ provider: 'gpus', until: '2026-11-14' })).map(
      ({ day, item, theirs: { lines, amount } }) => [day.slice(8), item, lines, amount],
    );
  const sumOf = async (day: string) => (await sums()).find(([sum]) => sum === day)?.slice(1);
  const evidence = async (item: string, day: string) => {
    const reply = await auditor.call('costEvidence', { query: { provider: 'aliyun', day, item } });
    return CostEvidence.parse(reply.body);
  };
  async function costsOf(period: string) {
    const reply = await auditor.call('report', { params: { period } });
    return ReportAnswer.parse(reply.body).report.costs;
  }

  test('each difference is of its class, and what agrees is none', async () => {
    for (const day of ['2026-11-15', '2026-11-16', '2026-11-17', '2026-11-19', '2026-11-19', '2026-11-20'])
      await call(day);
    await call('2026-11-18', 'gpt-4');
    const booked = await send({
      lines: [
        // Half a cent for a line is rounding.
        qwen('2026-11-15', '20.005', { quantity: '1500' }),
        qwen('2026-11-16', '5.50', { said: 'Qwen-Max-Input', quantity: '1000' }),
        qwen('2026-11-16', '20.00', { said: 'Qwen-Max-Output', quantity: '500' }),
        ofItem('disk')('2026-11-18', '5.00'),
        ofItem('gpt-4')('2026-11-18', '3.30'),
        qwen('2026-11-19', '20.00'),
        qwen('2026-11-20', '40.00'),
      ],
    });
    expect(ProviderBill.parse(booked.body)).toMatchObject({
      state: 'booked',
      leftOut: 1,
      from: '2026-11-15',
      to: '2026-11-20',
      workedOut: '100.00',
      difference: '13.805',
    });
    const found = await differences();
    expect(found.map(({ day, item, class: klass, gap }) => [day, item, klass, gap])).toEqual([
      ['2026-11-20', 'qwen-max', 'late', '20.00'],
      ['2026-11-19', 'qwen-max', 'late', '-20.00'],
      ['2026-11-18', 'disk', 'missing_here', '5.00'],
      ['2026-11-18', 'gpt-4', 'state', '3.30'],
      ['2026-11-17', 'qwen-max', 'missing_there', '-20.00'],
      ['2026-11-16', 'qwen-max', 'amount', '5.50'],
    ]);
    expect(found.every(({ state }) => state === 'open')).toBe(true);
    expect(found.at(-1)).toMatchObject({
      theirs: { lines: 2, quantity: '1500', amount: '25.50' },
      ours: { count: 1, quantity: '1500', workedOut: '20.00', corrected: '0.00', amount: '20.00' },
    });
    expect((await differences({ class: 'late', state: 'open', provider: 'aliyun' })).length).toBe(2);
    // A day that a filter cuts off is still the neighbour of the one that it leaves.
    const cut = await differences({ from: '2026-11-20', until: '2026-11-21' });
    expect(cut.map((row) => row.class)).toEqual(['late']);
    expect(await differences({ provider: 'gpus' })).toEqual([]);
    // No cost moves because a bill was read.
    expect((await costsOf('2026-11')).bills).toBe('0.00');
    expect(await auditor.call('costDifferences', { query: { cursor: 'x' } })).toMatchObject({ status: 400 });
  });

  test('the evidence is the lines of theirs and the usage of ours', async () => {
    expect(await evidence('qwen-max', '2026-11-16')).toMatchObject({
      theirs: [
        { line: 3, said: 'Qwen-Max-Input', quantity: '1000', amount: '5.50', fileName: 'aliyun.csv' },
        { line: 4, said: 'Qwen-Max-Output', quantity: '500', amount: '20.00' },
      ],
      ours: [{ source: 'usage', product: 'chat', priced: true, count: 1, quantity: '1500', amount: '20.00' }],
    });
    expect((await evidence('gpt-4', '2026-11-18')).ours).toMatchObject([
      { priced: false, count: 1, amount: '0.00' },
    ]);
  });

  async function entriesOf(
    action: string,
    subject: string,
    outcome: AuditEntry['outcome'],
  ): Promise<AuditEntry[]> {
    const admin = await server.newClient({ role: 'admin' });
    const { body } = await admin.call('audit', { query: { action, subject } });
    return (body as { items: AuditEntry[] }).items.filter((entry) => entry.outcome === outcome);
  }

  test('an accepted figure becomes a cost once somebody else approves, once', async () => {
    const row = await differenceOf('2026-11-16', 'qwen-max');
    const body = deciding([row]);
    const asked = await finance.call('acceptCosts', { body });
    expect(asked).toMatchObject({
      status: 202,
      body: { act: 'acceptCosts', state: 'waiting', asset: 'CNY', amount: '5.50', reason: 'as billed' },
    });
    expect((await finance.call('acceptCosts', { body })).body).toEqual(asked.body);
    expect(await finance.call('acceptCosts', { body: { ...body, reason: 'other' } })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_mismatch' },
    });
    expect(await checker.call('acceptCosts', { body: deciding([row]) })).toMatchObject({
      status: 409,
      body: { code: 'difference_closed', state: 'proposed' },
    });
    expect(await differenceOf('2026-11-16', 'qwen-max')).toMatchObject({
      state: 'proposed',
      decision: { kind: 'accept', by: finance.accountId, approvalId: body.id },
    });
    const entry = (await entriesOf('acceptCosts', body.id, 'waiting')).at(-1);
    expect(entry).toMatchObject({
      before: { differences: [row] },
      after: { state: 'waiting', amount: '5.50' },
    });
    expect(await approve(finance, body.id)).toMatchObject({ status: 403 });
    expect((await costsOf('2026-11-16')).bills).toBe('0.00');
    const answers = await Promise.all([approve(checker, body.id), approve(checker, body.id)]);
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 200, body: { state: 'done', cameTo: { booked: '5.50' } } });
    expect(await costsOf('2026-11-16')).toMatchObject({ usage: '20.00', bills: '5.50', total: '25.50' });
    expect(await differenceOf('2026-11-16', 'qwen-max')).toMatchObject({
      state: 'settled',
      gap: '0.00',
      ours: { corrected: '5.50', amount: '25.50' },
    });
    expect(await finance.call('acceptCosts', { body: deciding([row]) })).toMatchObject({ status: 409 });
  });

  test('what was refused is open again, and a figure that has changed is not approved', async () => {
    const disk = await differenceOf('2026-11-18', 'disk');
    const refused = deciding([disk]);
    await finance.call('acceptCosts', { body: refused });
    await checker.call('refuseRequest', { params: { id: refused.id }, body: { reason: 'ask them first' } });
    expect((await differenceOf('2026-11-18', 'disk')).state).toBe('open');
    const again = deciding([disk]);
    expect(await finance.call('acceptCosts', { body: again })).toMatchObject({ status: 202 });
    // The provider mends its bill: of two bills for one item of a day the later one counts.
    const mended = { lines: [ofItem('disk')('2026-11-18', '6.00')] };
    expect((await sendPart(mended, 1, '3.30')).status).toBe(200);
    expect(await approve(checker, again.id)).toMatchObject({
      status: 409,
      body: { code: 'figures_changed', theirs: '6.00', ours: '0.00' },
    });
    expect(await auditor.call('approval', { params: { id: again.id } })).toMatchObject({
      body: { state: 'waiting' },
    });
    await finance.call('withdrawRequest', { params: { id: again.id } });
    const all = await Promise.all([differenceOf('2026-11-18', 'disk'), differenceOf('2026-11-18', 'gpt-4')]);
    const both = deciding(all);
    expect(await finance.call('acceptCosts', { body: both })).toMatchObject({ body: { amount: '9.30' } });
    expect(await approve(checker, both.id)).toMatchObject({ status: 200 });
    expect((await costsOf('2026-11-18')).total).toBe('9.30');
    const twice = deciding([all[0], all[0]]);
    expect(await finance.call('acceptCosts', { body: twice })).toMatchObject({ status: 409 });
  });

  test('what is disputed keeps its reason until a figure changes', async () => {
    const row = await differenceOf('2026-11-17', 'qwen-max');
    const body = deciding([row], 'their export was cut off');
    expect(await auditor.call('disputeCosts', { body })).toMatchObject({ status: 403 });
    expect(await finance.call('disputeCosts', { body })).toMatchObject({ status: 200, body: { count: 1 } });
    expect(await finance.call('disputeCosts', { body })).toMatchObject({ status: 200, body: { count: 1 } });
    expect(await finance.call('disputeCosts', { body: { ...body, reason: 'x' } })).toMatchObject({
      status: 409,
    });
    expect(await differenceOf('2026-11-17', 'qwen-max')).toMatchObject({
      state: 'disputed',
      decision: { kind: 'dispute', reason: 'their export was cut off' },
    });
    const [disputed] = await entriesOf('disputeCosts', body.id, 'done');
    expect(disputed).toMatchObject({
      before: { differences: [row] },
      after: [{ ...row, state: 'disputed', decision: { reason: 'their export was cut off' } }],
    });
    expect((await costsOf('2026-11-17')).total).toBe('20.00');
    await call('2026-11-17');
    expect(await differenceOf('2026-11-17', 'qwen-max')).toMatchObject({ state: 'open', gap: '-40.00' });
  });

  test('a line with a number of its own counts once, in whatever file it comes', async () => {
    const first = file(gpu('2026-11-16', 'r1', '10.00'), gpu('2026-11-16', 'r2', '5.00'));
    expect((await send(first)).status).toBe(200);
    expect(await finance.call('beginBill', { body: billOf(first).head })).toMatchObject({
      status: 409,
      body: { code: 'bill_booked_before' },
    });
    const next = file(gpu('2026-11-16', 'r2', '5.00'), gpu('2026-11-16', 'r3', '7.00'));
    expect((await sendPart(next, 1, '10.00')).status).toBe(200);
    expect(await sums()).toEqual([['2026-11-16', 3, '22.00']]);
    // Corrected, and of another day.
    expect((await send(file(gpu('2026-11-17', 'r1', '12.00')))).status).toBe(200);
    expect(await sums()).toEqual([
      ['2026-11-17', 1, '12.00'],
      ['2026-11-16', 2, '12.00'],
    ]);
    const twice = await send(file(gpu('2026-11-18', 'r4', '1.00'), gpu('2026-11-18', 'r4', '1.00')));
    expect(twice).toMatchObject({ status: 400, body: { code: 'validation_failed' } });
    expect((await sums()).length).toBe(2);
  });

  test('a day that is billed again in a file with numbers, or in one without, counts once', async () => {
    const plain = ofItem('gpu');
    expect((await send(file(plain('2026-11-14', '8.00'), plain('2026-11-14', '2.00')))).status).toBe(200);
    expect((await send(file(gpu('2026-11-14', 'n1', '8.00'), gpu('2026-11-14', 'n2', '2.00')))).status).toBe(
      200,
    );
    expect(await sumOf('2026-11-14'), 'read anew, with the column of the numbers').toEqual([2, '10.00']);
    expect((await send(file(plain('2026-11-14', '11.00')))).status).toBe(200);
    expect(await sumOf('2026-11-14'), 'and as one sum').toEqual([1, '11.00']);
  });

  test('what a later bill lacks of earlier ones of its days counts as a person says, and never in silence', async () => {
    const [plain, disk] = [ofItem('gpu'), ofItem('disk')];
    const first = [plain('2026-11-10', '8.00'), disk('2026-11-10', '3.00'), disk('2026-11-11', '2.00')];
    expect(
      (await send(file(...first, gpu('2026-11-12', 'z1', '1.00'), disk('2026-11-13', '4.00')))).status,
    ).toBe(200);
    const counted = await itemSums();
    expect(counted).toEqual([
      ['13', 'disk', 1, '4.00'],
      ['12', 'gpu', 1, '1.00'],
      ['11', 'disk', 1, '2.00'],
      ['10', 'disk', 1, '3.00'],
      ['10', 'gpu', 1, '8.00'],
    ]);

    const later = await deliver(file(plain('2026-11-10', '9.00'), gpu('2026-11-12', 'z2', '1.50')));
    expect(await auditor.call('unnamedLines', { params: later })).toMatchObject({ status: 200 });
    const unnamed = UnnamedLines.parse((await auditor.call('unnamedLines', { params: later })).body);
    expect(unnamed).toEqual({
      provider: 'gpus',
      from: '2026-11-10',
      to: '2026-11-12',
      lines: 3,
      amount: '6.00',
      items: [
        { item: 'disk', from: '2026-11-10', to: '2026-11-11', days: 2, lines: 2, amount: '5.00' },
        { item: 'gpu', from: '2026-11-12', to: '2026-11-12', days: 1, lines: 1, amount: '1.00' },
      ],
    });
    const seen = { lines: 3, amount: '6.00' };
    expect(await book(later)).toMatchObject({ status: 409, body: { code: 'bill_leaves_out', ...seen } });
    const others = await Promise.all([
      book(later, { are: 'replaced', lines: 2, amount: '6.00' }),
      book(later, { are: 'replaced', lines: 3, amount: '5.00' }),
    ]);
    for (const other of others)
      expect(other).toMatchObject({ status: 409, body: { code: 'figures_changed', ...seen } });
    expect(await itemSums()).toEqual(counted);
    const booked = await book(later, { are: 'replaced', ...seen });
    expect(booked).toMatchObject({ status: 200, body: { unnamed: { are: 'replaced', ...seen } } });
    expect((await book(later, { are: 'kept', ...seen })).body, 'decided once').toEqual(booked.body);
    // Of the day that it does not cover, the earlier bill still counts.
    expect(await itemSums()).toEqual([
      ['13', 'disk', 1, '4.00'],
      ['12', 'gpu', 1, '1.50'],
      ['10', 'gpu', 1, '9.00'],
    ]);
    expect((await auditor.call('unnamedLines', { params: later })).status).toBe(404);

    expect((await sendPart(file(disk('2026-11-10', '3.50')), 1, '9.00')).body).toMatchObject({
      unnamed: { are: 'kept', lines: 1, amount: '9.00' },
    });
    expect((await itemSums()).slice(2)).toEqual([
      ['10', 'disk', 1, '3.50'],
      ['10', 'gpu', 1, '9.00'],
    ]);
    const nothing = await deliver(file(plain('2026-11-09', '1.00')));
    expect(await book(nothing, { are: 'kept', lines: 0, amount: '0.00' })).toMatchObject({ status: 409 });
    expect(ProviderBill.parse((await book(nothing)).body).unnamed).toBeUndefined();
    const { head } = billOf(file(plain('2026-11-08', '1.00')));
    await finance.call('beginBill', { body: head });
    expect(await auditor.call('unnamedLines', { params: { id: head.id } })).toMatchObject({
      body: { code: 'bill_incomplete' },
    });
  });

  test('other cost prices work usage out anew, and leave an accepted figure what it is', async () => {
    const [price] = costs.prices;
    const cheaper = { ...price, effectiveAt: '2026-11-15T16:00:00.000Z', inputPrice: '5' };
    const put = await finance.call('putCosts', { body: { ...costs, prices: [price, cheaper] } });
    expect(put).toMatchObject({ status: 200 });
    expect(await costsOf('2026-11-16')).toMatchObject({ usage: '15.00', bills: '10.50', total: '25.50' });
    expect(await differenceOf('2026-11-16', 'qwen-max')).toMatchObject({ state: 'settled', gap: '0.00' });
  });

  test('what a closed month was billed for is booked on the first open day, and counts for its own', async () => {
    await call('2026-10-31');
    expect((await costsOf('2026-10')).usage).toBe('20.00');
    expect(await finance.call('closePeriod', { body: { month: '2026-10' } })).toMatchObject({ status: 201 });
    // A call of that month that is told now is late; it is of its own day all the same.
    await call('2026-10-31');
    await send({ lines: [qwen('2026-10-31', '43.00')] });
    const row = await differenceOf('2026-10-31', 'qwen-max');
    expect(row).toMatchObject({ class: 'amount', gap: '3.00', ours: { count: 2, workedOut: '40.00' } });
    const body = deciding([row]);
    await finance.call('acceptCosts', { body });
    expect(await approve(checker, body.id)).toMatchObject({ status: 200 });
    expect((await costsOf('2026-10')).total).toBe('20.00');
    expect(await costsOf('2026-11-01')).toMatchObject({ usage: '20.00', bills: '3.00' });
    expect((await differenceOf('2026-10-31', 'qwen-max')).state).toBe('settled');
  });

  test('margins tell their shares, and a call its own cost, margin and price', async () => {
    const query = { by: 'product', from: '2026-11-01', until: '2026-12-01' };
    const reply = await auditor.call('margins', { query });
    const { items, total } = reply.body as {
      items: { key: string; revenue: string; revenueBasisPoints?: number; marginBasisPoints?: number }[];
      total: { revenue: string; cost: string };
    };
    expect(items).toMatchObject([{ key: 'chat', revenueBasisPoints: 10_000 }]);
    const revenue = yuan(total.revenue);
    expect(items[0]?.marginBasisPoints).toBe(Number(((revenue - yuan(total.cost)) * 10_000n) / revenue));
    const usages = await auditor.call('costedUsages', { query: { accountId: operator.accountId } });
    const [last] = (usages.body as { items: unknown[] }).items.map((item) => CostedUsage.parse(item));
    expect(last).toMatchObject({
      paid: '0.06',
      cost: '20.00',
      margin: '-19.94',
      price: { effectiveAt: from, per: 1_000, inputPrice: '10', outputPrice: '20' },
    });
  });

  test('a count that no file has is refused with its field', async () => {
    const { head } = billOf(file(gpu('2026-11-21', 'g-99', '1.00')));
    const body = { ...head, leftOut: Number.MAX_SAFE_INTEGER };
    expect(await finance.call('beginBill', { body })).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path: 'leftOut' }] },
    });
  });

  test('lines that add up to more than an amount can be are refused, and none of them is kept', async () => {
    const most = '999999999999.99';
    const { head, numbered, params } = billOf(
      file(gpu('2026-11-21', 'm-1', most), gpu('2026-11-21', 'm-2', most)),
    );
    expect((await finance.call('beginBill', { body: { ...head, total: '0.00' } })).status).toBe(201);
    expect(await finance.call('sendBillLines', { params, body: { lines: numbered } })).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path: 'lines' }] },
    });
    const one = { params, body: { lines: numbered.slice(0, 1) } };
    expect(await finance.call('sendBillLines', one)).toMatchObject({ status: 200, body: { received: 1 } });
    expect((await finance.call('sendBillLines', { params, body: { lines: numbered } })).status).toBe(400);
    expect(await finance.call('bookBill', { params, body: {} })).toMatchObject({
      status: 409,
      body: { code: 'bill_incomplete', actual: most },
    });
  });

  test('bills that bring a day to more than an amount can be are refused, and the days before stay', async () => {
    const half = '600000000000.00';
    expect((await send(file(gpu('2026-11-19', 'h-1', half)))).status).toBe(200);
    expect(await send(file(gpu('2026-11-19', 'h-2', half)))).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path: 'lines' }] },
    });
    expect((await differenceOf('2026-11-19', 'gpu')).theirs).toMatchObject({ lines: 1, amount: half });
  });

  test('how a provider is read is kept, with the zone that days are cut in', async () => {
    const reply = await auditor.call('billMappings');
    expect(reply.body).toMatchObject({
      timeZone: 'Asia/Shanghai',
      items: [
        {
          provider: 'aliyun',
          mapping: { headerLines: 1, reference: 4, dayFormat: 'ymd', decimal: '.', items: [] },
        },
        { provider: 'gpus' },
      ],
    });
    const nowhere = billOf({ lines: [qwen('2026-11-15', '1.00')] });
    const body = { ...nowhere.head, mapping: { ...nowhere.head.mapping, timeZone: 'Nowhere/Else' } };
    expect(await finance.call('beginBill', { body })).toMatchObject({ status: 400 });
  });
}
