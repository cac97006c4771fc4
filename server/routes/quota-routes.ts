/** Quotas over HTTP, and what finance grants. Each account sees and uses its own. */
import type { FastifyInstance } from 'fastify';
import { lifeMsDefault } from '../../shared/assets.ts';
import { catalogueInForce } from '../catalogue/catalogues.ts';
import type { Queryable } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { findAccount } from '../identity/accounts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { refuse, refuseField } from '../ledger/refusal.ts';
import { beginWork, completeWork, failWork, readQuotas, readUnits } from '../quotas/quotas.ts';

export function registerQuotaRoutes(
  app: FastifyInstance,
  deps: { readonly database: Queryable; readonly clock: () => number; readonly ledger: Ledger },
): void {
  const { database, clock, ledger } = deps;
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

  registerEndpoint(app, 'grant', async ({ body }) => {
    const { accountId, asset, amount, source, expiresAt, note } = body;
    if ((await findAccount(database, accountId)) === null)
      return refuse('not_found', { detail: 'There is no such account.' });
    const nowMs = clock();
    const life = lifeMsDefault(asset);
    const expiresAtMs = expiresAt === undefined ? life && nowMs + life : Date.parse(expiresAt);
    // One that was granted in time is answered again however late it is asked for.
    const known = await ledger.getTransaction(accountId, body.id);
    if (known === null && expiresAtMs !== null && expiresAtMs <= nowMs)
      return refuseField('expiresAt', 'is over already');
    const granted = await ledger.grant({
      id: body.id,
      accountId,
      asset,
      amount: BigInt(amount),
      source,
      content: { asset, amount, source, expiresAt, note },
      ...(note === undefined ? {} : { note }),
      ...(expiresAtMs === null ? {} : { expiresAtMs }),
      occurredAtMs: nowMs,
    });
    if ('refused' in granted) return granted;
    return { status: granted.replayed ? 200 : 201, body: granted.transaction };
  });
}
