/** Checks a workbook of margins as another reader sees it: its rows are those that were given, and its sums say where they differ. */
import { join } from 'node:path';
import exceljs from 'exceljs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshFolder } from '../sync/test-desk.ts';
import { writeMargins, type Margins, type MarginsJob } from './margins-writer.ts';

let folder: ReturnType<typeof freshFolder>;
beforeEach(() => {
  folder = freshFolder();
});
afterEach(() => folder.remove());

const margins: Margins = {
  by: 'user',
  fromDay: '2026-11-01',
  toDay: '2026-11-21',
  asOf: '2026-11-21T02:00:00.000Z',
  rows: [
    { key: 'u1', name: '=公司', count: 3, revenue: '100.00', cost: '30.000001', margin: '69.999999' },
    { key: 'u2', name: '个人', count: 1, revenue: '1.00', cost: '2.00', margin: '-1.00' },
  ],
  total: { revenue: '101.00', cost: '32.000001', margin: '68.999999' },
};
async function written(part: Partial<Margins> = {}): Promise<exceljs.Workbook> {
  const job: MarginsJob = {
    margins: { ...margins, ...part },
    account: { timeZone: 'Asia/Shanghai' },
    language: 'zh-CN',
    path: join(folder.path, 'margins.xlsx'),
    cancel: new SharedArrayBuffer(4),
  };
  expect(await writeMargins(job, () => undefined)).toEqual({ kind: 'done', written: 2 });
  const workbook = new exceljs.Workbook();
  await workbook.xlsx.readFile(job.path);
  return workbook;
}
/** Figure, amount, what its formula adds up to, and what the check says. */
function summary(workbook: exceljs.Workbook): unknown[] {
  const lines: unknown[] = [];
  workbook.getWorksheet('汇总')?.eachRow((row) => {
    const { result: listed, formula } = (row.getCell(3).value ?? {}) as { result?: number; formula?: string };
    if (formula === undefined) return;
    const { result: check } = row.getCell(4).value as { result: string };
    lines.push([row.getCell(1).value, row.getCell(2).value, formula, listed, check]);
  });
  return lines;
}

test('every row is there, text stays text, and the sums are formulas over the list', async () => {
  const workbook = await written();
  const list = workbook.getWorksheet('按用户');
  expect(list?.rowCount).toBe(3);
  expect(list?.getRow(2).values).toEqual([undefined, '=公司', 'u1', 3, 100, 30.000001, 69.999999]);
  expect(summary(workbook)).toEqual([
    ['收入', 101, "ROUND(SUM('按用户'!$D$2:$D$3),6)", 101, '一致'],
    ['成本', 32.000001, "ROUND(SUM('按用户'!$E$2:$E$3),6)", 32.000001, '一致'],
    ['毛利', 68.999999, "ROUND(SUM('按用户'!$F$2:$F$3),6)", 68.999999, '一致'],
  ]);
});

test('an amount of more digits than a number has is text to its last, and is checked without a formula', async () => {
  const [first = margins.rows[0], second] = margins.rows;
  const cost = '10000000000000000.000001';
  const long = {
    ...first,
    key: 'u1',
    count: 3,
    revenue: '9900000000000.00',
    cost,
    margin: '-9990100000000000.000001',
  };
  const workbook = await written({
    rows: [long, { ...long, key: 'u2', revenue: '0.10', cost: second?.cost ?? '', margin: '-1.90' }],
    total: {
      revenue: '9900000000000.10',
      cost: '10000000000000002.000001',
      margin: '-9990100000000001.900001',
    },
  });
  expect(workbook.getWorksheet('按用户')?.getRow(2).values).toEqual([
    undefined,
    '=公司',
    'u1',
    3,
    9_900_000_000_000,
    cost,
    '-9990100000000000.000001',
  ]);
  const lines: unknown[] = [];
  workbook.getWorksheet('汇总')?.eachRow((row) => {
    if (['收入', '成本', '毛利'].includes(row.getCell(1).text))
      lines.push([2, 3, 4].map((place) => row.getCell(place).value));
  });
  expect(lines).toEqual([
    [
      9_900_000_000_000.1,
      { formula: "ROUND(SUM('按用户'!$D$2:$D$3),6)", result: 9_900_000_000_000.1 },
      { formula: 'IF(ROUND(B7-C7,0)=0,"一致","不一致")', result: '一致' },
    ],
    ['10000000000000002.000001', '10000000000000002.000001', '一致'],
    ['-9990100000000001.900001', '-9990100000000001.900001', '一致'],
  ]);
});

test('a total that the rows do not come to is named', async () => {
  const workbook = await written({ total: { ...margins.total, cost: '33.00' } });
  expect(summary(workbook).map((line) => (line as unknown[]).at(-1))).toEqual(['一致', '不一致', '一致']);
});
