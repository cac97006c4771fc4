import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, signIn, test } from './desk.ts';

const currentBalance = '¥1,330.68';

test('A desk that is killed outright opens again from its own data, signed in and without its server', async ({
  page,
  desk,
  server,
}) => {
  await signIn(page, 'operator');
  await expect(page.getByText(currentBalance).first()).toBeVisible();
  await server.kill();
  const again = await desk.restart('crash');
  await expect(again.getByText(currentBalance).first()).toBeVisible();
  await expect(again.getByRole('button', { name: /离线/ })).toBeVisible();
  await server.start();
  await expect(again.getByRole('button', { name: /在线/ })).toBeVisible();
});

// The web shell's page comes from a desk that is up already.
test(
  'What the last engine left is shown before the next one is up, which then says what is true',
  { tag: '@electron' },
  async ({ page, desk, folder }) => {
    await signIn(page, 'operator');
    await expect(page.getByText(currentBalance).first()).toBeVisible();
    await expect(page.getByRole('button', { name: /在线/ })).toBeVisible();
    const gate = join(folder, 'engine-may-start');
    const node = join(folder, 'gated-node');
    writeFileSync(
      node,
      `#!/bin/sh\nwhile [ ! -e '${gate}' ]; do sleep 0.05; done\nexec '${process.execPath}' "$@"\n`,
      {
        mode: 0o700,
      },
    );
    process.env['ZHANGTAI_ENGINE_NODE'] = node;
    try {
      const again = await desk.restart('close');
      await expect(again.getByText(currentBalance).first()).toBeVisible();
      await again.keyboard.press('Control+4');
      await expect(again.getByRole('heading', { name: '消费历史', level: 1 })).toBeVisible();
      // What only an engine knows is waited for, as when a screen is read for the first time.
      await expect(again.getByRole('row', { name: /xhs_/ })).toHaveCount(0);
      await expect(again.getByRole('button', { name: /在线|离线/ })).toHaveCount(0);
      // It is this window's alone: another one with the same script is given nothing.
      const stranger = await desk.electron.evaluate(async ({ app, BrowserWindow }) => {
        const preload = `${app.getAppPath()}/dist/preload/preload.cjs`;
        const other = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } });
        await other.loadURL('about:blank');
        const left: unknown = await other.webContents.executeJavaScript('desk.lastState()');
        other.destroy();
        return left;
      });
      expect(stranger).toBeNull();
      writeFileSync(gate, '');
      await expect(again.getByRole('row', { name: /xhs_/ }).first()).toBeVisible();
      await expect(again.getByRole('button', { name: /在线/ })).toBeVisible();
    } finally {
      delete process.env['ZHANGTAI_ENGINE_NODE'];
    }
  },
);

test('An engine that crashes is started again and the page goes on', async ({ page, desk }) => {
  await signIn(page, 'operator');
  desk.killEngine();
  await page
    .getByRole('link', { name: '设置' })
    .or(page.getByRole('button', { name: '设置' }))
    .first()
    .click();
  await expect(page.getByText(desk.dataDir)).toBeVisible();
});

test('An exported bill arrives as a file', async ({ page, desk }) => {
  await signIn(page, 'operator');
  await page.getByRole('button', { name: '导出账单' }).first().click();
  const file = await desk.takeExport(() => page.getByRole('button', { name: '导出', exact: true }).click());
  expect(statSync(file).size).toBeGreaterThan(10_000);
});

test.describe('without a server of its own', () => {
  test.use({ serverKind: 'embedded' });

  test('the desk starts the demonstration and lets a plain member in', async ({ page }) => {
    const enter = page.getByRole('button', { name: '以普通会员体验' });
    // The first start makes the demonstration's data.
    await expect(enter).toBeEnabled({ timeout: 240_000 });
    await enter.click();
    await expect(page.getByText(currentBalance).first()).toBeVisible();
  });
});

// Electron has one window.
test('A second tab and a reload show the same desk', { tag: '@web' }, async ({ page }) => {
  await signIn(page, 'operator');
  await page.reload();
  await expect(page.getByText(currentBalance).first()).toBeVisible();
  const second = await page.context().newPage();
  await second.goto(new URL('/', page.url()).href);
  await expect(second.getByText(currentBalance).first()).toBeVisible();
});
