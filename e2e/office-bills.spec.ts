/**
 * A provider's bill as finance meets it: the file is read and mapped, what it says is held against what was metered, a
 * figure becomes a cost once a second person agrees, and each call tells its own margin.
 */
import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import exceljs from 'exceljs';
import iconv from 'iconv-lite';
import { violations } from './axe.ts';
import { expect, test } from './desk.ts';
import { section, signInAs } from './office-desk.ts';

type Person = 'finance' | 'checker' | 'auditor' | 'operator';

/** What a colleague, or a program of a customer's, does elsewhere. */
async function elsewhere(url: string, who: Person) {
  const send = async (method: string, path: string, body: object, token?: string): Promise<unknown> => {
    const reply = await fetch(`${url}/api${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
    expect(reply.ok, `${method} ${path}`).toBe(true);
    return reply.json();
  };
  const { accessToken } = (await send('POST', '/auth/login', {
    email: `${who}@demo.example`,
    password: 'zhangtai-demo',
    deviceId: `desk-of-${who}`,
    deviceName: 'Another desk',
  })) as { accessToken: string };
  return (method: string, path: string, body: object) => send(method, path, body, accessToken);
}

/** The day before today in China, where the business is. */
const day = new Date(Date.now() + (8 - 24) * 3_600_000).toISOString().slice(0, 10);
const shown = day.replaceAll('-', '/');

/** A provider with a price, and a call of yesterday that it makes cost 20.00. */
async function useAModel(url: string): Promise<void> {
  const finance = await elsewhere(url, 'finance');
  await finance('PUT', '/costs', {
    providers: [{ id: 'aliyun', name: { 'zh-CN': '阿里云', 'en-US': 'Alibaba Cloud' } }],
    prices: [
      {
        basis: 'tokens',
        provider: 'aliyun',
        effectiveAt: '2026-01-01T00:00:00.000Z',
        model: 'qwen-long',
        per: 1_000,
        inputPrice: '10',
        outputPrice: '20',
      },
    ],
    unitValues: [],
  });
  const operator = await elsewhere(url, 'operator');
  await operator('POST', '/metering/usage', {
    id: randomUUID(),
    product: 'copywriting',
    model: 'qwen-long',
    inputTokens: 1_000,
    outputTokens: 500,
    startedAt: `${day}T04:00:00.000Z`,
    endedAt: `${day}T04:01:00.000Z`,
    outcome: 'finished',
    usageKnown: true,
  });
}

const bill = [
  '阿里云账单',
  '消费日期,计费项,用量,应付金额(元),币种,流水号',
  `${day},"通义千问,长文",1500,25.50,CNY,r1`,
  `${day},磁盘,1,5.00,CNY,r2`,
  '合计,,,30.50,,',
].join('\r\n');

async function choose(page: Page, name: string, buffer: Buffer): Promise<void> {
  await page
    .getByLabel('选择账单文件', { exact: true })
    .setInputFiles({ name, mimeType: 'text/csv', buffer });
}

test('A bill is read, mapped, imported once and held against usage; what is accepted takes two people @web', async ({
  page,
  server,
}) => {
  await useAModel(server.url);
  await signInAs(page, 'finance');
  await section(page, '服务商账单');
  await expect(page.getByText('没有差异')).toBeVisible();
  await page.getByRole('button', { name: '导入账单' }).click();
  await expect(page.getByLabel('选择账单文件', { exact: true })).toBeAttached();
  expect(await violations(page)).toEqual([]);
  await choose(page, '阿里云 11 月.csv', iconv.encode(bill, 'gbk'));
  await expect(page.getByText('GB18030 · 5 行 · 6 列')).toBeVisible();

  // The headings were recognised; another order of dates is seen at once, and taken back.
  await expect(page.getByLabel('第 1 列是')).toHaveValue('day');
  await page.getByLabel('日期顺序').selectOption({ label: '月/日/年' });
  await expect(page.getByText('有 3 行无法识别。', { exact: false })).toBeVisible();
  const faults = page.getByRole('table', { name: '无法识别的行' });
  await expect(faults.getByRole('row', { name: `3 日期 ${day} 不是这种写法的日期` })).toBeVisible();
  await page.getByLabel('日期顺序').selectOption({ label: '年-月-日' });
  await expect(faults.getByRole('row', { name: '5 项目 – 是空的' })).toBeVisible();
  await page.getByLabel('服务商').selectOption({ label: '阿里云' });
  await page.getByLabel('通义千问,长文 对应本方的').selectOption({ label: 'qwen-long' });
  const read = page.getByRole('table', { name: '识别结果（前几行）' });
  await expect(read.getByRole('row', { name: `3 ${shown} qwen-long 1,500 ¥25.50 r1` })).toBeVisible();
  const send = page.getByRole('button', { name: '导入 2 行' });
  await expect(send).toHaveAttribute('aria-disabled', 'true');
  await page.getByLabel('不导入无法识别的 1 行').check();
  expect(await violations(page)).toEqual([]);
  await send.click();
  await expect(page.getByText('已导入 阿里云 11 月.csv，共 2 行。', { exact: false })).toBeVisible();
  const table = page.getByRole('table', { name: '与用量的差异' });
  await expect(
    table.getByRole('row', { name: /qwen-long.* 金额不符 ¥25\.50 ¥20\.00 \+¥5\.50 待处理/ }),
  ).toBeVisible();
  await expect(
    table.getByRole('row', { name: /磁盘.* 本方缺少 ¥5\.00 ¥0\.00 \+¥5\.00 待处理/ }),
  ).toBeVisible();
  expect(await violations(page)).toEqual([]);

  await page.getByRole('button', { name: `查看 ${day} qwen-long 的差异` }).click();
  const drawer = page.getByRole('dialog');
  await expect(drawer.getByRole('row', { name: '用量 1,500 1,500' })).toBeVisible();
  await expect(drawer.getByText('阿里云 11 月.csv，第 3 行')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await drawer.getByRole('button', { name: '采纳账单金额' }).click();
  const asks = page.getByRole('dialog', { name: '采纳账单金额' });
  await expect(asks.getByText('+¥5.50')).toBeVisible();
  // Who thinks again is back at the difference.
  await asks.getByRole('button', { name: '取消' }).click();
  await drawer.getByRole('button', { name: '采纳账单金额' }).click();
  await asks.getByLabel('原因').fill('与合同价一致');
  await asks.getByRole('button', { name: '提交' }).click();
  await expect(page.getByText('已提交，等待另一个人审批，尚未生效。')).toBeVisible();
  await expect(table.getByRole('row', { name: /qwen-long.* 待审批/ })).toBeVisible();

  await page.getByRole('button', { name: `查看 ${day} 磁盘 的差异` }).click();
  await drawer.getByRole('button', { name: '提出异议' }).click();
  await page.getByRole('dialog', { name: '提出异议' }).getByLabel('原因').fill('磁盘已于上月退订');
  await page.getByRole('button', { name: '提交' }).click();
  await expect(page.getByText('已记下异议，成本没有变动。')).toBeVisible();

  // Another file of the day that lacks an item: nobody decides in silence whether that still counts.
  const part = bill.split('\r\n').filter((line) => !line.startsWith('合计') && !line.includes('r1'));
  await page.getByRole('button', { name: '导入账单' }).click();
  await choose(page, '磁盘.csv', iconv.encode(part.join('\r\n'), 'gbk'));
  await page.getByLabel('服务商').selectOption({ label: '阿里云' });
  await page.getByRole('button', { name: '导入 1 行' }).click();
  const lacking = page.getByRole('dialog', { name: '以前的账单还有这份没有的明细' });
  await expect(lacking.getByRole('row', { name: `qwen-long ${shown} 1 ¥25.50` })).toBeVisible();
  await lacking.getByRole('button', { name: '导入', exact: true }).click();
  await expect(lacking.getByText('请选择')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await lacking.getByLabel('其中一部分：以前的明细继续计入').check();
  await lacking.getByRole('button', { name: '导入', exact: true }).click();
  await expect(page.getByText('以前账单中它没有的 1 行（¥25.50）继续计入。', { exact: false })).toBeVisible();

  // The same file again does nothing, and how it is read was kept.
  await page.getByRole('button', { name: '导入账单' }).click();
  await choose(page, '再来一次.csv', iconv.encode(bill, 'gbk'));
  await page.getByLabel('服务商').selectOption({ label: '阿里云' });
  await expect(page.getByText('按上次的方式读取')).toBeVisible();
  await expect(page.getByLabel('通义千问,长文 对应本方的')).toHaveValue('qwen-long');
  await page.getByLabel('不导入无法识别的 1 行').check();
  await page.getByRole('button', { name: '导入 2 行' }).click();
  await expect(page.getByText('这个文件已经导入过，不会重复导入。')).toBeVisible();

  // Somebody else approves; the desk is theirs now.
  const checker = await elsewhere(server.url, 'checker');
  const waiting = await fetch(`${server.url}/api/approvals?state=waiting`, {
    headers: { authorization: `Bearer ${await tokenOf(server.url, 'checker')}` },
  });
  const { items } = (await waiting.json()) as { items: { id: string; act: string; amount: string }[] };
  expect(items).toMatchObject([{ act: 'acceptCosts', amount: '5.50' }]);
  await checker('POST', `/approvals/${items[0]?.id ?? ''}/approve`, {});
  await page.getByRole('button', { name: '返回账单' }).click();
  await expect(table.getByRole('row', { name: /qwen-long.* ¥25\.50 ¥25\.50 ¥0\.00 已采纳/ })).toBeVisible();
  await expect(table.getByRole('row', { name: /磁盘.* 有异议/ })).toBeVisible();
});

async function tokenOf(url: string, who: Person): Promise<string> {
  const reply = await fetch(`${url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      email: `${who}@demo.example`,
      password: 'zhangtai-demo',
      deviceId: `token-of-${who}`,
      deviceName: 'Another desk',
    }),
  });
  return ((await reply.json()) as { accessToken: string }).accessToken;
}

