/** What axe finds on a page that has come to rest. In the web shell alone: axe opens a page of its own. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

/**
 * Each as rule and element, so that a failure names its place. What fades in or out has colours of no theme: it is waited
 * for. `within` narrows it to a part of the page.
 */
export async function violations(page: Page, within = 'html'): Promise<string[]> {
  await page.locator('.fui-Toast').waitFor({ state: 'detached', timeout: 30_000 });
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
    .analyze();
  return found.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}
