/**
 * What every spec starts from: `test` with a desk of its own in the project's shell, a server of its own that can be
 * cut off, and fresh folders. It must never let one test see another's data, nor leave a process behind.
 *
 *     import { expect, test } from './desk.ts';
 *     test('…', async ({ page, desk, server }) => { … });
 *     await signIn(page, 'operator');        // with the demonstration's password
 *     test.use({ serverKind: 'embedded' });  // for a spec of the first start: no --server, 体验演示 offered
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test as base, type Browser, type ElectronApplication, type Page } from '@playwright/test';
import { endServer, launchServer, startServer, type ServerControls } from './server.ts';
import { launchChromium, openInBrowser, openInElectron, type OpenDesk } from './shells.ts';

export { expect } from '@playwright/test';

export interface DeskControls {
  readonly shell: 'web' | 'electron';
  readonly dataDir: string;
  /** Electron's main process of the desk that is open now. Throws in the web shell. */
  readonly electron: ElectronApplication;
  /** The page of the desk that is open now; after `restart` another one than the `page` fixture. */
  readonly page: Page;
  /** Does `action` and returns the path of the file the desk then gives away. */
  takeExport(action: () => Promise<void>): Promise<string>;
  /** Ends the engine's process as a crash would; the shell starts another. */
  killEngine(): void;
  /**
   * Closes the desk and opens it again on the same data; `crash`: by SIGKILL to all its processes. `meanwhile` is done
   * while no process of it is there.
   */
  restart(how?: 'close' | 'crash', meanwhile?: () => void | Promise<void>): Promise<Page>;
}

export interface DeskFixtures {
  /** `separate`: the test's own, named by --server and in `server`'s hands. `embedded`: the desk starts its own. */
  readonly serverKind: 'separate' | 'embedded';
  /** Whether the separate server has the demonstration's sandbox, and so takes payments. */
  readonly takesPayments: boolean;
  /** Added to the environment of the separate server. */
  readonly serverEnv: NodeJS.ProcessEnv;
  readonly folder: string;
  readonly server: ServerControls;
  readonly desk: DeskControls;
}

export interface DeskWorkerFixtures {
  readonly shell: 'web' | 'electron';
  /** The instant at which time stands still for server, desk and page; null: it passes as ever. Of the web shell alone. */
  readonly frozenAt: string | null;
  /** Null in the Electron project, which needs none. */
  readonly chromium: Browser | null;
  /** A server's data folder with the demonstration in it, copied for each test. */
  readonly seededDir: string;
}

/** Signs in to the server the desk was started for, and waits for the first screen behind it. */
export async function signIn(page: Page, member: 'operator' | 'premium'): Promise<void> {
  await page.getByLabel('邮箱').fill(`${member}@demo.example`);
  await page.getByLabel('密码').fill('zhangtai-demo');
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await base.expect(page.getByRole('heading', { name: '余额中心', level: 1 })).toBeVisible();
}

/** Waits until a screen has come, and what it lists. */
export async function isRead(page: Page): Promise<void> {
  const awaited = page.locator('main .fui-Spinner, [role="table"][aria-busy="true"], .fui-Skeleton');
  await base.expect(awaited).toHaveCount(0);
}

/** What makes time stand still in a process and in those that it starts. */
export function clockEnv(frozenAt: string | null): NodeJS.ProcessEnv {
  if (frozenAt === null) return {};
  const clock = pathToFileURL(join(import.meta.dirname, 'frozen-clock.ts')).href;
  return { ZHANGTAI_FROZEN_AT: frozenAt, NODE_OPTIONS: `--import ${clock}` };
}

/** Pids of the processes below `pid` whose command line names `script`. */
function childrenRunning(pid: number, script: string): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((row) => row !== null);
  return rows
    .filter((row) => Number(row[2]) === pid && row[3]?.includes(script))
    .map((row) => Number(row[1]));
}

function killEngineOf(desk: OpenDesk): void {
  const engines = childrenRunning(desk.pid, 'engine/process');
  if (engines.length === 0) throw new Error('the desk runs no engine');
  for (const pid of engines) process.kill(pid, 'SIGKILL');
}

export const test = base.extend<DeskFixtures, DeskWorkerFixtures>({
  shell: ['web', { option: true, scope: 'worker' }],
  frozenAt: [null, { option: true, scope: 'worker' }],
  serverKind: ['separate', { option: true }],
  takesPayments: [true, { option: true }],
  serverEnv: [{}, { option: true }],

  chromium: [
    async ({ playwright, shell }, use) => {
      const browser = shell === 'web' ? await launchChromium(playwright) : null;
      await use(browser);
      await browser?.close();
    },
    { scope: 'worker' },
  ],

  seededDir: [
    async ({ shell, frozenAt }, use) => {
      const folder = mkdtempSync(join(tmpdir(), `zhangtai-${shell}-seeded-`));
      const { child } = await launchServer(folder, 0, clockEnv(frozenAt));
      await endServer(child, 'SIGTERM');
      await use(folder);
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: 'worker', timeout: 240_000 },
  ],

  folder: async ({ shell }, use) => {
    const folder = mkdtempSync(join(tmpdir(), `zhangtai-${shell}-`));
    mkdirSync(join(folder, 'exports'));
    await use(folder);
    rmSync(folder, { recursive: true, force: true });
  },

  server: async ({ folder, seededDir, frozenAt, takesPayments, serverEnv }, use) => {
    const place = join(folder, 'server');
    const env = { ...serverEnv, ...clockEnv(frozenAt) };
    const server = await startServer(seededDir, place, env, !takesPayments);
    await use(server);
    await server.kill();
  },

  desk: async ({ playwright, chromium, shell, folder, server, serverKind, frozenAt }, use) => {
    const place = {
      dataDir: join(folder, 'desk'),
      exportsDir: join(folder, 'exports'),
      serverUrl: serverKind === 'separate' ? server.url : null,
      env: clockEnv(frozenAt),
    };
    const open = (): Promise<OpenDesk> =>
      chromium === null ? openInElectron(playwright, place) : openInBrowser(chromium, place);
    let current = await open();
    await use({
      shell,
      dataDir: place.dataDir,
      get electron() {
        if (current.electron === null) throw new Error('the web shell has no Electron');
        return current.electron;
      },
      get page() {
        return current.page;
      },
      takeExport: (action) => current.takeExport(action),
      killEngine: () => killEngineOf(current),
      restart: async (how = 'close', meanwhile = () => undefined) => {
        if (how === 'crash') killEngineOf(current);
        await (how === 'crash' ? current.kill() : current.close());
        await meanwhile();
        current = await open();
        return current.page;
      },
    });
    await current.close();
  },

  page: async ({ desk }, use) => {
    await use(desk.page);
  },
});
