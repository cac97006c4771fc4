/**
 * What carries a follow out, seen from the runner: do it once, and say afterwards what became of it. An executor
 * must never report a success that it was not told of: the runner charges for it.
 */
import type { ExecutorChoice } from '../../../shared/ipc-campaigns.ts';
import { createHttpExecutor } from './http.ts';
import { createSimulatedExecutor } from './simulated.ts';

export interface FollowTask {
  /** Names the follow for ever: asking for it twice does it once. */
  readonly taskId: string;
  readonly platform: string;
  readonly targetUserId: string;
}

/** What became of a follow that was taken up. */
export type Decided =
  | { readonly kind: 'succeeded' }
  /** It did not happen. `reason` is the executor's own word, at most 500 characters. */
  | { readonly kind: 'failed'; readonly reason: string };

/** It may or may not have happened; nobody can tell for now. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly reason: string;
}

/** The executor is not there. The task was not given to it. */
export interface Down {
  readonly kind: 'down';
  readonly reason: string;
}

/** The executor never got the task: following it now follows it once. */
export interface NeverGotIt {
  readonly kind: 'never_got_it';
}

export type FollowOutcome = Decided | Unknown | Down;
export type AskOutcome = Decided | Unknown | Down | NeverGotIt;

export interface Executor {
  /** Never throws. An aborted follow that may have happened is `unknown`. */
  follow(task: FollowTask, signal: AbortSignal): Promise<FollowOutcome>;
  /** What became of a task given earlier. Does nothing by itself; never throws. */
  ask(task: FollowTask, signal: AbortSignal): Promise<AskOutcome>;
}

export function createExecutor(choice: ExecutorChoice): Executor {
  return choice.kind === 'simulated' ? createSimulatedExecutor(choice) : createHttpExecutor(choice.url);
}
