/**
 * What stands behind Electron's window: the desk's processes, and what they and the page borrow of the system — dialogs,
 * notifications, key store, tray, menu, links, updates. Loaded beside the page (electron.ts). It must never answer a
 * page: who may ask is decided before it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  app,
  dialog,
  Menu,
  nativeTheme,
  net,
  Notification,
  powerMonitor,
  safeStorage,
  shell,
  Tray,
  type BrowserWindow,
  type MenuItemConstructorOptions,
} from 'electron';
import { BalanceState, DeskState, Settings, SyncState } from '../../shared/ipc-desk.ts';
import type { DeskProblem, Language } from '../../shared/ipc-words.ts';
import { isScanPage } from '../../shared/scan-page.ts';
import { setAutostart } from './autostart.ts';
import { readDeskLink, type DeskPlace } from './desk-links.ts';
import { startDeskProcesses, type DeskProcesses } from './desk-processes.ts';
import type { HostCapabilities, Reply } from './engine-link.ts';
import type { SpawnEngine, SpawnServer } from './programs.ts';
import type { ProcessLog } from './data-folder.ts';
import { isDeskLink, linkScheme } from './link-scheme.ts';
import { plainSeal, secretsInFile, type Seal } from './secret-file.ts';
import { tellStarter } from './starter.ts';
import { trayLines, type TrayNews } from './tray-lines.ts';
import { keepWindowPlace } from './window-place.ts';
import { lostWords, terminalLanguage, words } from './words.ts';

const root = app.getAppPath();

/** What lives as long as the window does. */
interface Desk {
  readonly window: BrowserWindow;
  readonly processes: DeskProcesses;
  /** Null until the page stands, which it is no part of. */
  readonly tray: Tray | null;
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

export function isLeaving(): boolean {
  return leaving;
}

/** What electron.ts has made when this is loaded. */
export interface Raised {
  /** The server the desk was started for; null: the one chosen before, or the demonstration's. */
  readonly serverUrl: string | null;
  readonly spawnEngine: SpawnEngine;
  readonly spawnServer: SpawnServer;
  readonly secretStore: 'system' | 'file';
  /** The page was given the state that the last engine left. */
  readonly isLastStateShown: boolean;
  readonly dataDir: string;
  readonly log: ProcessLog;
  readonly window: BrowserWindow;
  /** Where the window's place is kept for the next run. */
  readonly placeFile: string;
}

/** The page's question to the engine. Who asks is looked at before. */
export type Invoke = (name: string, input: unknown) => Promise<Reply>;

/** Takes up the desk's processes, and makes what is around the window once the page stands. Called once. */
export function raise(parts: Raised): Invoke {
  const { log, window, placeFile } = parts;
  followLinkIn(process.argv);
  const processes = startProcesses(parts);
  const made = { window, processes, tray: null, keepPlace: () => keepPlace(window, placeFile, log) };
  desk = made;
  if (window.webContents.isLoading()) window.webContents.once('did-finish-load', () => surround(made, log));
  else surround(made, log);
  readSettings(processes).catch((error: unknown) => log.note(`settings: ${String(error)}`));
  tellStarter({ kind: 'started' });
  return async (name, input) => {
    const reply = await processes.invoke(name, input);
    if (name === 'desk.state' && reply.ok) pageHasRead(window, reply['output']);
    return reply;
  };
}

/** What is around the window: nothing that a person could wait for, so it is made when the page stands. */
function surround({ processes, window, keepPlace }: Desk, log: ProcessLog): void {
  desk = { window, processes, tray: createTray(), keepPlace };
  tellTray(news);
  Menu.setApplicationMenu(Menu.buildFromTemplate(menu()));
  wakeWithMachine(processes);
  if (app.isPackaged) app.setAsDefaultProtocolClient(linkScheme);
  followUpdates(log).catch((error: unknown) => log.note(`update: ${String(error)}`));
}

// ── Processes ───────────────────────────────────────────────────────────────────────────────────────────────

function startProcesses(parts: Raised): DeskProcesses {
  const { dataDir, serverUrl, spawnEngine, spawnServer, secretStore, isLastStateShown, window, log } = parts;
  return startDeskProcesses({
    dataDir,
    serverUrl,
    spawnEngine,
    isLastStateShown,
    demoServer: serverUrl === null ? { spawnServer, dataDir: join(dataDir, 'server') } : null,
    host: hostCapabilities(dataDir, window, chooseSeal(secretStore, log), log),
    secretStore,
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

async function lost(problem: DeskProblem, log: ProcessLog): Promise<void> {
  await desk?.processes.stop();
  end((tongue) => lostWords(tongue, problem, log.path));
}

/** Ends with the words under `key`, before there is a desk. */
export function giveUp(key: string, params: Record<string, string>): void {
  end((tongue) => words(tongue, key, params));
}

/** Ends with a sentence: on the terminal in its language, else in a box in the desk's. */
function end(why: (tongue: Language) => string): void {
  leaving = true;
  if (process.send === undefined) {
    console.error(why(terminalLanguage()));
    // A person who started it from the desktop sees no terminal.
    dialog.showErrorBox(words(language, 'lost.title'), why(language));
  }
  tellStarter({ kind: 'refused', why: why(terminalLanguage()) }, () => app.exit(1));
}

// ── The window ──────────────────────────────────────────────────────────────────────────────────────────────

/** Keeps where the window is when it is not maximized; that it is cannot be told from its bounds. */
function keepPlace(window: BrowserWindow, placeFile: string, log: ProcessLog): void {
  try {
    keepWindowPlace(placeFile, { ...window.getNormalBounds(), maximized: window.isMaximized() });
  } catch (error) {
    // The next start opens it where the system puts it; that is no reason to stay open.
    log.note(`the window's place was not kept: ${String(error)}`);
  }
}

/** Another start of the desk, or a link, wants the window: it comes forward and goes where the link points. */
export function comeForward(argv: readonly string[]): void {
  followLinkIn(argv);
  bringForward();
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

// ── What the engine borrows ─────────────────────────────────────────────────────────────────────────────────

function hostCapabilities(
  dataDir: string,
  window: BrowserWindow,
  seal: Seal,
  log: ProcessLog,
): HostCapabilities {
  const secrets = secretsInFile(join(dataDir, 'secrets.json'), seal, log.note);
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

/** The system's key store where there is one; without it, the file's mode alone guards the secret, and the log says so. */
function chooseSeal(secretStore: Raised['secretStore'], log: ProcessLog): Seal {
  if (secretStore === 'file') {
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
  if (desk === undefined) return;
  const { tray, processes } = desk;
  if (tray === null || tray.isDestroyed()) return;
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
async function followUpdates(log: ProcessLog): Promise<void> {
  if (!app.isPackaged || !existsSync(join(process.resourcesPath, 'app-update.yml'))) return;
  // Loaded here: a start without updates, and the moment before the window shows, do without it.
  const { autoUpdater } = await import('electron-updater');
  // Nothing is put in behind the person's back: leaving asks about unsynced charges first.
  autoUpdater.autoInstallOnAppQuit = false;
  autoUpdater.logger = { info: log.note, warn: log.note, error: log.note };
  autoUpdater.on('error', (error) => log.note(`update: ${error.message}`));
  autoUpdater.on(
    'update-downloaded',
    ({ version }) => void offerUpdate(version, () => autoUpdater.quitAndInstall()),
  );
  await autoUpdater.checkForUpdates();
}

async function offerUpdate(version: string, install: () => void): Promise<void> {
  if (desk === undefined) return;
  const { response } = await dialog.showMessageBox(desk.window, {
    type: 'question',
    message: words(language, 'update.message', { version }),
    detail: words(language, 'update.detail'),
    buttons: [words(language, 'update.install'), words(language, 'update.later')],
    defaultId: 0,
    cancelId: 1,
  });
  if (response === 0) await quit(true, install);
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
  // Before the page stands there is neither menu nor tray.
  if (desk !== undefined && desk.tray !== null) Menu.setApplicationMenu(Menu.buildFromTemplate(menu()));
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
export async function quit(ask: boolean, last: () => void = () => app.exit(0)): Promise<void> {
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
