/**
 * Writes the bill as a workbook: a summary whose formulas check the details, then the details, in as many sheets as
 * they need. Rows go out as they come in and wait for the disk, so that memory does not grow with their number.
 */
import { once } from 'node:events';
import { PassThrough, type Writable } from 'node:stream';
import exceljs from 'exceljs';
import type { Row, Style, Worksheet } from 'exceljs';
import type { HistoryFilter } from '../../shared/ipc.ts';
import { microsPerCent, yuan, yuanText, type Micros } from '../../shared/money.ts';
import type { Bill, BillRow } from './bill.ts';
import { columnPlaces, type BillCell, type BillColumn, type BillWords } from './columns.ts';
import { wallClock } from './wall-clock.ts';

export interface BillSheetInput {
  readonly bill: Bill;
  readonly words: BillWords;
  readonly account: { readonly name: string; readonly timeZone: string };
  readonly filter: HistoryFilter;
  readonly sheetRowsMax: number;
  /** Called for each row after it was handed over; throws to stop. */
  readonly onRow: (row: BillRow) => void;
  /** Rejects when the file can't be written any more: whoever waits for the disk waits for this too. */
  readonly failed: Promise<never>;
}

/** How many rows are handed over before it is seen whether the disk keeps up. */
const rowsBetweenWaits = 100;
/** How much of a sheet may wait to be compressed. */
const gateBytes = 512 * 1_024;
const headerStyle: Partial<Style> = {
  font: { bold: true },
  fill: { type: 'pattern', pattern: 'solid', fgColor: { argb: 'FFE8EEF7' } },
  alignment: { vertical: 'middle' },
};
// One object a look: the library recognises a style it has seen by the object.
const styles = {
  text: { numFmt: '@' },
  integer: { numFmt: '0' },
  money: { numFmt: '#,##0.00;[Red]-#,##0.00' },
  fineMoney: { numFmt: '#,##0.00####;[Red]-#,##0.00####' },
  time: { numFmt: 'yyyy-mm-dd hh:mm:ss' },
  plain: {},
  label: { font: { bold: true } },
  title: { font: { bold: true, size: 16 } },
  remark: { font: { italic: true, color: { argb: 'FF666666' } } },
} as const satisfies Record<string, Partial<Style>>;

/** The detail sheets there will be: names, and how many data rows each has. */
interface DetailSheet {
  readonly name: string;
  readonly rows: number;
}

/** Rejects when the stream fails or `onRow` throws. Ends the stream. */
export async function writeWorkbook(
  out: Writable,
  input: BillSheetInput,
  columns: readonly BillColumn[],
): Promise<void> {
  const workbook = new exceljs.stream.xlsx.WorkbookWriter({
    stream: out,
    useStyles: true,
    useSharedStrings: false,
  });
  const sheets = detailSheets(input);
  writeSummary(workbook, input, sheets);
  const rows = input.bill.rows();
  try {
    for (const sheet of sheets) await writeDetails(workbook, input, columns, sheet, rows);
    if (rows.next().done !== true) throw new Error('there are more rows than the ledger counts');
  } finally {
    // A statement left open would keep the database from being closed.
    rows.return?.();
  }
  await Promise.race([workbook.commit(), input.failed]);
}

function detailSheets({ bill, words, sheetRowsMax }: BillSheetInput): readonly DetailSheet[] {
  const name = words.word('workbook.detailSheet');
  const { count } = bill.totals;
  return Array.from({ length: Math.ceil(count / sheetRowsMax) }, (_, index) => ({
    name: index === 0 ? name : `${name} (${index + 1})`,
    rows: Math.min(sheetRowsMax, count - index * sheetRowsMax),
  }));
}

// ── Details ─────────────────────────────────────────────────────────────────────────────────────────────────

