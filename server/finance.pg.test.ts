import { afterAll, beforeAll } from 'vitest';
import { startTestPostgres, type TestPostgres } from './database/test-postgres.ts';
import { financeSuite } from './finance-suite.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

financeSuite(() => postgres.newDatabase());
