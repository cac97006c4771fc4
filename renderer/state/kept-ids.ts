/**
 * Ids of operations at the server whose outcome is open: what is tried again goes out under the id that it had, so that
 * it is done once however often it is tried. An id must never be kept for another content, nor beyond an answer.
 */
import { v7 as uuidv7 } from 'uuid';
import type { DeskProblem } from '../../shared/ipc-words.ts';

/** Problems after which the operation may have been done all the same. */
const openOutcomes: ReadonlySet<DeskProblem['code']> = new Set([
  'server_unreachable',
  'server_not_zhangtai',
  'unavailable',
  'internal',
  'engine_stopped',
  'unexpected',
]);

export function leavesOpen(problem: DeskProblem | null): boolean {
  return problem !== null && openOutcomes.has(problem.code);
}

const kept = new Map<string, string>();

/** The id of an operation, which is told by what it does to what. */
export function idOf(operation: string): string {
  const id = kept.get(operation) ?? uuidv7();
  kept.set(operation, id);
  return id;
}

/** What came of it. After anything but an open outcome the same operation is a new one. */
export function noteOutcome(operation: string, problem: DeskProblem | null): void {
  if (!leavesOpen(problem)) kept.delete(operation);
}

/** Nothing of one person's work goes out in the next one's name. */
export function forgetIds(): void {
  kept.clear();
}
