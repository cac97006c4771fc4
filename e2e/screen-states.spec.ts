/**
 * Each screen in the states that it is seldom in: nothing there yet, being read, offline, not to be had, not allowed. What
 * the engine answers is held back or replaced on its way to the page, so that the web shell alone can show them.
 * docs/screens.md has the table of screens and states.
 */
import type { Locator, Page } from '@playwright/test';
import { violations } from './axe.ts';
import { standBetween, type Between } from './between.ts';
import { expect, signIn, test } from './desk.ts';
import { pressAway, putAway } from './keys.ts';
import { languages, sentencesOf, speak, wordsOf } from './said.ts';

const screens = ['balance', 'campaigns', 'pricing', 'history', 'outbox', 'membership', 'settings'] as const;

const place = async (shown: Locator) => {
  const box = await shown.boundingBox();
  return box === null ? null : { x: Math.round(box.x), y: Math.round(box.y) };
};

async function expectNoViolations(page: Page): Promise<void> {
  expect(await violations(page)).toEqual([]);
}

for (const language of languages)
  test.describe(`in ${language}`, () => {
    const t = wordsOf(language);
    const sentence = sentencesOf(language);

    async function open(page: Page, key: number): Promise<Locator> {
      await page.keyboard.press(`Control+${key}`);
      const screen = screens[key - 1] ?? '';
      await expect(page.getByRole('heading', { level: 1, name: t(`screen.${screen}`) })).toBeVisible();
      return page.getByRole('main');
    }

    /** Each tab of the membership screen says what was refused, and shows what it is for once it is asked again. */
    async function memberTabsRefused(page: Page, between: Between): Promise<void> {
      for (const [tab, refusals, shown] of [
        // Names of what is sold are the server's, in each language; a note is as it was written.
        [t('membership.tab.plan'), 4, language === 'zh-CN' ? '月度会员' : 'Monthly'],
        [t('membership.tab.points'), 4, '新用户体验积分'],
        [t('membership.tab.usage'), 2, 'qwen-max'],
      ] as const) {
        between.refuse('forbidden', 'server.ask');
        const main = await open(page, 6);
        await main.getByRole('tab', { name: t('membership.tab.usage') }).click();
        await main.getByRole('tab', { name: t('membership.tab.points') }).click();
        await main.getByRole('tab', { name: tab }).click();
        const told = main.getByRole('alert').filter({ hasText: t('problem.forbidden') });
        await expect(told).toHaveCount(refusals);
        await expectNoViolations(page);
        between.letThrough();
        // Several of them may wait for one answer.
        await pressAway(told.getByRole('button', { name: t('common.retry') }));
        await expect(told).toHaveCount(0);
        await expect(main.getByText(shown).first()).toBeVisible();
      }
    }

    test('An account that has done nothing yet is told so on every screen, and what to do first @web', async ({
      page,
    }) => {
      await page.getByLabel('邮箱').fill('auditor@demo.example');
      await page.getByLabel('密码').fill('zhangtai-demo');
      await page.getByRole('button', { name: '登录', exact: true }).click();
      await expect(page.getByRole('heading', { name: '账户', level: 1 })).toBeVisible();
      await speak(page, language);
      const balance = await open(page, 1);
      await expect(balance.getByText(t('recent.none'))).toBeVisible();
      await expectNoViolations(page);
      await expect((await open(page, 2)).getByText(t('campaigns.none'))).toBeVisible();
      await expectNoViolations(page);
      await expect((await open(page, 3)).getByText('¥1.00')).toBeVisible();
      await expect((await open(page, 4)).getByText(t('recent.none'))).toBeVisible();
      await expectNoViolations(page);
      await expect((await open(page, 5)).getByText(t('outbox.none.pending'))).toBeVisible();
      const membership = await open(page, 6);
      await expect(membership.getByText(t('membership.none'))).toBeVisible();
      await membership.getByRole('tab', { name: t('membership.tab.points') }).click();
      await expect(membership.getByText(t('points.noMovement'))).toBeVisible();
      await expect(membership.getByText(t('points.noBatch'))).toBeVisible();
      await expectNoViolations(page);
      await membership.getByRole('tab', { name: t('membership.tab.usage') }).click();
      await expect(membership.getByText(t('usage.none'))).toBeVisible();
      await expectNoViolations(page);
      await expect((await open(page, 7)).getByText(t('role.auditor'), { exact: true })).toBeVisible();
    });

    test('What is still being read has its place kept, and nothing moves when it is there @web', async ({
      page,
    }) => {
      await signIn(page, 'operator');
      await speak(page, language);
      const between = await standBetween(page);
      await open(page, 7);
      between.hold(
        'history.page',
        'history.totals',
        'history.spend',
        'pricing.coming',
        'outbox.list',
        'backup.list',
      );

      const balance = await open(page, 1);
      await expect(balance.getByLabel(t('common.loading'))).toHaveCount(2);
      const after = balance.getByRole('heading', { name: t('alerts.title') });
      const before = await place(after);
      await open(page, 4);
      await expect(page.getByRole('status', { name: t('common.loading') })).toBeVisible();
      await expect(page.getByRole('table')).toHaveAttribute('aria-busy', 'true');
      const table = await place(page.getByRole('table'));
      await expectNoViolations(page);
      await open(page, 5);
      await expect(page.getByRole('status', { name: t('common.loading') })).toBeVisible();
      await expect((await open(page, 7)).getByText(t('common.loading'))).toBeVisible();
      between.hold('server.ask');
      const membership = await open(page, 6);
      // Membership, quotas, plans and packages.
      await expect(membership.getByLabel(t('common.loading'))).toHaveCount(4);
      await open(page, 4);

      between.letThrough();
      await expect(page.getByRole('row').nth(1)).toBeVisible();
      await expect.poll(() => place(page.getByRole('table'))).toEqual(table);
      await open(page, 1);
      await expect(balance.getByLabel(t('common.loading'))).toHaveCount(0);
      await expect.poll(() => place(after)).toEqual(before);
    });

    test('What may not be done, or goes wrong, is said where it was asked for, and can be tried again @web', async ({
      page,
    }) => {
      await signIn(page, 'operator');
      await speak(page, language);
      const between = await standBetween(page);
      for (const [code, words] of [
        ['forbidden', t('problem.forbidden')],
        ['unexpected', t('problem.unexpected')],
      ] as const) {
        await open(page, 7);
        between.refuse(
          code,
          'history.page',
          'history.totals',
          'history.spend',
          'pricing.coming',
          'outbox.list',
        );
        between.refuse(
          code,
          'alerts.update',
          'backup.list',
          'campaign.create',
          'recharge.offer',
          'settings.update',
        );
        const told = (within: Page | Locator): Locator =>
          within.getByRole('alert').filter({ hasText: words });
        const again = async (within: Page | Locator, times: number): Promise<void> => {
          await expect(told(within)).toHaveCount(times);
          await expectNoViolations(page);
          between.letThrough();
          await pressAway(told(within).getByRole('button', { name: t('common.retry') }));
          await expect(told(within)).toHaveCount(0);
        };

        await again(await open(page, 1), 2);
        between.refuse(code, 'pricing.coming');
        await again(await open(page, 3), 1);
        between.refuse(code, 'history.page', 'history.totals');
        await again(await open(page, 4), 2);
        between.refuse(code, 'outbox.list');
        await again(await open(page, 5), 1);
        between.refuse(code, 'backup.list');
        await again(await open(page, 7), 1);

        between.refuse(code, 'settings.update');
        await page.getByLabel(t('settings.theme')).selectOption({ label: t('theme.dark') });
        await expect(told(page)).toHaveCount(1);
        await expect(page.getByLabel(t('settings.theme'))).toHaveValue('system');
        between.letThrough();

        between.refuse(code, 'history.totals');
        await page.keyboard.press('Control+e');
        const dialog = page.getByRole('dialog');
        await again(dialog, 1);
        // The button that was pressed is gone; the keyboard still works.
        await putAway(page, dialog);
      }

      await memberTabsRefused(page, between);

      between.refuse('forbidden', 'campaign.create');
      await open(page, 2);
      await page
        .getByRole('button', { name: t('campaigns.new') })
        .first()
        .click();
      await page.getByLabel(t('newCampaign.name')).fill('不许');
      await page.getByLabel(t('newCampaign.paste')).fill('user_a');
      await page.getByRole('button', { name: t('newCampaign.readAndQuote') }).click();
      await expect(page.getByRole('alert').filter({ hasText: t('problem.forbidden') })).toHaveCount(1);
      // What was typed stays.
      await expect(page.getByLabel(t('newCampaign.name'))).toHaveValue('不许');
      await expect(page.getByLabel(t('newCampaign.paste'))).toHaveValue('user_a');
      between.letThrough();
    });

    test('A charge tells what became of it, and one answer accepts a price that many charges met @web', async ({
      page,
    }) => {
      await signIn(page, 'operator');
      await speak(page, language);
      const between = await standBetween(page);
      const id = '019f0000-0000-7000-8000-000000000001';
      const occurredAt = '2026-11-20T04:30:00.000Z';
      const charge = {
        id,
        deviceSeq: 12,
        state: 'rejected',
        platform: 'xiaohongshu',
        operation: 'follow',
        targetUserId: 'xhs_10012',
        campaignId: null,
        holdId: null,
        amount: '1.00',
        attempts: 2,
        nextTryAt: null,
        problem: { code: 'price_changed', params: { expected: '1.00', actual: '1.20', pricingVersion: '2' } },
        conflict: {
          action: 'accept_price',
          local: '1.00',
          server: '1.20',
          difference: '0.20',
          earlierChargeId: null,
        },
        waiveReason: null,
        occurredAt,
        settledAt: null,
      };
      between.answer('outbox.list', { items: [charge], total: 1 });
      between.answer('outbox.attempts', {
        items: [
          { attempt: 1, at: occurredAt, outcome: 'no_answer', reason: 'timeout' },
          { attempt: 2, at: occurredAt, outcome: 'problem', reason: 'price_changed' },
        ],
      });
      between.answer('outbox.samePrice', { count: 37, difference: '7.40' });
      const accepted = between.answer('outbox.acceptPrice', {
        ...charge,
        state: 'queued',
        amount: '1.20',
        conflict: null,
        problem: null,
      });

      await open(page, 5);
      await page.getByRole('button', { name: sentence('charge.open') }).click();
      const told = page.getByRole('dialog', { name: sentence('charge.title') });
      const tries = told.getByRole('table', { name: t('column.attempts') });
      await expect(tries.getByRole('row').nth(1)).toContainText('timeout');
      await expect(tries.getByRole('row').nth(2)).toContainText('price_changed');
      await expect(told.getByText(id)).toBeVisible();
      await expectNoViolations(page);
      await putAway(page, told);

      await page.getByRole('button', { name: sentence('outbox.resolveOf') }).click();
      const asked = page.getByRole('dialog', { name: t('conflict.title') });
      await expect(asked.getByRole('cell', { name: '+¥0.20' })).toBeVisible();
      await asked.getByRole('checkbox', { name: sentence('conflict.samePrice') }).check();
      await expect(asked.getByText('+¥7.40')).toBeVisible();
      await expectNoViolations(page);
      await asked.getByRole('button', { name: sentence('conflict.do.accept_price') }).click();
      await expect(asked).toBeHidden();
      expect(accepted).toEqual([{ id, amount: '1.20', others: true }]);
    });

    test('Without a network every screen shows what is here, and says how old it is @web', async ({
      page,
      server,
    }) => {
      await signIn(page, 'operator');
      await speak(page, language);
      await expect(page.getByText(t('sync.justNow'))).toBeVisible();
      await server.kill();
      await open(page, 5);
      await page.getByRole('button', { name: t('outbox.syncNow') }).click();
      await expect(page.getByTitle(t('sync.open'))).toContainText(t('sync.offline'));
      const balance = await open(page, 1);
      await expect(balance.getByText('¥1,330.68').first()).toBeVisible();
      await expect(balance.getByRole('table').getByRole('row').nth(1)).toBeVisible();
      await open(page, 2);
      await expect(page.getByRole('button', { name: t('campaigns.new') }).first()).toBeEnabled();
      const pricing = await open(page, 3);
      await expect(pricing.getByText(t('pricing.versionOffline'))).toBeVisible();
      await expect(pricing.getByRole('alert')).toHaveCount(0);
      await open(page, 4);
      await expect(page.getByRole('row').nth(1)).toBeVisible();
      await page.getByRole('button', { name: t('billCheck.action') }).click();
      await expect(page.getByRole('dialog').getByText(t('billCheck.signatureMissing'))).toBeVisible();
      await putAway(page);
      const membership = await open(page, 6);
      await expect(membership.getByText(t('membership.offline'))).toBeVisible();
      for (const tab of [t('membership.tab.plan'), t('membership.tab.points'), t('membership.tab.usage')]) {
        await membership.getByRole('tab', { name: tab }).click();
        await expect(membership.getByText(t('answer.offline'))).toHaveCount(1);
      }
      await expectNoViolations(page);
      // It can be tried again at once, and is by itself once the server is found.
      const again = membership.getByRole('button', { name: t('common.retry') });
      await expect(again).toBeVisible();
      await server.start();
      await pressAway(again);
      await expect(
        membership
          .getByRole('table', { name: t('usage.calls') })
          .getByRole('row')
          .nth(1),
      ).toBeVisible();
      await expect((await open(page, 7)).getByLabel(t('settings.theme'))).toBeVisible();
    });
  });

