/** Holds over HTTP. Each is the caller's own: another account's hold is not found, never forbidden. */
import type { FastifyInstance } from 'fastify';
import type { Ledger } from '../ledger/ledger.ts';
import { refuse } from '../ledger/refusal.ts';
import { registerEndpoint } from '../http/endpoint.ts';

export function registerHoldRoutes(app: FastifyInstance, { ledger }: { readonly ledger: Ledger }): void {
  registerEndpoint(app, 'createHold', async ({ body, caller }) => {
    const placed = await ledger.createHold(caller.accountId, body);
    if ('refused' in placed) return placed;
    return { status: placed.replayed ? 200 : 201, body: placed.hold };
  });

  registerEndpoint(app, 'holds', async ({ query, caller }) => {
    const page = await ledger.listHolds(caller.accountId, query);
    return 'refused' in page ? page : { status: 200, body: page };
  });

  registerEndpoint(app, 'hold', async ({ params, caller }) => {
    const hold = await ledger.getHold(caller.accountId, params.id);
    return hold === null ? refuse('not_found') : { status: 200, body: hold };
  });

  registerEndpoint(app, 'extendHold', async ({ params, body, caller }) => {
    const hold = await ledger.extendHold(caller.accountId, params.id, body.expiresInSeconds);
    return 'refused' in hold ? hold : { status: 200, body: hold };
  });

  registerEndpoint(app, 'releaseHold', async ({ params, caller }) => {
    const hold = await ledger.releaseHold(caller.accountId, params.id);
    return 'refused' in hold ? hold : { status: 200, body: hold };
  });
}
