/**
 * The Electron shell: one window, its menu, dialogs, notifications and key store, lent to the page and the engine.
 * The only file that imports Electron, and only what releases 25 to 45 share. It must never give the page anything
 * but the bridge's two functions, nor let it leave its own origin.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  net,
  Notification,
  powerMonitor,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
  utilityProcess,
  type IpcMainInvokeEvent,
  type MenuItemConstructorOptions,
  type UtilityProcess,
} from 'electron';
import { autoUpdater } from 'electron-updater';
import { engineOptionsVariable } from '../../shared/engine-port.ts';
import {
  BalanceState,
  DeskState,
  Settings,
  SyncState,
  type DeskProblem,
  type Language,
} from '../../shared/ipc.ts';
import { isScanPage } from '../../shared/scan-page.ts';
import { nodeServer, type SpawnServer } from './demo-server.ts';
import { setAutostart } from './autostart.ts';
import { isDeskLink, linkScheme, readDeskLink, type DeskPlace } from './desk-links.ts';
import { startDeskProcesses, type DeskProcesses } from './desk-processes.ts';
import {
  nodeEngine,
  type EngineProcessEvents,
  type HostCapabilities,
  type SpawnEngine,
} from './engine-link.ts';
import type { ElectronSays } from './launch-electron.ts';
import { readStartOptions, type StartOptions } from './options.ts';
import { mediaType, pageFile, pageHeaders } from './page-files.ts';
import { openDataFolder, type ProcessLog } from './data-folder.ts';
import { plainSeal, secretsInFile, type Seal } from './secret-file.ts';
import { trayLines, type TrayNews } from './tray-lines.ts';
import { isReachable, keepWindowPlace, readWindowPlace } from './window-place.ts';
import { lostWords, terminalLanguage, words } from './words.ts';

const scheme = 'app';
const origin = `${scheme}://zhangtai`;
const root = app.getAppPath();

/** What lives as long as the window does. */
interface Desk {
  readonly window: BrowserWindow;
  readonly processes: DeskProcesses;
  readonly tray: Tray;
  /** Keeps where the window is for the next run. */
  readonly keepPlace: () => void;
}

let desk: Desk | undefined;
let language: Language = 'zh-CN';
let news: TrayNews = { balance: null, sync: null };
/** Whether the page has read the desk's state, from when on it can be told something. */
let isPageListening = false;
/** Where a link from outside points, until the page can go there. */
let wantedPlace: DeskPlace | null = null;
/** Set once everything may end without asking again. */
let leaving = false;

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
    giveUp((tongue) => words(tongue, `start.${code}`, { value }));
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
  followLinkIn(process.argv);
  app.on('second-instance', (_event, argv) => {
    followLinkIn(argv);
    bringForward();
  });
  app.on('open-url', (event, url) => {
    event.preventDefault();
    followLinkIn([url]);
    bringForward();
  });
  app.on('window-all-closed', () => app.quit());
  app.on('before-quit', (event) => {
    if (leaving) return;
    event.preventDefault();
    void quit(true);
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void quit(false));
  // Started by `npm start`: what started it is gone, so this goes too.
  process.on('disconnect', () => void quit(false));
  void app
    .whenReady()
    .then(() => open(options))
    .catch(failed);
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
    giveUp((tongue) => words(tongue, 'start.data_dir_unusable', { dataDir, reason }));
    return;
  }
  const placeFile = join(dataDir, 'window.json');
  servePage();
  const window = createWindow(placeFile);
  const processes = startProcesses(options, dataDir, folder.log, window);
  desk = {
    window,
    processes,
    tray: createTray(),
    keepPlace: () => keepPlace(window, placeFile, folder.log),
  };
  ipcMain.handle('desk:invoke', async (event, name: unknown, input: unknown) => {
    if (!isOwnPage(event, window)) throw new Error('not the desk');
    const reply = await processes.invoke(String(name), input);
    if (name === 'desk.state' && reply.ok) pageHasRead(window, reply['output']);
    return reply;
  });
  wakeWithMachine(processes);
  if (app.isPackaged) app.setAsDefaultProtocolClient(linkScheme);
  followUpdates(folder.log);
  Menu.setApplicationMenu(Menu.buildFromTemplate(menu()));
  // A reload that comes before the first load has ended aborts that one: nothing to give up for.
  window
    .loadURL(`${origin}/`)
    .catch((error: unknown) => folder.log.note(`the page's first load: ${String(error)}`));
  void readSettings(processes);
  tellStarter({ kind: 'started' });
}

