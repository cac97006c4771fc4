/**
 * Carries one export job out: opens the bill, writes it beside the place it is meant for, and moves it there when it is
 * whole and adds up. Whatever happens, no partial file stays.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { openBill, Tally, type Bill, type ExportJob } from './bill.ts';
import { billColumns, billWords } from './columns.ts';
import { writeCsv } from './csv-writer.ts';
import { writeWorkbook } from './workbook-writer.ts';

export type ExportEnd =
  | { readonly kind: 'done'; readonly written: number }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly code: 'disk_full' | 'export_failed'; readonly detail: string };
export type ExportProgress = {
  readonly kind: 'progress';
  readonly written: number;
  readonly total: number;
};

const progressEveryMs = 200;
/** How many rows are written between two looks at the clock and the cancel flag: well under a hundredth of a second. */
const rowsBetweenLooks = 50;

class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

/** Never throws for anything a disk or database does. `onProgress` is called at once, and about five times a second. */
export async function writeBill(
  job: ExportJob,
  onProgress: (progress: ExportProgress) => void,
): Promise<ExportEnd> {
  const part = `${job.path}.part`;
  try {
    const bill = openBill(job);
    try {
      const written = await writePart(job, bill, part, onProgress);
      await rename(part, job.path);
      return { kind: 'done', written };
    } finally {
      bill.close();
    }
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    if (error instanceof Cancelled) return { kind: 'cancelled' };
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const isFull = code === 'ENOSPC' || code === 'EDQUOT' || code === 'SQLITE_FULL';
    return { kind: 'failed', code: isFull ? 'disk_full' : 'export_failed', detail: String(error) };
  }
}

async function writePart(
  job: ExportJob,
  bill: Bill,
  part: string,
  onProgress: (progress: ExportProgress) => void,
): Promise<number> {
  const total = bill.totals.count;
  onProgress({ kind: 'progress', written: 0, total });
  const tally = new Tally();
  const cancel = new Int32Array(job.cancel);
  let toldAtMs = Date.now();
  const out = createWriteStream(part, { flush: true });
  const words = billWords(job.language);
  const columns = billColumns(words, job.account.timeZone);
  const { failed, stop } = failureOf(out);
  try {
    const input = {
      bill,
      words,
      failed,
      account: job.account,
      filter: job.filter,
      sheetRowsMax: job.sheetRowsMax,
      onRow(row: Parameters<Tally['add']>[0]) {
        tally.add(row);
        const written = tally.count();
        if (written % rowsBetweenLooks !== 0) return;
        if (Atomics.load(cancel, 0) !== 0) throw new Cancelled('the export was cancelled');
        if (Date.now() - toldAtMs < progressEveryMs) return;
        toldAtMs = Date.now();
        onProgress({ kind: 'progress', written, total });
      },
    };
    await (job.format === 'xlsx' ? writeWorkbook(out, input, columns) : writeCsv(out, input, columns));
    await finished(out);
  } finally {
    stop();
    await closed(out);
  }
  if (Atomics.load(cancel, 0) !== 0) throw new Cancelled('the export was cancelled');
  tally.assertEquals(bill.totals);
  return tally.count();
}

/** Turns the stream's error into a rejection that anything waiting for the stream can be raced with. */
function failureOf(out: WriteStream): { failed: Promise<never>; stop: () => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting when it fails; the next wait then finds it.
  promise.catch(() => undefined);
  out.on('error', reject);
  return { failed: promise, stop: () => void out.off('error', reject).on('error', () => undefined) };
}

/** Waits until the file is closed, however the writing went: an open file can't be removed everywhere. */
async function closed(out: WriteStream): Promise<void> {
  if (out.closed) return;
  await new Promise<void>((resolve) => {
    out.once('close', resolve);
    out.destroy();
  });
}
