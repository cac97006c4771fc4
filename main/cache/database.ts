/**
 * Opens the desk's SQLite database for the one process that owns the data folder: lock, version check, migrations,
 * and the way out when the file is damaged. It knows no table's meaning; each table has its own writer elsewhere.
 */
import {
  accessSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { journalIsBroken } from './journal.ts';
import { keepFirstPage, salvage, setAside, type Salvage } from './salvage.ts';

/** The open cache. Integers come back as `bigint`. */
export interface Cache {
  readonly sql: Database.Database;
  /** The database file, for a reader of its own (the export worker opens it read-only). */
  readonly file: string;
  /**
   * Runs `work` in one transaction, begun with the write lock; nested calls are savepoints. Throws, and rolls back,
   * when `work` throws or returns a promise: no transaction stays open across a wait.
   */
  transaction<T>(work: () => T): T;
  /** Calls back whenever a transaction, or a part of one, was undone: what was remembered of its rows may be wrong. */
  onUndone(listener: () => void): void;
  close(): void;
}

export type OpenedCache =
  | { readonly ok: true; readonly cache: Cache; readonly salvaged: Salvage | null }
  | { readonly ok: false; readonly problem: DeskProblem };

/** How long a start waits for the process before it to let go of the folder: one killed a moment ago may still be dying. */
const lockWaitMsMax = 2_000;
const busyTimeoutMs = 5_000;
/** The journal grows to 16 MB before it is moved over; the rest is for what is written while a person makes room. */
const roomBytesMin = 24 * 1024 * 1024;
/** A file up to this size is checked whole at each start (about a tenth of a second); a larger one in its small tables. */
const wholeCheckBytesMax = 32 * 1024 * 1024;
const checkedTables = [
  'device',
  'charge_numbers',
  'settings',
  'snapshots',
  'campaigns',
  'daily_totals',
] as const;

/** The folder of numbered migrations: `0001_cache.sql` brings a database from version 0 to 1, and so on. */
const migrationsFolder = fileURLToPath(new URL('migrations/', import.meta.url));

/**
 * Opens the database in `dataDir`, making both when they are not there, and holds the folder until `close` or until the
 * process ends in whatever way. Refuses with `data_folder_in_use`, `data_folder_unwritable`, `data_newer` or `disk_full`
 * and `params.folder`; throws for anything else. `nowMs` names the file that a damaged database is set aside as.
 */
export function openCache(dataDir: string, nowMs: number): OpenedCache {
  const file = join(dataDir, 'desk.db');
  let lock: Database.Database | null = null;
  try {
    mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
    lock = takeLock(dataDir);
    const opened = openOrSalvage(dataDir, file, nowMs);
    if (opened === 'newer') {
      lock.close();
      return { ok: false, problem: { code: 'data_newer', params: { folder: dataDir } } };
    }
    return { ok: true, cache: cacheOf(opened.sql, file, lock), salvaged: opened.salvaged };
  } catch (error) {
    lock?.close();
    const { code } = problemOfError(error);
    if (code === 'unexpected') throw error;
    // A file that could not be made or grown says no more than that of a full disk.
    if (code === 'data_folder_unwritable' && isFull(dataDir))
      return { ok: false, problem: { code: 'disk_full', params: { folder: dataDir } } };
    return { ok: false, problem: { code, params: { folder: dataDir } } };
  }
}

/** Opens a database that another connection owns, to read it only: for a thread of its own. */
export function openReader(file: string): Cache {
  const sql = new Database(file, { readonly: true, timeout: busyTimeoutMs });
  sql.defaultSafeIntegers(true);
  return {
    sql,
    file,
    transaction: (work) => sql.transaction(work)(),
    onUndone: () => undefined, // It only reads.
    close: () => sql.close(),
  };
}

/** Marks the database as suspect: the next start checks all of it, and salvages it if that finds damage. */
export function suspectMarker(dataDir: string): string {
  return join(dataDir, 'desk.db.suspect');
}

/** Whether an error says that the file itself is damaged. */
export function isDamage(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(?:CORRUPT|NOTADB)/.test(error.code);
}

/** The problem that an exception from a file or the database stands for; `unexpected` for every other one. */
export function problemOfError(error: unknown): DeskProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof FolderInUse) return { code: 'data_folder_in_use', params: {} };
  if (/^(?:SQLITE_FULL|ENOSPC|EDQUOT)/.test(code)) return { code: 'disk_full', params: {} };
  if (/^SQLITE_(?:CORRUPT|NOTADB)/.test(code)) return { code: 'data_damaged', params: {} };
  // SQLite calls a quota that is used up, and a limit on a file's size, a failed write.
  if (/^(?:SQLITE_CANTOPEN|SQLITE_READONLY|SQLITE_IOERR|EACCES|EPERM|EROFS|ENOTDIR|EEXIST|ENOENT)/.test(code))
    return { code: 'data_folder_unwritable', params: {} };
  return { code: 'unexpected', params: {} };
}

/** Whether the disk has room for what follows under way may yet have to write. A quota of the user's own is not seen. */
export function hasRoom({ file }: Pick<Cache, 'file'>): boolean {
  return bytesFree(dirname(file)) >= roomBytesMin;
}

/**
 * A transaction that spares the wait for the disk: a power cut may undo it, whole, with whatever came after it until the
 * next one that waits. For what is asked again then and comes to the same, never for what a person or an executor did.
 */
