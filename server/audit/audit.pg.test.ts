import { afterAll, beforeAll } from 'vitest';
import { openDatabase } from '../database/database.ts';
import { startTestPostgres, type TestPostgres } from '../database/test-postgres.ts';
import { auditSuite } from './audit-suite.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

auditSuite(async () => openDatabase({ databaseUrl: await postgres.newDatabase() }));
