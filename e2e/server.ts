/**
 * The billing server of a test, in the test's hands: it can be stopped, killed and brought back on the same port with
 * the same data, which is how a test cuts the network. It must never be shared between tests.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../scripts/free-port.ts';

const root = join(import.meta.dirname, '..');
/** Making the demonstration's data takes seconds on a quiet machine, and much longer beside other work. */
const startMsMax = 90_000;

export interface ServerControls {
  /** Its address; the same after a restart. */
  readonly url: string;
  /** Brings it back on the same port. Does nothing while it runs. */
  start(): Promise<void>;
  /** Ends it as an administrator would: it finishes what it took. */
  stop(): Promise<void>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

/**
 * Starts a server on its own process; returns it with its address. `env` is added to this process's own. `plain`: not as
 * a demonstration, so without the sandbox that takes payments; the data may be a demonstration's all the same.
 */
export async function launchServer(
  dataDir: string,
  port: number,
  env: NodeJS.ProcessEnv = {},
  plain = false,
): Promise<{ child: ChildProcess; url: string }> {
  const demo = plain ? [] : ['--demo'];
  const args = ['server/start.ts', ...demo, '--port', String(port), '--data-dir', dataDir];
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
  });
  let complaint = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4_000);
  });
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), startMsMax);
    child.on('message', (message: { kind?: string; url?: string }) => {
      if (message.kind !== 'listening' || message.url === undefined) return;
      clearTimeout(timer);
      resolve(message.url);
    });
    child.once('close', () => reject(new Error(`the server did not start: ${complaint}`)));
  });
  return { child, url };
}

export async function endServer(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

/** A server on a copy of `seededDir`, so that no test waits for the demonstration data to be made. */
export async function startServer(
  seededDir: string,
  dataDir: string,
  env: NodeJS.ProcessEnv = {},
  plain = false,
): Promise<ServerControls> {
  cpSync(seededDir, dataDir, { recursive: true });
  // It comes back on the same one.
  const port = await freePort();
  let running: { child: ChildProcess; url: string } | undefined = await launchServer(
    dataDir,
    port,
    env,
    plain,
  );
  const { url } = running;
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const ending = running;
    running = undefined;
    if (ending !== undefined) await endServer(ending.child, signal);
  };
  return {
    url,
    start: async () => {
      running ??= await launchServer(dataDir, port, env, plain);
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
