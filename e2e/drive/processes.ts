/**
 * Starts and kills the real processes that the demonstration and the chaos runs are about: billing server, executor
 * agent and desk engine. It stands where a shell would stand, and must know the parts only by what they speak: HTTP and
 * the engine's messages.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { FromEngine, type EngineOptions, type ToEngine } from '../../shared/engine-port.ts';
import { engineOptionsVariable } from '../../shared/engine-variable.ts';
import { commands, type CommandInput, type CommandName, type CommandOutput } from '../../shared/ipc.ts';
import { DeskProblem } from '../../shared/ipc-words.ts';

const root = join(import.meta.dirname, '../..');
const readyWithinMs = 120_000;

/** Waits until `done` returns true, asking again on a short beat; fails loudly when it never does. */
export async function until(
  what: string,
  done: () => boolean | Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  const endsAtMs = Date.now() + withinMs;
  while (!(await done())) {
    if (Date.now() > endsAtMs) throw new Error(`waited ${withinMs / 1_000} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/** The first line of a child's output that starts with `prefix`, without it. */
async function lineOf(child: ChildProcess, name: string, prefix: string): Promise<string> {
  if (child.stdout === null) throw new Error(`${name} has no output`);
  const lines = createInterface({ input: child.stdout });
  const timer = setTimeout(() => child.kill('SIGKILL'), readyWithinMs);
  try {
    for await (const line of lines) if (line.startsWith(prefix)) return line.slice(prefix.length).trim();
  } finally {
    clearTimeout(timer);
  }
  throw new Error(`${name} ended (${child.exitCode ?? child.signalCode}) before it was ready`);
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

export interface ServerProcess {
  readonly url: string;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

/**
 * Starts the billing server with its demo accounts on a given port, 0 for a free one. `databaseUrl` undefined: the
 * embedded database. A `jwtSecret` other than the last one ends every access token at once.
 */
export async function startServer(options: {
  port: number;
  dataDir: string;
  databaseUrl: string | undefined;
  jwtSecret?: string;
  /** Where its log goes instead of stderr. */
  logFile?: string;
}): Promise<ServerProcess> {
  const { DATABASE_URL: _ours, ...environment } = process.env;
  const child = spawn(
    process.execPath,
    [join(root, 'server/start.ts'), '--demo', '--port', String(options.port), '--data-dir', options.dataDir],
    {
      cwd: root,
      env: {
        ...environment,
        ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
        ...(options.jwtSecret === undefined ? {} : { ZHANGTAI_JWT_SECRET: options.jwtSecret }),
        ...(options.logFile === undefined ? {} : { ZHANGTAI_LOG_FILE: options.logFile }),
      },
      // Over the channel it learns that whoever started it is gone, and ends too.
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  const url = await lineOf(child, 'the server', 'Zhangtai server listening on ');
  child.stdout?.resume();
  return { url, kill: (signal) => kill(child, signal) };
}

export interface AgentProcess {
  readonly url: string;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

/** What the agent has done already is read from `truthFile`, and added to it. */
export async function startAgent(options: {
  seed: number;
  failurePercent: number;
  truthFile: string;
}): Promise<AgentProcess> {
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, 'agent.ts'),
      `--seed=${options.seed}`,
      `--failure-percent=${options.failurePercent}`,
      `--truth=${options.truthFile}`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const url = await lineOf(child, 'the agent', 'listening ');
  return { url, kill: (signal) => kill(child, signal) };
}

/** What a host keeps for an engine across its lives: secrets, and where an export is to be written. */
export interface Host {
  readonly secrets: Map<string, string>;
  savePath: string | null;
}

/** A refusal of the engine, thrown so that a step of the demonstration that did not expect it fails. */
export class Refused extends Error {
  readonly problem: DeskProblem;
  constructor(command: string, problem: DeskProblem) {
    super(`${command}: ${problem.code} ${JSON.stringify(problem.params)}`);
    this.problem = problem;
  }
}

/** The engine ended before it answered: whether it did what it was asked is not known. */
export class EngineGone extends Error {}

/** Node options and variables that an engine is started with, beside its own. */
export interface EngineExtras {
  readonly nodeOptions: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #host: Host;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #nextId = 1;
  #gone: EngineGone | null = null;
  #ready: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(
    options: EngineOptions,
    host: Host,
    extras: EngineExtras = { nodeOptions: [], environment: {} },
  ) {
    this.#host = host;
    this.#child = spawn(process.execPath, [...extras.nodeOptions, join(root, 'main/engine/process.ts')], {
      cwd: root,
      env: { ...process.env, ...extras.environment, [engineOptionsVariable]: JSON.stringify(options) },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message) => this.#receive(FromEngine.parse(message)));
    this.#child.on('exit', (code, signal) => this.#ended(`the engine ended (${code ?? signal})`));
  }

  async ready(): Promise<this> {
    await this.#ready.promise;
    return this;
  }

  async command<N extends CommandName>(name: N, input: CommandInput<N>): Promise<CommandOutput<N>> {
    if (this.#gone !== null) throw this.#gone;
    const id = this.#nextId++;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(id, waiting);
    this.#send({ kind: 'command', id, name, input });
    const reply = await waiting.promise;
    const { ok, output, problem } = reply as { ok: boolean; output: unknown; problem: unknown };
    if (!ok) throw new Refused(name, DeskProblem.parse(problem));
    return commands[name].output.parse(output) as CommandOutput<N>;
  }

  async kill(): Promise<void> {
    await kill(this.#child, 'SIGKILL');
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#send({ kind: 'stop' });
    await gone;
  }

  /** Tells it what a shell tells when a network appears. */
  wake(): void {
    this.#send({ kind: 'wake' });
  }

  signal(signal: 'SIGUSR2'): void {
    this.#child.kill(signal);
  }

  #send(message: ToEngine): void {
    // An engine that was killed a moment ago closes the channel before its end is told.
    this.#child.send(message, (error) => {
      if (error !== null) this.#ended(error.message);
    });
  }

  #ended(why: string): void {
    this.#gone ??= new EngineGone(why);
    this.#ready.reject(this.#gone);
    for (const waiting of this.#waiting.values()) waiting.reject(this.#gone);
    this.#waiting.clear();
  }

  #receive(message: FromEngine): void {
    switch (message.kind) {
      case 'ready':
        return this.#ready.resolve();
      case 'fatal':
        return this.#ready.reject(new Refused('start', DeskProblem.parse(message.problem)));
      case 'reply':
        this.#waiting.get(message.id)?.resolve(message.reply);
        this.#waiting.delete(message.id);
        return;
      case 'event':
        return;
      case 'host':
        return this.#send({
          kind: 'hostReply',
          id: message.id,
          ok: true,
          output: this.#lend(message.name, message.input),
        });
    }
  }

  #lend(name: string, input: unknown): unknown {
    const { name: secret, value } = input as { name: string; value?: string | null };
    switch (name) {
      case 'secret.get':
        return { value: this.#host.secrets.get(secret) ?? null };
      case 'secret.set':
        if (value === null || value === undefined) this.#host.secrets.delete(secret);
        else this.#host.secrets.set(secret, value);
        return {};
      case 'file.savePath':
        return this.#host.savePath === null ? null : { path: this.#host.savePath, download: null };
      default:
        return {};
    }
  }
}
