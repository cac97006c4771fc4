/** Each account's alert settings; reading and changing them sends nothing. */
import type { FastifyInstance } from 'fastify';
import { alertSettingsProblems, readAlertSettings, writeAlertSettings } from '../identity/alert-settings.ts';
import type { Queryable } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { refuse } from '../ledger/refusal.ts';

export function registerAlertRoutes(
  app: FastifyInstance,
  deps: { readonly database: Queryable; readonly clock: () => number },
): void {
  registerEndpoint(app, 'alerts', async ({ caller }) => ({
    status: 200,
    body: await readAlertSettings(deps.database, caller.accountId),
  }));

  registerEndpoint(app, 'putAlerts', async ({ body, caller }) => {
    const problems = alertSettingsProblems(body);
    if (problems.length > 0) return refuse('validation_failed', { errors: problems });
    await writeAlertSettings(deps.database, caller.accountId, body, deps.clock());
    return { status: 200, body };
  });
}
