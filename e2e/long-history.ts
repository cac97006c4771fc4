/**
 * Measures the history on screen with 1,000,000 rows in the cache, in a real browser: how soon it shows, how smoothly it
 * scrolls, how soon a filter's rows and totals are there. Writes its rows to the file that BENCH_REPORT names.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { buildChanged } from '../scripts/build.ts';
import { expect, signIn, test } from './desk.ts';

const rows = 1_000_000;
const scrollMs = 20_000;
/** As fast as a person turns a wheel: some 1,500 rows a second, so that pages are read all the way. */
const wheelPx = 900;
const turns = 15;
const balance = '¥1,330.68';
const count = rows.toLocaleString('en-US');

function percentile(values: readonly number[], percent: number): number {
  const ascending = values.toSorted((a, b) => a - b);
  return (
    ascending[Math.min(ascending.length - 1, Math.floor((ascending.length * percent) / 100))] ?? Number.NaN
  );
}

/** The ledger's target with a number, as it was made. */
const targetOf = (seq: number): string =>
  createHash('sha256').update(`target ${seq}`).digest('hex').slice(0, 24);

const ms = (value: number): string => `${value.toFixed(0)} ms`;

/** Turns the wheel over the table while the page notes how long each of its frames took. */
async function scroll(page: Page): Promise<{ readonly framesMs: number[]; readonly scrolledRows: number }> {
  await page.evaluate(() => {
    const frames: number[] = [];
    let last = performance.now();
    const note = (now: number): void => {
      frames.push(now - last);
      last = now;
      requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
    Object.assign(globalThis, { frames });
  });
  const table = page.getByRole('table');
  await table.hover();
  const until = performance.now() + scrollMs;
  while (performance.now() < until) await page.mouse.wheel(0, wheelPx);
  const framesMs = await page.evaluate(() => (globalThis as unknown as { frames: number[] }).frames);
  const scrolledRows = await table.evaluate((element) => Math.round(element.scrollTop / 36));
  return { framesMs: framesMs.slice(1), scrolledRows };
}

/** From the press of Enter until the target's row, and until the totals of what was found, are on screen. */
async function filter(
  page: Page,
  seq: number,
): Promise<{ readonly rowsMs: number; readonly totalsMs: number }> {
  const target = targetOf(seq);
  const box = page.getByRole('searchbox');
  await box.fill(target.slice(2, 14));
  const startedMs = performance.now();
  await box.press('Enter');
  const shown = page.getByRole('row').filter({ hasText: target });
  const totalled = page.getByLabel('合计').getByText('1', { exact: true });
  const since = (): number => performance.now() - startedMs;
  const [rowsMs, totalsMs] = await Promise.all([shown.waitFor().then(since), totalled.waitFor().then(since)]);
  return { rowsMs, totalsMs };
}

test('a long history', async ({ page, desk, server }) => {
  const report = process.env['BENCH_REPORT'];
  if (report === undefined) throw new Error('BENCH_REPORT names no file');
  await buildChanged('all');
  await signIn(page, 'operator');
  await expect(page.getByText(balance).first()).toBeVisible();
  await expect(page.getByText('刚刚同步')).toBeVisible();
  // Without its server: rows of no ledger are compared with none.
  await server.stop();
  const fill = join(import.meta.dirname, '../main/cache/fill-ledger.bench.ts');
  const opened = await desk.restart('close', () => {
    execFileSync(process.execPath, [fill, desk.dataDir, String(rows)], { stdio: 'inherit' });
  });
  await opened.getByText(balance).first().waitFor();

  const showsMs: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    await opened.keyboard.press('Control+1');
    await opened.getByRole('heading', { name: '余额中心', level: 1 }).waitFor();
    const startedMs = performance.now();
    await opened.keyboard.press('Control+4');
    const totalled = opened.getByLabel('合计').getByText(count, { exact: true });
    await Promise.all([opened.getByRole('row').nth(10).waitFor(), totalled.waitFor()]);
    showsMs.push(performance.now() - startedMs);
  }

  const { framesMs, scrolledRows } = await scroll(opened);
  const slow = framesMs.filter((ms) => ms > 50).length;

  const filtered: { rowsMs: number; totalsMs: number }[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    // No multiple of what recharges and refunds are: one row has it.
    filtered.push(await filter(opened, 1_003 + turn * 61_007));
    await opened.getByRole('button', { name: '清除筛选' }).click();
    await opened.getByLabel('合计').getByText(count, { exact: true }).waitFor();
  }
  const rowsMs = filtered.map((one) => one.rowsMs);
  const totalsMs = filtered.map((one) => one.totalsMs);
  const limit = {
    unit: 'ms',
    referenceName: 'the limit of what feels immediate to a person',
    bar: { atMost: 1 },
  };
  writeFileSync(
    report,
    JSON.stringify([
      {
        ...limit,
        name: `the history of ${count} rows on screen, with its totals`,
        ours: percentile(showsMs, 50),
        reference: 500,
        notes: `from the key press, median of ${turns}; longest ${ms(Math.max(...showsMs))}`,
      },
      {
        ...limit,
        name: 'a frame while scrolling through it, p99',
        ours: percentile(framesMs, 99),
        reference: 50,
        notes: `${framesMs.length} frames over ${scrolledRows.toLocaleString('en-US')} rows; ${slow} over 50 ms, longest ${ms(Math.max(...framesMs))}, p50 ${ms(percentile(framesMs, 50))}`,
      },
      {
        ...limit,
        name: 'a text looked for in it, from the key press to the rows and totals on screen',
        ours: percentile(
          filtered.map((one) => Math.max(one.rowsMs, one.totalsMs)),
          50,
        ),
        reference: 300,
        notes: `median of ${turns}; rows ${ms(percentile(rowsMs, 50))}, totals ${ms(percentile(totalsMs, 50))}, longest ${ms(Math.max(...rowsMs, ...totalsMs))}`,
      },
    ]),
  );
});
