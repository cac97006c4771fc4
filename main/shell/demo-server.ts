/**
 * Keeps the embedded demonstration server running beside the desk, as a process of its own. It must never be
 * started for a desk that was given a server, and never outlive the desk: it ends when its channel closes.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { z } from 'zod';
import { restartDelayMs } from './restart-budget.ts';

const Listening = z.object({ kind: z.literal('listening'), url: z.url() });
/** How long a server that was asked to stop may take before it is ended. */
const stopMsMax = 10_000;

export interface DemoServerOptions {
  readonly nodePath: string;
  /** The server's entry, server/start.ts. */
  readonly entry: string;
  readonly dataDir: string;
  readonly logFile: number;
  /** The address it listens on; null while it does not. */
  readonly onUrl: (url: string | null) => void;
  /** For the shell's log: it died, or was given up. */
  readonly onOddity: (what: string) => void;
}

export interface DemoServer {
  /** Resolves when it has gone. Safe to repeat. */
  stop(): Promise<void>;
}

export function startDemoServer(options: DemoServerOptions): DemoServer {
  const deathsAtMs: number[] = [];
  let stopping = false;
  let restart: NodeJS.Timeout | undefined;
  let child = start();

  function start(): ChildProcess {
    const args = [options.entry, '--demo', '--port', '0', '--data-dir', options.dataDir];
    const started = spawn(options.nodePath, args, {
      stdio: ['ignore', options.logFile, options.logFile, 'ipc'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    started.on('message', (message) => {
      const listening = Listening.safeParse(message);
      if (listening.success && !stopping) options.onUrl(listening.data.url);
    });
    // A process that could not be started at all says `error` and never `exit`; `close` follows either.
    started.on('error', (error) =>
      options.onOddity(`the demonstration server did not start: ${error.message}`),
    );
    started.on('close', (code, signal) => died(signal ?? `exit code ${code}`));
    return started;
  }

  function died(how: string): void {
    if (stopping) return;
    options.onUrl(null);
    deathsAtMs.push(Date.now());
    const delayMs = restartDelayMs(deathsAtMs, Date.now());
    if (delayMs === null) {
      options.onOddity(`the demonstration server keeps ending (${how}) and is left off`);
      return;
    }
    options.onOddity(`the demonstration server ended (${how}) and is started again`);
    restart = setTimeout(() => {
      child = start();
    }, delayMs);
  }

  return {
    stop: () => {
      stopping = true;
      clearTimeout(restart);
      return endChild(child, stopMsMax);
    },
  };
}

/** Asks a process to end, ends it after `waitMsMax`, and resolves when it has gone. */
export function endChild(child: ChildProcess, waitMsMax: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
    return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => void child.kill('SIGKILL'), waitMsMax);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
