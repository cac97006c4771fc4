/** Checks a business report as other programs read it: its formulas add it up again, and say so where a figure is wrong. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Report } from '../../shared/api-finance.ts';
import { freshFolder } from '../sync/test-desk.ts';
import { writeFigures, type FiguresJob } from './figures-writer.ts';
import { findOffice, noOffice, workedOut } from './test-office.ts';

const office = findOffice();
if (office === null) console.warn(noOffice);

let folder: ReturnType<typeof freshFolder>;
beforeEach(() => {
  folder = freshFolder();
});
afterEach(() => folder.remove());

const moves = {
  recharged: '500.00',
  consumed: '120.500001',
  refunded: '1.20',
  paidOut: '20.00',
  corrected: '-0.50',
};
const report: Report = {
  period: '2026-10',
  from: '2026-10-01',
  until: '2026-11-01',
  timeZone: 'Asia/Shanghai',
  state: 'closed',
  asOf: '2026-11-02T01:00:00.000Z',
  money: { ...moves, opening: '100.00', closing: '460.199999' },
  deferred: {
    prepaid: '461.00',
    owed: '0.800001',
    units: '12.50',
    memberships: '66.000001',
    total: '539.500001',
  },
  units: [
    {
      asset: 'POINT',
      opening: '20',
      brought: '200',
      used: '90',
      returned: '5',
      expired: '10',
      corrected: '-1',
      closing: '124',
      value: '12.50',
      unitValue: '0.10',
    },
    {
      asset: 'GPU_HOUR',
      opening: '0',
      brought: '7',
      used: '9',
      returned: '0',
      expired: '0',
      corrected: '0',
      closing: '-2',
    },
  ],
  costs: { usage: '30.25', daily: '31.00', bills: '-1.00', total: '60.25', unpriced: 0 },
  margin: { revenue: '119.300001', gross: '59.050001', basisPoints: 4949 },
  members: { new: 1, active: 2, ended: 0 },
  late: {
    count: 0,
    recharged: '0.00',
    consumed: '0.00',
    refunded: '0.00',
    paidOut: '0.00',
    corrected: '0.00',
    cost: '0.00',
  },
  products: [
    { key: 'chat', count: 40, revenue: '39.300001', cost: '30.25', margin: '9.050001' },
    { key: 'xiaohongshu', count: 80, revenue: '80.00', cost: '0.00', margin: '80.00' },
  ],
  models: [{ key: 'qwen-max', count: 40, revenue: '39.300001', cost: '30.25', margin: '9.050001' }],
  series: [
    {
      key: '2026-10-03',
      recharged: '500.00',
      consumed: '100.00',
      refunded: '0.00',
      paidOut: '0.00',
      cost: '31.00',
    },
    {
      key: '2026-10-04',
      recharged: '0.00',
      consumed: '20.500001',
      refunded: '1.20',
      paidOut: '20.00',
      cost: '29.25',
    },
  ],
  topUsers: [
    {
      key: '0198b0a5-0000-7000-8000-000000000001',
      name: '=公司',
      count: 120,
      revenue: '119.300001',
      cost: '30.25',
      margin: '89.050001',
    },
  ],
};

function job(part: Partial<Report> = {}): FiguresJob {
  return {
    report: { ...report, ...part },
    account: { timeZone: 'Asia/Shanghai' },
    language: 'zh-CN',
    path: join(folder.path, 'report.xlsx'),
    cancel: new SharedArrayBuffer(4),
  };
}

test('what is written is counted, and a cancelled report leaves no file', async () => {
  const told: number[] = [];
  expect(await writeFigures(job(), ({ total }) => void told.push(total))).toEqual({
    kind: 'done',
    written: 8,
  });
  expect(told[0]).toBe(8);
  const stopped = job();
  Atomics.store(new Int32Array(stopped.cancel), 0, 1);
  expect(await writeFigures(stopped, () => undefined)).toEqual({ kind: 'cancelled' });
});

test.runIf(office !== null)(
  'amounts of more digits than a number has are text in LibreOffice, and no check takes them for nothing',
  { timeout: 120_000 },
  async () => {
    const [chat, followed] = report.products;
    if (chat === undefined || followed === undefined) throw new Error('there are two products');
    const [day, last] = report.series;
    const [points, hours] = report.units;
    if (day === undefined || last === undefined || points === undefined || hours === undefined)
      throw new Error('there are two days and two units');
    const many = '12345678901234567';
    const long = job({
      money: {
        ...report.money,
        opening: '-23345678901234067.000001',
        recharged: `${many}.00`,
        consumed: '-10999999999999500.000001',
        refunded: '0.00',
        paidOut: '0.00',
        corrected: '0.00',
        closing: '0.00',
      },
      deferred: {
        prepaid: '0.80',
        owed: '0.80',
        units: '12.50',
        memberships: `${many}.10`,
        total: `${many}.40`,
      },
      costs: { ...report.costs, usage: '99999999999999.90', total: `${many}.00` },
      products: [
        { ...chat, revenue: `${many}.000001`, cost: '99999999999999.80' },
        { ...followed, revenue: `-${many}.00`, cost: '0.10' },
      ],
      margin: { revenue: '0.000001', gross: `-${many}.00` },
      series: [
        {
          ...day,
          recharged: `${many}.00`,
          consumed: '-10999999999999500.000001',
          paidOut: '0.00',
          refunded: '0.00',
          cost: many,
        },
        { ...last, recharged: '0.00', consumed: '0.00', paidOut: '0.00', refunded: '0.00', cost: '0.00' },
      ],
      units: [
        {
          ...points,
          opening: '0',
          brought: many,
          used: '0',
          returned: '0',
          expired: '0',
          corrected: '0',
          closing: many,
        },
        hours,
      ],
    });
    await writeFigures(long, () => undefined);
    const sheets = workedOut(office ?? '', long.path, folder.path);
    const lines = new Map((sheets.get('汇总') ?? []).map((row) => [row[0], row.slice(1, 4)]));
    expect(lines.get('充值')).toEqual([`${many}.00`, `${many}.00`, '一致']);
    expect(lines.get('消费')?.[0]).toBe('-10999999999999500.000001');
    expect(lines.get('按用量核算的成本')?.[2]).toBe('一致');
    expect(lines.get('收入'), 'what the products come to is short, and they are not').toEqual([
      '0.000001',
      '0.000001',
      '一致',
    ]);
    expect([...lines].filter(([, [, , check]]) => check === '不一致')).toEqual([]);
    expect(sheets.get('额度与积分')?.slice(1)).toEqual([
      ['积分', '0', many, '0', '0', '0', '0', many, many, '一致', '0.10', '12.50'],
      ['GPU_HOUR', '0', '7', '9', '0', '0', '0', '-2', '-2', '一致', '', ''],
    ]);
  },
);

test.runIf(office !== null)(
  'a report adds up in LibreOffice, and a figure that does not is named',
  { timeout: 120_000 },
  async () => {
    // A closing balance that is a yuan too high.
    await writeFigures(job({ money: { ...report.money, closing: '461.199999' } }), () => undefined);
    const sheets = workedOut(office ?? '', job().path, folder.path);
    const lines = new Map((sheets.get('汇总') ?? []).map((row) => [row[0], row.slice(1, 4)]));
    const checks = [...lines].flatMap(([name, [, , check]]) =>
      check === '一致' || check === '不一致' ? [[name, check]] : [],
    );
    expect(checks).toEqual([
      ['充值', '一致'],
      ['消费', '一致'],
      ['退费', '一致'],
      ['充值退款', '一致'],
      ['期末余额', '不一致'],
      ['按用量核算的成本', '一致'],
      ['成本', '一致'],
      ['收入', '一致'],
      ['毛利', '一致'],
      ['客户余额', '不一致'],
      ['额度与积分折值', '一致'],
      ['递延收入', '一致'],
    ]);
    expect(lines.get('日期范围')?.[0]).toBe('2026-10-01 至 2026-10-31');
    expect(lines.get('期末有效会员')?.[0]).toBe('2');
    expect(sheets.get('收入最高的用户')?.[1]?.[0]).toBe('=公司');
    expect(sheets.get('额度与积分')?.slice(1)).toEqual([
      ['积分', '20', '200', '90', '5', '10', '-1', '124', '124', '一致', '0.10', '12.50'],
      ['GPU_HOUR', '0', '7', '9', '0', '0', '0', '-2', '-2', '一致', '', ''],
    ]);
  },
);
