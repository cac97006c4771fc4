/**
 * Electron's main script: one instance, its window, and the page in it. What stands behind the page is loaded once the
 * window has begun to come up (electron-desk.ts); these and electron-programs.ts alone import Electron, and only what releases
 * 25 to 45 share. It must never give the page anything but the bridge's two functions, nor let it leave its own origin.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  app,
  BrowserWindow,
  ipcMain,
  Menu,
  nativeTheme,
  protocol,
  safeStorage,
  screen,
  session,
  type IpcMainEvent,
  type IpcMainInvokeEvent,
} from 'electron';
import { openDataFolder } from './data-folder.ts';
import { deferred } from './deferred.ts';
import type * as desk from './electron-desk.ts';
import { programs } from './electron-programs.ts';
import { readLastState } from './last-state.ts';
import { startedAhead } from './programs.ts';
import { isDeskLink } from './link-scheme.ts';
import { readStartOptions, type StartOptions } from './options.ts';
import { mediaType, pageFile, pageHeaders } from './page-files.ts';
import { tellStarter } from './starter.ts';
import { isReachable, readWindowPlace } from './window-place.ts';

const scheme = 'app';
const origin = `${scheme}://zhangtai`;
const root = app.getAppPath();

type DeskModule = typeof desk;
let loading: Promise<DeskModule> | undefined;
let loaded: DeskModule | undefined;

/** What stands behind the page: more code than the window needs, which therefore does not wait for it. */
function behind(): Promise<DeskModule> {
  loading ??= import('./electron-desk.ts').then((module) => {
    loaded = module;
    return module;
  });
  return loading;
}

// ── Start ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Electron's own switches come before `--`, ours after it; an installed app is given ours alone. */
function ownArguments(): readonly string[] {
  const terminator = process.argv.indexOf('--');
  const own = terminator >= 0 ? terminator + 1 : app.isPackaged ? 1 : process.argv.length;
  // A link is not ours to read as an option, nor is what its author wrote after it.
  return process.argv.slice(own).filter((argument) => !isDeskLink(argument));
}

