/**
 * A whole database as one file and back: lines of JSON, gzipped and sealed, the same for PostgreSQL and the embedded
 * build, so that a backup of one can be restored into the other. It must never read two moments, leave a half-written
 * file under the name that was asked for, or write into a database that has anything in it.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { link, open, rm, stat } from 'node:fs/promises';
import { pipeline as pipe, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import type { Database, Queryable } from './database.ts';
import { migrate, migrateUpTo, newestVersion, versionOf } from './migrate.ts';
import { isSealed, seal, SealFault, unseal, type SealKeys } from './sealed-file.ts';

/** Why nothing was backed up or restored; the message is a sentence for the person at the terminal. */
export class BackupRefused extends Error {}

const Header = z.object({
  format: z.literal('zhangtai-backup'),
  formatVersion: z.union([z.literal(1), z.literal(2)]),
  schemaVersion: z.int().min(1),
  takenAt: z.string(),
});
/** What follows belongs to this table. */
const TableLine = z.object({ table: z.string().regex(/^[a-z_]+$/) });
/** What was read, to be held against what a restore brings: rows of each table, and a digest of all chains' ends. */
const Summary = z.object({
  summary: z.object({ tables: z.record(z.string(), z.int().min(0)), heads: z.string() }),
});
type Summary = z.infer<typeof Summary>['summary'];
/** The last line: a file without it was cut off. */
const Footer = z.object({ rows: z.int().min(0) });

const rowsReadTogether = 1_000;
/** The migrations' own table: it says how the others came about, which a restore brings about again. */
const versionTable = 'schema_version';

export interface Written {
  readonly rows: number;
  readonly bytes: number;
}

/** What a backup is called until it is whole. */
export function partialOf(file: string): string {
  return `${file}.partial`;
}

/** Writes everything as of one moment, readable by its owner alone: it holds the server's keys. Null seals nothing. */
export async function backUp(
  database: Database,
  file: string,
  nowMs: number,
  keys: SealKeys | null,
): Promise<Written> {
  const partial = partialOf(file);
  try {
    await refuseTaken(partial, async () => (await open(partial, 'wx', 0o600)).close());
  } catch (error) {
    throw unwritable(file, error);
  }
  try {
    let rows = 0;
    await database.transaction(async (tx) => {
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      const lines = backupLines(tx, nowMs, (count) => (rows = count));
      const packed = [Readable.from(lines), createGzip()] as const;
      const target = createWriteStream(partial, { flush: true });
      if (keys === null) await pipeline(...packed, target);
      else await pipeline(...packed, (plain: AsyncIterable<Uint8Array>) => seal(keys.first, plain), target);
    });
    const { size: bytes } = await stat(partial);
    // A link fails where the name is taken; a rename would replace what is there.
    await refuseTaken(file, () => link(partial, file));
    return { rows, bytes };
  } catch (error) {
    throw unwritable(file, error);
  } finally {
    await rm(partial);
  }
}

function unwritable(file: string, error: unknown): unknown {
  const code = systemCodeOf(error);
  if (code === null) return error;
  const why = code === 'ENOSPC' ? 'there is no space left' : code;
  return new BackupRefused(`${file} cannot be written: ${why}. Nothing of it is left.`, { cause: error });
}

async function refuseTaken(file: string, take: () => Promise<void>): Promise<void> {
  try {
    await take();
  } catch (error) {
    throw systemCodeOf(error) === 'EEXIST' ? new BackupRefused(`${file} is there already.`) : error;
  }
}

/** Such as `ENOSPC`, where the system did not let it be read or written; null: it is no such error. */
function systemCodeOf(error: unknown): string | null {
  return error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : null;
}

