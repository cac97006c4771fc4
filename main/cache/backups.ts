/**
 * Backups of the data folder's database: consistent copies made while it is in use, and bringing back what is missing
 * from one. It must never take anything away: a restore only adds rows, so that no charge made since is lost, and ids
 * that come back are replayed by the server, never charged twice (S8).
 */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Backup } from '../../shared/ipc-desk.ts';
import type { Cache } from './database.ts';
import { salvage } from './salvage.ts';

export interface Restored {
  readonly charges: number;
  readonly campaigns: number;
}

export type RestoreOutcome =
  | { readonly kind: 'restored'; readonly restored: Restored }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'newer' };

export interface Backups {
  readonly folder: string;
  /** Newest first. */
  list(): Backup[];
  /** Throws what SQLite or the file system throws, and when it is ended by `stop`. */
  make(): Promise<Backup>;
  /** Adds what the open database lacks. In-memory state knows nothing of it: the engine must start anew afterwards. */
  restore(name: string): RestoreOutcome;
  /** Ends a copy that is under way, and waits until it has let go of the database. */
  stop(): Promise<void>;
}

export const backupsKeptMax = 7;
/** Pages copied between two chances for everything else to go on. */
const pagesAtOnce = 500;
const namePattern = /^desk-(\d{4}-\d{2}-\d{2}T\d{2})-(\d{2})-(\d{2})-(\d{3}Z)\.db$/;

export function createBackups(cache: Cache, dataDir: string, now: () => number): Backups {
  const folder = join(dataDir, 'backups');
  let underWay: Promise<Backup> | null = null;
  let stopped = false;
  const list = (): Backup[] => listBackups(folder);
  const copy = async (): Promise<Backup> => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const name = `desk-${new Date(now()).toISOString().replaceAll(/[:.]/g, '-')}.db`;
    const partial = join(folder, `${name}.partial`);
    try {
      await cache.sql.backup(partial, {
        progress() {
          if (stopped) throw new Error('the desk stops');
          return pagesAtOnce;
        },
      });
      // Only a whole copy gets a name that is listed.
      renameSync(partial, join(folder, name));
    } finally {
      for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(partial + suffix, { force: true });
    }
    for (const { name: old } of list().slice(backupsKeptMax)) rmSync(join(folder, old), { force: true });
    const made = list().find((backup) => backup.name === name);
    if (made === undefined) throw new Error(`backup ${name} is gone as soon as it was made`);
    return made;
  };
  return {
    folder,
    list,
    async make() {
      // Two at once would be the same copy twice.
      underWay ??= copy().finally(() => {
        underWay = null;
      });
      return underWay;
    },
    restore(name) {
      if (!list().some((backup) => backup.name === name)) return { kind: 'not_found' };
      return restore(cache, join(folder, name));
    },
    async stop() {
      stopped = true;
      // Whoever asked for the copy is told why it ended.
      await underWay?.catch(() => undefined);
    },
  };
}

function listBackups(folder: string): Backup[] {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(folder)
    .flatMap((name) => {
      const parts = namePattern.exec(name);
      const bytes = statSync(join(folder, name), { throwIfNoEntry: false })?.size;
      if (parts === null || bytes === undefined) return [];
      const at = `${parts[1]}:${parts[2]}:${parts[3]}.${parts[4]}`;
      return [{ name, at, bytes }];
    })
    .toSorted((a, b) => (a.name < b.name ? 1 : -1));
}

function restore(cache: Cache, file: string): RestoreOutcome {
  const version = versionOf(file);
  if (version === null) return { kind: 'unreadable' };
  if (version > Number(cache.sql.pragma('user_version', { simple: true }))) return { kind: 'newer' };
  const { saved } = salvage(file, cache.sql);
  return {
    kind: 'restored',
    restored: { charges: saved['outbox'] ?? 0, campaigns: saved['campaigns'] ?? 0 },
  };
}

/** Null when it is no whole database of this desk. */
function versionOf(file: string): number | null {
  try {
    const source = new Database(file, { readonly: true });
    try {
      const isWhole = source.pragma('quick_check(1)', { simple: true }) === 'ok';
      return isWhole ? Number(source.pragma('user_version', { simple: true })) : null;
    } finally {
      source.close();
    }
  } catch (error) {
    if (error instanceof Database.SqliteError) return null;
    throw error;
  }
}
