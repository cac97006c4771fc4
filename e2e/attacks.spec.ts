import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { z } from 'zod';
import { commands, type CommandInput, type CommandName, type CommandOutput } from '../shared/ipc.ts';
import { DeskState } from '../shared/ipc-desk.ts';
import { electronForTests } from '../scripts/test-programs.ts';
import { expect, signIn, test } from './desk.ts';

const root = join(import.meta.dirname, '..');
// What each of these holds the window to is listed in docs/security.md.

const Reply = z.object({
  ok: z.boolean(),
  output: z.unknown().optional(),
  problem: z.object({ code: z.string() }).optional(),
});

/** Gives a command as a script in the page would, past the page's own checks. */
async function give(page: Page, name: unknown, input: unknown): Promise<z.infer<typeof Reply>> {
  const answer = await page.evaluate(
    async ([name, input]) => {
      const desk = Reflect.get(window, 'desk') as { invoke(name: unknown, input: unknown): Promise<unknown> };
      return desk.invoke(name, input);
    },
    [name, input],
  );
  return Reply.parse(answer);
}

async function ask<N extends CommandName>(
  page: Page,
  name: N,
  input: CommandInput<N>,
): Promise<CommandOutput<N>> {
  const reply = await give(page, name, input);
  expect(reply.problem).toBeUndefined();
  return commands[name].output.parse(reply.output) as CommandOutput<N>;
}

