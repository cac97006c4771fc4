import { afterAll, beforeAll } from 'vitest';
import { startTestPostgres, type TestPostgres } from './database/test-postgres.ts';
import { billsSuite } from './bills-suite.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

billsSuite(() => postgres.newDatabase());