test('A workbook is read too, in English, and a number that it has rounded is told @web', async ({
  page,
  server,
}) => {
  await useAModel(server.url);
  await signInAs(page, 'finance');
  await section(page, '服务商账单');
  await page.evaluate(() =>
    (Reflect.get(window, 'desk') as { invoke(n: string, i: unknown): Promise<unknown> }).invoke(
      'settings.update',
      { language: 'en-US' },
    ),
  );
  await expect(page.locator('html')).toHaveAttribute('lang', 'en-US');
  await page.getByRole('button', { name: 'Import a bill' }).click();
  const book = new exceljs.Workbook();
  book.addWorksheet('Bill').addRows([
    ['Date', 'Model', 'Tokens', 'Cost'],
    [new Date(`${day}T00:00:00Z`), 'qwen-long', 1_500, 20.004],
    [new Date(`${day}T00:00:00Z`), 'qwen-long', 1, 0.1 + 0.2],
  ]);
  const buffer = Buffer.from(await book.xlsx.writeBuffer());
  await page.getByLabel('Choose a bill', { exact: true }).setInputFiles({
    name: 'bill.xlsx',
    mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    buffer,
  });
  await expect(page.getByText('XLSX · 3 lines · 4 columns')).toBeVisible();
  const faults = page.getByRole('table', { name: "Lines that can't be read" });
  await expect(
    faults.getByRole('row', { name: '3 Amount 0.30000000000000004 is finer than a millionth of a yuan' }),
  ).toBeVisible();
  await page.getByLabel('Provider').selectOption({ label: 'Alibaba Cloud' });
  expect(await violations(page)).toEqual([]);
  await page.getByLabel('Leave out the 1 unreadable lines').check();
  await page.getByRole('button', { name: 'Import 1 lines' }).click();
  // Less than half a cent for a line is rounding.
  await expect(page.getByText('No differences')).toBeVisible();
  await page.getByRole('tab', { name: 'Imported bills' }).click();
  await expect(page.getByRole('row', { name: /bill\.xlsx Alibaba Cloud/ })).toBeVisible();
});

