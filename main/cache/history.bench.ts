/**
 * Measures what is asked of a history of a million rows: pages, totals and texts against the longest that a person may
 * be kept waiting, how long the engine is held up by a question that looks at most rows, and what the index of texts costs
 * the rows that come in. Prints its rows as JSON.
 *
 * Usage: node main/cache/history.bench.ts [ROWS]     1,000,000 when not given
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HistoryFilter } from '../../shared/ipc-history.ts';
import { openCache, type Cache } from './database.ts';
import { createHistoryReader } from './history-reader.ts';
import { createHistory, type History } from './history.ts';
import { dayIn } from './local-day.ts';
import { fillMirror, ledgerAccount, ledgerEndMs, targetOf } from './test-ledger.ts';

const rowCount = Number(process.argv[2] ?? 1_000_000);
const indexedRows = Math.min(rowCount, 100_000);
const pageRows = 200;
const pagesOfEach = 200;
const dayMs = 86_400_000;
const dayOf = dayIn(ledgerAccount.timeZone);
const { id } = ledgerAccount;

function opened(folder: string): Cache {
  const cache = openCache(folder, Date.now());
  if (!cache.ok) throw new Error(cache.problem.code);
  return cache.cache;
}

/** Numbers spread over the ledger, the same each time. */
function spread(count: number, most: number): number[] {
  return Array.from(
    { length: count },
    (_, n) => 1 + Math.floor((((n * 0.618_034) % 1) + n / count / most) * (most - 1)),
  );
}

const day = (daysBack: number): string => dayOf(ledgerEndMs - 1 - daysBack * dayMs);
const campaignAt = (seq: number): string =>
  `018f0000-0001-7000-8000-${Math.floor(seq / 500)
    .toString(16)
    .padStart(12, '0')}`;

/** Every way that a page is filtered, each asked from all over the ledger. */
function pageFilters(n: number): readonly (readonly [string, HistoryFilter])[] {
  return [
    ['none', {}],
    ['a month', { fromDay: day(n + 30), toDay: day(n) }],
    ['a platform', { platforms: ['douyin'] }],
    ['a rare type', { kinds: ['recharge'] }],
    ['two types and a platform', { kinds: ['refund', 'charge'], platforms: ['xiaohongshu'] }],
    ['all three', { fromDay: day(n + 30), toDay: day(n), kinds: ['refund'], platforms: ['douyin'] }],
    ['a campaign', { campaignId: campaignAt(spread(pagesOfEach, rowCount)[n] ?? 1) }],
  ];
}

function tookMs(work: () => unknown): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

function percentile(values: readonly number[], percent: number): number {
  const ascending = values.toSorted((a, b) => a - b);
  return (
    ascending[Math.min(ascending.length - 1, Math.floor((ascending.length * percent) / 100))] ?? Number.NaN
  );
}

const middle = (values: readonly number[]): number => percentile(values, 50);
const p99 = (values: readonly number[]): number => percentile(values, 99);
const ms = (value: number): string => `${value.toFixed(1)} ms`;
const count = rowCount.toLocaleString('en-US');
const within = (limitMs: number) => ({
  unit: 'ms',
  reference: limitMs,
  referenceName: 'the limit of what a person may be kept waiting',
  bar: { atMost: 1 },
});

function pages(history: History) {
  const byFilter = new Map<string, number[]>();
  const places = spread(pagesOfEach, rowCount);
  for (const [n, place] of places.entries())
    for (const [name, filter] of pageFilters(n % 300)) {
      const all = byFilter.get(name) ?? [];
      all.push(tookMs(() => history.page(id, filter, place + 1, pageRows)));
      byFilter.set(name, all);
    }
  const all = [...byFilter.values()].flat();
  const each = [...byFilter].map(([name, values]) => `${name} ${ms(p99(values))}`).join(', ');
  return {
    ...within(10),
    name: `a page of ${count} rows of history, p99`,
    ours: p99(all),
    notes: `${pageRows} rows a page, ${all.length} pages; p50 ${ms(percentile(all, 50))}, longest ${ms(Math.max(...all))}; p99 by filter: ${each}`,
  };
}

function totals(history: History) {
  const all: number[] = [];
  for (let n = 0; n < 300; n += 1) {
    all.push(tookMs(() => history.totals(id, { fromDay: day(n), toDay: day(n) })));
    all.push(tookMs(() => history.totals(id, { fromDay: day(n + 30), toDay: day(n) })));
    all.push(tookMs(() => history.totals(id, { fromDay: day(n + 30), toDay: day(n), kinds: ['charge'] })));
  }
  const whole = Array.from({ length: 50 }, () => tookMs(() => history.totals(id, {})));
  return {
    ...within(5),
    name: `totals of a day and of a month in ${count} rows, p99`,
    ours: p99(all),
    notes: `p50 ${ms(percentile(all, 50))}; of everything: p99 ${ms(p99(whole))}`,
  };
}

