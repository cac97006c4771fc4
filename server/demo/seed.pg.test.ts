import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { startTestPostgres, type TestPostgres } from '../database/test-postgres.ts';
import { createSigner, generateSigningJwk } from '../ledger/signing.ts';
import { demoBalance, seedDemo } from './seed.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

test('two processes that seed one database at once leave one demo', async () => {
  const databaseUrl = await postgres.newDatabase();
  const nowMs = Date.parse('2026-11-21T02:00:00.000Z');
  const processes = await Promise.all([openDatabase({ databaseUrl }), openDatabase({ databaseUrl })]);
  const [first] = processes;
  await migrate(first);
  const signer = await createSigner(await generateSigningJwk());
  await Promise.all(processes.map((database, index) => seedDemo(database, signer, nowMs + index * 977)));
  expect(await first.query("SELECT balance, held FROM wallets WHERE asset = 'CNY'")).toEqual([
    { balance: demoBalance, held: 0n },
    { balance: demoBalance, held: 0n },
  ]);
  expect(await first.query('SELECT version FROM price_books')).toEqual([{ version: 1 }]);
  const twice = await first.query(
    'SELECT reverses_id FROM transactions GROUP BY 1 HAVING count(reverses_id) > 1',
  );
  expect(twice).toEqual([]);
  await Promise.all(processes.map((database) => database.close()));
});
