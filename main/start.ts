/**
 * `npm start`: reads the options, sees to the data folder and the build, and opens the desk in the shell that this
 * machine can have. It must never fail with a stack trace for something a person can put right.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findElectron, hasDisplay } from './shell/electron-binary.ts';
import { nodeEngine, nodeServer } from './shell/programs.ts';
import { downloadMsMax, fetchElectron, runElectron } from './shell/launch-electron.ts';
import { readStartOptions, usualDataDir, type StartOptions } from './shell/options.ts';
import { openDataFolder, type ProcessLog } from './shell/data-folder.ts';
import { startWebDesk } from './shell/web-desk.ts';
import { openOnDesktop } from './shell/web-host.ts';
import { lostWords, terminalLanguage, words } from './shell/words.ts';

const root = dirname(import.meta.dirname);
const language = terminalLanguage();
const say = (key: string, params: Record<string, string> = {}): string =>
  words(language, `start.${key}`, params);

/** Something a person can put right, in a sentence. */
class Refusal extends Error {}

/** Builds what changed since the last start. A copy without its sources has nothing to build. */
async function build(): Promise<void> {
  const script = join(root, 'scripts', 'build.ts');
  if (!existsSync(script)) return;
  if (!existsSync(join(root, 'dist', 'renderer', 'index.html'))) console.log(say('building'));
  const child = spawn(process.execPath, [script, '--from-sources'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const exitCode = await new Promise<number | null>((resolve) => void child.on('close', resolve));
  if (exitCode !== 0) throw new Refusal(`${say('build_failed')} ${complaint.trim()}`);
}

/** Electron's binary, or the sentence that says why there is no window. */
async function windowBinary(): Promise<{ readonly binary: string } | { readonly without: string }> {
  if (!hasDisplay()) return { without: 'no_display' };
  const found = findElectron(root);
  if (found !== null) return { binary: found };
  console.log(say('fetching_electron', { seconds: String(downloadMsMax / 1_000) }));
  const fetched = await fetchElectron(root);
  return fetched === null ? { without: 'missing' } : { binary: fetched };
}

/** Runs the window until it is closed. Returns null when there is to be a page instead, having said why. */
async function openWindow(options: StartOptions, dataDir: string, log: ProcessLog): Promise<number | null> {
  const mayServePage = options.shell === 'auto';
  const window = await windowBinary();
  if ('without' in window) {
    if (!mayServePage) throw new Refusal(say(`electron_${window.without}`));
    console.log(say(`web_${window.without}`));
    return null;
  }
  const server = options.serverUrl === null ? [] : ['--server', options.serverUrl];
  if (process.getuid?.() === 0) console.log(say('no_sandbox'));
  const end = await runElectron({
    binary: window.binary,
    root,
    args: ['--data-dir', dataDir, ...server],
    log,
  });
  if (end.kind === 'closed') return end.exitCode;
  if (end.kind === 'alreadyOpen') {
    console.log(say('already_open'));
    return 0;
  }
  if (end.kind === 'refused') throw new Refusal(end.why);
  if (!mayServePage) throw new Refusal(say('electron_failed', { how: end.how }));
  console.log(say('web_electron_failed', { how: end.how }));
  return null;
}

/** Serves the page until a signal ends it or the engine is lost. Returns the exit code. */
async function servePage(options: StartOptions, dataDir: string, log: ProcessLog): Promise<number> {
  const ended = new AbortController();
  let exitCode = 0;
  const end = (code: number): void => {
    exitCode ||= code;
    ended.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end(0));
  // Started by a program that has gone meanwhile.
  process.on('disconnect', () => end(0));
  const desk = await startWebDesk({
    root,
    dataDir,
    serverUrl: options.serverUrl,
    port: options.port,
    canOpen: hasDisplay(),
    log,
    spawnEngine: nodeEngine(process.execPath, join(root, 'main', 'engine', 'process.ts'), log.descriptor),
    spawnServer: nodeServer(process.execPath, join(root, 'server', 'start.ts'), log.descriptor),
    onLost: (problem) => {
      console.error(lostWords(language, problem, log.path));
      end(1);
    },
  }).catch((error: unknown) => {
    throw portRefusal(error, options.port);
  });
  if (desk === null) return 1;
  console.log(`Zhangtai desk: ${desk.link}`);
  if (options.openBrowser && hasDisplay() && process.env['CI'] === undefined)
    openOnDesktop(desk.link, log.note);
  if (!ended.signal.aborted)
    await new Promise((resolve) => ended.signal.addEventListener('abort', resolve, { once: true }));
  await desk.stop();
  // An open channel to whoever started this would keep it from ending.
  if (process.connected) process.disconnect();
  return exitCode;
}

function portRefusal(error: unknown, port: number): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') return new Refusal(say('port_in_use', { port: String(port) }));
  if (code === 'EACCES') return new Refusal(say('port_denied', { port: String(port) }));
  return error;
}

async function main(): Promise<number> {
  const read = readStartOptions(process.argv.slice(2));
  if (!read.ok) throw new Refusal(say(read.problem.code, { value: read.problem.value }));
  const { options } = read;
  if (options.help) {
    console.log(say('help', { dataDir: usualDataDir() }));
    return 0;
  }
  const dataDir = options.dataDir ?? usualDataDir();
  const folder = openDataFolder(dataDir);
  if (!folder.ok) throw new Refusal(say('data_dir_unusable', { dataDir, reason: folder.reason }));
  await build();
  const code = options.shell === 'web' ? null : await openWindow(options, dataDir, folder.log);
  return code ?? (await servePage(options, dataDir, folder.log));
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
