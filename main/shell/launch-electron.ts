/**
 * Starts the Electron shell from a plain Node process and says what became of it. It must never wait longer than a
 * stated time for a download, nor leave Electron behind when this process ends.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import { findElectron } from './electron-binary.ts';
import type { ProcessLog } from './data-folder.ts';

/** How long a first start waits for Electron's download. */
export const downloadMsMax = 20_000;

/** What Electron's main process says of its start, see electron.ts. */
export const ElectronSays = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('started') }),
  /** Another window of this data folder is open and was brought to the front. */
  z.object({ kind: z.literal('alreadyOpen') }),
  z.object({ kind: z.literal('refused'), why: z.string() }),
]);
export type ElectronSays = z.infer<typeof ElectronSays>;

export type ElectronEnd =
  /** It ran and was closed. */
  | { readonly kind: 'closed'; readonly exitCode: number }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'alreadyOpen' }
  /** It never started: a library it lacks, a sandbox it may not make. `how` is an exit code or a signal. */
  | { readonly kind: 'failed'; readonly how: string };

/** Lets Electron's own installer try for `downloadMsMax`. Returns the binary, or null. */
export function fetchElectron(root: string): Promise<string | null> {
  const installer = join(root, 'node_modules', 'electron', 'install.js');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [installer], {
      stdio: 'ignore',
      timeout: downloadMsMax,
      killSignal: 'SIGKILL',
    });
    // Whatever happened is seen by whether the binary is there; `close` follows a failed start too.
    child.on('error', () => undefined);
    child.on('close', () => resolve(findElectron(root)));
  });
}

export interface ElectronLaunch {
  readonly binary: string;
  readonly root: string;
  /** Options of our own, as options.ts reads them. */
  readonly args: readonly string[];
  readonly log: ProcessLog;
}

/** Runs Electron until it ends; resolves with what became of it. */
export function runElectron({ binary, root, args, log }: ElectronLaunch): Promise<ElectronEnd> {
  // Chromium's sandbox refuses to run as root.
  const switches = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const child = spawn(binary, [...switches, root, '--', ...args], {
    stdio: ['ignore', log.descriptor, log.descriptor, 'ipc'],
    env: {
      ...process.env,
      ZHANGTAI_ENGINE_NODE: process.env['ZHANGTAI_ENGINE_NODE'] ?? process.execPath,
    },
  });
  const stop = (): void => void child.kill('SIGTERM');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  let said: ElectronSays | undefined;
  let failure: string | undefined;
  child.on('message', (raw) => {
    said = ElectronSays.parse(raw);
  });
  child.on('error', (error) => {
    failure = error.message;
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, stop);
      if (said?.kind === 'refused' || said?.kind === 'alreadyOpen') resolve(said);
      else if (said?.kind === 'started' || code === 0) resolve({ kind: 'closed', exitCode: code ?? 1 });
      else resolve({ kind: 'failed', how: failure ?? signal ?? `exit code ${code}` });
    });
  });
}
