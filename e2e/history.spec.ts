/**
 * The history as an operator searches it: by campaign, amount and day, in views that are kept, and one row to its proof.
 * In the web shell alone: axe opens a page of its own, which Electron's window has no room for.
 */
import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import readWorkbook from 'read-excel-file/node';
import { violations } from './axe.ts';
import { expect, signIn, test } from './desk.ts';
import { putAway } from './keys.ts';

const bar = (page: Page): Locator => page.getByRole('search', { name: '筛选' });

async function rowCount(page: Page): Promise<number> {
  const totals = page.getByText('笔数', { exact: true }).locator('xpath=following-sibling::dd[1]');
  return Number((await totals.innerText()).replace(/,/g, ''));
}

async function openHistory(page: Page): Promise<number> {
  await signIn(page, 'operator');
  await expect(page.getByText('刚刚同步')).toBeVisible();
  await page.keyboard.press('Control+4');
  await expect(page.getByRole('row').nth(1)).toBeVisible();
  await expect.poll(() => rowCount(page)).toBeGreaterThan(100);
  return rowCount(page);
}

test('Amounts, a campaign and a day narrow the history, and each is named in what would be exported @web', async ({
  page,
}) => {
  const all = await openHistory(page);

  await test.step('by amount, whatever the sign', async () => {
    await bar(page).getByLabel('最低金额').fill('100');
    await bar(page).getByLabel('最低金额').press('Enter');
    await expect.poll(() => rowCount(page)).toBeLessThan(all);
    await expect(page.getByRole('row').nth(1)).toBeVisible();
    // Read in one moment: rows that come in meanwhile would take another's place.
    const amounts = await page
      .getByRole('row')
      .getByRole('cell')
      .filter({ hasText: /^[+-]¥/ })
      .allInnerTexts();
    expect(amounts).not.toEqual([]);
    for (const amount of amounts) expect(Number(amount.replace(/[¥,+-]/g, ''))).toBeGreaterThanOrEqual(100);
    await page.keyboard.press('Control+e');
    const dialog = page.getByRole('dialog', { name: '导出账单' });
    await expect(dialog.getByText('不低于 ¥100.00')).toBeVisible();
    await putAway(page, dialog);
  });

  await test.step('an amount that is none stays to be mended and narrows nothing', async () => {
    const before = await rowCount(page);
    await bar(page).getByLabel('最高金额').fill('一百');
    await bar(page).getByLabel('最高金额').press('Enter');
    await expect(bar(page).getByLabel('最高金额')).toHaveAttribute('aria-invalid', 'true');
    expect(await rowCount(page)).toBe(before);
    await bar(page).getByRole('button', { name: '清除筛选' }).click();
    await expect.poll(() => rowCount(page)).toBe(all);
  });

  await test.step('what nothing fits is said where the rows would be', async () => {
    await page.getByLabel('搜索目标、任务或备注').fill('没有这个人');
    const table = page.getByRole('table');
    await expect(table.getByText('没有符合条件的记录')).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await table.getByRole('button', { name: '清除筛选' }).click();
    await expect.poll(() => rowCount(page)).toBe(all);
  });

  await test.step('a jump begins the list at a day, and leads back', async () => {
    const day = page.getByRole('combobox', { name: '跳到日期' });
    const first = await page.getByRole('row').nth(1).innerText();
    const earlier = new Date(Date.now() - 10 * 86_400_000).toISOString().slice(0, 10);
    await day.fill(earlier);
    await day.press('Enter');
    await expect(page.getByText(/^从 .* 起$/)).toBeVisible();
    await expect(page.getByRole('row').nth(1)).not.toHaveText(first);
    const shown = /\d{4}\/\d\d\/\d\d/.exec(await page.getByRole('row').nth(1).innerText())?.[0] ?? '';
    expect(shown.replaceAll('/', '-') <= earlier).toBe(true);
    await day.fill('2001/1/1');
    await day.press('Enter');
    await expect(page.getByText('这一天及更早没有记录')).toBeVisible();
    await page.getByRole('button', { name: '回到最新' }).click();
    await expect(page.getByText(/^从 .* 起$/)).toBeHidden();
  });

  await test.step('the calendar is in the language of the desk', async () => {
    await page.getByRole('combobox', { name: '跳到日期' }).click();
    await expect(page.getByRole('button', { name: '上个月' })).toBeVisible();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name: '上个月' })).toBeHidden();
  });
});

