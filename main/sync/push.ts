/**
 * Sends the outbox to the server in the device's order, in batches with an answer per charge, and writes down what
 * became of each. Two full batches are on their way at a time, so that the server always has one, whatever the desk does
 * with the answers; a short one, which could overtake the one before it, waits for that one's answer. It must never leave a claimed charge `sending`, nor take silence for success or refusal.
 */
import { setImmediate as giveWay, setTimeout as wait } from 'node:timers/promises';
import { chargeBatchMax } from '../../shared/api-words.ts';
import type { Balance, ChargeBody, ChargeResult } from '../../shared/api.ts';
import type { Problem } from '../../shared/api-words.ts';
import type { ServerProblemCode } from '../../shared/errors.ts';
import { yuanText } from '../../shared/money.ts';
import { repeatableTransaction, type Cache } from '../cache/database.ts';
import type { Snapshots } from '../cache/snapshots.ts';
import { backoffMs } from './backoff.ts';
import type { OutboxCharge, SendOutcome } from './charge.ts';
import type { Outbox } from './outbox.ts';
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

/** What a batch came to, to be written down. */
interface Batch extends Pick<BatchAnswer, 'outcomes' | 'balance'> {
  readonly accountId: string;
}

/** A batch that was sent: what came of it, and what went wrong in this program, if anything did. */
type Flight = Promise<BatchAnswer & { readonly error?: unknown }>;
const flightsMax = 2;

export function createPusher(parts: PushParts): Pusher {
  const { outbox, now } = parts;
  /** What could not be written down: a full disk must not leave its charges `sending`. */
  const unwritten: Batch[] = [];
  const write = async (batch: Batch): Promise<true> => {
    const left = new Map(batch.outcomes);
    try {
      await writeInSteps(parts, batch, left);
    } catch (error) {
      unwritten.push({ ...batch, outcomes: left });
      throw error;
    }
    parts.onRecorded();
    return true;
  };
  const pushAll = async (accountId: string, signal: AbortSignal): Promise<CallFailure | null> => {
    for (let batch = unwritten.shift(); batch !== undefined; batch = unwritten.shift()) await write(batch);
    const flights: { readonly size: number; readonly landed: Flight }[] = [];
    const isFull = (): boolean => {
      const underWay = flights.reduce((sum, { size }) => sum + size, 0);
      return outbox.pending(accountId).count - underWay >= chargeBatchMax;
    };
    /** Why no more is sent. What is on its way is waited for and written down all the same. */
    let failure: CallFailure | null = null;
    const troubles: unknown[] = [];
    const unlessTrouble = async (work: () => Promise<boolean>): Promise<boolean> => {
      try {
        return await work();
      } catch (error) {
        troubles.push(error);
        return false;
      }
    };
    /** False: nothing was sent. */
    const sendNext = async (): Promise<boolean> => {
      if (failure !== null || troubles.length > 0 || flights.length === flightsMax) return false;
      if (flights.length > 0 && !isFull()) return false;
      const claimed = outbox.claim(accountId, now());
      if (claimed.length === 0) return false;
      flights.push({ size: claimed.length, landed: sendOrForget(parts, claimed, signal) });
      await giveWay(); // so that the batch leaves before anything else is done
      return true;
    };
    const sendAll = async (): Promise<void> => {
      while (await unlessTrouble(sendNext));
    };
    await sendAll();
    for (let first = flights.shift(); first !== undefined; first = flights.shift()) {
      const { error, failure: failed, ...answer } = await first.landed;
      failure ??= failed;
      if (error !== undefined) troubles.push(error);
      await sendAll();
      await unlessTrouble(() => write({ accountId, ...answer }));
      await sendAll();
    }
    if (troubles.length > 0) throw troubles[0];
    return failure;
  };
  let turn: Promise<unknown> = Promise.resolve();
  return {
    push(accountId, signal) {
      // One at a time, so that the order is kept.
      const mine = turn.then(() => pushAll(accountId, signal));
      turn = mine.catch(() => undefined);
      return mine;
    },
  };
}

/** So many answers are written down in one transaction: everything else may go on between two of them. */
const writtenAtOnceMax = 100;

/** Takes out of `left` what is written. */
async function writeInSteps(
  { cache, outbox, snapshots, now }: PushParts,
  { accountId, balance }: Batch,
  left: Map<string, SendOutcome>,
): Promise<void> {
  for (;;) {
    const step = new Map([...left].slice(0, writtenAtOnceMax));
    repeatableTransaction(cache, () => {
      outbox.record(step, now());
      if (balance !== null && step.size === left.size)
        snapshots.write(accountId, 'balance', balance, { atMs: now() });
    });
    for (const id of step.keys()) left.delete(id);
    if (left.size === 0) return;
    await giveWay();
  }
}

/** Whatever goes wrong in this program, the claimed charges are put down as unknown before it is told. */
async function sendOrForget(
  parts: PushParts,
  claimed: readonly OutboxCharge[],
  signal: AbortSignal,
): Promise<BatchAnswer & { readonly error?: unknown }> {
  try {
    return await sendBatch(parts, claimed, signal);
  } catch (error) {
    const outcomes = all(claimed, { kind: 'unknown', reason: 'desk error', nextTryAtMs: 0 });
    return { outcomes, balance: null, failure: null, error };
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
