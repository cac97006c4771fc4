import { createHash } from 'node:crypto';
import exceljs from 'exceljs';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { afterEach, expect, test } from 'vitest';
import { BillMapping, billLinesMax } from '../../shared/api-bills.ts';
import type { CommandName } from '../../shared/ipc.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import { createCommands } from '../desk/commands.ts';
import { openBill, type OpenBill } from './bill-file.ts';
import { readBillLines } from './bill-lines.ts';
import { readBillTable, type BillTable } from './bill-table.ts';
import { registerBillCommands, type BillsDesk } from './commands.ts';
import { dayReader } from './days.ts';
import { decimalText, microsOf, readDecimal } from './figures.ts';
import { guessMapping } from './guess.ts';

const zone = 'Asia/Shanghai';
const bytes = (text: string, encoding = 'utf8', addBOM = false): Uint8Array =>
  iconv.encode(text, encoding, { addBOM });
const mapping = (given: object = {}): BillMapping =>
  BillMapping.parse({ headerLines: 1, day: 0, item: 1, amount: 2, amountIn: 'yuan', ...given });

async function tableOf(content: Uint8Array | string): Promise<BillTable> {
  const read = await readBillTable(typeof content === 'string' ? bytes(content) : content);
  if (!read.ok) throw new Error(`refused: ${read.problem.code}`);
  return read.table;
}
async function refusal(content: Uint8Array | string) {
  const read = await readBillTable(typeof content === 'string' ? bytes(content) : content);
  return read.ok ? 'not refused' : read.problem;
}
/** Nothing is lost: every row below the headings is a line, a repetition or a fault. */
async function read(content: Uint8Array | string, given: object = {}) {
  const table = await tableOf(content);
  const bill = readBillLines(table, mapping(given), zone);
  const { lines, good, repeated, bad, total } = bill.preview;
  expect(good + repeated + bad).toBe(lines);
  expect(lines).toBe(table.rows.filter(({ line }) => line > mapping(given).headerLines).length);
  expect(yuan(total)).toBe(bill.lines.reduce((sum, { amount }) => sum + yuan(amount), 0n));
  return bill;
}

const header = '日期,模型,金额\n';
test.each([
  ['utf-8', bytes(`${header}2026-11-01,通义千问,12.5\n`)],
  ['utf-8', bytes(`${header}2026-11-01,通义千问,12.5\n`, 'utf8', true)],
  ['gb18030', bytes(`${header}2026-11-01,通义千问,12.5\r\n`, 'gbk')],
  ['utf-16le', bytes(`${header}2026-11-01,通义千问,12.5\r\n`, 'utf-16le', true)],
  ['utf-8', bytes('日期;模型;金额\n2026-11-01;通义千问;"12.5"\n')],
  ['utf-8', bytes('日期\t模型\t金额\n2026-11-01\t"通义千问"\t12.5')],
])('a bill in %s is read, whatever divides its cells', async (encoding, content) => {
  expect((await tableOf(content)).encoding).toBe(encoding);
  const { lines, preview } = await read(content);
  expect(lines).toEqual([{ line: 2, day: '2026-11-01', item: '通义千问', amount: '12.50' }]);
  expect(preview).toMatchObject({ good: 1, bad: 0, total: '12.50', from: '2026-11-01', to: '2026-11-01' });
});

test('each row that is no line is told with its line, column and reason, and no other is lost', async () => {
  const { lines, preview } = await read(
    [
      'day,item,amount,quantity,currency,number',
      '2026-11-01,"a ""b"", c",1.00,10,CNY,n1',
      '2026-02-30,x,1.00,1,CNY,n2',
      '2026-11-01,,1.00,1,CNY,n3',
      '2026-11-01,x,1.0000001,1,CNY,n4',
      '2026-11-01,x,1.2E+05,1,CNY,n5',
      '2026-11-01,x,1.00,1.5,CNY,n6',
      '2026-11-01,x,1.00,1,USD,n7',
      '2026-11-01,x,2.00,1,CNY,n1',
      '2026-11-01,"a ""b"", c",1.00,10,CNY,n1',
      '2026-11-01,x,1.00,,CNY,',
      '2026-11-02,y,-0.5,-3,人民币,n8',
      '合计,,3.50',
    ].join('\n'),
    { quantity: 3, currency: 4, reference: 5 },
  );
  expect(lines).toEqual([
    { line: 2, day: '2026-11-01', item: 'a "b", c', quantity: '10', amount: '1.00', reference: 'n1' },
    { line: 12, day: '2026-11-02', item: 'y', quantity: '-3', amount: '-0.50', reference: 'n8' },
  ]);
  expect(preview.faults).toEqual([
    { line: 3, column: 'day', reason: 'day', text: '2026-02-30' },
    { line: 4, column: 'item', reason: 'empty', text: '' },
    { line: 5, column: 'amount', reason: 'too_precise', text: '1.0000001' },
    { line: 6, column: 'amount', reason: 'amount', text: '1.2E+05' },
    { line: 7, column: 'quantity', reason: 'quantity', text: '1.5' },
    { line: 8, column: 'currency', reason: 'currency', text: 'USD' },
    { line: 9, column: 'reference', reason: 'twice', text: 'n1', firstLine: 2 },
    { line: 11, column: 'reference', reason: 'empty', text: '' },
    { line: 13, column: 'item', reason: 'empty', text: '' },
  ]);
  expect(preview).toMatchObject({ lines: 12, good: 2, repeated: 1, bad: 9, total: '0.50' });
});

