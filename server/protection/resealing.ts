/**
 * Seals anew, under the newest key, what an older one sealed or none did, while the server runs: a few rows at a time,
 * each only if it is still as it was read. It must never write a value that it could not open.
 */
import type { KeyRing } from './key-ring.ts';
import { isSealed } from './key-ring.ts';

interface Statements {
  query<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
  readonly keys: KeyRing;
}

/** A column of sealed values: its names, and what the value of a row is of. */
export interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** An expression that is the text which names the row within its table. */
  readonly name: string;
  /** What the value is of; the same as where it is sealed and opened. */
  readonly about: (name: string) => string;
  /** Beside it a column by which it is found, and of what. */
  readonly index?: { readonly column: string; readonly about: string };
}

/** Rows read in one go. */
const resealedTogether = 200;

/** Rows that were sealed anew. */
export async function reseal(db: Statements, sealed: SealedColumn): Promise<number> {
  const { table, column, name, about, index } = sealed;
  let count = 0;
  for (;;) {
    // Two ranges of an index: where nothing is left to do, nothing is read.
    const rows = await db.query<{ place: string; name: string; value: string }>(
      `SELECT ctid::text AS place, ${name} AS name, ${column} AS value FROM ${table}
       WHERE ${column} <> '' AND (split_part(${column}, '.', 2) < $1 OR split_part(${column}, '.', 2) > $1)
       LIMIT $2`,
      [db.keys.newest, resealedTogether],
    );
    for (const row of rows) {
      // One that was changed meanwhile stands in another place by now, and is found again.
      const plain = isSealed(row.value) ? db.keys.open(row.value, about(row.name)) : row.value;
      const anew = [row.place, row.value, db.keys.seal(plain, about(row.name))];
      const changed = await (index === undefined
        ? db.query(
            `UPDATE ${table} SET ${column} = $3 WHERE ctid = $1::tid AND ${column} = $2 RETURNING 1`,
            anew,
          )
        : db.query(
            `UPDATE ${table} SET ${column} = $3, ${index.column} = $4
             WHERE ctid = $1::tid AND ${column} = $2 RETURNING 1`,
            [...anew, db.keys.index(plain, index.about)],
          ));
      count += changed.length;
    }
    if (rows.length < resealedTogether) return count;
  }
}