async function* backupLines(
  tx: Queryable,
  nowMs: number,
  counted: (rows: number) => void,
): AsyncGenerator<string> {
  const header: z.infer<typeof Header> = {
    format: 'zhangtai-backup',
    formatVersion: 2,
    schemaVersion: await versionOf(tx),
    takenAt: new Date(nowMs).toISOString(),
  };
  yield `${JSON.stringify(header)}\n`;
  let rows = 0;
  const tables: Record<string, number> = {};
  for (const table of await tablesInOrder(tx)) {
    let count = 0;
    yield `${JSON.stringify({ table })}\n`;
    await tx.query(
      `DECLARE backup_${table} NO SCROLL CURSOR FOR SELECT row_to_json(t)::text AS line FROM ${table} t`,
    );
    for (;;) {
      const page = await tx.query<{ line: string }>(`FETCH ${rowsReadTogether} FROM backup_${table}`);
      if (page.length === 0) break;
      count += page.length;
      yield page.map(({ line }) => `${line}\n`).join('');
    }
    await tx.query(`CLOSE backup_${table}`);
    tables[table] = count;
    rows += count;
  }
  counted(rows);
  yield `${JSON.stringify({ summary: { tables, heads: await headsOf(tx) } })}\n`;
  yield `${JSON.stringify({ rows })}\n`;
}

export interface Restored {
  readonly rows: number;
  /** When the backup was taken, as it says. */
  readonly takenAt: string;
}

/**
 * Brings an empty database to where the backup was, all of it or nothing, and then to this program's schema. Throws
 * BackupRefused where the file is not a whole backup, or the database is not empty.
 */
export async function restore(database: Database, file: string, keys: SealKeys | null): Promise<Restored> {
  const lines = backupReader(file, keys);
  const header = Header.safeParse(readJson((await lines.next()).value));
  if (!header.success) throw new BackupRefused(`${file} is not a backup of this program.`);
  const { schemaVersion } = header.data;
  const newest = await newestVersion();
  if (schemaVersion > newest)
    throw new BackupRefused(
      `The backup has schema version ${schemaVersion}, this program knows up to ${newest}. Restore it with a newer version.`,
    );
  if ((await versionOf(database)) > schemaVersion || !(await isEmpty(database)))
    throw new BackupRefused('The database is not empty: restore into a new one. Nothing was changed.');
  await migrateUpTo(database, schemaVersion);
  const rows = await database.transaction((tx) => loadRows(tx, lines, file));
  await migrate(database);
  return { rows, takenAt: header.data.takenAt };
}

async function* backupReader(file: string, keys: SealKeys | null): AsyncGenerator<string, undefined> {
  let rest = '';
  try {
    const packed = Readable.from(await openedFile(file, keys), { objectMode: false });
    // What befalls either stream is thrown where the second is read.
    const unpacked = pipe(packed, createGunzip(), () => undefined).setEncoding('utf8');
    for await (const chunk of unpacked) {
      const parts = `${rest}${String(chunk)}`.split('\n');
      rest = parts.pop() ?? '';
      yield* parts;
    }
  } catch (error) {
    throw unreadable(file, error);
  }
  return undefined;
}

/** The file's bytes, unsealed where they are sealed. */
async function openedFile(file: string, keys: SealKeys | null): Promise<AsyncIterable<Uint8Array>> {
  const handle = await open(file);
  const start = Buffer.alloc(64);
  try {
    await handle.read(start, 0, start.length, 0);
  } finally {
    await handle.close();
  }
  const bytes = createReadStream(file);
  if (!isSealed(start)) return bytes;
  if (keys !== null) return unseal(keys, bytes);
  bytes.destroy();
  throw new SealFault('key', 'is sealed: it takes the key file that it was sealed with to open it.');
}

function unreadable(file: string, error: unknown): unknown {
  if (error instanceof SealFault)
    return new BackupRefused(`${file} ${error.message} Nothing was restored.`, { cause: error });
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return new BackupRefused(`There is no file ${file}.`);
  if (code.startsWith('Z_')) return new BackupRefused(`${file} is not a whole backup.`);
  if (systemCodeOf(error) === null) return error;
  return new BackupRefused(`${file} cannot be read: ${code}.`, { cause: error });
}

