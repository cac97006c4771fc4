/**
 * Measures the export of a long bill against a bare exceljs streaming loop that writes the same cells of the same rows
 * without a check, a sum or back-pressure. Both run in this process, in turns. Prints its rows as JSON.
 *
 * Usage: node main/export/export.bench.ts [ROWS]     200,000 when not given
 */
import { hash } from 'node:crypto';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import exceljs from 'exceljs';
import type { Transaction } from '../../shared/api.ts';
import { chainText, genesisHash } from '../../shared/chain.ts';
import { microsPerCent, yuanText } from '../../shared/money.ts';
import { openCache } from '../cache/database.ts';
import { createMirror } from '../cache/mirror.ts';
import { openBill, type ExportJob } from './bill.ts';
import { billColumns, billWords, type BillCell } from './columns.ts';
import { writeBill } from './write-bill.ts';

const rowCount = Number(process.argv[2] ?? 200_000);
const roundCount = 2;
const account = { id: '018f0000-0000-7000-8000-000000000001', name: 'Bench', timeZone: 'Asia/Shanghai' };
const startedMs = Date.UTC(2026, 0, 1);

function* bill(): Generator<Transaction> {
  let prevHash = genesisHash;
  let balance = 10_000_000_000_000n;
  for (let seq = 1; seq <= rowCount; seq += 1) {
    const at = new Date(startedMs + seq * 20_000).toISOString();
    const amount = seq === 1 ? balance : -950_000n;
    if (seq > 1) balance += amount;
    const row = {
      accountId: account.id,
      seq,
      id: `018f0000-0000-7000-8000-${seq.toString(16).padStart(12, '0')}`,
      kind: seq === 1 ? ('recharge' as const) : ('charge' as const),
      asset: 'CNY',
      amount: yuanText(amount),
      balanceAfter: yuanText(balance),
      ...(seq === 1
        ? {}
        : {
            platform: 'xiaohongshu',
            operation: 'follow',
            quantity: 1,
            targetUserId: `user_${seq}`,
            campaignId: `campaign-${Math.floor(seq / 500)}`,
          }),
      occurredAt: at,
      recordedAt: at,
    };
    const rowHash = hash('sha256', chainText(prevHash, row), 'hex');
    yield { ...row, prevHash, hash: rowHash };
    prevHash = rowHash;
  }
}

function fill(folder: string): string {
  const opened = openCache(join(folder, 'desk'), Date.now());
  if (!opened.ok) throw new Error(opened.problem.code);
  const broken = createMirror(opened.cache).replace(account, bill());
  if (broken !== null) throw new Error(`row ${broken.seq}: ${broken.fault}`);
  opened.cache.close();
  return opened.cache.file;
}

function job(databaseFile: string, path: string): ExportJob {
  return {
    databaseFile,
    account,
    filter: {},
    format: 'xlsx',
    language: 'zh-CN',
    path,
    sheetRowsMax: 1_048_575,
    cancel: new SharedArrayBuffer(4),
  };
}

async function ours(task: ExportJob): Promise<void> {
  const end = await writeBill(task, () => undefined);
  if (end.kind !== 'done' || end.written !== rowCount) throw new Error(JSON.stringify(end));
}

function plain(cell: BillCell | null): string | number | Date | null {
  if (cell === null) return null;
  if (cell.type === 'money') return Number(cell.value / microsPerCent) / 100;
  return cell.type === 'time' ? new Date(cell.value) : cell.value;
}

const looks: Readonly<Record<string, string>> = {
  seq: '0',
  occurredAt: 'yyyy-mm-dd hh:mm:ss',
  quantity: '0',
  amount: '#,##0.00',
  balanceAfter: '#,##0.00',
};

/** What the library's own documentation shows, and nothing else. */
async function bare(task: ExportJob): Promise<void> {
  const source = openBill(task);
  const out = createWriteStream(task.path);
  const workbook = new exceljs.stream.xlsx.WorkbookWriter({
    stream: out,
    useStyles: true,
    useSharedStrings: false,
  });
  const sheet = workbook.addWorksheet('明细');
  const columns = billColumns(billWords(task.language), account.timeZone);
  sheet.columns = columns.map(({ key, width }) => ({ width, style: { numFmt: looks[key] ?? '@' } }));
  for (const row of source.rows()) sheet.addRow(columns.map(({ cell }) => plain(cell(row)))).commit();
  sheet.commit();
  await workbook.commit();
  await finished(out);
  source.close();
}

async function seconds(work: () => Promise<void>): Promise<number> {
  globalThis.gc?.();
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1_000;
}

const folder = mkdtempSync(join(tmpdir(), 'zhangtai-bench-'));
try {
  const file = fill(folder);
  let oursSeconds = 0;
  let bareSeconds = 0;
  for (let round = 0; round < roundCount; round += 1) {
    oursSeconds += await seconds(() => ours(job(file, join(folder, 'ours.xlsx'))));
    bareSeconds += await seconds(() => bare(job(file, join(folder, 'bare.xlsx'))));
  }
  console.log(
    JSON.stringify([
      {
        name: `export of ${rowCount.toLocaleString('en-US')} rows to Excel`,
        unit: 's',
        ours: oursSeconds / roundCount,
        reference: bareSeconds / roundCount,
        referenceName: 'a bare exceljs streaming loop of the same cells',
        bar: { atMost: 1.2 },
      },
    ]),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
