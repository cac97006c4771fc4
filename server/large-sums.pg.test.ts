import { afterAll, beforeAll } from 'vitest';
import { startTestPostgres, type TestPostgres } from './database/test-postgres.ts';
import { largeSumsSuite } from './large-sums-suite.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

largeSumsSuite(() => postgres.newDatabase());
