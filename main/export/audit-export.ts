/**
 * Carries entries of the server's audit log out as CSV, newest first, page by page as the server hands them over, so that
 * memory does not grow with their number. Each line ends with the entry exactly as it was hashed and the two hashes, so that
 * anybody can prove it without the desk: `hash = SHA-256(previous hash, line feed, entry)`. It must never leave an entry out.
 */
import { once } from 'node:events';
import canonicalize from 'canonicalize';
import { ChainedAuditEntry, type AuditEntry, type AuditFilter } from '../../shared/api-audit.ts';
import type { DeskProblem, Language } from '../../shared/ipc-words.ts';
import { wordsIn } from '../messages.ts';
import { csvLine } from './csv-writer.ts';
import type { ExportRun } from './export-run.ts';
import { writeWhole, type ExportProgress, type FilePlace } from './part-file.ts';
import { text, type Cell } from './sheets.ts';
import { wallClock } from './wall-clock.ts';

export type AuditPage =
  | { readonly ok: true; readonly items: readonly AuditEntry[]; readonly nextCursor: string | null }
  | { readonly ok: false; readonly problem: DeskProblem };
/** A page of the server's log, newest first, from where the one before ended; null: from the newest. */
export type AuditReader = (filter: AuditFilter, cursor: string | null) => Promise<AuditPage>;

export interface AuditExport {
  readonly language: Language;
  readonly timeZone: string;
  /** Rejects when the server no longer answers: then nothing of the file is kept. */
  readonly pages: AsyncIterable<readonly AuditEntry[]>;
}

/** In the engine: a page is a few hundred entries, and most of the time it waits for the next one. */
export function startAuditExport(
  { path }: Pick<FilePlace, 'path'>,
  asked: AuditExport,
  onProgress: (progress: ExportProgress) => void,
): ExportRun {
  const cancel = new SharedArrayBuffer(4);
  const end = writeWhole({ path, cancel }, onProgress, async (write) => {
    await write(0, async ({ out, failed, rowDone }) => {
      const columns = auditColumns(asked);
      out.write(`\ufeff${csvLine(columns.map(({ header }) => text(header)))}`);
      for await (const entries of asked.pages) {
        let chunk = '';
        for (const entry of entries) {
          chunk += csvLine(columns.map(({ cell }) => cell(entry)));
          rowDone();
        }
        if (!out.write(chunk)) await Promise.race([once(out, 'drain'), failed]);
      }
      out.end();
    });
  });
  return { end, cancel: () => void Atomics.store(new Int32Array(cancel), 0, 1) };
}

const said = (value: string | undefined): Cell | null => (value === undefined ? null : text(value));

interface AuditColumn {
  readonly header: string;
  readonly cell: (entry: AuditEntry) => Cell | null;
}

function auditColumns({ language, timeZone }: AuditExport): readonly AuditColumn[] {
  const word = wordsIn(language);
  const clock = wallClock(timeZone);
  const cells: Readonly<Record<string, AuditColumn['cell']>> = {
    seq: ({ seq }) => ({ type: 'integer', value: seq }),
    occurredAt: ({ at }) => ({ type: 'time', value: clock(Date.parse(at)) }),
    auditWho: ({ actorName, actorId }) => said(actorName ?? actorId),
    auditRole: ({ role }) => said(role),
    auditAction: ({ action }) => text(action),
    auditOutcome: ({ outcome }) => text(outcome),
    auditCode: ({ code }) => said(code),
    auditAbout: ({ aboutName, aboutId }) => said(aboutName ?? aboutId),
    auditSubject: ({ subject }) => said(subject),
    reason: ({ reason }) => said(reason),
    auditAddress: ({ from }) => said(from?.ip),
    auditDevice: ({ from }) => said(from?.deviceName ?? from?.systemUser),
    auditEntry: (entry) => text(hashedText(entry)),
    auditPrevHash: ({ prevHash }) => text(prevHash),
    auditHash: ({ hash }) => text(hash),
  };
  return Object.entries(cells).map(([key, cell]) => ({ header: word(`workbook.${key}`), cell }));
}

const hashedParts = ChainedAuditEntry.keyof().options;

/** What the entry's hash is of: what is served, less the hashes, the names of today and what stands beside the chain. */
function hashedText(entry: AuditEntry): string {
  const hashed = Object.fromEntries(
    hashedParts.filter((part) => entry[part] !== undefined).map((part) => [part, entry[part]]),
  );
  const json = canonicalize(hashed);
  if (json === undefined) throw new TypeError('the entry has no canonical JSON');
  return json;
}
