/** Each account's alert settings; reading and changing them sends nothing. */
import type { FastifyInstance } from 'fastify';
import { alertSettingsProblems, readAlertSettings, writeAlertSettings } from '../identity/alert-settings.ts';
import type { Database } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { refuse } from '../ledger/refusal.ts';

export function registerAlertRoutes(
  app: FastifyInstance,
  deps: { readonly database: Database; readonly clock: () => number },
): void {
  registerEndpoint(app, 'alerts', async ({ caller }) => ({
    status: 200,
    body: await readAlertSettings(deps.database, caller.accountId),
  }));

  registerEndpoint(app, 'putAlerts', async ({ body, caller }) => {
    const problems = alertSettingsProblems(body);
    if (problems.length > 0) return refuse('validation_failed', { errors: problems });
    const kept = await deps.database.transaction((tx) =>
      writeAlertSettings(tx, caller.accountId, body, deps.clock()),
    );
    return kept ? { status: 200, body } : refuse('unauthenticated', { detail: 'This account was erased.' });
  });
}
