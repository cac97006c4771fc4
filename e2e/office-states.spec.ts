/**
 * Sections of the back office while an answer is waited for, is refused, or cannot be had: nothing is said to be absent that
 * was not read, and what is offered is what would help.
 */
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { violations } from './axe.ts';
import { standBetween } from './between.ts';
import { expect, test } from './desk.ts';
import { section, signInAs } from './office-desk.ts';

const sections = ['账户', '价格', '成本', '报表', '预算与异常', '对账', '备份'];

test('A refused section says why and what would help, and never that there is nothing @web', async ({
  page,
}) => {
  await signInAs(page, 'finance');
  const between = await standBetween(page);
  const main = page.getByRole('main');
  const open = async (name: string): Promise<void> => {
    await page.getByRole('navigation', { name: '管理' }).getByRole('button', { name, exact: true }).click();
    await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  };
  for (const [code, told, helps, hidden] of [
    ['signed_out', '请先登录。', '重新登录', '重试'],
    ['internal', '服务器出了点问题', '重试', '重新登录'],
  ] as const) {
    between.refuse(code, 'server.ask');
    for (const name of sections) {
      await open(name);
      await expect(main.getByText(told).first()).toBeVisible();
      await expect(main.getByRole('button', { name: helps }).first()).toBeVisible();
      await expect(main.getByRole('button', { name: hidden })).toHaveCount(0);
      await expect(main.getByText(/^(没有|还没有|正在读取|这个月还没有)/)).toHaveCount(0);
      await expect(main.getByRole('tab', { name: /\d$/ })).toHaveCount(0);
    }
    expect(await violations(page, 'main')).toEqual([]);
    between.letThrough();
    await open('账户');
    await open('会员');
  }
  between.refuse('server_unreachable', 'server.ask');
  await open('账户');
  await expect(main.getByText('离线时看不到')).toBeVisible();
  between.letThrough();
  await main.getByRole('button', { name: '重试' }).click();
  await expect(main.getByRole('table', { name: '账户' })).toContainText('演示操作员');
});

test('A sign-in that expired is renewed where it was missed, and what was refused is read then @web', async ({
  page,
  server,
  folder,
}) => {
  await signInAs(page, 'finance');
  await section(page, '预算与异常');
  await server.stop();
  const database = await PGlite.create(join(folder, 'server', 'pglite'));
  await database.query(
    "UPDATE sign_ins SET ended_at_ms = created_at_ms, ended_because = 'signed_out' WHERE ended_at_ms IS NULL",
  );
  await database.close();
  await server.start();
  const main = page.getByRole('main');
  await main.getByRole('button', { name: '刷新' }).click();
  await expect(main.getByText('请先登录。').first()).toBeVisible();
  await main.getByRole('button', { name: '重新登录' }).first().click();
  const dialog = page.getByRole('dialog', { name: '重新登录' });
  await dialog.getByLabel('密码').fill('zhangtai-demo');
  await dialog.getByRole('button', { name: '登录', exact: true }).click();
  await expect(dialog).toHaveCount(0);
  await expect(main.getByText('没有异常，也没有预算提示')).toBeVisible();
  await expect(main.getByText('这个月还没有预算', { exact: false })).toBeVisible();
  await expect(main.getByText('请先登录。')).toHaveCount(0);
});

test('Nothing jumps once the margins of a month are there @web', async ({ page }) => {
  await signInAs(page, 'finance');
  const between = await standBetween(page);
  between.hold('server.ask');
  await page
    .getByRole('navigation', { name: '管理' })
    .getByRole('button', { name: '毛利', exact: true })
    .click();
  await expect(page.getByRole('heading', { name: '毛利', level: 1 })).toBeVisible();
  const table = page.getByRole('table', { name: '按产品' });
  await expect(table).toHaveAttribute('aria-busy', 'true');
  const before = await table.boundingBox();
  between.letThrough();
  await section(page, '毛利');
  await expect(page.getByLabel('这段时间合计')).toContainText('¥');
  await expect.poll(() => table.boundingBox()).toEqual(before);
});
