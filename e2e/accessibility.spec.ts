/** Every screen in every theme, looked at by axe; and the screens can be reached and left by the keyboard alone. */
import { violations } from './axe.ts';
import { cutOff } from './cut-off.ts';
import { expect, isRead, signIn, test } from './desk.ts';
import { pressOn } from './keys.ts';
import { languages, speak, wordsOf } from './said.ts';

const themes = [
  ['浅色', 'light'],
  ['深色', 'dark'],
  ['高对比度', 'high-contrast'],
] as const;
const screens = ['余额中心', '任务', '计费标准', '消费历史', '同步', '会员', '设置'];
const screenKeys = [
  'balance',
  'campaigns',
  'pricing',
  'history',
  'outbox',
  'membership',
  'settings',
] as const;

test('No screen has an accessibility fault, in any theme @web', async ({ page }) => {
  expect(await violations(page)).toEqual([]);
  await signIn(page, 'operator');
  for (const [theme, shade] of themes) {
    await page.keyboard.press('Control+7');
    await page.getByLabel('主题').selectOption({ label: theme });
    await expect(page.locator('html')).toHaveAttribute('data-shade', shade);
    for (const [index, name] of screens.entries()) {
      await page.keyboard.press(`Control+${index + 1}`);
      await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
      await isRead(page);
      expect(await violations(page), `${name}, ${theme}`).toEqual([]);
    }
  }
});

test('A small window, and one zoomed to twice its size, lose nothing at their edge @web', async ({
  page,
}) => {
  await signIn(page, 'operator');
  for (const language of languages.toReversed()) {
    await speak(page, language);
    for (const [width, height] of [
      [960, 640],
      [640, 400],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const [index, key] of screenKeys.entries()) {
        await page.keyboard.press(`Control+${index + 1}`);
        const name = wordsOf(language)(`screen.${key}`);
        await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
        await isRead(page);
        await expect(page.getByRole('navigation').getByRole('button')).toHaveCount(screenKeys.length);
        await expect.poll(() => cutOff(page), `${name}, ${width}`).toEqual([]);
      }
    }
  }
});

test('A campaign is priced and started by the keyboard alone', async ({ page }) => {
  await signIn(page, 'operator');
  await page.keyboard.press('Control+2');
  await expect(page.getByRole('heading', { name: '任务', level: 1, exact: true })).toBeVisible();
  await isRead(page);
  await page.getByRole('button', { name: '新建任务' }).first().focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('任务名称').focus();
  await page.keyboard.type('键盘任务');
  // Enter while an input method is composing chooses a word; it must not send the form.
  await page.evaluate(() => {
    const key = { key: 'Enter', bubbles: true, cancelable: true, isComposing: true };
    document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', key));
  });
  await expect(page.getByRole('heading', { name: '新建任务', level: 1 })).toBeVisible();
  await page.getByLabel('粘贴目标用户').focus();
  await page.keyboard.type('user_1\nuser_2\nuser_3');
  const read = page.getByRole('button', { name: '读取并报价' });
  // It needs a platform too, and those come with the prices.
  await expect(read).toBeEnabled();
  await read.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText('¥3.00').first()).toBeVisible();
  const confirm = page.getByRole('button', { name: '确认并开始' });
  await expect(confirm).toBeEnabled();
  await confirm.focus();
  await page.keyboard.press('Enter');
  await pressOn(page, page.getByRole('button', { name: '开始，预留 ¥3.00' }), 6);
  await expect(page.getByText('已完成').first()).toBeVisible();
});
