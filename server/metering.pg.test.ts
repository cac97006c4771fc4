import { afterAll, beforeAll } from 'vitest';
import { startTestPostgres, type TestPostgres } from './database/test-postgres.ts';
import { meteringSuite } from './metering-suite.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

meteringSuite(() => postgres.newDatabase());
