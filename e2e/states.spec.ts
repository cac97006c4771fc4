/** The states that a screen is seldom in: nothing there yet, no answer, not offered, and a change taken back. */
import { readFileSync } from 'node:fs';
import { violations } from './axe.ts';
import { expect, signIn, test } from './desk.ts';
import { pressAway, putAway } from './keys.ts';
import { languages, sentencesOf, speak, wordsOf } from './said.ts';

for (const language of languages)
  test.describe(`in ${language}`, () => {
    const t = wordsOf(language);
    const sentence = sentencesOf(language);

    test.describe('at a server that takes no payments', () => {
      test.use({ takesPayments: false });
      test('Recharge says whether this server takes it online, and whom to turn to where it does not @web', async ({
        page,
        server,
      }) => {
        await signIn(page, 'operator');
        await speak(page, language);
        await page.keyboard.press('Control+1');
        await page.getByRole('button', { name: t('recharge.title'), exact: true }).click();
        const dialog = page.getByRole('dialog', { name: t('recharge.title') });
        await expect(dialog.getByText(t('recharge.notOffered'))).toBeVisible();
        await expect(dialog.getByText('operator@demo.example')).toBeVisible();
        expect(await violations(page)).toEqual([]);
        await putAway(page, dialog);

        await server.kill();
        await page.getByRole('button', { name: t('recharge.title'), exact: true }).click();
        await expect(dialog.getByText(t('recharge.unknown'))).toBeVisible();
        await server.start();
        await pressAway(dialog.getByRole('button', { name: t('common.retry') }));
        await expect(dialog.getByText(t('recharge.notOffered'))).toBeVisible();
      });
    });

    test('A setting is kept at once and can be taken back', async ({ page }) => {
      await signIn(page, 'operator');
      await speak(page, language);
      await page.keyboard.press('Control+7');
      await page.getByLabel(t('settings.theme')).selectOption({ label: t('theme.dark') });
      await page.getByRole('button', { name: t('common.undo') }).click();
      await expect(page.getByLabel(t('settings.theme'))).toHaveValue('system');
      await expect(page.getByRole('button', { name: t('common.undo') })).toBeHidden();

      // A word of an input method ends with Enter too: that commits nothing.
      const most = page.getByLabel(t('settings.perMinute'));
      await most.fill('120');
      await page.evaluate(() => {
        const key = { key: 'Enter', bubbles: true, cancelable: true, isComposing: true };
        document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', key));
      });
      await expect(page.getByRole('button', { name: t('common.undo') })).toBeHidden();
      await most.press('Enter');
      await page.getByRole('button', { name: t('common.undo') }).click();
      await expect(most).toHaveValue('0');
    });

    test('The log is given away in one file that holds what happened and no sign-in', async ({
      page,
      desk,
    }) => {
      await signIn(page, 'operator');
      await speak(page, language);
      await page.keyboard.press('Control+7');
      const button = page.getByRole('button', { name: t('settings.logs') });
      const file = await desk.takeExport(() => button.click());
      await expect(page.getByText(t('settings.logsSaved'))).toBeVisible();
      const text = readFileSync(file, 'utf8');
      expect(text).toContain('engine.log');
      expect(text).toContain('"deviceId"');
      expect(text).not.toMatch(/zhangtai-demo|eyJ[\w-]{8,}\./);
    });

    test('Prices that are published for later are shown before they take force @web', async ({
      page,
      server,
    }) => {
      const api = async (path: string, method: string, token: string | null, body: unknown) => {
        const response = await fetch(`${server.url}/api${path}`, {
          method,
          headers: {
            'content-type': 'application/json',
            ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          },
          body: JSON.stringify(body),
        });
        expect(response.status, path).toBeLessThan(300);
        return (await response.json()) as { accessToken: string };
      };
      const { accessToken } = await api('/auth/login', 'POST', null, {
        email: 'finance@demo.example',
        password: 'zhangtai-demo',
        deviceId: 'finance',
        deviceName: 'finance',
      });
      const nextWeek = new Date(Date.now() + 7 * 86_400_000).toISOString();
      await api('/pricing', 'PUT', accessToken, {
        stacking: 'best',
        prices: [
          {
            platform: 'xiaohongshu',
            operation: 'follow',
            unitPrice: '1.10',
            effectiveAt: nextWeek,
            tiers: [],
          },
          { platform: 'douyin', operation: 'follow', unitPrice: '1.30', effectiveAt: nextWeek, tiers: [] },
        ],
        memberDiscounts: [],
      });
      await signIn(page, 'operator');
      await speak(page, language);
      await page.keyboard.press('Control+3');
      await expect(
        page.getByRole('region', { name: t('pricing.prices'), exact: true }).getByText('¥1.00'),
      ).toBeVisible();
      const coming = page.getByRole('region', { name: sentence('pricing.coming') });
      await expect(coming.getByText('¥1.10')).toBeVisible();
      await expect(coming.getByText('¥1.30')).toBeVisible();
      await expect(coming.getByText(sentence('pricing.comingVersion'))).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });
  });
