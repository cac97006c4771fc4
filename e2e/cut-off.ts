/** What of a page cannot be seen for want of room: beyond the window's edge, or in a list that is wider than its frame. */
import type { Page } from '@playwright/test';

/** What lies beyond the window's edge, by name. Tables scroll sideways by themselves. */
export function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const all = [...document.querySelectorAll('button, input, select, h1, h2, dt, dd, a')];
    return all
      .filter((element) => element.closest('[role="table"]') === null)
      .filter((element) => {
        const { width, left, right } = element.getBoundingClientRect();
        return width > 1 && (right > window.innerWidth + 1 || left < -1);
      })
      .map((element) => element.getAttribute('aria-label') ?? element.textContent);
  });
}

/** Amounts of money in lists of which a digit is hidden, as they stand there. */
export function cutAmounts(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('[role="cell"]')]
      .filter(({ textContent }) => textContent.includes('¥'))
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map(({ textContent }) => textContent),
  );
}

/** Lists of which a column lies outside, by name: they leave columns out instead. */
export function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('[role="table"]')]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1)
      .map(
        (table) => `${table.getAttribute('aria-label') ?? ''} by ${table.scrollWidth - table.clientWidth}`,
      ),
  );
}
