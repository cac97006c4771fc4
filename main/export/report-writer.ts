/**
 * Carries the report of one campaign out as a workbook: a summary whose formulas check the lists, every target with its
 * outcome, charge and time, and the failed ones on a sheet of their own, to be looked into or tried again.
 */
import type { Worksheet } from 'exceljs';
import { yuan } from '../../shared/money.ts';
import { wordOr, wordsIn, type Words } from '../messages.ts';
import { openReport, type Report, type ReportJob, type ReportRow } from './campaign-report.ts';
import { writeWhole, type ExportEnd, type ExportProgress } from './part-file.ts';
import {
  listRange,
  text,
  workbookInto,
  writeChecked,
  writeFacts,
  writeHeader,
  writeLists,
  writeRemark,
  type Cell,
  type Column,
  type ListSheet,
  type Workbook,
} from './sheets.ts';
import { wallClock } from './wall-clock.ts';

/** As `writeWhole`. */
export function writeReport(
  job: ReportJob,
  onProgress: (progress: ExportProgress) => void,
): Promise<ExportEnd> {
  return writeWhole(job, onProgress, async (write) => {
    const report = openReport(job);
    try {
      const counted = report.outcomes.reduce((sum, { count }) => sum + count, 0);
      const written = await write(counted, async ({ out, failed, rowDone }) => {
        const workbook = workbookInto(out);
        const word = wordsIn(job.language);
        const targets: ListSheet = { name: word('workbook.targetSheet'), rows: counted };
        writeSummary(workbook, job, report, word, targets);
        const columns = targetColumns(job, word);
        const list = { word, columns, failed, onRow: rowDone };
        await writeLists(workbook, [targets], report.rows(), list);
        const lost = report.outcomes.find(({ phase }) => phase === 'failed')?.count ?? 0;
        const fewer = {
          ...list,
          columns: columns.filter(({ key }) => failedColumns.has(key)),
          onRow: () => undefined,
        };
        const sheet = { name: word('workbook.failedSheet'), rows: lost };
        if (lost > 0) await writeLists(workbook, [sheet], report.rows('failed'), fewer);
        await Promise.race([workbook.commit(), failed]);
      });
      if (written !== counted) throw new Error('the targets written are not those that were counted');
    } finally {
      report.close();
    }
  });
}

/** Where the summary's formulas look, from 1. The columns below are in this order. */
const places = { position: 1, outcome: 3, charge: 5, amount: 6 } as const;
const failedColumns: ReadonlySet<string> = new Set(['position', 'target', 'reason', 'finishedAt']);

function targetColumns({ language, account }: ReportJob, word: Words): readonly Column<ReportRow>[] {
  const clock = wallClock(account.timeZone);
  return [
    { key: 'position', width: 9, cell: (row) => ({ type: 'integer', value: Number(row.position) }) },
    { key: 'target', width: 30, cell: (row) => text(row.target_user_id) },
    { key: 'outcome', width: 12, cell: (row) => text(word(`taskPhase.${row.phase}`)) },
    {
      key: 'reason',
      width: 24,
      cell: (row) => (row.reason === null ? null : text(wordOr(language, 'executorReason', row.reason))),
    },
    {
      key: 'charge',
      width: 12,
      cell: (row) => (row.charge === null ? null : text(word(`outboxState.${row.charge}`))),
    },
    {
      key: 'amount',
      width: 14,
      cell: (row) => (row.amount === null ? null : { type: 'money', value: row.amount }),
    },
    {
      key: 'finishedAt',
      width: 20,
      cell: (row) =>
        row.finished_at_ms === null ? null : { type: 'time', value: clock(Number(row.finished_at_ms)) },
    },
    {
      key: 'ledgerSeq',
      width: 12,
      cell: (row) => (row.seq === null ? null : { type: 'integer', value: Number(row.seq) }),
    },
    { key: 'id', width: 38, cell: (row) => (row.charge_id === null ? null : text(row.charge_id)) },
  ];
}

