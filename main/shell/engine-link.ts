/**
 * One life of the engine process as its shell sees it: commands go in, answers and events come out, and what the
 * engine borrows is asked of the host. It must never outlive its process, and never carry a command over to the
 * next one: whether a command that got no answer was carried out, only the engine's own data tells.
 */
import type { z } from 'zod';
import {
  FromEngine,
  hostRequests,
  type EngineOptions,
  type HostRequestInput,
  type HostRequestName,
  type HostRequestOutput,
  type ToEngine,
} from '../../shared/engine-port.ts';
import type { CommandName } from '../../shared/ipc.ts';
import { DeskProblem } from '../../shared/ipc-words.ts';
import type { SpawnEngine } from './programs.ts';

/** What a shell lends the engine. A rejection is passed on as a failed request. */
export type HostCapabilities = {
  readonly [N in HostRequestName]: (input: HostRequestInput<N>) => Promise<HostRequestOutput<N>>;
};

/** A reply to the page: shared/ipc.ts's CommandReply, unparsed. */
export type Reply = { readonly ok: boolean; readonly [field: string]: unknown };

/** The refusal for whatever was under way when the engine went. */
export const engineStopped: Reply = { ok: false, problem: { code: 'engine_stopped', params: {} } };

export interface EngineLinkEvents {
  onReady(): void;
  onFatal(problem: DeskProblem): void;
  onEvent(name: string, payload: unknown): void;
  onExit(how: string): void;
  /** Something that should not happen, for the shell's log. */
  onOddity(what: string): void;
}

export interface EngineLink {
  invoke(name: CommandName, input: unknown): Promise<Reply>;
  post(message: ToEngine): void;
  kill(): void;
}

/** Starts an engine and speaks with it until it goes. */
export function linkEngine(
  spawnEngine: SpawnEngine,
  options: EngineOptions,
  host: HostCapabilities,
  events: EngineLinkEvents,
): EngineLink {
  const waiting = new Map<number, (reply: Reply) => void>();
  let lastId = 0;
  let alive = true;

  const child = spawnEngine(options, {
    onMessage: (raw) => {
      const parsed = FromEngine.safeParse(raw);
      if (parsed.success) receive(parsed.data);
      else events.onOddity(`a message that is none of the engine's: ${parsed.error.message}`);
    },
    onExit: (how) => {
      alive = false;
      for (const answer of waiting.values()) answer(engineStopped);
      waiting.clear();
      events.onExit(how);
    },
  });

  function receive(message: FromEngine): void {
    switch (message.kind) {
      case 'ready':
        return events.onReady();
      case 'fatal':
        return events.onFatal(DeskProblem.catch({ code: 'unexpected', params: {} }).parse(message.problem));
      case 'event':
        return events.onEvent(message.name, message.payload);
      case 'reply':
        waiting.get(message.id)?.(message.reply as Reply);
        waiting.delete(message.id);
        return undefined;
      case 'host':
        return void answerHostRequest(message.id, message.name, message.input);
    }
  }

  async function answerHostRequest(id: number, name: string, input: unknown): Promise<void> {
    try {
      const output = await askHost(host, name, input);
      child.post({ kind: 'hostReply', id, ok: true, output });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      events.onOddity(`host request ${name} failed: ${reason}`);
      child.post({ kind: 'hostReply', id, ok: false, output: reason });
    }
  }

  return {
    invoke: (name, input) => {
      if (!alive) return Promise.resolve(engineStopped);
      lastId += 1;
      const id = lastId;
      return new Promise((resolve) => {
        waiting.set(id, resolve);
        // A message has no word for `undefined`: it would arrive as one without an input, which is none.
        child.post({ kind: 'command', id, name, input: input ?? null });
      });
    },
    post: (message) => child.post(message),
    kill: () => child.kill(),
  };
}

/** Checks what the engine asks for and asks the host. Rejects when it is none of the host's requests. */
async function askHost(host: HostCapabilities, name: string, input: unknown): Promise<unknown> {
  if (!Object.hasOwn(hostRequests, name)) throw new Error('unknown host request');
  const known = name as HostRequestName;
  const schema: z.ZodType = hostRequests[known].input;
  // The table pairs each name with its input; a union of names loses that pairing for the compiler alone.
  const ask = host[known] as (checked: unknown) => Promise<unknown>;
  return ask(schema.parse(input));
}
