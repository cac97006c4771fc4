/** Quotas over HTTP, and what finance grants. Each account sees and uses its own. */
import type { FastifyInstance } from 'fastify';
import { grantOf, type Asking } from '../asking.ts';
import { catalogueInForce } from '../catalogue/catalogues.ts';
import type { Queryable } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { findAccount } from '../identity/accounts.ts';
import { readGrants } from '../ledger/grant-list.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { refuse, refuseCursor } from '../ledger/refusal.ts';
import { beginWork, completeWork, failWork, readQuotas, readUnits } from '../quotas/quotas.ts';

export function registerQuotaRoutes(
  app: FastifyInstance,
  deps: {
    readonly database: Queryable;
    readonly clock: () => number;
    readonly ledger: Ledger;
    readonly asking: Asking;
  },
): void {
  const { database, clock, ledger, asking } = deps;
  const products = async () => (await catalogueInForce(database))?.products ?? [];

  registerEndpoint(app, 'quotas', async ({ caller }) => ({
    status: 200,
    body: { items: await readQuotas(ledger, caller.accountId, await products()) },
  }));

  registerEndpoint(app, 'units', async ({ caller }) => ({
    status: 200,
    body: { items: await readUnits(ledger, caller.accountId) },
  }));

  registerEndpoint(app, 'holdQuota', async ({ body, caller }) => {
    const product = (await products()).find(({ id }) => id === body.product) ?? null;
    const begun = await beginWork(ledger, caller.accountId, body, { product, nowMs: clock() });
    if ('refused' in begun) return begun;
    return { status: begun.replayed ? 200 : 201, body: begun.use };
  });

  registerEndpoint(app, 'completeQuota', async ({ params, caller }) => {
    const use = await completeWork(ledger, caller.accountId, params.id, clock());
    return 'refused' in use ? use : { status: 200, body: use };
  });

  registerEndpoint(app, 'failQuota', async ({ params, caller }) => {
    const use = await failWork(ledger, caller.accountId, params.id);
    return 'refused' in use ? use : { status: 200, body: use };
  });

  registerEndpoint(app, 'grants', async ({ query }) => {
    const page = await readGrants(database, query);
    return page === null ? refuseCursor() : { status: 200, body: page };
  });

  registerEndpoint(app, 'grant', async ({ body, caller }) => {
    if ((await findAccount(database, body.accountId)) === null)
      return refuse('not_found', { detail: 'There is no such account.' });
    const known = await ledger.getTransaction(body.accountId, body.id);
    const grant = grantOf(body, clock(), known !== null);
    if ('refused' in grant) return grant;
    const granted = await asking.grant(body, grant, caller.accountId);
    if ('refused' in granted || 'status' in granted) return granted;
    return { status: granted.replayed ? 200 : 201, body: granted.transaction };
  });
}