test.each([
  ['at the end', 'd,i,a\n2026-11-01,x,1\n2026-11-02,"y,2\n2026-11-03,z,3\n', [2, 4], [3]],
  [
    'closed by a later one',
    'd,i,a\n2026-11-01,"x,1\n2026-11-02,y,2\n2026-11-03,"z,3\n2026-11-04,w,4\n',
    [3, 5],
    [2, 4],
  ],
])('a quote left open %s costs its own line only', async (_where, text, good, bad) => {
  const { lines, preview } = await read(text);
  expect(lines.map(({ line }) => line)).toEqual(good);
  expect(preview.faults.map(({ line, reason }) => [line, reason])).toEqual(
    bad.map((line) => [line, 'malformed']),
  );
});

test.each([
  ['1,234,567.891', '.', '1234567.891'],
  ['1.234.567,891', ',', '1234567.891'],
  ['1 234,5', ',', '1234.50'],
  ['¥ 12.30', '.', '12.30'],
  ['12.30元', '.', '12.30'],
  ['-¥12.30', '.', '-12.30'],
  ['\u221212.30', '.', '-12.30'],
  ['(12.30)', '.', '-12.30'],
  ['+0.000001', '.', '0.000001'],
  ['.5', '.', '0.50'],
  ['5.', '.', '5.00'],
  ['1.500000000', '.', '1.50'],
  ['0', '.', '0.00'],
] as const)('%s with the point %s is %s', (written, point, amount) => {
  const decimal = readDecimal(written, point);
  expect(decimal === null ? null : yuanText(microsOf(decimal, 'yuan') as bigint)).toBe(amount);
});
test.each(['', '1,23', '1.2.3', '12,34.5', '1e3', '--1', '(-1)', 'NaN', '十', '¥', '.', '1,2345'])(
  'what is written %j is no amount',
  (written) => {
    expect(readDecimal(written, '.')).toBeNull();
  },
);

const one = (text: string) => readDecimal(text, '.') ?? { digits: 0n, places: 0 };
test('cents have two places less, and an amount that no wire can carry is refused', () => {
  expect(microsOf(one('1234.5678'), 'cents')).toBe(12_345_678n);
  expect(microsOf(one('1.00001'), 'cents')).toBe('too_precise');
  expect(microsOf(one('1000000000000'), 'yuan')).toBe('unreadable');
  expect(microsOf(one('999999999999.999999'), 'yuan')).toBe(999_999_999_999_999_999n);
});

test('a number is told as the shortest decimal that it is, without an exponent', () => {
  expect([1e21, 1.5e-7, 0.1 + 0.2, 120.5, -3e-10, 0].map(decimalText)).toEqual([
    '1000000000000000000000',
    '0.00000015',
    '0.30000000000000004',
    '120.5',
    '-0.0000000003',
    '0',
  ]);
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = decimalText(value);
      expect(text).toMatch(/^-?\d+(?:\.\d+)?$/);
      expect(Number(text)).toBe(value === 0 ? 0 : value);
    }),
  );
});

test('any amount that is written comes out as it was, in either way of writing', () => {
  const amounts = fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n });
  fc.assert(
    fc.property(amounts, fc.boolean(), (micros, grouped) => {
      const [whole = '', fraction = ''] = yuanText(micros).split('.');
      const shown = grouped ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole;
      const english = readDecimal(`${shown}.${fraction}`, '.');
      const german = readDecimal(`${shown.replaceAll(',', '.')},${fraction}`, ',');
      for (const decimal of [english, german])
        expect(decimal === null ? null : microsOf(decimal, 'yuan')).toBe(micros);
    }),
  );
});

