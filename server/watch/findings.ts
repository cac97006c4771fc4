/**
 * What somebody should look at: unusual days and budgets that were reached, each told once; the only writer of
 * `findings`. It must never tell the same thing twice, or forget one that nobody has seen.
 */
import { v7 as uuidv7 } from 'uuid';
import { Finding } from '../../shared/api-finance.ts';
import type { Queryable } from '../database/database.ts';
import { refuse, refuseField, type Refused } from '../ledger/refusal.ts';

export interface Found {
  /** Names what was found: one of the same name is there already. */
  readonly key: string;
  readonly what: Finding['what'];
}

interface Row {
  readonly id: string;
  readonly what: unknown;
  readonly found_at_ms: bigint;
  readonly seen_by: string | null;
  readonly seen_at_ms: bigint | null;
}
const columns = 'id, what, found_at_ms, seen_by, seen_at_ms';

/** Returns how many of them are new. */
export async function addFindings(db: Queryable, found: readonly Found[], nowMs: number): Promise<number> {
  if (found.length === 0) return 0;
  const rows = found.map(({ key, what }) => ({ id: uuidv7(), key, what }));
  const added = await db.query<{ id: string }>(
    `INSERT INTO findings (id, key, what, found_at_ms)
     SELECT r.id, r.key, r.what, $2 FROM jsonb_to_recordset($1::jsonb) AS r (id uuid, key text, what jsonb)
     ON CONFLICT (key) DO NOTHING RETURNING id`,
    [JSON.stringify(rows), nowMs],
  );
  return added.length;
}

/** Newest first. */
export async function listFindings(
  db: Queryable,
  query: { readonly unseen: boolean; readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: Finding[]; nextCursor: string | null } | Refused> {
  const place = /^(\d{1,15})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(query.cursor ?? beforeAny);
  if (place === null) return refuseField('cursor', 'not a cursor of this list');
  const rows = await db.query<Row>(
    `SELECT ${columns} FROM findings WHERE (found_at_ms, id) < ($1, $2) AND (NOT $3::boolean OR seen_at_ms IS NULL)
     ORDER BY found_at_ms DESC, id DESC LIMIT $4`,
    [place[1], place[2], query.unseen, query.limit + 1],
  );
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  const more = rows.length > query.limit && last !== undefined;
  return { items: page.map(findingOf), nextCursor: more ? `${last.found_at_ms}.${last.id}` : null };
}

/** Safe to repeat: who saw it first stays. */
export async function seeFinding(
  db: Queryable,
  { id, by, nowMs }: { readonly id: string; readonly by: string; readonly nowMs: number },
): Promise<Finding | Refused> {
  await db.query('UPDATE findings SET seen_by = $2, seen_at_ms = $3 WHERE id = $1 AND seen_at_ms IS NULL', [
    id,
    by,
    nowMs,
  ]);
  const [row] = await db.query<Row>(`SELECT ${columns} FROM findings WHERE id = $1`, [id]);
  return row === undefined ? refuse('not_found') : findingOf(row);
}

/** A cursor that every finding comes after. */
const beforeAny = '999999999999999.ffffffff-ffff-ffff-ffff-ffffffffffff';

function findingOf(row: Row): Finding {
  return Finding.parse({
    id: row.id,
    foundAt: new Date(Number(row.found_at_ms)).toISOString(),
    ...(row.seen_by === null ? {} : { seenBy: row.seen_by }),
    ...(row.seen_at_ms === null ? {} : { seenAt: new Date(Number(row.seen_at_ms)).toISOString() }),
    what: row.what,
  });
}
