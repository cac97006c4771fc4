/**
 * Turns of those who publish what has versions: a number each, without a gap. It must never let two of them have the same
 * one before them.
 */
import type { Queryable } from './database.ts';

/** Tables of what is published whole; each has its own writer. */
export type VersionTable = 'price_books' | 'catalogues' | 'metering_catalogues' | 'cost_catalogues';

/** Readers go on; publishers take turns until the transaction ends. Returns the newest version, 0 before the first. */
export async function takeTurn(tx: Queryable, table: VersionTable): Promise<number> {
  await tx.query(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`);
  const [last] = await tx.query<{ version: number }>(
    `SELECT coalesce(max(version), 0) AS version FROM ${table}`,
  );
  return last?.version ?? 0;
}
