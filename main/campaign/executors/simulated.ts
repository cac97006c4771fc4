/**
 * An executor for trying the desk out: seeded outcomes after a set latency, no platform touched. It remembers
 * nothing; an outcome follows from the seed and the target alone, so that asking again always gives the same.
 */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutorChoice } from '../../../shared/ipc-campaigns.ts';
import type { Decided, Executor } from './executor.ts';

type SimulatedChoice = Extract<ExecutorChoice, { kind: 'simulated' }>;

const failureReasons = ['user_not_found', 'private_account', 'already_followed', 'rate_limited'] as const;

function outcome(choice: SimulatedChoice, targetUserId: string): Decided {
  const digest = createHash('sha256').update(`${choice.seed}:${targetUserId}`).digest();
  if (digest.readUInt32BE(0) % 100 >= choice.failurePercent) return { kind: 'succeeded' };
  const reason = failureReasons[digest.readUInt32BE(4) % failureReasons.length];
  return { kind: 'failed', reason: reason ?? failureReasons[0] };
}

export function createSimulatedExecutor(choice: SimulatedChoice): Executor {
  return {
    async follow(task, signal) {
      try {
        if (choice.latencyMs > 0) await delay(choice.latencyMs, undefined, { signal });
      } catch {
        // Only an abort ends the delay early.
        return { kind: 'unknown', reason: 'stopped' };
      }
      return outcome(choice, task.targetUserId);
    },
    ask: async (task) => outcome(choice, task.targetUserId),
  };
}
