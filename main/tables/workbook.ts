/** Takes the rows out of an XLSX file's first sheet that shows. What a cell stands for is for the caller to say. */
import type { CellValue } from 'exceljs';

export interface SheetRow<T> {
  /** The sheet's own row number. */
  readonly line: number;
  readonly cells: readonly T[];
}

/** Null when the bytes are not a workbook that can be read. `shown` is what the cell shows. */
export async function readSheetRows<T>(
  bytes: Uint8Array,
  cellOf: (value: CellValue, shown: string) => T,
): Promise<SheetRow<T>[] | null> {
  // Loaded when needed: most lists are text, and this library takes longer to load than they take to read.
  const { default: exceljs } = await import('exceljs');
  const workbook = new exceljs.Workbook();
  try {
    await workbook.xlsx.load(bytes.slice().buffer);
  } catch {
    return null;
  }
  const sheet = workbook.worksheets.find((candidate) => candidate.state === 'visible');
  if (sheet === undefined) return null;
  const rows: SheetRow<T>[] = [];
  sheet.eachRow((row, line) => {
    const cells: T[] = [];
    row.eachCell({ includeEmpty: true }, (cell) => {
      cells.push(cellOf(cell.value, cell.text));
    });
    rows.push({ line, cells });
  });
  return rows;
}
