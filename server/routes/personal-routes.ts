/** Personal data over HTTP, for an administrator: all that is held about an account, and forgetting whose it is. */
import type { FastifyInstance } from 'fastify';
import { tellAbout, tellByItself } from '../audit/acts.ts';
import type { Database } from '../database/database.ts';
import { actOf } from '../http/auditing.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { refuse } from '../ledger/refusal.ts';
import { erasePersonalData, readPersonalData } from '../personal-data.ts';

export function registerPersonalRoutes(
  app: FastifyInstance,
  { database, clock }: { readonly database: Database; readonly clock: () => number },
): void {
  const noSuchAccount = refuse('not_found', { detail: 'There is no such account.' });

  registerEndpoint(app, 'personalData', async ({ params, caller, request }) => {
    const accountId = params.id.toLowerCase();
    const data = await readPersonalData(database, accountId, clock());
    if (data === null) return noSuchAccount;
    // It changes nothing, but who was told all of this about somebody has to be known; nobody is told before it is.
    const look = { ...actOf('personalData', request, caller), aboutId: accountId };
    await tellByItself(database, look, { outcome: 'done' }, clock());
    return { status: 200, body: data };
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