// ── Processes ───────────────────────────────────────────────────────────────────────────────────────────────

function startProcesses(
  options: StartOptions,
  dataDir: string,
  log: ProcessLog,
  window: BrowserWindow,
): DeskProcesses {
  const { engine, server } = programs(log);
  return startDeskProcesses({
    dataDir,
    serverUrl: options.serverUrl,
    spawnEngine: engine,
    demoServer: options.serverUrl === null ? { spawnServer: server, dataDir: join(dataDir, 'server') } : null,
    host: hostCapabilities(dataDir, window, log),
    secretStore: hasKeyStore() ? 'system' : 'file',
    onEvent: (name, payload) => {
      if (name === 'settings') follow(payload);
      if (name === 'balance') tellTray({ ...news, balance: BalanceState.safeParse(payload).data ?? null });
      if (name === 'sync') tellTray({ ...news, sync: SyncState.safeParse(payload).data ?? null });
      if (!window.isDestroyed()) window.webContents.send('desk:event', name, payload);
    },
    onLost: (problem) => void lost(problem, log),
    onOddity: log.note,
  });
}

/** How the engine and the demonstration server are run: from their bundles, or from the sources on a Node named for it. */
function programs(log: ProcessLog): { engine: SpawnEngine; server: SpawnServer } {
  const engineNode = process.env['ZHANGTAI_ENGINE_NODE'];
  // Only a run from the sources may be told to use another Node; an installed app runs what it came with.
  const bundles = {
    engine: join(root, 'dist', 'engine', 'process.js'),
    server: join(root, 'dist', 'server', 'start.js'),
  };
  if (engineNode === undefined || app.isPackaged)
    return { engine: utilityEngine(bundles.engine, log), server: utilityServer(bundles.server, log) };
  const sources = {
    engine: join(root, 'main', 'engine', 'process.ts'),
    server: join(root, 'server', 'start.ts'),
  };
  const entries = process.env['ZHANGTAI_RUN_BUNDLES'] === '1' ? bundles : sources;
  return {
    engine: nodeEngine(engineNode, entries.engine, log.descriptor),
    server: nodeServer(engineNode, entries.server, log.descriptor),
  };
}

function utilityEngine(entry: string, log: ProcessLog): SpawnEngine {
  return (options, events) => {
    const place = { [engineOptionsVariable]: JSON.stringify(options) };
    const child = runBeside(entry, [], 'Zhangtai engine', place, log, events);
    return { post: (message) => child.postMessage(message), kill: () => kill(child) };
  };
}

function utilityServer(entry: string, log: ProcessLog): SpawnServer {
  return (args, events) => {
    const child = runBeside(entry, args, 'Zhangtai demonstration', {}, log, events);
    return { end: () => child.postMessage({ kind: 'stop' }), kill: () => kill(child) };
  };
}

/** Electron's own way of running a process beside the window. What it writes to its terminal goes to the log. */
function runBeside(
  entry: string,
  args: readonly string[],
  serviceName: string,
  env: Record<string, string>,
  log: ProcessLog,
  { onMessage, onExit }: EngineProcessEvents,
): UtilityProcess {
  const child = utilityProcess.fork(entry, [...args], {
    env: { ...process.env, ...env },
    stdio: 'pipe',
    serviceName,
  });
  child.stdout?.on('data', (data) => log.note(String(data).trimEnd()));
  child.stderr?.on('data', (data) => log.note(String(data).trimEnd()));
  child.on('message', onMessage);
  child.on('exit', (code) => onExit(`exit code ${code}`));
  return child;
}

