/**
 * Takes a picture of every screen in every language, theme and size into `test-results/screenshots`, and the few that
 * the README shows into `docs/images`. The desk is brought by its own screens into the state that a picture is of.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, signIn, test } from './desk.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'test-results/screenshots');
const imagesFolder = join(root, 'docs/images');
const sizes = [
  { width: 1280, height: 800 },
  { width: 960, height: 640 },
];
const languages = ['zh-CN', 'en-US'] as const;
const themes = ['light', 'dark', 'high-contrast'] as const;
/** The README shows these; the file's name there. */
const kept: Readonly<Record<string, string>> = {
  'balance-zh-CN-light-1280': 'balance-zh-light.png',
  'balance-zh-CN-dark-1280': 'balance-zh-dark.png',
  'running-zh-CN-light-1280': 'campaign-zh-light.png',
  'history-zh-CN-light-1280': 'history-zh-light.png',
  'outbox-zh-CN-dark-1280': 'outbox-zh-dark.png',
};

/** Asks the engine directly: what a picture needs changed is not what it is of. */
async function command(page: Page, name: string, input: unknown): Promise<void> {
  const reply = await page.evaluate(
    ([commandName, commandInput]) =>
      (Reflect.get(window, 'desk') as { invoke(n: string, i: unknown): Promise<{ ok: boolean }> }).invoke(
        commandName as string,
        commandInput,
      ),
    [name, input],
  );
  expect(reply).toMatchObject({ ok: true });
}

/** One picture for each language, theme and size of what is on the screen. */
async function picture(page: Page, name: string): Promise<void> {
  for (const language of languages)
    for (const theme of themes) {
      await command(page, 'settings.update', { language, theme });
      await expect(page.locator('html')).toHaveAttribute('lang', language);
      for (const size of sizes) {
        await page.setViewportSize(size);
        const id = `${name}-${language}-${theme}-${size.width}`;
        const path = join(folder, `${id}.png`);
        await page.screenshot({ path, animations: 'disabled' });
        const copy = kept[id];
        if (copy !== undefined) copyFileSync(path, join(imagesFolder, copy));
      }
    }
  await command(page, 'settings.update', { language: 'zh-CN', theme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
}

/** Picks a screen by its key, which is the same in every language. */
async function screen(page: Page, number: number): Promise<void> {
  await page.keyboard.press(`Control+${number}`);
}

async function newCampaign(page: Page, name: string, targets: number, latencyMs: number): Promise<void> {
  await screen(page, 2);
  await page.getByRole('button', { name: '新建任务' }).first().click();
  await page.getByLabel('任务名称').fill(name);
  await page.getByLabel('每次耗时').fill(String(latencyMs));
  const lines = Array.from({ length: targets }, (_, index) => `xhs_${name.length}_${10_000 + index * 7}`);
  await page.getByLabel('粘贴目标用户').fill([...lines, lines[3], 'bad id', lines[9]].join('\n'));
}

test.beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  mkdirSync(imagesFolder, { recursive: true });
});

test.describe('before anyone signed in', () => {
  test.use({ serverKind: 'embedded' });
  test('first start', async ({ page }) => {
    await expect(page.getByRole('button', { name: '以普通会员体验' })).toBeEnabled({ timeout: 30_000 });
    await picture(page, 'first-start');
  });
});

test('signed in', async ({ page, server }) => {
  await expect(page.getByLabel('邮箱')).toBeVisible();
  await picture(page, 'sign-in');
  await signIn(page, 'operator');
  await page.getByLabel('数量').fill('500');
  await expect(page.getByText('余额充足')).toBeVisible();
  await picture(page, 'balance');
  await screen(page, 3);
  await picture(page, 'pricing');

  await newCampaign(page, '秋季新品推广', 160, 5);
  await picture(page, 'new-campaign');
  await page.getByRole('button', { name: '读取并报价' }).click();
  await expect(page.getByText('3 行已排除')).toBeVisible();
  await picture(page, 'draft');
  await page.getByRole('button', { name: '确认并开始' }).click();
  await picture(page, 'confirm');
  await page.getByRole('button', { name: /^开始，预留/ }).click();
  await expect(page.getByText('已完成').first()).toBeVisible({ timeout: 60_000 });
  await picture(page, 'done');
  await page.getByRole('button', { name: '返回任务列表' }).click();

  await newCampaign(page, '达人关注', 400, 1_000);
  await page.getByRole('button', { name: '读取并报价' }).click();
  await page.getByRole('button', { name: '确认并开始' }).click();
  await page.getByRole('button', { name: /^开始，预留/ }).click();
  await expect(page.getByRole('tab', { name: /^成功 [2-9]\d/ })).toBeVisible({ timeout: 60_000 });
  await picture(page, 'running');
  await page.getByRole('button', { name: '返回任务列表' }).click();
  await picture(page, 'campaigns');

  await screen(page, 4);
  await expect(page.getByText('达人关注').first()).toBeVisible();
  await picture(page, 'history');
  await page.getByRole('row').nth(1).click();
  await expect(page.getByText('价格由来')).toBeVisible();
  await picture(page, 'history-detail');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: '导出', exact: true }).click();
  await picture(page, 'export');
  await page.keyboard.press('Escape');

  await server.kill();
  await screen(page, 5);
  await page.getByRole('button', { name: '立即同步' }).click();
  await expect(page.getByTitle('查看同步情况')).toContainText('离线', { timeout: 30_000 });
  await picture(page, 'outbox');
  await screen(page, 6);
  await picture(page, 'settings');
  await screen(page, 1);
  await picture(page, 'balance-offline');
});