function texts(history: History) {
  const asked = spread(100, rowCount).map((seq) => targetOf(seq));
  const words: readonly (readonly [string, readonly string[]])[] = [
    ['a whole target', asked],
    ['six letters of one', asked.map((target) => target.slice(9, 15))],
    ['three', asked.map((target) => target.slice(4, 7))],
    ['two', asked.map((target) => target.slice(4, 6))],
    ['two of a note', Array.from({ length: 20 }, () => '退款')],
    ['what no row has', asked.map((target) => `${target.slice(0, 8)}zz`)],
  ];
  const each = words.map(
    ([name, wanted]) =>
      [name, wanted.map((text) => tookMs(() => history.page(id, { text }, null, pageRows)))] as const,
  );
  const all = each.flatMap(([, values]) => values);
  const sums = asked.map((target) => tookMs(() => history.totals(id, { text: target.slice(4, 9) })));
  return {
    ...within(50),
    name: `the first page of a text looked for in ${count} rows, p99`,
    ours: p99(all),
    notes: `p99 by text: ${each.map(([name, values]) => `${name} ${ms(p99(values))}`).join(', ')}; totals of five letters: p99 ${ms(p99(sums))}`,
  };
}

/** Asks what looks at most rows there are, and sees how long the thread that asks was held up meanwhile. */
async function stall(cache: Cache) {
  const reader = createHistoryReader(cache);
  // The first question starts the worker.
  await reader.totals(id, { text: 'warm' });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const took: string[] = [];
  delay.enable();
  for (const filter of [{ text: 'a' }, { text: '018f' }, { amountFrom: '0.01' }] satisfies HistoryFilter[]) {
    const startedAt = performance.now();
    await Promise.all([reader.totals(id, filter), reader.page(id, filter, null, pageRows)]);
    took.push(`${JSON.stringify(filter)} ${(performance.now() - startedAt).toFixed(0)} ms`);
  }
  delay.disable();
  await reader.close();
  return {
    ...within(50),
    name: 'longest stall of the engine during questions to most rows',
    ours: delay.max / 1e6,
    notes: `page and totals of ${took.join(', ')}`,
  };
}

/** Puts in the index's place what lets go of the texts that it is given. */
function withoutIndex({ sql }: Cache): void {
  sql.exec(
    `DROP TABLE transaction_threes;
     DROP TABLE transaction_text;
     CREATE VIEW transaction_text (rowid, text) AS SELECT 0, '';
     CREATE TRIGGER no_text INSTEAD OF INSERT ON transaction_text BEGIN SELECT new.text; END;
     CREATE TRIGGER no_end INSTEAD OF DELETE ON transaction_text BEGIN SELECT old.text; END;`,
  );
}

/** The same rows taken in with the index of texts and without it. */
function indexCost(folder: string) {
  const take = (name: string, prepare: (cache: Cache) => void) => {
    const cache = opened(join(folder, name));
    prepare(cache);
    const tookMs = fillMirror(cache, indexedRows);
    cache.sql.pragma('wal_checkpoint(TRUNCATE)');
    const bytes = statSync(cache.file).size;
    cache.close();
    rmSync(join(folder, name), { recursive: true });
    return { perSecond: (indexedRows * 1_000) / tookMs, bytes };
  };
  const runs = [0, 1, 2].map((turn) => ({
    ours: take(`ours-${turn}`, () => undefined),
    bare: take(`bare-${turn}`, withoutIndex),
  }));
  const referenceName = 'the same without the index of texts';
  const rows = indexedRows.toLocaleString('en-US');
  return [
    {
      name: `${rows} rows taken into the mirror`,
      unit: 'rows/s',
      ours: middle(runs.map(({ ours }) => ours.perSecond)),
      reference: middle(runs.map(({ bare }) => bare.perSecond)),
      referenceName,
      bar: { atLeast: 0.8 },
    },
    {
      name: `the cache's file with ${rows} rows`,
      unit: 'MB',
      ours: middle(runs.map(({ ours }) => ours.bytes)) / 1e6,
      reference: middle(runs.map(({ bare }) => bare.bytes)) / 1e6,
      referenceName,
      bar: { atMost: 1.1 },
    },
  ];
}

const folder = mkdtempSync(join(tmpdir(), 'zhangtai-bench-'));
try {
  const cache = opened(join(folder, 'desk'));
  fillMirror(cache, rowCount);
  const history = createHistory(cache);
  // Each kind of question once, so that no first time is measured.
  pageFilters(0).forEach(([, filter]) => history.page(id, filter, null, pageRows));
  const rows = [pages(history), totals(history), texts(history), await stall(cache)];
  cache.close();
  console.log(JSON.stringify([...rows, ...indexCost(folder)]));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