test('A view is kept, shown again, renamed and deleted, and a deleted one comes back @web', async ({
  page,
}) => {
  const all = await openHistory(page);
  const menu = page.getByRole('button', { name: '视图' });

  await bar(page).getByRole('combobox', { name: '类型' }).click();
  await page.getByRole('menuitemcheckbox', { name: '充值' }).click();
  await page.keyboard.press('Escape');
  await expect.poll(() => rowCount(page)).toBeLessThan(all);
  const narrowed = await rowCount(page);

  await menu.click();
  await page.getByRole('menuitem', { name: '保存当前筛选' }).click();
  await page.getByRole('dialog').getByLabel('名称').fill('只看充值');
  await page.getByRole('dialog').getByLabel('名称').press('Enter');
  await expect(page.getByRole('dialog')).toBeHidden();

  await bar(page).getByRole('button', { name: '清除筛选' }).click();
  await expect.poll(() => rowCount(page)).toBe(all);
  // Kept by the desk, not by the page.
  await page.reload();
  await expect(page.getByRole('heading', { name: '余额中心', level: 1 })).toBeVisible();
  await page.keyboard.press('Control+4');
  await menu.click();
  await page.getByRole('menuitem', { name: '只看充值' }).click();
  await expect.poll(() => rowCount(page)).toBe(narrowed);

  await menu.click();
  await page.getByRole('menuitem', { name: '保存当前筛选' }).click();
  await page.getByRole('dialog').getByLabel('名称').fill('只看充值');
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await expect(page.getByText('已有同名的视图')).toBeVisible();
  await putAway(page);

  await menu.click();
  await page.getByRole('menuitem', { name: '管理视图' }).click();
  const dialog = page.getByRole('dialog', { name: '管理视图' });
  await dialog.getByLabel('视图“只看充值”的名称').fill('到账');
  await dialog.getByLabel('视图“只看充值”的名称').press('Enter');
  await expect(dialog.getByLabel('视图“到账”的名称')).toHaveValue('到账');
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: '删除视图“到账”' }).click();
  await expect(dialog.getByText('还没有保存的视图')).toBeVisible();
  await dialog.getByRole('button', { name: '撤销' }).click();
  await dialog.getByRole('button', { name: '打开视图“到账”' }).click();
  await expect(dialog).toBeHidden();
  await expect.poll(() => rowCount(page)).toBe(narrowed);
});

test("A campaign's own rows are found by its name, and one leads to how its price came about @web", async ({
  page,
  desk,
}) => {
  await signIn(page, 'operator');
  await page.keyboard.press('Control+2');
  await page.getByRole('button', { name: '新建任务' }).first().click();
  await page.getByLabel('任务名称').fill('夏季回访');
  await page.getByLabel('粘贴目标用户').fill('user_a\nuser_b\nuser_c');
  await page.getByRole('button', { name: '读取并报价' }).click();
  await page.getByRole('button', { name: '确认并开始' }).click();
  await page.getByRole('button', { name: /^开始，预留/ }).click();
  await expect(page.getByText('已完成').first()).toBeVisible();

  const file = await desk.takeExport(() => page.getByRole('button', { name: '导出任务报告' }).click());
  // What happened is told above the exports, whose buttons stay free.
  // Looked at in one moment: it goes away by itself, and what is read out beside it has the same words.
  const toasts = page.getByLabel('通知').getByRole('button', { name: '关闭' });
  const below = (): Promise<number> =>
    toasts.evaluateAll((all) => {
      const tray = document.querySelector('section:has(a[download])')?.getBoundingClientRect().top ?? 0;
      return all.filter((one) => one.getBoundingClientRect().bottom >= tray).length;
    });
  await expect(page.getByRole('region', { name: '导出' })).toBeVisible();
  await expect.poll(below).toBe(0);
  expect(file).toMatch(/任务报告-夏季回访-.*\.xlsx$/);
  const sheets = await readWorkbook(readFileSync(file));
  expect(sheets.map(({ sheet }) => sheet).slice(0, 2)).toEqual(['汇总', '目标']);
  const targets = sheets[1]?.data.slice(1).map((row) => row[1]);
  expect(targets).toEqual(['user_a', 'user_b', 'user_c']);

  await page.keyboard.press('Control+4');
  const campaign = bar(page).getByRole('combobox', { name: '任务' });
  await campaign.fill('夏季');
  await page.getByRole('option', { name: '夏季回访' }).click();
  await expect(campaign).toHaveValue('夏季回访');
  await expect.poll(() => rowCount(page)).toBeLessThanOrEqual(3);
  await page.getByRole('row').nth(1).getByRole('button').click();
  const detail = page.getByRole('dialog');
  for (const words of ['价格由来', '凭据', '预留号', '设备', '哈希', '夏季回访'])
    await expect(detail.getByText(words, { exact: true }).first()).toBeVisible();
  expect(await violations(page)).toEqual([]);
});

test('A day of the chart leads to what was charged on it, by the mouse and by the keyboard @web', async ({
  page,
}) => {
  const all = await openHistory(page);
  await page.keyboard.press('Control+1');
  const chart = page.getByRole('group', { name: '近 30 天消费' });
  await chart.focus();
  // Back to the last day on which something was spent.
  for (let back = 0; back < 30; back += 1) {
    if (await chart.getByText('点按查看这一天的明细').isVisible()) break;
    await page.keyboard.press('ArrowLeft');
  }
  const shown = await chart.getByText(/^\d{4}年\d+月\d+日$/).innerText();
  const [year = '', month = '', date = ''] = shown.match(/\d+/g) ?? [];
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: '消费历史', level: 1 })).toBeVisible();
  await expect.poll(() => rowCount(page)).toBeLessThan(all);
  expect(await rowCount(page)).toBeGreaterThan(0);
  const day = `${year}/${month.padStart(2, '0')}/${date.padStart(2, '0')}`;
  await expect(page.getByRole('row').nth(1)).toContainText(day);

  const range = bar(page).getByRole('combobox', { name: '时间范围' });
  await range.click();
  await page.getByRole('option', { name: '昨天' }).click();
  await expect(range).toHaveText('昨天');
});
