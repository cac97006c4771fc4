/**
 * Keeps the embedded demonstration server running beside the desk, as a process of its own. It must never be
 * started for a desk that was given a server, and never outlive the desk: it ends when its channel closes.
 */
import { z } from 'zod';
import type { ServerProcess, SpawnServer } from './programs.ts';
import { restartDelayMs } from './restart-budget.ts';

const Listening = z.object({ kind: z.literal('listening'), url: z.url() });
/** How long a server that was asked to stop may take before it is ended. */
const stopMsMax = 10_000;

export interface DemoServerOptions {
  readonly spawnServer: SpawnServer;
  readonly dataDir: string;
  /** The address it listens on; null while it does not. */
  readonly onUrl: (url: string | null) => void;
  /** It keeps ending and is not started again. */
  readonly onGivenUp: () => void;
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
  /** Set while a stop waits for the server to go. */
  let gone: (() => void) | undefined;
  let running: ServerProcess | null = start();

  function start(): ServerProcess {
    return options.spawnServer(['--demo', '--port', '0', '--data-dir', options.dataDir], {
      onMessage: (message) => {
        const listening = Listening.safeParse(message);
        if (listening.success && !stopping) options.onUrl(listening.data.url);
      },
      onExit: (how) => {
        running = null;
        gone?.();
        died(how);
      },
    });
  }

  function died(how: string): void {
    if (stopping) return;
    options.onUrl(null);
    deathsAtMs.push(Date.now());
    const delayMs = restartDelayMs(deathsAtMs, Date.now());
    if (delayMs === null) {
      options.onOddity(`the demonstration server keeps ending (${how}) and is left off`);
      options.onGivenUp();
      return;
    }
    options.onOddity(`the demonstration server ended (${how}) and is started again`);
    restart = setTimeout(() => {
      running = start();
    }, delayMs);
  }

  /** Asks the server to end, ends it after `stopMsMax`, and resolves when it has gone. */
  function end(server: ServerProcess): Promise<void> {
    const timer = setTimeout(() => server.kill(), stopMsMax);
    server.end();
    return new Promise((resolve) => {
      gone = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  let stopped: Promise<void> | undefined;
  return {
    stop: () => {
      stopping = true;
      clearTimeout(restart);
      return (stopped ??= running === null ? Promise.resolve() : end(running));
    },
  };
}
