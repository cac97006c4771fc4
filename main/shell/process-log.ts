/**
 * The file that catches what the desk's processes write to their terminals, such as the last words of one that
 * crashed. It must never grow without bound: it starts anew, keeping one older file, when it has become large.
 */
import { mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const bytesMax = 2_000_000;

export interface ProcessLog {
  readonly path: string;
  /** For the processes' own output. */
  readonly descriptor: number;
  /** Adds one line of the shell's own. */
  readonly note: (line: string) => void;
}

/** Opens the log below `dataDir` for appending. Throws the file system's error, such as EACCES. */
export function openProcessLog(dataDir: string): ProcessLog {
  const folder = join(dataDir, 'logs');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'processes.log');
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > bytesMax) renameSync(path, `${path}.1`);
  const descriptor = openSync(path, 'a', 0o600);
  return {
    path,
    descriptor,
    note: (line) => void writeSync(descriptor, `${new Date().toISOString()} shell: ${line}\n`),
  };
}
