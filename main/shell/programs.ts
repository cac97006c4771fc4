/**
 * How the desk's two programs, the engine and the demonstration server, are started on a Node of their own, and the
 * engine ahead of who speaks with it. It must never read what is said: a start that shows its window first has not
 * loaded the contract yet.
 */
import { spawn } from 'node:child_process';
import type { EngineOptions, ToEngine } from '../../shared/engine-port.ts';
import { engineOptionsVariable } from '../../shared/engine-variable.ts';
import { deferred } from './deferred.ts';

/** A running engine process, whatever it was started with. */
export interface EngineProcess {
  post(message: ToEngine): void;
  kill(): void;
}

export interface EngineProcessEvents {
  readonly onMessage: (message: unknown) => void;
  /** Once, when it has gone; `how` is for the log: an exit code or a signal. */
  readonly onExit: (how: string) => void;
}

export type SpawnEngine = (options: EngineOptions, events: EngineProcessEvents) => EngineProcess;

/** Starts the engine on a Node of its own; both streams it writes to go to the descriptor `logFile`. */
export function nodeEngine(nodePath: string, entry: string, logFile: number): SpawnEngine {
  return (options, { onMessage, onExit }) => {
    const child = spawn(nodePath, [entry], {
      stdio: ['ignore', logFile, logFile, 'ipc'],
      env: { ...process.env, [engineOptionsVariable]: JSON.stringify(options) },
      // Away from the terminal's process group: Ctrl+C reaches the shell alone, which then stops all in order.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    let failure: string | undefined;
    child.on('message', onMessage);
    child.on('error', (error) => {
      failure = error.message;
    });
    // `close` also follows when the process could not be started at all; `exit` does not.
    child.on('close', (code, signal) => onExit(failure ?? signal ?? `exit code ${code}`));
    return {
      // A message that no longer reaches it needs no handling here: its exit answers everything under way.
      post: (message) => void (child.connected && child.send(message, () => undefined)),
      kill: () => void child.kill('SIGKILL'),
    };
  };
}

/** A running server process, whatever it was started with. */
export interface ServerProcess {
  /** Asks it to finish what it took and to end. */
  end(): void;
  kill(): void;
}

/** `onExit` is called once for every process, also for one that could not be started at all. */
export type SpawnServer = (args: readonly string[], events: EngineProcessEvents) => ServerProcess;

/** Starts the server on a Node of its own; both streams it writes to go to the descriptor `logFile`. */
export function nodeServer(nodePath: string, entry: string, logFile: number): SpawnServer {
  return (args, { onMessage, onExit }) => {
    const child = spawn(nodePath, [entry, ...args], {
      stdio: ['ignore', logFile, logFile, 'ipc'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    let failure: string | undefined;
    child.on('message', onMessage);
    child.on('error', (error) => {
      failure = error.message;
    });
    // A process that could not be started at all says `error` and never `exit`; `close` follows either.
    child.on('close', (code, signal) => onExit(failure ?? signal ?? `exit code ${code}`));
    return { end: () => void child.kill('SIGTERM'), kill: () => void child.kill('SIGKILL') };
  };
}

/** The first engine, started before anybody speaks with it. */
export interface AheadEngine {
  /** Hands it over to the first who asks; who asks after that has one started. */
  readonly spawn: SpawnEngine;
  /** At its first word, or at its end. */
  readonly heard: Promise<void>;
}

/** Starts the first engine now, for who asks for it later: what it says until then is kept. */
export function startedAhead(spawnEngine: SpawnEngine, options: EngineOptions): AheadEngine {
  const kept: ((events: EngineProcessEvents) => void)[] = [];
  const heard = deferred<void>();
  let listener: EngineProcessEvents | null = null;
  const tell = (say: (events: EngineProcessEvents) => void): void => {
    if (listener === null) kept.push(say);
    else say(listener);
    heard.resolve();
  };
  let ahead: EngineProcess | null = spawnEngine(options, {
    onMessage: (message) => tell((events) => events.onMessage(message)),
    onExit: (how) => tell((events) => events.onExit(how)),
  });
  const spawn: SpawnEngine = (asked, events) => {
    if (ahead === null) return spawnEngine(asked, events);
    const first = ahead;
    ahead = null;
    // Not before who asked holds the process that the words are from.
    queueMicrotask(() => {
      listener = events;
      for (const say of kept.splice(0)) say(events);
    });
    return first;
  };
  return { spawn, heard: heard.promise };
}
