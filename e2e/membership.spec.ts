/**
 * Membership, quotas, points and AI calls as an operator sees them while a program elsewhere uses them: each effect is
 * looked for on the screen, by role and name, where a person would look for it.
 */
import { randomUUID } from 'node:crypto';
import type { Locator, Page } from '@playwright/test';
import { z } from 'zod';
import { violations } from './axe.ts';
import { expect, isRead, signIn, test } from './desk.ts';
import { BillClient, problemCode } from './drive/bill-client.ts';
import { Studio } from './drive/studio.ts';
import { focusInDialog, pressOn, putAway } from './keys.ts';
import { onScanPage, openRecharge, rechargeDialog } from './scan-page.ts';

const operator = 'operator@demo.example';

async function openMembership(page: Page): Promise<void> {
  await page.keyboard.press('Control+6');
  await expect(page.getByRole('heading', { name: '会员', level: 1 })).toBeVisible();
}

/** What stands beside a name in a card. */
function fact(card: Locator, name: string): Locator {
  return card.getByRole('term').filter({ hasText: name }).locator('xpath=following-sibling::dd[1]');
}

async function pay(page: Page, title: string, price: string, left: string): Promise<void> {
  const dialog = page.getByRole('dialog', { name: title });
  await expect(dialog.getByRole('status')).toHaveText(`余额充足，剩余 ${left}`);
  await dialog.getByRole('button', { name: `支付 ${price}` }).click();
  await expect(dialog).toBeHidden();
}

