/** Holds the documents about money against the program: a table that nobody recomputes stops being true. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stacking, UsagePrice, type PriceEntry, type Quote, type Usage } from '../shared/api-prices.ts';
import { MemberLevel } from '../shared/api-words.ts';
import { assetText } from '../shared/assets.ts';
import { yuan, yuanText } from '../shared/money.ts';
import { amountOfKth, kthAmountUnder, priceBookProblems, quote } from '../shared/rating.ts';
import { partAmount, quoteUsage, rateUsage } from '../shared/usage-rating.ts';
import { parseConfig, usage, type Environment } from './config.ts';
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

/** The one block of code of this language. */
function codeBlock(document: string, language: string): string {
  const text = readFileSync(join(import.meta.dirname, '../docs', document), 'utf8');
  return text.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? '';
}

/** `1000 in, 500 out`, `30.001 s`, `41 characters`, `input of 60 s`, `3 uses`. */
function usageOf(text: string): Usage {
  const [first = 0, second = 0] = (text.match(/[\d.]+/g) ?? []).map(Number);
  if (text.endsWith(' out')) return { kind: 'tokens', inputTokens: first, outputTokens: second };
  if (text.startsWith('input of ')) return { kind: 'input_duration', durationMs: Math.round(first * 1_000) };
  if (text.endsWith(' s')) return { kind: 'duration', durationMs: Math.round(first * 1_000) };
  if (text.endsWith(' characters')) return { kind: 'characters', characters: first };
  if (/ uses?$/.test(text)) return { kind: 'uses', count: first };
  throw new Error(`not a usage: ${text}`);
}

/** Decimals as whole numbers of 10⁻¹², so that a product of four of them is exact. */
const scale = 10n ** 12n;

function scaled(decimal: string): bigint {
  const [whole = '', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(12, '0'));
}

/** A sum of products such as `100 × 1.00 + ⌈10.25 / 10⌉ × 0.3 / 1000`. */
function worked(working: string): bigint {
  return working.split(' + ').reduce((sum, term) => sum + product(term), 0n);
}

function product(term: string): bigint {
  const { dividend = '', divisor = '1' } =
    /^(?<dividend>.*?)(?: \/ (?<divisor>\d+))?$/.exec(term)?.groups ?? {};
  const factors = dividend.split(' × ').map((factor) => {
    const begun = /^⌈(?<part>.+) \/ (?<unit>.+)⌉$/.exec(factor)?.groups;
    if (begun === undefined) return scaled(factor);
    const unit = scaled(begun['unit'] ?? '');
    return ((scaled(begun['part'] ?? '') + unit - 1n) / unit) * scale;
  });
  return factors.reduce((total, factor) => (total * factor) / scale, scale) / BigInt(divisor);
}

