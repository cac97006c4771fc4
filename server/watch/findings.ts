/**
 * What somebody should look at: unusual days and budgets that were reached, each found and told once; the only writer of
 * `findings`. It must never take the same thing for new twice, or forget one that nobody has seen or was told of.
 */
import { v7 as uuidv7 } from 'uuid';
import { Finding } from '../../shared/api-finance.ts';
import type { Queryable } from '../database/database.ts';
import { ownPlaceOf } from '../database/newest-first.ts';
import { refuse, refuseField, type Refused } from '../ledger/refusal.ts';

export interface Found {
  /** Names what was found: one of the same name is there already. */
  readonly key: string;
  readonly what: Finding['what'];
}

interface Row {
  readonly id: string;
  readonly what: object;
  readonly found_at_ms: bigint;
  readonly seen_by: string | null;
  readonly seen_at_ms: bigint | null;
  /** Of the account that it is about, as it is called now: a name that is kept with it would outlive its erasure. */
  readonly account_name: string | null;
}
const findings = `(
  SELECT f.id, f.what, f.found_at_ms, f.seen_by, f.seen_at_ms, a.name AS account_name
  FROM findings f LEFT JOIN accounts a ON a.id = (f.what ->> 'accountId')::uuid
) f`;

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

/**
 * Takes at most `limit` findings that nobody was told of, oldest first, in the transaction that tells of them: another one
 * that takes some at the same time waits, and finds others.
 */
export async function takeUntold(
  tx: Queryable,
  { limit, nowMs }: { readonly limit: number; readonly nowMs: number },
): Promise<Finding['what'][]> {
  const rows = await tx.query<{ id: string; what: unknown; found_at_ms: bigint }>(
    `WITH untold AS (
       SELECT id FROM findings WHERE told_at_ms IS NULL ORDER BY found_at_ms, id LIMIT $1 FOR UPDATE
     )
     UPDATE findings f SET told_at_ms = $2 FROM untold u WHERE f.id = u.id AND f.told_at_ms IS NULL
     RETURNING f.id, f.what, f.found_at_ms`,
    [limit, nowMs],
  );
  const first = (one: (typeof rows)[number], other: (typeof rows)[number]): number =>
    Number(one.found_at_ms - other.found_at_ms) || (one.id < other.id ? -1 : 1);
  return rows.toSorted(first).map(({ what }) => Finding.shape.what.parse(what));
}

/** How many nobody has seen. */
export async function countUnseen(db: Queryable): Promise<number> {
  const [row] = await db.query<{ unseen: bigint }>(
    'SELECT count(*) AS unseen FROM findings WHERE seen_at_ms IS NULL',
  );
  return Number(row?.unseen ?? 0);
}

/** Newest first. */
export async function listFindings(
  db: Queryable,
  query: { readonly unseen: boolean; readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: Finding[]; nextCursor: string | null; unseen: number } | Refused> {
  const place = ownPlaceOf(query.cursor);
  if (place === null) return refuseField('cursor', 'not a cursor of this list');
  const rows = await db.query<Row>(
    `SELECT * FROM ${findings} WHERE (found_at_ms, id) < ($1, $2) AND (NOT $3::boolean OR seen_at_ms IS NULL)
     ORDER BY found_at_ms DESC, id DESC LIMIT $4`,
    [place.atMs, place.id, query.unseen, query.limit + 1],
  );
  const page = rows.slice(0, query.limit);
  const last = page.at(-1);
  const more = rows.length > query.limit && last !== undefined;
  return {
    items: page.map(findingOf),
    nextCursor: more ? `${last.found_at_ms}.${last.id}` : null,
    unseen: await countUnseen(db),
  };
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
  const [row] = await db.query<Row>(`SELECT * FROM ${findings} WHERE id = $1`, [id]);
  return row === undefined ? refuse('not_found') : findingOf(row);
}

function findingOf(row: Row): Finding {
  return Finding.parse({
    id: row.id,
    foundAt: new Date(Number(row.found_at_ms)).toISOString(),
    ...(row.seen_by === null ? {} : { seenBy: row.seen_by }),
    ...(row.seen_at_ms === null ? {} : { seenAt: new Date(Number(row.seen_at_ms)).toISOString() }),
    what: row.account_name === null ? row.what : { ...row.what, accountName: row.account_name },
  });
}