test.each([
  ['2026-11-01', 'ymd', 'UTC', '2026-11-01'],
  ['2026/1/9', 'ymd', 'UTC', '2026-01-09'],
  ['2026年1月9日', 'ymd', 'UTC', '2026-01-09'],
  ['20261101', 'ymd', 'UTC', '2026-11-01'],
  ['31/12/2026', 'dmy', 'UTC', '2026-12-31'],
  ['12/31/2026', 'mdy', 'UTC', '2026-12-31'],
  ['2026-11-01 15:59:59', 'ymd', 'UTC', '2026-11-01'],
  ['2026-11-01 16:00', 'ymd', 'UTC', '2026-11-02'],
  ['2026-11-01T16:00:00.123Z', 'ymd', zone, '2026-11-02'],
  ['2026-11-01 23:30:00', 'ymd', zone, '2026-11-01'],
  ['2026-11-01T23:30:00+0530', 'ymd', zone, '2026-11-02'],
  // The clocks of New York go back on the first of November: noon is 17:00 UTC after it, 16:00 before.
  ['2026-10-31 12:00:00', 'ymd', 'America/New_York', '2026-11-01'],
  ['2026-11-01 10:59:59', 'ymd', 'America/New_York', '2026-11-01'],
  ['2026-11-01 11:00:00', 'ymd', 'America/New_York', '2026-11-02'],
] as const)('%s written %s by a clock of %s is of %s here', (written, order, there, day) => {
  expect(dayReader(order, there, zone)(written)).toBe(day);
});
test.each([
  '',
  '2026-11',
  '2026-13-01',
  '2026-04-31',
  '26-01-01',
  '2026-11-01 24:00:00',
  'x2026-11-01',
  '45962',
])('%j is no day', (written) => {
  expect(dayReader('ymd', zone, zone)(written)).toBeNull();
});

async function workbook(rows: unknown[][]): Promise<Uint8Array> {
  const book = new exceljs.Workbook();
  book.addWorksheet('账单').addRows(rows);
  return new Uint8Array(await book.xlsx.writeBuffer());
}

test('a workbook gives numbers exactly and days as days, and what it has rounded is refused', async () => {
  const day = new Date('2026-11-03T00:00:00Z');
  const { lines, preview } = await read(
    await workbook([
      ['日期', '模型', '金额', '数量'],
      [day, 'qwen-max', 0.1, 1_500_000],
      [new Date('2026-11-03T23:30:00Z'), 'qwen-max', { formula: 'C2*2', result: 0.2 }, 2],
      ['2026-11-04', { richText: [{ text: 'gpt' }, { text: '-4' }] }, '1,234.56', '2,000'],
      [day, 'qwen-max', 0.1 + 0.2, 1],
      [day, 'qwen-max', 1e-7, 1],
      [day, 'qwen-max', { error: '#N/A' }, 1],
      [45_962, 'qwen-max', 1, 1],
    ]),
    { quantity: 3, timeZone: 'UTC' },
  );
  expect(lines).toEqual([
    { line: 2, day: '2026-11-03', item: 'qwen-max', quantity: '1500000', amount: '0.10' },
    { line: 3, day: '2026-11-04', item: 'qwen-max', quantity: '2', amount: '0.20' },
    { line: 4, day: '2026-11-04', item: 'gpt-4', quantity: '2000', amount: '1234.56' },
  ]);
  expect(preview.faults.map(({ line, column, reason, text }) => [line, column, reason, text])).toEqual([
    [5, 'amount', 'too_precise', '0.30000000000000004'],
    [6, 'amount', 'too_precise', '0.0000001'],
    [7, 'amount', 'amount', '#N/A'],
    [8, 'day', 'day', '45962'],
  ]);
});

test('what a provider calls an item goes by its name here, and a quantity counts in its own unit', async () => {
  const { lines, preview } = await read('d;i;a;q\n2026-11-01;通义千问-Max;3,5;1.500,5\n', {
    decimal: ',',
    quantity: 3,
    quantityIn: 1_000,
    items: [{ said: '通义千问-Max', item: 'qwen-max' }],
  });
  expect(lines).toEqual([
    {
      line: 2,
      day: '2026-11-01',
      item: 'qwen-max',
      said: '通义千问-Max',
      quantity: '1500500',
      amount: '3.50',
    },
  ]);
  expect(preview.items).toEqual([{ said: '通义千问-Max', item: 'qwen-max', lines: 1, amount: '3.50' }]);
});

