/** Prices: the book in force, what a campaign would cost, and publishing a new book. It moves no money. */
import type { FastifyInstance } from 'fastify';
import { quote } from '../../shared/rating.ts';
import { quoteUsage } from '../../shared/usage-rating.ts';
import type { Asking } from '../asking.ts';
import { priceBookInForce, priceBookVersions } from '../pricing/price-books.ts';
import type { Database } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { priceBooks } from '../published.ts';
import { refuse, refuseField, refuseUnpriced, type Refused } from '../ledger/refusal.ts';
import { publisher } from './publishing.ts';

const noPriceBook: Refused = refuse('not_found', { detail: 'No price book is in force yet.' });

export function registerPricingRoutes(
  app: FastifyInstance,
  deps: { readonly database: Database; readonly clock: () => number; readonly asking: Asking },
): void {
  const { database, clock } = deps;
  const publish = publisher(deps);

  registerEndpoint(app, 'pricing', async ({ request }) => {
    const book = await priceBookInForce(database, clock());
    if (book === null) return noPriceBook;
    // A version never changes, so its number is its tag.
    const etag = `"pricing-${book.version}"`;
    const headers = { etag, 'cache-control': 'private, no-cache' };
    if (isCurrent(request.headers['if-none-match'], etag)) return { status: 304, headers };
    return { status: 200, body: book, headers };
  });

  registerEndpoint(app, 'quote', async ({ body, caller }) => {
    const book = await priceBookInForce(database, clock());
    if (book === null) return noPriceBook;
    if ('usage' in body) {
      const quoted = quoteUsage(book, body);
      if (!('code' in quoted)) return { status: 200, body: quoted };
      return quoted.code === 'no_price'
        ? refuseUnpriced(body)
        : refuseField('usage.kind', `${body.platform} ${body.operation} is not priced by this`);
    }
    const quoted = quote(book, { ...body, memberLevel: caller.memberLevel });
    return 'code' in quoted ? refuseUnpriced(body, quoted.reason) : { status: 200, body: quoted };
  });

  registerEndpoint(app, 'putPricing', ({ body: { madeFrom, reason, ...content }, caller }) =>
    publish(priceBooks, content, { madeFrom, reason }, caller.accountId),
  );

  registerEndpoint(app, 'pricingVersions', async () => ({
    status: 200,
    body: { items: await priceBookVersions(database), nextCursor: null },
  }));
}

/** If-None-Match as RFC 9110 compares it: any of a list, weakly, or `*`. */
function isCurrent(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
