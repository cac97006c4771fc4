/**
 * The page's commands about exports: start one, cancel it, show the finished file. One export at a time; what it comes
 * to is told by events.
 */
import { basename } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { Account } from '../../shared/api.ts';
import type { AuditEntry, AuditFilter } from '../../shared/api-audit.ts';
import type { PersonalData } from '../../shared/api-personal.ts';
import type { ExportState } from '../../shared/ipc-history.ts';
import type { Cache } from '../cache/database.ts';
import type { HistoryReader } from '../cache/history-reader.ts';
import { dayIn } from '../cache/local-day.ts';
import { answer, refuse, type CommandRegistry, type Handled } from '../desk/commands.ts';
import type { DeskContext, DeskPart } from '../desk/context.ts';
import { wordsIn } from '../messages.ts';
import { startAuditExport, type AuditPage, type AuditReader } from './audit-export.ts';
import { startExport, type ExportRun, type UnplacedJob } from './export-run.ts';
import type { ExportEnd, ExportProgress } from './part-file.ts';
import { startPersonExport, type PersonReader } from './person-export.ts';

/** A worksheet has 1,048,576 rows; the header takes one, and the last is left free. */
const sheetRowsMax = 1_048_574;
/** Ended exports that a late cancel or reveal may still name. */
const keptMax = 50;

interface Kept {
  readonly path: string;
  state: ExportState;
  run: ExportRun | null;
}

/** What is asked of the server for an export, page by page or all at once. */
export interface ServerReaders {
  readonly readAudit: AuditReader;
  readonly readPerson: PersonReader;
}

export function registerExportCommands(
  registry: CommandRegistry,
  desk: DeskContext,
  reader: Pick<HistoryReader, 'page'>,
  { readAudit, readPerson }: ServerReaders,
): DeskPart {
  const exports = new Map<string, Kept>();
  /** Between the question for a place and the end of the export there is no second one. */
  let isTaken = false;
  const take = async (prepare: () => Promise<Prepared | Refusal>): Promise<Handled<'export.start'>> => {
    if (isTaken) return refuse('export_running');
    isTaken = true;
    const free = (): void => {
      isTaken = false;
    };
    try {
      const prepared = await prepare();
      if ('problem' in prepared) {
        free();
        return prepared;
      }
      const place = await choosePlace(desk, prepared);
      if (place.ok && place.output !== null)
        return answer(await begin(desk, keep(exports, prepared.format, place.output), prepared.start, free));
      free();
      return place.ok ? answer(null) : refuse('export_failed');
    } catch (error) {
      free();
      throw error;
    }
  };

  registry.handle('export.start', async ({ filter, format }) => {
    const account = desk.session.account();
    if (account === null) return refuse('signed_out');
    return take(async () => {
      const { items } = await reader.page(account.id, filter, null, 1);
      if (items.length === 0) return refuse('nothing_to_export');
      const job = { ...commonPart(desk, account), filter, format, sheetRowsMax };
      return { ...inWorker(job), name: [wordsOf(desk)('workbook.fileName')], format };
    });
  });

  registry.handle('export.campaign', async ({ id }) => {
    const account = desk.session.account();
    if (account === null) return refuse('signed_out');
    return take(async () => {
      const name = campaignName(desk.cache, account.id, id);
      if (name === null) return refuse('campaign_not_found');
      const job = { ...commonPart(desk, account), campaignId: id };
      return { ...inWorker(job), name: [wordsOf(desk)('workbook.reportFileName'), name], format: 'xlsx' };
    });
  });

  registry.handle('export.figures', async ({ report }) => {
    if (desk.session.account() === null) return refuse('signed_out');
    const { language } = desk.settings.current();
    const job = { report, language, account: { timeZone: report.timeZone } };
    const name = [wordsOf(desk)('workbook.figuresFileName'), report.period];
    return take(async () => ({ ...inWorker(job), name, format: 'xlsx' }));
  });

  registry.handle('export.audit', async ({ filter }) => {
    const account = desk.session.account();
    if (account === null) return refuse('signed_out');
    return take(async () => {
      const first = await readAudit(filter, null);
      if (!first.ok) return refuse(first.problem);
      if (first.items.length === 0) return refuse('nothing_to_export');
      const { timeZone } = account;
      const asked = {
        language: desk.settings.current().language,
        timeZone,
        pages: auditPages(readAudit, filter, first),
      };
      return {
        name: [wordsOf(desk)('workbook.auditFileName')],
        format: 'csv',
        timeZone,
        start: (path, tell) => startAuditExport({ path }, asked, tell),
      };
    });
  });

  registry.handle('export.person', async ({ accountId }) => {
    const account = desk.session.account();
    if (account === null) return refuse('signed_out');
    let cutShort: readonly string[] = [];
    const taken = await take(async () => {
      const read = await readPerson(accountId);
      if (!read.ok) return refuse(read.problem);
      cutShort = read.data.cutShort;
      return {
        name: [wordsOf(desk)('workbook.personFileName'), nameIn(read.data)],
        format: 'json',
        timeZone: account.timeZone,
        start: (path, tell) => startPersonExport({ path }, read.data, tell),
      };
    });
    if (!taken.ok) return taken;
    return answer(taken.output === null ? null : { state: taken.output, cutShort: [...cutShort] });
  });

  registry.handle('export.margins', async (asked) => {
    const account = desk.session.account();
    if (account === null) return refuse('signed_out');
    if (asked.rows.length === 0) return refuse('nothing_to_export');
    const margins = { ...asked, asOf: new Date(desk.clock.now()).toISOString() };
    const { language } = desk.settings.current();
    const job = { margins, language, account: { timeZone: account.timeZone } };
    const word = wordsOf(desk);
    const name = [word('workbook.marginsFileName'), word(`workbook.marginsBy.${asked.by}`)];
    return take(async () => ({ ...inWorker(job), name, format: 'xlsx' }));
  });

  registry.handle('export.cancel', async ({ id }) => {
    const kept = exports.get(id);
    if (kept === undefined) return refuse('not_found');
    kept.run?.cancel();
    await kept.run?.end;
    return answer(kept.state);
  });

  registry.handle('export.reveal', async ({ id }) => {
    const kept = exports.get(id);
    if (kept === undefined || kept.state.phase !== 'done') return refuse('not_found');
    const shown = await desk.host.request('file.reveal', { path: kept.path });
    return shown.ok ? answer({}) : refuse('not_found');
  });

  return {
    start() {
      // An export that the last run left unfinished is not taken up: the person starts it anew.
    },
    async stop() {
      const runs = [...exports.values()].map(({ run }) => run).filter((run) => run !== null);
      for (const run of runs) run.cancel();
      await Promise.all(runs.map(({ end }) => end));
    },
  };
}

