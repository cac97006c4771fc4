/** Checks a campaign's report as other programs read it: every target with its outcome and charge, and sums that agree with the ledger. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import readWorkbook from 'read-excel-file/node';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Charge, type Transaction } from '../../shared/api.ts';
import type { Cache } from '../cache/database.ts';
import { chargeOf, createMirror } from '../cache/mirror.ts';
import { ledgerOf, type Part } from '../cache/test-ledger.ts';
import { createOutbox } from '../sync/outbox.ts';
import { freshFolder, newCharge, openedCache } from '../sync/test-desk.ts';
import type { ReportJob } from './campaign-report.ts';
import { writeReport } from './report-writer.ts';
import { findOffice, noOffice, workedOut } from './test-office.ts';

const office = findOffice();
if (office === null) console.warn(noOffice);

const account = { id: '0198b0a5-0000-7000-8000-000000000001', name: '=公司', timeZone: 'Asia/Shanghai' };
const campaignId = uuidv7();
const startedMs = Date.parse('2026-02-28T16:30:00.000Z');
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

const quote = {
  platform: 'douyin',
  operation: 'follow',
  quantity: 6,
  unitPrice: '1.20',
  subtotal: '7.20',
  steps: [],
  unitNet: '1.20',
  total: '7.20',
  pricingVersion: 1,
};

/** What became of each target, in order; `settled` is what the ledger charged for it. */
const tasks = [
  { target: '=evil', phase: 'succeeded', reason: null, charge: 'settled' },
  { target: 'u2', phase: 'failed', reason: 'private_account', charge: null },
  { target: 'u3', phase: 'succeeded', reason: null, charge: 'settled' },
  { target: 'u4', phase: 'failed', reason: '+said by the agent', charge: null },
  { target: 'u5', phase: 'succeeded', reason: null, charge: 'queued' },
  { target: 'u6', phase: 'unknown', reason: 'interrupted', charge: null },
] as const;

function putCampaign(): void {
  cache.sql
    .prepare(
      `INSERT INTO campaigns (id, account_id, name, platform, operation, executor, phase, quote, hold_id, hold, report,
         created_at_ms, started_at_ms) VALUES (?, ?, ?, 'douyin', 'follow', '{}', 'running', ?, 'h', '{}', '{}', ?, ?)`,
    )
    .run(campaignId, account.id, '春季"推广"', JSON.stringify(quote), startedMs - 60_000, startedMs);
}

