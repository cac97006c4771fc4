/**
 * What every screen looks like, in both languages and three themes: compared with the kept pictures in the tests, taken
 * anew by `npm run screenshots`. Time stands still and the data is the demonstration's, so that two runs show the same;
 * only what a machine or a run makes up by itself is covered.
 */
import type { Page } from '@playwright/test';
import { expect, signIn, test } from './desk.ts';
import { BillClient } from './drive/bill-client.ts';
import { Studio } from './drive/studio.ts';
import { putAway } from './keys.ts';
import { beginPictures, command, picture } from './picture.ts';

test.use({ frozenAt: '2026-11-20T04:30:00.000Z' });

/** Picks a screen by its key, which is the same in every language. */
async function screen(page: Page, number: number): Promise<void> {
  await page.keyboard.press(`Control+${number}`);
}

async function newCampaign(page: Page, name: string, targets: number): Promise<void> {
  await screen(page, 2);
  await page.getByRole('button', { name: '新建任务' }).first().click();
  await page.getByLabel('任务名称').fill(name);
  await page.getByLabel('每次耗时').fill('0');
  const lines = Array.from({ length: targets }, (_, index) => `xhs_${name.length}_${10_000 + index * 7}`);
  await page.getByLabel('粘贴目标用户').fill([...lines, lines[3], 'bad id', lines[9]].join('\n'));
}

test.beforeEach(async ({ page }) => {
  await beginPictures(page, '2026-11-20T04:30:00.000Z');
});

test.describe('before anyone signed in', () => {
  test.use({ serverKind: 'embedded' });
  test('The first start looks as it did @web', async ({ page }) => {
    test.setTimeout(300_000);
    await expect(page.getByRole('button', { name: '以普通会员体验' })).toBeEnabled({ timeout: 240_000 });
    await picture(page, 'first-start');
  });
});

test('Recharge looks as it did @web', async ({ page }) => {
  test.setTimeout(300_000);
  await signIn(page, 'operator');
  await expect(page.getByText('刚刚同步')).toBeVisible();
  await page.getByRole('button', { name: '充值', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('充值金额')).toBeVisible();
  await picture(page, 'recharge');
  await dialog.getByRole('button', { name: '生成付款码' }).click();
  const code = dialog.locator('svg[role="img"]');
  await expect(code).toBeVisible();
  await picture(page, 'recharge-code', [code]);
});

test('Membership, points and usage look as they did @web', async ({ page, server }) => {
  test.setTimeout(600_000);
  const studio = new Studio(await BillClient.signIn(server.url, 'operator@demo.example'));
  await signIn(page, 'operator');
  await expect(page.getByText('刚刚同步')).toBeVisible();
  await screen(page, 6);
  await expect(page.getByRole('button', { name: '购买 500 积分' })).toBeVisible();
  await expect(page.getByRole('row', { name: /图片生成/ })).toBeVisible();
  await picture(page, 'membership');
  await page.getByRole('button', { name: '开通 月度会员' }).click();
  await expect(page.getByText('余额充足')).toBeVisible();
  await picture(page, 'membership-buy');
  await putAway(page);
  await page.getByRole('tab', { name: '积分' }).click();
  await expect(page.getByText('新用户体验积分')).toBeVisible();
  await picture(page, 'points');
  const call = { product: 'replies', model: 'gpt-4' };
  await studio.call(call, { inputTokens: 40_000, outputTokens: 2_000 }, new Date('2026-11-20T04:29:00.000Z'));
  await page.getByRole('tab', { name: '用量' }).click();
  const newest = page.getByRole('table', { name: 'AI 调用' }).getByRole('row').nth(1);
  await expect(newest).toContainText('¥0.053795');
  await expect(page.getByRole('banner').getByText('¥1,330.63').first()).toBeVisible();
  await picture(page, 'usage');
  await newest.getByRole('button').click();
  await expect(page.getByText('最低消费 ¥0.01')).toBeVisible();
  const ids = page
    .getByRole('dialog')
    .locator('dd')
    .filter({ hasText: /[0-9a-f]{8}-/ });
  await picture(page, 'usage-detail', [ids]);
});

test('Every screen looks as it did @web', async ({ page, server, desk }) => {
  test.setTimeout(900_000);
  await expect(page.getByLabel('邮箱')).toBeVisible();
  await picture(page, 'sign-in', [page.getByText(server.url)]);
  await signIn(page, 'operator');
  await expect(page.getByText('刚刚同步')).toBeVisible();
  await page.getByLabel('数量').fill('500');
  await expect(page.getByText('余额充足')).toBeVisible();
  await picture(page, 'balance');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('option').first()).toBeVisible();
  await picture(page, 'palette');
  await putAway(page);
  await screen(page, 3);
  await picture(page, 'pricing');

  // One at a time, so that the charges come in the order of the list.
  await command(page, 'settings.update', { concurrency: 1 });
  await newCampaign(page, '秋季新品推广', 160);
  await picture(page, 'new-campaign');
  await page.getByRole('button', { name: '读取并报价' }).click();
  await expect(page.getByText('3 行已排除')).toBeVisible();
  await expect(page.getByText('已报价')).toBeVisible();
  await picture(page, 'draft');
  await page.getByRole('button', { name: '确认并开始' }).click();
  await picture(page, 'confirm');
  await page.getByRole('button', { name: /^开始，预留/ }).click();
  await expect(page.getByText('已完成').first()).toBeVisible();
  // What is told in passing goes by itself.
  await expect(page.locator('.fui-Toast')).toHaveCount(0);
  await picture(page, 'done');

  await screen(page, 4);
  await expect(page.getByText('秋季新品推广').first()).toBeVisible();
  await picture(page, 'history');
  await page.getByRole('row').nth(1).getByRole('button').click();
  await expect(page.getByText('价格由来')).toBeVisible();
  const madeUp = page
    .getByRole('dialog')
    .locator('dd')
    .filter({ hasText: /[0-9a-f]{8}/ });
  await picture(page, 'history-detail', [madeUp]);
  await putAway(page);

  await server.kill();
  await screen(page, 5);
  await page.getByRole('button', { name: '立即同步' }).click();
  await expect(page.getByTitle('查看同步情况')).toContainText('离线');
  await picture(page, 'outbox');
  await screen(page, 7);
  await picture(page, 'settings', [
    page.getByText(desk.dataDir),
    page.getByText(server.url),
    page.locator('dd').filter({ hasText: /[0-9a-f]{8}-/ }),
  ]);
});
