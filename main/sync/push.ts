/**
 * Sends the outbox to the server in the device's order, in batches with an answer per charge, and writes down what
 * became of each. It must never leave a claimed charge `sending`, nor take silence for success or refusal.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Balance, ChargeBody, ChargeResult, Problem } from '../../shared/api.ts';
import type { ServerProblemCode } from '../../shared/errors.ts';
import { yuanText } from '../../shared/money.ts';
import type { Cache } from '../cache/database.ts';
import type { Snapshots } from '../cache/snapshots.ts';
import { backoffMs } from './backoff.ts';
import type { Outbox, OutboxCharge, SendOutcome } from './outbox.ts';
import type { CallFailure, ServerClient } from './server-client.ts';

export interface Pusher {
  /** Sends until nothing is due. Null when every batch was answered, whatever the answers; else why it stopped. */
  push(accountId: string, signal: AbortSignal): Promise<CallFailure | null>;
}

export interface PushParts {
  readonly cache: Cache;
  readonly outbox: Outbox;
  readonly snapshots: Snapshots;
  readonly client: Pick<ServerClient, 'call'>;
  readonly now: () => number;
  readonly random: () => number;
  /** Called after the answers to a batch were committed. */
  readonly onRecorded: () => void;
}

/** A batch that the server fails on is tried this often before it waits for a later round. */
export const quickTriesMax = 3;
const quickTryDelayMs = 150;
/** How long a charge waits after server errors: 2 s doubled with each attempt, up to this. */
export const retryDelayMsMax = 5 * 60_000;
const retryDelayMsFirst = 2_000;

/** The server could not, for reasons of its own: the charge has nothing wrong with it and waits. */
const serverTroubles: ReadonlySet<ServerProblemCode> = new Set([
  'internal',
  'unavailable',
  'rate_limited',
  'unauthenticated',
  'token_expired',
]);
/** One charge of a batch may be what the whole batch was refused for: halves find it. */
const blamesOne: ReadonlySet<ServerProblemCode> = new Set(['validation_failed', 'payload_too_large']);

interface BatchAnswer {
  readonly outcomes: ReadonlyMap<string, SendOutcome>;
  readonly balance: Balance | null;
  /** Set when the server should be left alone for now. */
  readonly failure: CallFailure | null;
}

interface Batch extends Pick<BatchAnswer, 'outcomes' | 'balance'> {
  readonly accountId: string;
}

export function createPusher(parts: PushParts): Pusher {
  const { cache, outbox, snapshots, now } = parts;
  /** What batches came to that could not be written down: a full disk must not leave their charges `sending`. */
  const unwritten: Batch[] = [];
  const write = ({ accountId, outcomes, balance }: Batch): void => {
    cache.transaction(() => {
      outbox.record(outcomes, now());
      if (balance !== null) snapshots.write(accountId, 'balance', balance, { atMs: now() });
    });
    parts.onRecorded();
  };
  const writeNowOrLater = (batch: Batch): void => {
    try {
      write(batch);
    } catch (error) {
      unwritten.push(batch);
      throw error;
    }
  };
  return {
    async push(accountId, signal) {
      for (let batch = unwritten.shift(); batch !== undefined; batch = unwritten.shift())
        writeNowOrLater(batch);
      for (;;) {
        const claimed = outbox.claim(accountId, now());
        if (claimed.length === 0) return null;
        const answer = await sendOrForget(parts, claimed, signal, (outcomes) =>
          writeNowOrLater({ accountId, outcomes, balance: null }),
        );
        writeNowOrLater({ accountId, ...answer });
        if (answer.failure !== null) return answer.failure;
      }
    },
  };
}

/** Whatever goes wrong in this program, the claimed charges are put down as unknown before it is told. */
async function sendOrForget(
  parts: PushParts,
  claimed: readonly OutboxCharge[],
  signal: AbortSignal,
  forget: (outcomes: BatchAnswer['outcomes']) => void,
): Promise<BatchAnswer> {
  try {
    return await sendBatch(parts, claimed, signal);
  } catch (error) {
    forget(all(claimed, { kind: 'unknown', reason: 'desk error', nextTryAtMs: 0 }));
    throw error;
  }
}

