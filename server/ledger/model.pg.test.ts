import { afterAll, beforeAll } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../database/test-postgres.ts';
import { modelSuite } from './model-suite.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server.stop());

modelSuite(() => server.newDatabase());
