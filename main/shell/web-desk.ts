/**
 * Runs the desk as a page in a browser on this machine: processes, host and web shell put together, from the first
 * line on the terminal to a clean end. It must never exit while one of the desk's processes still runs.
 */
import { join } from 'node:path';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { startDeskProcesses, type DeskProcesses } from './desk-processes.ts';
import type { SpawnEngine, SpawnServer } from './programs.ts';
import type { ProcessLog } from './data-folder.ts';
import { webHost } from './web-host.ts';
import { openWebShell, type WebShell } from './web.ts';

export interface WebDeskOptions {
  readonly root: string;
  readonly dataDir: string;
  readonly serverUrl: string | null;
  readonly port: number;
  /** Whether there is a desktop to show a folder on. */
  readonly canOpen: boolean;
  readonly log: ProcessLog;
  readonly spawnEngine: SpawnEngine;
  readonly spawnServer: SpawnServer;
  readonly onLost: (problem: DeskProblem) => void;
}

export interface WebDesk {
  readonly link: string;
  /** Resolves when the page, the engine and the server have gone. Safe to repeat. */
  stop(): Promise<void>;
}

/**
 * Resolves once the engine takes commands, with null when it never will (`onLost` was told why). Rejects with the
 * system's error when the port cannot be had; nothing has been started then.
 */
export async function startWebDesk(options: WebDeskOptions): Promise<WebDesk | null> {
  const host = webHost(options.dataDir, options.canOpen, options.log.note);
  // The port first: it is the likeliest thing to be wrong, and nothing needs undoing then.
  let processes: DeskProcesses | undefined;
  const shell: WebShell = await openWebShell({
    dist: join(options.root, 'dist'),
    port: options.port,
    host,
    invoke: (name, input) =>
      processes?.invoke(name, input) ?? Promise.reject(new Error(`${name} came too early`)),
  });
  processes = startDeskProcesses({
    dataDir: options.dataDir,
    serverUrl: options.serverUrl,
    spawnEngine: options.spawnEngine,
    demoServer:
      options.serverUrl === null
        ? { spawnServer: options.spawnServer, dataDir: join(options.dataDir, 'server') }
        : null,
    host: host.capabilities,
    onEvent: shell.tell,
    onLost: options.onLost,
    onOddity: options.log.note,
  });
  const running = processes;
  const stop = async (): Promise<void> => {
    await shell.close();
    await running.stop();
  };
  if (await running.ready) return { link: shell.link, stop };
  await stop();
  return null;
}
