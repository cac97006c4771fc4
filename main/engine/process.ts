/**
 * The engine's process: opens the data folder, puts the engine together and speaks with the shell that started it, over
 * Electron's parent port or Node's IPC channel. It must never outlive its parent, and leaves nothing half done when told
 * to stop.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { EngineOptions, ToEngine, type FromEngine } from '../../shared/engine-port.ts';
import { engineOptionsVariable } from '../../shared/engine-variable.ts';
import type { DeskState } from '../../shared/ipc-desk.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { isDamage, openCache, problemOfError, suspectMarker, type Cache } from '../cache/database.ts';
import { openLog, type Log } from '../log.ts';
import { createEngine, type Engine } from './engine.ts';
import { createHost, type OwnedHost } from '../desk/host.ts';
import { forgetLastState, keepLastState } from './last-state.ts';
import { parentPort, type ParentPort } from './parent-port.ts';

/** A stop that takes longer than this is ended: what was under way is found again at the next start. */
const stopMsMax = 8_000;

function main(): void {
  const port = parentPort();
  if (port === null) {
    console.error('The engine is started by a shell: run `npm start`.');
    process.exit(2);
  }
  try {
    run(port);
  } catch (error) {
    console.error(error);
    fatal(port, problemOfError(error));
  }
}

function run(port: ParentPort): void {
  const options = EngineOptions.parse(JSON.parse(process.env[engineOptionsVariable] ?? 'null'));
  const opened = openCache(options.dataDir, Date.now());
  if (!opened.ok) {
    fatal(port, opened.problem);
    return;
  }
  const log = openLog(options.dataDir);
  const host = createHost((request) => port.post({ kind: 'host', ...request }));
  const version = ownVersion();
  const { dataDir, serverUrl } = options;
  forgetLastState(dataDir);
  const stop = createStop(port, log, (state) => keepLastState(dataDir, { version, serverUrl, state }));
  const engine = createEngine({
    options,
    version,
    cache: opened.cache,
    salvaged: opened.salvaged,
    host,
    log,
    clock: { now: () => Date.now() },
    send: (name, payload) => port.post({ kind: 'event', name, payload }),
    onError: (error) => {
      if (isDamage(error)) stop.damaged(dataDir);
    },
  });
  stop.take(engine, opened.cache, host);
  port.onMessage((message) => receive(port, engine, host, stop, log, message));
  port.onClose(() => void stop.begin(0));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop.begin(0));
  process.on('uncaughtException', (error) => stop.failed(error, dataDir));
  process.on('unhandledRejection', (error) => stop.failed(error, dataDir));
  port.post({ kind: 'ready' });
  engine.start();
  log.info({ dataDir }, 'engine ready');
}

function receive(
  port: ParentPort,
  engine: Engine,
  host: OwnedHost,
  stop: Stop,
  log: Log,
  message: unknown,
): void {
  const parsed = ToEngine.safeParse(message);
  if (!parsed.success) {
    log.error({ issues: parsed.error.issues }, 'a message from the shell does not fit the contract');
    return;
  }
  const told = parsed.data;
  if (told.kind === 'command') {
    void reply(port, engine, stop, told.id, told.name, told.input);
  } else if (told.kind === 'hostReply') host.answered(told.id, told.ok, told.output);
  else if (told.kind === 'wake') engine.wake();
  else if (told.kind === 'demoServer') engine.demoMoved(told.url, told.starting);
  else void stop.begin(0);
}

/** A dispatched command is always answered, so this never throws. */
async function reply(
  port: ParentPort,
  engine: Engine,
  stop: Stop,
  id: number,
  name: string,
  input: unknown,
): Promise<void> {
  port.post({ kind: 'reply', id, reply: await engine.dispatch(name, input) });
  // The shell starts the next one, on what is on disk now.
  if (engine.mustStartAnew()) void stop.begin(1);
}

interface Stop {
  take(engine: Engine, cache: Cache, host: OwnedHost): void;
  begin(exitCode: number): Promise<void>;
  /** A mistake in this program: the next start goes on from what is on disk. */
  failed(error: unknown, dataDir: string): void;
  /** The file turned out damaged while in use: the next start checks all of it and saves what can be saved. */
  damaged(dataDir: string): void;
}

/** `keep` is given the state that the desk was left in. */
function createStop(port: ParentPort, log: Log, keep: (state: DeskState) => void): Stop {
  let owned: { readonly engine: Engine; readonly cache: Cache; readonly host: OwnedHost } | null = null;
  let begun = false;
  const begin = async (exitCode: number): Promise<void> => {
    if (begun) return;
    begun = true;
    setTimeout(() => process.exit(exitCode), stopMsMax).unref();
    await owned?.engine.stop();
    // One that ends for a fault may be wrong about its state; the next start says what is on disk.
    if (owned !== null && exitCode === 0) keepState(owned.engine);
    owned?.host.stop();
    owned?.cache.close();
    log.info({ exitCode }, 'engine stopped');
    port.close();
    process.exit(exitCode);
  };
  const keepState = (engine: Engine): void => {
    try {
      keep(engine.state());
    } catch (error) {
      // It only makes the next start quicker: a full disk must not keep this one from ending.
      log.warn({ err: error }, 'the state was not kept for the next start');
    }
  };
  const damaged = (dataDir: string): void => {
    writeFileSync(suspectMarker(dataDir), '');
    void begin(1);
  };
  return {
    take(engine, cache, host) {
      owned = { engine, cache, host };
    },
    begin,
    failed(error, dataDir) {
      log.error({ err: error }, 'engine failed');
      if (isDamage(error)) damaged(dataDir);
      else process.exit(1);
    },
    damaged,
  };
}

/** Tells the shell why there can be no engine, and ends once that has left. */
function fatal(port: ParentPort, problem: DeskProblem): void {
  port.post({ kind: 'fatal', problem } satisfies FromEngine, () => process.exit(1));
}

/** The product's version: from the package when run from its sources, from the build otherwise. */
function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}

main();
