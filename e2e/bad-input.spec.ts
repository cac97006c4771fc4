/**
 * What people get wrong, and what goes wrong under them: each is told in a clear sentence, what was typed stays, and
 * nothing is lost.
 */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, signIn, test } from './desk.ts';

async function fillCampaign(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Control+2');
  await page.getByRole('button', { name: '新建任务' }).first().click();
  await page.getByLabel('任务名称').fill(name);
}

async function chooseFile(page: Page, name: string, content: Buffer): Promise<void> {
  await page.getByLabel('选择文件').setInputFiles({ name, mimeType: 'text/csv', buffer: content });
  await page.getByRole('button', { name: '读取并报价' }).click();
}

test('A list that cannot be used is refused with the reason, and the form keeps what was typed', async ({
  page,
}) => {
  await signIn(page, 'operator');
  await fillCampaign(page, '坏名单');
  const tooMany = Array.from({ length: 100_001 }, (_, index) => `user_${index}`).join('\n');
  const lists: [string, Buffer, RegExp][] = [
    ['空.csv', Buffer.alloc(0), /名单是空的/],
    ['图片.csv', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2, 3, 0, 0]), /读不出这个文件/],
    ['坏表.xlsx', Buffer.from('PK\u0003\u0004 not a workbook'), /读不出这个文件/],
    ['太多.txt', Buffer.from(tooMany), /最多 100,?000 个/],
    ['全坏.csv', Buffer.from('用户ID\n有 空格\n=1+1\n'), /没有一行可用/],
  ];
  for (const [name, content, words] of lists) {
    await chooseFile(page, name, content);
    await expect(page.getByRole('alert').filter({ hasText: words }), name).toBeVisible();
    await expect(page.getByLabel('任务名称')).toHaveValue('坏名单');
    await expect(page.getByText(name)).toBeVisible();
    expect(await page.locator('body').innerText()).not.toMatch(/\bat .*\.ts:\d+|Error:/);
  }
});

test('A damaged line costs only itself', async ({ page }) => {
  await signIn(page, 'operator');
  await fillCampaign(page, '缺引号');
  await chooseFile(
    page,
    '缺引号.csv',
    Buffer.from('用户ID,备注\nuser_1,好\n"user_2,没有结束\nuser_3,好\nuser_1,又来\n'),
  );
  await expect(page.getByRole('heading', { name: '缺引号' })).toBeVisible();
  await expect(page.getByText('2 行已排除')).toBeVisible();
  await expect(page.getByText('格式不正确')).toBeVisible();
  await expect(page.getByText('与第 2 行重复')).toBeVisible();
});

test.describe('on the first start', () => {
  test.use({ serverKind: 'embedded' });

  let alien: Server;
  test.beforeAll(async () => {
    alien = createServer((_, response) => void response.end('<html>Welcome to the hotel</html>'));
    alien.listen(0, '127.0.0.1');
    await once(alien, 'listening');
  });
  test.afterAll(() => void alien.close());

  test('a wrong server address is told from a server that is silent and from one that is another', async ({
    page,
  }) => {
    const address = alien.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const field = page.getByLabel('服务器地址');
    const tries: [string, RegExp][] = [
      ['ftp://billing.example', /服务器地址不正确/],
      ['http://127.0.0.1:1', /连不上服务器/],
      [`http://127.0.0.1:${address.port}`, /不是账台服务器/],
    ];
    for (const [typed, words] of tries) {
      await field.fill(typed);
      await page.getByRole('button', { name: '连接', exact: true }).click();
      await expect(page.getByRole('alert').filter({ hasText: words }).first(), typed).toBeVisible();
      await expect(field).toHaveValue(typed);
    }
  });
});

test('A damaged cache is set aside and said; the desk goes on and reads the ledger again', async ({
  page,
  desk,
}) => {
  await signIn(page, 'operator');
  await expect(page.getByText('刚刚同步')).toBeVisible();
  const damaged = join(desk.dataDir, 'desk.db');
  // The header of the file is overwritten while the desk is closed.
  const reopened = await desk.restart('close', () => {
    const file = openSync(damaged, 'r+');
    writeSync(file, Buffer.alloc(4_096, 0x5a), 0, 4_096, 0);
    closeSync(file);
  });
  await expect(reopened.getByText(/本地数据文件已损坏/).first()).toBeVisible();
  expect(readdirSync(desk.dataDir).some((name) => name.startsWith('desk.db.damaged'))).toBe(true);
  // The sign-in is among what was saved.
  await expect(reopened.getByRole('heading', { name: '余额中心', level: 1 })).toBeVisible();
  await expect(reopened.getByText('¥1,330.68').first()).toBeVisible();
});
