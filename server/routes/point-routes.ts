/** Points over HTTP: what they stand at, what work would cost, what it did cost. Each account its own. */
import type { FastifyInstance } from 'fastify';
import type { Queryable } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { estimatePoints, point, readPoints, usePoints } from '../points/points.ts';
import { priceBookInForce } from '../pricing/price-books.ts';

export function registerPointRoutes(
  app: FastifyInstance,
  deps: { readonly database: Queryable; readonly clock: () => number; readonly ledger: Ledger },
): void {
  const { database, clock, ledger } = deps;

  registerEndpoint(app, 'points', async ({ caller }) => ({
    status: 200,
    body: await readPoints(ledger, caller.accountId),
  }));

  registerEndpoint(app, 'pointTransactions', async ({ query, caller }) => {
    const page = await ledger.unitTransactions(caller.accountId, point, query);
    return 'refused' in page ? page : { status: 200, body: page };
  });

  registerEndpoint(app, 'estimatePoints', async ({ body, caller }) => {
    const book = await priceBookInForce(database, clock());
    const estimate = await estimatePoints(ledger, caller.accountId, body, book);
    return 'refused' in estimate ? estimate : { status: 200, body: estimate };
  });

  registerEndpoint(app, 'usePoints', async ({ body, caller }) => {
    const nowMs = clock();
    const book = await priceBookInForce(database, nowMs);
    const used = await usePoints(ledger, caller.accountId, body, { book, nowMs });
    if ('refused' in used) return used;
    return { status: used.replayed ? 200 : 201, body: used.transaction };
  });
}