async function loadRows(
  tx: Queryable,
  lines: AsyncGenerator<string, undefined>,
  file: string,
): Promise<number> {
  const tables = new Set(await tablesInOrder(tx));
  let table = '';
  let waiting: string[] = [];
  let rows = 0;
  let footer: number | null = null;
  let summary: Summary | null = null;
  const write = async () => {
    if (waiting.length === 0) return;
    // Text into text: no number passes through this program on its way.
    await tx.query(`INSERT INTO ${table} SELECT * FROM json_populate_recordset(NULL::${table}, $1::json)`, [
      `[${waiting.join(',')}]`,
    ]);
    rows += waiting.length;
    waiting = [];
  };
  for await (const line of lines) {
    const mark = markOf(line);
    if (mark === null) {
      waiting.push(line);
      if (waiting.length === rowsReadTogether) await write();
      continue;
    }
    await write();
    if ('rows' in mark) footer = mark.rows;
    else if ('summary' in mark) ({ summary } = mark);
    else if (tables.has(mark.table)) ({ table } = mark);
    else throw new BackupRefused(`${file} has a table ${mark.table} that its schema does not have.`);
  }
  if (footer !== rows)
    throw new BackupRefused(`${file} was cut off: it is not a whole backup. Nothing was restored.`);
  const differs = summary === null ? null : await differenceFrom(tx, summary, tables);
  if (differs !== null)
    throw new BackupRefused(
      `${file} brought back something else than it was taken of: ${differs}. Nothing was restored.`,
    );
  return rows;
}

/** What the tables hold by now, read again, against what the backup was taken of; null when it is the same. */
async function differenceFrom(
  tx: Queryable,
  { tables: expected, heads }: Summary,
  tables: ReadonlySet<string>,
): Promise<string | null> {
  for (const table of tables) {
    const [row] = await tx.query<{ count: bigint }>(`SELECT count(*) AS count FROM ${table}`);
    if (Number(row?.count ?? 0n) !== expected[table])
      return `${table} has ${row?.count} rows, not ${expected[table] ?? 'any'}`;
  }
  return (await headsOf(tx)) === heads ? null : 'the ends of the chains are others';
}

/** A digest of where each account's chain ends. */
async function headsOf(tx: Queryable): Promise<string> {
  const [row] = await tx.query<{ digest: string }>(
    `SELECT encode(sha256(convert_to(coalesce(string_agg(account_id || ' ' || last_seq || ' ' || head, ','
       ORDER BY account_id), ''), 'UTF8')), 'hex') AS digest FROM ledger_heads`,
  );
  return row?.digest ?? '';
}

/** The lines that are not rows have one field, which no table of ours has as its only one. */
function markOf(
  line: string,
): z.infer<typeof TableLine> | z.infer<typeof Summary> | z.infer<typeof Footer> | null {
  if (line.startsWith('{"summary":{')) return Summary.parse(readJson(line));
  if (line.length > 200 || !/^\{"(?:table|rows)":[^,]*\}$/.test(line)) return null;
  const json = readJson(line);
  const table = TableLine.safeParse(json);
  if (table.success) return table.data;
  const footer = Footer.safeParse(json);
  return footer.success ? footer.data : null;
}

function readJson(line: string | undefined): unknown {
  try {
    return JSON.parse(line ?? '');
  } catch {
    return undefined; // The schema that it is held against says no.
  }
}

async function isEmpty(database: Database): Promise<boolean> {
  for (const table of await tablesInOrder(database)) {
    const [row] = await database.query<{ any: boolean }>(`SELECT EXISTS (SELECT 1 FROM ${table}) AS any`);
    if (row?.any === true) return false;
  }
  return true;
}

/** Every table but the migrations' own, each after those that it refers to. */
async function tablesInOrder(db: Queryable): Promise<string[]> {
  const tables = await db.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> $1 ORDER BY relname`,
    [versionTable],
  );
  const references = await db.query<{ from_table: string; to_table: string }>(
    `SELECT f.relname AS from_table, t.relname AS to_table FROM pg_constraint c
     JOIN pg_class f ON f.oid = c.conrelid JOIN pg_class t ON t.oid = c.confrelid
     WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND c.conrelid <> c.confrelid`,
  );
  const ordered: string[] = [];
  const left = new Set(tables.map(({ name }) => name));
  while (left.size > 0) {
    const ready = [...left].filter((name) =>
      references.every(({ from_table, to_table }) => from_table !== name || !left.has(to_table)),
    );
    if (ready.length === 0) throw new Error('tables refer to each other in a circle');
    for (const name of ready) left.delete(name);
    ordered.push(...ready);
  }
  return ordered;
}
