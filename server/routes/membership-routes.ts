/** The caller's membership over HTTP: how it stands, buying it, a month more, a higher plan and its price. */
import type { FastifyInstance } from 'fastify';
import type { Queryable } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { refuse, refuseCursor, type Refused } from '../ledger/refusal.ts';
import { readMembers } from '../members/membership-list.ts';
import type { BoughtMembership, Memberships } from '../members/memberships.ts';

export function registerMembershipRoutes(
  app: FastifyInstance,
  deps: {
    readonly memberships: Memberships;
    readonly database: Queryable;
    readonly clock: () => number;
  },
): void {
  const { memberships, database, clock } = deps;

  registerEndpoint(app, 'members', async ({ query }) => {
    const page = await readMembers(database, query, clock());
    return page === null ? refuseCursor() : { status: 200, body: page };
  });

  registerEndpoint(app, 'membership', async ({ caller }) => {
    const membership = await memberships.read(caller.accountId);
    return membership === null ? refuse('not_found') : { status: 200, body: membership };
  });

  registerEndpoint(app, 'buyMembership', async ({ body, caller }) =>
    answer(await memberships.buy(caller.accountId, body)),
  );

  registerEndpoint(app, 'renewMembership', async ({ body, caller }) =>
    answer(await memberships.renew(caller.accountId, body)),
  );

  registerEndpoint(app, 'quoteUpgrade', async ({ query, caller }) => {
    const quote = await memberships.quoteUpgrade(caller.accountId, query.plan);
    return 'refused' in quote ? quote : { status: 200, body: quote };
  });

  registerEndpoint(app, 'upgradeMembership', async ({ body, caller }) =>
    answer(await memberships.upgrade(caller.accountId, body)),
  );
}

function answer(bought: BoughtMembership | Refused) {
  if ('refused' in bought) return bought;
  const { replayed, ...body } = bought;
  return replayed ? { status: 200 as const, body } : { status: 201 as const, body };
}
