/**
 * The page's one way out: commands to the engine and events from it, each parsed with the contract's schemas. It
 * never throws; whatever goes wrong on the way is a problem with a code, as a refusal is.
 */
import { z } from 'zod';
import type { ProblemCode } from '../shared/errors.ts';
import {
  commands,
  DeskProblem,
  events,
  type CommandInput,
  type CommandName,
  type CommandOutput,
  type CommandReply,
  type DeskBridge,
  type EventName,
  type EventPayload,
} from '../shared/ipc.ts';

declare global {
  interface Window {
    /** Put there by the shell before the page loads; absent where the page was opened without one. */
    readonly desk?: DeskBridge;
  }
}

const Reply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), output: z.unknown() }),
  z.object({ ok: z.literal(false), problem: DeskProblem }),
]);

export type Refused = { readonly ok: false; readonly problem: DeskProblem };

function refused(code: ProblemCode, field?: string): Refused {
  return { ok: false, problem: { code, params: {}, ...(field === undefined ? {} : { field }) } };
}

/**
 * Asks the engine. An input that the contract refuses is answered `input_invalid` with its field and is not sent;
 * a shell that cannot be reached is `engine_stopped`; an answer that breaks the contract is `unexpected`.
 */
export async function invoke<N extends CommandName>(
  name: N,
  input: CommandInput<N>,
): Promise<CommandReply<N>> {
  const checked = commands[name].input.safeParse(input);
  if (!checked.success) return refused('input_invalid', checked.error.issues[0]?.path.join('.'));
  if (window.desk === undefined) return refused('engine_stopped');

  let answer: unknown;
  try {
    answer = await window.desk.invoke(name, checked.data);
  } catch (error) {
    console.error(`${name} was not answered`, error);
    return refused('engine_stopped');
  }
  const reply = Reply.safeParse(answer);
  if (!reply.success) return brokenAnswer(name, reply.error);
  if (!reply.data.ok) return { ok: false, problem: reply.data.problem };
  const output = commands[name].output.safeParse(reply.data.output);
  if (!output.success) return brokenAnswer(name, output.error);
  // The schema just checked is the one that `CommandOutput<N>` is inferred from.
  return { ok: true, output: output.data as CommandOutput<N> };
}

function brokenAnswer(name: string, error: z.ZodError): Refused {
  console.error(`${name} was answered with something else than the contract says`, z.prettifyError(error));
  return refused('unexpected');
}

/** Calls back with each event of this name; returns how to stop it. An event that breaks the contract is dropped loudly. */
export function subscribe<N extends EventName>(
  name: N,
  listener: (payload: EventPayload<N>) => void,
): () => void {
  if (window.desk === undefined) return () => {};
  return window.desk.subscribe((eventName, payload) => {
    if (eventName !== name) return;
    const parsed = events[name].safeParse(payload);
    if (!parsed.success) {
      console.error(`event ${name} breaks the contract`, z.prettifyError(parsed.error));
      return;
    }
    listener(parsed.data as EventPayload<N>);
  });
}

/**
 * Calls back when what an event of this name announces may have changed: at each such event, and when the engine is
 * back, because events of the meantime are lost. Returns how to stop.
 */
export function onNews(name: EventName, changed: () => void): () => void {
  const stops = [
    subscribe(name, () => changed()),
    subscribe('engine', ({ status }) => {
      if (status === 'up') changed();
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
