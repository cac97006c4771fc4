/** What axe finds on a page that has come to rest. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/**
 * Each as rule and element, so that a failure names its place. Waited for is a screen, which draws its heading when the
 * engine has answered, and whatever fades in or out, which has colours of no theme. `within` narrows it to a part of the
 * page.
 */
export async function violations(page: Page, within = 'html'): Promise<string[]> {
  // It may be behind a dialog.
  await expect(page.locator('h1'), 'a screen is drawn').not.toHaveCount(0);
  await expect(page.locator('.fui-Toast'), 'no toast is left').toHaveCount(0);
  await page.waitForFunction(() =>
    document
      .getAnimations()
      .every(
        ({ playState, effect }) =>
          playState !== 'running' || effect?.getComputedTiming().iterations === Infinity,
      ),
  );
  // Fluent's own focus sentinels, which hold no content and are skipped by assistive technology.
  const { violations: found } = await new AxeBuilder({ page })
    .include(within)
    .exclude('[data-tabster-dummy]')
    // In this page itself: it has no frames, and a page of axe's own for their sum takes as long as the looking.
    .setLegacyMode()
    .analyze();
  return found.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}
