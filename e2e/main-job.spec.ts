/**
 * The main job, through the screens, as an operator does it: sign in, see the price, start a campaign, pause it, lose
 * the network, get it back, take the bill away and add it up.
 */
import iconv from 'iconv-lite';
import readXlsxFile from 'read-excel-file/node';
import { z } from 'zod';
import type { Locator, Page } from '@playwright/test';
import { parseYuan, yuanText, type Micros } from '../shared/money.ts';
import { amountForCount } from '../shared/rating.ts';
import { expect, signIn, test } from './desk.ts';

const targetCount = 240;

/** A list as a spreadsheet program on a Chinese Windows saves it: GBK, with a repeated line and a bad one. */
function targetsFile(): { name: string; mimeType: string; buffer: Buffer } {
  const ids = Array.from({ length: targetCount }, (_, index) => `用户_${1_000 + index}`);
  const lines = ['用户ID,昵称', ...ids.map((id) => `${id},昵称`), `${ids[4]},重复的`, '有 空格,坏的'];
  return { name: '名单.csv', mimeType: 'text/csv', buffer: iconv.encode(lines.join('\r\n'), 'gbk') };
}

/** The value beside a name in a list of facts. */
function fact(scope: Locator, name: string): Locator {
  return scope
    .getByRole('term')
    .filter({ hasText: new RegExp(`^${name}$`) })
    .locator('xpath=following-sibling::dd[1]');
}

async function amountIn(place: Locator): Promise<Micros> {
  const text = (await place.innerText()).trim();
  const micros = parseYuan(text.replace(/[¥,+]/g, ''));
  if (micros === null) throw new Error(`not an amount: ${text}`);
  return micros;
}

const shownBalance = (page: Page): Locator => fact(page.getByRole('banner'), '余额');
const pill = (page: Page): Locator => page.getByTitle('查看同步情况');
const progress = (page: Page): Locator => page.getByRole('region', { name: '任务进度' });

async function succeeded(page: Page): Promise<number> {
  return Number(await fact(progress(page), '成功').innerText());
}

async function startCampaign(page: Page): Promise<void> {
  await page.getByRole('button', { name: '新建任务' }).first().click();
  await page.getByLabel('任务名称').fill('秋季推广');
  await page.getByLabel('失败率').fill('10');
  // Slow enough that a busy machine's test is not overtaken by the campaign.
  await page.getByLabel('每次耗时').fill('300');
  await page.getByLabel('选择文件').setInputFiles(targetsFile());
  await page.getByRole('button', { name: '读取并报价' }).click();
  await expect(page.getByText('2 行已排除')).toBeVisible();
  await expect(page.getByText('与第 6 行重复')).toBeVisible();
  await expect(page.getByText('¥228.00').first()).toBeVisible(); // 240 × ¥1.00 × 0.95
  await page.getByRole('button', { name: '确认并开始' }).click();
  const dialog = page.getByRole('dialog', { name: '确认开始任务' });
  await expect(fact(dialog, '总价')).toHaveText('¥228.00');
  await expect(fact(dialog, '扣费后余额')).toHaveText('¥1,102.68');
  await dialog.getByRole('button', { name: '开始，预留 ¥228.00' }).click();
  await expect(progress(page)).toBeVisible();
}

const Cell = z.union([z.string(), z.number(), z.date(), z.boolean()]).nullable();

/** Adds the detail sheet up, read by another library than the one that wrote it. */
async function addUp(file: string, targets: number): Promise<Micros> {
  const sheets = z
    .array(z.object({ sheet: z.string(), data: z.array(z.array(Cell)) }))
    .parse(await readXlsxFile(file));
  const detail = sheets.find((sheet) => sheet.sheet === '明细');
  const header = detail?.data[0] ?? [];
  const rows = detail?.data.slice(1) ?? [];
  expect(rows).toHaveLength(targets);
  expect(rows.every((row) => row[header.indexOf('时间')] instanceof Date)).toBe(true);
  const cents = rows.map((row) => Math.round(z.number().parse(row[header.indexOf('金额（元）')]) * 100));
  return BigInt(cents.reduce((sum, cent) => sum + cent, 0)) * 10_000n;
}

