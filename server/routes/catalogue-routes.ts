/** What is sold, over HTTP: the catalogue, publishing another, and buying a package of it. */
import type { FastifyInstance } from 'fastify';
import { tellBefore } from '../audit/acts.ts';
import { buyPackage } from '../catalogue/packages.ts';
import {
  catalogueInForce,
  catalogueProblems,
  catalogueVersions,
  publishCatalogue,
} from '../catalogue/catalogues.ts';
import type { Database } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Asking } from '../second-person.ts';
import { refuse, refuseCursor } from '../ledger/refusal.ts';

export function registerCatalogueRoutes(
  app: FastifyInstance,
  deps: {
    readonly database: Database;
    readonly clock: () => number;
    readonly ledger: Ledger;
    readonly asking: Asking;
  },
): void {
  const { database, clock, ledger, asking } = deps;

  registerEndpoint(app, 'catalogue', async () => {
    const catalogue = await catalogueInForce(database);
    if (catalogue === null) return refuse('not_found', { detail: 'No catalogue is in force yet.' });
    return { status: 200, body: catalogue };
  });

  registerEndpoint(app, 'putCatalogue', async ({ body, caller }) => {
    const problems = catalogueProblems(body);
    if (problems.length > 0) return refuse('validation_failed', { errors: problems });
    const waits = await asking.prices('putCatalogue', body, caller.accountId);
    if (waits !== null) return waits;
    const by = { accountId: caller.accountId, nowMs: clock() };
    const catalogue = await database.transaction(async (tx) => {
      tellBefore(await catalogueInForce(tx));
      return publishCatalogue(tx, body, by);
    });
    return { status: 200, body: catalogue };
  });

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
