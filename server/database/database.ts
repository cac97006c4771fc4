/**
 * Opens the server's database: PostgreSQL where a URL is given, else PGlite, PostgreSQL's embedded build. Both
 * speak the same SQL and give the same values: `int8` is a `bigint`, `jsonb` is parsed, instants are stored as
 * `bigint` milliseconds so that no driver reads them its own way. It must never know what a table means.
 *
 * A sum has no largest: of `int8` it is a `numeric` in PostgreSQL, and that is a `bigint` here, too, however long. So a
 * statement leaves a sum as it is, for a cast to `bigint` fails beyond 64 bits; it widens what it multiplies, and a column
 * that keeps sums is `numeric(38, 0)`: more than as many of the largest amounts as rows can be numbered.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite, types as pgliteTypes, type Transaction as PgliteTransaction } from '@electric-sql/pglite';
import pg from 'pg';
import { keysInFolder } from '../protection/key-file.ts';
import { KeyRing } from '../protection/key-ring.ts';
import { lockFolder, type FolderLock } from './folder-lock.ts';

export interface Queryable {
  /** Seals what must not be read from a copy of the database, and opens it. */
  readonly keys: KeyRing;
  /**
   * Runs one statement. The text must be constant: on PostgreSQL each distinct text is prepared once a connection.
   * Statements that are issued without waiting run in the order of the calls and share a round trip.
   */
  query<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  /** Runs several statements without parameters, such as a migration. */
  script(sql: string): Promise<void>;
}

export interface Database extends Queryable {
  readonly kind: 'pglite' | 'postgres';
  /**
   * Runs `work` in one transaction (READ COMMITTED) and commits unless it throws. Inside, use `tx` only: PGlite has
   * a single session, so waiting for the database itself would wait for ever.
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /** Connections that are open, those of them at rest, and callers that wait for one. */
  connections(): { readonly open: number; readonly idle: number; readonly waiting: number };
  close(): Promise<void>;
}

/** The database cannot be used; the message is a sentence for the person who starts the server. */
export class DatabaseUnusable extends Error {
  readonly reason: 'in_use' | 'newer' | 'unreachable';

  constructor(reason: DatabaseUnusable['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DatabaseUnusable';
    this.reason = reason;
  }
}

export interface OpenOptions {
  /** `postgres://…`; when absent, PGlite is used. */
  readonly databaseUrl?: string;
  /** Where PGlite keeps its files; when absent, in memory and gone with the process. */
  readonly dataDir?: string;
  /**
   * With what values are sealed. When absent: the ring in `dataDir`, made if need be; without a folder those of
   * ZHANGTAI_KEYS, else one that ends with the process, and so does what it sealed.
   */
  readonly keys?: KeyRing;
  /** Hears of connections that broke while idle; the pool replaces them by itself. */
  readonly onConnectionLost?: (error: Error) => void;
}

/** How many PostgreSQL connections one server process opens at most. */
export const connectionsMax = 10;
const connectTimeoutMs = 10_000;
/** Statement texts are constants of the program; this many prepared names are a programming error, not a load. */
const preparedNamesMax = 1_000;

/** Opens the database. Throws DatabaseUnusable where it cannot be reached or another process has its files. */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const { databaseUrl, dataDir, keys, onConnectionLost = () => undefined } = options;
  return databaseUrl === undefined
    ? openPglite(dataDir, keys)
    : openPostgres(databaseUrl, keys ?? keysOfProcess(), onConnectionLost);
}

let ownKeys: KeyRing | undefined;

/** For tests and for programs that keep nothing. */
function keysOfProcess(): KeyRing {
  const given = process.env['ZHANGTAI_KEYS'];
  return (ownKeys ??= given === undefined ? KeyRing.make() : KeyRing.parse(given));
}

/** Throws a SyntaxError on a fraction: a statement that works one out rounds it, or answers it as text. */
const wholeNumber = (text: string): bigint => BigInt(text);

// ── PostgreSQL ──────────────────────────────────────────────────────────────────────────────────────────────

const preparedNames = new Map<string, string>();

function preparedName(sql: string): string {
  let name = preparedNames.get(sql);
  if (name === undefined) {
    if (preparedNames.size >= preparedNamesMax)
      throw new Error('too many distinct statements: a statement text must be constant');
    name = `s${preparedNames.size + 1}`;
    preparedNames.set(sql, name);
  }
  return name;
}

const wholeTypes: ReadonlySet<number> = new Set([pg.types.builtins.INT8, pg.types.builtins.NUMERIC]);
/** node-postgres asks for a parser by type and format; only whole numbers beyond 32 bits need one of ours. */
const postgresTypes: pg.CustomTypesConfig = {
  getTypeParser(type: number, format?: string) {
    if (wholeTypes.has(type) && format !== 'binary') return wholeNumber;
    return pg.types.getTypeParser(type, format === 'binary' ? 'binary' : 'text');
  },
};

