/** The audit log over HTTP: reading it, and verifying it. Nothing here changes it. */
import type { FastifyInstance } from 'fastify';
import { readEntries } from '../audit/audit-log.ts';
import { verifyAudit } from '../audit/verify-audit.ts';
import type { Database } from '../database/database.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import type { Signer } from '../ledger/signing.ts';

/** Each reads the whole log. */
const verificationsPerMinuteMax = 10;

export function registerAuditRoutes(
  app: FastifyInstance,
  deps: { readonly database: Database; readonly clock: () => number; readonly signer: Signer },
): void {
  const { database, clock, signer } = deps;

  registerEndpoint(app, 'audit', async ({ query }) => {
    const page = await readEntries(database, query);
    return 'refused' in page ? page : { status: 200, body: page };
  });

  registerEndpoint(
    app,
    'verifyAudit',
    async () => {
      const walked = await verifyAudit(database);
      const end = {
        lastSeq: walked.lastSeq,
        head: walked.head,
        checkedAt: new Date(clock()).toISOString(),
      };
      return { status: 200, body: { ...walked, ...end, jws: await signer.sign(end) } };
    },
    { requestsPerMinuteMax: verificationsPerMinuteMax },
  );
}
