/** Whether the process runs, and whether it can serve. Both answers name the service, so that a desk knows it is ours. */
import type { FastifyInstance } from 'fastify';
import type { Queryable } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { refuse } from '../ledger/refusal.ts';

const service = 'zhangtai' as const;

export function registerHealthRoutes(app: FastifyInstance, deps: { readonly database: Queryable }): void {
  registerEndpoint(app, 'healthLive', () => ({ status: 200, body: { status: 'live' as const, service } }));

  registerEndpoint(app, 'healthReady', async ({ request }) => {
    try {
      await deps.database.query('SELECT 1');
    } catch (error) {
      request.log.error({ err: error }, 'the database does not answer');
      return refuse('unavailable', { detail: 'The database does not answer.' });
    }
    return { status: 200, body: { status: 'ready' as const, service } };
  });
}
