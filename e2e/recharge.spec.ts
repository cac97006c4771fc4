/** Putting money onto the account, as an operator does it: a code, the page that it leads to, the balance that rises. */
import { violations } from './axe.ts';
import { expect, signIn, test } from './desk.ts';
import { pressAway, putAway } from './keys.ts';
import { onScanPage, openRecharge, rechargeDialog } from './scan-page.ts';

test('An operator buys ¥500 by the code and sees the balance rise', async ({ page, desk, playwright }) => {
  await signIn(page, 'operator');
  const dialog = await openRecharge(page);
  await dialog.getByRole('button', { name: '¥500', exact: true }).click();
  await dialog.getByRole('button', { name: '生成付款码' }).click();
  await expect(dialog.getByRole('img', { name: '微信付款码，¥500.00' })).toBeVisible();
  await expect(dialog.getByText('等待付款')).toBeVisible();

  await onScanPage(desk, playwright, async (scanned) => {
    await expect(scanned.getByText('¥500.00').first()).toBeVisible();
    await scanned.getByRole('button', { name: '取消' }).click();
    await expect(scanned.getByText('订单仍可支付')).toBeVisible();
    await scanned.getByRole('button', { name: '支付 ¥500.00' }).click();
    await expect(scanned.getByText('支付成功')).toBeVisible();
  });

  await expect(dialog.getByText('+¥500.00')).toBeVisible();
  await expect(dialog.getByText('当前余额 ¥1,830.68')).toBeVisible();
  await dialog.getByRole('button', { name: '完成' }).click();
  await expect(page.getByRole('banner').getByText('¥1,830.68').first()).toBeVisible();
  await page.keyboard.press('Control+4');
  const newest = page.getByRole('row').nth(1);
  await expect(newest).toContainText('充值');
  await expect(newest).toContainText('+¥500.00');
});

test('What cannot be paid is not ordered, and an order is given up, kept and found again', async ({
  page,
  desk,
  server,
}) => {
  await signIn(page, 'operator');
  const dialog = await openRecharge(page);
  const field = dialog.getByLabel('充值金额');
  const get = dialog.getByRole('button', { name: '生成付款码' });
  for (const wrong of ['0', '1.005', '一百', '']) {
    await field.fill(wrong);
    await expect(dialog.getByText('请输入大于 0 的金额')).toBeVisible();
    await expect(get).toBeDisabled();
  }
  await field.fill('60000');
  await get.click();
  await expect(dialog.getByText('服务器不接受这个金额')).toBeVisible();
  await field.fill('12.34');
  await field.press('Enter');
  await expect(dialog.getByText('¥12.34').first()).toBeVisible();

  // Given up, the amount is still there.
  await dialog.getByRole('button', { name: '取消订单' }).click();
  await expect(field).toHaveValue('12.34');
  await get.click();
  await expect(dialog.getByRole('img', { name: '微信付款码，¥12.34' })).toBeVisible();
  await putAway(page, dialog);
  await openRecharge(page);
  await expect(dialog.getByRole('img', { name: '微信付款码，¥12.34' })).toBeVisible();

  // Without the server the code stays, and what is wrong is said.
  await server.kill();
  await expect(dialog.getByRole('button', { name: '重试' })).toBeVisible();
  await expect(dialog.getByRole('img', { name: '微信付款码，¥12.34' })).toBeVisible();
  await server.start();
  await pressAway(dialog.getByRole('button', { name: '重试' }));

  // A desk that starts anew takes the order up.
  const again = await desk.restart();
  await expect(again.getByRole('heading', { name: '余额中心', level: 1 })).toBeVisible();
  const found = await openRecharge(again);
  await expect(found.getByRole('img', { name: '微信付款码，¥12.34' })).toBeVisible();
});

test('The missing amount is filled in, a code whose time is over is renewed, and nothing is wrong for anybody @web', async ({
  page,
}) => {
  await page.clock.install();
  await page.reload();
  await signIn(page, 'operator');
  await page.getByLabel('数量').fill('2000');
  await page.getByRole('button', { name: '去充值' }).click();
  const dialog = rechargeDialog(page);
  // 2000 × ¥0.95 less what there is.
  await expect(dialog.getByLabel('充值金额')).toHaveValue('569.32');
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: '生成付款码' }).click();
  await expect(dialog.getByText('29:').first()).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.clock.runFor(31 * 60_000);
  await expect(dialog.getByText('付款码已失效')).toBeVisible();
  expect(await violations(page)).toEqual([]);
});
