/**
 * What the loopback web shell lends the engine: a folder for exported files that the page then fetches, and a file
 * for secrets. It must never write an export outside that folder, whatever name is suggested.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join, parse } from 'node:path';
import type { HostCapabilities } from './engine-link.ts';
import { plainSeal, secretsInFile } from './secret-file.ts';

export interface WebHost {
  readonly capabilities: HostCapabilities;
  readonly exportsDir: string;
  /** The name, in `exportsDir`, of the file behind a download's id; null: none of this run's. */
  exportedFile(id: string): string | null;
}

/** A name without a path, reserved characters or leading dots; two exports of one name get `(2)`, `(3)`, … */
function freeName(folder: string, suggested: string): string {
  const printable = basename(suggested.replaceAll('\\', '/'))
    .replaceAll(/[\p{Cc}<>:"/|?*]/gu, '')
    .replace(/^\.+/, '');
  const { name, ext } = parse(printable === '' ? 'export' : printable);
  let candidate = `${name}${ext}`;
  for (let copy = 2; existsSync(join(folder, candidate)); copy += 1) candidate = `${name} (${copy})${ext}`;
  return candidate;
}

/** `canOpen`: whether a folder can be shown on a desktop. */
export function webHost(dataDir: string, canOpen: boolean, note: (line: string) => void): WebHost {
  const exportsDir = join(dataDir, 'exports');
  mkdirSync(exportsDir, { recursive: true });
  const exported = new Map<string, string>();
  const secrets = secretsInFile(join(dataDir, 'secrets.json'), plainSeal, note);
  const capabilities: HostCapabilities = {
    'file.savePath': async ({ suggestedName }) => {
      const name = freeName(exportsDir, suggestedName);
      const id = randomUUID();
      exported.set(id, name);
      return { path: join(exportsDir, name), download: `/download/${id}` };
    },
    // The page is in a browser, which opens links by itself.
    'link.open': async () => {
      throw new Error('a page in a browser opens its links itself');
    },
    'file.reveal': async ({ path }) => {
      if (!canOpen) throw new Error('there is no desktop to show a folder on');
      openOnDesktop(dirname(path), note);
      return {};
    },
    'secret.get': async ({ name }) => ({ value: secrets.get(name) }),
    'secret.set': async ({ name, value }) => {
      secrets.set(name, value);
      return {};
    },
    // A page in a browser has its own way to show a notice; the shell has none.
    'notify.show': async () => ({}),
  };
  return { capabilities, exportsDir, exportedFile: (id) => exported.get(id) ?? null };
}

/** Has the desktop open an address or a folder with whatever is meant for it. `note` is told when it cannot. */
export function openOnDesktop(target: string, note: (line: string) => void): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', target]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', target]
        : ['xdg-open', target];
  if (command === undefined) return;
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', (error) => note(`${command} could not be started: ${error.message}`));
  child.unref();
}
