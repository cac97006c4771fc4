import { afterAll, beforeAll } from 'vitest';
import { openDatabase } from '../database/database.ts';
import { startTestPostgres, type TestPostgres } from '../database/test-postgres.ts';
import { protectionSuite } from './protection-suite.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

protectionSuite(async () => openDatabase({ databaseUrl: await postgres.newDatabase() }));
