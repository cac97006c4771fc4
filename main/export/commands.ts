/**
 * The page's commands about exports: start one, cancel it, show the finished file. One export at a time; what it comes
 * to is told by events.
 */
import { basename } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { CommandInput, ExportState } from '../../shared/ipc.ts';
import type { HistoryReader } from '../cache/history-reader.ts';
import { dayIn } from '../cache/local-day.ts';
import { answer, refuse, type CommandRegistry } from '../desk/commands.ts';
import type { DeskContext, DeskPart } from '../desk/context.ts';
import { wordsIn } from '../messages.ts';
import type { ExportJob } from './bill.ts';
import { startExport, type ExportRun } from './export-run.ts';
import type { ExportEnd } from './write-bill.ts';

/** A worksheet has 1,048,576 rows; the header takes one, and the last is left free. */
const sheetRowsMax = 1_048_574;
/** Ended exports that a late cancel or reveal may still name. */
const keptMax = 50;

interface Kept {
  readonly path: string;
  state: ExportState;
  run: ExportRun | null;
}

export function registerExportCommands(
  registry: CommandRegistry,
  desk: DeskContext,
  reader: Pick<HistoryReader, 'page'>,
): DeskPart {
  const exports = new Map<string, Kept>();
  /** Between the save dialog and the end of the export there is no second one. */
  let isTaken = false;
  const take = async <T>(work: () => Promise<T>): Promise<T> => {
    isTaken = true;
    try {
      return await work();
    } catch (error) {
      isTaken = false;
      throw error;
    }
  };

  registry.handle('export.start', async ({ filter, format }) => {
    const account = desk.session.account();
    if (account === null) return refuse('signed_out');
    if (isTaken) return refuse('export_running');
    return take(async () => {
      const { items } = await reader.page(account.id, filter, null, 1);
      if (items.length === 0) {
        isTaken = false;
        return refuse('nothing_to_export');
      }
      const { id, name, timeZone } = account;
      const place = await choosePlace(desk, timeZone, format);
      if (!place.ok || place.output === null) {
        isTaken = false;
        return place.ok ? answer(null) : refuse('export_failed');
      }
      const kept = keep(exports, format, place.output);
      const state = await begin(desk, kept, filter, { id, name, timeZone }, () => {
        isTaken = false;
      });
      return answer(state);
    });
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

function choosePlace(desk: DeskContext, timeZone: string, format: string) {
  const word = wordsIn(desk.settings.current().language);
  const day = dayIn(timeZone)(desk.clock.now());
  return desk.host.request('file.savePath', {
    suggestedName: `${word('workbook.fileName')}-${day}.${format}`,
  });
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
  filter: CommandInput<'export.start'>['filter'],
  account: ExportJob['account'],
  onEnd: () => void,
): Promise<ExportState> {
  const known = Promise.withResolvers<void>();
  const tell = (part: Partial<ExportState>): void => {
    kept.state = { ...kept.state, ...part };
    desk.emit('export', kept.state);
    known.resolve();
  };
  const { language } = desk.settings.current();
  const job = { databaseFile: desk.cache.file, account, filter, language, sheetRowsMax, path: kept.path };
  kept.run = startExport({ ...job, format: kept.state.format }, ({ written, total }) =>
    tell({ written, total }),
  );
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
