import { expect, test } from './desk.ts';

test('The desk opens on its first screen, in Chinese, without an error on the console', async ({ page }) => {
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(error.message));
  await page.reload();
  await expect(page).toHaveTitle(/账台/);
  await expect(page.getByRole('heading').first()).toBeVisible();
  expect(errors).toEqual([]);
});

test('The page can reach nothing but its own origin and runs no inline script', async ({ page, desk }) => {
  const outcome = await page.evaluate(async () => {
    const script = document.createElement('script');
    script.textContent = 'window.inlineRan = true';
    document.body.append(script);
    const reached = await fetch('http://127.0.0.1:9/').then(
      () => 'reached',
      () => 'refused',
    );
    return { inline: 'inlineRan' in window, reached, node: typeof Reflect.get(window, 'require') };
  });
  expect(outcome).toEqual({ inline: false, reached: 'refused', node: 'undefined' });
  expect(await page.evaluate(() => Reflect.get(Reflect.get(window, 'desk'), 'shell'))).toBe(desk.shell);
});