function onConnection(client: pg.Pool | pg.PoolClient, keys: KeyRing): Queryable {
  return {
    keys,
    async query<Row>(sql: string, params: readonly unknown[] = []) {
      const result = await client.query({ name: preparedName(sql), text: sql, values: [...params] });
      return result.rows as Row[];
    },
    async script(sql) {
      await client.query(sql);
    },
  };
}

async function inTransaction<T>(
  pool: pg.Pool,
  keys: KeyRing,
  work: (tx: Queryable) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  const tx = gathering(client, keys);
  let broken: Error | undefined;
  let over = false;
  const guarded: Queryable = {
    keys,
    query: (sql, params) => (over ? Promise.reject(tooLate()) : tx.query(sql, params)),
    script: (sql) => (over ? Promise.reject(tooLate()) : tx.script(sql)),
  };
  try {
    // BEGIN travels with the first statements of the work.
    const [, result] = await Promise.all([tx.script('BEGIN'), work(guarded)]);
    over = true;
    const { command } = await client.query('COMMIT');
    // PostgreSQL answers so, without an error, when a statement failed and nobody minded.
    if (command !== 'COMMIT')
      throw new Error('the transaction was rolled back, for a statement in it had failed');
    return result;
  } catch (error) {
    over = true;
    await client.query('ROLLBACK').catch((rollbackError: unknown) => {
      // A connection in an unknown state must not be used again; the first error is the one to report.
      broken = rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/**
 * Statements that are issued without waiting leave in one piece: to write each by itself costs more than most of them
 * are worth.
 */
function gathering(client: pg.PoolClient, keys: KeyRing): Queryable {
  const direct = onConnection(client, keys);
  const { stream } = client.connection;
  let gathers = false;
  const gather = (): void => {
    if (gathers) return;
    gathers = true;
    stream.cork();
    process.nextTick(() => {
      gathers = false;
      stream.uncork();
    });
  };
  return {
    keys,
    query(sql, params) {
      gather();
      return direct.query(sql, params);
    },
    script(sql) {
      gather();
      return direct.script(sql);
    },
  };
}

/** A branch of the work that another's failure overtook: what it has still to say would count at once, by itself. */
function tooLate(): Error {
  return new Error('the transaction of this statement is over');
}

async function openPostgres(
  connectionString: string,
  keys: KeyRing,
  onConnectionLost: (error: Error) => void,
): Promise<Database> {
  const pool = new pg.Pool({
    connectionString,
    max: connectionsMax,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'zhangtai',
    types: postgresTypes,
    pipeline: true,
  });
  pool.on('error', onConnectionLost);
  // One that breaks while in use says so to whoever waits for its answer; unheard, the event would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  try {
    await pool.query('SELECT 1');
  } catch (error) {
    await pool.end();
    throw new DatabaseUnusable(
      'unreachable',
      `PostgreSQL cannot be reached: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  return {
    kind: 'postgres',
    ...onConnection(pool, keys),
    transaction: (work) => inTransaction(pool, keys, work),
    connections: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    close: () => pool.end(),
  };
}

// ── PGlite ──────────────────────────────────────────────────────────────────────────────────────────────────

function onPglite(session: PGlite | PgliteTransaction, keys: KeyRing): Queryable {
  return {
    keys,
    async query<Row>(sql: string, params: readonly unknown[] = []) {
      const result = await session.query<Row>(sql, [...params]);
      return result.rows;
    },
    async script(sql) {
      await session.exec(sql);
    },
  };
}

/**
 * What PGlite has committed survives the death of the process, for each commit is written to the files first. It
 * does not reach the disk platter at once (its file system has no fsync), so a power cut may lose the last
 * seconds: PostgreSQL is the database to run a business on.
 */
async function openPglite(dataDir: string | undefined, given: KeyRing | undefined): Promise<Database> {
  const options = {
    parsers: { [pgliteTypes.INT8]: wholeNumber, [pgliteTypes.NUMERIC]: wholeNumber },
    relaxedDurability: false,
  };
  let lock: FolderLock | null = null;
  if (dataDir !== undefined) {
    await mkdir(dataDir, { recursive: true });
    lock = lockFolder(dataDir);
    if (lock === null)
      throw new DatabaseUnusable('in_use', `The data folder ${dataDir} is in use by another server.`);
  }
  try {
    const keys = given ?? (dataDir === undefined ? keysOfProcess() : await keysInFolder(dataDir));
    const session = await (dataDir === undefined
      ? PGlite.create(options)
      : PGlite.create(join(dataDir, 'pglite'), options));
    return {
      kind: 'pglite',
      ...onPglite(session, keys),
      transaction: (work) => session.transaction((tx) => work(onPglite(tx, keys))),
      // One session within this process; it does not tell who waits.
      connections: () => ({ open: 1, idle: 0, waiting: 0 }),
      close: async () => {
        await session.close();
        lock?.unlock();
      },
    };
  } catch (error) {
    lock?.unlock();
    throw error;
  }
}
