/** Personal data over HTTP, for an administrator: all that is held about an account, and forgetting whose it is. */
import type { FastifyInstance } from 'fastify';
import { tellAbout } from '../audit/acts.ts';
import type { Database } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { refuse } from '../ledger/refusal.ts';
import { erasePersonalData, readPersonalData } from '../personal-data.ts';

export function registerPersonalRoutes(
  app: FastifyInstance,
  { database, clock }: { readonly database: Database; readonly clock: () => number },
): void {
  const noSuchAccount = refuse('not_found', { detail: 'There is no such account.' });

  registerEndpoint(app, 'personalData', async ({ params }) => {
    const data = await readPersonalData(database, params.id.toLowerCase(), clock());
    return data === null ? noSuchAccount : { status: 200, body: data };
  });

  registerEndpoint(app, 'erasePersonalData', async ({ params, caller }) => {
    const accountId = params.id.toLowerCase();
    if (accountId === caller.accountId)
      return refuse('forbidden', { detail: 'Nobody erases the account that they are signed in with.' });
    tellAbout(accountId);
    const nowMs = clock();
    const erased = await database.transaction(async (tx) => {
      const origins = await erasePersonalData(tx, accountId, nowMs);
      return origins === null
        ? noSuchAccount
        : { accountId, erasedAt: new Date(nowMs).toISOString(), origins };
    });
    return 'refused' in erased ? erased : { status: 200, body: erased };
  });
}
