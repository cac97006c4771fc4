/**
 * Accounts as those see them who run the business: a list over all of them, and one with all that it has. It reads what
 * others write, and changes nothing.
 */
import type { AccountDetail, AccountRow } from '../../shared/api-office.ts';
import type { Role } from '../../shared/api-words.ts';
import { assetText, cny } from '../../shared/assets.ts';
import { yuanText } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { ownPlaceOf } from '../database/newest-first.ts';
import { accountColumns, accountOf, emailIndexes, type AccountColumns } from './accounts.ts';

interface Row extends AccountColumns {
  readonly frozen: boolean;
  readonly created_at_ms: bigint;
  readonly balance: bigint;
  readonly held: bigint;
}

const columns = `${accountColumns}, a.frozen, a.created_at_ms, coalesce(w.balance, 0) AS balance,
  coalesce(w.held, 0) AS held`;
const withMoney = `accounts a LEFT JOIN wallets w ON w.account_id = a.id AND w.asset = '${cny}'`;

export interface AccountsQuery {
  /** A part of the name, or the whole address. */
  readonly text?: string | undefined;
  readonly role?: Role | undefined;
  readonly frozen?: boolean | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Newest first. The cursor is when the last one was made, and its id; null: it is none of this list. */
export async function readAccounts(
  db: Queryable,
  { text, role, frozen, cursor, limit }: AccountsQuery,
): Promise<{ items: AccountRow[]; nextCursor: string | null } | null> {
  const place = ownPlaceOf(cursor);
  if (place === null) return null;
  const sought = text?.trim() ?? '';
  const rows = await db.query<Row>(
    `SELECT ${columns} FROM ${withMoney}
     WHERE ($1 = '' OR position(lower($1) IN lower(a.name)) > 0 OR a.email_index = ANY ($2::text[]))
       AND ($3::text IS NULL OR a.role = $3) AND ($4::boolean IS NULL OR a.frozen = $4)
       AND (a.created_at_ms, a.id) < ($5, $6)
     ORDER BY a.created_at_ms DESC, a.id DESC LIMIT $7`,
    [sought, emailIndexes(db, sought), role ?? null, frozen ?? null, place.atMs, place.id, limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  return {
    items: page.map((row) => served(db, row)),
    nextCursor: more ? `${last.created_at_ms}.${last.id}` : null,
  };
}

/** Null when there is no such account. */
export async function readAccount(db: Queryable, accountId: string): Promise<AccountDetail | null> {
  const [row] = await db.query<Row>(`SELECT ${columns} FROM ${withMoney} WHERE a.id = $1`, [accountId]);
  if (row === undefined) return null;
  const wallets = await db.query<{ asset: string; balance: bigint; held: bigint }>(
    'SELECT asset, balance, held FROM wallets WHERE account_id = $1 ORDER BY asset',
    [accountId],
  );
  return {
    ...served(db, row),
    wallets: wallets.map(({ asset, balance, held }) => ({
      asset,
      balance: assetText(asset, balance),
      held: assetText(asset, held),
    })),
  };
}

function served(db: Pick<Queryable, 'keys'>, row: Row): AccountRow {
  return {
    ...accountOf(db, row),
    balance: yuanText(row.balance),
    held: yuanText(row.held),
    frozen: row.frozen,
    createdAt: new Date(Number(row.created_at_ms)).toISOString(),
  };
}
