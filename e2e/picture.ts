/**
 * Taking a picture of what is on the screen in both languages and three themes, and comparing it with the kept one. Letters
 * are drawn otherwise on other machines: where a sample of them does not match the kept one, nothing is compared, and a
 * line says so. It must never change what the picture is of.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './desk.ts';
import { smallPng } from './small-png.ts';

const root = join(import.meta.dirname, '..');
const keptFolder = join(import.meta.dirname, 'pictures');
const letters = join(keptFolder, 'letters.txt');
const lookedAtFolder = join(root, 'test-results/screenshots');
const imagesFolder = join(root, 'docs/images');
export const size = { width: 1280, height: 800 };
const smallSize = { width: 960, height: 640 };
const languages = ['zh-CN', 'en-US'] as const;
const themes = ['light', 'dark', 'high-contrast'] as const;
/** The README shows these; the file's name there. */
const shown: Readonly<Record<string, string>> = {
  'balance-zh-CN-light': 'balance-zh-light.png',
  'balance-zh-CN-dark': 'balance-zh-dark.png',
  'done-zh-CN-light': 'campaign-zh-light.png',
  'history-zh-CN-light': 'history-zh-light.png',
  'outbox-zh-CN-dark': 'outbox-zh-dark.png',
};
const actMsMax = 60_000;
/** Until what moves or is still being read has come to rest. */
const stillMsMax = 30_000;
/** The part of a picture's pixels that may differ before a person has to look. */
const differingMax = 0.0002;

const isTakenAnew = (): boolean => test.info().config.updateSnapshots === 'all';

/** The browser, and a digest of how this machine draws the letters of the page in the page's own fonts and weights. */
async function drawnLetters(page: Page): Promise<string> {
  const digest = await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    const brush = canvas.getContext('2d', { willReadFrequently: true });
    if (brush === null) throw new Error('no canvas here');
    [canvas.width, canvas.height] = [600, 120];
    const family = getComputedStyle(
      document.body.querySelector('.fui-FluentProvider') ?? document.body,
    ).fontFamily;
    brush.font = `14px ${family}`;
    brush.fillText('账台 余额 ¥1,330.68 关注 Balance 离线', 4, 24);
    brush.font = `600 28px ${family}`;
    brush.fillText('账台 余额 ¥1,330.68 Campaign', 4, 64);
    brush.font = '12px Consolas, "SF Mono", "Liberation Mono", monospace';
    brush.fillText('xhs_799207ac6734', 4, 100);
    const { data } = brush.getImageData(0, 0, canvas.width, canvas.height);
    const hash = await crypto.subtle.digest('SHA-256', data);
    return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  });
  return `${page.context().browser()?.version() ?? ''} ${digest}`;
}

/** Asks the engine directly: what a picture needs changed is not what it is of. */
export async function command(page: Page, name: string, input: unknown): Promise<void> {
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

interface Look {
  readonly language: (typeof languages)[number];
  readonly theme: (typeof themes)[number];
}
const everyLook: readonly Look[] = languages.flatMap((language) =>
  themes.map((theme) => ({ language, theme })),
);

/** Compares what is on the screen, or takes it anew, in each language and theme. `covered`: made up by machine or run. */
export async function picture(page: Page, name: string, covered: readonly Locator[] = []): Promise<void> {
  await lookAt(page, name, covered, everyLook);
}

/**
 * As `picture`, for scenes that are many: taken in each language and theme, and compared in one theme of each language,
 * which differ from scene to scene.
 */
export async function pictureInTurn(
  page: Page,
  name: string,
  covered: readonly Locator[] = [],
): Promise<void> {
  const looks = everyLook.filter(
    ({ language, theme }) =>
      themes.indexOf(theme) === (name.length + languages.indexOf(language)) % themes.length,
  );
  await lookAt(page, name, covered, isTakenAnew() ? everyLook : looks);
}

async function lookAt(
  page: Page,
  name: string,
  covered: readonly Locator[],
  looks: readonly Look[],
): Promise<void> {
  // Nothing is pointed at: what was clicked last is another thing in another size.
  await page.mouse.move(0, 0);
  for (const { language, theme } of looks) {
    await command(page, 'settings.update', { language, theme });
    await expect(page.locator('html')).toHaveAttribute('lang', language);
    await expect(page.locator('html')).toHaveAttribute('data-shade', theme);
    const id = `${name}-${language}-${theme}`;
    await expect.soft(page).toHaveScreenshot(`${id}.png`, {
      mask: [...covered],
      maskColor: '#808080',
      maxDiffPixelRatio: differingMax,
      timeout: stillMsMax,
    });
    if (isTakenAnew()) await takeAnew(page, id);
  }
  await command(page, 'settings.update', { language: 'zh-CN', theme: 'light' });
}

async function takeAnew(page: Page, id: string): Promise<void> {
  const kept = join(keptFolder, `${id}.png`);
  writeFileSync(kept, smallPng(readFileSync(kept)));
  const copy = shown[id];
  for (const one of [smallSize, size]) {
    await page.setViewportSize(one);
    const path = join(lookedAtFolder, `${id}-${one.width}.png`);
    await page.screenshot({ path, animations: 'disabled' });
    if (copy !== undefined && one === size) copyFileSync(path, join(imagesFolder, copy));
  }
}

/** Before each test of pictures: the window's size, the time, and whether letters are drawn here as in the kept ones. */
export async function beginPictures(page: Page, frozenAt: string): Promise<void> {
  // A press that cannot be made fails the test at once, not after the minutes that all pictures together may take.
  page.setDefaultTimeout(actMsMax);
  await page.setViewportSize(size);
  await page.clock.setFixedTime(frozenAt);
  await page.reload();
  await expect(page.getByRole('heading').first()).toBeVisible();
  const drawn = await drawnLetters(page);
  if (isTakenAnew()) {
    mkdirSync(lookedAtFolder, { recursive: true });
    mkdirSync(keptFolder, { recursive: true });
    writeFileSync(letters, `${drawn}\n`);
    return;
  }
  const isAlike = existsSync(letters) && readFileSync(letters, 'utf8').trim() === drawn;
  if (!isAlike)
    console.log(
      'The pictures were not compared: this machine draws letters otherwise than the one they are from.',
    );
  test.skip(!isAlike, 'letters are drawn otherwise here');
}
