/**
 * Writes the bill as a workbook: a summary whose formulas check the details, then the details, in as many sheets as
 * they need.
 */
import type { Writable } from 'node:stream';
import type { Worksheet } from 'exceljs';
import type { HistoryFilter } from '../../shared/ipc-history.ts';
import { yuan } from '../../shared/money.ts';
import type { Bill, BillRow } from './bill.ts';
import { columnPlaces, type BillColumn, type BillWords } from './columns.ts';
import {
  isShort,
  listRange,
  text,
  workbookInto,
  writeChecked,
  writeFacts,
  writeHeader,
  writeLists,
  writeRemark,
  type Cell,
  type ListSheet,
  type Workbook,
} from './sheets.ts';
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

/** Rejects when the stream fails or `onRow` throws. Ends the stream. */
export async function writeWorkbook(
  out: Writable,
  input: BillSheetInput,
  columns: readonly BillColumn[],
): Promise<void> {
  const workbook = workbookInto(out);
  const sheets = detailSheets(input);
  writeSummary(workbook, input, sheets);
  const { onRow, failed, words } = input;
  await writeLists(workbook, sheets, input.bill.rows(), { word: words.word, columns, onRow, failed });
  await Promise.race([workbook.commit(), failed]);
}

function detailSheets({ bill, words, sheetRowsMax }: BillSheetInput): readonly ListSheet[] {
  const name = words.word('workbook.detailSheet');
  const { count } = bill.totals;
  return Array.from({ length: Math.ceil(count / sheetRowsMax) }, (_, index) => ({
    name: index === 0 ? name : `${name} (${index + 1})`,
    rows: Math.min(sheetRowsMax, count - index * sheetRowsMax),
  }));
}

function writeSummary(workbook: Workbook, input: BillSheetInput, sheets: readonly ListSheet[]): void {
  const { words, bill } = input;
  const { word } = words;
  const sheet = workbook.addWorksheet(word('workbook.summarySheet'));
  sheet.columns = [18, 18, 14, 18, 14, 18, 12].map((width) => ({ width }));
  writeFacts(sheet, word, word('workbook.title'), facts(input));
  const headers = ['kind', 'platform', 'ledgerCount', 'ledgerAmount', 'sheetCount', 'sheetAmount', 'check'];
  writeHeader(
    sheet,
    headers.map((key) => word(`workbook.${key}`)),
  );
  for (const group of bill.totals.groups) writeGroup(sheet, words, sheets, bill, group);
  writeTotal(sheet, words, sheets, bill);
  writeRemark(sheet, word('workbook.checkNote'));
  sheet.commit();
}

function facts({ bill, words, account, filter }: BillSheetInput): readonly (readonly [string, Cell])[] {
  const { seq, head, syncedAtMs } = bill.asOf;
  const synced: Cell =
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

function columnRange(sheet: ListSheet, column: keyof typeof columnPlaces): string {
  return listRange(sheet, columnPlaces[column]);
}

/** Known and given figures agree here: the file is only finished when the rows written bear the ledger's out. */
function writeGroup(
  sheet: Worksheet,
  words: BillWords,
  sheets: readonly ListSheet[],
  { hasLong }: Bill,
  group: Bill['totals']['groups'][number],
): void {
  const row = sheet.addRow([words.kind(group.kind), words.platform(group.platform ?? '')]);
  const criteria = (one: ListSheet): string =>
    `${columnRange(one, 'kind')},$A${row.number},${columnRange(one, 'platform')},$B${row.number}`;
  const amount = yuan(group.amount);
  writeChecked(row, words.word, 3, {
    count: { value: group.count },
    amount: { value: amount },
    sheetCount: {
      formula: sheets.map((one) => `COUNTIFS(${criteria(one)})`).join('+'),
      value: group.count,
    },
    sheetAmount: {
      formula: sheets.map((one) => `SUMIFS(${columnRange(one, 'amount')},${criteria(one)})`).join('+'),
      value: amount,
    },
    hasLong,
  });
}

function writeTotal(sheet: Worksheet, words: BillWords, sheets: readonly ListSheet[], bill: Bill): void {
  const { count, net, groups } = bill.totals;
  const row = sheet.addRow([words.word('workbook.allKinds')]);
  const above = (letter: string): string =>
    `SUM(${letter}${row.number - groups.length}:${letter}${row.number - 1})`;
  const of = (name: string, column: keyof typeof columnPlaces): string =>
    sheets.map((one) => `${name}(${columnRange(one, column)})`).join('+');
  const amount = yuan(net);
  writeChecked(row, words.word, 3, {
    count: { value: count, formula: above('C') },
    amount: { value: amount, formula: above('D') },
    sheetCount: { formula: of('COUNT', 'seq'), value: count },
    sheetAmount: { formula: of('SUM', 'amount'), value: amount },
    hasLong: bill.hasLong || !groups.every((group) => isShort(yuan(group.amount))),
  });
}
