/**
 * The page's one way out: commands to the engine and events from it, each parsed with the contract's schemas. It
 * never throws; whatever goes wrong on the way is a problem with a code, as a refusal is. The schemas are a file of their
 * own, fetched for the first word: a page that has something to show need not wait until they are made.
 */
import type { z } from 'zod';
import type { ProblemCode } from '../shared/errors.ts';
import type {
  CommandInput,
  CommandName,
  CommandOutput,
  CommandReply,
  DeskBridge,
  EventName,
  EventPayload,
} from '../shared/ipc.ts';
import type { DeskState } from '../shared/ipc-desk.ts';
import type { DeskProblem } from '../shared/ipc-words.ts';
import type * as contractFile from './contract.ts';

declare global {
  interface Window {
    /** Put there by the shell before the page loads; absent where the page was opened without one. */
    readonly desk?: DeskBridge;
  }
}

type Contract = typeof contractFile;
let contract: Contract | null = null;
let coming: Promise<Contract> | null = null;

/** Rejects when whatever the page came from is gone; the next call tries again. */
export function fetchContract(): Promise<Contract> {
  coming ??= import('./contract.ts').then(
    (file) => {
      contract = file;
      return file;
    },
    (error: unknown) => {
      coming = null;
      throw error;
    },
  );
  return coming;
}

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
  let schemas: Contract;
  try {
    schemas = contract ?? (await fetchContract());
  } catch (error) {
    console.error('the contract could not be fetched', error);
    return refused('engine_stopped');
  }
  const { commands, Reply } = schemas;
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
  if (!reply.success) return brokenAnswer(schemas, name, reply.error);
  if (!reply.data.ok) return { ok: false, problem: reply.data.problem };
  const output = commands[name].output.safeParse(reply.data.output);
  if (!output.success) return brokenAnswer(schemas, name, output.error);
  // The schema just checked is the one that `CommandOutput<N>` is inferred from.
  return { ok: true, output: output.data as CommandOutput<N> };
}

function brokenAnswer({ whatIsWrong }: Contract, name: string, error: z.ZodError): Refused {
  console.error(`${name} was answered with something else than the contract says`, whatIsWrong(error));
  return refused('unexpected');
}

/** Calls back with each event of this name; returns how to stop it. An event that breaks the contract is dropped loudly. */
export function subscribe<N extends EventName>(
  name: N,
  listener: (payload: EventPayload<N>) => void,
): () => void {
  if (window.desk === undefined) return () => {};
  const hand = ({ events, whatIsWrong }: Contract, payload: unknown): void => {
    const parsed = events[name].safeParse(payload);
    if (parsed.success) listener(parsed.data as EventPayload<N>);
    else console.error(`event ${name} breaks the contract`, whatIsWrong(parsed.error));
  };
  return window.desk.subscribe((eventName, payload) => {
    if (eventName !== name) return;
    if (contract !== null) return hand(contract, payload);
    // Those that come before the contract are handed over in their order, and before any that comes after it.
    fetchContract().then(
      (schemas) => hand(schemas, payload),
      (error: unknown) => console.error(`event ${name} is lost: the contract could not be fetched`, error),
    );
  });
}

/**
 * What the last engine left, from a shell that has it: null otherwise, and from the moment on when an engine is being
 * started. The shell has seen that it is whole and of this version (main/shell/last-state.ts).
 */
export async function lastState(): Promise<DeskState | null> {
  return ((await window.desk?.lastState?.()) ?? null) as DeskState | null;
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