describe('docs/rating.md', () => {
  const headings = ['Platform', 'Quantity', 'Level', 'Stacking', 'By hand', 'Exact', 'Rounded', 'Computed'];
  const rows = table('rating.md', headings);
  const book = { ...testPrices, version: 1, updatedAt: '2026-01-01T00:00:00.000Z' };

  function quoted(
    platform = '',
    quantity = '',
    level = '',
    stacking = '',
    change: Partial<PriceEntry> = {},
  ): Quote {
    const usage = {
      platform,
      operation: 'follow',
      quantity: Number(quantity),
      memberLevel: MemberLevel.parse(level),
    };
    const prices = book.prices.map((price) => ({ ...price, ...change }));
    const result = quote({ ...book, prices, stacking: Stacking.parse(stacking) }, usage);
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
    expect(worked(working)).toBe(yuan(exact) * 10n ** 6n);
    expect(yuanText(((yuan(exact) + 5_000n) / 10_000n) * 10_000n)).toBe(rounded);
    const { total, unitNet } = quoted(platform, quantity, level, stacking);
    expect(total).toBe(computed);
    expect(total).toBe(rounded);
    let charged = 0n;
    for (let k = 1; k <= Number(quantity); k += 1) charged += amountOfKth(yuan(unitNet), k);
    expect(yuanText(charged)).toBe(total);
  });

  test.each(table('rating.md', ['Quantity', 'Level', 'Stacking', 'By hand', 'Exact', 'Rounded', 'Computed']))(
    'graduated, %s, %s, %s: %s = %s, rounded %s',
    (quantity, level, stacking, working = '', exact = '', rounded, computed) => {
      expect(worked(working)).toBe(yuan(exact) * 10n ** 6n);
      expect(yuanText(((yuan(exact) + 5_000n) / 10_000n) * 10_000n)).toBe(rounded);
      const terms = quoted('xiaohongshu', quantity, level, stacking, {
        tierMode: 'graduated' as const,
        tiers: [
          { fromQuantityExclusive: 100, multiplier: '0.95' },
          { fromQuantityExclusive: 300, multiplier: '0.90' },
        ],
      });
      expect(terms.total).toBe(computed);
      expect(terms.total).toBe(rounded);
      let charged = 0n;
      for (let k = 1; k <= Number(quantity); k += 1) charged += kthAmountUnder(terms, k);
      expect(yuanText(charged)).toBe(terms.total);
    },
  );

  const usagePrices = UsagePrice.array().parse(JSON.parse(codeBlock('rating.md', 'json')));
  const usageBook = { ...book, usagePrices };
  const priceOf = (operation: string) => usagePrices.find((price) => price.operation === operation);

  test('has prices by use that a book may hold, and a figure of each', () => {
    expect(priceBookProblems(usageBook)).toEqual([]);
    const shown = new Set(usageRows.map(([operation]) => operation));
    expect(shown).toEqual(new Set(usagePrices.map(({ operation }) => operation)));
  });

  const usageRows = table('rating.md', ['Service', 'Used', 'By hand', 'Exact', 'Minimum', 'Computed']);
  test.each(usageRows)('%s, %s: %s = %s, at least %s', (...row) => {
    const [operation = '', used = '', working = '', exact = '', minimum = '', computed] = row;
    const price = priceOf(operation);
    expect(price).toBeDefined();
    expect(worked(working)).toBe(scaled(exact));
    const unit = price?.asset === 'CNY' ? scale / 10n ** 6n : scale;
    const rounded = (scaled(exact) + unit / 2n) / unit;
    const least = minimum === '' ? 0n : scaled(minimum) / unit;
    const expected = rounded < least ? least : rounded;
    expect(minimum).toBe(price !== undefined && 'minimum' in price ? price.minimum : '');
    const { platform = '', asset = '' } = price ?? {};
    expect(quoteUsage(usageBook, { platform, operation, usage: usageOf(used) })).toMatchObject({
      asset,
      total: computed,
    });
    expect(assetText(asset, expected)).toBe(computed);
  });

  test('shows the parts of a use as they are', () => {
    const price = priceOf('gpt_4');
    if (price === undefined) throw new Error('the price has gone');
    let before: Usage | null = null;
    for (const [soFar = '', costs, part] of table('rating.md', ['So far', 'Costs so far', 'This part'])) {
      const usage = usageOf(soFar);
      expect(assetText('CNY', rateUsage(price, usage)?.amount ?? -1n)).toBe(costs);
      expect(assetText('CNY', partAmount(price, before, usage) ?? -1n)).toBe(part);
      before = usage;
    }
    expect(before).not.toBeNull();
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

describe('the settings in docs/running-the-server.md', () => {
  const rows = table('running-the-server.md', ['Variable', 'Without it', 'What it is']);
  const documented = rows.map(([name = '']) => name.replaceAll('`', ''));

  test('are the ones that the program reads', () => {
    const read = new Set<string>();
    const env = new Proxy<Environment>({}, { get: (_env, name) => void read.add(String(name)) });
    expect(parseConfig([], env)).toMatchObject({ kind: 'config' });
    expect([...read].toSorted()).toEqual(documented.toSorted());
  });

  test('are the ones that --help lists, but for the one that is not of this program alone', () => {
    const listed = [...usage.matchAll(/^ {2}([A-Z][A-Z0-9_]+)/gm)].map(([, name = '']) => name);
    expect(listed.toSorted()).toEqual(documented.filter((name) => name !== 'XDG_DATA_HOME').toSorted());
  });

  test('are what they say without a value, and need as many characters as they say', () => {
    const says = Object.fromEntries(rows.map(([name = '', ...rest]) => [name.replaceAll('`', ''), rest]));
    const parsed = parseConfig([], {});
    if (parsed.kind !== 'config') throw new Error('no settings are settings too');
    const { secondPersonRules, logLevel } = parsed.config;
    expect(says['ZHANGTAI_ADJUSTMENT_ALONE_MAX']?.[0]).toBe(yuanText(secondPersonRules.adjustmentAloneMax));
    expect(says['ZHANGTAI_LOG_LEVEL']?.[0]).toBe(logLevel);
    for (const name of ['ZHANGTAI_JWT_SECRET', 'ZHANGTAI_METRICS_TOKEN']) {
      const needed = Number(/(\d+) characters or more/.exec(says[name]?.[1] ?? '')?.[1]);
      expect(parseConfig([], { [name]: 'x'.repeat(needed) })).toMatchObject({ kind: 'config' });
      expect(parseConfig([], { [name]: 'x'.repeat(needed - 1) })).toMatchObject({ kind: 'problems' });
    }
    for (const level of (says['ZHANGTAI_LOG_LEVEL']?.[1] ?? '').split(/, | or /))
      expect(parseConfig([], { ZHANGTAI_LOG_LEVEL: level })).toMatchObject({ kind: 'config' });
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
