/**
 * What specs of the back office start from: a server on which much has happened (office-data.ts), and the ways that its
 * staff go through the sections. One busy server is made for all tests of a worker, and each test has a copy of it.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { clockEnv, test as base, expect } from './desk.ts';
import { plantOffice } from './office-data.ts';

export type Staff = 'finance' | 'checker' | 'admin' | 'auditor';

interface BusyFixtures {
  /** A folder and a key for backups, named to the server; nothing is ever written there. */
  readonly backupsDir: string;
}

/** `seededDir` is the demonstration with a busy back office. */
export const busyTest = base.extend<object, BusyFixtures>({
  seededDir: [
    async ({ seededDir }, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'zhangtai-office-'));
      cpSync(seededDir, folder, { recursive: true });
      await plantOffice(folder, clockEnv);
      await use(folder);
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: 'worker', timeout: 600_000 },
  ],
  backupsDir: [
    async ({ shell }, use) => {
      const folder = mkdtempSync(join(tmpdir(), `zhangtai-${shell}-backups-`));
      mkdirSync(join(folder, 'kept'));
      writeFileSync(join(folder, 'key'), `${Buffer.alloc(32, 7).toString('base64')}\n`, { mode: 0o600 });
      await use(folder);
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
  serverEnv: async ({ backupsDir }, use) => {
    await use({
      ZHANGTAI_BACKUP_DIR: join(backupsDir, 'kept'),
      ZHANGTAI_BACKUP_KEY_FILE: join(backupsDir, 'key'),
    });
  },
});

/** Signs in as one of the demonstration's staff, whose desk begins in the back office. */
export async function signInAs(page: Page, who: Staff): Promise<void> {
  await page.getByLabel('邮箱').fill(`${who}@demo.example`);
  await page.getByLabel('密码').fill('zhangtai-demo');
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await expect(page.getByRole('navigation', { name: '管理' })).toBeVisible();
}

/** Opens a section of the back office, and waits until what it lists is there. */
export async function section(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: '管理' }).getByRole('button', { name, exact: true }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  await expect(page.locator('[role="table"][aria-busy="true"], .fui-Skeleton')).toHaveCount(0);
}
