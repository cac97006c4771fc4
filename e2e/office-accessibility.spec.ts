/**
 * Every section of the back office in every theme, looked at by axe; in a small window, where nothing may be lost; and its
 * main job, which two people do by the keyboard alone.
 */
import type { Page } from '@playwright/test';
import { violations } from './axe.ts';
import { cutAmounts, cutOff, tooWide } from './cut-off.ts';
import { expect } from './desk.ts';
import { BillClient } from './drive/bill-client.ts';
import { pressOn, putAway, tabTo } from './keys.ts';
import { busyTest, section, signInAs } from './office-desk.ts';
import { command } from './picture.ts';

const sections = [
  '账户',
  '订单与退款',
  '会员',
  '发放',
  '商品与套餐',
  '价格',
  'AI 模型',
  '报表',
  '毛利',
  '成本',
  '服务商账单',
  '预算与异常',
  '对账',
  '审批',
  '审计',
  '备份',
];

busyTest(
  'No section has an accessibility fault in any theme, or loses anything in a small window @web',
  async ({ page }) => {
    busyTest.setTimeout(900_000);
    await signInAs(page, 'admin');
    await expect(page.getByRole('navigation', { name: '管理' }).getByRole('button')).toHaveText(sections);
    for (const name of sections) {
      await section(page, name);
      for (const theme of ['light', 'dark', 'high-contrast']) {
        await command(page, 'settings.update', { theme });
        await expect(page.locator('html')).toHaveAttribute('data-shade', theme);
        expect.soft(await violations(page, 'main'), `${name}, ${theme}`).toEqual([]);
      }
      for (const [width, height] of [
        [960, 640],
        [1280, 800],
      ] as const) {
        await page.setViewportSize({ width, height });
        for (const language of ['en-US', 'zh-CN']) {
          await command(page, 'settings.update', { language });
          await expect(page.locator('html')).toHaveAttribute('lang', language);
          // Lists are fitted to the window once its size has been told.
          const lost = async (): Promise<string[]> => [
            ...(await cutOff(page)),
            ...(await tooWide(page)),
            ...(await cutAmounts(page)),
          ];
          await expect.soft.poll(lost, `${name}, ${language}, ${width}`).toEqual([]);
        }
      }
    }
  },
);

busyTest('How much waits is seen and heard where the navigation shows icons alone @web', async ({ page }) => {
  await signInAs(page, 'finance');
  await section(page, '预算与异常');
  for (const [language, navigation, office] of [
    ['zh-CN', '主导航', '管理'],
    ['en-US', 'Main navigation', 'Back office'],
  ] as const) {
    await command(page, 'settings.update', { language });
    const entry = page
      .getByRole('navigation', { name: navigation })
      .getByRole('button', { name: office, exact: true });
    for (const [width, height] of [
      [960, 640],
      [640, 400],
    ] as const) {
      await page.setViewportSize({ width, height });
      await expect(entry.getByText('3', { exact: true })).toBeInViewport({ ratio: 1 });
      await expect(entry).toHaveAccessibleDescription(/3/);
      await expect(entry).toHaveAttribute('title', /3/);
    }
  }
});

async function goTo(page: Page, name: string): Promise<void> {
  await page.keyboard.press('Control+8');
  await pressOn(
    page,
    page.getByRole('navigation', { name: '管理' }).getByRole('button', { name, exact: true }),
  );
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
}

async function signInByKeys(page: Page, who: string): Promise<void> {
  await tabTo(page, page.getByLabel('邮箱'));
  await page.keyboard.type(`${who}@demo.example`);
  await tabTo(page, page.getByLabel('密码'));
  await page.keyboard.type('zhangtai-demo');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('navigation', { name: '管理' })).toBeVisible();
}

busyTest(
  'What one person asks for another approves, both by the keyboard alone @web',
  async ({ page, server }) => {
    const operator = await BillClient.signIn(server.url, 'operator@demo.example');
    const points = async (): Promise<bigint> => {
      const { body } = await operator.send('GET', '/points');
      return BigInt((body as { balance: string }).balance);
    };
    const before = await points();
    await signInByKeys(page, 'finance');
    await goTo(page, '发放');
    await pressOn(page, page.getByRole('main').getByRole('button', { name: '发放', exact: true }).last());
    const form = page.getByRole('dialog');
    await tabTo(page, form.getByRole('combobox', { name: '账户' }));
    await page.keyboard.type('演示操作员');
    // It alone: until the answer to what was typed is there, the list is that of everybody.
    await expect(page.getByRole('listbox').getByRole('option')).toHaveText([/演示操作员/]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(form.getByRole('combobox', { name: '账户' })).toHaveValue('演示操作员');
    await tabTo(page, form.getByLabel('数量'));
    await page.keyboard.type('300000');
    await tabTo(page, form.getByLabel('原因'));
    await page.keyboard.type('年会赠送');
    await pressOn(page, form.getByRole('button', { name: '发放', exact: true }));
    await expect(page.getByText('等待另一个人审批')).toBeVisible();
    expect(await points()).toBe(before);

    await pressOn(page, page.getByRole('banner').getByRole('button').last());
    await expect(page.getByRole('menu').locator(':focus')).toHaveCount(1);
    await page.keyboard.press('End');
    await expect(page.getByRole('menuitem', { name: '退出登录' })).toBeFocused();
    await page.keyboard.press('Enter');
    await signInByKeys(page, 'checker');
    await goTo(page, '审批');
    await pressOn(page, page.getByRole('row').filter({ hasText: '+300,000' }).getByRole('button'));
    const drawer = page.getByRole('dialog');
    await pressOn(page, drawer.getByRole('button', { name: '批准' }));
    await pressOn(
      page,
      page.getByRole('dialog', { name: '批准并立即执行？' }).getByRole('button', { name: '批准' }),
    );
    await expect(drawer.getByText('已批准并执行。')).toBeVisible();
    await putAway(page);
    expect(await points()).toBe(before + 300_000n);
  },
);
