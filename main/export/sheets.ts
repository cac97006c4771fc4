/**
 * What every workbook of the desk is made of: typed cells and their looks, and sheets whose rows go out as they come in and
 * wait for the disk, so that memory does not grow with their number. It knows no bill and no campaign.
 */
import { once } from 'node:events';
import { PassThrough, type Writable } from 'node:stream';
import exceljs from 'exceljs';
import type { Cell as SheetCell, Row, Style, Worksheet } from 'exceljs';
import { microsPerCent, yuanText, type Micros } from '../../shared/money.ts';
import type { Words } from '../messages.ts';

export type Cell =
  | { readonly type: 'text'; readonly value: string }
  | { readonly type: 'integer'; readonly value: number | bigint }
  | { readonly type: 'money'; readonly value: Micros }
  /** Worked out from its own line, whose number it is given; and what that gives, for readers that do not calculate. */
  | { readonly type: 'formula'; readonly of: (line: number) => string; readonly value: number | string }
  /** Milliseconds as the account's wall clock shows them. */
  | { readonly type: 'time'; readonly value: number };

export interface Column<R> {
  /** Its header is the message `workbook.<key>`. */
  readonly key: string;
  readonly width: number;
  /** Null leaves the cell empty. */
  readonly cell: (row: R) => Cell | null;
}

/** A sheet that lists rows, and how many there will be. */
export interface ListSheet {
  readonly name: string;
  readonly rows: number;
}

export type Workbook = exceljs.stream.xlsx.WorkbookWriter;

/** How many rows are handed over before it is seen whether the disk keeps up. */
const rowsBetweenWaits = 100;
/** How much of a sheet may wait to be compressed. */
const gateBytes = 512 * 1_024;
export const headerStyle: Partial<Style> = {
  font: { bold: true },
  fill: { type: 'pattern', pattern: 'solid', fgColor: { argb: 'FFE8EEF7' } },
  alignment: { vertical: 'middle' },
};
// One object a look: the library recognises a style it has seen by the object.
export const styles = {
  text: { numFmt: '@' },
  integer: { numFmt: '0' },
  money: { numFmt: '#,##0.00;[Red]-#,##0.00' },
  fineMoney: { numFmt: '#,##0.00####;[Red]-#,##0.00####' },
  long: { numFmt: '@', alignment: { horizontal: 'right' } },
  time: { numFmt: 'yyyy-mm-dd hh:mm:ss' },
  plain: {},
  label: { font: { bold: true } },
  title: { font: { bold: true, size: 16 } },
  remark: { font: { italic: true, color: { argb: 'FF666666' } } },
} as const satisfies Record<string, Partial<Style>>;

export function workbookInto(out: Writable): Workbook {
  return new exceljs.stream.xlsx.WorkbookWriter({ stream: out, useStyles: true, useSharedStrings: false });
}

export function text(value: string): Cell {
  return { type: 'text', value };
}

// ── Sheets that list rows ───────────────────────────────────────────────────────────────────────────────────

interface ListInput<R> {
  readonly word: Words;
  readonly columns: readonly Column<R>[];
  /** Called for each row after it was handed over; throws to stop. */
  readonly onRow: (row: R) => void;
  /** Rejects when the file can't be written any more: whoever waits for the disk waits for this too. */
  readonly failed: Promise<never>;
}

/** Spreads rows over sheets, which must have room for exactly as many. The rows are closed, whatever happens. */
export async function writeLists<R>(
  workbook: Workbook,
  sheets: readonly ListSheet[],
  rows: IterableIterator<R>,
  input: ListInput<R>,
): Promise<void> {
  try {
    for (const sheet of sheets) await writeList(workbook, sheet, rows, input);
    if (rows.next().done !== true) throw new Error('there are more rows than were counted');
  } finally {
    // A statement left open would keep the database from being asked anything else, or closed.
    rows.return?.();
  }
}

async function writeList<R>(
  workbook: Workbook,
  { name, rows: rowCount }: ListSheet,
  rows: Iterator<R>,
  { word, columns, onRow, failed }: ListInput<R>,
): Promise<void> {
  const sheet = workbook.addWorksheet(name, { views: [{ state: 'frozen', ySplit: 1 }] });
  const gate = gateBehind(sheet);
  sheet.columns = columns.map(({ width }) => ({ width }));
  sheet.autoFilter = { from: { row: 1, column: 1 }, to: { row: rowCount + 1, column: columns.length } };
  writeHeader(
    sheet,
    columns.map(({ key }) => word(`workbook.${key}`)),
  );
  for (let written = 1; written <= rowCount; written += 1) {
    const next = rows.next();
    if (next.done === true) throw new Error('there are fewer rows than were counted');
    const line = sheet.addRow([]);
    for (const [index, column] of columns.entries()) setCell(line, index + 1, column.cell(next.value));
    line.commit();
    onRow(next.value);
    const mustWait = written % rowsBetweenWaits === 0 && gate.writableNeedDrain;
    if (mustWait) await Promise.race([once(gate, 'drain'), failed]);
  }
  sheet.commit();
}