/** What is about to be exported, before there is a place for it. */
interface Prepared {
  /** What the suggested file name begins with. */
  readonly name: readonly string[];
  readonly format: ExportState['format'];
  /** Whose day the suggested name ends with. */
  readonly timeZone: string;
  readonly start: (path: string, tell: (progress: ExportProgress) => void) => ExportRun;
}
type Refusal = ReturnType<typeof refuse>;

function inWorker(job: UnplacedJob): Pick<Prepared, 'timeZone' | 'start'> {
  return {
    timeZone: job.account.timeZone,
    start: (path, tell) => startExport({ ...job, path }, tell),
  };
}

const wordsOf = (desk: DeskContext) => wordsIn(desk.settings.current().language);

function commonPart(desk: DeskContext, { id, name, timeZone }: Account) {
  const { language } = desk.settings.current();
  return { databaseFile: desk.cache.file, account: { id, name, timeZone }, language };
}

/** From the first page, which is known, to the last. Throws where the server no longer answers. */
async function* auditPages(
  read: AuditReader,
  filter: AuditFilter,
  first: AuditPage & { readonly ok: true },
): AsyncGenerator<readonly AuditEntry[]> {
  let page: AuditPage = first;
  for (;;) {
    if (!page.ok) throw new Error(`the server no longer answers: ${page.problem.code}`);
    yield page.items;
    if (page.nextCursor === null) return;
    page = await read(filter, page.nextCursor);
  }
}

/** Null when the account has no such campaign here, or none that was ever started. */
function campaignName({ sql }: Cache, accountId: string, id: string): string | null {
  const found = sql
    .prepare<[string, string], { name: string }>(
      'SELECT name FROM campaigns WHERE account_id = ? AND id = ? AND hold_id IS NOT NULL',
    )
    .get(accountId, id);
  return found?.name ?? null;
}

/** Whose data it is: by name, or by id where nobody has a name any more. */
function nameIn({ accountId, tables }: PersonalData): string {
  const [account] = tables['accounts'] ?? [];
  const { name, email } = account ?? {};
  return typeof name === 'string' && email !== '' ? name : accountId;
}

/** A name that a person chose may hold what no system takes in a file's name, and what would turn it around. */
const notInFileNames = /[\\/:*?"<>|\p{Cc}\p{Bidi_Control}]/gu;
const fileNamePartMax = 60;

function choosePlace(desk: DeskContext, { name, format, timeZone }: Prepared) {
  const day = dayIn(timeZone)(desk.clock.now());
  const parts = name.map((part) =>
    Array.from(part.replaceAll(notInFileNames, '_')).slice(0, fileNamePartMax).join(''),
  );
  return desk.host.request('file.savePath', { suggestedName: `${[...parts, day].join('-')}.${format}` });
}

function keep(
  exports: Map<string, Kept>,
  format: ExportState['format'],
  { path, download }: { readonly path: string; readonly download: string | null },
): Kept {
  const state: ExportState = {
    id: uuidv7(),
    format,
    phase: 'writing',
    written: 0,
    total: 0,
    fileName: basename(path),
    download,
    problem: null,
  };
  const kept: Kept = { path, state, run: null };
  exports.set(state.id, kept);
  for (const id of exports.keys()) if (exports.size > keptMax) exports.delete(id);
  return kept;
}

/** Resolves when the total is known, or when it is over before that. `onEnd` is called once, when it is over. */
async function begin(
  desk: DeskContext,
  kept: Kept,
  start: Prepared['start'],
  onEnd: () => void,
): Promise<ExportState> {
  const known = Promise.withResolvers<void>();
  const tell = (part: Partial<ExportState>): void => {
    kept.state = { ...kept.state, ...part };
    desk.emit('export', kept.state);
    known.resolve();
  };
  kept.run = start(kept.path, ({ written, total }) => tell({ written, total }));
  const untilEnd = async ({ end: ended }: ExportRun): Promise<void> => {
    const end = await ended;
    kept.run = null;
    onEnd();
    if (end.kind === 'failed') desk.log.error({ detail: end.detail }, 'an export failed');
    tell(endState(end));
  };
  void untilEnd(kept.run);
  await known.promise;
  return kept.state;
}

function endState(end: ExportEnd): Partial<ExportState> {
  switch (end.kind) {
    case 'done':
      return { phase: 'done', written: end.written, total: end.written };
    case 'cancelled':
      return { phase: 'cancelled' };
    case 'failed':
      return { phase: 'failed', problem: { code: end.code, params: {} } };
    default:
      return end satisfies never;
  }
}
