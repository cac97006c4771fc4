/**
 * Saves what stands for money or work out of a damaged database into a fresh one (S9): the outbox, campaigns, tasks,
 * the device and its numbers, settings. The damaged file is set aside, never changed and never deleted.
 */
import {
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';

/** What a rescue came to: where the damaged file is now, rows saved by table, rows that could not be. */
export interface Salvage {
  readonly damagedFile: string;
  readonly saved: Readonly<Record<string, number>>;
  readonly refused: number;
  /** Tasks that were saved as succeeded without the charge they caused: only the damaged file may still have it. */
  readonly lostCharges: number;
}

/** In the order of their references. The mirror and its totals are left out: the server has them. */
const tables = [
  'device',
  'charge_numbers',
  'settings',
  'snapshots',
  'reserves',
  'outbox',
  'outbox_attempts',
  'campaigns',
  'tasks',
] as const;

/**
 * Keeps a copy of the database's first page, which says where every table begins: without it nothing else of a file can
 * be found. As far as reading goes it changes with the schema alone.
 */
export function keepFirstPage(sql: Database.Database, file: string): void {
  const kept = firstPageOf(file);
  const schema = Number(sql.pragma('schema_version', { simple: true }));
  if (
    statSync(kept, { throwIfNoEntry: false }) !== undefined &&
    schemaVersionIn(readFileSync(kept)) === schema
  )
    return;
  sql.pragma('wal_checkpoint(PASSIVE)');
  const page = Buffer.alloc(Number(sql.pragma('page_size', { simple: true })));
  const source = openSync(file, 'r');
  try {
    readSync(source, page, 0, page.length, 0);
  } finally {
    closeSync(source);
  }
  if (schemaVersionIn(page) !== schema) return; // Not all of the journal could be moved over: at the next start.
  // Under another name until it is whole.
  writeFileSync(`${kept}.partial`, page);
  renameSync(`${kept}.partial`, kept);
}

/** Where they lie in the header: https://sqlite.org/fileformat.html#the_database_header */
const schemaVersionIn = (page: Buffer): number => page.readUInt32BE(40);
function sayPages(page: Buffer, count: number): void {
  page.writeUInt32BE(count, 28);
  page.copy(page, 92, 24, 28);
}

function firstPageOf(file: string): string {
  return join(dirname(file), 'desk.db.first-page');
}

/** The database itself, its journal and the index of that. */
const suffixes = ['', '-wal', '-shm'] as const;

/** Renames the database and its journal; a name of its own keeps SQLite able to read both together. */
export function setAside(file: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-');
  const damaged = `${file}.damaged-${stamp}`;
  for (const suffix of suffixes) {
    if (statSync(file + suffix, { throwIfNoEntry: false }) !== undefined)
      renameSync(file + suffix, damaged + suffix);
  }
  return damaged;
}

/** Copies every row that can still be read and that the fresh database accepts. */
export function salvage(damagedFile: string, fresh: Database.Database): Salvage {
  const saved: Record<string, number> = {};
  let refused = 0;
  const { source, isRebuilt } = openDamaged(damagedFile);
  const copyAll = fresh.transaction(() => {
    for (const table of tables) {
      const count = copyTable(source, fresh, table);
      saved[table] = count.saved;
      refused += count.refused;
    }
    nameChargesOfTasks(fresh);
    raiseChargeNumbers(fresh);
  });
  try {
    copyAll.immediate();
  } finally {
    source.close();
    if (isRebuilt) for (const suffix of suffixes) rmSync(rebuiltOf(damagedFile) + suffix, { force: true });
  }
  return { damagedFile, saved, refused, lostCharges: countLostCharges(fresh) };
}

function countLostCharges(fresh: Database.Database): number {
  const lost = fresh
    .prepare<[], { count: bigint }>(
      `SELECT count(*) AS count FROM tasks
       WHERE phase = 'succeeded' AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.id = tasks.charge_id)`,
    )
    .get();
  return Number(lost?.count ?? 0n);
}

/** A file whose first page can't be read is read from a copy with the page that was kept of it, if one was. */
function openDamaged(file: string): { readonly source: Database.Database; readonly isRebuilt: boolean } {
  const source = openReadOnly(file);
  const kept = firstPageOf(file);
  if (tablesCanBeFound(source) || statSync(kept, { throwIfNoEntry: false }) === undefined)
    return { source, isRebuilt: false };
  source.close();
  const rebuilt = rebuiltOf(file);
  for (const suffix of suffixes)
    if (statSync(file + suffix, { throwIfNoEntry: false }) !== undefined)
      copyFileSync(file + suffix, rebuilt + suffix);
  const page = readFileSync(kept);
  sayPages(page, Math.floor(statSync(rebuilt).size / page.length));
  const copy = openSync(rebuilt, 'r+');
  try {
    writeSync(copy, page);
  } finally {
    closeSync(copy);
  }
  return { source: openReadOnly(rebuilt), isRebuilt: true };
}

function openReadOnly(file: string): Database.Database {
  const source = new Database(file, { readonly: true });
  source.defaultSafeIntegers(true);
  return source;
}

function rebuiltOf(file: string): string {
  return `${file}.rebuilt`;
}

function tablesCanBeFound(source: Database.Database): boolean {
  try {
    return source.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'device'").get() !== undefined;
  } catch (error) {
    if (error instanceof Database.SqliteError) return false;
    throw error;
  }
}

function copyTable(
  source: Database.Database,
  fresh: Database.Database,
  table: string,
): { saved: number; refused: number } {
  const columns = sharedColumns(source, fresh, table);
  if (columns.length === 0) return { saved: 0, refused: 0 };
  const insert = fresh.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`,
  );
  let saved = 0;
  let refused = 0;
  for (const row of readableRows(source, table, columns)) {
    try {
      saved += insert.run(...row).changes;
    } catch (error) {
      if (!(error instanceof Database.SqliteError) || !error.code.startsWith('SQLITE_CONSTRAINT'))
        throw error;
      refused += 1; // a garbled row: the damaged file still has it
    }
  }
  return { saved, refused };
}

function sharedColumns(
  source: Database.Database,
  fresh: Database.Database,
  table: string,
): readonly string[] {
  try {
    const names = (database: Database.Database): readonly string[] =>
      (database.pragma(`table_info(${table})`) as readonly { name: string }[]).map((column) => column.name);
    const there = new Set(names(source));
    return names(fresh).filter((name) => there.has(name));
  } catch {
    return [];
  }
}

/** Rows from the front until the damage, then from the back until it; a row met from both sides is ignored by its key. */
function* readableRows(
  source: Database.Database,
  table: string,
  columns: readonly string[],
): Generator<readonly unknown[]> {
  for (const direction of ['ASC', 'DESC'] as const) {
    try {
      const order = primaryKey(source, table)
        .map((column) => `${column} ${direction}`)
        .join(', ');
      const rows = source.prepare<[], unknown[]>(
        `SELECT ${columns.join(', ')} FROM ${table} ORDER BY ${order}`,
      );
      yield* rows.raw().iterate();
      return;
    } catch (error) {
      if (!(error instanceof Database.SqliteError)) throw error;
    }
  }
}

function primaryKey(source: Database.Database, table: string): readonly string[] {
  const columns = source.pragma(`table_info(${table})`) as readonly { name: string; pk: bigint }[];
  const key = columns.filter((column) => column.pk > 0n).toSorted((a, b) => Number(a.pk - b.pk));
  return key.map((column) => column.name);
}

/** A file of before tasks knew their charges: there the charges know their tasks. */
function nameChargesOfTasks(fresh: Database.Database): void {
  fresh.exec(
    `UPDATE tasks SET charge_id = charges.id FROM outbox AS charges
     WHERE charges.task_id = tasks.id AND tasks.phase = 'succeeded' AND tasks.charge_id IS NULL`,
  );
}

/** A number that a saved charge has may not be given again, whatever became of the counter. */
function raiseChargeNumbers(fresh: Database.Database): void {
  fresh.exec(
    `INSERT INTO charge_numbers (account_id, next_seq)
     SELECT account_id, max(device_seq) + 1 FROM outbox WHERE device_id = (SELECT device_id FROM device)
     GROUP BY account_id
     ON CONFLICT (account_id) DO UPDATE SET next_seq = max(next_seq, excluded.next_seq)`,
  );
}
