/** Reports, budgets and findings in the back office: read by finance and auditor, a month closed for good by finance. */
import type { Page } from '@playwright/test';
import exceljs from 'exceljs';
import { violations } from './axe.ts';
import { expect, test } from './desk.ts';
import { section, signInAs } from './office-desk.ts';

test('Finance reads a month and the one before it, and closes that one for good @web', async ({
  page,
  desk,
}) => {
  await signInAs(page, 'finance');
  await section(page, '报表');
  await expect(page.getByRole('table', { name: '按产品' })).toBeVisible();
  expect(await violations(page)).toEqual([]);

  // The demonstration's past begins six weeks ago: the first month of it is over.
  const close = page.getByRole('button', { name: /^结账 / });
  // Of a later month it is told which one comes first.
  const elsewhere = page.getByText(/^各月按顺序结账：/);
  for (let step = 0; step < 2; step += 1) {
    await expect(close.or(elsewhere)).toBeVisible();
    if (await close.isVisible()) break;
    await page.getByRole('button', { name: '上一期' }).click();
    await expect(page.getByRole('table', { name: '按产品' })).toBeVisible();
    // What stood there is another month's until the new one is there.
    await expect(page.locator('.fui-Skeleton')).toHaveCount(0);
  }
  await close.click();
  const dialog = page.getByRole('dialog', { name: /^结账 / });
  await expect(dialog.getByText('毛利')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: '结账，不再更改' }).click();
  await expect(page.getByText('已结账。')).toBeVisible();
  await expect(page.getByText('已结账', { exact: true })).toBeVisible();
  await expect(close).toHaveCount(0);

  const file = await desk.takeExport(() => page.getByRole('button', { name: '导出' }).click());
  const workbook = new exceljs.Workbook();
  await workbook.xlsx.readFile(file);
  expect(workbook.worksheets.map(({ name }) => name)).toEqual([
    '汇总',
    '按期间',
    '按产品',
    '按模型',
    '收入最高的用户',
    '额度与积分',
  ]);
  const checks = workbook.worksheets[0]
    ?.getColumn(4)
    .values.map((cell) => (cell as { result?: string } | undefined)?.result);
  expect(checks?.filter((check) => check !== undefined).length).toBe(12);

  await choosePeriods(page);
});

/** A period is picked, typed or stepped to; what is none is named, and stays to be mended. */
async function choosePeriods(page: Page): Promise<void> {
  const month = page.getByRole('combobox', { name: '哪个月' });
  const read = page.getByRole('group', { name: '报表期间' }).locator('[aria-live]');
  await page.getByRole('button', { name: '上月' }).click();
  await expect(page.getByRole('button', { name: '上月' })).toHaveAttribute('aria-pressed', 'true');
  const last = (await read.textContent()) ?? '';
  await expect(month).toHaveValue(last);
  for (const [typed, why] of [
    ['2026-13', /请输入月份，例如/],
    ['2999/1', /不能晚于/],
  ] as const) {
    await month.fill(typed);
    await month.press('Tab');
    await expect(month).toHaveAccessibleDescription(why);
    await expect(month).toHaveValue(typed);
    await expect(read).toHaveText(last);
  }
  await month.fill('2026-3');
  await month.press('Enter');
  await expect(read).toHaveText('2026年3月');
  await month.press('ArrowDown');
  await expect(page.getByRole('dialog', { name: '日历' })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await expect(month).toHaveValue('2026年2月');
  await page.getByLabel('期间类型').selectOption({ label: '日报' });
  await expect(page.getByRole('combobox', { name: '哪一天' })).toHaveValue('2026/02/01');
  await page.getByLabel('期间类型').selectOption({ label: '年报' });
  await expect(page.getByLabel('哪一年')).toHaveValue('2026');
  await expect(page.getByRole('table', { name: '收入最高的用户' })).toBeVisible();
}

test('A budget is set by finance, and costs are read beside it @web', async ({ page }) => {
  await signInAs(page, 'finance');
  await section(page, '预算与异常');
  await page.getByRole('button', { name: '设置预算' }).click();
  const dialog = page.getByRole('dialog', { name: /^设置.+预算$/ });
  // What is missing is told beneath its field.
  await dialog.getByLabel('范围').selectOption({ label: '产品' });
  await dialog.getByRole('button', { name: '设置预算' }).click();
  await expect(dialog.getByText('请选择一项')).toBeVisible();
  await expect(dialog.getByText('请输入大于 0 的金额，最多六位小数')).toBeVisible();
  await dialog.getByLabel('范围').selectOption({ label: '全部成本' });
  await dialog.getByLabel('预算（元）').fill('1000');
  await dialog.getByRole('button', { name: '设置预算' }).click();
  await expect(page.getByText('已设置全部成本的预算：¥1,000.00。')).toBeVisible();
  await expect(page.getByRole('cell', { name: '¥1,000.00' })).toBeVisible();
  await page.getByRole('button', { name: '设置预算' }).click();
  await expect(dialog.getByText(/现在的预算是 ¥1,000\.00，已用 ¥/)).toBeVisible();
  await dialog.getByRole('button', { name: '取消' }).click();
  await expect(page.getByRole('button', { name: '设置预算' })).toBeFocused();
  expect(await violations(page)).toEqual([]);
  await section(page, '成本');
  expect(await violations(page)).toEqual([]);
});

test('An auditor reads reports, costs and findings, and has no button that changes anything @web', async ({
  page,
}) => {
  await signInAs(page, 'auditor');
  await section(page, '报表');
  await expect(page.getByRole('table', { name: '按产品' })).toBeVisible();
  await page.getByRole('button', { name: '上一期' }).click();
  await expect(page.getByRole('table', { name: '按产品' })).toBeVisible();
  await expect(page.getByRole('button', { name: /^结账 / })).toHaveCount(0);
  await section(page, '预算与异常');
  await expect(page.getByText('没有异常，也没有预算提示')).toBeVisible();
  await expect(page.getByRole('button', { name: '设置预算' })).toHaveCount(0);
});
