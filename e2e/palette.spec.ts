/** The desk without a mouse: the command palette, its search, and the keys that are the same on every screen. */
import type { Page } from '@playwright/test';
import { violations } from './axe.ts';
import { standBetween } from './between.ts';
import { expect, signIn, test } from './desk.ts';
import { putAway } from './keys.ts';
import { command } from './picture.ts';

async function search(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+k');
  const finder = page.getByRole('combobox', { name: '命令面板' });
  await expect(finder).toBeFocused();
  await finder.fill(text);
}

test('A key that is pressed the moment the desk appears is not lost @web', async ({ page }) => {
  await signIn(page, 'operator');
  await page.addInitScript(() => {
    new MutationObserver((_, observer) => {
      if (document.querySelector('main h1') === null) return;
      observer.disconnect();
      const key = { key: '7', ctrlKey: true, bubbles: true, cancelable: true };
      document.dispatchEvent(new KeyboardEvent('keydown', key));
    }).observe(document, { childList: true, subtree: true });
  });
  await page.reload();
  await expect(page.getByRole('heading', { name: '设置', level: 1 })).toBeVisible();
});

test('The palette finds screens, actions and campaigns, and runs what is marked', async ({ page }) => {
  await signIn(page, 'operator');

  await test.step('an action leads to its screen', async () => {
    await search(page, '新建');
    await expect(page.getByRole('option')).toHaveCount(1);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: '新建任务', level: 1 })).toBeVisible();
    await expect(page.getByRole('combobox', { name: '命令面板' })).toBeHidden();
  });

  await test.step('a campaign is found by its name', async () => {
    await page.getByLabel('任务名称').fill('春季上新');
    await page.getByLabel('粘贴目标用户').fill('user_1\nuser_2\nuser_2');
    await page.getByRole('button', { name: '读取并报价' }).click();
    await expect(page.getByText('1 行已排除')).toBeVisible();
    await page.keyboard.press('Control+1');
    await search(page, '春季');
    await expect(page.getByRole('option', { name: /春季上新/ })).toHaveAttribute('aria-selected', 'true');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: '春季上新', level: 1 })).toBeVisible();
  });

  await test.step('what was left out of its list is told again after a reload', async () => {
    await page.reload();
    await expect(page.getByRole('heading', { name: '余额中心', level: 1 })).toBeVisible();
    await search(page, '春季');
    await page.getByRole('option', { name: /春季上新/ }).click();
    await expect(page.getByText('1 行已排除')).toBeVisible();
    await expect(page.getByText('与第 2 行重复')).toBeVisible();
  });

  await test.step('nothing found is said, and Enter does nothing', async () => {
    await search(page, '没有这样的东西');
    await expect(page.getByText('没有匹配的命令或任务')).toBeVisible();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('combobox', { name: '命令面板' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('combobox', { name: '命令面板' })).toBeHidden();
  });

  await test.step('the arrows mark another, round the ends', async () => {
    await search(page, '主题');
    const options = page.getByRole('option');
    await expect(options).toHaveCount(4);
    await page.keyboard.press('ArrowUp');
    await expect(options.last()).toHaveAttribute('aria-selected', 'true');
    await page.keyboard.press('ArrowUp');
    await expect(page.getByRole('option', { name: '主题：深色' })).toHaveAttribute('aria-selected', 'true');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('combobox', { name: '命令面板' })).toBeHidden();
    await page.keyboard.press('Control+7');
    await expect(page.getByLabel('主题')).toHaveValue('dark');
  });

  await test.step('the language changes with everything in the palette', async () => {
    const marked = page.getByRole('listbox').getByRole('option', { selected: true });
    await search(page, 'english');
    await expect(marked).toHaveText(/English/);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
    // The key that opens it puts it away while it is open.
    const finder = page.getByRole('combobox', { name: 'Command palette' });
    await expect(finder).toHaveCount(0);
    await page.keyboard.press('Control+k');
    await finder.fill('简体');
    await expect(marked).toHaveText(/简体中文/);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: '设置', level: 1 })).toBeVisible();
  });
});

test('A campaign that was found for other words is not offered while it is looked for anew @web', async ({
  page,
}) => {
  await signIn(page, 'operator');
  await command(page, 'campaign.create', {
    name: '春季上新',
    platform: 'xiaohongshu',
    operation: 'follow',
    executor: { kind: 'http', url: 'http://127.0.0.1:9' },
    targets: { kind: 'text', text: 'user_1' },
  });
  const between = await standBetween(page);
  await search(page, '春');
  const option = page.getByRole('option');
  await expect(option.filter({ hasText: '春季上新' })).toHaveCount(1);
  between.hold('campaign.find');
  const finder = page.getByRole('combobox', { name: '命令面板' });
  await finder.fill('春季');
  await expect(option.filter({ hasText: '春季上新' })).toHaveCount(1);
  await finder.fill('同步');
  await expect(option.filter({ hasText: '同步' }).first()).toBeVisible();
  await expect(option.filter({ hasText: '春季上新' })).toHaveCount(0);
  between.letThrough();
});

test('Enter while an input method is composing chooses a word and runs nothing', async ({ page }) => {
  await signIn(page, 'operator');
  await search(page, '计费');
  await expect(page.getByRole('option', { name: /计费标准/ })).toHaveAttribute('aria-selected', 'true');
  await page.evaluate(() => {
    const key = { key: 'Enter', bubbles: true, cancelable: true, isComposing: true };
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', key));
  });
  await expect(page.getByRole('combobox', { name: '命令面板' })).toBeVisible();
  await expect(page.getByRole('heading', { name: '余额中心', level: 1, includeHidden: true })).toBeAttached();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: '计费标准', level: 1 })).toBeVisible();
});

test('Every key in the list of shortcuts does what the list says @web', async ({ page }) => {
  await signIn(page, 'operator');
  await page.keyboard.press('F1');
  const list = page.getByRole('dialog', { name: '键盘快捷键' });
  await expect(list.getByText('打开命令面板')).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await putAway(page, list);

  await page.keyboard.press('Control+k');
  await expect(page.getByRole('option').first()).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Control+4');
  await expect(page.getByRole('heading', { name: '消费历史', level: 1 })).toBeVisible();

  await page.keyboard.press('Control+e');
  const asking = page.getByRole('dialog', { name: '导出账单' });
  await expect(asking).toBeVisible();
  // A question that waits for its answer is not covered by another.
  await page.keyboard.press('Control+k');
  await putAway(page, asking);
  await expect(page.getByRole('combobox', { name: '命令面板' })).toBeHidden();

  await page.keyboard.press('Control+5');
  await expect(page.getByRole('heading', { name: '同步', level: 1 })).toBeVisible();
  const synced = page.getByText(/ 同步（/);
  const before = await synced.innerText();
  await expect(async () => {
    await page.keyboard.press('Control+r');
    await expect(synced).not.toHaveText(before, { timeout: 2_000 });
  }).toPass();
});