export function repeatableTransaction<T>(
  { sql, transaction }: Pick<Cache, 'sql' | 'transaction'>,
  work: () => T,
): T {
  if (sql.inTransaction) return transaction(work);
  sql.pragma('synchronous = NORMAL');
  try {
    return transaction(work);
  } finally {
    sql.pragma('synchronous = FULL');
  }
}

/**
 * Moves the journal over into the database, so that a damage to the journal can only cost what is newer. Waits for the
 * disk twice: for moments that are rare, not for each success.
 */
export function moveJournalOver({ sql }: Pick<Cache, 'sql'>): void {
  sql.pragma('wal_checkpoint(PASSIVE)');
}

function bytesFree(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Not even a small file fits. */
function isFull(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false }) !== undefined && bytesFree(folder) < 256 * 1024;
}

class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
}

/**
 * Holds the folder for this process's life: an exclusive lock on a database of its own, which the operating system drops
 * with the process however that ends, so no stale lock can be left behind.
 */
function takeLock(dataDir: string): Database.Database {
  const lock = new Database(join(dataDir, 'desk.lock'), { timeout: lockWaitMsMax });
  try {
    lock.pragma('locking_mode = EXCLUSIVE');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    const busy = error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY');
    throw busy ? new FolderInUse('another desk holds this data folder') : error;
  }
}

interface Opened {
  readonly sql: Database.Database;
  readonly salvaged: Salvage | null;
}

function openOrSalvage(dataDir: string, file: string, nowMs: number): Opened | 'newer' {
  const migrations = readMigrations();
  const marker = suspectMarker(dataDir);
  // Before anything opens it: SQLite mends the signs of it away.
  const isBroken = journalIsBroken(file);
  try {
    if (storedVersion(file) > migrations.length) return 'newer';
    if (isBroken) throw new Database.SqliteError('the journal has lost transactions', 'SQLITE_CORRUPT');
    const suspect = statSync(marker, { throwIfNoEntry: false }) !== undefined;
    const sql = openChecked(file, suspect, migrations);
    rmSync(marker, { force: true });
    keepFirstPage(sql, file);
    return { sql, salvaged: null };
  } catch (error) {
    if (!isDamage(error)) throw error;
  }
  const damaged = setAside(file, nowMs);
  const sql = openChecked(file, false, migrations);
  const salvaged = salvage(damaged, sql);
  rmSync(marker, { force: true });
  keepFirstPage(sql, file);
  return { sql, salvaged };
}

/** The version a file says it has, read without changing a byte of it; 0 when there is none. */
function storedVersion(file: string): number {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return 0;
  const sql = new Database(file, { readonly: true, timeout: busyTimeoutMs });
  try {
    return Number(sql.pragma('user_version', { simple: true }));
  } finally {
    sql.close();
  }
}

function openChecked(file: string, suspect: boolean, migrations: readonly string[]): Database.Database {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const sql = new Database(file, { timeout: busyTimeoutMs });
  try {
    sql.defaultSafeIntegers(true);
    sql.pragma('journal_mode = WAL');
    sql.pragma('synchronous = FULL');
    sql.pragma('foreign_keys = ON');
    // Pages of the journal, 16 MB: a success writes some ten of them, and moving them over costs two waits for the disk.
    sql.pragma('wal_autocheckpoint = 4000');
    if (size > 0) check(sql, suspect || size <= wholeCheckBytesMax);
    migrate(sql, migrations);
    return sql;
  } catch (error) {
    sql.close();
    throw error;
  }
}

/** Throws an error of SQLite's own when the file is damaged. */
function check(sql: Database.Database, whole: boolean): void {
  const present = sql.prepare<[string]>('SELECT 1 FROM sqlite_schema WHERE name = ?');
  const checks = whole
    ? ['quick_check(1)']
    : checkedTables.filter((t) => present.get(t) !== undefined).map((t) => `quick_check('${t}')`);
  for (const pragma of checks) {
    const found = sql.pragma(pragma, { simple: true });
    if (found !== 'ok') throw new Database.SqliteError(String(found), 'SQLITE_CORRUPT');
  }
}

function readMigrations(): readonly string[] {
  const names = readdirSync(migrationsFolder)
    .filter((name) => name.endsWith('.sql'))
    .toSorted();
  return names.map((name, index) => {
    if (Number(name.slice(0, 4)) !== index + 1) throw new Error(`migration ${name} is out of order`);
    return readFileSync(join(migrationsFolder, name), 'utf8');
  });
}

function migrate(sql: Database.Database, migrations: readonly string[]): void {
  const version = Number(sql.pragma('user_version', { simple: true }));
  for (const [index, text] of migrations.entries()) {
    if (index < version) continue;
    const step = sql.transaction(() => {
      sql.exec(text);
      sql.pragma(`user_version = ${index + 1}`);
    });
    step.immediate();
  }
}

function cacheOf(sql: Database.Database, file: string, lock: Database.Database): Cache {
  const run = sql.transaction((work: () => unknown) => work());
  const undoneListeners: (() => void)[] = [];
  return {
    sql,
    file,
    transaction<T>(work: () => T): T {
      try {
        // better-sqlite3 throws, and rolls back, when `work` returns a promise.
        return run.immediate(work) as T;
      } catch (error) {
        for (const listener of undoneListeners) listener();
        throw error;
      }
    },
    onUndone: (listener) => void undoneListeners.push(listener),
    close() {
      sql.close();
      lock.close();
    },
  };
}
