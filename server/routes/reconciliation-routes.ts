/** Reconciliation over HTTP: days, their differences, and what finance makes of them. Nothing is decided here. */
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
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
      const begun = await reconciling.begin(body.source, body.day);
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

  registerEndpoint(app, 'explainDifference', async ({ params, body, caller }) =>
    answer(await reconciling.explain(params.id, { accountId: caller.accountId, reason: body.reason })),
  );

  registerEndpoint(app, 'proposeForDifference', async ({ params, body, caller }) =>
    answer(await reconciling.propose(params.id, { ...body, askedBy: caller.accountId })),
  );

  registerEndpoint(app, 'approveForDifference', async ({ params, caller }) =>
    answer(await reconciling.approve(params.id, caller.accountId)),
  );

  registerEndpoint(app, 'withdrawForDifference', async ({ params, caller }) =>
    answer(await reconciling.withdraw(params.id, caller.accountId)),
  );
}

async function sayFailure(ended: Promise<unknown>, log: FastifyBaseLogger): Promise<void> {
  const problem = await ended;
  if (problem !== null) log.error({ err: problem }, 'a reconciliation failed');
}

function answer(decided: Difference | Refused): { status: 200; body: Difference } | Refused {
  return 'refused' in decided ? decided : { status: 200, body: decided };
}
