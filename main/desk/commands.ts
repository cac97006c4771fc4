/**
 * The registry of commands that the page may give. It parses what comes in and what goes out, refuses a name twice, and
 * turns whatever goes wrong into a problem: a command is always answered, never with an exception or a stack.
 */
import { commands, type CommandInput, type CommandName, type CommandReply } from '../../shared/ipc.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import type { Log } from '../log.ts';
import { problemOfError } from '../cache/database.ts';

/** What a handler answers with: build it with `answer` or `refuse`. A refusal is a value, not an exception. */
export type Handled<N extends CommandName> = CommandReply<N>;

export function answer<T>(output: T): { readonly ok: true; readonly output: T } {
  return { ok: true, output };
}

export function refuse(
  problem: DeskProblem | DeskProblem['code'],
  params: Record<string, string> = {},
): { readonly ok: false; readonly problem: DeskProblem } {
  return { ok: false, problem: typeof problem === 'string' ? { code: problem, params } : problem };
}

export type CommandHandler<N extends CommandName> = (
  input: CommandInput<N>,
) => Handled<N> | Promise<Handled<N>>;

export interface CommandRegistry {
  /** Throws when the name has a handler already: that is a programming error. */
  handle<N extends CommandName>(name: N, handler: CommandHandler<N>): void;
}

export interface CommandDispatcher extends CommandRegistry {
  /** Answers any message that claims to be a command. Never throws. */
  dispatch(name: string, input: unknown): Promise<CommandReply<CommandName>>;
  /** The names of the contract that nobody handles. */
  missing(): readonly CommandName[];
}

const isCommandName = (name: string): name is CommandName => Object.hasOwn(commands, name);

/** `onError` is told of every exception that a handler throws, after it was logged. */
export function createCommands(log: Log, onError: (error: unknown) => void): CommandDispatcher {
  const handlers = new Map<CommandName, (input: unknown) => Promise<CommandReply<CommandName>>>();
  return {
    handle(name, handler) {
      if (handlers.has(name)) throw new Error(`command ${name} is handled twice`);
      // The input is parsed with this name's own schema before the handler sees it, which is what the cast states.
      handlers.set(name, async (input) => handler(input as CommandInput<typeof name>));
    },
    async dispatch(name, input) {
      const handler = isCommandName(name) ? handlers.get(name) : undefined;
      if (!isCommandName(name) || handler === undefined) {
        log.error({ command: name }, 'no such command');
        return refuse('unexpected');
      }
      const parsed = commands[name].input.safeParse(input);
      if (!parsed.success) {
        const field = parsed.error.issues[0]?.path.join('.') ?? '';
        return { ok: false, problem: { code: 'input_invalid', params: { field }, field } };
      }
      try {
        const reply = await handler(parsed.data);
        if (!reply.ok) return reply;
        return answer(commands[name].output.parse(reply.output));
      } catch (error) {
        log.error({ command: name, err: error }, 'command failed');
        onError(error);
        return refuse(problemOfError(error));
      }
    },
    missing: () =>
      Object.keys(commands)
        .filter(isCommandName)
        .filter((name) => !handlers.has(name)),
  };
}
