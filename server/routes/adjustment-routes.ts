/** Finance's corrections over HTTP: asking for one, approving another's, and reading them. The ledger decides. */
import type { FastifyInstance } from 'fastify';
import type { Adjustment } from '../../shared/api.ts';
import type { Asking } from '../asking.ts';
import { tellAbout } from '../audit/acts.ts';
import { parseAssetUnits } from '../../shared/assets.ts';
import type { Queryable } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { findAccount } from '../identity/accounts.ts';
import type { AdjustmentDecision } from '../ledger/adjustments.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { refuse, refuseField, type Refused } from '../ledger/refusal.ts';

export function registerAdjustmentRoutes(
  app: FastifyInstance,
  deps: { readonly database: Queryable; readonly ledger: Ledger; readonly asking: Asking },
): void {
  const { database, ledger, asking } = deps;

  registerEndpoint(app, 'adjust', async ({ body, caller }) => {
    if ((await findAccount(database, body.accountId)) === null)
      return refuse('not_found', { detail: 'There is no such account.' });
    const amount = parseAssetUnits(body.asset, body.amount);
    if (amount === null) return refuseField('amount', 'must be whole units');
    const adjusted = await asking.adjust({ ...body, amount, askedBy: caller.accountId });
    if ('refused' in adjusted) return adjusted;
    const { adjustment, replayed, ...left } = adjusted;
    if (adjustment.state === 'waiting') return { status: 202, body: { ...adjustment, ...left } };
    return { status: replayed ? 200 : 201, body: adjustment };
  });

  /** The decision on the adjustment of this id, whose account the caller need not know. */
  const decide = async (
    givenId: string,
    by: string,
    how: (decision: AdjustmentDecision) => Promise<Adjustment | Refused>,
  ): Promise<{ status: 200; body: Adjustment } | Refused> => {
    const id = givenId.toLowerCase();
    const [accountId, ...others] = await ledger.accountsOfAdjustment(id);
    if (accountId === undefined) return refuse('not_found', { detail: 'There is no such adjustment.' });
    // Ids are made by callers, so two accounts may have one. Money is not moved on a guess.
    if (others.length > 0) return refuseField('id', 'several accounts have an adjustment of this id');
    tellAbout(accountId);
    const decided = await how({ accountId, id, by });
    return 'refused' in decided ? decided : { status: 200, body: decided };
  };

  registerEndpoint(app, 'approveAdjustment', ({ params, caller }) =>
    decide(params.id, caller.accountId, (decision) => ledger.approveAdjustment(decision)),
  );

  registerEndpoint(app, 'withdrawAdjustment', ({ params, caller }) =>
    decide(params.id, caller.accountId, (decision) => ledger.withdrawAdjustment(decision)),
  );

  registerEndpoint(app, 'adjustments', async ({ query }) => {
    const page = await ledger.listAdjustments(query);
    return 'refused' in page ? page : { status: 200, body: page };
  });
}
