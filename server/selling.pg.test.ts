import { afterAll, beforeAll } from 'vitest';
import { startTestPostgres, type TestPostgres } from './database/test-postgres.ts';
import { sellingSuite } from './selling-suite.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

sellingSuite(() => postgres.newDatabase());
