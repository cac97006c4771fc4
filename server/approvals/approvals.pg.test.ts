import { afterAll, beforeAll } from 'vitest';
import { openDatabase } from '../database/database.ts';
import { startTestPostgres, type TestPostgres } from '../database/test-postgres.ts';
import { approvalsSuite } from './approvals-suite.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

approvalsSuite(async () => openDatabase({ databaseUrl: await postgres.newDatabase() }));
