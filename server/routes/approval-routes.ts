/** What waits for a second person, over HTTP: reading it, and saying yes, no, or never mind. Nothing is decided here. */
import type { FastifyInstance } from 'fastify';
import type { Approval } from '../../shared/api-approvals.ts';
import { findApproval, readApprovals } from '../approvals/approvals.ts';
import { tellAbout, tellBefore } from '../audit/acts.ts';
import type { Queryable } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import type { Refused } from '../ledger/refusal.ts';
import type { SecondPerson } from '../second-person.ts';

export function registerApprovalRoutes(
  app: FastifyInstance,
  { database, second }: { readonly database: Queryable; readonly second: SecondPerson },
): void {
  registerEndpoint(app, 'approvals', async ({ query }) => {
    const page = await readApprovals(database, query);
    return 'refused' in page ? page : { status: 200, body: page };
  });

  registerEndpoint(app, 'approval', async ({ params }) => {
    const approval = await findApproval(database, params.id.toLowerCase());
    return 'refused' in approval ? approval : { status: 200, body: approval };
  });

  const decide = async (
    givenId: string,
    how: (id: string) => Promise<Approval | Refused>,
  ): Promise<{ status: 200; body: Approval } | Refused> => {
    const id = givenId.toLowerCase();
    const before = await findApproval(database, id);
    if ('refused' in before) return before;
    tellBefore(before);
    if (before.aboutId !== undefined) tellAbout(before.aboutId);
    const decided = await how(id);
    return 'refused' in decided ? decided : { status: 200, body: decided };
  };

  registerEndpoint(app, 'approveRequest', ({ params, caller }) =>
    decide(params.id, (id) => second.approve(id, caller.accountId)),
  );

  registerEndpoint(app, 'refuseRequest', ({ params, body, caller }) =>
    decide(params.id, (id) => second.refuse(id, caller.accountId, body.reason)),
  );

  registerEndpoint(app, 'withdrawRequest', ({ params, caller }) =>
    decide(params.id, (id) => second.withdraw(id, caller.accountId)),
  );
}
