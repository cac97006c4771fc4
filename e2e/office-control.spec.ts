/**
 * What keeps the back office honest, on the screen: one person asks, another decides, an auditor sees it and verifies
 * the log, and nobody sees a button that is not theirs.
 */
import { hash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { PersonalData } from '../shared/api-personal.ts';
import { violations } from './axe.ts';
import { expect, test } from './desk.ts';
import { putAway } from './keys.ts';
import { section, signInAs, type Staff } from './office-desk.ts';

/** What a colleague does at another desk. */
async function asStaff(url: string, who: Staff) {
  const send = async (method: string, path: string, body?: object, token?: string): Promise<unknown> => {
    const reply = await fetch(`${url}/api${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(reply.ok, `${method} ${path}`).toBe(true);
    return reply.json();
  };
  const device = { deviceId: `desk-of-${who}`, deviceName: 'Another desk' };
  const { accessToken } = (await send('POST', '/auth/login', {
    email: `${who}@demo.example`,
    password: 'zhangtai-demo',
    ...device,
  })) as { accessToken: string };
  return (method: string, path: string, body?: object) => send(method, path, body, accessToken);
}

/** An account of the demonstration that money can be corrected on. */
async function customer(ask: Awaited<ReturnType<typeof asStaff>>): Promise<string> {
  const { items } = (await ask('GET', '/accounts?role=operator')) as { items: { id: string }[] };
  return items[0]?.id ?? '';
}

test('What waits is approved by somebody else, with what it does in money; one’s own cannot be @web', async ({
  page,
  server,
}) => {
  const finance = await asStaff(server.url, 'finance');
  const checker = await asStaff(server.url, 'checker');
  const accountId = await customer(finance);
  const body = { accountId, asset: 'CNY', amount: '1888.00', reason: '补偿 11 月 18 日的故障' };
  await finance('POST', '/billing/adjustments', { ...body, id: randomUUID() });
  await checker('POST', '/billing/adjustments', {
    ...body,
    id: randomUUID(),
    amount: '-2000.00',
    reason: '误充',
  });
  await signInAs(page, 'checker');
  await section(page, '审批');
  const table = page.getByRole('table', { name: '审批' });
  await expect(table.getByText('+¥1,888.00')).toBeVisible();
  await expect(table.getByText('-¥2,000.00')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: /查看 演示复核 的申请/ }).click();
  const drawer = page.getByRole('dialog');
  await expect(drawer.getByText('自己的申请由其他人审批。')).toBeVisible();
  await expect(drawer.getByRole('button', { name: '批准' })).toHaveCount(0);
  await expect(drawer.getByRole('button', { name: '撤回' })).toBeVisible();
  await putAway(page);
  await page.getByRole('button', { name: /查看 演示财务 的申请/ }).click();
  await drawer.getByRole('button', { name: '批准' }).click();
  const dialog = page.getByRole('dialog', { name: '批准并立即执行？' });
  await expect(dialog.getByText('+¥1,888.00')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: '批准' }).click();
  await expect(page.getByText('已批准并执行。')).toBeVisible();
  await putAway(page);
  await expect(table.getByText('+¥1,888.00')).toHaveCount(0);
  await expect(table.getByText('-¥2,000.00')).toBeVisible();
});

test('Refusing wants a reason, which who asked can read; what is held of a person is handed out, and erased by name @web', async ({
  page,
  server,
  desk,
}) => {
  const finance = await asStaff(server.url, 'finance');
  const body = { id: randomUUID(), asset: 'POINT', amount: '500000', source: 'gift', note: '年会赠送' };
  await finance('POST', '/grants', { ...body, accountId: await customer(finance) });
  await signInAs(page, 'admin');
  await section(page, '审批');
  await page.getByRole('button', { name: /查看 演示财务 的申请/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: '驳回' }).click();
  const dialog = page.getByRole('dialog', { name: '驳回这项申请？' });
  await dialog.getByRole('button', { name: '驳回' }).click();
  await expect(dialog.getByText('请写明原因')).toBeVisible();
  await dialog.getByLabel('原因').fill('超出预算');
  await dialog.getByRole('button', { name: '驳回' }).click();
  await expect(page.getByText('已驳回。')).toBeVisible();
  await expect(page.getByRole('dialog').getByText('超出预算')).toBeVisible();
  await putAway(page);
  await expect(page.getByText('没有待审批的申请')).toBeVisible();
  await section(page, '账户');
  await page.getByRole('button', { name: '查看账户 演示操作员' }).click();
  const drawer = page.getByRole('dialog');
  // The file is at hand in the drawer, above which nothing else can be reached.
  const file = await desk.takeExport(() => drawer.getByRole('button', { name: '导出个人信息' }).click());
  expect(basename(file)).toMatch(/^个人信息-演示操作员-[\d-]+\.json$/);
  const { tables } = JSON.parse(readFileSync(file, 'utf8')) as PersonalData;
  expect(tables).toMatchObject({ accounts: [{ email: 'operator@demo.example' }] });
  await drawer.getByRole('button', { name: '抹除个人信息' }).click();
  const erasing = page.getByRole('dialog', { name: '抹除“演示操作员”的个人信息？' });
  await expect(erasing).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await erasing.getByLabel('原因').fill('本人申请');
  await expect(erasing.getByRole('button', { name: '抹除个人信息' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  await erasing.getByRole('textbox', { name: /以确认/ }).fill('演示操作员');
  await erasing.getByRole('button', { name: '抹除个人信息' }).click();
  await expect(drawer.getByText('已抹除', { exact: true })).toBeVisible();
  await expect(drawer.getByRole('button', { name: '抹除个人信息' })).toHaveCount(0);
  await putAway(page);
  await section(page, '审计');
  const log = page.getByRole('table', { name: '审计' });
  for (const act of ['导出个人信息', '抹除个人信息'])
    await expect(log.getByRole('row').filter({ hasText: act })).toHaveCount(1);
});

/** An exported log proves itself, without the desk: each line's hash is of the line before and its own entry. */
function expectChained(file: string): void {
  const [, ...lines] = parse(readFileSync(file), { bom: true });
  expect(lines.length).toBeGreaterThan(3);
  for (const [index, line] of lines.entries()) {
    const [entry = '', previous, own] = line.slice(-3);
    expect(hash('sha256', `${previous}\n${entry}`)).toBe(own);
    // Newest first: the next line is the one before.
    expect(previous).toBe(lines[index + 1]?.at(-1) ?? '0'.repeat(64));
  }
}

test('An auditor finds an act, reads what changed, verifies the log, and changes nothing @web', async ({
  page,
  server,
  desk,
}) => {
  const finance = await asStaff(server.url, 'finance');
  const { items } = (await finance('GET', '/pricing/versions')) as { items: Record<string, unknown>[] };
  const { stacking, prices, memberDiscounts, usagePrices } = items[0] ?? {};
  const dearer = (prices as { unitPrice: string }[]).map((price) => ({ ...price, unitPrice: '9.90' }));
  await finance('PUT', '/pricing', { stacking, prices: dearer, memberDiscounts, usagePrices });
  const body = { id: randomUUID(), asset: 'CNY', amount: '1500.00', reason: '等待复核' };
  await finance('POST', '/billing/adjustments', { ...body, accountId: await customer(finance) });
  await signInAs(page, 'auditor');
  await section(page, '审批');
  await page.getByRole('button', { name: /查看 演示财务 的申请/ }).click();
  await expect(page.getByRole('dialog').getByText('+¥1,500.00')).toBeVisible();
  for (const name of ['批准', '驳回', '撤回'])
    await expect(page.getByRole('dialog').getByRole('button', { name })).toHaveCount(0);
  await putAway(page);
  await section(page, '审计');
  const table = page.getByRole('table', { name: '审计' });
  await expect(table.getByText('发布价格')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('searchbox', { name: '编号、原因或内容' }).fill('等待复核');
  await expect(table.getByText('发布价格')).toHaveCount(0);
  await expect(table.getByText('待审批')).toBeVisible();
  await page.getByRole('button', { name: '清除筛选' }).first().click();
  await table.getByRole('row').filter({ hasText: '发布价格' }).getByRole('button').click();
  const drawer = page.getByRole('dialog', { name: '发布价格' });
  await expect(drawer.getByText('小红书 关注 · 单价')).toBeVisible();
  await expect(drawer.getByText('9.90').first()).toBeVisible();
  await expect(drawer.getByText('127.0.0.1')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await putAway(page);
  await page.getByRole('button', { name: '验证', exact: true }).click();
  const verified = page.getByRole('dialog', { name: '审计记录验证' });
  await expect(verified.getByText(/核对了 \d+ 条记录，全部一致。/)).toBeVisible();
  await verified.getByRole('button', { name: '关闭' }).click();
  expectChained(await desk.takeExport(() => page.getByRole('button', { name: '导出', exact: true }).click()));
  // Who keeps the books is not told that their own account is empty.
  await expect(page.getByText('低于提醒线')).toHaveCount(0);
  expect(await violations(page)).toEqual([]);
});