test('An operator prices, runs, loses the network, comes back and takes a bill away that adds up', async ({
  page,
  desk,
  server,
}) => {
  await signIn(page, 'operator');
  await expect(shownBalance(page)).toHaveText('¥1,330.68');

  await test.step('the calculator names the price and what is left', async () => {
    await page.getByLabel('数量').fill('500');
    await expect(page.getByText('余额充足，剩余 ¥855.68')).toBeVisible();
    await expect(page.getByText('¥475.00').first()).toBeVisible();
  });

  await page
    .getByRole('link', { name: '任务' })
    .or(page.getByRole('button', { name: '任务', exact: true }))
    .first()
    .click();
  await test.step('a campaign is priced, confirmed and runs', () => startCampaign(page));

  await test.step('it pauses and goes on', async () => {
    await page.getByRole('button', { name: '暂停', exact: true }).click();
    await expect(page.getByText('任务已手动暂停')).toBeVisible();
    await page.getByRole('button', { name: '继续', exact: true }).click();
    await expect.poll(() => succeeded(page)).toBeGreaterThan(20);
  });

  await test.step('without the server it goes on within its hold, and the charges wait', async () => {
    await server.kill();
    // Paused while that is found out, so that a busy machine's test is not overtaken by the campaign.
    await page.getByRole('button', { name: '暂停', exact: true }).click();
    await expect(page.getByText('任务已手动暂停')).toBeVisible();
    await expect(pill(page)).toContainText('离线');
    const before = await succeeded(page);
    await page.getByRole('button', { name: '继续', exact: true }).click();
    await expect.poll(() => succeeded(page)).toBeGreaterThan(before + 20);
    await expect(pill(page)).toContainText('笔待同步 ¥');
  });

  await test.step('the engine dies too, and comes back with nothing lost', async () => {
    desk.killEngine();
    await expect(page.getByText('正在自动重启')).toBeVisible();
    await expect(page.getByText('正在自动重启')).toBeHidden();
    await expect(progress(page)).toBeVisible();
  });

  await test.step('the server is back, the queue drains, the campaign ends', async () => {
    await server.start();
    await expect(pill(page)).toContainText('在线');
    await expect(page.getByText('已完成').first()).toBeVisible();
    await expect(pill(page)).not.toContainText('待同步');
  });

  const count = await succeeded(page);
  const spent = await amountIn(fact(progress(page), '已花费'));
  expect(count).toBeGreaterThan(targetCount * 0.8);
  expect(yuanText(spent)).toBe(yuanText(amountForCount(950_000n, count)));
  // What is left of the money that was set aside is there again.
  await expect.poll(() => amountIn(shownBalance(page))).toBe(1_330_680_000n - spent);

  await test.step('the bill is exported and adds up', async () => {
    await page
      .getByRole('link', { name: '消费历史' })
      .or(page.getByRole('button', { name: '消费历史', exact: true }))
      .first()
      .click();
    await page.getByLabel('搜索目标、任务或备注').fill('用户_1');
    // The ledger's rows come after the charges have gone.
    await expect(fact(page.getByRole('main'), '笔数')).toHaveText(String(count));
    const file = await desk.takeExport(async () => {
      await page.getByRole('button', { name: '导出', exact: true }).click();
      await page
        .getByRole('dialog', { name: '导出账单' })
        .getByRole('button', { name: '导出', exact: true })
        .click();
    });
    expect(yuanText(await addUp(file, count))).toBe(yuanText(-spent));
  });

  await test.step('the bill verifies itself', async () => {
    await page.getByRole('button', { name: '验证账单' }).click();
    await expect(page.getByText('账单完整无误，并由服务器签名确认。')).toBeVisible();
  });
});
