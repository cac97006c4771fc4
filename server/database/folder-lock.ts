/**
 * One process at a time in a data folder: an exclusive lock on a SQLite file of its own. The operating system drops it
 * with the process, however that ends, so that a stale lock can neither keep the next one out nor be taken over twice.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface FolderLock {
  unlock(): void;
}

/** How long a start waits for the process before it to let go: one killed a moment ago may still be dying. */
const waitMsMax = 2_000;
/** SQLite's primary result code for a lock that another connection has. */
const sqliteBusy = 5;

/** Takes the folder, which must exist; null when another process, or another part of this one, has it. */
export function lockFolder(folder: string): FolderLock | null {
  const lock = new DatabaseSync(join(folder, 'server.lock'), { timeout: waitMsMax });
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy) return null;
    throw error;
  }
  return { unlock: () => lock.close() };
}
