/**
 * Providers, models, their prices and the products that call them: every version that was published, and the one in
 * force; the only writer of `metering_catalogues`. A version is never edited: a charge names the one that it was
 * priced by.
 */
import { MeteringCatalogue, type MeteringContent, type ModelPrice } from '../../shared/api-metering.ts';
import type { UsagePrice } from '../../shared/api-prices.ts';
import { cny } from '../../shared/assets.ts';
import { usagePriceProblems } from '../../shared/usage-rating.ts';
import type { Queryable } from '../database/database.ts';
import { takeTurn } from '../database/versions.ts';

type Problem = { path: string; message: string };

/** What charges for calls say that they are of. */
export const callOperation = 'ai_call';

/** The last one that was published, or null before the first. */
export async function meteringCatalogueInForce(db: Queryable): Promise<MeteringCatalogue | null> {
  const [row] = await db.query<{ body: string }>(
    'SELECT body FROM metering_catalogues ORDER BY version DESC LIMIT 1',
  );
  if (row === undefined) return null;
  // Versions never change, so the last is parsed once a process.
  if (row.body !== parsed?.body)
    parsed = { body: row.body, catalogue: MeteringCatalogue.parse(JSON.parse(row.body)) };
  return parsed.catalogue;
}

let parsed: { readonly body: string; readonly catalogue: MeteringCatalogue } | undefined;

/** Every version, newest first. The cursor is the last one's number; null: it is none of this list. */
export async function meteringCatalogueVersions(
  db: Queryable,
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
): Promise<{ items: MeteringCatalogue[]; nextCursor: string | null } | null> {
  if (cursor !== undefined && !/^\d{1,9}$/.test(cursor)) return null;
  const rows = await db.query<{ body: string }>(
    'SELECT body FROM metering_catalogues WHERE $1::integer IS NULL OR version < $1 ORDER BY version DESC LIMIT $2',
    [cursor ?? null, limit + 1],
  );
  const items = rows.slice(0, limit).map(({ body }) => MeteringCatalogue.parse(JSON.parse(body)));
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? String(last.version) : null };
}

/** Adds the next version, in the caller's transaction. The content has passed `meteringProblems`. */
export async function publishMeteringCatalogue(
  tx: Queryable,
  { providers, models, prices, products }: MeteringContent,
  by: { readonly accountId: string | null; readonly nowMs: number },
): Promise<MeteringCatalogue> {
  const version = (await takeTurn(tx, 'metering_catalogues')) + 1;
  const publishedAt = new Date(by.nowMs).toISOString();
  const catalogue: MeteringCatalogue = { version, publishedAt, providers, models, prices, products };
  await tx.query(
    'INSERT INTO metering_catalogues (version, published_at_ms, published_by, body) VALUES ($1, $2, $3, $4)',
    [version, by.nowMs, by.accountId, JSON.stringify(catalogue)],
  );
  return catalogue;
}

/** The price of a model at a time: the last of those whose time has come. */
export function modelPriceAt(
  { prices }: Pick<MeteringCatalogue, 'prices'>,
  model: string,
  atMs: number,
): ModelPrice | null {
  let found: ModelPrice | null = null;
  for (const price of prices) {
    if (price.model !== model || Date.parse(price.effectiveAt) > atMs) continue;
    if (found === null || price.effectiveAt > found.effectiveAt) found = price;
  }
  return found;
}

/** The price as the rating engine takes it, for a product that is paid with money. */
export function usagePriceOf(
  product: string,
  { effectiveAt, per, inputPrice, outputPrice, minimum }: ModelPrice,
): Extract<UsagePrice, { strategy: 'tokens' }> {
  return {
    platform: product,
    operation: callOperation,
    asset: cny,
    effectiveAt,
    strategy: 'tokens',
    per,
    inputPrice,
    outputPrice,
    ...(minimum === undefined ? {} : { minimum }),
  };
}

/** What a schema cannot check: names that stand twice or that nothing stands for, and amounts that cannot be written. */
export function meteringProblems(content: MeteringContent): Problem[] {
  const { providers, models, prices, products } = content;
  return [
    ...twice('providers', ids(providers)),
    ...twice('models', ids(models)),
    ...twice('products', ids(products)),
    ...twice(
      'prices',
      prices.map(({ model, effectiveAt }) => `${model} from ${effectiveAt}`),
    ),
    ...unknown('models', 'provider', models, ids(providers)),
    ...unknown('prices', 'model', prices, ids(models)),
    ...unknown('products', 'model', products, ids(models)),
    ...prices.flatMap((price, index) =>
      usagePriceProblems(usagePriceOf('any', price)).map(({ field, message }) => ({
        path: `prices.${index}.${field}`,
        message,
      })),
    ),
    ...products.flatMap(({ paidBy }, index) => paidByProblems(`products.${index}.paidBy`, paidBy)),
  ];
}

function ids(items: readonly { readonly id: string }[]): string[] {
  return items.map(({ id }) => id);
}

function twice(path: string, names: readonly string[]): Problem[] {
  const seen = new Set<string>();
  return names.flatMap((name, index) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    return [{ path: `${path}.${index}`, message: `${name} is there twice` }];
  });
}

function unknown<K extends string>(
  path: string,
  field: K,
  items: readonly Readonly<Record<K, string>>[],
  known: readonly string[],
): Problem[] {
  const names = new Set(known);
  return items.flatMap((item, index) =>
    names.has(item[field])
      ? []
      : [{ path: `${path}.${index}.${field}`, message: `there is no ${field} ${item[field]}` }],
  );
}

function paidByProblems(path: string, paidBy: readonly string[]): Problem[] {
  const money = paidBy.indexOf(cny);
  const notLast = money !== -1 && money !== paidBy.length - 1;
  // Money always suffices, if need be as what is owed: what came after it would never pay.
  return [...twice(path, paidBy), ...(notLast ? [{ path, message: 'money comes last' }] : [])];
}
