/**
 * Paying a recharge order as a person does: from the desk's dialog to the sandbox's page behind the code, in either
 * shell. It must never pay by another way.
 */
import { expect, type Locator, type Page } from '@playwright/test';
import type { DeskControls } from './desk.ts';
import { launchChromium } from './shells.ts';

export const rechargeDialog = (page: Page): Locator => page.getByRole('dialog', { name: '充值' });

export async function openRecharge(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: '充值', exact: true }).click();
  return rechargeDialog(page);
}

/** Follows the link to the page to pay on, as the shell lets a person do it, does `work` there, and closes it. */
export async function onScanPage(
  desk: DeskControls,
  playwright: Parameters<typeof launchChromium>[0],
  work: (page: Page) => Promise<void>,
): Promise<void> {
  const link = rechargeDialog(desk.page).getByText('打开演示付款页');
  if (desk.shell === 'web') {
    const opening = desk.page.context().waitForEvent('page');
    await link.click();
    const page = await opening;
    await work(page);
    await page.close();
    return;
  }
  // A browser of the system's would open; the test takes the address it would be given.
  await desk.electron.evaluate(({ shell }) => {
    shell.openExternal = async (url: string) => void Reflect.set(globalThis, 'opened', url);
  });
  await link.click();
  const opened = (): Promise<unknown> =>
    desk.electron.evaluate((): unknown => Reflect.get(globalThis, 'opened') ?? null);
  await expect.poll(opened).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/scan\/\w+$/);
  const browser = await launchChromium(playwright);
  const page = await browser.newPage();
  await page.goto(String(await opened()));
  await work(page);
  await browser.close();
}
