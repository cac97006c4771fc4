/** Reports, budgets and findings in the back office: read by finance and auditor, a month closed for good by finance. */
import exceljs from 'exceljs';
import { violations } from './axe.ts';
import { expect, test } from './desk.ts';
import { section, signInAs } from './office-desk.ts';

test('Finance reads a month and the one before it, and closes that one for good @web', async ({
  page,
  desk,
}) => {
  test.setTimeout(120_000);
  await signInAs(page, 'finance');
  await section(page, '报表');
  await expect(page.getByRole('table', { name: '按产品' })).toBeVisible();
  expect(await violations(page)).toEqual([]);

  // The demonstration's past begins six weeks ago: the first month of it is over.
  const close = page.getByRole('button', { name: /^结账 / });
  for (let step = 0; step < 2 && (await close.count()) === 0; step += 1) {
    await page.getByRole('button', { name: '上一期' }).click();
    await expect(page.getByRole('table', { name: '按产品' })).toBeVisible();
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
  ]);
  const checks = workbook.worksheets[0]
    ?.getColumn(4)
    .values.map((cell) => (cell as { result?: string } | undefined)?.result);
  expect(checks?.filter((check) => check !== undefined).length).toBe(10);

  await page.getByLabel('期间类型').selectOption({ label: '年报' });
  await expect(page.getByRole('table', { name: '收入最高的用户' })).toBeVisible();
});

test('A budget is set by finance, and costs are read beside it @web', async ({ page }) => {
  test.setTimeout(120_000);
  await signInAs(page, 'finance');
  await section(page, '预算与异常');
  await page.getByRole('button', { name: '设置预算' }).click();
  const dialog = page.getByRole('dialog', { name: /^设置.+预算$/ });
  await dialog.getByLabel('预算').fill('1000');
  await dialog.getByRole('button', { name: '设置预算' }).click();
  await expect(page.getByRole('cell', { name: '¥1,000.00' })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await section(page, '成本');
  expect(await violations(page)).toEqual([]);
});

test('An auditor reads reports, costs and findings, and has no button that changes anything @web', async ({
  page,
}) => {
  test.setTimeout(120_000);
  await signInAs(page, 'auditor');
  await section(page, '报表');
  await expect(page.getByRole('table', { name: '按产品' })).toBeVisible();
  await page.getByRole('button', { name: '上一期' }).click();
  await expect(page.getByRole('table', { name: '按产品' })).toBeVisible();
  await expect(page.getByRole('button', { name: /^结账 / })).toHaveCount(0);
  await section(page, '预算与异常');
  await expect(page.getByText('没有发现')).toBeVisible();
  await expect(page.getByRole('button', { name: '设置预算' })).toHaveCount(0);
});
