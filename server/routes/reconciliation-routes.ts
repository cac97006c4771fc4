/** Reconciliation over HTTP: days, their differences, and what finance makes of them. Nothing is decided here. */
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { besideAct, tellAbout, tellBefore } from '../audit/acts.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import type { Refused } from '../ledger/refusal.ts';
import type { Difference } from '../../shared/api-reconciliation.ts';
import type { Reconciling } from '../reconciliation/reconciling.ts';

/** Each fetches bills of WeChat, which has limits of its own. */
const runsPerMinuteMax = 30;

export function registerReconciliationRoutes(
  app: FastifyInstance,
  { reconciling }: { readonly reconciling: Reconciling },
): void {
  registerEndpoint(app, 'reconciliationDays', async ({ query }) => {
    const page = await reconciling.days(query);
    return 'refused' in page ? page : { status: 200, body: page };
  });

  registerEndpoint(
    app,
    'runReconciliation',
    async ({ body, request }) => {
      tellBefore(await reconciling.day(body.source, body.day));
      const begun = await reconciling.begin(body.source, body.day, besideAct);
      if ('refused' in begun) return begun;
      // A large day takes minutes; whoever asked reads the day again.
      void sayFailure(begun.ended, request.log);
      return { status: 202, body: begun.day };
    },
    { requestsPerMinuteMax: runsPerMinuteMax },
  );

  registerEndpoint(app, 'reconciliationDifferences', async ({ query }) => {
    const page = await reconciling.differences(query);
    return 'refused' in page ? page : { status: 200, body: page };
  });

  /** The audit log has what it was like before, and whose money it is about. */
  const decide = async (
    id: string,
    how: () => Promise<Difference | Refused>,
  ): Promise<{ status: 200; body: Difference } | Refused> => {
    const before = await reconciling.difference(id);
    tellBefore(before);
    if (before?.accountId !== undefined) tellAbout(before.accountId);
    const decided = await how();
    return 'refused' in decided ? decided : { status: 200, body: decided };
  };

  registerEndpoint(app, 'explainDifference', ({ params, body, caller }) =>
    decide(params.id, () =>
      reconciling.explain(params.id, { accountId: caller.accountId, reason: body.reason }),
    ),
  );

  registerEndpoint(app, 'proposeForDifference', ({ params, body, caller }) =>
    decide(params.id, () => reconciling.propose(params.id, { ...body, askedBy: caller.accountId })),
  );

  registerEndpoint(app, 'approveForDifference', ({ params, caller }) =>
    decide(params.id, () => reconciling.approve(params.id, caller.accountId)),
  );

  registerEndpoint(app, 'withdrawForDifference', ({ params, caller }) =>
    decide(params.id, () => reconciling.withdraw(params.id, caller.accountId)),
  );
}

async function sayFailure(ended: Promise<unknown>, log: FastifyBaseLogger): Promise<void> {
  const problem = await ended;
  if (problem !== null) log.error({ err: problem }, 'a reconciliation failed');
}
