import { afterAll, beforeAll } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../database/test-postgres.ts';
import { membershipsSuite } from './memberships-suite.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

membershipsSuite(() => postgres.newDatabase());
