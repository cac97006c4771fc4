/** The states that a screen is seldom in: nothing there yet, no answer, not offered, and a change taken back. */
import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, signIn, test } from './desk.ts';

test.describe('at a server that takes no payments', () => {
  test.use({ takesPayments: false });
  test('Recharge says whether this server takes it online, and whom to turn to where it does not @web', async ({
    page,
    server,
  }) => {
    await signIn(page, 'operator');
    await page.getByRole('button', { name: '充值', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: '充值' });
    await expect(dialog.getByText('这台服务器没有开通在线充值')).toBeVisible();
    await expect(dialog.getByText('operator@demo.example')).toBeVisible();
    const { violations } = await new AxeBuilder({ page }).exclude('[data-tabster-dummy]').analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();

    await server.kill();
    await page.getByRole('button', { name: '充值', exact: true }).click();
    await expect(dialog.getByText('暂时无法得知服务器是否支持在线充值')).toBeVisible({ timeout: 30_000 });
    await server.start();
    await dialog.getByRole('button', { name: '重试' }).click();
    await expect(dialog.getByText('这台服务器没有开通在线充值')).toBeVisible({ timeout: 30_000 });
  });
});

test('A setting is kept at once and can be taken back', async ({ page }) => {
  await signIn(page, 'operator');
  await page.keyboard.press('Control+7');
  await page.getByLabel('主题').selectOption({ label: '深色' });
  await page.getByRole('button', { name: '撤销' }).click();
  await expect(page.getByLabel('主题')).toHaveValue('system');
  await expect(page.getByRole('button', { name: '撤销' })).toBeHidden();

  // A word of an input method ends with Enter too: that commits nothing.
  const most = page.getByLabel('每分钟上限');
  await most.fill('120');
  await page.evaluate(() => {
    const key = { key: 'Enter', bubbles: true, cancelable: true, isComposing: true };
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', key));
  });
  await expect(page.getByRole('button', { name: '撤销' })).toBeHidden();
  await most.press('Enter');
  await page.getByRole('button', { name: '撤销' }).click();
  await expect(most).toHaveValue('0');
});

test('The log is given away in one file that holds what happened and no sign-in', async ({ page, desk }) => {
  await signIn(page, 'operator');
  await page.keyboard.press('Control+7');
  const button = page.getByRole('button', { name: '导出日志' });
  const file = await desk.takeExport(() => button.click());
  await expect(page.getByText('日志已保存为')).toBeVisible();
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('engine.log');
  expect(text).toContain('"deviceId"');
  expect(text).not.toMatch(/zhangtai-demo|eyJ[\w-]{8,}\./);
});

test('Prices that are published for later are shown before they take force @web', async ({
  page,
  server,
}) => {
  const api = async (path: string, method: string, token: string | null, body: unknown) => {
    const response = await fetch(`${server.url}/api${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
    expect(response.status, path).toBeLessThan(300);
    return (await response.json()) as { accessToken: string };
  };
  const { accessToken } = await api('/auth/login', 'POST', null, {
    email: 'finance@demo.example',
    password: 'zhangtai-demo',
    deviceId: 'finance',
    deviceName: 'finance',
  });
  const nextWeek = new Date(Date.now() + 7 * 86_400_000).toISOString();
  await api('/pricing', 'PUT', accessToken, {
    stacking: 'best',
    prices: [
      { platform: 'xiaohongshu', operation: 'follow', unitPrice: '1.10', effectiveAt: nextWeek, tiers: [] },
      { platform: 'douyin', operation: 'follow', unitPrice: '1.30', effectiveAt: nextWeek, tiers: [] },
    ],
    memberDiscounts: [],
  });
  await signIn(page, 'operator');
  await page.keyboard.press('Control+3');
  await expect(page.getByRole('region', { name: '价格', exact: true }).getByText('¥1.00')).toBeVisible();
  const coming = page.getByRole('region', { name: /起的价格$/ });
  await expect(coming.getByText('¥1.10')).toBeVisible();
  await expect(coming.getByText('¥1.30')).toBeVisible();
  await expect(coming.getByText('第 2 版')).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).exclude('[data-tabster-dummy]').analyze();
  expect(violations.map(({ id }) => id)).toEqual([]);
});
