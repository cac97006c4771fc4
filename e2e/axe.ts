/** What axe finds on a page that has come to rest. In the web shell alone: axe opens a page of its own. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** A toast goes by itself; several that follow each other take the longest. */
const restMsMax = 30_000;

/**
 * Each as rule and element, so that a failure names its place. Waited for is a screen, which draws its heading when the
 * engine has answered, and whatever fades in or out, which has colours of no theme. `within` narrows it to a part of the
 * page.
 */
export async function violations(page: Page, within = 'html'): Promise<string[]> {
  // It may be behind a dialog.
  await expect(page.locator('h1'), 'a screen is drawn').not.toHaveCount(0, { timeout: restMsMax });
  await expect(page.locator('.fui-Toast'), 'no toast is left').toHaveCount(0, { timeout: restMsMax });
  await page.waitForFunction(
    () =>
      document
        .getAnimations()
        .every(
          ({ playState, effect }) =>
            playState !== 'running' || effect?.getComputedTiming().iterations === Infinity,
        ),
    undefined,
    { timeout: restMsMax },
  );
  // Fluent's own focus sentinels, which hold no content and are skipped by assistive technology.
  const { violations: found } = await new AxeBuilder({ page })
    .include(within)
    .exclude('[data-tabster-dummy]')
    .analyze();
  return found.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}