async function writeDetails(
  workbook: exceljs.stream.xlsx.WorkbookWriter,
  input: BillSheetInput,
  columns: readonly BillColumn[],
  { name, rows: rowCount }: DetailSheet,
  rows: IterableIterator<BillRow>,
): Promise<void> {
  const sheet = workbook.addWorksheet(name, { views: [{ state: 'frozen', ySplit: 1 }] });
  const gate = gateBehind(sheet);
  sheet.columns = columns.map(({ width }) => ({ width }));
  sheet.autoFilter = { from: { row: 1, column: 1 }, to: { row: rowCount + 1, column: columns.length } };
  const header = sheet.addRow(columns.map(({ key }) => input.words.word(`workbook.${key}`)));
  for (const index of columns.keys()) header.getCell(index + 1).style = headerStyle;
  header.commit();
  for (let written = 1; written <= rowCount; written += 1) {
    const next = rows.next();
    if (next.done === true) throw new Error('there are fewer rows than the ledger counts');
    const line = sheet.addRow([]);
    for (const [index, column] of columns.entries()) setCell(line, index + 1, column.cell(next.value));
    line.commit();
    input.onRow(next.value);
    const mustWait = written % rowsBetweenWaits === 0 && gate.writableNeedDrain;
    if (mustWait) await Promise.race([once(gate, 'drain'), input.failed]);
  }
  sheet.commit();
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

function setCell(row: Row, place: number, cell: BillCell | null): void {
  if (cell === null) return;
  const target = row.getCell(place);
  switch (cell.type) {
    case 'text':
      // Written as text, so that nothing in it is ever taken for a formula.
      target.value = cell.value;
      target.style = styles.text;
      break;
    case 'integer':
      target.value = cell.value;
      target.style = styles.integer;
      break;
    case 'money':
      target.value = nearestNumber(cell.value);
      target.style = cell.value % microsPerCent === 0n ? styles.money : styles.fineMoney;
      break;
    case 'time':
      target.value = new Date(cell.value);
      target.style = styles.time;
      break;
  }
}

/** A spreadsheet has only floating-point cells: the one nearest the decimal, which shows and reads back as it. */
function nearestNumber(micros: Micros): number {
  return Number(yuanText(micros));
}

// ── Summary ─────────────────────────────────────────────────────────────────────────────────────────────────

type Workbook = exceljs.stream.xlsx.WorkbookWriter;

function writeSummary(workbook: Workbook, input: BillSheetInput, sheets: readonly DetailSheet[]): void {
  const { words, bill } = input;
  const sheet = workbook.addWorksheet(words.word('workbook.summarySheet'));
  sheet.columns = [18, 18, 14, 18, 14, 18, 12].map((width) => ({ width }));
  const title = sheet.addRow([words.word('workbook.title')]);
  title.getCell(1).style = styles.title;
  title.commit();
  for (const [key, cell] of facts(input)) {
    const row = sheet.addRow([words.word(`workbook.${key}`)]);
    row.getCell(1).style = styles.label;
    setCell(row, 2, cell);
    row.commit();
  }
  sheet.addRow([]).commit();
  const headers = ['kind', 'platform', 'ledgerCount', 'ledgerAmount', 'sheetCount', 'sheetAmount', 'check'];
  const header = sheet.addRow(headers.map((key) => words.word(`workbook.${key}`)));
  for (const index of headers.keys()) header.getCell(index + 1).style = headerStyle;
  header.commit();
  for (const group of bill.totals.groups) writeGroup(sheet, words, sheets, group);
  writeTotal(sheet, words, sheets, bill);
  const remark = sheet.addRow([words.word('workbook.checkNote')]);
  remark.getCell(1).style = styles.remark;
  remark.commit();
  sheet.commit();
}

function text(value: string): BillCell {
  return { type: 'text', value };
}

function facts({ bill, words, account, filter }: BillSheetInput): readonly (readonly [string, BillCell])[] {
  const { seq, head, syncedAtMs } = bill.asOf;
  const synced: BillCell =
    syncedAtMs === null
      ? text(words.word('workbook.asOfNever'))
      : { type: 'time', value: wallClock(account.timeZone)(syncedAtMs) };
  return [
    ['account', text(account.name)],
    ['range', text(rangeText(words, filter))],
    ['timeZone', text(account.timeZone)],
    ['filter', text(filterText(words, filter, bill.campaignName))],
    ['asOfTime', synced],
    ['asOfSeq', { type: 'integer', value: seq }],
    ['head', text(head)],
    ['rows', { type: 'integer', value: bill.totals.count }],
  ];
}

function rangeText({ word }: BillWords, { fromDay, toDay }: HistoryFilter): string {
  if (fromDay !== undefined && toDay !== undefined)
    return word('workbook.rangeBetween', { from: fromDay, to: toDay });
  if (fromDay !== undefined) return word('workbook.rangeFrom', { from: fromDay });
  if (toDay !== undefined) return word('workbook.rangeTo', { to: toDay });
  return word('workbook.rangeAll');
}

function filterText(
  { word, kind, platform }: BillWords,
  filter: HistoryFilter,
  campaignName: string | null,
): string {
  const separator = word('workbook.listSeparator');
  const parts: string[] = [];
  const add = (key: string, value: string): void => void parts.push(word(`workbook.${key}`, { value }));
  if (filter.kinds !== undefined) add('filterKinds', filter.kinds.map(kind).join(separator));
  if (filter.platforms !== undefined) add('filterPlatforms', filter.platforms.map(platform).join(separator));
  if (filter.campaignId !== undefined)
    add(
      'filterCampaign',
      campaignName === null ? filter.campaignId : `${campaignName} (${filter.campaignId})`,
    );
  if (filter.amountFrom !== undefined) add('filterAmountFrom', filter.amountFrom);
  if (filter.amountTo !== undefined) add('filterAmountTo', filter.amountTo);
  if (filter.text !== undefined && filter.text.trim() !== '') add('filterText', filter.text.trim());
  return parts.length === 0 ? word('workbook.filterNone') : parts.join('; ');
}

/** A column of one detail sheet, header left out: `'明细'!$G$2:$G$1001`. */
function range({ name, rows }: DetailSheet, place: keyof typeof columnPlaces): string {
  const letter = String.fromCodePoint(64 + columnPlaces[place]);
  return `'${name.replaceAll("'", "''")}'!$${letter}$2:$${letter}$${rows + 1}`;
}

function writeGroup(
  sheet: Worksheet,
  words: BillWords,
  sheets: readonly DetailSheet[],
  group: Bill['totals']['groups'][number],
): void {
  const row = sheet.addRow([words.kind(group.kind), words.platform(group.platform ?? '')]);
  const criteria = (one: DetailSheet): string =>
    `${range(one, 'kind')},$A${row.number},${range(one, 'platform')},$B${row.number}`;
  writeCheckedCells(row, words, {
    count: { value: group.count },
    amount: { value: nearestNumber(yuan(group.amount)) },
    sheetCount: sheets.map((one) => `COUNTIFS(${criteria(one)})`).join('+'),
    sheetAmount: sheets.map((one) => `SUMIFS(${range(one, 'amount')},${criteria(one)})`).join('+'),
  });
}

function writeTotal(sheet: Worksheet, words: BillWords, sheets: readonly DetailSheet[], bill: Bill): void {
  const { count, net, groups } = bill.totals;
  const row = sheet.addRow([words.word('workbook.allKinds')]);
  const above = (letter: string): string =>
    `SUM(${letter}${row.number - groups.length}:${letter}${row.number - 1})`;
  writeCheckedCells(row, words, {
    count: { value: count, formula: above('C') },
    amount: { value: nearestNumber(yuan(net)), formula: above('D') },
    sheetCount: sheets.map((one) => `COUNT(${range(one, 'seq')})`).join('+'),
    sheetAmount: sheets.map((one) => `SUM(${range(one, 'amount')})`).join('+'),
  });
}

interface Checked {
  readonly count: { readonly value: number; readonly formula?: string };
  readonly amount: { readonly value: number; readonly formula?: string };
  readonly sheetCount: string;
  readonly sheetAmount: string;
}

/**
 * Ledger beside sheet, and whether they are equal. Formulas carry their results, for readers that do not calculate; the
 * file is only finished when the rows written bear the results out.
 */
function writeCheckedCells(
  row: Row,
  words: BillWords,
  { count, amount, sheetCount, sheetAmount }: Checked,
): void {
  const at = row.number;
  const same = words.word('workbook.same');
  const valueOf = ({ value, formula }: Checked['count']) =>
    formula === undefined ? value : { formula, result: value };
  const cells = [
    { value: valueOf(count), style: styles.integer },
    { value: valueOf(amount), style: styles.money },
    { value: { formula: sheetCount, result: count.value }, style: styles.integer },
    { value: { formula: `ROUND(${sheetAmount},6)`, result: amount.value }, style: styles.money },
    {
      value: {
        formula: `IF(AND(C${at}=E${at},ROUND(D${at}-F${at},4)=0),"${same}","${words.word('workbook.different')}")`,
        result: same,
      },
      style: styles.plain,
    },
  ];
  for (const [index, { value, style }] of cells.entries()) {
    const cell = row.getCell(index + 3);
    cell.value = value;
    cell.style = style;
  }
  row.commit();
}
