/** Memberships of all accounts, the last begun first, for those who run the business. It reads alone. */
import type { MemberRow } from '../../shared/api-office.ts';
import type { Membership } from '../../shared/api-selling.ts';
import type { Queryable } from '../database/database.ts';
import { pageOf, placeOf } from '../database/newest-first.ts';
import { columns, rowOf, type Stored } from './membership-rows.ts';
import { served } from './membership-terms.ts';

export interface MembersQuery {
  readonly state?: Membership['state'] | undefined;
  readonly accountId?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

interface Row extends Stored {
  readonly account_id: string;
  readonly account_name: string;
  readonly time_zone: string;
}

/** Null: not a cursor of this list. */
export async function readMembers(
  db: Queryable,
  { state, accountId, cursor, limit }: MembersQuery,
  nowMs: number,
): Promise<{ items: MemberRow[]; nextCursor: string | null } | null> {
  const place = placeOf(cursor);
  if (place === null) return null;
  const found = await db.query<Row>(
    `SELECT ${columns
      .split(',')
      .map((column) => `m.${column.trim()}`)
      .join(', ')}, m.account_id, a.name AS account_name, a.time_zone
     FROM memberships m JOIN accounts a ON a.id = m.account_id
     WHERE ($1::text IS NULL OR $1 = CASE
         WHEN m.state = 'ended' OR m.ends_at_ms + (m.plan->>'graceDays')::bigint * 86400000 <= $2 THEN 'ended'
         WHEN m.ends_at_ms <= $2 THEN 'grace'
         ELSE 'active' END)
       AND ($3::uuid IS NULL OR m.account_id = $3)
       AND (m.begins_at_ms, m.id, m.account_id) < ($4, $5, $6)
     ORDER BY m.begins_at_ms DESC, m.id DESC, m.account_id DESC LIMIT $7`,
    [state ?? null, nowMs, accountId ?? null, place.atMs, place.id, place.accountId, limit + 1],
  );
  const { rows, nextCursor } = pageOf(found, limit, (row) => ({
    atMs: row.begins_at_ms,
    id: row.id,
    accountId: row.account_id,
  }));
  const items = rows.map((row) => ({
    accountId: row.account_id,
    accountName: row.account_name,
    months: row.months,
    membership: served(rowOf(row), nowMs, row.time_zone),
  }));
  return { items, nextCursor };
}
