/**
 * The engine and the billing server as processes of their own, for tests: the engine is spoken to as a shell does. It
 * must never be imported outside tests, nor leave a process behind that was ended through it.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { FromEngine } from '../../shared/engine-port.ts';
import { engineOptionsVariable } from '../../shared/engine-variable.ts';
import {
  commands,
  type CommandInput,
  type CommandName,
  type CommandOutput,
  type CommandReply,
} from '../../shared/ipc.ts';
import { DeskProblem } from '../../shared/ipc-words.ts';
import { freshFolder } from '../sync/test-desk.ts';

const engineEntry = fileURLToPath(new URL('process.ts', import.meta.url));
const serverEntry = fileURLToPath(new URL('../../server/start.ts', import.meta.url));

export interface EngineStart {
  readonly dataDir: string;
  readonly serverUrl: string;
  /** What the host keeps for the engine over its lives. */
  readonly secrets: Map<string, string | null>;
  /** Node's own options, such as a module to load first. */
  readonly execArgv?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** The engine refused a command, or to start. */
export class Refused extends Error {
  readonly problem: DeskProblem;
  constructor(what: string, problem: DeskProblem) {
    super(`${what}: ${problem.code}`);
    this.problem = problem;
  }
}

/** One life of the engine process. */
export function startEngine({ dataDir, serverUrl, secrets, execArgv = [], environment = {} }: EngineStart) {
  const options = JSON.stringify({ dataDir, serverUrl: null, demoServerUrl: serverUrl });
  const child = fork(engineEntry, [], {
    env: { ...process.env, ...environment, [engineOptionsVariable]: options },
    execArgv: [...execArgv],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const replies = new Map<number, PromiseWithResolvers<unknown>>();
  const started = Promise.withResolvers<void>();
  const heard: FromEngine[] = [];
  let lastId = 0;
  const send = (message: object): void => {
    // One that was killed a moment ago takes no messages; that it is gone is told by its exit.
    child.send(message, () => undefined);
  };
  child.on('message', (message) => {
    const told = FromEngine.parse(message);
    heard.push(told);
    if (told.kind === 'ready') started.resolve();
    if (told.kind === 'fatal') started.reject(new Refused('start', DeskProblem.parse(told.problem)));
    if (told.kind === 'reply') replies.get(told.id)?.resolve(told.reply);
    if (told.kind !== 'host') return;
    const { name, value } = told.input as { name: string; value?: string | null };
    if (told.name === 'secret.set') secrets.set(name, value ?? null);
    const output = told.name === 'secret.get' ? { value: secrets.get(name) ?? null } : {};
    send({ kind: 'hostReply', id: told.id, ok: true, output });
  });
  const gone = once(child, 'exit').then(() => {
    const ended = new Error(`the engine ended (${child.exitCode ?? child.signalCode})`);
    started.reject(ended);
    for (const reply of replies.values()) reply.reject(ended);
    return child.signalCode;
  });
  // Whoever waits for it is told; nobody has to.
  started.promise.catch(() => undefined);
  return {
    child,
    heard,
    /** The signal that ended it, null for none. */
    gone,
    /** Rejects with `Refused` when it says why it can't start. */
    ready: (): Promise<void> => started.promise,
    /** Rejects with `Refused`, and when the process ends before it answered. */
    async ask<N extends CommandName>(name: N, input: CommandInput<N>): Promise<CommandOutput<N>> {
      lastId += 1;
      const answered = Promise.withResolvers<unknown>();
      replies.set(lastId, answered);
      send({ kind: 'command', id: lastId, name, input });
      if (child.exitCode !== null || child.signalCode !== null) throw new Error('the engine has ended');
      const reply = (await answered.promise) as CommandReply<N>;
      if (!reply.ok) throw new Refused(name, reply.problem);
      return commands[name].output.parse(reply.output) as CommandOutput<N>;
    },
    async end(signal: NodeJS.Signals): Promise<number | null> {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await gone;
      return child.exitCode;
    },
  };
}
export type EngineProcess = ReturnType<typeof startEngine>;

export interface DemoServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A billing server with the demonstration's accounts, on an embedded database of its own. */
export async function startDemoServer(): Promise<DemoServer> {
  const folder = freshFolder();
  const child = fork(serverEntry, ['--demo', '--port', '0', '--data-dir', folder.path], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ready = once(child, 'message') as Promise<[{ url: string }]>;
  const ended = once(child, 'exit').then(([code]): never => {
    throw new Error(`the server ended (${String(code)}) before it was ready`);
  });
  const [message] = await Promise.race([ready, ended]);
  ended.catch(() => undefined);
  return {
    url: message.url,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      folder.remove();
    },
  };
}
