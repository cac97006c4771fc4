/**
 * Carries the figures of a business report out as a workbook: a summary whose formulas add it up again from the lists
 * beside it, by day or month, product, model, user and unit. It writes what it was given, and must never work out another
 * figure.
 */
import type { Worksheet } from 'exceljs';
import type { MarginRow, Report } from '../../shared/api-finance.ts';
import type { Language } from '../../shared/ipc-words.ts';
import { yuan, type Micros } from '../../shared/money.ts';
import { wordOr, wordsIn, type Words } from '../messages.ts';
import { writeWhole, type ExportEnd, type ExportProgress, type FilePlace } from './part-file.ts';
import {
  isShort,
  listSum,
  setFigureWidths,
  text,
  workbookInto,
  writeFacts,
  writeFigure,
  writeFigureHeader,
  writeLists,
  writeRemark,
  type AddedUp,
  type Cell,
  type Column,
  type ListSheet,
} from './sheets.ts';

/** What the export worker is given. Plain data: it crosses a thread. */
export interface FiguresJob extends FilePlace {
  readonly report: Report;
  readonly account: { readonly timeZone: string };
  readonly language: Language;
}

/** As `writeWhole`. */
export function writeFigures(
  job: FiguresJob,
  onProgress: (progress: ExportProgress) => void,
): Promise<ExportEnd> {
  const { report } = job;
  const lists = [report.products, report.models, report.topUsers];
  const total = lists.reduce((sum, rows) => sum + rows.length, report.series.length + report.units.length);
  return writeWhole(job, onProgress, async (write) => {
    await write(total, async ({ out, failed, rowDone }) => {
      const workbook = workbookInto(out);
      const word = wordsIn(job.language);
      const sheet = (key: string, rows: number): ListSheet => ({ name: word(`workbook.${key}`), rows });
      const series = sheet('seriesSheet', report.series.length);
      const products = sheet('productsSheet', report.products.length);
      const units = sheet('unitsSheet', report.units.length);
      const summary = workbook.addWorksheet(word('workbook.summarySheet'));
      writeSummary(summary, word, report, { series, products, units });
      const input = { word, failed, onRow: rowDone };
      await writeLists(workbook, [series], report.series.values(), { ...input, columns: seriesColumns });
      for (const [key, rows] of [
        ['productsSheet', report.products],
        ['modelsSheet', report.models],
        ['usersSheet', report.topUsers],
      ] as const)
        await writeLists(workbook, [sheet(key, rows.length)], rows.values(), {
          ...input,
          columns: marginColumns,
        });
      const columns = unitColumns(job.language, word);
      await writeLists(workbook, [units], report.units.values(), { ...input, columns });
      await Promise.race([workbook.commit(), failed]);
    });
  });
}

type SeriesRow = Report['series'][number];
const money = (value: string) => ({ type: 'money' as const, value: yuan(value) });

/** Where the summary's formulas look, from 1. The columns below are in this order. */
const seriesPlaces = { recharged: 2, consumed: 3, refunded: 4, paidOut: 5, cost: 6 } as const;
const seriesColumns: readonly Column<SeriesRow>[] = [
  { key: 'period', width: 14, cell: ({ key }) => text(key) },
  ...(['recharged', 'consumed', 'refundedTotal', 'paidOut', 'cost'] as const).map((key) => ({
    key,
    width: 16,
    cell: (row: SeriesRow) => money(key === 'refundedTotal' ? row.refunded : row[key]),
  })),
];

/** Where a summary's formulas look, from 1: the columns below are in this order. */
export const marginPlaces = { revenue: 4, cost: 5, margin: 6 } as const;
export const marginColumns: readonly Column<MarginRow>[] = [
  { key: 'name', width: 26, cell: ({ name, key }) => text(name ?? key) },
  { key: 'id', width: 38, cell: ({ key }) => text(key) },
  { key: 'chargeCount', width: 12, cell: ({ count }) => ({ type: 'integer', value: count }) },
  { key: 'revenue', width: 16, cell: ({ revenue }) => money(revenue) },
  { key: 'cost', width: 16, cell: ({ cost }) => money(cost) },
  { key: 'grossMargin', width: 16, cell: ({ margin }) => money(margin) },
];

type UnitRow = Report['units'][number];
const unitMoves = ['opening', 'brought', 'used', 'returned', 'expired', 'corrected', 'closing'] as const;
/** Where the formulas of a line and the summary look, from 1 or A. The columns below are in this order. */
const unitPlaces = { worth: 12 } as const;
const movedOn = (line: number): string => `B${line}+C${line}-D${line}+E${line}-F${line}+G${line}`;
const moved = ({ opening, brought, used, returned, expired, corrected }: UnitRow): bigint =>
  BigInt(opening) + BigInt(brought) - BigInt(used) + BigInt(returned) - BigInt(expired) + BigInt(corrected);

/** Whether a formula gives what moved: none of it is text. */
const counts = (row: UnitRow): boolean =>
  isShort(moved(row)) && unitMoves.every((key) => isShort(BigInt(row[key])));