/** Puts campaign, tasks and charges in their tables, and what the ledger has of them into the mirror. */
function fill(): void {
  putCampaign();
  const outbox = createOutbox(cache, 'device');
  const ids = tasks.map(() => uuidv7());
  const settled = tasks.flatMap(({ target, charge }, at): Part[] =>
    charge !== 'settled'
      ? []
      : [
          {
            id: ids[at] ?? '',
            kind: 'charge',
            amount: '-1.20',
            platform: 'douyin',
            operation: 'follow',
            quantity: 1,
            targetUserId: target,
            campaignId,
            pricing: { ...quote, k: 1 },
          },
        ],
  );
  const refund: Part = { kind: 'refund', amount: '0.30', platform: 'douyin', campaignId };
  const rows = ledgerOf(account.id, [{ kind: 'recharge', amount: '100.00' }, ...settled, refund]);
  expect(createMirror(cache).append(account, rows)).toBeNull();
  const insert = cache.sql.prepare(
    `INSERT INTO tasks (campaign_id, position, id, target_user_id, phase, reason, finished_at_ms, charge_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  cache.transaction(() => {
    for (const [at, { target, phase, reason, charge }] of tasks.entries()) {
      const taskId = uuidv7();
      const chargeId = ids[at] ?? '';
      const atMs = startedMs + at * 1_000;
      insert.run(campaignId, at + 1, taskId, target, phase, reason, atMs, charge === null ? null : chargeId);
      if (charge === null) continue;
      const own = {
        ...newCharge(account.id),
        id: chargeId,
        campaignId,
        taskId,
        targetUserId: target,
        expectedAmount: 1_200_000n,
      };
      const row = rows.find(({ id }: Transaction) => id === own.id);
      if (row === undefined) outbox.enqueue(own);
      else outbox.restore(own, { deviceId: 'device', deviceSeq: at + 50 }, Charge.parse(chargeOf(row)));
    }
  });
}

function job(part: Partial<ReportJob> = {}): ReportJob {
  return {
    databaseFile: cache.file,
    account,
    campaignId,
    language: 'zh-CN',
    path: join(folder.path, 'report.xlsx'),
    cancel: new SharedArrayBuffer(4),
    ...part,
  };
}

async function written(part: Partial<ReportJob> = {}) {
  const end = await writeReport(job(part), () => undefined);
  expect(end).toEqual({ kind: 'done', written: tasks.length });
  const sheets = await readWorkbook(readFileSync(job(part).path), { trim: false });
  return new Map(sheets.map(({ sheet, data }) => [sheet, data as readonly (readonly unknown[])[]]));
}

/** A date cell is a fraction of a day, which comes back a millisecond off now and then. */
function toTheSecond(row: readonly unknown[]): unknown[] {
  return row
    .slice(0, 8)
    .map((cell) => (cell instanceof Date ? new Date(Math.round(cell.getTime() / 1_000) * 1_000) : cell));
}

test('a report lists every target with its outcome, charge and time, and the failed ones once more', async () => {
  fill();
  const sheets = await written();
  expect([...sheets.keys()]).toEqual(['汇总', '目标', '失败目标']);
  const [header, ...rows] = sheets.get('目标') ?? [];
  expect(header).toEqual([
    '序号',
    '目标',
    '结果',
    '原因',
    '计费',
    '金额（元）',
    '完成时间',
    '账目序号',
    '流水号',
  ]);
  expect(rows.map(toTheSecond)).toEqual([
    [1, '=evil', '成功', null, '已入账', 1.2, new Date('2026-03-01T00:30:00.000Z'), 2],
    [2, 'u2', '失败', '私密账号', null, null, new Date('2026-03-01T00:30:01.000Z'), null],
    [3, 'u3', '成功', null, '已入账', 1.2, new Date('2026-03-01T00:30:02.000Z'), 3],
    [4, 'u4', '失败', '+said by the agent', null, null, new Date('2026-03-01T00:30:03.000Z'), null],
    [5, 'u5', '成功', null, '待发送', 1.2, new Date('2026-03-01T00:30:04.000Z'), null],
    [6, 'u6', '待确认', 'interrupted', null, null, new Date('2026-03-01T00:30:05.000Z'), null],
  ]);
  expect(
    sheets
      .get('失败目标')
      ?.slice(1)
      .map((row) => row.slice(0, 3)),
  ).toEqual([
    [2, 'u2', '私密账号'],
    [4, 'u4', '+said by the agent'],
  ]);
});

test('the summary says what was quoted, counted and charged, and holds it against the ledger', async () => {
  fill();
  const summary = (await written()).get('汇总') ?? [];
  const facts = new Map(summary.map(([name, value]) => [name, value]));
  expect(facts.get('任务')).toBe('春季"推广"');
  expect(facts.get('状态')).toBe('进行中');
  expect(facts.get('结束时间')).toBe('—');
  expect([facts.get('报价数量'), facts.get('报价总额（元）'), facts.get('已退款（元）')]).toEqual([
    6, 7.2, 0.3,
  ]);
  const lines = new Map(summary.map((row) => [row[0], row.slice(1, 6)]));
  expect(lines.get('成功')?.slice(0, 2)).toEqual([3, 3]);
  expect(lines.get('失败')?.slice(0, 2)).toEqual([2, 2]);
  expect(lines.get('合计')?.slice(0, 2)).toEqual([6, 6]);
  expect(lines.get('已入账')).toEqual([2, 2.4, 2, 2.4, '一致']);
  expect(lines.get('待发送')).toEqual([1, 1.2, 1, 1.2, '一致']);
  expect(lines.get('账本中的消费')).toEqual([2, 2.4, 2, 2.4, '一致']);
});

test('a charge that the ledger does not have is shown as a difference', async () => {
  fill();
  cache.sql.exec("UPDATE transactions SET campaign_id = NULL WHERE seq = 2 AND kind = 'charge'");
  const summary = (await written()).get('汇总') ?? [];
  const line = summary.find(([name]) => name === '账本中的消费');
  expect(line?.slice(1, 6)).toEqual([1, 1.2, 2, 2.4, '不一致']);
});

test('without a failed target there is no sheet of them; in English it is English', async () => {
  putCampaign();
  cache.sql
    .prepare(
      "INSERT INTO tasks (campaign_id, position, id, target_user_id, phase) VALUES (?, 1, ?, 'u1', 'skipped')",
    )
    .run(campaignId, uuidv7());
  expect(await writeReport(job({ language: 'en-US' }), () => undefined)).toEqual({
    kind: 'done',
    written: 1,
  });
  const sheets = await readWorkbook(readFileSync(job().path));
  expect(sheets.map(({ sheet }) => sheet)).toEqual(['Summary', 'Targets']);
  expect(sheets[1]?.data[1]?.slice(0, 3)).toEqual([1, 'u1', 'Skipped']);
});

test('of a campaign that is not this account’s nothing is written', async () => {
  fill();
  const other = job({ account: { ...account, id: uuidv7() } });
  expect(await writeReport(other, () => undefined)).toMatchObject({ kind: 'failed', code: 'export_failed' });
});

test.runIf(office !== null)('a report adds up in LibreOffice', { timeout: 120_000 }, async () => {
  fill();
  await written();
  const summary = workedOut(office ?? '', job().path, folder.path).get('汇总') ?? [];
  const lines = new Map(summary.map((row) => [row[0], row.slice(1, 6)]));
  expect(lines.get('失败')?.slice(0, 2)).toEqual(['2', '2']);
  expect(lines.get('合计')?.slice(0, 2)).toEqual(['6', '6']);
  expect(lines.get('已入账')).toEqual(['2', '2.40', '2', '2.40', '一致']);
  expect(lines.get('账本中的消费')).toEqual(['2', '2.40', '2', '2.40', '一致']);
});
