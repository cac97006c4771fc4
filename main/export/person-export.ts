/**
 * Writes down all that the server holds about a person, as it handed it over: one JSON file, with each row on a line of its
 * own so that people find their way in it too. It must never leave a row out.
 */
import { once } from 'node:events';
import type { PersonalData } from '../../shared/api-personal.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import type { ExportRun } from './export-run.ts';
import { writeWhole, type ExportProgress, type FilePlace } from './part-file.ts';

export type PersonRead =
  | { readonly ok: true; readonly data: PersonalData }
  | { readonly ok: false; readonly problem: DeskProblem };
/** All that the server holds about an account; that it was handed over is in its audit log. */
export type PersonReader = (accountId: string) => Promise<PersonRead>;

type Row = PersonalData['audit'][number];

/** In the engine: it has all of the rows already, and waits for the disk between pieces of them. */
export function startPersonExport(
  { path }: Pick<FilePlace, 'path'>,
  data: PersonalData,
  onProgress: (progress: ExportProgress) => void,
): ExportRun {
  const cancel = new SharedArrayBuffer(4);
  const end = writeWhole({ path, cancel }, onProgress, async (write) => {
    await write(rowsIn(data), async ({ out, failed, rowDone }) => {
      for (const piece of pieces(data, rowDone))
        if (!out.write(piece)) await Promise.race([once(out, 'drain'), failed]);
      out.end();
    });
  });
  return { end, cancel: () => void Atomics.store(new Int32Array(cancel), 0, 1) };
}

function rowsIn({ tables, audit }: PersonalData): number {
  return Object.values(tables).reduce((count, rows) => count + rows.length, audit.length);
}

function* pieces(data: PersonalData, rowDone: () => void): Generator<string> {
  const { tables, audit, ...rest } = data;
  const head = Object.entries(rest).map(([name, value]) => `  ${quoted(name)}: ${JSON.stringify(value)},\n`);
  yield `{\n${head.join('')}  "tables": {`;
  let before = '\n';
  for (const [table, rows] of Object.entries(tables)) {
    yield `${before}    ${quoted(table)}: [`;
    yield* list(rows, rowDone);
    yield ']';
    before = ',\n';
  }
  yield '\n  },\n  "audit": [';
  yield* list(audit, rowDone);
  yield ']\n}\n';
}

function* list(rows: readonly Row[], rowDone: () => void): Generator<string> {
  for (const [at, row] of rows.entries()) {
    yield `${at === 0 ? '' : ','}\n      ${JSON.stringify(row)}`;
    rowDone();
  }
  if (rows.length > 0) yield '\n    ';
}

const quoted = (text: string): string => JSON.stringify(text);
