import { afterAll, beforeAll } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../database/test-postgres.ts';
import { testBackups } from './backups-suite.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

testBackups(() => postgres.newDatabase());
