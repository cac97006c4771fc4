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

/** Amounts of money, and other figures that stand alone, of which a digit is hidden or lies over what is beside it. */
export function cutAmounts(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('main *, [role="dialog"] *')].flatMap((element) => {
      const words = [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
      const text = words.map(({ textContent }) => textContent).join('');
      const isFigure = text.includes('¥') || /^[\d,./ ]*\d[\d,./ ]*$/.test(text);
      if (!isFigure || element.closest('svg, select, [aria-hidden="true"]') !== null) return [];
      const around: Element[] = [];
      for (let one: Element | null = element; one !== null; one = one.parentElement) around.push(one);
      // What is only heard has no place.
      if (around.some((one) => getComputedStyle(one).clipPath !== 'none')) return [];
      const block = around.find((one) => getComputedStyle(one).display !== 'inline');
      const edges = around
        .filter((one) => one === block || getComputedStyle(one).overflowX === 'hidden')
        .map((one) => one.getBoundingClientRect());
      const isCut = words.some((node) => {
        const range = document.createRange();
        range.selectNodeContents(node);
        const { left, right, width } = range.getBoundingClientRect();
        return width > 0 && edges.some((edge) => right > edge.right + 1 || left < edge.left - 1);
      });
      return isCut ? [text] : [];
    }),
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
