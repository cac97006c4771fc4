/**
 * What every section of the back office looks like with much in it, its drawers and dialogs, and with nothing, in both
 * languages and three themes: taken anew by `npm run screenshots`, and compared in turn with the kept ones.
 */
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './desk.ts';
import { putAway as close } from './keys.ts';
import { busyUntil } from './office-data.ts';
import { busyTest, section, signInAs } from './office-desk.ts';
import { beginPictures, pictureInTurn } from './picture.ts';

/** Taking each anew in two sizes beside comparing it takes minutes. */
const timeoutMs = 900_000;
test.use({ frozenAt: busyUntil });
busyTest.use({ frozenAt: busyUntil });

const dialog = (page: Page): Locator => page.getByRole('dialog').last();
/** Ids and digests that the server made up as it ran. */
const madeUp = (page: Page): Locator =>
  dialog(page)
    .locator('dd')
    .filter({ hasText: /[0-9a-f]{8}-[0-9a-f]{4}|[0-9a-f]{32}|eyJ/ });

/** Opens the dialog that a button of the page or of an open drawer leads to. */
async function ask(page: Page, name: string | RegExp): Promise<void> {
  await page
    .getByRole('button', { name, exact: typeof name === 'string' })
    .last()
    .click();
  await expect(dialog(page).getByRole('button', { name: '取消' })).toBeVisible();
}

async function putAway(page: Page): Promise<void> {
  await dialog(page).getByRole('button', { name: '取消' }).click();
  await expect(page.getByRole('button', { name: '取消' })).toHaveCount(0);
}

/** What was found is told beside the section, and beside the office, until somebody has looked at it. */
async function takeWatch(page: Page): Promise<void> {
  await section(page, '预算与异常');
  await expect(page.getByRole('cell', { name: '全部成本', exact: true })).toBeVisible();
  const entries = [
    page.getByRole('navigation', { name: '管理' }).getByRole('button', { name: '预算与异常', exact: true }),
    page.getByRole('navigation', { name: '主导航' }).getByRole('button', { name: '管理', exact: true }),
  ];
  for (const entry of entries) await expect(entry).toHaveAccessibleDescription('3 条预算与异常提示未处理');
  await pictureInTurn(page, 'office-watch');
  await page.getByRole('button', { name: '查看：用量异常偏高：小红书' }).first().click();
  await pictureInTurn(page, 'office-finding');
  await close(page);
  await ask(page, '设置预算');
  await pictureInTurn(page, 'office-budget');
  await putAway(page);
  const unseen = page.getByRole('row').filter({ hasText: '未处理' });
  for (const left of [2, 1, 0]) {
    await unseen.first().getByRole('button').click();
    await dialog(page).getByRole('button', { name: '标记为已查看' }).click();
    await expect(unseen).toHaveCount(left);
  }
  for (const entry of entries) await expect(entry).not.toHaveAccessibleDescription(/未处理/);
}

async function takeCustomers(page: Page): Promise<void> {
  await section(page, '账户');
  await pictureInTurn(page, 'office-accounts');
  await page.getByRole('button', { name: /^查看账户 杭州拾光/ }).click();
  await expect(dialog(page).getByText('12,480,330.50').first()).toBeVisible();
  await pictureInTurn(page, 'office-account');
  await ask(page, '更改会员等级');
  await pictureInTurn(page, 'office-account-level');
  await putAway(page);
  await close(page);
  await section(page, '订单与退款');
  await pictureInTurn(page, 'office-orders');
  await page.getByRole('button', { name: '查看 林小满 的订单 ¥200.00' }).click();
  await pictureInTurn(page, 'office-order');
  await ask(page, '退款');
  await pictureInTurn(page, 'office-refund');
  await putAway(page);
  await close(page);
  await section(page, '会员');
  await pictureInTurn(page, 'office-members');
  await section(page, '发放');
  await pictureInTurn(page, 'office-grants');
  await ask(page, '发放');
  await pictureInTurn(page, 'office-grant');
  await putAway(page);
}

