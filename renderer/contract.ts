/**
 * The contract between page and engine, with the setting under which its schemas are made: all that the bridge fetches
 * before it asks or tells the first thing (bridge.ts). Nothing else may import it.
 */
import './page-policy.ts';
import { z } from 'zod';
import { DeskProblem } from '../shared/ipc-words.ts';

export { commands, events } from '../shared/ipc.ts';

/** Where something breaks the contract, for the console. */
export function whatIsWrong(error: z.ZodError): string {
  return z.prettifyError(error);
}

/** An answer of the engine, whatever was asked. */
export const Reply = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), output: z.unknown() }),
  z.object({ ok: z.literal(false), problem: DeskProblem }),
]);
