/**
 * A provider's bill as rows of cells: out of a CSV file in whatever encoding and with whatever delimiter, or out of a
 * workbook. It must never turn a number that a workbook holds into another one.
 */
import type { CellValue } from 'exceljs';
import { billLinesMax } from '../../shared/api-bills.ts';
import type { BillFile } from '../../shared/ipc-bills.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { decode, isZip } from '../tables/decoding.ts';
import { delimitedRows, likelyDelimiter, withPlainLineEnds } from '../tables/delimited.ts';
import { readSheetRows } from '../tables/workbook.ts';
import { decimalText } from './figures.ts';

/** `number`: a workbook's own, as the shortest decimal that is it; `day`: a workbook's date, as `YYYY-MM-DD HH:mm:ss`. */
export interface BillCell {
  readonly kind: 'text' | 'number' | 'day' | 'unreadable';
  readonly text: string;
}
export type BillRow =
  | { readonly line: number; readonly cells: readonly BillCell[] }
  | { readonly line: number; readonly malformed: string };

export interface BillTable {
  readonly encoding: BillFile['encoding'];
  /** Without the empty ones. */
  readonly rows: readonly BillRow[];
}
export type BillTableResult =
  | { readonly ok: true; readonly table: BillTable }
  | { readonly ok: false; readonly problem: DeskProblem };

/** Sums and headings beside the lines that a bill may have. */
const rowsBesideMax = 1_000;

/** Refuses with `bill_unreadable`, `bill_empty` or `bill_too_many_lines` {max, count}. */
export async function readBillTable(bytes: Uint8Array): Promise<BillTableResult> {
  if (isZip(bytes)) {
    const rows = await readSheetRows(bytes, workbookCell);
    return rows === null ? refused('bill_unreadable') : tableOf('xlsx', rows);
  }
  const decoded = decode(bytes);
  return decoded === null ? refused('bill_unreadable') : tableOf(decoded.encoding, textRows(decoded.text));
}

function tableOf(encoding: BillTable['encoding'], all: readonly BillRow[]): BillTableResult {
  const rows = all.filter((row) => !isEmpty(row));
  if (rows.length === 0) return refused('bill_empty');
  if (rows.length > billLinesMax + rowsBesideMax)
    return refused('bill_too_many_lines', { max: String(billLinesMax), count: String(rows.length) });
  return { ok: true, table: { encoding, rows } };
}

function refused(code: DeskProblem['code'], params: Record<string, string> = {}): BillTableResult {
  return { ok: false, problem: { code, params } };
}

function isEmpty(row: BillRow): boolean {
  if ('malformed' in row) return row.malformed.trim() === '';
  return row.cells.every(({ text }) => text.trim() === '');
}

function textRows(raw: string): BillRow[] {
  const text = withPlainLineEnds(raw);
  const { delimiter } = likelyDelimiter(text.split('\n'));
  const isBroken = (records: readonly (readonly string[])[]) => swallowsLines(records, delimiter);
  return delimitedRows(text, delimiter, isBroken).map((row) =>
    'malformed' in row
      ? row
      : { line: row.line, cells: row.cells.map((cell) => ({ kind: 'text', text: cell })) },
  );
}

/**
 * A quote that was left open, and that a later one closed, makes one record of several: it has too few cells or too many,
 * or one of its cells has a whole line of others in it.
 */
function swallowsLines(records: readonly (readonly string[])[], delimiter: string): boolean {
  const counts = new Map<number, number>();
  for (const { length } of records) counts.set(length, (counts.get(length) ?? 0) + 1);
  const usual = [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
  const isLine = (text: string): boolean => usual > 1 && text.split(delimiter).length >= usual;
  return records.some((record) => {
    const broken = record.filter((cell) => cell.includes('\n'));
    return (
      broken.length > 0 && (record.length !== usual || broken.some((cell) => cell.split('\n').some(isLine)))
    );
  });
}

function workbookCell(value: CellValue, shown: string): BillCell {
  if (value === null || value === undefined) return { kind: 'text', text: '' };
  if (typeof value === 'string') return { kind: 'text', text: value };
  if (typeof value === 'number') return { kind: 'number', text: decimalText(value) };
  if (value instanceof Date) return dayCell(value, shown);
  if (typeof value === 'boolean') return { kind: 'unreadable', text: shown };
  if ('richText' in value) return { kind: 'text', text: value.richText.map((part) => part.text).join('') };
  if ('hyperlink' in value) return { kind: 'text', text: value.text };
  if ('result' in value) return workbookCell(value.result, shown);
  return { kind: 'unreadable', text: shown };
}

/** A workbook's time has no zone: the library tells it as if the clock on the wall were UTC's. */
function dayCell(value: Date, shown: string): BillCell {
  if (Number.isNaN(value.getTime())) return { kind: 'unreadable', text: shown };
  return { kind: 'day', text: value.toISOString().slice(0, 19).replace('T', ' ') };
}
