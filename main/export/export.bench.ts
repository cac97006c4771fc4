/**
 * Measures the export of a long bill against a bare exceljs streaming loop that writes the same cells of the same rows
 * without a check, a sum or back-pressure. Both run in this process, in turns. Prints its rows as JSON.
 *
 * Usage: node main/export/export.bench.ts [ROWS] [ROUNDS]     200,000 and 2 when not given
 */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import exceljs from 'exceljs';
import { microsPerCent } from '../../shared/money.ts';
import { openCache } from '../cache/database.ts';
import { fillMirror, ledgerAccount } from '../cache/test-ledger.ts';
import { openBill, type ExportJob } from './bill.ts';
import { billColumns, billWords } from './columns.ts';
import type { Cell } from './sheets.ts';
import { writeBill } from './write-bill.ts';

const rowCount = Number(process.argv[2] ?? 200_000);
const roundCount = Number(process.argv[3] ?? 2);

function fill(folder: string): string {
  const opened = openCache(join(folder, 'desk'), Date.now());
  if (!opened.ok) throw new Error(opened.problem.code);
  fillMirror(opened.cache, rowCount);
  opened.cache.close();
  return opened.cache.file;
}

function job(databaseFile: string, path: string): ExportJob {
  return {
    databaseFile,
    account: ledgerAccount,
    filter: {},
    format: 'xlsx',
    language: 'zh-CN',
    path,
    sheetRowsMax: 1_048_574,
    cancel: new SharedArrayBuffer(4),
  };
}

async function ours(task: ExportJob): Promise<void> {
  const end = await writeBill(task, () => undefined);
  if (end.kind !== 'done' || end.written !== rowCount) throw new Error(JSON.stringify(end));
}

function plain(cell: Cell | null): string | number | Date | null {
  if (cell === null) return null;
  if (cell.type === 'money') return Number(cell.value / microsPerCent) / 100;
  if (cell.type === 'integer') return Number(cell.value);
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
  const columns = billColumns(billWords(task.language), task.account.timeZone);
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
