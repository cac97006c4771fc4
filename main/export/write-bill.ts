/** Carries one export of the bill out, and keeps the file only when what was written adds up to the ledger's totals. */
import { openBill, Tally, type ExportJob } from './bill.ts';
import { billColumns, billWords } from './columns.ts';
import { writeCsv } from './csv-writer.ts';
import { writeWhole, type ExportEnd, type ExportProgress } from './part-file.ts';
import { writeWorkbook } from './workbook-writer.ts';

/** As `writeWhole`. */
export function writeBill(
  job: ExportJob,
  onProgress: (progress: ExportProgress) => void,
): Promise<ExportEnd> {
  return writeWhole(job, onProgress, async (write) => {
    const bill = openBill(job);
    try {
      const tally = new Tally();
      const words = billWords(job.language);
      const columns = billColumns(words, job.account.timeZone);
      await write(bill.totals.count, ({ out, failed, rowDone }) => {
        const input = {
          bill,
          words,
          failed,
          account: job.account,
          filter: job.filter,
          sheetRowsMax: job.sheetRowsMax,
          onRow(row: Parameters<Tally['add']>[0]) {
            tally.add(row);
            rowDone();
          },
        };
        return job.format === 'xlsx' ? writeWorkbook(out, input, columns) : writeCsv(out, input, columns);
      });
      tally.assertEquals(bill.totals);
    } finally {
      bill.close();
    }
  });
}
