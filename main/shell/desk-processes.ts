/**
 * Starts the desk's processes, keeps them running and stops them in order: the engine, and the demonstration
 * server when the desk was given no server. Both shells share it; it must never import Electron.
 *
 *   start ─▶ engine starting ─ready─▶ up ⇄ down (died, started again after a delay) ─too often─▶ lost
 *                        └─fatal─▶ lost                  every state ─stop─▶ stopped
 *
 * The server starts only once the engine is ready: the engine's lock on the data folder guards the server's
 * folder below it as well, so two desks can never open one database.
 */
import type { EngineOptions } from '../../shared/engine-port.ts';
import { commands, type CommandName } from '../../shared/ipc.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { deferred } from './deferred.ts';
import { startDemoServer, type DemoServer, type DemoServerOptions } from './demo-server.ts';
import {
  engineStopped,
  linkEngine,
  type EngineLink,
  type HostCapabilities,
  type Reply,
} from './engine-link.ts';
import type { SpawnEngine } from './programs.ts';
import { restartDelayMs } from './restart-budget.ts';

/** How long an engine that was asked to stop may take before it is ended. */
const stopMsMax = 10_000;

export interface DeskProcessesOptions {
  readonly dataDir: string;
  /** The server the desk was started for; null starts the demonstration server. */
  readonly serverUrl: string | null;
  readonly spawnEngine: SpawnEngine;
  /** How the demonstration server is started; null when the desk was given a server. */
  readonly demoServer: Pick<DemoServerOptions, 'spawnServer' | 'dataDir'> | null;
  /** The page shows what the last engine left, and is told when the first one of this start is up. */
  readonly isLastStateShown?: boolean;
  readonly host: HostCapabilities;
  /** What `host` keeps secrets with; absent: a file that its mode alone guards. */
  readonly secretStore?: EngineOptions['secretStore'];
  readonly onEvent: (name: string, payload: unknown) => void;
  /** The engine cannot be had any more. Said once; what is left to do is to stop and tell the person. */
  readonly onLost: (problem: DeskProblem) => void;
  readonly onOddity: (what: string) => void;
}

export interface DeskProcesses {
  /** Never rejects. Before the engine is ready for the first time it waits; while it is down it is refused at once. */
  invoke(name: string, input: unknown): Promise<Reply>;
  /** True once the engine took commands for the first time, false when it never did. */
  readonly ready: Promise<boolean>;
  /** The machine woke up or the network changed. */
  wake(): void;
  /** Ends the engine, then the server. Resolves when both have gone. Safe to repeat. */
  stop(): Promise<void>;
}

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(commands, name);
}

export function startDeskProcesses(options: DeskProcessesOptions): DeskProcesses {
  const deathsAtMs: number[] = [];
  const ready = deferred<boolean>();
  let phase: 'starting' | 'up' | 'down' | 'lost' | 'stopped' = 'starting';
  let demoServer: DemoServer | undefined;
  let demoServerUrl: string | null = null;
  let demoServerComes = options.demoServer !== null;
  let restart: NodeJS.Timeout | undefined;
  let stopped: Promise<void> | undefined;
  let gone = deferred<void>();
  let engine = launch();

  function launch(): EngineLink {
    gone = deferred<void>();
    const { dataDir, serverUrl, secretStore = 'file' } = options;
    const place: EngineOptions = { dataDir, serverUrl, demoServerUrl, secretStore };
    return linkEngine(options.spawnEngine, place, options.host, {
      onReady: up,
      onFatal: lose,
      onEvent: (name, payload) => options.onEvent(name, payload),
      onExit: died,
      onOddity: options.onOddity,
    });
  }

  function up(): void {
    if (phase !== 'starting' && phase !== 'down') return;
    const isNews = phase === 'down' || options.isLastStateShown === true;
    phase = 'up';
    // It may have started with an address that has changed since.
    tellOfServer();
    ready.resolve(true);
    if (isNews) options.onEvent('engine', { status: 'up' });
    if (options.demoServer !== null) demoServer ??= startServer(options.demoServer);
  }

  function tellOfServer(): void {
    const starting = demoServerComes && demoServerUrl === null;
    engine.post({ kind: 'demoServer', url: demoServerUrl, starting });
  }

  function startServer(how: NonNullable<DeskProcessesOptions['demoServer']>): DemoServer {
    return startDemoServer({
      ...how,
      onUrl: (url) => {
        demoServerUrl = url;
        tellOfServer();
      },
      onGivenUp: () => {
        demoServerComes = false;
        tellOfServer();
      },
      onOddity: options.onOddity,
    });
  }

  function died(how: string): void {
    gone.resolve();
    if (phase === 'lost' || phase === 'stopped') return;
    deathsAtMs.push(Date.now());
    const delayMs = restartDelayMs(deathsAtMs, Date.now());
    options.onOddity(`the engine ended (${how})`);
    if (phase === 'up') {
      phase = 'down';
      options.onEvent('engine', { status: 'down' });
    }
    if (delayMs === null) {
      lose({ code: 'engine_stopped', params: {} });
      return;
    }
    restart = setTimeout(() => {
      engine = launch();
    }, delayMs);
  }

  function lose(problem: DeskProblem): void {
    if (phase === 'lost' || phase === 'stopped') return;
    phase = 'lost';
    ready.resolve(false);
    options.onLost(problem);
  }

  async function stopAll(): Promise<void> {
    const running = phase !== 'lost';
    phase = 'stopped';
    clearTimeout(restart);
    ready.resolve(false);
    if (running) engine.post({ kind: 'stop' });
    const timer = setTimeout(() => engine.kill(), stopMsMax);
    await gone.promise;
    clearTimeout(timer);
    await demoServer?.stop();
  }

  return {
    invoke: async (name, input) => {
      if (!isCommandName(name)) return { ok: false, problem: { code: 'input_invalid', params: {} } };
      if (!(await ready.promise) || phase !== 'up') return engineStopped;
      return engine.invoke(name, input);
    },
    ready: ready.promise,
    wake: () => engine.post({ kind: 'wake' }),
    stop: () => (stopped ??= stopAll()),
  };
}
