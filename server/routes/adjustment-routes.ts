/** Finance's corrections over HTTP: asking for one, approving another's, and reading them. The ledger decides. */
import type { FastifyInstance } from 'fastify';
import { yuan } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { findAccount } from '../identity/accounts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { refuse, refuseField } from '../ledger/refusal.ts';

export function registerAdjustmentRoutes(
  app: FastifyInstance,
  { database, ledger }: { readonly database: Queryable; readonly ledger: Ledger },
): void {
  registerEndpoint(app, 'adjust', async ({ body, caller }) => {
    if ((await findAccount(database, body.accountId)) === null)
      return refuse('not_found', { detail: 'There is no such account.' });
    const request = { ...body, amount: yuan(body.amount), askedBy: caller.accountId };
    const adjusted = await ledger.adjust(request);
    if ('refused' in adjusted) return adjusted;
    const { adjustment, replayed } = adjusted;
    if (adjustment.state === 'waiting') return { status: 202, body: adjustment };
    return { status: replayed ? 200 : 201, body: adjustment };
  });

  registerEndpoint(app, 'approveAdjustment', async ({ params, caller }) => {
    const id = params.id.toLowerCase();
    const [accountId, ...others] = await ledger.accountsOfAdjustment(id);
    if (accountId === undefined) return refuse('not_found', { detail: 'There is no such adjustment.' });
    // Ids are made by callers, so two accounts may have one. Money is not moved on a guess.
    if (others.length > 0) return refuseField('id', 'several accounts have an adjustment of this id');
    const approved = await ledger.approveAdjustment({ accountId, id, approvedBy: caller.accountId });
    return 'refused' in approved ? approved : { status: 200, body: approved };
  });

  registerEndpoint(app, 'adjustments', async ({ query }) => {
    const page = await ledger.listAdjustments(query);
    return 'refused' in page ? page : { status: 200, body: page };
  });
}
