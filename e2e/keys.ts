/**
 * Keys and buttons as a person presses them: when what they are for has the focus, and while it is there. A dialog takes
 * the focus a moment after it is seen, and what lies beneath has it back a moment after that dialog has gone: a key that
 * is pressed between the two is for nobody.
 */
import { expect, type Locator, type Page } from '@playwright/test';

const pressMsMax = 60_000;

/** Waits until the uppermost dialog has the focus. Does nothing where none is open. */
export async function focusInDialog(page: Page): Promise<void> {
  const isHeld = (): Promise<boolean> =>
    page.evaluate(() => {
      const uppermost = [...document.querySelectorAll('[role="dialog"]')].at(-1);
      return uppermost === undefined || uppermost.contains(document.activeElement);
    });
  await expect.poll(isHeld, 'the dialog has the focus').toBe(true);
}

/** Puts a dialog away with Esc. */
export async function putAway(page: Page, dialog: Locator = page.getByRole('dialog')): Promise<void> {
  await expect(dialog.first()).toBeVisible();
  await focusInDialog(page);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
}

const hasFocus = (there: Locator): Promise<boolean> =>
  there.evaluate((element) => element === document.activeElement);

/** Goes on by the tabulator until the focus is there, which must be at hand within so many presses. */
export async function tabTo(page: Page, there: Locator, pressesMax = 80): Promise<void> {
  await expect(there).toBeEnabled();
  await focusInDialog(page);
  for (let press = 0; press < pressesMax && !(await hasFocus(there)); press += 1)
    await page.keyboard.press('Tab');
  await expect(there).toBeFocused();
}

/** Presses a button by the keyboard alone. */
export async function pressOn(page: Page, there: Locator, pressesMax?: number): Promise<void> {
  await tabTo(page, there, pressesMax);
  await page.keyboard.press('Enter');
}

/** Presses each of the buttons until none is left: one may also go by itself, before it is pressed. */
export async function pressAway(buttons: Locator): Promise<void> {
  await expect(async () => {
    const left = await buttons.count();
    if (left > 0) {
      await buttons.first().click({ timeout: 2_000 });
      await expect.poll(() => buttons.count(), { timeout: 2_000 }).toBeLessThan(left);
    }
    await expect(buttons).toHaveCount(0, { timeout: 1 });
  }).toPass({ timeout: pressMsMax, intervals: [20] });
}
