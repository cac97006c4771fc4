/** Checks exported bills as other programs read them: typed cells, sums that are the ledger's, text that stays text. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { parse } from 'csv-parse/sync';
import exceljs from 'exceljs';
import fc from 'fast-check';
import readWorkbook from 'read-excel-file/node';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Account, Transaction } from '../../shared/api.ts';
import type { PersonalData } from '../../shared/api-personal.ts';
import type { CommandInput, CommandName, CommandReply } from '../../shared/ipc.ts';
import type { ExportState } from '../../shared/ipc-history.ts';
import { yuanText } from '../../shared/money.ts';
import type { Cache } from '../cache/database.ts';
import { createHistoryReader } from '../cache/history-reader.ts';
import { createHistory } from '../cache/history.ts';
import { createMirror } from '../cache/mirror.ts';
import { createSettings } from '../cache/settings.ts';
import { ledgerOf, type Part } from '../cache/test-ledger.ts';
import { createCommands } from '../desk/commands.ts';
import type { DeskContext } from '../desk/context.ts';
import { freshFolder, openedCache, silentLog } from '../sync/test-desk.ts';
import type { Bill, BillRow, ExportJob } from './bill.ts';
import { billColumns, billWords } from './columns.ts';
import type { AuditReader } from './audit-export.ts';
import { registerExportCommands } from './commands.ts';
import type { PersonRead, PersonReader } from './person-export.ts';
import { wallClock, wallText } from './wall-clock.ts';
import { writeWorkbook } from './workbook-writer.ts';
import { writeBill } from './write-bill.ts';

const account: Account = {
  id: '0198b0a5-0000-7000-8000-000000000001',
  name: '=测试公司',
  email: 'operator@test.example',
  role: 'operator',
  memberLevel: 'none',
  timeZone: 'Asia/Shanghai',
  currency: 'CNY',
};
let folder: ReturnType<typeof freshFolder>;
let cache: Cache;

beforeEach(() => {
  folder = freshFolder();
  cache = openedCache(folder.path);
});
afterEach(() => {
  cache.close();
  folder.remove();
});

function fill(parts: readonly Part[]): void {
  expect(createMirror(cache).append(account, ledgerOf(account.id, parts))).toBeNull();
}
const charge = (part: Partial<Transaction> = {}): Part => ({
  kind: 'charge',
  amount: '-1.20',
  platform: 'douyin',
  operation: 'follow',
  quantity: 1,
  targetUserId: 'u1',
  ...part,
});
const recharge: Part = { kind: 'recharge', amount: '1000000.00' };

function job(part: Partial<ExportJob> = {}): ExportJob {
  return {
    databaseFile: cache.file,
    account,
    filter: {},
    format: 'xlsx',
    language: 'zh-CN',
    path: join(folder.path, 'bill.xlsx'),
    sheetRowsMax: 1_000,
    cancel: new SharedArrayBuffer(4),
    ...part,
  };
}
async function written(part: Partial<ExportJob> = {}) {
  const end = await writeBill(job(part), () => undefined);
  expect(end.kind === 'failed' ? end.detail : end.kind).toBe('done');
  const sheets = await readWorkbook(readFileSync(job(part).path), { trim: false });
  return new Map(sheets.map(({ sheet, data }) => [sheet, data as readonly (readonly unknown[])[]]));
}
const cents = (value: unknown): number => Math.round(Number(value) * 100);
const code = (reply: CommandReply<CommandName>): string => (reply.ok ? 'ok' : reply.problem.code);
const leftovers = (): string[] => readdirSync(folder.path).filter((name) => name.endsWith('.part'));

describe('a workbook', () => {
  test('has real dates, numbers and texts, and says what it is of', async () => {
    fill([recharge, charge({ targetUserId: '123456789012345678', amount: '-0.950001', note: '备注' })]);
    const sheets = await written({ filter: { fromDay: '2026-03-01' } });
    const [header, first, second] = sheets.get('明细') ?? [];
    expect(header?.slice(0, 9)).toEqual([
      '序号',
      '时间',
      '类型',
      '平台',
      '操作',
      '数量',
      '金额（元）',
      '余额（元）',
      '目标',
    ]);
    expect(first?.slice(0, 8)).toEqual([
      1,
      new Date('2026-03-01T12:00:00.000Z'),
      '充值',
      '—',
      null,
      null,
      1_000_000,
      1_000_000,
    ]);
    expect(second?.slice(2, 9)).toEqual([
      '消费',
      '抖音',
      '关注',
      1,
      -0.950001,
      999_999.049999,
      '123456789012345678',
    ]);
    expect(second?.[10]).toBe('备注');
    const summary = sheets.get('汇总') ?? [];
    const facts = new Map(summary.map(([name, value]) => [name, value]));
    const last = createMirror(cache).digest(account.id);
    expect(facts.get('账户')).toBe('=测试公司');
    expect(facts.get('日期范围')).toBe('2026-03-01 起');
    expect(facts.get('账目截至序号')).toBe(2);
    expect(facts.get('链头')).toBe(last.head);
    expect(facts.get('记录数')).toBe(2);
  });

  test('sums what the ledger sums, group by group, over as many sheets as it takes', async () => {
    const kinds = ['xiaohongshu', 'douyin'];
    fill([
      recharge,
      ...Array.from({ length: 24 }, (_, index) =>
        charge({ platform: kinds[index % 2]!, amount: yuanText(-10_000n * BigInt(index + 1)) }),
      ),
      { kind: 'refund', amount: '0.07', platform: 'douyin' },
    ]);
    const sheets = await written({ sheetRowsMax: 10 });
    expect([...sheets.keys()]).toEqual(['汇总', '明细', '明细 (2)', '明细 (3)']);
    const rows = ['明细', '明细 (2)', '明细 (3)'].flatMap((name) => (sheets.get(name) ?? []).slice(1));
    expect(rows.map(([seq]) => seq)).toEqual(Array.from({ length: 26 }, (_, index) => index + 1));

    const { groups, net } = createHistory(cache).totals(account.id, {});
    const summary = sheets.get('汇总') ?? [];
    const from = summary.findIndex(([name]) => name === '类型') + 1;
    for (const [index, group] of groups.entries()) {
      const [kind, platform, count, amount, sheetCount, sheetAmount, check] = summary[from + index] ?? [];
      const own = rows.filter((row) => row[2] === kind && row[3] === platform);
      expect([count, sheetCount]).toEqual([group.count, own.length]);
      expect([amount, sheetAmount].map(cents)).toEqual([cents(group.amount), cents(group.amount)]);
      expect(own.reduce((sum, row) => sum + cents(row[6]), 0)).toBe(cents(group.amount));
      expect(check).toBe('一致');
    }
    const total = summary[from + groups.length] ?? [];
    expect([total[0], total[2], total[4], total[6]]).toEqual(['合计', 26, 26, '一致']);
    expect(cents(total[5])).toBe(cents(net));
  });

  test('checks itself by formulas over every detail sheet', async () => {
    fill([recharge, charge(), charge()]);
    await written({ sheetRowsMax: 2 });
    const book = new exceljs.Workbook();
    await book.xlsx.readFile(job().path);
    const summary = book.worksheets[0]!;
    const formulas: string[] = [];
    summary.eachRow((row) => row.eachCell((cell) => void (cell.formula && formulas.push(cell.formula))));
    expect(formulas).toContain(
      "ROUND(SUMIFS('明细'!$G$2:$G$3,'明细'!$C$2:$C$3,$A12,'明细'!$D$2:$D$3,$B12)+SUMIFS('明细 (2)'!$G$2:$G$2,'明细 (2)'!$C$2:$C$2,$A12,'明细 (2)'!$D$2:$D$2,$B12),6)",
    );
    expect(formulas).toContain("COUNT('明细'!$A$2:$A$3)+COUNT('明细 (2)'!$A$2:$A$2)");
    expect(formulas).toContain('IF(AND(C14=E14,ROUND(D14-F14,4)=0),"一致","不一致")');
    const details = book.getWorksheet('明细')!;
    expect(details.views[0]).toMatchObject({ state: 'frozen', ySplit: 1 });
    expect(details.autoFilter).toBe('A1:M3');
    expect(details.getColumn(2).width).toBe(20);
    expect(details.getCell('B2').numFmt).toBe('yyyy-mm-dd hh:mm:ss');
    expect(details.getCell('G3').numFmt).toBe('#,##0.00;[Red]-#,##0.00');
    expect(details.getCell('I3').numFmt).toBe('@');
  });

  test('writes an amount of more digits than a number has as text, and checks what it is a part of without a formula', async () => {
    fill([recharge, { kind: 'recharge', amount: '1000000000.000001' }, charge()]);
    const sheets = await written();
    expect((sheets.get('明细') ?? []).slice(1).map((row) => row.slice(6, 8))).toEqual([
      [1_000_000, 1_000_000],
      ['1000000000.000001', '1001000000.000001'],
      [-1.2, '1000999998.800001'],
    ]);
    const lines = (sheets.get('汇总') ?? []).filter(([name]) =>
      ['充值', '消费', '合计'].includes(String(name)),
    );
    expect(lines.map((line) => line.slice(3, 7))).toEqual([
      [-1.2, 1, -1.2, '一致'],
      ['1001000000.000001', 2, '1001000000.000001', '一致'],
      ['1000999998.800001', 3, '1000999998.800001', '一致'],
    ]);
    const book = new exceljs.Workbook();
    await book.xlsx.readFile(job().path);
    const formulas: string[] = [];
    book.worksheets[0]?.eachRow((row) =>
      row.eachCell((cell) => void (cell.formula && formulas.push(cell.formula))),
    );
    expect(formulas.filter((formula) => /SUM|IF\(/.test(formula) && !formula.startsWith('COUNT'))).toEqual([
      'SUM(C12:C13)',
    ]);
  });

  test('keeps text that looks like a formula as text', async () => {
    const wicked = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '<b>&"'];
    fill([recharge, ...wicked.map((targetUserId) => charge({ targetUserId }))]);
    const sheets = await written();
    expect((sheets.get('明细') ?? []).slice(2).map((row) => row[8])).toEqual(wicked);
    const book = new exceljs.Workbook();
    await book.xlsx.readFile(job().path);
    expect(book.getWorksheet('明细')!.getCell('I3').type).toBe(exceljs.ValueType.String);
  });

  test('is in the language of the desk', async () => {
    fill([recharge, charge()]);
    const sheets = await written({ language: 'en-US', filter: { kinds: ['charge'] } });
    expect([...sheets.keys()]).toEqual(['Summary', 'Details']);
    expect(sheets.get('Details')?.[1]?.slice(2, 5)).toEqual(['Charge', 'Douyin', 'Follow']);
    const filter = sheets.get('Summary')?.find(([name]) => name === 'Filter');
    expect(filter?.[1]).toBe('Type: Charge');
  });
});

test('a workbook waits for a slow disk instead of keeping its rows in memory', async () => {
  const count = 60_000;
  let taken = 0;
  const row: BillRow = {
    seq: 1n,
    id: uuidv7(),
    kind: 'charge',
    amount: -950_000n,
    balance_after: 0n,
    platform: 'douyin',
    operation: 'follow',
    quantity: 1n,
    target_user_id: 'u1',
    campaign_id: null,
    note: null,
    occurred_at_ms: 0n,
    hash: 'f'.repeat(64),
  };
  const bill: Bill = {
    totals: { count, groups: [], spent: '0.00', received: '0.00', net: '0.00' },
    hasLong: false,
    asOf: { seq: 0, head: '', syncedAtMs: null },
    campaignName: null,
    *rows() {
      // Each row differs, so that it does not compress to nothing.
      for (let seq = 1; seq <= count; seq += 1)
        yield { ...row, seq: BigInt(seq), id: uuidv7(), hash: uuidv7() };
    },
    close: () => undefined,
  };
  const held: (() => void)[] = [];
  let isSlow = true;
  const slow = new Writable({
    write: (_chunk, _encoding, done) => (isSlow ? void held.push(done) : done()),
  });
  const words = billWords('zh-CN');
  const input = { bill, words, account, filter: {}, sheetRowsMax: count, onRow: () => void (taken += 1) };
  const writing = writeWorkbook(
    slow,
    { ...input, failed: new Promise<never>(() => undefined) },
    billColumns(words, account.timeZone),
  );
  for (let turn = 0; turn < 2_000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(held.length).toBe(1);
  expect(taken).toBeGreaterThan(0);
  expect(taken).toBeLessThan(count / 2);
  isSlow = false;
  for (const done of held) done();
  await writing;
  expect(taken).toBe(count);
});

describe('the wall clock', () => {
  test.each([
    ['Asia/Shanghai', '2026-02-28T16:30:00.000Z', '2026-03-01 00:30:00'],
    ['America/New_York', '2026-03-08T06:59:59.000Z', '2026-03-08 01:59:59'],
    ['America/New_York', '2026-03-08T07:00:00.000Z', '2026-03-08 03:00:00'],
    ['America/New_York', '2026-11-01T05:30:00.000Z', '2026-11-01 01:30:00'],
    ['America/New_York', '2026-11-01T06:30:00.000Z', '2026-11-01 01:30:00'],
    ['Asia/Kathmandu', '2026-01-01T00:00:00.000Z', '2026-01-01 05:45:00'],
    ['UTC', '2026-01-01T00:00:00.000Z', '2026-01-01 00:00:00'],
  ])('in %s shows %s as %s', (zone, at, shown) => {
    expect(wallText(wallClock(zone)(Date.parse(at)))).toBe(shown);
  });

  test('agrees with the platform’s own formatting at any instant', () => {
    const zones = ['Asia/Shanghai', 'America/New_York', 'Europe/London', 'Australia/Lord_Howe'];
    const clocks = new Map(zones.map((zone) => [zone, wallClock(zone)]));
    const instants = fc.integer({ min: Date.parse('1990-01-01'), max: Date.parse('2040-01-01') });
    fc.assert(
      fc.property(fc.constantFrom(...zones), instants, (zone, at) => {
        const shown = new Date(at).toLocaleString('sv-SE', { timeZone: zone });
        expect(wallText(clocks.get(zone)!(at))).toBe(shown);
      }),
    );
  });
});

test('a CSV has a byte order mark, CRLF, guarded texts and plain amounts', async () => {
  fill([
    recharge,
    charge({ targetUserId: '=cmd|calc', note: 'says "hi",\nbye' }),
    charge({ targetUserId: '＝全角', amount: '-0.950001' }),
  ]);
  const path = join(folder.path, 'bill.csv');
  expect(await writeBill(job({ format: 'csv', path }), () => undefined)).toEqual({
    kind: 'done',
    written: 3,
  });
  const content = readFileSync(path, 'utf8');
  expect(content.startsWith('\ufeff序号,时间,')).toBe(true);
  expect(content.endsWith('\r\n')).toBe(true);
  const rows = parse(content, { bom: true, record_delimiter: '\r\n' });
  expect(rows[1]?.slice(0, 8)).toEqual([
    '1',
    '2026-03-01 12:00:00',
    '充值',
    '—',
    '',
    '',
    '1000000.00',
    '1000000.00',
  ]);
  expect(rows.slice(2).map((row) => [row[6], row[8], row[10]])).toEqual([
    ['-1.20', "'=cmd|calc", 'says "hi",\nbye'],
    ['-0.950001', "'＝全角", ''],
  ]);
});

test('a bill whose rows are not what the ledger counts is not written', async () => {
  fill([recharge, charge()]);
  cache.sql.exec(`UPDATE daily_totals SET amount = amount - 1 WHERE kind = 'charge'`);
  expect(await writeBill(job(), () => undefined)).toMatchObject({ kind: 'failed', code: 'export_failed' });
  expect([existsSync(job().path), leftovers()]).toEqual([false, []]);
});

const readAudit: AuditReader = () => Promise.resolve({ ok: true, items: [], nextCursor: null });
const held: PersonalData = {
  accountId: account.id,
  takenAt: '2026-11-21T18:00:00.000Z',
  tables: {
    accounts: [{ id: account.id, name: '王/\u202E五 😀', email: 'w@example.com' }],
    sign_ins: [],
    transactions: Array.from({ length: 3_000 }, (_, at) => ({ seq: String(at + 1), note: '"\n\u2028' })),
  },
  cutShort: ['transactions'],
  audit: [{ seq: 7, action: 'login', from: { ip: '127.0.0.1' } }],
};
const erasedId = '0198b0a5-0000-7000-8000-000000000002';
const people: readonly PersonalData[] = [
  held,
  { ...held, accountId: erasedId, tables: { accounts: [{ id: erasedId, name: '—', email: '' }] } },
];
const readPerson: PersonReader = (id) => {
  const data = people.find(({ accountId }) => accountId === id);
  const refused: PersonRead = { ok: false, problem: { code: 'forbidden', params: {} } };
  return Promise.resolve(data === undefined ? refused : { ok: true, data });
};

describe('the commands', () => {
  const events: ExportState[] = [];
  const revealed: string[] = [];
  let savePath: string | null;
  let suggested: RegExp;

  function desk() {
    events.length = 0;
    revealed.length = 0;
    savePath = join(folder.path, 'out.xlsx');
    suggested = /^账单-2026-11-22\.(?:xlsx|csv)$/;
    const context = {
      cache,
      settings: createSettings(cache),
      session: { account: () => account },
      clock: { now: () => Date.parse('2026-11-21T18:00:00.000Z') },
      log: silentLog,
      emit: (_name: string, payload: ExportState) => void events.push(payload),
      host: {
        async request(name: string, input: { suggestedName: string; path: string }) {
          if (name === 'file.reveal') {
            revealed.push(input.path);
            return { ok: true, output: {} };
          }
          expect(input.suggestedName).toMatch(suggested);
          return { ok: true, output: savePath === null ? null : { path: savePath, download: '/download/1' } };
        },
      },
    } as unknown as DeskContext;
    const registry = createCommands(silentLog, (error) => {
      throw error;
    });
    const part = registerExportCommands(registry, context, createHistoryReader(cache), {
      readAudit,
      readPerson,
    });
    const send = async <N extends CommandName>(name: N, input: CommandInput<N>) =>
      (await registry.dispatch(name, input)) as CommandReply<N>;
    return { part, send };
  }
  const start = { filter: {}, format: 'xlsx' } as const;
  const ended = () =>
    vi.waitFor(
      () => {
        expect(events.at(-1)?.phase).not.toBe('writing');
        return events.at(-1)!;
      },
      { timeout: 20_000 },
    );

  test('write in a worker, tell how far it is, and show the file', async () => {
    fill([recharge, ...Array.from({ length: 200 }, () => charge())]);
    const { send } = desk();
    const reply = await send('export.start', start);
    expect(reply).toMatchObject({
      ok: true,
      output: { total: 201, fileName: 'out.xlsx', download: '/download/1' },
    });
    const done = await ended();
    expect(done).toMatchObject({ phase: 'done', written: 201, total: 201, problem: null });
    expect((await readWorkbook(readFileSync(savePath!))).map(({ sheet }) => sheet)).toEqual(['汇总', '明细']);
    expect(code(await send('export.reveal', { id: done.id }))).toBe('ok');
    expect(revealed).toEqual([savePath]);
    expect(leftovers()).toEqual([]);
  });

  test('refuse an empty bill, a second export, and take a closed dialog for a no', async () => {
    const { send } = desk();
    expect(code(await send('export.start', start))).toBe('nothing_to_export');
    fill([recharge, ...Array.from({ length: 500 }, () => charge())]);
    const [first, second] = await Promise.all([send('export.start', start), send('export.start', start)]);
    expect([code(first), code(second)]).toEqual(['ok', 'export_running']);
    await ended();
    savePath = null;
    expect(await send('export.start', start)).toEqual({ ok: true, output: null });
    savePath = join(folder.path, 'again.csv');
    expect(code(await send('export.start', { ...start, format: 'csv' }))).toBe('ok');
    expect((await ended()).phase).toBe('done');
  });

  test('write the report of a campaign that was started, under a name that every system takes', async () => {
    fill([recharge]);
    const { send } = desk();
    const [id, draft] = [uuidv7(), uuidv7()];
    const put = cache.sql.prepare(
      `INSERT INTO campaigns (id, account_id, name, platform, operation, executor, phase, quote, hold_id, report,
         created_at_ms) VALUES (?, ?, 'a/b: 春季?', 'douyin', 'follow', '{}', ?, ?, ?, '{}', 0)`,
    );
    put.run(draft, account.id, 'draft', null, null);
    const priced = {
      platform: 'douyin',
      operation: 'follow',
      quantity: 1,
      unitPrice: '1.20',
      subtotal: '1.20',
    };
    const quote = { ...priced, steps: [], unitNet: '1.20', total: '1.20', pricingVersion: 1 };
    put.run(id, account.id, 'settling', JSON.stringify(quote), 'hold');
    suggested = /^任务报告-a_b_ 春季_-2026-11-22\.xlsx$/;
    for (const unknown of [draft, uuidv7()])
      expect(code(await send('export.campaign', { id: unknown }))).toBe('campaign_not_found');
    expect(code(await send('export.campaign', { id }))).toBe('ok');
    expect(await ended()).toMatchObject({ phase: 'done', written: 0, fileName: 'out.xlsx' });
    expect((await readWorkbook(readFileSync(savePath!))).map(({ sheet }) => sheet)).toEqual(['汇总', '目标']);
  });

  test('write all that is held about a person, as it was handed over, or say why it is not', async () => {
    const { send } = desk();
    suggested = /^个人信息-王__五 😀-2026-11-22\.json$/;
    expect(code(await send('export.person', { accountId: uuidv7() }))).toBe('forbidden');
    const told = await send('export.person', { accountId: account.id });
    expect(told).toMatchObject({ ok: true, output: { cutShort: ['transactions'] } });
    expect(await ended()).toMatchObject({ phase: 'done', written: 3_002, total: 3_002 });
    const text = readFileSync(savePath!, 'utf8');
    expect(JSON.parse(text)).toEqual(held);
    // A row is a line.
    expect(text.split('\n').filter((line) => line.startsWith('      {'))).toHaveLength(3_002);
    savePath = null;
    expect(await send('export.person', { accountId: account.id })).toEqual({ ok: true, output: null });
    // Whose name nobody has any more is named by the id.
    suggested = new RegExp(`^个人信息-${erasedId}-2026-11-22\\.json$`);
    expect(await send('export.person', { accountId: erasedId })).toEqual({ ok: true, output: null });
  });

  test('cancel what is being written and leave nothing behind', async () => {
    fill([recharge, ...Array.from({ length: 5_000 }, () => charge())]);
    const { send } = desk();
    const reply = await send('export.start', start);
    if (!reply.ok || reply.output === null) throw new Error('not started');
    const cancelled = await send('export.cancel', { id: reply.output.id });
    expect(cancelled).toMatchObject({ ok: true, output: { phase: 'cancelled' } });
    expect([existsSync(savePath!), leftovers()]).toEqual([false, []]);
    expect(code(await send('export.reveal', { id: reply.output.id }))).toBe('not_found');
  });

  test('tell a place that can’t be written, and are ready for the next try', async () => {
    fill([recharge]);
    const { send } = desk();
    savePath = join(folder.path, 'no such folder', 'out.xlsx');
    await send('export.start', start);
    expect(await ended()).toMatchObject({ phase: 'failed', problem: { code: 'export_failed' } });
    mkdirSync(join(folder.path, 'no such folder'));
    expect(code(await send('export.start', start))).toBe('ok');
    expect((await ended()).phase).toBe('done');
  });

  test('a stop of the desk ends an export under way', async () => {
    fill([recharge, ...Array.from({ length: 5_000 }, () => charge())]);
    const { part, send } = desk();
    await send('export.start', start);
    await part.stop();
    expect(leftovers()).toEqual([]);
  });
});
