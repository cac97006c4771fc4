/**
 * Carries margins of a stretch of time out as a workbook: every product, model, user or day, and a summary whose formulas
 * add the list up again. It writes what it was given, and must never work out another figure.
 */
import type { Worksheet } from 'exceljs';
import type { MarginRow } from '../../shared/api-finance.ts';
import type { Language } from '../../shared/ipc-words.ts';
import { yuan } from '../../shared/money.ts';
import { wordsIn, type Words } from '../messages.ts';
import { marginColumns, marginPlaces } from './figures-writer.ts';
import { writeWhole, type ExportEnd, type ExportProgress, type FilePlace } from './part-file.ts';
import {
  listSum,
  setFigureWidths,
  text,
  workbookInto,
  writeFacts,
  writeFigure,
  writeFigureHeader,
  writeLists,
  writeRemark,
  type ListSheet,
} from './sheets.ts';

export interface Margins {
  readonly by: 'product' | 'model' | 'user' | 'day';
  /** Both days included. */
  readonly fromDay: string;
  readonly toDay: string;
  readonly asOf: string;
  readonly rows: readonly MarginRow[];
  /** As the server adds all of it up. */
  readonly total: Pick<MarginRow, 'revenue' | 'cost' | 'margin'>;
}

/** What the export worker is given. Plain data: it crosses a thread. */
export interface MarginsJob extends FilePlace {
  readonly margins: Margins;
  readonly account: { readonly timeZone: string };
  readonly language: Language;
}

/** As `writeWhole`. */
export function writeMargins(
  job: MarginsJob,
  onProgress: (progress: ExportProgress) => void,
): Promise<ExportEnd> {
  const { margins, language } = job;
  return writeWhole(job, onProgress, async (write) => {
    await write(margins.rows.length, async ({ out, failed, rowDone }) => {
      const workbook = workbookInto(out);
      const word = wordsIn(language);
      const list: ListSheet = { name: word(`workbook.marginsBy.${margins.by}`), rows: margins.rows.length };
      writeSummary(workbook.addWorksheet(word('workbook.summarySheet')), word, margins, list);
      const input = { word, columns: marginColumns, failed, onRow: rowDone };
      await writeLists(workbook, [list], margins.rows.values(), input);
      await Promise.race([workbook.commit(), failed]);
    });
  });
}

function writeSummary(sheet: Worksheet, word: Words, margins: Margins, list: ListSheet): void {
  setFigureWidths(sheet);
  const { fromDay: from, toDay: to, asOf, total, rows } = margins;
  writeFacts(sheet, word, word('workbook.marginsTitle'), [
    ['marginsOf', text(list.name)],
    ['range', text(word('workbook.rangeBetween', { from, to }))],
    ['asOfTime', text(asOf)],
  ]);
  writeFigureHeader(sheet, word);
  const lines = [
    ['revenue', total.revenue, 'revenue'],
    ['cost', total.cost, 'cost'],
    ['grossMargin', total.margin, 'margin'],
  ] as const;
  for (const [key, given, of] of lines) {
    const listed = rows.map((line) => yuan(line[of]));
    const value = listed.reduce((sum, amount) => sum + amount, 0n);
    const addedUp = { formula: listSum(list, marginPlaces[of]), of: listed, value };
    writeFigure(sheet, word, { key, amount: yuan(given), addedUp });
  }
  writeRemark(sheet, word('workbook.marginsNote'));
  sheet.commit();
}