test.describe('the Electron window', { tag: '@electron' }, () => {
  test('runs the page in a sandbox of its own, with the bridge and nothing else of Electron', async ({
    page,
    desk,
  }) => {
    const preferences = await desk.electron.evaluate(({ BrowserWindow }) => {
      const [window] = BrowserWindow.getAllWindows();
      const contents = window?.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> };
      return contents.getLastWebPreferences();
    });
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      enableBlinkFeatures: '',
    });
    const seen = await page.evaluate(() => {
      const desk: unknown = Reflect.get(window, 'desk');
      const replaced = Reflect.set(window, 'desk', 'mine');
      return {
        keys: Object.keys(desk as object).toSorted(),
        same: Reflect.get(window, 'desk') === desk,
        replaced,
        node: ['require', 'process', 'Buffer', 'module', 'global'].filter((name) => name in window),
        source: String((desk as { invoke: unknown }).invoke),
        webview: 'src' in document.createElement('webview'),
      };
    });
    expect(seen).toMatchObject({
      keys: ['invoke', 'lastState', 'shell', 'subscribe'],
      same: true,
      replaced: false,
      node: [],
    });
    expect(seen.source).not.toContain('ipcRenderer');
    expect(seen.webview).toBe(false);
  });

  test('answers nobody but its own page: not a frame in it, nor another window with the same script', async ({
    page,
    desk,
  }) => {
    const frames = await page.evaluate(async () => {
      const outcomes: string[] = [];
      for (const address of ['about:blank', location.href, 'data:text/html,hello', 'http://127.0.0.1:9/']) {
        const frame = document.createElement('iframe');
        frame.src = address;
        const settled = new Promise((resolve) => frame.addEventListener('load', resolve));
        document.body.append(frame);
        await settled;
        try {
          outcomes.push(typeof Reflect.get(frame.contentWindow ?? {}, 'desk'));
        } catch {
          outcomes.push('another origin');
        }
        frame.remove();
      }
      return outcomes;
    });
    for (const outcome of frames) expect(['undefined', 'another origin']).toContain(outcome);

    const refusals = await desk.electron.evaluate(async ({ app, BrowserWindow }) => {
      const preload = `${app.getAppPath()}/dist/preload/preload.cjs`;
      const answers: string[] = [];
      for (const address of ['app://zhangtai/', 'data:text/html,<p>x</p>', 'about:blank']) {
        const other = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } });
        await other.loadURL(address);
        const text = `desk.invoke('desk.state', {}).then(() => 'answered', (error) => error.message)`;
        answers.push(String(await other.webContents.executeJavaScript(text)));
        other.destroy();
      }
      return answers;
    });
    expect(refusals).toHaveLength(3);
    for (const refusal of refusals) expect(refusal).toContain('not the desk');
  });

  test('refuses names that are no commands and inputs that are not theirs, and goes on', async ({ page }) => {
    await signIn(page, 'operator');
    const names = [
      'desk.destroy',
      '',
      '__proto__',
      'constructor',
      'toString',
      'desk:invoke',
      7,
      null,
      { a: 1 },
      [],
    ];
    for (const name of names)
      expect(await give(page, name, {})).toMatchObject({ ok: false, problem: { code: 'input_invalid' } });
    await ask(page, 'sync.now', {});
    const before = DeskState.parse(await ask(page, 'desk.state', {}));
    const odd: unknown[] = [
      null,
      undefined,
      7,
      'text',
      [],
      { surprise: true },
      { id: '../..' },
      { id: 'x'.repeat(1_000) },
    ];
    // What does fit, such as nothing at all where nothing is wanted, is no attack.
    const attacks = (Object.keys(commands) as CommandName[]).flatMap((name) =>
      odd.filter((input) => !commands[name].input.safeParse(input).success).map((input) => [name, input]),
    );
    expect(attacks.length).toBeGreaterThan(200);
    const codes = await page.evaluate(async (attacks) => {
      const desk = Reflect.get(window, 'desk') as {
        invoke(name: unknown, input: unknown): Promise<{ ok: boolean; problem?: { code: string } }>;
      };
      const got = new Set<string | undefined>();
      for (const [name, input] of attacks) got.add((await desk.invoke(name, input)).problem?.code);
      return [...got];
    }, attacks);
    expect(codes).toEqual(['input_invalid']);
    // Nothing came of any of them, and the engine never went.
    const after = DeskState.parse(await ask(page, 'desk.state', {}));
    expect(after.balance?.balance).toBe(before.balance?.balance);
    expect(after.settings).toEqual(before.settings);
    expect(after.campaigns).toEqual(before.campaigns);
    await expect(page.getByText('后台程序中断')).toBeHidden();
  });

  test('stays on its page and opens no other', async ({ page, desk }) => {
    await expect(page.getByRole('heading').first()).toBeVisible();
    const home = page.url();
    for (const address of [
      'https://example.com/',
      'http://127.0.0.1:9/',
      'file:///etc/passwd',
      'app://other/',
      'app://zhangtai/else',
    ]) {
      await page.evaluate((address) => location.assign(address), address);
      expect(page.url()).toBe(home);
      expect(await page.evaluate((address) => window.open(address) === null, address)).toBe(true);
    }
    await page.evaluate(() => {
      const link = document.createElement('a');
      link.href = 'https://example.com/';
      link.target = '_blank';
      document.body.append(link);
      link.click();
      const form = document.createElement('form');
      form.action = 'https://example.com/';
      document.body.append(form);
      form.submit();
      const refresh = document.createElement('meta');
      refresh.httpEquiv = 'refresh';
      refresh.content = '0;url=https://example.com/';
      document.head.append(refresh);
    });
    // Whatever of it were let through would have been begun before this answer.
    expect(await page.evaluate(() => fetch('./').then(({ status }) => status))).toBe(200);
    expect(page.url()).toBe(home);
    expect(await desk.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(1);
    // Asked of the page itself: whoever drives it from outside still waits for the places it did not go to.
    expect(await page.evaluate(() => document.querySelector('#root')?.childElementCount)).toBeGreaterThan(0);
  });

  test('serves the page’s files alone', async ({ page }) => {
    const statuses = await page.evaluate(async () => {
      const paths = [
        '../../package.json',
        '/..%2f..%2fpackage.json',
        '/%2e%2e/main/electron.cjs',
        '/.stamp',
        '/%zz',
      ];
      const got: number[] = [];
      for (const path of paths) got.push((await fetch(path)).status);
      got.push((await fetch('/', { method: 'POST' })).status);
      return got;
    });
    expect(new Set(statuses)).toEqual(new Set([404]));
    const reached = await page.evaluate(async () => {
      const outcomes: string[] = [];
      for (const address of ['file:///etc/passwd', 'app://other/index.html', 'https://example.com/'])
        outcomes.push(
          await fetch(address).then(
            () => 'reached',
            () => 'refused',
          ),
        );
      return outcomes;
    });
    expect(reached).toEqual(['refused', 'refused', 'refused']);
    // In a turn of the page's own: what a debugger runs is excepted from the policy.
    const built = await page.evaluate(
      () =>
        new Promise((resolve) => {
          setTimeout(() => {
            try {
              resolve(String(Reflect.construct(Function, ['return 1'])));
            } catch (error) {
              resolve((error as Error).name);
            }
          });
        }),
    );
    expect(built).toBe('EvalError');
  });

  test('is given no permission but to copy text', async ({ page }) => {
    const granted = await page.evaluate(async () => {
      const asked = {
        notifications: Notification.requestPermission(),
        camera: navigator.mediaDevices.getUserMedia({ video: true }),
        place: new Promise((resolve, reject) => {
          navigator.geolocation.getCurrentPosition(resolve, () => reject(new Error('refused')));
        }),
        paste: navigator.clipboard.readText(),
        midi: navigator.requestMIDIAccess({ sysex: true }),
      };
      const outcomes: Record<string, string> = {};
      // A question that is never answered grants nothing either.
      const silence = new Promise<string>((resolve) => setTimeout(() => resolve('no answer'), 10_000));
      for (const [name, answer] of Object.entries(asked))
        outcomes[name] = await Promise.race([
          silence,
          answer.then(String, (error: unknown) => (error as Error).name),
        ]);
      return outcomes;
    });
    expect(granted).toEqual({
      notifications: 'denied',
      camera: expect.stringMatching(/^(?:NotAllowedError|NotFoundError|no answer)$/) as unknown,
      place: expect.stringMatching(/^(?:Error|no answer)$/) as unknown,
      paste: expect.stringMatching(/^(?:NotAllowedError|no answer)$/) as unknown,
      midi: expect.stringMatching(/^(?:NotAllowedError|SecurityError|no answer)$/) as unknown,
    });
    await signIn(page, 'operator');
    await page.keyboard.press('Control+7');
    await page.getByRole('button', { name: /复制.*数据文件夹/ }).click();
    await expect(page.getByRole('button', { name: '已复制' })).toBeVisible();
  });

  test('is the only one of its folder: a second start hands its link over and ends', async ({
    page,
    desk,
  }) => {
    await signIn(page, 'operator');
    const second = async (...links: string[]): Promise<number | null> => {
      const electron = electronForTests();
      if (electron.kind === 'missing') throw new Error(electron.why);
      const args = ['--no-sandbox', root, ...links, '--', '--data-dir', desk.dataDir];
      const child = spawn(electron.binary, args, { stdio: 'ignore' });
      const [code] = (await once(child, 'close')) as [number | null];
      return code;
    };
    expect(await second('zhangtai://screen/settings')).toBe(0);
    await expect(page.getByRole('heading', { name: '设置', level: 1 })).toBeVisible();
    const odd = [
      'zhangtai://screen/../../balance',
      'zhangtai://evil/balance',
      'zhangtai:--server=http://evil.example',
    ];
    expect(await second(...odd)).toBe(0);
    expect(await second('zhangtai://screen/history')).toBe(0);
    // Had an odd one done anything, it would have been before this one's place.
    await expect(
      page
        .getByRole('heading', { name: '账单', level: 1 })
        .or(page.getByRole('heading', { name: '历史', level: 1 })),
    ).toBeVisible();
    const state = DeskState.parse(await ask(page, 'desk.state', {}));
    expect(state.session.serverUrl).not.toContain('evil');
  });

  test('says where the sign-in is kept when there is no key store, and keeps it from others', async ({
    page,
    desk,
  }) => {
    const hasKeyStore = await desk.electron.evaluate(({ safeStorage }) =>
      safeStorage.isEncryptionAvailable(),
    );
    await signIn(page, 'operator');
    await page.keyboard.press('Control+7');
    const words = hasKeyStore ? '由系统密钥库加密保存' : '未用系统密钥库加密';
    await expect(page.getByText(words)).toBeVisible();
    const file = join(desk.dataDir, 'secrets.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      'refresh-token': { seal: hasKeyStore ? 'safeStorage' : 'plain' },
    });
  });

  test('says when the engine is killed while a campaign runs, and nothing of it is lost', async ({
    page,
    desk,
  }) => {
    await signIn(page, 'operator');
    await ask(page, 'sync.now', {});
    const targets = Array.from({ length: 120 }, (_, index) => `user_${index + 1}`).join('\n');
    const { campaign } = await ask(page, 'campaign.create', {
      name: '中断',
      platform: 'xiaohongshu',
      operation: 'follow',
      executor: { kind: 'simulated', seed: 1, failurePercent: 0, latencyMs: 100 },
      targets: { kind: 'text', text: targets },
    });
    const { quote } = await ask(page, 'campaign.quote', { id: campaign.id });
    await ask(page, 'campaign.confirm', { id: campaign.id, expectedTotal: quote.total });
    const counts = async () => (await ask(page, 'campaign.get', { id: campaign.id })).counts;
    await expect.poll(async () => (await counts()).succeeded).toBeGreaterThan(10);
    const beforeKill = (await counts()).succeeded;
    desk.killEngine();
    await expect(page.getByText('后台程序中断')).toBeVisible();
    await expect(page.getByText('后台程序中断')).toBeHidden();
    expect((await counts()).succeeded).toBeGreaterThanOrEqual(beforeKill);
    await expect.poll(async () => (await ask(page, 'campaign.get', { id: campaign.id })).phase).toBe('done');
    const { counts: ended, spent } = await ask(page, 'campaign.get', { id: campaign.id });
    expect(ended).toMatchObject({ total: 120, queued: 0, running: 0, failed: 0 });
    // 120 × ¥1.00 × 0.95; what the simulated executor cannot tell after a kill is asked of it again, so none is left out.
    expect(ended.succeeded + ended.unknown).toBe(120);
    expect(spent).toBe(((ended.succeeded * 95) / 100).toFixed(2));
    await ask(page, 'sync.now', {});
    const outbox = await ask(page, 'outbox.list', {
      states: ['queued', 'sending', 'unknown', 'rejected'],
      beforeDeviceSeq: null,
      limit: 10,
    });
    expect(outbox.total).toBe(0);
  });

  test('opens where it was left, and on a screen when that one is gone', async ({ page, desk }) => {
    await expect(page.getByRole('heading').first()).toBeVisible();
    const bounds = { x: 60, y: 40, width: 1_100, height: 720 };
    await desk.electron.evaluate(
      ({ BrowserWindow }, bounds) => BrowserWindow.getAllWindows()[0]?.setBounds(bounds),
      bounds,
    );
    const placed = () =>
      desk.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getNormalBounds());
    // The display is asked for a place, and tells of it later.
    await expect.poll(placed).toEqual(bounds);
    await desk.restart('close');
    await expect.poll(placed).toEqual(bounds);
    await desk.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.setPosition(9_000, 9_000),
    );
    await desk.restart('close');
    await expect.poll(async () => (await placed())?.x).toBeLessThan(1_600);
  });
});
