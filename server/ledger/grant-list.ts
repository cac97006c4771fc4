/** Units that came in, over all accounts, newest first, for those who run the business. It reads alone. */
import { z } from 'zod';
import type { GrantRow } from '../../shared/api-office.ts';
import { cny } from '../../shared/assets.ts';
import type { Queryable } from '../database/database.ts';
import { pageOf, placeOf } from '../database/newest-first.ts';

export interface GrantsQuery {
  readonly accountId?: string | undefined;
  readonly asset?: string | undefined;
  readonly source?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

interface Row {
  readonly account_id: string;
  readonly account_name: string;
  readonly id: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly remaining: bigint;
  readonly source: string;
  readonly effective_at_ms: bigint;
  readonly expires_at_ms: bigint | null;
  readonly body: string | null;
}

const Noted = z.object({ note: z.string().optional() });

/** Null: not a cursor of this list. */
export async function readGrants(
  db: Queryable,
  { accountId, asset, source, cursor, limit }: GrantsQuery,
): Promise<{ items: GrantRow[]; nextCursor: string | null } | null> {
  const place = placeOf(cursor);
  if (place === null) return null;
  const found = await db.query<Row>(
    `SELECT g.account_id, a.name AS account_name, g.id, g.asset, g.amount, g.remaining, g.source, g.effective_at_ms,
       g.expires_at_ms, t.body
     FROM grants g JOIN accounts a ON a.id = g.account_id
       LEFT JOIN transactions t ON t.id = g.id AND t.account_id = g.account_id
     WHERE g.asset <> '${cny}' AND ($1::uuid IS NULL OR g.account_id = $1) AND ($2::text IS NULL OR g.asset = $2)
       AND ($3::text IS NULL OR g.source = $3) AND (g.effective_at_ms, g.id, g.account_id) < ($4, $5, $6)
     ORDER BY g.effective_at_ms DESC, g.id DESC, g.account_id DESC LIMIT $7`,
    [accountId ?? null, asset ?? null, source ?? null, place.atMs, place.id, place.accountId, limit + 1],
  );
  const { rows, nextCursor } = pageOf(found, limit, (row) => ({
    atMs: row.effective_at_ms,
    id: row.id,
    accountId: row.account_id,
  }));
  return { items: rows.map(served), nextCursor };
}

function served(row: Row): GrantRow {
  const note = row.body === null ? undefined : Noted.parse(JSON.parse(row.body)).note;
  return {
    id: row.id,
    accountId: row.account_id,
    accountName: row.account_name,
    asset: row.asset,
    amount: row.amount.toString(),
    remaining: row.remaining.toString(),
    source: row.source,
    grantedAt: instant(row.effective_at_ms),
    ...(row.expires_at_ms === null ? {} : { expiresAt: instant(row.expires_at_ms) }),
    ...(note === undefined ? {} : { note }),
  };
}

function instant(ms: bigint): string {
  return new Date(Number(ms)).toISOString();
}
