/**
 * Saves what stands for money or work out of a damaged database into a fresh one (S9): the outbox, campaigns, tasks,
 * the device and its numbers, settings. The damaged file is set aside, never changed and never deleted.
 */
import { renameSync, statSync } from 'node:fs';
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

/** Renames the database and its journal; a name of its own keeps SQLite able to read both together. */
export function setAside(file: string, nowMs: number): string {
  const stamp = new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-');
  const damaged = `${file}.damaged-${stamp}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (statSync(file + suffix, { throwIfNoEntry: false }) !== undefined)
      renameSync(file + suffix, damaged + suffix);
  }
  return damaged;
}

/** Copies every row that can still be read and that the fresh database accepts. */
export function salvage(damagedFile: string, fresh: Database.Database): Salvage {
  const saved: Record<string, number> = {};
  let refused = 0;
  const source = openDamaged(damagedFile);
  if (source === null) return { damagedFile, saved, refused, lostCharges: 0 };
  const copyAll = fresh.transaction(() => {
    for (const table of tables) {
      const count = copyTable(source, fresh, table);
      saved[table] = count.saved;
      refused += count.refused;
    }
    raiseChargeNumbers(fresh);
  });
  try {
    copyAll.immediate();
  } finally {
    source.close();
  }
  return { damagedFile, saved, refused, lostCharges: countLostCharges(fresh) };
}

function countLostCharges(fresh: Database.Database): number {
  const lost = fresh
    .prepare<[], { count: bigint }>(
      `SELECT count(*) AS count FROM tasks
       WHERE phase = 'succeeded' AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.task_id = tasks.id)`,
    )
    .get();
  return Number(lost?.count ?? 0n);
}

function openDamaged(file: string): Database.Database | null {
  try {
    const source = new Database(file, { readonly: true });
    source.defaultSafeIntegers(true);
    return source;
  } catch {
    // Not even its header can be read: there is nothing to save, and the file stays where it is.
    return null;
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
  // The outbox is kept by rowid under a text key: reading by rowid needs no index that may be damaged too.
  return table === 'outbox' ? ['rowid'] : key.map((column) => column.name);
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
