import { afterAll, beforeAll } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../database/test-postgres.ts';
import { unitsSuite } from './units-suite.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server.stop());

unitsSuite(() => server.newDatabase());
