/** Holds the documents about money against the program: a table that nobody recomputes stops being true. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MemberLevel, Stacking } from '../shared/api.ts';
import { yuan, yuanText } from '../shared/money.ts';
import { amountOfKth, quote } from '../shared/rating.ts';
import { openDatabase, type Database } from './database/database.ts';
import { migrate } from './database/migrate.ts';
import { testPrices } from './test-server.ts';

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** The cells of the table that has these headings, row by row. */
function table(document: string, headings: readonly string[]): string[][] {
  const lines = readFileSync(join(import.meta.dirname, '../docs', document), 'utf8').split('\n');
  const start = lines.findIndex((line) => cellsOf(line).join() === headings.join());
  const length = lines.slice(start).findIndex((line) => !line.startsWith('|'));
  return lines.slice(start + 2, start + length).map(cellsOf);
}

/** Decimals as whole numbers of 10⁻¹², so that a product of four of them is exact. */
function product(working: string): bigint {
  const scale = 10n ** 12n;
  return working.split(' × ').reduce((total, factor) => {
    const [whole = '', fraction = ''] = factor.split('.');
    return (total * BigInt(whole + fraction)) / 10n ** BigInt(fraction.length);
  }, scale);
}

describe('docs/rating.md', () => {
  const headings = ['Platform', 'Quantity', 'Level', 'Stacking', 'By hand', 'Exact', 'Rounded', 'Computed'];
  const rows = table('rating.md', headings);
  const book = { ...testPrices, version: 1, updatedAt: '2026-01-01T00:00:00.000Z' };

  function quoted(platform = '', quantity = '', level = '', stacking = '') {
    const usage = {
      platform,
      operation: 'follow',
      quantity: Number(quantity),
      memberLevel: MemberLevel.parse(level),
    };
    const result = quote({ ...book, stacking: Stacking.parse(stacking) }, usage);
    if ('code' in result) throw new Error(`no price for ${platform}`);
    return result;
  }

  test('has every combination once', () => {
    const expected = testPrices.prices.flatMap(({ platform }) =>
      [1, 100, 101, 500].flatMap((quantity) =>
        MemberLevel.options.flatMap((level) =>
          Stacking.options.map((stacking) => `${platform} ${quantity} ${level} ${stacking}`),
        ),
      ),
    );
    expect(rows.map((row) => row.slice(0, 4).join(' '))).toEqual(expected);
  });

  test.each(rows)('%s × %s, %s, %s: %s = %s, rounded %s', (...row) => {
    const [platform, quantity, level, stacking, working = '', exact = '', rounded = '', computed] = row;
    expect(working.startsWith(`${quantity} × `)).toBe(true);
    expect(product(working)).toBe(yuan(exact) * 10n ** 6n);
    expect(yuanText(((yuan(exact) + 5_000n) / 10_000n) * 10_000n)).toBe(rounded);
    const { total, unitNet } = quoted(platform, quantity, level, stacking);
    expect(total).toBe(computed);
    expect(total).toBe(rounded);
    let charged = 0n;
    for (let k = 1; k <= Number(quantity); k += 1) charged += amountOfKth(yuan(unitNet), k);
    expect(yuanText(charged)).toBe(total);
  });

  test('shows the first charges under a quote as they are', () => {
    const unit = yuan(quoted('xiaohongshu', '101', 'premium', 'multiply').unitNet);
    const charges = table('rating.md', ['k', 'k × 0.855', 'Rounded', 'The k-th charge']);
    expect(charges.map((row) => [row[0], row[3]])).toEqual(
      [1, 2, 3, 4].map((k) => [String(k), yuanText(amountOfKth(unit, k))]),
    );
    expect(charges.map((row) => yuan(row[1] ?? ''))).toEqual([1n, 2n, 3n, 4n].map((k) => k * unit));
  });
});

describe('docs/running-the-server.md', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openDatabase({});
    await migrate(database);
  });
  afterAll(() => database.close());

  interface Key {
    readonly of: string;
    readonly name: string;
    readonly primary: boolean;
    readonly columns: string[];
  }
  const keys = () =>
    database.query<Key>(
      `SELECT i.indrelid::regclass::text AS of, i.indexrelid::regclass::text AS name, i.indisprimary AS primary,
         array_agg(a.attname::text ORDER BY k.place) AS columns
       FROM pg_index i
       CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
       JOIN pg_class c ON c.oid = i.indrelid
       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
       WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace
       GROUP BY 1, 2, 3 ORDER BY 1, 2`,
    );

  test('names every table whose key does not begin with the account', async () => {
    const documented = table('running-the-server.md', ['Table', 'Key', 'Why']);
    const elsewhere = (await keys()).filter(({ primary, columns }) => primary && columns[0] !== 'account_id');
    const found = elsewhere.map(({ of, columns }) => `${of}: ${columns.join(', ')}`);
    const named = documented.map(([name = '', key = '']) => `${name.replaceAll('`', '')}: ${key}`);
    expect(found.toSorted()).toEqual(named.toSorted());
  });

  test('is right that every key of the others contains the account, and all but one begin with it', async () => {
    const all = await keys();
    const spread = new Set(
      all.filter(({ primary, columns }) => primary && columns[0] === 'account_id').map(({ of }) => of),
    );
    expect(spread.size).toBeGreaterThan(10);
    const own = all.filter(({ of }) => spread.has(of));
    expect(own.filter(({ columns }) => !columns.includes('account_id'))).toEqual([]);
    expect(own.filter(({ columns }) => columns[0] !== 'account_id').map(({ name }) => name)).toEqual([
      'transactions_id_account_id_key',
    ]);
    const tables = await database.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    );
    const keyed = new Set(all.filter(({ primary }) => primary).map(({ of }) => of));
    expect(
      tables.filter(({ name }) => !keyed.has(name)),
      'tables without a primary key',
    ).toEqual([]);
  });

  test('is right that foreign keys stay within the account or point to a table that is everywhere', async () => {
    const astray = await database.query(
      `SELECT c.conrelid::regclass::text AS of, c.conname FROM pg_constraint c
       JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
       WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace
         AND a.attname <> 'account_id' AND c.confrelid <> ALL ($1::regclass[])`,
      [['accounts', 'sign_ins']],
    );
    expect(astray).toEqual([]);
  });
});
