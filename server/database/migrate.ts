/**
 * Brings the database to this program's schema: numbered SQL files, each applied once, in order, in one
 * transaction. It must never touch a database that a newer program has written.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseUnusable, type Database, type Queryable } from './database.ts';

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly path: string;
}

/** Any constant; every program that migrates this schema waits for the same one. */
const advisoryLockKey = 7_241_001;

const folder = join(import.meta.dirname, 'migrations');

/** The version of the schema that this program is written for. */
export async function newestVersion(): Promise<number> {
  return (await listMigrations(folder)).length;
}

/** The version that the database has; 0 where nothing was ever migrated. Changes nothing. */
export async function versionOf(database: Queryable): Promise<number> {
  const [table] = await database.query<{ there: boolean }>(
    "SELECT to_regclass('schema_version') IS NOT NULL AS there",
  );
  if (table?.there !== true) return 0;
  const [row] = await database.query<{ version: number | null }>(
    'SELECT max(version) AS version FROM schema_version',
  );
  return row?.version ?? 0;
}

/** Migrates and returns the schema's version. Throws DatabaseUnusable (`newer`) and changes nothing on a newer one. */
export function migrate(database: Database): Promise<number> {
  return migrateUpTo(database, Number.MAX_SAFE_INTEGER);
}

/** The same, but no further than version `upto`: what a restore begins with. */
export async function migrateUpTo(database: Database, upto: number): Promise<number> {
  const migrations = (await listMigrations(folder)).slice(0, upto);
  const newest = migrations.at(-1)?.version ?? 0;
  return database.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [advisoryLockKey]);
    await tx.script(`CREATE TABLE IF NOT EXISTS schema_version (
      version integer PRIMARY KEY,
      name text NOT NULL,
      applied_at_ms bigint NOT NULL
    )`);
    const current = await versionOf(tx);
    if (current > newest)
      throw new DatabaseUnusable(
        'newer',
        `The database has schema version ${current}, this program knows up to ${newest}. Start a newer version; nothing was changed.`,
      );
    for (const migration of migrations.slice(current)) {
      await tx.script(await readFile(migration.path, 'utf8'));
      await tx.query('INSERT INTO schema_version (version, name, applied_at_ms) VALUES ($1, $2, $3)', [
        migration.version,
        migration.name,
        Date.now(),
      ]);
    }
    return newest;
  });
}

/** The files in order; a gap or a doubled number is a mistake in the program. */
async function listMigrations(inFolder: string): Promise<readonly Migration[]> {
  const files = (await readdir(inFolder)).filter((file) => file.endsWith('.sql')).toSorted();
  return files.map((file, index) => {
    const version = index + 1;
    const match = /^(\d{4})_([a-z_]+)\.sql$/.exec(file);
    if (match === null || Number(match[1]) !== version)
      throw new Error(`migrations must be numbered without a gap: ${file} is in place ${version}`);
    return { version, name: match[2] ?? '', path: join(inFolder, file) };
  });
}
