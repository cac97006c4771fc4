/**
 * Measures how soon the Electron window can be used on a cache with 1,000,000 rows, and is all up, against a window of the same kind with
 * a blank Fluent page on the same Electron, in turns. Writes the rows to the file that BENCH_REPORT names.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import type { PlaywrightWorkerArgs } from '@playwright/test';
import { build } from 'vite';
import { buildChanged } from '../scripts/build.ts';
import { electronForTests } from '../scripts/test-programs.ts';
import { expect, signIn, test } from './desk.ts';

const rows = 1_000_000;
const turns = 7;
const balance = '¥1,330.68';

/** Adds charges of a year to the mirror of the desk in `dataDir`, behind those that are there, until it has `rows`. */
function fillCache(dataDir: string): void {
  const sql = new Database(join(dataDir, 'desk.db'));
  const last = sql.prepare('SELECT account_id AS account, max(seq) AS seq FROM transactions').get() as {
    account: string;
    seq: number;
  };
  const day = "date(1730000000 + n * 31536000 / @rows, 'unixepoch')";
  sql.transaction(() => {
    sql
      .prepare(
        `WITH RECURSIVE counted (n) AS (SELECT @first UNION ALL SELECT n + 1 FROM counted WHERE n < @rows)
         INSERT INTO transactions (account_id, seq, id, kind, asset, amount, balance_after, platform, operation, quantity,
           target_user_id, campaign_id, occurred_at_ms, local_day, hash, body)
         SELECT @account, n, printf('018f0000-0000-7000-8000-%012d', n), 'charge', 'CNY', -10000, 1330680000, 'douyin',
           'follow', 1, 'target-' || n, 'campaign', 1730000000000 + n * 31536, ${day}, printf('%064d', n), '{}' FROM counted`,
      )
      .run({ account: last.account, first: last.seq + 1, rows });
    sql.exec('DELETE FROM daily_totals');
    sql.exec(
      `INSERT INTO daily_totals (account_id, asset, local_day, kind, platform, count, amount, outgoing, first_seq, last_seq)
       SELECT account_id, asset, local_day, kind, coalesce(platform, ''), count(*), sum(amount), sum(min(amount, 0)),
         min(seq), max(seq)
       FROM transactions GROUP BY 1, 2, 3, 4, 5`,
    );
  })();
  sql.close();
}

async function buildBlankPage(folder: string): Promise<void> {
  const source = join(import.meta.dirname, 'blank-page');
  mkdirSync(folder, { recursive: true });
  await build({
    root: source,
    configFile: false,
    logLevel: 'error',
    base: './',
    build: { outDir: folder, emptyOutDir: true, target: 'chrome114', modulePreload: { polyfill: false } },
  });
  copyFileSync(join(source, 'window.cjs'), join(folder, 'window.cjs'));
  copyFileSync(
    join(import.meta.dirname, '..', 'dist', 'preload', 'preload.cjs'),
    join(folder, 'preload.cjs'),
  );
  writeFileSync(join(folder, 'package.json'), '{"name":"blank","main":"window.cjs"}');
}

/** Milliseconds from the start of Electron until the blank page shows its line and has answered a key. */
async function openBlank(playwright: PlaywrightWorkerArgs['playwright'], folder: string): Promise<number> {
  const electron = electronForTests();
  if (electron.kind === 'missing') throw new Error(electron.why);
  if (process.env['ZHANGTAI_ELECTRON'] === electron.binary)
    process.env['ELECTRON_OVERRIDE_DIST_PATH'] = dirname(electron.binary);
  const startedMs = performance.now();
  const app = await playwright._electron.launch({ args: ['--no-sandbox', folder] });
  const page = await app.firstWindow();
  await page.getByText('blank').waitFor();
  await page.keyboard.press('Control+7');
  await page.getByRole('heading', { name: 'answered', level: 1 }).waitFor();
  const tookMs = performance.now() - startedMs;
  await app.close();
  return tookMs;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

test('start-up', async ({ page, desk, server, folder, playwright }) => {
  const report = process.env['BENCH_REPORT'];
  if (report === undefined) throw new Error('BENCH_REPORT names no file');
  // What an installed app runs is measured, not sources whose types are stripped at each start.
  await buildChanged('all');
  process.env['ZHANGTAI_RUN_BUNDLES'] = '1';
  await signIn(page, 'operator');
  await expect(page.getByText(balance).first()).toBeVisible();
  // Without its server: what is measured is what the cache holds, and rows of no ledger are compared with none.
  await server.stop();
  await desk.restart('close', () => fillCache(desk.dataDir));
  const blank = join(folder, 'blank');
  await buildBlankPage(blank);
  const ours: number[] = [];
  const live: number[] = [];
  const reference: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    let startedMs = 0;
    // Each while no other window is open.
    const opened = await desk.restart('close', async () => {
      reference.push(await openBlank(playwright, blank));
      startedMs = performance.now();
    });
    await opened.getByText(balance).first().waitFor();
    // It can be used: a press is answered.
    await opened.keyboard.press('Control+7');
    await opened.getByRole('heading', { name: '设置', level: 1 }).waitFor();
    ours.push(performance.now() - startedMs);
    // Until then the page shows what the last engine left; closed before, this one would leave nothing for the next start.
    await opened.waitForFunction(() => document.querySelector('header')?.textContent.includes('离线'));
    live.push(performance.now() - startedMs);
  }
  const shared = {
    unit: 'ms',
    reference: median(reference),
    referenceName: 'a window of the same kind (own scheme, sandbox, preload script) with a blank Fluent page',
  };
  const usable = {
    ...shared,
    name: 'window usable on a cache of 1,000,000 rows',
    ours: median(ours),
    bar: { atMost: 1.5 },
    notes: `median of ${turns} starts of each in turns, from the start of Electron to the text (the balance) and an answered key (the settings)`,
  };
  const synced = {
    ...shared,
    name: 'the same window, its engine up and the server asked',
    ours: median(live),
    bar: { atMost: 3.5 },
    notes: 'of the same starts: the top bar says that the server, which was stopped, cannot be reached',
  };
  writeFileSync(report, JSON.stringify([usable, synced]));
});
