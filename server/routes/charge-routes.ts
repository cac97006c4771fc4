/** Charges and refunds over HTTP: what the ledger answers, with its status. Nothing about money is decided here. */
import type { FastifyInstance } from 'fastify';
import type { ChargeResult } from '../../shared/api.ts';
import type { Asking } from '../asking.ts';
import { tellAbout } from '../audit/acts.ts';
import { parseAssetUnits } from '../../shared/assets.ts';
import type { ChargeOutcome } from '../ledger/charges.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { refuse, refuseField } from '../ledger/refusal.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { problemOf } from '../http/problems.ts';

/** A desk replays its whole outbox after a long time offline; the limit is there for programs that run wild. */
const chargeRequestsPerMinuteMax = 1_200_000;

export function registerChargeRoutes(
  app: FastifyInstance,
  { ledger, asking }: { readonly ledger: Ledger; readonly asking: Asking },
): void {
  const generous = { requestsPerMinuteMax: chargeRequestsPerMinuteMax };

  registerEndpoint(
    app,
    'charge',
    async ({ body, caller }) => {
      const outcome = await ledger.charge(caller.accountId, body);
      if (outcome.status === 'rejected') return outcome;
      return { status: outcome.status === 'replayed' ? 200 : 201, body: outcome.charge };
    },
    generous,
  );

  registerEndpoint(
    app,
    'chargeBatch',
    async ({ body, caller, traceId }) => {
      const outcomes = await ledger.chargeBatch(caller.accountId, body.charges);
      const results = outcomes.map((outcome, index) =>
        resultOf(body.charges[index]?.id ?? '', outcome, traceId),
      );
      return { status: 200, body: { results, balance: await ledger.balance(caller.accountId) } };
    },
    generous,
  );

  registerEndpoint(app, 'getCharge', async ({ params, caller }) => {
    const charge = await ledger.getCharge(caller.accountId, params.id);
    return charge === null ? refuse('not_found') : { status: 200, body: charge };
  });

  registerEndpoint(app, 'refund', async ({ body, caller }) => {
    const { amount } = body;
    const [found, ...others] = await ledger.accountsOfCharge(body.chargeId);
    if (found === undefined) return refuse('not_found', { detail: 'There is no such charge.' });
    // Ids are made by callers, so two accounts may have one. Money is not moved on a guess.
    if (others.length > 0) return refuseField('chargeId', 'several accounts have a charge of this id');
    tellAbout(found.accountId);
    const units = amount === undefined ? undefined : parseAssetUnits(found.asset, amount);
    if (units === null) return refuseField('amount', `${found.asset} has whole units only`);
    const posted = await asking.refund({ ...body, ...found }, { askedBy: caller.accountId, units });
    if ('refused' in posted || 'status' in posted) return posted;
    return { status: posted.replayed ? 200 : 201, body: posted.transaction };
  });
}

function resultOf(id: string, outcome: ChargeOutcome, traceId: string): ChargeResult {
  return outcome.status === 'rejected'
    ? { id, status: 'rejected', problem: problemOf(outcome.refused, traceId) }
    : { id, status: outcome.status, charge: outcome.charge };
}
