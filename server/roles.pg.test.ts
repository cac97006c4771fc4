import { afterAll, beforeAll } from 'vitest';
import { openDatabase } from './database/database.ts';
import { startTestPostgres, type TestPostgres } from './database/test-postgres.ts';
import { rolesSuite } from './roles-suite.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

rolesSuite(async () => openDatabase({ databaseUrl: await postgres.newDatabase() }));