async function takeSelling(page: Page): Promise<void> {
  await section(page, '商品与套餐');
  await pictureInTurn(page, 'office-catalogue');
  await page.getByRole('button', { name: '编辑', exact: true }).click();
  await page.getByRole('button', { name: '编辑五万积分企业包' }).click();
  await pictureInTurn(page, 'office-catalogue-item');
  await putAway(page);
  await page.getByRole('button', { name: '放弃修改' }).click();
  await section(page, '价格');
  await pictureInTurn(page, 'office-prices');
  await page.getByRole('button', { name: '编辑', exact: true }).click();
  await page.getByRole('button', { name: '编辑小红书 · 关注' }).first().click();
  await dialog(page).getByLabel('单价').fill('1.20');
  await dialog(page).getByRole('button', { name: '保留修改' }).click();
  await page.getByRole('button', { name: '检查并发布（1 处）' }).click();
  await expect(dialog(page).getByRole('button', { name: '发布', exact: true })).toBeVisible();
  await pictureInTurn(page, 'office-prices-publish');
  await close(page);
  await page.getByRole('button', { name: '放弃修改' }).click();
  await section(page, 'AI 模型');
  await pictureInTurn(page, 'office-models');
}

async function takeBooks(page: Page): Promise<void> {
  await section(page, '报表');
  await expect(page.getByRole('table', { name: '收入最高的用户' })).toBeVisible();
  await pictureInTurn(page, 'office-reports');
  await page.getByRole('table', { name: '收入最高的用户' }).scrollIntoViewIfNeeded();
  await pictureInTurn(page, 'office-reports-tables');
  await section(page, '毛利');
  await pictureInTurn(page, 'office-margins');
  await section(page, '成本');
  await pictureInTurn(page, 'office-costs');
  await section(page, '服务商账单');
  await pictureInTurn(page, 'office-bill-differences');
  await page.getByRole('row').nth(1).getByRole('button').click();
  await expect(dialog(page).locator('.fui-Skeleton')).toHaveCount(0);
  await pictureInTurn(page, 'office-bill-difference');
  await close(page);
  await page.getByRole('tab', { name: '已导入的账单' }).click();
  await pictureInTurn(page, 'office-bills');
  await section(page, '对账');
  await pictureInTurn(page, 'office-reconciliation');
  await page.getByRole('button', { name: '查看 2026-11-18 的对账' }).first().click();
  await pictureInTurn(page, 'office-reconciliation-day');
  await dialog(page).getByRole('button', { name: '查看差异' }).click();
  await page.getByRole('button', { name: '清除筛选' }).click();
  await expect(page.getByRole('table', { name: '差异' })).toHaveAttribute('aria-busy', 'false');
  await pictureInTurn(page, 'office-differences');
  await page.getByRole('row').filter({ hasText: '金额不符' }).first().getByRole('button').click();
  await pictureInTurn(page, 'office-difference');
  await ask(page, '提议调整');
  await pictureInTurn(page, 'office-propose');
  await putAway(page);
  await close(page);
}

async function takeControl(page: Page): Promise<void> {
  await section(page, '审批');
  await pictureInTurn(page, 'office-approvals');
  await page.getByRole('row').filter({ hasText: '62,500.00' }).first().getByRole('button').click();
  await expect(dialog(page).getByText('第四季度')).toBeVisible();
  await pictureInTurn(page, 'office-approval');
  await ask(page, '批准');
  await pictureInTurn(page, 'office-approve');
  await putAway(page);
  await close(page);
  await section(page, '备份');
  await pictureInTurn(page, 'office-backups');
  await page.getByRole('row').filter({ hasText: '失败' }).getByRole('button').click();
  await pictureInTurn(page, 'office-backup');
  await close(page);
}

busyTest('What finance sees of the back office looks as it did @web', async ({ page }) => {
  test.setTimeout(timeoutMs);
  await beginPictures(page, busyUntil);
  await signInAs(page, 'finance');
  await takeWatch(page);
  await takeCustomers(page);
  await takeSelling(page);
  await takeBooks(page);
  await takeControl(page);
});

busyTest('What an auditor sees of the audit log looks as it did @web', async ({ page }) => {
  test.setTimeout(timeoutMs);
  await beginPictures(page, busyUntil);
  await signInAs(page, 'auditor');
  await section(page, '审计');
  await pictureInTurn(page, 'office-audit');
  await page.getByRole('row').filter({ hasText: '发布价格' }).first().getByRole('button').click();
  await pictureInTurn(page, 'office-audit-entry', [madeUp(page)]);
});

test('Sections with nothing in them look as they did @web', async ({ page }) => {
  test.setTimeout(timeoutMs);
  await beginPictures(page, busyUntil);
  await signInAs(page, 'finance');
  for (const [name, id] of [
    ['订单与退款', 'office-orders-none'],
    ['预算与异常', 'office-watch-none'],
    ['审批', 'office-approvals-none'],
    ['备份', 'office-backups-none'],
  ] as const) {
    await section(page, name);
    await pictureInTurn(page, id);
  }
});