test('Money in, a membership, quotas to the last one and back, points into debt and out of it', async ({
  page,
  desk,
  server,
  playwright,
}) => {
  const balance = page.getByRole('banner').getByLabel('余额');
  const studio = new Studio(await BillClient.signIn(server.url, operator));
  await signIn(page, 'operator');
  // What is set aside for working offline could not be paid with.
  await page.keyboard.press('Control+7');
  await page.getByLabel('离线备用金').selectOption({ label: '关闭' });
  await page.keyboard.press('Control+1');

  await test.step('¥500 are bought by the code, and the balance rises', async () => {
    const dialog = await openRecharge(page);
    await dialog.getByRole('button', { name: '¥500', exact: true }).click();
    await dialog.getByRole('button', { name: '生成付款码' }).click();
    await onScanPage(desk, playwright, async (scanned) => {
      await scanned.getByRole('button', { name: '支付 ¥500.00' }).click();
      await expect(scanned.getByText('支付成功')).toBeVisible();
    });
    await expect(dialog.getByText('+¥500.00')).toBeVisible();
    await dialog.getByRole('button', { name: '完成' }).click();
    await expect(balance).toContainText('¥1,830.68');
  });

  const mine = page.getByRole('region', { name: '我的会员' });
  await test.step('a membership is bought and renewed', async () => {
    await openMembership(page);
    await expect(mine.getByText('还没有会员')).toBeVisible();
    await page.getByRole('button', { name: '开通 月度会员' }).click();
    await pay(page, '开通月度会员', '¥99.00', '¥1,731.68');
    await expect(page.getByRole('status').filter({ hasText: '已开通月度会员。' })).toBeVisible();
    await expect(mine.getByText('生效中')).toBeVisible();
    await expect(page.getByRole('banner').getByText('高级会员')).toBeVisible();
    await expect(balance).toContainText('¥1,731.68');
    const paidUntil = await fact(mine, '已付至').innerText();
    const quotasUntil = await fact(mine, '本月额度至').innerText();
    expect(paidUntil).toBe(quotasUntil);

    await mine.getByRole('button', { name: '续费一个月' }).click();
    await pay(page, '续费月度会员', '¥99.00', '¥1,632.68');
    await expect(fact(mine, '已付至')).not.toHaveText(paidUntil);
    await expect(fact(mine, '本月额度至')).toHaveText(quotasUntil);
    await expect(balance).toContainText('¥1,632.68');
  });

  await test.step('a quota is used until it is refused, and a failure gives it back', async () => {
    const quotas = page.getByRole('table', { name: '额度' });
    const drawing = quotas.getByRole('row', { name: /图片生成/ }).getByRole('cell');
    const [left, held, used] = [drawing.nth(2), drawing.nth(3), drawing.nth(4)];
    await expect(left).toHaveText('119');
    const work = randomUUID();
    expect(await studio.begin('drawing', 100, work)).toMatchObject({ status: 201 });
    await page.getByRole('button', { name: '刷新' }).click();
    await expect(held).toHaveText('100');
    await expect(left).toHaveText('19');
    expect(await studio.end(work, 'complete')).toMatchObject({ status: 200 });
    await expect(used).toHaveText('106');
    await expect(held).toHaveText('0');
    const failing = randomUUID();
    expect(await studio.begin('cutout', 15, failing)).toMatchObject({ status: 201 });
    await expect(left).toHaveText('4');
    expect(problemCode(await studio.begin('cutout', 5))).toBe('insufficient_units');
    expect(await studio.begin('cutout', 4)).toMatchObject({ status: 201 });
    await expect(left).toHaveText('0');
    expect(problemCode(await studio.begin('drawing', 1))).toBe('insufficient_units');
    expect(await studio.end(failing, 'fail')).toMatchObject({ status: 200 });
    await expect(left).toHaveText('15');
  });

  await test.step('points run into debt, new work is refused, and a package repays it', async () => {
    await page.getByRole('tab', { name: '积分' }).click();
    const points = page.getByRole('region', { name: '积分', exact: true });
    await expect(points.getByText('281', { exact: true })).toBeVisible();
    // 200 s × 3 points.
    expect(await studio.finishVideo(200)).toMatchObject({ status: 201 });
    const debt = page.getByRole('alert').filter({ hasText: '欠 319 积分' });
    await expect(debt).toBeVisible();
    await expect(points.getByText('-319')).toBeVisible();
    expect(problemCode(await studio.estimateVideo(10))).toBe('debt_outstanding');
    const newest = page.getByRole('table', { name: '积分明细' }).getByRole('row').nth(1);
    await expect(newest).toContainText('创作工坊 · 视频处理');
    await expect(newest).toContainText('3分钟 20秒');
    await expect(newest).toContainText('-600');

    await page.getByRole('button', { name: '购买 500 积分' }).click();
    await pay(page, '购买500 积分', '¥50.00', '¥1,582.68');
    // 525 − 319.
    await expect(points.getByText('206', { exact: true })).toBeVisible();
    await expect(debt).toBeHidden();
    await expect(newest).toContainText('+525');
    await expect(page.getByRole('table', { name: '未用完的批次' }).getByRole('row').nth(1)).toContainText(
      '206',
    );
    expect(await studio.estimateVideo(10)).toMatchObject({ status: 200 });
    await expect(balance).toContainText('¥1,582.68');
  });

  await test.step('a call of a model is paid with quota first, then with money, and says how', async () => {
    await page.getByRole('tab', { name: '用量' }).click();
    // 35,241 that were there and 500,000 of the membership; 64,759 are left for money.
    const call = { product: 'copywriting', model: 'qwen-max' };
    const tokens = { inputTokens: 600_000, outputTokens: 0 };
    expect(await studio.call(call, tokens)).toMatchObject({ status: 201 });
    const newest = page.getByRole('table', { name: 'AI 调用' }).getByRole('row').nth(1);
    await expect(newest).toContainText('600,000');
    await expect(newest).toContainText('535,241 文本 Token、¥0.129518');
    await expect(page.getByRole('region', { name: '月度用量' }).getByText('¥0.129518').first()).toBeVisible();
    await newest.getByRole('button').click();
    const detail = page.getByRole('dialog', { name: '文案写作 的调用' });
    await expect(detail.getByText('输入 64,759 × ¥0.002 / 1,000')).toBeVisible();
    await expect(detail.getByText('535,241 个 Token，每个抵扣 1')).toBeVisible();
    await putAway(page, detail);
    await expect(balance).toContainText('¥1,582.55');
  });
});

test('What the balance does not cover leads to recharge with what is missing', async ({ page, server }) => {
  const finance = await BillClient.signIn(server.url, 'finance@demo.example');
  const checker = await BillClient.signIn(server.url, 'checker@demo.example');
  const client = await BillClient.signIn(server.url, operator);
  const account = z.object({ id: z.uuid() }).parse((await client.send('GET', '/account')).body);
  await signIn(page, 'operator');
  await page.keyboard.press('Control+7');
  await page.getByLabel('离线备用金').selectOption({ label: '关闭' });
  // What was set aside is there again.
  const held = async (): Promise<string> => (await client.balance()).held;
  await expect.poll(held).toBe('0.00');
  const correction = { id: randomUUID(), accountId: account.id, asset: 'CNY', amount: '-1249.00' };
  const asked = await finance.send('POST', '/billing/adjustments', { ...correction, reason: 'for a test' });
  expect(asked).toMatchObject({ body: { state: 'waiting' } });
  expect(await checker.send('POST', `/billing/adjustments/${correction.id}/approve`, {})).toMatchObject({
    body: { state: 'posted' },
  });
  await expect(page.getByRole('banner').getByLabel('余额')).toContainText('¥81.68');
  await openMembership(page);
  await page.getByRole('button', { name: '开通 月度会员' }).click();
  const dialog = page.getByRole('dialog', { name: '开通月度会员' });
  await expect(dialog.getByRole('status')).toContainText('¥17.32');
  await expect(dialog.getByRole('button', { name: '支付 ¥99.00' })).toBeDisabled();
  await dialog.getByRole('button', { name: '去充值' }).click();
  await expect(dialog).toBeHidden();
  await expect(rechargeDialog(page).getByLabel('充值金额')).toHaveValue('17.32');
  // It keeps the keys when what was put away for it has given back the focus.
  await focusInDialog(page);
  const hasFocus = rechargeDialog(page).evaluate(async (shown) => {
    for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
    await new Promise((resolve) => void setTimeout(resolve));
    return shown.contains(document.activeElement);
  });
  expect(await hasFocus).toBe(true);
});

