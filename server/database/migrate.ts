/**
 * Brings the database to this program's schema: numbered SQL files, each applied once, in order, in one
 * transaction. It must never touch a database that a newer program has written.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseUnusable, type Database } from './database.ts';

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly path: string;
}

/** Any constant; every program that migrates this schema waits for the same one. */
const advisoryLockKey = 7_241_001;

/** Migrates and returns the schema's version. Throws DatabaseUnusable (`newer`) and changes nothing on a newer one. */
export async function migrate(database: Database): Promise<number> {
  const migrations = await listMigrations(join(import.meta.dirname, 'migrations'));
  const newest = migrations.at(-1)?.version ?? 0;
  return database.transaction(async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [advisoryLockKey]);
    await tx.script(`CREATE TABLE IF NOT EXISTS schema_version (
      version integer PRIMARY KEY,
      name text NOT NULL,
      applied_at_ms bigint NOT NULL
    )`);
    const [row] = await tx.query<{ version: number | null }>(
      'SELECT max(version) AS version FROM schema_version',
    );
    const current = row?.version ?? 0;
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
async function listMigrations(folder: string): Promise<readonly Migration[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.sql')).toSorted();
  return files.map((file, index) => {
    const version = index + 1;
    const match = /^(\d{4})_([a-z_]+)\.sql$/.exec(file);
    if (match === null || Number(match[1]) !== version)
      throw new Error(`migrations must be numbered without a gap: ${file} is in place ${version}`);
    return { version, name: match[2] ?? '', path: join(folder, file) };
  });
}
