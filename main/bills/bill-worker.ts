/**
 * The worker thread that holds one bill while a person looks at it: it reads the file once, and its lines as often as the
 * mapping changes. It knows no database, no server and no page.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { BillAnswer, BillQuestion } from './bill-file.ts';
import { readBillLines } from './bill-lines.ts';
import { readBillTable, type BillTable } from './bill-table.ts';
import { guessMapping } from './guess.ts';

const shownRowsMax = 12;
const shownColumnsMax = 40;
const shownTextMax = 60;

const port = parentPort;
if (port === null) throw new Error('the bill worker runs as a worker thread only');
const read = await readBillTable(workerData as Uint8Array);
port.postMessage((read.ok ? opened(read.table) : read) satisfies BillAnswer);
if (read.ok) port.on('message', (question: BillQuestion) => port.postMessage(answerTo(read.table, question)));

function opened(table: BillTable): BillAnswer {
  const columns = Math.max(...table.rows.map((row) => ('cells' in row ? row.cells.length : 1)));
  const rows = table.rows.slice(0, shownRowsMax).map((row) => ({
    line: row.line,
    cells: ('cells' in row ? row.cells.map(({ text }) => text) : [row.malformed])
      .slice(0, shownColumnsMax)
      .map((text) => text.slice(0, shownTextMax).toWellFormed()),
  }));
  const guess = guessMapping(table);
  return { ok: true, opened: { encoding: table.encoding, lines: table.rows.length, columns, rows, guess } };
}

function answerTo(table: BillTable, { mapping, businessZone, wanted }: BillQuestion): BillAnswer {
  const { lines, preview } = readBillLines(table, mapping, businessZone);
  return { ok: true, preview, lines: wanted === 'lines' ? lines : [] };
}