function main(): void {
  const read = readStartOptions(ownArguments());
  if (!read.ok) {
    const { code, value } = read.problem;
    behind()
      .then(({ giveUp }) => giveUp(`start.${code}`, { value }))
      .catch(failed);
    return;
  }
  const { options } = read;
  // Each data folder is a desk of its own, with its own single-instance lock and browser storage.
  if (options.dataDir !== null) app.setPath('userData', join(options.dataDir, 'electron'));
  if (!app.requestSingleInstanceLock()) {
    tellStarter({ kind: 'alreadyOpen' }, () => app.exit(0));
    return;
  }
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
  // Ours is put in its place once the page stands; Electron's own would be made for nothing.
  Menu.setApplicationMenu(null);
  app.on('second-instance', (_event, argv) => comeForward(argv));
  app.on('open-url', (event, url) => {
    event.preventDefault();
    comeForward([url]);
  });
  app.on('window-all-closed', () => app.quit());
  app.on('before-quit', (event) => {
    if (loaded?.isLeaving() ?? true) return;
    event.preventDefault();
    quit(true);
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => quit(false));
  // Started by `npm start`: what started it is gone, so this goes too.
  process.on('disconnect', () => quit(false));
  // Made once while Chromium comes up: the first one loads what all answers to the page are made with.
  void new Response();
  void app
    .whenReady()
    .then(() => open(options))
    .catch(failed);
}

/** See the function of this name in electron-desk.ts. */
function comeForward(argv: readonly string[]): void {
  behind()
    .then(({ comeForward: come }) => come(argv))
    .catch(failed);
}

/** `ask`: a person is there, who may stay while charges are not synced. */
function quit(ask: boolean): void {
  // Nothing stands behind the window yet that would have to be stopped.
  if (loaded === undefined) app.exit(0);
  else loaded.quit(ask).catch(failed);
}

function failed(error: unknown): void {
  console.error(error instanceof Error ? error.message : String(error));
  app.exit(1);
}

function open(options: StartOptions): void {
  const dataDir = options.dataDir ?? join(app.getPath('userData'), 'data');
  const folder = openDataFolder(dataDir);
  if (!folder.ok) {
    const { reason } = folder;
    behind()
      .then(({ giveUp }) => giveUp('start.data_dir_unusable', { dataDir, reason }))
      .catch(failed);
    return;
  }
  const { log } = folder;
  const placeFile = join(dataDir, 'window.json');
  const { serverUrl } = options;
  const { engine, server: spawnServer } = programs(root, log);
  let lastState = readLastState(dataDir, { version: app.getVersion(), serverUrl });
  const isLastStateShown = lastState !== null;
  const standing = deferred<desk.Invoke>();
  const startEngine = () => {
    // Not asked before: a key store may take its time to say whether it is there.
    const secretStore: 'system' | 'file' = hasKeyStore() ? 'system' : 'file';
    const place = { dataDir, serverUrl, demoServerUrl: null, secretStore };
    const { spawn: spawnEngine, heard } = startedAhead(engine, place);
    const given = {
      dataDir,
      serverUrl,
      spawnEngine,
      spawnServer,
      secretStore,
      isLastStateShown,
      log,
      placeFile,
    };
    const raise = (): void => {
      behind()
        .then(({ raise: raiseDesk }) => raiseDesk({ ...given, window }))
        .then(standing.resolve)
        .catch(failed);
    };
    return { heard, raise };
  };
  // What the last engine left is shown at once; without it, the page waits for the engine, which then comes up first.
  const first = isLastStateShown ? null : startEngine();
  const window = createWindow(placeFile);
  // The page has come, and is a while about asking for what it is made of.
  if (first !== null) window.webContents.once('did-navigate', first.raise);
  else
    onceDrawn(window, () => {
      // The engine knows better from here on.
      lastState = null;
      const { heard, raise } = startEngine();
      // While it comes up, whoever is at the window has it to themselves.
      void heard.then(raise);
    });
  ipcMain.handle('desk:last', (event) => (isOwnPage(event, window) ? lastState : null));
  ipcMain.handle('desk:invoke', async (event, name: unknown, input: unknown) => {
    if (!isOwnPage(event, window)) throw new Error('not the desk');
    const invoke = await standing.promise;
    return invoke(String(name), input);
  });
  servePage();
  // A reload that comes before the first load has ended aborts that one: nothing to give up for.
  window.loadURL(`${origin}/`).catch((error: unknown) => log.note(`the page's first load: ${String(error)}`));
}

/** How long after its load a page is waited for that draws nothing, such as behind a locked screen. */
const drawnMsMax = 1_000;

/** Calls back once the page has drawn something, or cannot: what it shares its processors with comes after that. */
function onceDrawn(window: BrowserWindow, then: () => void): void {
  let isDone = false;
  const once = (): void => {
    if (isDone) return;
    isDone = true;
    then();
  };
  ipcMain.on('desk:drawn', (event) => {
    if (isOwnPage(event, window)) once();
  });
  // A page that cannot be shown, or that nobody can see, must not keep the engine from what it has to sync.
  window.webContents.once('did-finish-load', () => void setTimeout(once, drawnMsMax));
  window.webContents.once('did-fail-load', once);
  window.webContents.once('render-process-gone', once);
}

/** On Linux, Chromium falls back to a key that everybody knows: that is none. Releases before 27 cannot tell. */
function hasKeyStore(): boolean {
  if (!safeStorage.isEncryptionAvailable()) return false;
  if (process.platform !== 'linux' || !('getSelectedStorageBackend' in safeStorage)) return true;
  return !['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend());
}

// ── The page ────────────────────────────────────────────────────────────────────────────────────────────────

function servePage(): void {
  const folder = join(root, 'dist', 'renderer');
  const headers = pageHeaders();
  protocol.handle(scheme, (request) => {
    const url = new URL(request.url);
    const file = url.host === 'zhangtai' && request.method === 'GET' ? pageFile(folder, url.pathname) : null;
    const type = file === null ? null : mediaType(file);
    if (file === null || type === null) return new Response(null, { status: 404, headers });
    try {
      // At once: read in steps, each would wait for its turn in the loop while the window comes up.
      return new Response(readFileSync(file), { headers: { ...headers, 'content-type': type } });
    } catch {
      // There is no such file in the page.
      return new Response(null, { status: 404, headers });
    }
  });
  session.defaultSession.setPermissionRequestHandler((_contents, permission, answer) =>
    answer(mayPage(permission)),
  );
  session.defaultSession.setPermissionCheckHandler((_contents, permission) => mayPage(permission));
}

/** Of all that a page may ask for, ours needs one thing: to put the text of a copy button on the clipboard. */
function mayPage(permission: string): boolean {
  return permission === 'clipboard-sanitized-write';
}

/** `placeFile`: where the window's place was kept at the end of the last run. */
function createWindow(placeFile: string): BrowserWindow {
  const kept = readWindowPlace(placeFile);
  const workAreas = screen.getAllDisplays().map(({ workArea }) => workArea);
  const { maximized = false, ...bounds } = kept !== null && isReachable(kept, workAreas) ? kept : {};
  const window = new BrowserWindow({
    width: 1280,
    height: 800,
    ...bounds,
    minWidth: 960,
    minHeight: 640,
    show: false,
    title: app.name,
    icon: join(root, 'dist', 'main', 'images', 'window.png'),
    // What is seen until the page has drawn: the page's own ground in either theme.
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#292929' : '#fafafa',
    webPreferences: {
      preload: join(root, 'dist', 'preload', 'preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  });
  if (maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.webContents.on('will-navigate', (event) => event.preventDefault());
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  window.on('close', (event) => {
    if (loaded?.isLeaving() ?? true) return;
    event.preventDefault();
    quit(true);
  });
  return window;
}

/** Only the top frame of our own window, showing our own origin, is the desk's page. */
function isOwnPage(event: IpcMainEvent | IpcMainInvokeEvent, window: BrowserWindow): boolean {
  if (event.sender !== window.webContents || event.senderFrame !== window.webContents.mainFrame) return false;
  // The origin of a scheme of one's own is opaque to some releases' URL parser, so its parts are compared.
  const url = new URL(event.senderFrame.url);
  return `${url.protocol}//${url.host}` === origin;
}

main();