function facts(
  { account, language }: ReportJob,
  { campaign, ledger, asOf }: Report,
  word: Words,
): readonly (readonly [string, Cell])[] {
  const clock = wallClock(account.timeZone);
  const time = (atMs: number | null, without: string): Cell =>
    atMs === null ? text(word(without)) : { type: 'time', value: clock(atMs) };
  const { quote } = campaign;
  const priced: readonly (readonly [string, Cell])[] =
    quote === null
      ? []
      : [
          ['quotedQuantity', { type: 'integer', value: quote.quantity }],
          ['quotedUnit', { type: 'money', value: yuan(quote.unitNet) }],
          ['quotedTotal', { type: 'money', value: yuan(quote.total) }],
        ];
  return [
    ['campaignName', text(campaign.name)],
    ['state', text(word(`phase.${campaign.phase}`))],
    ['platform', text(wordOr(language, 'platform', campaign.platform))],
    ['operation', text(wordOr(language, 'operation', campaign.operation))],
    ['account', text(account.name)],
    ['timeZone', text(account.timeZone)],
    ['createdAt', time(campaign.createdAtMs, 'workbook.notYet')],
    ['startedAt', time(campaign.startedAtMs, 'workbook.notYet')],
    ['endedAt', time(campaign.endedAtMs, 'workbook.notYet')],
    ...priced,
    ['refunded', { type: 'money', value: ledger.refunded.amount }],
    ['asOfTime', time(asOf.syncedAtMs, 'workbook.asOfNever')],
    ['asOfSeq', { type: 'integer', value: asOf.seq }],
    ['campaign', text(campaign.id)],
  ];
}

function writeSummary(
  workbook: Workbook,
  job: ReportJob,
  report: Report,
  word: Words,
  targets: ListSheet,
): void {
  const sheet = workbook.addWorksheet(word('workbook.summarySheet'));
  sheet.columns = [22, 18, 14, 18, 14, 12].map((width) => ({ width }));
  writeFacts(sheet, word, word('workbook.reportTitle'), facts(job, report, word));
  writeOutcomes(sheet, word, report, targets);
  sheet.addRow([]).commit();
  writeCharges(sheet, word, report, targets);
  writeRemark(sheet, word('workbook.reportNote'));
  sheet.commit();
}

/** How many targets came to what. */
function writeOutcomes(sheet: Worksheet, word: Words, { outcomes }: Report, targets: ListSheet): void {
  writeHeader(
    sheet,
    ['outcome', 'counted', 'listed'].map((key) => word(`workbook.${key}`)),
  );
  const range = listRange(targets, places.outcome);
  for (const { phase, count } of outcomes) {
    const row = sheet.addRow([word(`taskPhase.${phase}`), count]);
    row.getCell(3).value = { formula: `COUNTIF(${range},$A${row.number})`, result: count };
    row.commit();
  }
  const total = outcomes.reduce((sum, { count }) => sum + count, 0);
  const row = sheet.addRow([word('workbook.allKinds')]);
  row.getCell(2).value = {
    formula: `SUM(B${row.number - outcomes.length}:B${row.number - 1})`,
    result: total,
  };
  row.getCell(3).value = { formula: `COUNT(${listRange(targets, places.position)})`, result: total };
  row.commit();
}

/** The charges by state, as the desk sums them; then what the ledger has, which must be those that are settled. */
function writeCharges(sheet: Worksheet, word: Words, report: Report, targets: ListSheet): void {
  const headers = ['charge', 'knownCount', 'knownAmount', 'listedCount', 'listedAmount', 'check'];
  writeHeader(
    sheet,
    headers.map((key) => word(`workbook.${key}`)),
  );
  const states = listRange(targets, places.charge);
  const listed = (state: string) => ({
    count: `COUNTIF(${states},"${state}")`,
    amount: `SUMIF(${states},"${state}",${listRange(targets, places.amount)})`,
  });
  const line = (name: string, known: { count: number; amount: bigint }, state: string, own = known): void => {
    const formulas = listed(state);
    writeChecked(sheet.addRow([name]), word, 2, {
      count: { value: known.count },
      amount: { value: known.amount },
      sheetCount: { formula: formulas.count, value: own.count },
      sheetAmount: { formula: formulas.amount, value: own.amount },
      // Of a price the largest use is an amount, and a follow is one of a million.
      hasLong: false,
    });
  };
  for (const charge of report.charges) {
    const state = word(`outboxState.${charge.state}`);
    line(state, charge, state);
  }
  const settled = report.charges.find(({ state }) => state === 'settled') ?? { count: 0, amount: 0n };
  line(word('workbook.inLedger'), report.ledger.charged, word('outboxState.settled'), settled);
}
