/** Checks exported workbooks in a spreadsheet program: what its formulas come to, and how dates and strange texts show. */
import { join } from 'node:path';
import exceljs from 'exceljs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Cache } from '../cache/database.ts';
import { createMirror } from '../cache/mirror.ts';
import { ledgerOf, type Part } from '../cache/test-ledger.ts';
import { freshFolder, openedCache } from '../sync/test-desk.ts';
import { findOffice, noOffice, workedOut } from './test-office.ts';
import { writeBill } from './write-bill.ts';

const office = findOffice();
if (office === null) console.warn(noOffice);

const account = { id: '0198b0a5-0000-7000-8000-000000000001', name: '=1+1', timeZone: 'America/New_York' };
const wicked = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '007', '1e5'];
/** Both of New York's changes of the clock, each a second before and after. */
const changes = [
  ['2026-03-08T06:59:59.000Z', '2026-03-08 01:59:59'],
  ['2026-03-08T07:00:00.000Z', '2026-03-08 03:00:00'],
  ['2026-11-01T05:59:59.000Z', '2026-11-01 01:59:59'],
  ['2026-11-01T06:00:00.000Z', '2026-11-01 01:00:00'],
] as const;
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

function parts(): Part[] {
  const follow = { kind: 'charge', platform: 'douyin', operation: 'follow', quantity: 1 } as const;
  return [
    { kind: 'recharge', amount: '1000.00', note: '=HYPERLINK("x")' },
    ...changes.map(([occurredAt]): Part => ({ ...follow, amount: '-1.20', occurredAt })),
    ...wicked.map((targetUserId): Part => ({ ...follow, amount: '-0.950001', targetUserId })),
    { kind: 'refund', amount: '0.07', platform: 'douyin' },
  ];
}

async function written(name: string, timeZone: string): Promise<string> {
  const path = join(folder.path, name);
  const job = {
    databaseFile: cache.file,
    account: { ...account, timeZone },
    filter: { fromDay: '2026-01-01' },
  };
  const cancel = new SharedArrayBuffer(4);
  const end = await writeBill(
    { ...job, format: 'xlsx', language: 'zh-CN', path, sheetRowsMax: 9, cancel },
    () => undefined,
  );
  expect(end).toMatchObject({ kind: 'done', written: parts().length });
  return path;
}

test.runIf(office !== null)(
  'a bill adds up in LibreOffice, over two sheets, with the clock of its zone and its texts as they are',
  { timeout: 240_000 },
  async () => {
    expect(createMirror(cache).append(account, ledgerOf(account.id, parts()))).toBeNull();
    const path = await written('bill.xlsx', account.timeZone);
    const sheets = workedOut(office ?? '', path, folder.path);
    expect([...sheets.keys()].toSorted()).toEqual(['明细', '明细 (2)', '汇总'].toSorted());
    const details = ['明细', '明细 (2)'].flatMap((name) => (sheets.get(name) ?? []).slice(1));
    const shown = new Map(details.map((row) => [Number(row[0]), row]));
    expect(changes.map((_, at) => shown.get(at + 2)?.[1])).toEqual(changes.map(([, wall]) => wall));
    // A tab is not shown; that it begins no formula is what counts.
    expect(wicked.map((_, at) => shown.get(at + 2 + changes.length)?.[8])).toEqual(
      wicked.map((text) => text.trim()),
    );
    expect(shown.get(1)?.[10]).toBe('=HYPERLINK("x")');

    const summary = sheets.get('汇总') ?? [];
    const facts = new Map(summary.map(([name, value]) => [name, value]));
    expect(facts.get('账户')).toBe('=1+1');
    expect(facts.get('日期范围')).toBe('2026-01-01 起');
    expect(facts.get('账目截至序号')).toBe(String(parts().length));
    const checked = summary.filter((row) => row[6] === '一致');
    expect(checked.map((row) => [row[0], row[4], row[5]])).toEqual([
      ['消费', '11', '-11.450007'],
      ['充值', '1', '1,000.00'],
      ['退款', '1', '0.07'],
      ['合计', '13', '988.619993'],
    ]);

    // The same workbook with one amount altered by hand: the file carries the old results, and the check finds it.
    const book = new exceljs.Workbook();
    await book.xlsx.readFile(path);
    const cell = book.getWorksheet('明细')?.getCell('G3');
    expect(cell?.value).toBe(-1.2);
    if (cell !== undefined) cell.value = -1.19;
    const altered = join(folder.path, 'altered.xlsx');
    await book.xlsx.writeFile(altered);
    const verdicts = (workedOut(office ?? '', altered, folder.path).get('汇总') ?? []).map((row) => row[6]);
    expect(verdicts.filter((word) => word === '不一致')).toHaveLength(2);
  },
);