test('A purchase whose answer was lost is made once, however often it is tried @web', async ({ page }) => {
  let losing = true;
  const bought: string[] = [];
  await page.routeWebSocket(/\/bridge$/, (socket) => {
    const engine = socket.connectToServer();
    const lost = new Set<number>();
    socket.onMessage((text) => {
      const message = z
        .object({ id: z.int(), input: z.looseObject({ endpoint: z.string().optional(), body: z.unknown() }) })
        .safeParse(JSON.parse(String(text)));
      if (message.data?.input.endpoint === 'buyPackage') {
        bought.push(z.object({ id: z.string() }).parse(message.data.input.body).id);
        if (losing) lost.add(message.data.id);
      }
      engine.send(text);
    });
    engine.onMessage((text) => {
      const reply = z.object({ id: z.int() }).safeParse(JSON.parse(String(text)));
      if (reply.data === undefined || !lost.delete(reply.data.id)) return socket.send(text);
      const problem = { code: 'server_unreachable', params: {} };
      return socket.send(JSON.stringify({ id: reply.data.id, reply: { ok: false, problem } }));
    });
  });
  await page.reload();
  await signIn(page, 'operator');
  await openMembership(page);
  await page.getByRole('button', { name: '购买 500 积分' }).click();
  const dialog = page.getByRole('dialog', { name: '购买500 积分' });
  await dialog.getByRole('button', { name: '支付 ¥50.00' }).click();
  await expect(dialog.getByRole('alert')).toContainText('连不上服务器');
  await dialog.getByRole('button', { name: '支付 ¥50.00' }).click();
  await expect.poll(() => bought.length).toBe(2);
  await expect(dialog.getByRole('alert')).toBeVisible();
  losing = false;
  await dialog.getByRole('button', { name: '支付 ¥50.00' }).click();
  await expect(dialog).toBeHidden();
  expect(bought).toHaveLength(3);
  expect(new Set(bought).size).toBe(1);
  await page.getByRole('tab', { name: '积分' }).click();
  // 281 + 525, once.
  await expect(page.getByRole('region', { name: '积分', exact: true }).getByText('806')).toBeVisible();
  await expect(page.getByRole('banner').getByLabel('余额')).toContainText('¥1,280.68');
  // The next one is another purchase.
  await page.getByRole('button', { name: '购买 500 积分' }).click();
  await page.getByRole('button', { name: '支付 ¥50.00' }).click();
  await expect(page.getByRole('dialog')).toBeHidden();
  expect(new Set(bought).size).toBe(2);
});

test('A package is bought by the keyboard alone, and no tab has an accessibility fault @web', async ({
  page,
}) => {
  await signIn(page, 'operator');
  await openMembership(page);
  await expect(page.getByRole('button', { name: '开通 月度会员' })).toBeVisible();
  await page.getByRole('tab', { name: '会员与配额' }).focus();
  for (const [key, name] of [
    ['ArrowRight', '积分'],
    ['ArrowRight', '用量'],
    ['ArrowLeft', '积分'],
  ] as const) {
    await page.keyboard.press(key);
    await expect(page.getByRole('tab', { name })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('tab', { name })).toHaveAttribute('aria-selected', 'true');
    await expect(page.getByRole('row').nth(1)).toBeVisible();
    await isRead(page);
    expect(await violations(page), name).toEqual([]);
  }
  await page.getByRole('button', { name: '购买 500 积分' }).focus();
  await page.keyboard.press('Enter');
  const confirm = page.getByRole('button', { name: '支付 ¥50.00' });
  await expect(confirm).toBeEnabled();
  expect(await violations(page), 'the question').toEqual([]);
  await pressOn(page, confirm, 6);
  await expect(page.getByRole('status').filter({ hasText: '已购买500 积分。' })).toBeVisible();
});
