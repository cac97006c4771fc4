/** The back office as finance uses it, by role and name; what comes of it is asked of the server as an operator would. */
import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import type { PriceBook } from '../shared/api-prices.ts';
import { expect, test } from './desk.ts';
import { putAway } from './keys.ts';
import { section, signInAs } from './office-desk.ts';
import { launchChromium } from './shells.ts';

/** Somebody of the demonstration, elsewhere. */
async function operatorAt(url: string, who = 'operator') {
  const ask = async (method: string, path: string, body?: object, token?: string): Promise<unknown> => {
    const reply = await fetch(`${url}/api${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(reply.ok, `${method} ${path} ${reply.status}`).toBe(true);
    return reply.json();
  };
  const device = { deviceId: randomUUID(), deviceName: 'elsewhere' };
  const login = { email: `${who}@demo.example`, password: 'zhangtai-demo', ...device };
  const { accessToken } = (await ask('POST', '/auth/login', login)) as { accessToken: string };
  return <T>(method: string, path: string, body?: object): Promise<T> =>
    ask(method, path, body, accessToken) as Promise<T>;
}

async function publish(page: Page): Promise<void> {
  await page.getByRole('button', { name: '检查并发布（1 处）' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: '发布', exact: true }).click();
  await expect(dialog.getByText('请写明原因')).toBeVisible();
  await dialog.getByLabel('原因').fill('新品上架');
  await dialog.getByRole('button', { name: '发布', exact: true }).click();
  await expect(page.getByText('已发布新版本。')).toBeVisible();
}

test('Finance publishes a package and a price, and both count for an operator', async ({ page, server }) => {
  const operator = await operatorAt(server.url);
  await signInAs(page, 'finance');
  await section(page, '商品与套餐');
  await page.getByRole('button', { name: '编辑', exact: true }).click();
  await page.getByRole('button', { name: '添加套餐' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel('名称（简体中文）').fill('千分');
  await form.getByLabel('名称（English）').fill('A thousand points');
  await form.getByLabel('编号').fill('points_1000');
  await form.getByLabel('售价').fill('九十');
  // An asset goes by its name; a code is typed only for one that is on no list yet.
  const asset = form.getByLabel('资产');
  await expect(asset).toHaveText('积分');
  await asset.click();
  await page.getByRole('option', { name: '其他资产…' }).click();
  await expect(asset).toBeFocused();
  await asset.fill('gold');
  await expect(asset).toHaveValue('GOLD');
  await form.getByRole('button', { name: '从列表中选择' }).click();
  await expect(asset).toBeFocused();
  await asset.click();
  await page.getByRole('option', { name: /^积分/ }).click();
  await expect(form.getByText('POINT', { exact: true })).toBeVisible();
  await form.getByLabel('数量').fill('1,000');
  // What is wrong is named beneath its field, and what was typed stays.
  await form.getByRole('button', { name: '保留修改' }).click();
  await expect(form.getByText('请输入大于 0 的金额，最多六位小数')).toBeVisible();
  await expect(form.getByLabel('售价')).toHaveValue('九十');
  await form.getByLabel('售价').fill('90');
  await form.getByRole('button', { name: '保留修改' }).click();
  // A draft is there again after a look at something else.
  await section(page, '价格');
  await section(page, '商品与套餐');
  await expect(page.getByText('正在编辑草稿')).toBeVisible();
  await publish(page);
  await operator('POST', '/packages/points_1000/buy', { id: randomUUID() });
  expect(await operator('GET', '/balance')).toMatchObject({ balance: '1240.68' });

  await section(page, '价格');
  await page.getByRole('button', { name: '编辑', exact: true }).click();
  await page.getByRole('button', { name: '编辑小红书 · 关注' }).click();
  await form.getByLabel('单价').fill('1.10');
  await form.getByRole('button', { name: '保留修改' }).click();
  // Somebody else publishes meanwhile: neither undoes what the other did.
  const elsewhere = await operatorAt(server.url, 'finance');
  const { version, updatedAt: _, ...book } = await elsewhere<PriceBook>('GET', '/pricing');
  const prices = book.prices.map((price) =>
    price.platform === 'douyin' ? { ...price, unitPrice: '1.70' } : price,
  );
  await elsewhere('PUT', '/pricing', { ...book, prices, madeFrom: version });
  const check = page.getByRole('button', { name: '检查并发布（1 处）' });
  await check.click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('原因').fill('涨价');
  await dialog.getByRole('button', { name: '发布', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('您的修改没有发布，都还在这里');
  await page.getByRole('button', { name: '查看对方的修改' }).click();
  await expect(dialog.getByText('抖音 · 关注')).toBeVisible();
  await dialog.getByRole('button', { name: '关闭' }).click();
  await page.getByRole('button', { name: '合并到草稿' }).click();
  await check.click();
  await expect(dialog.getByText('抖音 · 关注')).toBeHidden();
  await expect(dialog.getByLabel('原因')).toHaveValue('涨价');
  await dialog.getByRole('button', { name: '发布', exact: true }).click();
  await expect(page.getByText('已发布新版本。')).toBeVisible();
  for (const [platform, total] of [
    ['xiaohongshu', '1.10'],
    ['douyin', '1.70'],
  ])
    expect(
      await operator('POST', '/pricing/quote', { platform, operation: 'follow', quantity: 1 }),
    ).toMatchObject({ total });
});

test('Finance refunds a recharge in part, gives units and takes some back', async ({
  page,
  server,
  playwright,
}) => {
  const operator = await operatorAt(server.url);
  const order = { id: randomUUID(), amount: '50.00', channel: 'wechat_native' };
  const { codeUrl } = await operator<{ codeUrl: string }>('POST', '/recharge/orders', order);
  const browser = await launchChromium(playwright);
  const scanned = await browser.newPage();
  await scanned.goto(codeUrl);
  await scanned.getByRole('button', { name: '支付 ¥50.00' }).click();
  await expect(scanned.getByText('支付成功')).toBeVisible();
  await browser.close();
  await expect
    .poll(async () => (await operator<{ balance: string }>('GET', '/balance')).balance)
    .toBe('1380.68');

  await signInAs(page, 'finance');
  await section(page, '订单与退款');
  await page.getByRole('button', { name: '查看 演示操作员 的订单 ¥50.00' }).click();
  await page.getByRole('button', { name: '退款', exact: true }).click();
  const asking = page.getByRole('dialog', { name: '退还“演示操作员”的充值？' });
  // What is left of it is told, and more than that is refused beneath the field, before anything is sent.
  await asking.getByLabel('退款金额（元）').fill('50.01');
  await expect(asking.getByText('最多可退 ¥50.00')).toBeVisible();
  await asking.getByLabel('退款金额（元）').fill('20');
  await expect(asking.getByText('最多可退')).toHaveCount(0);
  await asking.getByRole('button', { name: '退款', exact: true }).click();
  await expect(asking.getByText('请写明原因')).toBeVisible();
  await asking.getByLabel('原因').fill('多付了');
  await asking.getByRole('button', { name: '退款', exact: true }).click();
  await expect(page.getByText('退款已提交')).toBeVisible();
  await expect(page.getByText('多付了')).toBeVisible();
  expect(await operator('GET', '/balance')).toMatchObject({ balance: '1360.68' });
  await putAway(page);

  const before = BigInt((await operator<{ balance: string }>('GET', '/points')).balance);
  await section(page, '发放');
  for (const [act, amount] of [
    ['发放', '60'],
    ['收回', '25'],
    ['发放', '99916'],
  ] as const) {
    await page.getByRole('button', { name: act, exact: true }).last().click();
    const form = page.getByRole('dialog');
    await form.getByRole('combobox', { name: '账户' }).fill('操作员');
    await page.getByRole('option', { name: /演示操作员/ }).click();
    await form.getByLabel('数量').fill(amount);
    await form.getByLabel('原因').fill('补偿一次故障');
    await form.getByRole('button', { name: act, exact: true }).click();
    await expect(form).toBeHidden();
  }
  // The last is more than one person may do alone, with what was given and taken back before.
  await expect(page.getByText('您一个人在该账户上还可以办： 99,915 积分')).toBeVisible();
  expect(await operator('GET', '/points')).toMatchObject({ balance: String(before + 35n) });
});

test('An auditor sees every section and may change nothing @web', async ({ page }) => {
  await signInAs(page, 'auditor');
  for (const name of ['账户', '订单与退款', '会员', '发放', '商品与套餐', '价格', 'AI 模型']) {
    await section(page, name);
    await expect(page.getByRole('table').first()).toHaveAttribute('aria-busy', 'false');
    await expect(page.getByRole('button', { name: /^(编辑|收回|退款)$/ })).toHaveCount(0);
  }
});
