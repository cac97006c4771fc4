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
  const beside = index === undefined ? '' : `, ${index.column} = n.index`;
  let count = 0;
  for (;;) {
    // Two ranges of an index: where nothing is left to do, nothing is read.
    const rows = await db.query<{ place: string; name: string; value: string }>(
      `SELECT ctid::text AS place, ${name} AS name, ${column} AS value FROM ${table}
       WHERE ${column} <> '' AND (split_part(${column}, '.', 2) < $1 OR split_part(${column}, '.', 2) > $1)
       LIMIT $2`,
      [db.keys.newest, resealedTogether],
    );
    if (rows.length === 0) return count;
    const plain = rows.map((row) =>
      isSealed(row.value) ? db.keys.open(row.value, about(row.name)) : row.value,
    );
    // One that was changed meanwhile stands in another place by now, and is found again.
    const changed = await db.query(
      `UPDATE ${table} t SET ${column} = n.anew${beside}
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS n (place, value, anew, index)
       WHERE t.ctid = n.place::tid AND t.${column} = n.value RETURNING 1`,
      [
        rows.map(({ place }) => place),
        rows.map(({ value }) => value),
        rows.map((row, at) => db.keys.seal(plain[at] ?? '', about(row.name))),
        plain.map((text) => (index === undefined ? '' : db.keys.index(text, index.about))),
      ],
    );
    count += changed.length;
    if (rows.length < resealedTogether) return count;
  }
}
