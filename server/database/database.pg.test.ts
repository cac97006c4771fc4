import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseSuite } from './database-suite.ts';
import { openDatabase, type Queryable } from './database.ts';
import { migrate } from './migrate.ts';
import { startTestPostgres, type TestPostgres } from './test-postgres.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(() => server.stop());

describe('PostgreSQL', () => {
  databaseSuite(async () => ({ databaseUrl: await server.newDatabase() }));
});

test('several servers that start at once on an empty database migrate it once', async () => {
  const databaseUrl = await server.newDatabase();
  const databases = await Promise.all(Array.from({ length: 4 }, () => openDatabase({ databaseUrl })));
  const versions = await Promise.all(databases.map((database) => migrate(database)));
  expect(new Set(versions).size).toBe(1);
  const [first] = databases;
  const applied = await first?.query('SELECT version FROM schema_version ORDER BY version');
  expect(applied).toEqual(Array.from({ length: versions[0] ?? 0 }, (_, index) => ({ version: index + 1 })));
  await Promise.all(databases.map((database) => database.close()));
});

test('a statement that failed unnoticed does not pass for a commit', async () => {
  const database = await openDatabase({ databaseUrl: await server.newDatabase() });
  const careless = database.transaction(async (tx) => {
    await tx.query('SELECT 1 / $1::integer', [0]).catch(() => undefined);
    return 'done';
  });
  await expect(careless).rejects.toThrow('rolled back');
  await database.close();
});

test('a connection that breaks in the middle of a transaction fails that transaction and nothing else', async () => {
  const database = await openDatabase({ databaseUrl: await server.newDatabase() });
  const broken = database.transaction(async (tx) => {
    await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
  });
  await expect(broken).rejects.toThrow(/terminat/);
  expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await database.close();
});

test('a statement that comes after its transaction has failed does not run by itself', async () => {
  const database = await openDatabase({ databaseUrl: await server.newDatabase() });
  await database.script('CREATE TABLE scratch (n integer)');
  const kept: Queryable[] = [];
  const failing = database.transaction(async (tx) => {
    kept.push(tx);
    await tx.query('INSERT INTO scratch VALUES (1)');
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  for (const tx of kept) await expect(tx.query('INSERT INTO scratch VALUES (2)')).rejects.toThrow('is over');
  expect(await database.query('SELECT n FROM scratch')).toEqual([]);
  await database.close();
});
