/** Metering over HTTP: the catalogue of models and products, checks before calls, and usages after them. */
import type { FastifyInstance } from 'fastify';
import type { UsageResult } from '../../shared/api-metering.ts';
import type { Asking } from '../asking.ts';
import type { Database } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { problemOf } from '../http/problems.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { meteringCatalogues } from '../published.ts';
import { refuse, refuseCursor } from '../ledger/refusal.ts';
import { meteringCatalogueInForce, meteringCatalogueVersions } from '../metering/metering-catalogues.ts';
import { Metering, type UsageOutcome } from '../metering/metering.ts';
import { publisher } from './publishing.ts';

export function registerMeteringRoutes(
  app: FastifyInstance,
  deps: {
    readonly database: Database;
    readonly clock: () => number;
    readonly ledger: Ledger;
    readonly asking: Asking;
  },
): void {
  const { database } = deps;
  const publish = publisher(deps);
  const metering = new Metering(deps);

  registerEndpoint(app, 'meteringCatalogue', async () => {
    const catalogue = await meteringCatalogueInForce(database);
    if (catalogue === null) return refuse('not_found', { detail: 'No models are priced yet.' });
    return { status: 200, body: catalogue };
  });

  registerEndpoint(app, 'putMeteringCatalogue', ({ body: { madeFrom, reason, ...content }, caller }) =>
    publish(meteringCatalogues, content, { madeFrom, reason }, caller.accountId),
  );

  registerEndpoint(app, 'meteringCatalogueVersions', async ({ query }) => {
    const page = await meteringCatalogueVersions(database, query);
    return page === null ? refuseCursor() : { status: 200, body: page };
  });

  registerEndpoint(app, 'meteringCheck', async ({ body, caller }) => {
    const check = await metering.check(caller.accountId, body.product);
    return 'refused' in check ? check : { status: 200, body: check };
  });

  registerEndpoint(app, 'recordUsage', async ({ body, caller }) => {
    const [outcome] = await metering.record(caller.accountId, [body]);
    if (outcome === undefined) throw new Error('a usage has no outcome');
    if (outcome.status === 'rejected') return outcome;
    return { status: outcome.status === 'replayed' ? 200 : 201, body: outcome.usage };
  });

  registerEndpoint(app, 'recordUsages', async ({ body, caller, traceId }) => {
    const outcomes = await metering.record(caller.accountId, body.usages);
    const results = outcomes.map((outcome, index) =>
      resultOf(body.usages[index]?.id ?? '', outcome, traceId),
    );
    return { status: 200, body: { results } };
  });

  registerEndpoint(app, 'usages', async ({ query, caller }) => {
    const page = await metering.list(caller.accountId, query);
    return 'refused' in page ? page : { status: 200, body: page };
  });

  registerEndpoint(app, 'usageDetail', async ({ params, caller }) => {
    const detail = await metering.detail(caller.accountId, params.id);
    return detail === null ? refuse('not_found') : { status: 200, body: detail };
  });

  registerEndpoint(app, 'usageTotals', async ({ query, caller }) => ({
    status: 200,
    body: await metering.totals(caller.accountId, query.month),
  }));

  registerEndpoint(app, 'meteringWarnings', async () => ({
    status: 200,
    body: { items: await metering.warnings() },
  }));
}

function resultOf(id: string, outcome: UsageOutcome, traceId: string): UsageResult {
  return outcome.status === 'rejected'
    ? { id, status: 'rejected', problem: problemOf(outcome.refused, traceId) }
    : { id, status: outcome.status, usage: outcome.usage };
}