test('headings are recognised below what stands above them, and nothing is guessed of what has none', async () => {
  const table = await tableOf(
    '账单 2026-11\n\n订单号,消费时间,产品名称,计费项,用量,币种,应付金额(元)\n1,2026-11-01,a,b,1,CNY,2\n',
  );
  expect(guessMapping(table)).toMatchObject({
    headerLines: 3,
    reference: 0,
    day: 1,
    item: 3,
    quantity: 4,
    currency: 5,
    amount: 6,
    amountIn: 'yuan',
  });
  expect(guessMapping(await tableOf('1,2,3\n4,5,6\n'))).toBeNull();
});

test('empty, binary, broken and endless files are refused by name', async () => {
  expect(await refusal('\n , \n')).toMatchObject({ code: 'bill_empty' });
  expect(await refusal(bytes('PK\u0003\u0004 not a workbook'))).toMatchObject({ code: 'bill_unreadable' });
  expect(await refusal(Uint8Array.from([0x89, 0x50, 0, 0, 13]))).toMatchObject({ code: 'bill_unreadable' });
  const endless = `${header}${'2026-11-01,x,1\n'.repeat(billLinesMax + 1_001)}`;
  expect(await refusal(endless)).toMatchObject({
    code: 'bill_too_many_lines',
    params: { max: '200000', count: '201002' },
  });
});

// ── Beside the engine, and to the server ────────────────────────────────────────────────────────────────────

const opened: OpenBill[] = [];
afterEach(async () => {
  for (const bill of opened.splice(0)) await bill.close();
});

test('a bill that is open answers in order until it is closed', async () => {
  const bill = openBill(bytes(`${header}2026-11-01,x,1\n2026-11-02,y,oops\n`));
  opened.push(bill);
  expect(await bill.opened).toMatchObject({ ok: true, opened: { lines: 3, columns: 3, encoding: 'utf-8' } });
  const ask = (wanted: 'preview' | 'lines', given: object = {}) =>
    bill.ask({ mapping: mapping(given), businessZone: zone, wanted });
  const [preview, lines] = await Promise.all([ask('preview', { headerLines: 0 }), ask('lines')]);
  expect(preview).toMatchObject({ ok: true, preview: { lines: 3, good: 1, bad: 2 }, lines: [] });
  expect(lines).toMatchObject({ ok: true, preview: { good: 1, bad: 1 }, lines: [{ day: '2026-11-01' }] });
  await bill.close();
  expect(await ask('preview')).toMatchObject({ ok: false, problem: { code: 'bill_unreadable' } });
});

interface Sent {
  readonly name: string;
  readonly request: { readonly body?: Record<string, unknown> };
}

/** A server that keeps what it is sent, and loses its line at the calls that it is told to. */
function desk(
  sent: Sent[],
  breaksAt: (call: number) => boolean,
  /** What its answer says otherwise; with a code it is a refusal. */
  saysOf: (name: string, request: Sent['request']) => object = () => ({ received: 0 }),
): BillsDesk {
  const replies: Record<string, unknown> = { billMappings: { items: [], timeZone: zone } };
  return {
    session: { account: () => ({}), signedIn: () => true, state: () => ({}) },
    client: {
      async call(name: string, request: Sent['request'] & { params?: { id: string } }) {
        sent.push({ name, request });
        if (breaksAt(sent.length)) return { kind: 'unreachable' };
        const id = request.params?.id ?? request.body?.['id'];
        const says = saysOf(name, request);
        if ('code' in says) return { kind: 'problem', problem: says };
        return { kind: 'ok', status: 200, body: replies[name] ?? { ...billOf(String(id)), ...says } };
      },
    },
  } as unknown as BillsDesk;
}
const billOf = (id: string) => ({
  id,
  provider: 'aliyun',
  fileName: 'bill.csv',
  state: 'booked',
  lines: 1,
  received: 1,
  leftOut: 0,
  total: '1.00',
  createdAt: '2026-11-21T02:00:00.000Z',
});

const log = { error: () => undefined } as unknown as Parameters<typeof createCommands>[0];

