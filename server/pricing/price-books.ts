/**
 * Price books: every version that was published and which one is in force; the only writer of `price_books`. A
 * version is never edited: a charge names the version it was priced with, and that must stay readable.
 */
import { PriceBook } from '../../shared/api-prices.ts';
import type { Queryable } from '../database/database.ts';
import { takeTurn } from '../database/versions.ts';

export type PriceBookContent = Pick<PriceBook, 'stacking' | 'prices' | 'memberDiscounts' | 'usagePrices'>;

/** The most versions that one listing carries. */
export const priceBookVersionsMax = 1_000;

interface BookRow {
  readonly version: number;
  readonly body: string;
}

/**
 * The book in force at `nowMs`, or null before the first. A book takes force as a whole, when the last of its
 * prices does, and never before it was published.
 */
export async function priceBookInForce(db: Queryable, nowMs: number): Promise<PriceBook | null> {
  const [row] = await db.query<BookRow>(
    `SELECT version, body FROM price_books WHERE effective_at_ms <= $1
     ORDER BY effective_at_ms DESC, version DESC LIMIT 1`,
    [nowMs],
  );
  return row === undefined ? null : bookOf(row);
}

/** Every version, newest first. */
export async function priceBookVersions(db: Queryable): Promise<PriceBook[]> {
  const rows = await db.query<BookRow>(
    'SELECT version, body FROM price_books ORDER BY version DESC LIMIT $1',
    [priceBookVersionsMax],
  );
  return rows.map(bookOf);
}

/** Adds the next version, in the caller's transaction. The content has passed `priceBookProblems`. */
export async function publishPriceBook(
  tx: Queryable,
  content: PriceBookContent,
  by: { readonly accountId: string | null; readonly nowMs: number },
): Promise<PriceBook> {
  const { accountId, nowMs } = by;
  const priced = [...content.prices, ...(content.usagePrices ?? [])];
  const effectiveAtMs = Math.max(nowMs, ...priced.map((price) => Date.parse(price.effectiveAt)));
  const version = (await takeTurn(tx, 'price_books')) + 1;
  const book: PriceBook = {
    version,
    updatedAt: new Date(nowMs).toISOString(),
    stacking: content.stacking,
    prices: content.prices,
    memberDiscounts: content.memberDiscounts,
    ...(content.usagePrices === undefined ? {} : { usagePrices: content.usagePrices }),
  };
  await tx.query(
    `INSERT INTO price_books (version, effective_at_ms, published_at_ms, published_by, body)
     VALUES ($1, $2, $3, $4, $5)`,
    [book.version, effectiveAtMs, nowMs, accountId, JSON.stringify(book)],
  );
  return book;
}

/** Versions never change, so each is parsed once a process. */
const parsed = new Map<string, PriceBook>();
const parsedMax = 100;

function bookOf(row: BookRow): PriceBook {
  const known = parsed.get(row.body);
  if (known !== undefined) return known;
  const book = PriceBook.parse(JSON.parse(row.body));
  if (parsed.size >= parsedMax) parsed.clear();
  parsed.set(row.body, book);
  return book;
}