function unitColumns(language: Language, word: Words): readonly Column<UnitRow>[] {
  const [same, different] = [word('workbook.same'), word('workbook.different')];
  return [
    { key: 'unit', width: 18, cell: ({ asset }) => text(wordOr(language, 'asset', asset)) },
    ...unitMoves.map((key) => ({
      key: `unitMoves.${key}`,
      width: 16,
      cell: (row: UnitRow): Cell => ({ type: 'integer', value: BigInt(row[key]) }),
    })),
    {
      key: 'unitsAddedUp',
      width: 16,
      cell: (row) =>
        counts(row)
          ? { type: 'formula', of: movedOn, value: Number(moved(row)) }
          : { type: 'integer', value: moved(row) },
    },
    {
      key: 'check',
      width: 12,
      cell: (row) => {
        const value = moved(row) === BigInt(row.closing) ? same : different;
        const of = (line: number): string => `IF(H${line}=I${line},"${same}","${different}")`;
        return counts(row) ? { type: 'formula', of, value } : text(value);
      },
    },
    {
      key: 'unitValue',
      width: 14,
      cell: ({ unitValue }) => (unitValue === undefined ? null : money(unitValue)),
    },
    { key: 'unitsValue', width: 20, cell: ({ value }) => (value === undefined ? null : money(value)) },
  ];
}

interface Lists {
  readonly series: ListSheet;
  readonly products: ListSheet;
  readonly units: ListSheet;
}

function writeSummary(sheet: Worksheet, word: Words, report: Report, lists: Lists): void {
  setFigureWidths(sheet);
  writeFacts(sheet, word, word('workbook.figuresTitle', { period: report.period }), [
    ['range', text(word('workbook.rangeBetween', { from: report.from, to: lastDay(report) }))],
    ['timeZone', text(report.timeZone)],
    ['state', text(word(report.state === 'closed' ? 'workbook.periodClosed' : 'workbook.periodOpen'))],
    ['asOfTime', text(report.asOf)],
    ['membersNew', integer(report.members.new)],
    ['membersActive', integer(report.members.active)],
    ['membersEnded', integer(report.members.ended)],
    ['lateCount', integer(report.late.count)],
  ]);
  writeFigureHeader(sheet, word);
  writeLines(sheet, word, report, lists);
  writeRemark(sheet, word('workbook.figuresNote'));
  sheet.commit();
}

const integer = (value: number): Cell => ({ type: 'integer', value });

function lastDay({ until }: Report): string {
  return new Date(Date.parse(`${until}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}

/** Each amount beside what the lists, or the lines above it, come to, and whether they are the same. */
function writeLines(sheet: Worksheet, word: Words, report: Report, lists: Lists): void {
  const { money: moves, costs, margin, deferred } = report;
  const over = (key: 'recharged' | 'consumed' | 'refunded' | 'paidOut' | 'cost'): AddedUp => ({
    formula: listSum(lists.series, seriesPlaces[key]),
    of: report.series.map((row) => yuan(row[key])),
  });
  const ofProducts = (key: 'revenue' | 'cost'): AddedUp => ({
    formula: listSum(lists.products, marginPlaces[key]),
    of: report.products.map((row) => yuan(row[key])),
  });
  const written = new Map<string, { readonly row: number; readonly amount: Micros }>();
  /** Lines above, each but the first with its sign. */
  const ofLines = (...terms: readonly string[]): AddedUp => {
    const lines = terms.map((term) => {
      const line = written.get(term.replace(/^[+-]/, ''));
      if (line === undefined) throw new Error(`there is no line ${term}`);
      return { sign: /^[+-]/.exec(term)?.[0] ?? '', ...line };
    });
    return {
      formula: lines.map(({ sign, row }) => `${sign}B${row}`).join(''),
      of: lines.map(({ amount }) => amount),
    };
  };
  const line = (key: string, value: string, sum?: AddedUp): void => {
    const amount = yuan(value);
    // The server adds the same rows up: whoever calculates sees whether it is so.
    const addedUp = sum === undefined ? {} : { addedUp: { ...sum, value: amount } };
    written.set(key, { row: writeFigure(sheet, word, { key, amount, ...addedUp }), amount });
  };
  line('opening', moves.opening);
  line('recharged', moves.recharged, over('recharged'));
  line('consumed', moves.consumed, over('consumed'));
  line('refundedTotal', moves.refunded, over('refunded'));
  line('paidOut', moves.paidOut, over('paidOut'));
  line('corrected', moves.corrected);
  line(
    'closing',
    moves.closing,
    ofLines('opening', '+recharged', '-consumed', '+refundedTotal', '-paidOut', '+corrected'),
  );
  line('costUsage', costs.usage, ofProducts('cost'));
  line('costDaily', costs.daily);
  line('costBills', costs.bills);
  line('cost', costs.total, over('cost'));
  line('revenue', margin.revenue, ofProducts('revenue'));
  line('grossMargin', margin.gross, ofLines('revenue', '-cost'));
  line('owed', deferred.owed);
  line('prepaid', deferred.prepaid, ofLines('closing', '+owed'));
  line('unitsValue', deferred.units, {
    formula: listSum(lists.units, unitPlaces.worth),
    of: report.units.map(({ value }) => yuan(value ?? '0')),
  });
  const { memberships } = deferred;
  if (memberships !== undefined) line('deferredMemberships', memberships);
  const parts = ['prepaid', '+unitsValue', ...(memberships === undefined ? [] : ['+deferredMemberships'])];
  line('deferred', deferred.total, ofLines(...parts));
}
