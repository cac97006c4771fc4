/**
 * Writes lists, such as the bill, as CSV that spreadsheet programs take as it is: UTF-8 with a byte order mark, CRLF, and no text that
 * one of them would run as a formula.
 */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { yuanText } from '../../shared/money.ts';
import type { BillColumn } from './columns.ts';
import { text, type Cell } from './sheets.ts';
import type { BillSheetInput } from './workbook-writer.ts';
import { wallText } from './wall-clock.ts';

/** Full-width forms count too: an input method for Chinese or Japanese makes them, and Excel takes them as the same. */
const formulaStart = /^[=+\-@\t\r\n＝＋－＠]/;
const chunkCharacters = 64 * 1_024;

/** Rejects when the stream fails or `step` throws. Ends the stream. */
export async function writeCsv(
  out: Writable,
  input: BillSheetInput,
  columns: readonly BillColumn[],
): Promise<void> {
  let chunk = `\ufeff${csvLine(columns.map(({ key }) => text(input.words.word(`workbook.${key}`))))}`;
  for (const row of input.bill.rows()) {
    chunk += csvLine(columns.map((column) => column.cell(row)));
    input.onRow(row);
    if (chunk.length < chunkCharacters) continue;
    if (!out.write(chunk)) await Promise.race([once(out, 'drain'), input.failed]);
    chunk = '';
  }
  out.end(chunk);
}

/** A line with its end. */
export function csvLine(cells: readonly (Cell | null)[]): string {
  return `${cells.map(cellText).join(',')}\r\n`;
}

function cellText(cell: Cell | null): string {
  if (cell === null) return '';
  switch (cell.type) {
    case 'text':
      return quoted(formulaStart.test(cell.value) ? `'${cell.value}` : cell.value);
    case 'integer':
      return String(cell.value);
    case 'money':
      return yuanText(cell.value);
    case 'formula': // A line of a file without formulas has what it gives.
      return typeof cell.value === 'number' ? String(cell.value) : quoted(cell.value);
    case 'time':
      return wallText(cell.value);
    default:
      return cell satisfies never;
  }
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