async function sendBatch(
  parts: PushParts,
  charges: readonly OutboxCharge[],
  signal: AbortSignal,
): Promise<BatchAnswer> {
  const outcome = await callWithQuickTries(parts, charges, signal);
  if (outcome.kind === 'ok')
    return {
      outcomes: settle(parts, charges, outcome.body.results),
      balance: outcome.body.balance,
      failure: null,
    };
  if (outcome.kind === 'not_modified')
    throw new Error('an unconditional call was answered with not_modified');
  const answer = (every: SendOutcome, failure: CallFailure | null): BatchAnswer => ({
    outcomes: all(charges, every),
    balance: null,
    failure,
  });
  if (outcome.kind === 'signed_out') return answer({ kind: 'unsent' }, outcome);
  if (outcome.kind === 'not_zhangtai')
    return answer({ kind: 'unknown', reason: outcome.kind, nextTryAtMs: 0 }, outcome);
  if (outcome.kind === 'unreachable') {
    const every: SendOutcome = outcome.maybeActed
      ? { kind: 'unknown', reason: outcome.reason, nextTryAtMs: 0 }
      : { kind: 'unsent' };
    return answer(every, outcome);
  }
  const { problem, retryAfterMs } = outcome;
  // For a whole batch, not found means that this server has no such endpoint, not that a charge is wrong.
  if (serverTroubles.has(problem.code) || problem.code === 'not_found') {
    const delayMs = retryAfterMs ?? backoff(parts, charges);
    return answer({ kind: 'queued', problem, nextTryAtMs: parts.now() + delayMs }, outcome);
  }
  if (blamesOne.has(problem.code) && charges.length > 1) return sendHalves(parts, charges, signal);
  return answer({ kind: 'rejected', problem }, null);
}

async function sendHalves(
  parts: PushParts,
  charges: readonly OutboxCharge[],
  signal: AbortSignal,
): Promise<BatchAnswer> {
  const middle = Math.ceil(charges.length / 2);
  const first = await sendBatch(parts, charges.slice(0, middle), signal);
  if (first.failure !== null) {
    const unsent = all(charges.slice(middle), { kind: 'unsent' });
    return { ...first, outcomes: new Map([...first.outcomes, ...unsent]) };
  }
  const second = await sendBatch(parts, charges.slice(middle), signal);
  return { ...second, outcomes: new Map([...first.outcomes, ...second.outcomes]) };
}

async function callWithQuickTries(parts: PushParts, charges: readonly OutboxCharge[], signal: AbortSignal) {
  const body = { charges: charges.map(bodyOf) };
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await parts.client.call('chargeBatch', { body, signal });
    const again =
      outcome.kind === 'problem' && outcome.problem.status >= 500 && outcome.retryAfterMs === null;
    if (!again || attempt === quickTriesMax || signal.aborted) return outcome;
    await wait(parts.random() * quickTryDelayMs * attempt);
  }
}

function bodyOf(charge: OutboxCharge): ChargeBody {
  return {
    id: charge.id,
    ...(charge.holdId === null ? {} : { holdId: charge.holdId }),
    platform: charge.platform,
    operation: charge.operation,
    targetUserId: charge.targetUserId,
    ...(charge.campaignId === null ? {} : { campaignId: charge.campaignId }),
    deviceId: charge.deviceId,
    deviceSeq: charge.deviceSeq,
    expectedAmount: yuanText(charge.expectedAmount),
    occurredAt: new Date(charge.occurredAtMs).toISOString(),
  };
}

/** Each charge's own answer; one that the server left out, or answered without saying anything, is unknown. */
function settle(
  parts: PushParts,
  charges: readonly OutboxCharge[],
  results: readonly ChargeResult[],
): ReadonlyMap<string, SendOutcome> {
  const byId = new Map(results.map((result) => [result.id, result]));
  return new Map(charges.map((charge) => [charge.id, outcomeOf(parts, charge, byId.get(charge.id))]));
}

function outcomeOf(parts: PushParts, charge: OutboxCharge, result: ChargeResult | undefined): SendOutcome {
  if (result !== undefined && result.status !== 'rejected' && result.charge?.id === charge.id)
    return { kind: 'settled', charge: result.charge };
  const nextTryAtMs = parts.now() + backoff(parts, [charge]);
  const problem: Problem | undefined = result?.status === 'rejected' ? result.problem : undefined;
  if (problem === undefined) return { kind: 'unknown', reason: 'no result for it', nextTryAtMs };
  if (serverTroubles.has(problem.code)) return { kind: 'queued', problem, nextTryAtMs };
  return { kind: 'rejected', problem };
}

function backoff(parts: PushParts, charges: readonly OutboxCharge[]): number {
  const attempts = charges[0]?.attempts ?? 0;
  return backoffMs(attempts, { firstMs: retryDelayMsFirst, maxMs: retryDelayMsMax }, parts.random());
}

function all(charges: readonly OutboxCharge[], outcome: SendOutcome): Map<string, SendOutcome> {
  return new Map(charges.map((charge) => [charge.id, outcome]));
}