test('a bill is sent whole or not at all, and after a broken line as the same one', async () => {
  const sent: Sent[] = [];
  let breaksAt = 4;
  const registry = createCommands(log, (error) => expect.fail(String(error)));
  const part = registerBillCommands(
    registry,
    desk(sent, (call) => call === breaksAt),
  );
  const ask = (name: CommandName, input: object) => registry.dispatch(name, input);
  const content = `${header}${Array.from({ length: 1_200 }, (_, n) => `2026-11-01,x${n % 7},${n}.01`).join('\n')}\n合计,,9\n`;
  const base64 = Buffer.from(content).toString('base64');
  const file = await ask('bill.open', { fileName: 'bill.csv', base64 });
  expect(file).toMatchObject({ ok: true, output: { lines: 1_202, timeZone: zone, mappings: [] } });
  const { id } = (file as unknown as { output: { id: string } }).output;
  const send = (leaveOut: number, given: object = {}) =>
    ask('bill.send', { id, provider: 'aliyun', mapping: mapping(given), leaveOut });
  expect(await send(0)).toMatchObject({
    ok: false,
    problem: { code: 'bill_has_faults', params: { bad: '1' } },
  });
  // Agreed to for another number of lines is not agreed to.
  expect(await send(2)).toMatchObject({ ok: false, problem: { code: 'bill_has_faults' } });
  expect(await send(1)).toMatchObject({ ok: false, problem: { code: 'server_unreachable' } });
  breaksAt = 0;
  expect(await send(1)).toMatchObject({ ok: true, output: { state: 'booked' } });
  const begun = sent.filter(({ name }) => name === 'beginBill').map(({ request }) => request.body);
  expect(begun[1]).toEqual(begun[0]);
  expect(begun[0]).toMatchObject({
    lines: 1_200,
    leftOut: 1,
    total: yuanText(Array.from({ length: 1_200 }, (_, n) => yuan(`${n}.01`)).reduce((a, b) => a + b, 0n)),
    fileHash: createHash('sha256').update(content).digest('hex'),
  });
  const lines = sent.slice(-4, -1).flatMap(({ request }) => request.body?.['lines'] as { line: number }[]);
  expect(lines.map(({ line }) => line)).toEqual(Array.from({ length: 1_200 }, (_, n) => n + 2));
  // What was sent is open no more.
  expect(await ask('bill.preview', { id, mapping: mapping() })).toMatchObject({
    problem: { code: 'bill_closed' },
  });
  await part.stop();
});

test('what a bill lacks of earlier ones is asked for, and its lines are not sent again with the answer', async () => {
  const sent: Sent[] = [];
  const registry = createCommands(log, (error) => expect.fail(String(error)));
  const leavesOut = { code: 'bill_leaves_out', lines: 2, amount: '5.00' };
  const part = registerBillCommands(
    registry,
    desk(
      sent,
      () => false,
      (name, request) => {
        if (name === 'beginBill')
          return { received: sent.some((one) => one.name === 'sendBillLines') ? 1 : 0 };
        return name === 'bookBill' && request.body?.['unnamed'] === undefined ? leavesOut : {};
      },
    ),
  );
  const base64 = Buffer.from(`${header}2026-11-01,x,1\n`).toString('base64');
  const file = await registry.dispatch('bill.open', { fileName: 'bill.csv', base64 });
  const { id } = (file as unknown as { output: { id: string } }).output;
  const send = (given: object) =>
    registry.dispatch('bill.send', { id, provider: 'aliyun', mapping: mapping(), leaveOut: 0, ...given });
  const asked = await send({});
  const bill = sent.find(({ name }) => name === 'beginBill')?.request.body?.['id'];
  expect(asked).toEqual({ ok: false, problem: { code: 'bill_leaves_out', params: { id: bill } } });
  const unnamed = { are: 'replaced', lines: 2, amount: '5.00' };
  expect(await send({ unnamed })).toMatchObject({ ok: true });
  expect(sent.slice(1).map(({ name }) => name)).toEqual([
    'beginBill',
    'sendBillLines',
    'bookBill',
    'beginBill',
    'bookBill',
  ]);
  expect(sent.at(-1)?.request).toEqual({ params: { id: bill }, body: { unnamed } });
  await part.stop();
});

test('a bill that is read in another way after a broken line is another bill', async () => {
  const sent: Sent[] = [];
  const registry = createCommands(log, (error) => expect.fail(String(error)));
  const part = registerBillCommands(
    registry,
    desk(sent, (call) => call === 2),
  );
  const base64 = Buffer.from(`${header}2026-11-01,x,100\n`).toString('base64');
  const file = await registry.dispatch('bill.open', { fileName: 'bill.csv', base64 });
  const { id } = (file as unknown as { output: { id: string } }).output;
  const send = (given: object) =>
    registry.dispatch('bill.send', { id, provider: 'aliyun', mapping: mapping(given), leaveOut: 0 });
  expect(await send({})).toMatchObject({ ok: false, problem: { code: 'server_unreachable' } });
  expect(await send({ amountIn: 'cents' })).toMatchObject({ ok: true });
  const [first, second] = sent.filter(({ name }) => name === 'beginBill').map(({ request }) => request.body);
  expect([first?.['total'], second?.['total']]).toEqual(['100.00', '1.00']);
  expect(second?.['id']).not.toBe(first?.['id']);
  await part.stop();
});
