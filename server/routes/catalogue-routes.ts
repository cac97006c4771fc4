/** What is sold, over HTTP: the catalogue, publishing another, and buying a package of it. */
import type { FastifyInstance } from 'fastify';
import type { Asking } from '../asking.ts';
import { buyPackage } from '../catalogue/packages.ts';
import { catalogueInForce, catalogueVersions } from '../catalogue/catalogues.ts';
import type { Database } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { catalogues } from '../published.ts';
import { refuse, refuseCursor } from '../ledger/refusal.ts';
import { publisher } from './publishing.ts';

export function registerCatalogueRoutes(
  app: FastifyInstance,
  deps: {
    readonly database: Database;
    readonly clock: () => number;
    readonly ledger: Ledger;
    readonly asking: Asking;
  },
): void {
  const { database, ledger } = deps;
  const publish = publisher(deps);

  registerEndpoint(app, 'catalogue', async () => {
    const catalogue = await catalogueInForce(database);
    if (catalogue === null) return refuse('not_found', { detail: 'No catalogue is in force yet.' });
    return { status: 200, body: catalogue };
  });

  registerEndpoint(app, 'putCatalogue', ({ body: { madeFrom, reason, ...content }, caller }) =>
    publish(catalogues, content, { madeFrom, reason }, caller.accountId),
  );

  registerEndpoint(app, 'catalogueVersions', async ({ query }) => {
    const page = await catalogueVersions(database, query);
    return page === null ? refuseCursor() : { status: 200, body: page };
  });

  registerEndpoint(app, 'buyPackage', async ({ params, body, caller }) => {
    const catalogue = await catalogueInForce(database);
    const sold = catalogue?.packages.find(({ id }) => id === params.package) ?? null;
    const purchase = { ...body, package: params.package };
    const bought = await buyPackage(ledger, caller.accountId, purchase, sold);
    if ('refused' in bought) return bought;
    const { replayed, ...what } = bought;
    return { status: replayed ? 200 : 201, body: what };
  });
}