test('An offline desk tries the server at once when a network appears, or somebody comes back to it @web', async ({
  page,
  server,
}) => {
  await signIn(page, 'operator');
  const between = await standBetween(page);
  const pill = page.getByTitle('查看同步情况');
  await expect(pill).toContainText('在线');
  const happen = (event: string): Promise<unknown> =>
    page.evaluate((name) => window.dispatchEvent(new Event(name)), event);
  const wakes = between.answer('sync.wake', {});
  // Online there is nothing to try.
  await happen('focus');
  await happen('online');
  await server.kill();
  await page.keyboard.press('Control+5');
  const syncNow = page.getByRole('button', { name: '立即同步' });
  // Each failure puts the next try further off, up to half a minute.
  for (let tries = 0; tries < 6; tries += 1) {
    await syncNow.click();
    await expect(syncNow).toBeEnabled();
  }
  await expect(pill).toContainText('离线');
  expect(wakes).toEqual([]);
  await happen('focus');
  await happen('focus');
  await expect.poll(() => wakes.length).toBe(1);
  await server.start();
  between.letThrough();
  await happen('online');
  await expect(pill).toContainText('在线');
});

test('A setting that is chosen while another is being kept is kept after it @web', async ({ page }) => {
  await signIn(page, 'operator');
  const between = await standBetween(page);
  await page.keyboard.press('Control+7');
  between.hold('settings.update');
  await page.getByLabel('主题').selectOption({ label: '深色' });
  await page.getByLabel('语言').selectOption({ label: 'English' });
  between.letThrough();
  await expect(page.locator('html')).toHaveAttribute('data-shade', 'dark');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en-US');
});
