/**
 * Takes the rows out of an XLSX file's first sheet, as text. It must never guess at a number that the spreadsheet
 * program has already rounded: such an id names somebody else.
 */
import type { CellValue } from 'exceljs';
import { readSheetRows } from '../tables/workbook.ts';
import type { TargetsCell, TargetsRow } from './targets.ts';

/** Spreadsheets keep 15 digits; a longer whole number has lost its last ones. */
const exactNumberMax = 999_999_999_999_999;

/** Null when the bytes are not a workbook that can be read. Lines are the sheet's row numbers. */
export function readWorkbookRows(bytes: Uint8Array): Promise<TargetsRow[] | null> {
  return readSheetRows<TargetsCell>(bytes, (value, shown) => cellText(value) ?? { malformed: shown });
}

/** Null when the cell can't be taken for an id as it stands: a rounded number, a date, an error. */
function cellText(value: CellValue): string | null {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) <= exactNumberMax ? String(value) : null;
  if (typeof value === 'boolean' || value instanceof Date) return null;
  if ('richText' in value) return value.richText.map((part) => part.text).join('');
  if ('hyperlink' in value) return value.text;
  if ('result' in value) return cellText(value.result);
  return null;
}
