/** Backups over HTTP: which there are, and one now. A backup itself never leaves the server this way. */
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Backups } from '../backups/backups.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { refuse } from '../ledger/refusal.ts';

/** Each reads the whole database. */
const backupsPerMinuteMax = 2;

export function registerBackupRoutes(
  app: FastifyInstance,
  { backups }: { readonly backups: Backups | null },
): void {
  registerEndpoint(app, 'backups', async () => ({
    status: 200,
    body: { items: backups === null ? [] : await backups.list(), isSetUp: backups !== null },
  }));

  registerEndpoint(
    app,
    'makeBackup',
    async ({ request }) => {
      if (backups === null) return refuse('not_found', { detail: 'No backups are set up.' });
      const { backup, ended } = await backups.begin();
      void sayFailure(ended, request.log);
      return { status: 202, body: backup };
    },
    { requestsPerMinuteMax: backupsPerMinuteMax },
  );
}

async function sayFailure(ended: Promise<unknown>, log: FastifyBaseLogger): Promise<void> {
  const problem = await ended;
  if (problem !== null) log.error({ err: problem }, 'a backup failed');
}
