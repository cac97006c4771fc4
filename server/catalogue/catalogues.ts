/**
 * Catalogues: every version of products, packages and plans that was published, and the one in force; the only writer
 * of `catalogues`. A version is never edited: what was bought by it must stay readable.
 */
import { Catalogue, type CatalogueContent } from '../../shared/api-selling.ts';
import type { Queryable } from '../database/database.ts';
import { takeTurn } from '../database/versions.ts';

/** The last one that was published, or null before the first. */
export async function catalogueInForce(db: Queryable): Promise<Catalogue | null> {
  const [row] = await db.query<{ body: string }>('SELECT body FROM catalogues ORDER BY version DESC LIMIT 1');
  return row === undefined ? null : Catalogue.parse(JSON.parse(row.body));
}

/** Every version, newest first. The cursor is the last one's number; null: it is none of this list. */
export async function catalogueVersions(
  db: Queryable,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: Catalogue[]; nextCursor: string | null } | null> {
  if (cursor !== undefined && !/^\d{1,9}$/.test(cursor)) return null;
  const rows = await db.query<{ body: string }>(
    'SELECT body FROM catalogues WHERE $1::integer IS NULL OR version < $1 ORDER BY version DESC LIMIT $2',
    [cursor ?? null, limit + 1],
  );
  const items = rows.slice(0, limit).map(({ body }) => Catalogue.parse(JSON.parse(body)));
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? String(last.version) : null };
}

/** Adds the next version, in the caller's transaction. The content has passed `catalogueProblems`. */
export async function publishCatalogue(
  tx: Queryable,
  { products, packages, plans }: CatalogueContent,
  by: { readonly accountId: string | null; readonly nowMs: number },
): Promise<Catalogue> {
  const version = (await takeTurn(tx, 'catalogues')) + 1;
  const publishedAt = new Date(by.nowMs).toISOString();
  const catalogue: Catalogue = { version, publishedAt, products, packages, plans };
  await tx.query(
    'INSERT INTO catalogues (version, published_at_ms, published_by, body) VALUES ($1, $2, $3, $4)',
    [version, by.nowMs, by.accountId, JSON.stringify(catalogue)],
  );
  return catalogue;
}

/** What a schema cannot check: names that stand twice, and what is neither given nor bought. */
export function catalogueProblems(content: CatalogueContent): { path: string; message: string }[] {
  return [
    ...twice(
      'products',
      content.products.map(({ id }) => id),
    ),
    ...twice(
      'packages',
      content.packages.map(({ id }) => id),
    ),
    ...twice(
      'plans',
      content.plans.map(({ id }) => id),
    ),
    ...content.plans.flatMap(({ quotas }, index) =>
      twice(
        `plans.${index}.quotas`,
        quotas.map(({ asset }) => asset),
      ),
    ),
  ];
}

function twice(path: string, names: readonly string[]): { path: string; message: string }[] {
  return names.flatMap((name, index) =>
    names.indexOf(name) === index ? [] : [{ path: `${path}.${index}`, message: `${name} is there twice` }],
  );
}
