/**
 * Reads the rows of a bill into its lines as a mapping says, and tells of each row that it can't take where and why. It
 * must never leave a row out without telling: what is not a line is a fault, until a person says otherwise.
 */
import { billItemsMax, type BillColumn, type BillLine, type BillMapping } from '../../shared/api-bills.ts';
import { BusinessDay } from '../../shared/api-finance.ts';
import type { BillFault, BillPreview } from '../../shared/ipc-bills.ts';
import { yuanText } from '../../shared/money.ts';
import type { BillCell, BillRow, BillTable } from './bill-table.ts';
import { dayReader } from './days.ts';
import { microsOf, readDecimal, wholeOf } from './figures.ts';

export interface ReadBill {
  readonly lines: readonly BillLine[];
  readonly preview: BillPreview;
}

const faultsMax = 200;
const firstLinesMax = 8;
const faultTextMax = 80;
const textMax = 200;
const invisible = /[\p{Cc}\p{Cf}\p{Cs}]/u;
const yuanNames = new Set(['CNY', 'RMB', '人民币', '¥', '￥', '元']);

type Told = Pick<BillFault, 'column' | 'reason' | 'text'>;
type Line = Omit<BillLine, 'line'> & { readonly micros: bigint };

/** `businessZone` is the one that days are cut in. */
export function readBillLines(table: BillTable, mapping: BillMapping, businessZone: string): ReadBill {
  const read = lineReader(mapping, businessZone);
  const lines: BillLine[] = [];
  const faults: BillFault[] = [];
  const items = new Map<string, { item: string; lines: number; micros: bigint }>();
  const byReference = new Map<string, { readonly line: number; readonly content: string }>();
  const sums = { bad: 0, repeated: 0, total: 0n, from: '9999-12-31', to: '0000-01-01' };
  const tell = (fault: BillFault): void => {
    sums.bad += 1;
    if (faults.length < faultsMax) faults.push(fault);
  };
  for (const row of table.rows) {
    if (row.line <= mapping.headerLines) continue;
    const told = read(row);
    if ('reason' in told) {
      tell({ line: row.line, ...told });
      continue;
    }
    const { micros, ...line } = told;
    if (line.reference !== undefined) {
      const content = JSON.stringify(line);
      const before = byReference.get(line.reference);
      if (before?.content === content) {
        sums.repeated += 1;
        continue;
      }
      if (before !== undefined) {
        const text = shortened(line.reference);
        tell({ line: row.line, column: 'reference', reason: 'twice', text, firstLine: before.line });
        continue;
      }
      byReference.set(line.reference, { line: row.line, content });
    }
    lines.push({ line: row.line, ...line });
    sums.total += micros;
    if (line.day < sums.from) sums.from = line.day;
    if (line.day > sums.to) sums.to = line.day;
    const said = line.said ?? line.item;
    const item = items.get(said) ?? { item: line.item, lines: 0, micros: 0n };
    items.set(said, { ...item, lines: item.lines + 1, micros: item.micros + micros });
  }
  return {
    lines,
    preview: {
      lines: lines.length + sums.bad + sums.repeated,
      good: lines.length,
      repeated: sums.repeated,
      bad: sums.bad,
      total: yuanText(sums.total),
      ...(lines.length === 0 ? {} : { from: sums.from, to: sums.to }),
      faults,
      first: lines.slice(0, firstLinesMax),
      items: [...items].slice(0, billItemsMax).map(([said, { item, lines: count, micros }]) => ({
        said,
        item,
        lines: count,
        amount: yuanText(micros),
      })),
    },
  };
}

function lineReader(mapping: BillMapping, businessZone: string): (row: BillRow) => Line | Told {
  const readDay = dayReader(mapping.dayFormat, mapping.timeZone, businessZone);
  // A workbook's date is written in one way, whatever the texts beside it are.
  const readSheetDay = dayReader('ymd', mapping.timeZone, businessZone);
  const nameOf = new Map(mapping.items.map(({ said, item }) => [said, item]));
  return (row) => {
    if ('malformed' in row) return fault(null, 'malformed', row.malformed);
    const cellOf = (column: BillColumn): BillCell => {
      const place = mapping[column];
      const cell = place === undefined ? undefined : row.cells[place];
      return cell === undefined ? { kind: 'text', text: '' } : { ...cell, text: cell.text.trim() };
    };
    for (const column of ['day', 'item', 'amount'] as const)
      if (cellOf(column).text === '') return fault(column, 'empty', '');

    const dayCell = cellOf('day');
    // `2026-11-01 00:00:00` in a workbook is a day without a time.
    const written = dayCell.kind === 'day' ? dayCell.text.replace(/ 00:00:00$/, '') : dayCell.text;
    const day = (dayCell.kind === 'day' ? readSheetDay : readDay)(written);
    if (day === null || !BusinessDay.safeParse(day).success) return fault('day', 'day', dayCell.text);

    const said = cellOf('item').text;
    if (!isName(said)) return fault('item', 'text', said);

    const amount = cellOf('amount');
    const decimal = decimalOf(amount, mapping.decimal);
    const micros = decimal === null ? 'unreadable' : microsOf(decimal, mapping.amountIn);
    if (typeof micros === 'string')
      return fault('amount', micros === 'too_precise' ? 'too_precise' : 'amount', amount.text);

    const quantity = quantityOf(cellOf('quantity'), mapping);
    if (quantity === null) return fault('quantity', 'quantity', cellOf('quantity').text);

    const currency = cellOf('currency').text;
    if (mapping.currency !== undefined && !yuanNames.has(currency.toUpperCase()))
      return fault('currency', 'currency', currency);

    const reference = cellOf('reference').text;
    if (mapping.reference !== undefined && !isName(reference))
      return fault('reference', reference === '' ? 'empty' : 'text', reference);

    const item = nameOf.get(said) ?? said;
    return {
      day,
      item,
      ...(item === said ? {} : { said }),
      ...(quantity === undefined ? {} : { quantity: quantity.toString() }),
      amount: yuanText(micros),
      ...(mapping.reference === undefined ? {} : { reference }),
      micros,
    };
  };
}

/** A workbook's number has the point that all programs use; what is written has the bill's own. */
function decimalOf({ kind, text }: BillCell, decimal: '.' | ','): ReturnType<typeof readDecimal> {
  if (kind === 'day' || kind === 'unreadable') return null;
  return readDecimal(text, kind === 'number' ? '.' : decimal);
}

/** Undefined where there is none, null where what stands there is none. */
function quantityOf(
  cell: BillCell,
  { quantity, decimal, quantityIn }: BillMapping,
): bigint | null | undefined {
  if (quantity === undefined || cell.text === '') return undefined;
  const read = decimalOf(cell, decimal);
  return read === null ? null : wholeOf(read, quantityIn);
}

function isName(text: string): boolean {
  return text !== '' && text.length <= textMax && !invisible.test(text);
}

function fault(column: BillColumn | null, reason: BillFault['reason'], text: string): Told {
  return { ...(column === null ? {} : { column }), reason, text: shortened(text) };
}

/** Well-formed even where the cut falls inside a character: what crosses the bridge is always proper text. */
function shortened(text: string): string {
  return text.length <= faultTextMax
    ? text.toWellFormed()
    : `${text.slice(0, faultTextMax - 1).toWellFormed()}…`;
}
