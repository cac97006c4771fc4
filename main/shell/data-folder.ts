/**
 * Makes the desk's data folder ready for a shell: there, writable, and with a log for what the desk's processes write
 * to their terminals, such as the last words of one that crashed. It must never let that log grow without bound.
 */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const logBytesMax = 2_000_000;

export interface ProcessLog {
  readonly path: string;
  /** For the processes' own output. */
  readonly descriptor: number;
  /** Adds one line of the shell's own. */
  readonly note: (line: string) => void;
}

export type DataFolder =
  | { readonly ok: true; readonly log: ProcessLog }
  /** `reason` is the system's code, such as EACCES or EROFS. */
  | { readonly ok: false; readonly reason: string };

/**
 * Makes a folder and those above it, readable by their owner alone. Node's own recursive way never returns below a
 * folder that says it is there and takes none, such as /proc.
 */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** Opens the log below `dataDir` for appending; a large one is put aside first. Throws the system's error. */
export function openProcessLog(dataDir: string): ProcessLog {
  const folder = join(dataDir, 'logs');
  makeFolder(folder);
  const path = join(folder, 'processes.log');
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > logBytesMax) renameSync(path, `${path}.1`);
  const descriptor = openSync(path, 'a', 0o600);
  return {
    path,
    descriptor,
    note: (line) => void writeSync(descriptor, `${new Date().toISOString()} shell: ${line}\n`),
  };
}

/** Makes the folder where it is missing and sees whether it can be written to. */
export function openDataFolder(dataDir: string): DataFolder {
  try {
    makeFolder(dataDir);
    accessSync(dataDir, constants.W_OK | constants.X_OK);
    return { ok: true, log: openProcessLog(dataDir) };
  } catch (error) {
    return { ok: false, reason: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}