/** A column of a list, header left out: `'明细'!$G$2:$G$1001`. `place` counts from 1. */
export function listRange({ name, rows }: ListSheet, place: number): string {
  const letter = String.fromCodePoint(64 + place);
  return `'${name.replaceAll("'", "''")}'!$${letter}$2:$${letter}$${rows + 1}`;
}

/**
 * The library's sheet stream takes everything at once and never says that it is full, and what it feeds is of an old make
 * that can't be asked. A stream of today's put between the two can.
 */
function gateBehind(sheet: Worksheet): Writable {
  const { stream } = sheet as unknown as { readonly stream: { readonly pipes: Writable[] } };
  const [behind] = stream.pipes;
  if (behind === undefined) throw new Error('the sheet is not connected to its file');
  const gate = new PassThrough({ highWaterMark: gateBytes });
  gate.pipe(behind);
  stream.pipes[0] = gate;
  return gate;
}

export function setCell(row: Row, place: number, cell: Cell | null): void {
  if (cell === null) return;
  const target = row.getCell(place);
  switch (cell.type) {
    case 'text':
      // Written as text, so that nothing in it is ever taken for a formula.
      target.value = cell.value;
      target.style = styles.text;
      break;
    case 'integer':
      if (typeof cell.value === 'number' || isShort(cell.value)) {
        target.value = Number(cell.value);
        target.style = styles.integer;
      } else {
        target.value = cell.value.toString();
        target.style = styles.long;
      }
      break;
    case 'money':
      setMoney(target, cell.value, cell.value % microsPerCent === 0n ? styles.money : styles.fineMoney);
      break;
    case 'formula':
      target.value = { formula: cell.of(row.number), result: cell.value };
      target.style = typeof cell.value === 'number' ? styles.integer : styles.plain;
      break;
    case 'time':
      target.value = new Date(cell.value);
      target.style = styles.time;
      break;
  }
}

/** Digits that a spreadsheet's number has: its cells are floating-point alone. */
const digitsMax = 15;
const longFrom = 10n ** BigInt(digitsMax);

/**
 * Whether the nearest number shows and reads back as this, in micro-yuan or units. What has more digits is text, to the
 * last of them; formulas would pass it over, so that whatever it is a part of is checked here alone.
 */
export function isShort(amount: bigint): boolean {
  if (amount < longFrom && amount > -longFrom) return true;
  return amount.toString().replace(/^-|0+$/g, '').length <= digitsMax;
}

function nearestNumber(micros: Micros): number {
  return Number(yuanText(micros));
}

function setMoney(target: SheetCell, micros: Micros, style: Partial<Style>): void {
  target.value = isShort(micros) ? nearestNumber(micros) : yuanText(micros);
  target.style = isShort(micros) ? style : styles.long;
}

/** Within how many decimals two ways of adding up agree: so much of each addition is lost beyond a billion yuan. */
function comparedDecimals(amounts: readonly Micros[]): number {
  const largest = amounts
    .map((amount) => (amount < 0n ? -amount : amount))
    .reduce((one, other) => (one > other ? one : other));
  if (largest < longFrom) return 4;
  return largest < 100n * longFrom ? 2 : 0;
}

// ── Summaries ───────────────────────────────────────────────────────────────────────────────────────────────

export function writeHeader(sheet: Worksheet, words: readonly string[]): void {
  const header = sheet.addRow([...words]);
  for (const index of words.keys()) header.getCell(index + 1).style = headerStyle;
  header.commit();
}

/** A title, then one line for each fact: its name, which is the message `workbook.<key>`, and its value. */
export function writeFacts(
  sheet: Worksheet,
  word: Words,
  title: string,
  facts: readonly (readonly [string, Cell])[],
): void {
  const first = sheet.addRow([title]);
  first.getCell(1).style = styles.title;
  first.commit();
  for (const [key, cell] of facts) {
    const row = sheet.addRow([word(`workbook.${key}`)]);
    row.getCell(1).style = styles.label;
    setCell(row, 2, cell);
    row.commit();
  }
  sheet.addRow([]).commit();
}

