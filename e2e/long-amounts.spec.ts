/**
 * Amounts as long as they may be, names without a gap, and the smallest window there is: every digit is seen, nothing lies
 * over anything else or beyond an edge, and no list has to be moved sideways. The back office as an auditor reads it, and an
 * operator's campaigns.
 */
import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { cutAmounts, cutOff, tooWide } from './cut-off.ts';
import { expect, signIn, test } from './desk.ts';
import { BillClient } from './drive/bill-client.ts';
import { busyUntil } from './office-data.ts';
import { busyTest, section, signInAs } from './office-desk.ts';
import { stretchOffice } from './office-extremes.ts';
import { command } from './picture.ts';

/** A machine that does much else takes minutes over what takes seconds. */
const timeoutMs = 300_000;
busyTest.use({ frozenAt: busyUntil });

async function expectAllSeen(page: Page, where: string): Promise<void> {
  for (const language of ['en-US', 'zh-CN']) {
    await command(page, 'settings.update', { language });
    await expect(page.locator('html')).toHaveAttribute('lang', language);
    const lost = [...(await cutOff(page)), ...(await tooWide(page)), ...(await cutAmounts(page))];
    expect.soft(lost, `${where}, ${language}`).toEqual([]);
  }
}

busyTest(
  'No list of the back office hides a digit of a long amount @web',
  async ({ page, server, folder }) => {
    busyTest.setTimeout(timeoutMs);
    await stretchOffice(server, folder);
    await page.clock.setFixedTime(busyUntil);
    await page.setViewportSize({ width: 960, height: 640 });
    await page.reload();
    await signInAs(page, 'auditor');
    const main = page.getByRole('main');
    for (const [name, tabs] of [
      ['账户', []],
      ['订单与退款', []],
      ['会员', []],
      ['发放', []],
      ['毛利', ['按产品', '按用户', '按天']],
      ['服务商账单', ['与用量的差异', '已导入的账单']],
      ['预算与异常', []],
      ['对账', ['按天', '差异']],
      ['审批', []],
      ['备份', []],
    ] as const) {
      await section(page, name);
      for (const tab of tabs.length === 0 ? [null] : tabs) {
        if (tab !== null) await main.getByRole('tab', { name: tab, exact: true }).click();
        // A list that could not be read would hide nothing either.
        await expect(main.getByRole('cell').first()).toBeVisible();
        await expectAllSeen(page, `${name} ${tab ?? ''}`);
      }
    }
  },
);

const gapless = 'target_with_a_really_long_name_without_any_gap_in_it';

/** Something that has to be done at the server. */
async function asked(who: BillClient, method: 'GET' | 'POST' | 'PUT', path: string, body?: object) {
  const answer = await who.send(method, path, body);
  expect(answer.status, path).toBeLessThan(300);
  return answer.body as { items: Record<string, unknown>[] };
}

/** The operator has close to as much as can be written, and a follow costs close to the most that one may. */
async function enrich(url: string): Promise<void> {
  const finance = await BillClient.signIn(url, 'finance@demo.example');
  const checker = await BillClient.signIn(url, 'checker@demo.example');
  const { items } = await asked(finance, 'GET', '/accounts?role=operator');
  const account = items.find(({ name }) => name === '演示操作员');
  const id = randomUUID();
  const given = { id, accountId: account?.['id'], asset: 'CNY', amount: '991234567890.12', reason: '测试' };
  await asked(finance, 'POST', '/billing/adjustments', given);
  await asked(checker, 'POST', `/billing/adjustments/${id}/approve`, {});
  const [book] = (await asked(finance, 'GET', '/pricing/versions')).items;
  const { stacking, memberDiscounts, usagePrices, prices } = book ?? {};
  const dear = (prices as object[]).map((price) => ({ ...price, unitPrice: '912345.67' }));
  await asked(finance, 'PUT', '/pricing', { stacking, memberDiscounts, usagePrices, prices: dear });
}

test('An operator sees every digit of a campaign that costs a fortune @web', async ({ page, server }) => {
  test.setTimeout(timeoutMs);
  page.setDefaultTimeout(30_000);
  await enrich(server.url);
  await signIn(page, 'operator');
  await page.getByLabel('数量').fill('100000');
  await expect(page.getByText('¥91,234,567,000.00').first()).toBeVisible();
  const everywhere = async (where: string): Promise<void> => {
    for (const [width, height] of [
      [960, 640],
      [640, 400],
    ] as const) {
      await page.setViewportSize({ width, height });
      await expectAllSeen(page, `${where}, ${width}`);
    }
  };
  await everywhere('balance');
  await page.keyboard.press('Control+2');
  await page.getByRole('button', { name: '新建任务' }).first().click();
  await page.getByLabel('任务名称').fill(gapless);
  await page.getByLabel('每次耗时').fill('0');
  const targets = Array.from({ length: 150 }, (_, index) => `${gapless}_${index}`);
  await page.getByLabel('粘贴目标用户').fill([...targets, 'bad id', `${gapless}_3`].join('\n'));
  await page.getByRole('button', { name: '读取并报价' }).click();
  await expect(page.getByText('已报价')).toBeVisible();
  await everywhere('draft');
  await page.getByRole('button', { name: '确认并开始' }).click();
  const start = page.getByRole('button', { name: /^开始，预留/ });
  await expect(start).toBeVisible();
  await everywhere('confirm');
  await start.click();
  await expect(page.getByText('已完成').first()).toBeVisible({ timeout: 60_000 });
  await everywhere('done');
  await page.getByRole('button', { name: '返回任务列表' }).click();
  await expect(page.getByRole('table', { name: '任务' }).getByText('150 / 150')).toBeVisible();
  await everywhere('campaigns');
  await page.keyboard.press('Control+4');
  await expect(page.getByRole('row').nth(1)).toBeVisible();
  await everywhere('history');
  await page.getByRole('row').nth(1).getByRole('button').first().click();
  await expect(page.getByText('价格由来')).toBeVisible();
  await everywhere('history-detail');
});
