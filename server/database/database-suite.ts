/** What a database must be like whichever it is; run on PGlite and on PostgreSQL alike. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database, type OpenOptions } from './database.ts';
import { migrate } from './migrate.ts';

interface Named {
  readonly line: string;
}

/** Every table, column, constraint, index, trigger and function of the schema, one a line. */
async function describeSchema(database: Database): Promise<string> {
  const parts = [
    `SELECT format('column %s.%s %s%s%s', table_name, column_name, data_type,
       CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END, ' default ' || column_default) AS line
     FROM information_schema.columns WHERE table_schema = 'public'`,
    // From PostgreSQL 18 on, NOT NULL is a named constraint as well; the column's line says it already.
    `SELECT format('constraint %s.%s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS line
     FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'`,
    `SELECT format('index %s', indexdef) AS line FROM pg_indexes WHERE schemaname = 'public'`,
    `SELECT format('trigger %s', pg_get_triggerdef(oid)) AS line FROM pg_trigger WHERE NOT tgisinternal`,
    `SELECT format('function %s', proname) AS line FROM pg_proc WHERE pronamespace = 'public'::regnamespace`,
  ];
  const lines: string[] = [];
  for (const sql of parts)
    lines.push(...(await database.query<Named>(sql)).map(({ line }) => line.replace(/\s+/g, ' ')).toSorted());
  return `${lines.join('\n')}\n`;
}

export function databaseSuite(options: () => Promise<OpenOptions>): void {
  let database: Database;
  beforeAll(async () => {
    database = await openDatabase(await options());
    await migrate(database);
  });
  afterAll(() => database.close());

  test('the schema is the one in schema.golden.txt', async () => {
    await expect(await describeSchema(database)).toMatchFileSnapshot(
      join(import.meta.dirname, 'schema.golden.txt'),
    );
  });

  test('64-bit integers are exact, JSON is parsed, arrays and nulls arrive', async () => {
    const big = 9_007_199_254_740_993n;
    const [row] = await database.query(
      `SELECT $1::bigint AS big, $2::jsonb AS json, count(*) AS count, array_agg(t ORDER BY n) AS texts
       FROM unnest($3::text[], $4::bigint[]) AS r (t, n)`,
      [big, JSON.stringify({ a: [1] }), ['x"\\,', null, '你好'], [big, big + 1n, big + 2n]],
    );
    expect(row).toEqual({ big, json: { a: [1] }, count: 3n, texts: ['x"\\,', null, '你好'] });
  });

  test('a sum is exact beyond 64 bits, and stays so in a parameter and a column of sums', async () => {
    const largest = 2n ** 63n - 1n;
    await database.script('CREATE TABLE scratch (n numeric(38, 0), ns numeric(38, 0)[])');
    const [added] = await database.query<{ sum: bigint; none: bigint | null; zero: bigint }>(
      'SELECT sum(n) AS sum, sum(n) FILTER (WHERE n < 0) AS none, coalesce(sum(n) FILTER (WHERE n < 0), 0) AS zero FROM unnest($1::bigint[]) AS r (n)',
      [[largest, largest, largest]],
    );
    expect(added).toEqual({ sum: 3n * largest, none: null, zero: 0n });
    await database.query(
      'INSERT INTO scratch SELECT -sum(n), $1::numeric[] FROM unnest($1::numeric[]) AS r (n)',
      [[3n * largest, null]],
    );
    expect(
      await database.query('SELECT n, ns::text[] AS ns FROM scratch WHERE n = $1', [-3n * largest]),
    ).toEqual([{ n: -3n * largest, ns: [(3n * largest).toString(), null] }]);
    await database.script('DROP TABLE scratch');
  });

  test('a fraction is no whole number: it is refused, and the connection is fit for use again', async () => {
    await expect(database.query('SELECT 1.50 AS n')).rejects.toThrow('1.50');
    expect(await database.query('SELECT 1.50::text AS n, round(1.50) AS whole')).toEqual([
      { n: '1.50', whole: 2n },
    ]);
    const within = database.transaction(async (tx) => {
      await tx.query('CREATE TABLE scratch (n integer)');
      await tx.query('SELECT 0.5 AS n');
    });
    await expect(within).rejects.toThrow('0.5');
    expect(await database.query("SELECT to_regclass('scratch') AS there")).toEqual([{ there: null }]);
  });

  test('a transaction that throws leaves nothing behind', async () => {
    await database.script('CREATE TABLE scratch (n integer PRIMARY KEY)');
    const failing = database.transaction(async (tx) => {
      await tx.query('INSERT INTO scratch VALUES (1)');
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    const broken = database.transaction(async (tx) => {
      await Promise.all([
        tx.query('INSERT INTO scratch VALUES (2)'),
        tx.query('INSERT INTO scratch VALUES (2)'),
        tx.query('INSERT INTO scratch VALUES (3)'),
      ]);
    });
    await expect(broken).rejects.toThrow('duplicate key');
    expect(await database.query('SELECT n FROM scratch')).toEqual([]);
    // The connection is fit for use again.
    await database.transaction((tx) => tx.query('INSERT INTO scratch VALUES (4)'));
    expect(await database.query('SELECT n FROM scratch')).toEqual([{ n: 4 }]);
    await database.script('DROP TABLE scratch');
  });

  test('migrating again changes nothing; a newer database is refused and left untouched', async () => {
    const version = await migrate(database);
    expect(await migrate(database)).toBe(version);
    await database.query("INSERT INTO schema_version VALUES ($1, 'from_the_future', 0)", [version + 1]);
    const before = await describeSchema(database);
    await expect(migrate(database)).rejects.toMatchObject({
      name: 'DatabaseUnusable',
      reason: 'newer',
      message: expect.stringContaining(`schema version ${version + 1}`) as string,
    });
    expect(await describeSchema(database)).toBe(before);
    await database.query('DELETE FROM schema_version WHERE version = $1', [version + 1]);
  });
}