function kill({ pid }: UtilityProcess): void {
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

async function lost(problem: DeskProblem, log: ProcessLog): Promise<void> {
  await desk?.processes.stop();
  giveUp((tongue) => lostWords(tongue, problem, log.path));
}

/** Says what became of the start to `npm start`, when that is what started it, and then goes on with `then`. */
function tellStarter(what: ElectronSays, then: () => void = () => undefined): void {
  if (process.send === undefined) then();
  else process.send(what, then);
}

/** Ends with a sentence: on the terminal in its language, else in a box in the desk's. */
function giveUp(why: (tongue: Language) => string): void {
  leaving = true;
  if (process.send === undefined) {
    console.error(why(terminalLanguage()));
    // A person who started it from the desktop sees no terminal.
    dialog.showErrorBox(words(language, 'lost.title'), why(language));
  }
  tellStarter({ kind: 'refused', why: why(terminalLanguage()) }, () => app.exit(1));
}

// ── The page ────────────────────────────────────────────────────────────────────────────────────────────────

function servePage(): void {
  const folder = join(root, 'dist', 'renderer');
  const headers = pageHeaders();
  protocol.handle(scheme, async (request) => {
    const url = new URL(request.url);
    const file = url.host === 'zhangtai' && request.method === 'GET' ? pageFile(folder, url.pathname) : null;
    const type = file === null ? null : mediaType(file);
    if (file === null || type === null) return new Response(null, { status: 404, headers });
    try {
      return new Response(await readFile(file), { headers: { ...headers, 'content-type': type } });
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
    title: words(language, 'menu.app'),
    icon: image('window.png'),
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
    if (leaving) return;
    event.preventDefault();
    void quit(true);
  });
  return window;
}

/** Keeps where the window is when it is not maximized; that it is cannot be told from its bounds. */
function keepPlace(window: BrowserWindow, placeFile: string, log: ProcessLog): void {
  try {
    keepWindowPlace(placeFile, { ...window.getNormalBounds(), maximized: window.isMaximized() });
  } catch (error) {
    // The next start opens it where the system puts it; that is no reason to stay open.
    log.note(`the window's place was not kept: ${String(error)}`);
  }
}

function bringForward(): void {
  if (desk === undefined) return;
  if (desk.window.isMinimized()) desk.window.restore();
  desk.window.show();
  desk.window.focus();
}

/** A picture of build/images, as the build put it beside this script. */
function image(name: string): string {
  return join(root, 'dist', 'main', 'images', name);
}

/** Only the top frame of our own window, showing our own origin, is the desk's page. */
function isOwnPage(event: IpcMainInvokeEvent, window: BrowserWindow): boolean {
  if (event.sender !== window.webContents || event.senderFrame !== window.webContents.mainFrame) return false;
  // The origin of a scheme of one's own is opaque to some releases' URL parser, so its parts are compared.
  const url = new URL(event.senderFrame.url);
  return `${url.protocol}//${url.host}` === origin;
}

// ── What the engine borrows ─────────────────────────────────────────────────────────────────────────────────

function hostCapabilities(dataDir: string, window: BrowserWindow, log: ProcessLog): HostCapabilities {
  const secrets = secretsInFile(join(dataDir, 'secrets.json'), chooseSeal(log), log.note);
  return {
    'file.savePath': async ({ suggestedName }) => {
      const { canceled, filePath } = await dialog.showSaveDialog(window, {
        title: words(language, 'save.title'),
        defaultPath: join(app.getPath('documents'), suggestedName),
      });
      return canceled || filePath === undefined || filePath === ''
        ? null
        : { path: filePath, download: null };
    },
    'link.open': async ({ url }) => {
      // Looked at again here: nothing that the engine was told decides what a browser opens.
      if (!isScanPage(url)) throw new Error('this is not an address that is opened');
      await shell.openExternal(url);
      return {};
    },
    'file.reveal': async ({ path }) => {
      shell.showItemInFolder(path);
      return {};
    },
    'secret.get': async ({ name }) => ({ value: secrets.get(name) }),
    'secret.set': async ({ name, value }) => {
      secrets.set(name, value);
      return {};
    },
    'notify.show': async ({ title, body }) => {
      // Who looks at the window sees it there.
      if (window.isFocused() || !Notification.isSupported()) return {};
      const notice = new Notification({ title, body });
      notice.on('click', bringForward);
      notice.show();
      return {};
    },
  };
}

/** On Linux, Chromium falls back to a key that everybody knows: that is none. Releases before 27 cannot tell. */
function hasKeyStore(): boolean {
  if (!safeStorage.isEncryptionAvailable()) return false;
  if (process.platform !== 'linux' || !('getSelectedStorageBackend' in safeStorage)) return true;
  return !['basic_text', 'unknown'].includes(safeStorage.getSelectedStorageBackend());
}

/** The system's key store where there is one; without it, the file's mode alone guards the secret, and the log says so. */
function chooseSeal(log: ProcessLog): Seal {
  if (!hasKeyStore()) {
    log.note('no key store here: secrets are kept in a file readable by its owner alone');
    return plainSeal;
  }
  return {
    name: 'safeStorage',
    close: (secret) => safeStorage.encryptString(secret).toString('base64'),
    open: (sealed) => safeStorage.decryptString(Buffer.from(sealed, 'base64')),
  };
}

// ── Links, tray and machine ─────────────────────────────────────────────────────────────────────────────────

/** Goes where the first link among the arguments points; what is no link to the letter is left alone. */
function followLinkIn(argv: readonly string[]): void {
  const place = argv.filter(isDeskLink).map(readDeskLink)[0] ?? null;
  if (place === null) return;
  wantedPlace = place;
  if (desk !== undefined && isPageListening) sendWantedPlace(desk.window);
}

function sendWantedPlace(window: BrowserWindow): void {
  if (wantedPlace !== null && !window.isDestroyed())
    window.webContents.send('desk:event', 'open', wantedPlace);
  wantedPlace = null;
}

/** The page has read all state: what it was told is news for the tray, and it can be sent to a place now. */
function pageHasRead(window: BrowserWindow, output: unknown): void {
  isPageListening = true;
  const { data } = DeskState.safeParse(output);
  if (data !== undefined) tellTray({ balance: data.balance, sync: data.sync });
  // After the answer that is on its way: a page that does not know its account yet has no place to show.
  setImmediate(() => sendWantedPlace(window));
}

function createTray(): Tray {
  const tray = new Tray(image('tray.png'));
  tray.on('click', bringForward);
  return tray;
}

function tellTray(latest: TrayNews): void {
  news = latest;
  if (desk === undefined || desk.tray.isDestroyed()) return;
  const { tray, processes } = desk;
  const lines = trayLines(language, news);
  tray.setToolTip(`${words(language, 'menu.app')}\n${lines.balance}\n${lines.sync}`);
  tray.setContextMenu(
    Menu.buildFromTemplate([
      { label: lines.balance, enabled: false },
      { label: lines.sync, enabled: false },
      { type: 'separator' },
      { label: words(language, 'tray.show'), click: bringForward },
      { label: words(language, 'tray.sync'), click: () => void processes.invoke('sync.now', {}) },
      { type: 'separator' },
      { label: words(language, 'menu.quit'), click: () => void quit(true) },
    ]),
  );
}

/** How often it is asked whether there is a network: Electron tells no one by itself. */
const networkLookMs = 5_000;

/** Has the engine sync when the machine wakes up, is unlocked, or gets a network. Whether it is online, a request tells. */
function wakeWithMachine(processes: DeskProcesses): void {
  powerMonitor.on('resume', () => processes.wake());
  powerMonitor.on('unlock-screen', () => processes.wake());
  let hadNetwork = net.isOnline();
  setInterval(() => {
    const hasNetwork = net.isOnline();
    if (hasNetwork && !hadNetwork) processes.wake();
    hadNetwork = hasNetwork;
  }, networkLookMs).unref();
}

/** Only an installed app can be started by the desktop. */
function openAtLogin(wanted: boolean): void {
  if (!app.isPackaged) return;
  // An AppImage runs from where it was mounted to; the variable names the file itself.
  if (process.platform === 'linux')
    setAutostart(wanted, process.env['APPIMAGE'] ?? process.execPath, app.getPath('appData'));
  else if (app.getLoginItemSettings().openAtLogin !== wanted)
    app.setLoginItemSettings({ openAtLogin: wanted });
}

/** Looks for updates where the package names a place for them; one that was fetched is put in when the person says so. */
function followUpdates(log: ProcessLog): void {
  if (!app.isPackaged || !existsSync(join(process.resourcesPath, 'app-update.yml'))) return;
  // Nothing is put in behind the person's back: leaving asks about unsynced charges first.
  autoUpdater.autoInstallOnAppQuit = false;
  autoUpdater.logger = { info: log.note, warn: log.note, error: log.note };
  autoUpdater.on('error', (error) => log.note(`update: ${error.message}`));
  autoUpdater.on('update-downloaded', ({ version }) => void offerUpdate(version));
  autoUpdater.checkForUpdates().catch((error: unknown) => log.note(`update: ${String(error)}`));
}

async function offerUpdate(version: string): Promise<void> {
  if (desk === undefined) return;
  const { response } = await dialog.showMessageBox(desk.window, {
    type: 'question',
    message: words(language, 'update.message', { version }),
    detail: words(language, 'update.detail'),
    buttons: [words(language, 'update.install'), words(language, 'update.later')],
    defaultId: 0,
    cancelId: 1,
  });
  if (response === 0) await quit(true, () => autoUpdater.quitAndInstall());
}

// ── Settings and menu ───────────────────────────────────────────────────────────────────────────────────────

/** The language of the menu and dialogs, and the theme that the system draws them in, follow the settings. */
function follow(settings: unknown): void {
  const { data } = Settings.safeParse(settings);
  if (data === undefined) return;
  openAtLogin(data.openAtLogin);
  nativeTheme.themeSource = data.theme === 'light' || data.theme === 'dark' ? data.theme : 'system';
  if (data.language === language) return;
  language = data.language;
  Menu.setApplicationMenu(Menu.buildFromTemplate(menu()));
  tellTray(news);
}

async function readState(processes: DeskProcesses): Promise<DeskState | null> {
  const reply = await processes.invoke('desk.state', {});
  return DeskState.safeParse(reply['output']).data ?? null;
}

async function readSettings(processes: DeskProcesses): Promise<void> {
  if (!(await processes.ready)) return;
  // An update of nothing answers with the settings. Reading the state is the page's: it opens the notices for it.
  follow((await processes.invoke('settings.update', {}))['output']);
}

/** Editing and view commands by their roles, so that the system's shortcuts work in every field. */
function menu(): MenuItemConstructorOptions[] {
  const item = (
    role: NonNullable<MenuItemConstructorOptions['role']>,
    key: string,
  ): MenuItemConstructorOptions => ({
    role,
    label: words(language, `menu.${key}`),
  });
  const line: MenuItemConstructorOptions = { type: 'separator' };
  return [
    { label: words(language, 'menu.app'), submenu: [item('quit', 'quit')] },
    {
      label: words(language, 'menu.edit'),
      submenu: [
        item('undo', 'undo'),
        item('redo', 'redo'),
        line,
        item('cut', 'cut'),
        item('copy', 'copy'),
        item('paste', 'paste'),
        item('selectAll', 'selectAll'),
      ],
    },
    {
      label: words(language, 'menu.view'),
      submenu: [
        item('resetZoom', 'zoomReset'),
        item('zoomIn', 'zoomIn'),
        item('zoomOut', 'zoomOut'),
        line,
        item('togglefullscreen', 'fullScreen'),
      ],
    },
    {
      label: words(language, 'menu.window'),
      submenu: [item('minimize', 'minimize'), item('close', 'close')],
    },
  ];
}

// ── The end ─────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Stops everything and then exits 0, or does what `last` says instead. `ask`: a person is there, who may stay while
 * charges are not synced.
 */
async function quit(ask: boolean, last: () => void = () => app.exit(0)): Promise<void> {
  if (leaving) return;
  leaving = true;
  if (ask && desk !== undefined) {
    // An engine that is down, or not yet up, has nothing to say; its charges are on disk either way.
    const state = await Promise.race([readState(desk.processes), stillStarting()]);
    if (state !== null && state.sync.pendingCount > 0 && !(await leaveUnsynced(desk.window, state.sync))) {
      leaving = false;
      return;
    }
  }
  desk?.keepPlace();
  await desk?.processes.stop();
  last();
}

/** How long quitting waits for the engine to say what is pending. */
const askMsMax = 2_000;

function stillStarting(): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), askMsMax);
  });
}

async function leaveUnsynced(window: BrowserWindow, sync: SyncState): Promise<boolean> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: words(language, 'quit.message', {
      count: String(sync.pendingCount),
      amount: sync.pendingAmount,
    }),
    detail: words(language, 'quit.detail'),
    buttons: [words(language, 'quit.quit'), words(language, 'quit.stay')],
    defaultId: 1,
    cancelId: 1,
  });
  return response === 0;
}

main();
