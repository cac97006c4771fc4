import { afterAll, beforeAll } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../database/test-postgres.ts';
import { testReconciliation } from './reconciliation-suite.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

testReconciliation(() => postgres.newDatabase(), { each: 30 });
