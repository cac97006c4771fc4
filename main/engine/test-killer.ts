/**
 * Loaded before the engine by tests, with `--import`: ends the engine's process, as a power cut would, at one named
 * write to its database. It must never be loaded by the product.
 *
 * The file that ZHANGTAI_TEST_STRIKE names holds one `DatabaseStrike`, and is removed before the process is.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { DatabaseStrike } from './test-strikes.ts';

const file = process.env['ZHANGTAI_TEST_STRIKE'] ?? '';
/** The write has been made, and waits for the end of its transaction. */
let isDue: DatabaseStrike['when'] | null = null;

function armedFor(sql: string, parameters: readonly unknown[]): DatabaseStrike | null {
  if (!existsSync(file)) return null;
  const strike = JSON.parse(readFileSync(file, 'utf8')) as DatabaseStrike;
  const text = JSON.stringify(parameters, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return sql.includes(strike.sql) && text.includes(strike.with ?? '') ? strike : null;
}

function die(): never {
  rmSync(file);
  process.kill(process.pid, 'SIGKILL');
  throw new Error('still alive');
}

type Run = (this: unknown, ...parameters: unknown[]) => unknown;
type Prepared = Record<'run' | 'get' | 'all', Run>;

function watched(database: Database.Database, prepared: Prepared, sql: string): void {
  for (const way of ['run', 'get', 'all'] as const) {
    const original = prepared[way];
    if (typeof original !== 'function') continue;
    prepared[way] = function (...parameters) {
      const strike = armedFor(sql, parameters);
      if (strike?.when === 'before') die();
      const outcome = original.apply(this, parameters);
      if (strike !== null) isDue = strike.when;
      if (isDue === 'before the commit' && !database.inTransaction)
        throw new Error('this write is committed by itself');
      if (isDue !== null && !database.inTransaction) die();
      return outcome;
    };
  }
}

type Transaction = (...parameters: unknown[]) => unknown;
interface Patched {
  prepare: (this: Database.Database, sql: string) => Prepared;
  transaction: (
    this: Database.Database,
    work: Transaction,
  ) => Transaction & { readonly immediate: Transaction };
}
const patched = Database.prototype as unknown as Patched;
const { prepare, transaction } = patched;

patched.prepare = function (sql) {
  const prepared = prepare.call(this, sql);
  watched(this, prepared, sql);
  return prepared;
};

patched.transaction = function (work) {
  let depth = 0;
  const counted: Transaction = (...parameters) => {
    depth += 1;
    try {
      const outcome = work(...parameters);
      if (depth === 1 && isDue === 'before the commit') die();
      return outcome;
    } finally {
      depth -= 1;
    }
  };
  const original = transaction.call(this, counted);
  const ending =
    (run: Transaction): Transaction =>
    (...parameters) => {
      const outcome = run(...parameters);
      if (isDue !== null && !this.inTransaction) die();
      return outcome;
    };
  return Object.assign(ending(original), { immediate: ending(original.immediate) });
};