test('Margins are read by product, user, day and call, and a call tells the price that it was costed by @web', async ({
  page,
  desk,
  server,
}) => {
  await useAModel(server.url);
  await signInAs(page, 'auditor');
  await section(page, '服务商账单');
  await expect(page.getByRole('button', { name: '导入账单' })).toHaveCount(0);
  await section(page, '毛利');
  // On the first day of a month yesterday is not in it.
  const from = page.getByRole('combobox', { name: '开始日期' });
  await from.fill(day);
  await from.press('Enter');
  await expect(from).toHaveValue(shown);
  await expect(page.getByRole('table', { name: '按产品' })).toHaveAttribute('aria-busy', 'false');
  expect(await violations(page)).toEqual([]);
  const file = await desk.takeExport(() => page.getByRole('button', { name: '导出', exact: true }).click());
  const written = new exceljs.Workbook();
  await written.xlsx.readFile(file);
  expect(written.worksheets.map(({ name }) => name)).toEqual(['汇总', '按产品']);
  const checks = written.worksheets[0]?.getColumn(4).values ?? [];
  expect(checks.flatMap((cell) => (cell as { result?: string } | null)?.result ?? [])).toEqual([
    '一致',
    '一致',
    '一致',
  ]);
  await page.getByRole('tab', { name: '按天' }).click();
  await expect(page.getByRole('table', { name: '按天' }).getByText('¥20.00', { exact: true })).toBeVisible();
  await page.getByRole('tab', { name: '按用户' }).click();
  await page.getByRole('button', { name: '查看 演示操作员 的毛利' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '查看逐次调用' }).click();
  const calls = page.getByRole('table', { name: '逐次调用' });
  await expect(calls.getByRole('row', { name: /qwen-long/ })).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: `查看 ${day} 对 qwen-long 的调用` }).click();
  const drawer = page.getByRole('dialog', { name: '调用 qwen-long' });
  await expect(drawer.getByText('输入 ¥10.00、输出 ¥20.00，每 1,000 Token')).toBeVisible();
  await expect(drawer.getByText('¥20.00', { exact: true })).toBeVisible();
  expect(await violations(page)).toEqual([]);
});
