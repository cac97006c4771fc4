/**
 * Opens the built desk from outside, as a person would: `npm start`'s web page in Chromium, or Electron's window. It
 * must never import the desk's own code.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  expect,
  type Browser,
  type ElectronApplication,
  type Page,
  type PlaywrightWorkerArgs,
} from '@playwright/test';
import { electronForTests, findChromium } from '../scripts/test-programs.ts';

const root = join(import.meta.dirname, '..');
const startMsMax = 90_000;

/** A desk that is open: its page, and the ways to end it. */
export interface OpenDesk {
  readonly page: Page;
  /** Electron's main process, for tests that attack the window from there; null in the web shell. */
  readonly electron: ElectronApplication | null;
  /** The shell's process; the engine and an embedded server are below it. */
  readonly pid: number;
  /**
   * Does `action` (a press on 导出, say) and returns the file that the desk then gives away: picked from the page's
   * download link in the web shell, from the answered save dialog in Electron.
   */
  takeExport(action: () => Promise<void>): Promise<string>;
  /** Closes it as a person would. */
  close(): Promise<void>;
  /** SIGKILL to the shell; its children leave by themselves. */
  kill(): Promise<void>;
}

export interface DeskPlace {
  readonly dataDir: string;
  /** Where exported files of the test are put. */
  readonly exportsDir: string;
  /** Null: the desk starts its embedded demonstration server. */
  readonly serverUrl: string | null;
  /** Added to the environment of the desk's processes. */
  readonly env: NodeJS.ProcessEnv;
}

function deskArguments({ dataDir, serverUrl }: DeskPlace): string[] {
  return ['--data-dir', dataDir, ...(serverUrl === null ? [] : ['--server', serverUrl])];
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
}

// ── The web shell ───────────────────────────────────────────────────────────────────────────────────────────

const chromiumSwitches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function launchChromium(playwright: PlaywrightWorkerArgs['playwright']): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('no Chromium here: run node scripts/setup-browser.ts');
  return playwright.chromium.launch({ executablePath, args: chromiumSwitches });
}

/** Starts the web shell and returns the link it prints. */
async function startWebShell(place: DeskPlace): Promise<{ child: ChildProcess; link: string }> {
  const args = ['main/start.ts', '--shell', 'web', '--no-open', '--port', '0', ...deskArguments(place)];
  // The channel ends the desk with this worker, however that ends.
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...place.env },
  });
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  createInterface({ input: child.stderr ?? process.stdin }).on('line', (line) => said.push(line));
  const link = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), startMsMax);
    lines.on('line', (line) => {
      said.push(line);
      const [, found] = /^Zhangtai desk: (\S+)$/.exec(line) ?? [];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
    child.once('close', () => reject(new Error(`the desk did not start: ${said.join(' / ')}`)));
  });
  return { child, link };
}

export async function openInBrowser(browser: Browser, place: DeskPlace): Promise<OpenDesk> {
  const { child, link } = await startWebShell(place);
  const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(link);
  return {
    page,
    electron: null,
    pid: child.pid ?? 0,
    takeExport: async (action) => {
      await action();
      const fetching = page.waitForEvent('download');
      await page.locator('a[download]').last().click();
      const download = await fetching;
      const path = join(place.exportsDir, download.suggestedFilename());
      await download.saveAs(path);
      return path;
    },
    close: async () => {
      await context.close();
      child.kill('SIGTERM');
      await ended(child);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended(child);
      await context.close();
    },
  };
}

// ── Electron ────────────────────────────────────────────────────────────────────────────────────────────────

export async function openInElectron(
  playwright: PlaywrightWorkerArgs['playwright'],
  place: DeskPlace,
): Promise<OpenDesk> {
  const electron = electronForTests();
  if (electron.kind === 'missing') throw new Error(electron.why);
  // Named by Electron's own variable, not as `executablePath`: only then does Playwright hold the app back until it
  // listens. Else it now and then attaches while the window's first page is on its way, and waits for it for ever.
  if (process.env['ZHANGTAI_ELECTRON'] === electron.binary)
    process.env['ELECTRON_OVERRIDE_DIST_PATH'] = dirname(electron.binary);
  const app = await playwright._electron.launch({
    cwd: root,
    args: ['--no-sandbox', '--lang=zh-CN', '.', '--', ...deskArguments(place)],
    // A test may have named another program in its stead.
    env: { ZHANGTAI_ENGINE_NODE: process.execPath, ...(process.env as Record<string, string>) },
    timeout: startMsMax,
  });
  const child = app.process();
  const page = await app.firstWindow();
  let exports = 0;
  return {
    page,
    electron: app,
    pid: child.pid ?? 0,
    takeExport: async (action) => {
      exports += 1;
      const path = join(place.exportsDir, `export-${exports}`);
      // The dialog is the system's own: the test answers in its stead, keeping the suggested name's ending.
      await app.evaluate(({ dialog }, chosen) => {
        dialog.showSaveDialog = async (...args: unknown[]) => {
          const options = args.at(-1) as { defaultPath?: string };
          const ending = /\.[a-z]+$/.exec(options.defaultPath ?? '')?.[0] ?? '';
          return { canceled: false, filePath: chosen + ending };
        };
      }, path);
      await action();
      const endings = ['', '.xlsx', '.csv', '.txt'];
      const written = (): string | undefined =>
        endings.map((end) => path + end).find((file) => existsSync(file));
      await expect.poll(written, { message: 'the exported file appears' }).toBeDefined();
      return written() ?? path;
    },
    close: async () => {
      // Whether to leave charges behind is asked in a dialog of the system's; here the answer is yes.
      await app.evaluate(({ dialog }) => {
        dialog.showMessageBox = async () => ({ response: 0, checkboxChecked: false });
      });
      await app.close();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended(child);
    },
  };
}