export interface Checked {
  readonly count: { readonly value: number; readonly formula?: string };
  readonly amount: { readonly value: Micros; readonly formula?: string };
  /** What the sheet's rows come to, as formulas, and what those will give. */
  readonly sheetCount: { readonly formula: string; readonly value: number };
  readonly sheetAmount: { readonly formula: string; readonly value: Micros };
  /** Whether one of the rows has an amount that is text. */
  readonly hasLong: boolean;
}

/**
 * What is known beside what the rows come to, and whether they are equal, from column `place` on. Formulas carry their
 * results, for readers that do not calculate. A sum shows as many decimals as it has: rounded, two that differ would look alike.
 */
export function writeChecked(row: Row, word: Words, place: number, checked: Checked): void {
  const { count, amount, sheetCount, sheetAmount } = checked;
  const counts = !checked.hasLong && isShort(amount.value) && isShort(sheetAmount.value);
  const at = row.number;
  const letter = (offset: number): string => `${String.fromCodePoint(64 + place + offset)}${at}`;
  const [same, different] = [word('workbook.same'), word('workbook.different')];
  const set = (offset: number, style: Partial<Style>, result: number | string, formula?: string): void => {
    const cell = row.getCell(place + offset);
    cell.value = formula === undefined ? result : { formula, result };
    cell.style = style;
  };
  const setAmount = (offset: number, micros: Micros, formula?: string): void => {
    if (counts) set(offset, styles.fineMoney, nearestNumber(micros), formula);
    else setMoney(row.getCell(place + offset), micros, styles.fineMoney);
  };
  set(0, styles.integer, count.value, count.formula);
  setAmount(1, amount.value, amount.formula);
  set(2, styles.integer, sheetCount.value, sheetCount.formula);
  setAmount(3, sheetAmount.value, `ROUND(${sheetAmount.formula},6)`);
  const isSame = count.value === sheetCount.value && amount.value === sheetAmount.value;
  const decimals = comparedDecimals([amount.value, sheetAmount.value]);
  const agree = `AND(${letter(0)}=${letter(2)},ROUND(${letter(1)}-${letter(3)},${decimals})=0)`;
  const check = `IF(${agree},"${same}","${different}")`;
  set(4, styles.plain, isSame ? same : different, counts ? check : undefined);
  row.commit();
}

/** The sum of a list's column, header left out; of an empty list nothing. */
export function listSum(list: ListSheet, place: number): string {
  return list.rows === 0 ? '0' : `SUM(${listRange(list, place)})`;
}

export interface Figure {
  /** Its name is the message `workbook.<key>`. */
  readonly key: string;
  readonly amount: Micros;
  /** What it must come to by the rows it is of. */
  readonly addedUp?: AddedUp & { readonly value: Micros };
}

/** As a formula, and the amounts that it reads; `value` is what it will give. */
export interface AddedUp {
  readonly formula: string;
  readonly of: readonly Micros[];
}

const figureColumns = [
  { key: 'figure', width: 26 },
  { key: 'amount', width: 20 },
  { key: 'addedUp', width: 20 },
  { key: 'check', width: 12 },
] as const;

/** Widths of a sheet whose lines are figures; before any of its rows is written. */
export function setFigureWidths(sheet: Worksheet): void {
  sheet.columns = figureColumns.map(({ width }) => ({ width }));
}

export function writeFigureHeader(sheet: Worksheet, word: Words): void {
  writeHeader(
    sheet,
    figureColumns.map(({ key }) => word(`workbook.${key}`)),
  );
}

/** A figure beside what it adds up to, and whether they are the same; gives the number of its row. */
export function writeFigure(sheet: Worksheet, word: Words, { key, amount, addedUp }: Figure): number {
  const row = sheet.addRow([word(`workbook.${key}`)]);
  setMoney(row.getCell(2), amount, styles.fineMoney);
  if (addedUp !== undefined) {
    const { formula, of, value } = addedUp;
    const result = value === amount ? word('workbook.same') : word('workbook.different');
    const [listed, check] = [row.getCell(3), row.getCell(4)];
    if ([amount, value, ...of].every(isShort)) {
      const decimals = comparedDecimals([amount, value, ...of]);
      const agree = `ROUND(B${row.number}-C${row.number},${decimals})=0`;
      listed.value = { formula: `ROUND(${formula},6)`, result: nearestNumber(value) };
      listed.style = styles.fineMoney;
      check.value = {
        formula: `IF(${agree},"${word('workbook.same')}","${word('workbook.different')}")`,
        result,
      };
    } else {
      setMoney(listed, value, styles.fineMoney);
      check.value = result;
    }
  }
  row.commit();
  return row.number;
}

export function writeRemark(sheet: Worksheet, remark: string): void {
  const row = sheet.addRow([remark]);
  row.getCell(1).style = styles.remark;
  row.commit();
}
