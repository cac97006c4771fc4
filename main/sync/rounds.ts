/**
 * Sync rounds: push the outbox, pull the ledger, balance, prices and alerts, then compare (S3, S4). One round at a time.
 * It must never hold a transaction open across a request, nor call a refusal or silence a success.
 *
 *              nudge, now, wake, sign-in, timer
 *   resting ─────────────────────────────────────▶ running ──▶ done: rest until the next charge is due, at most 5 minutes
 *      ▲                                              │
 *      └── after 2 s … 30 s, spread by chance ◀───────┴── failed: a nudge waits as well; now, wake and sign-in do not
 *
 * Offline, a round begins with the cheapest question there is, so that coming back is noticed by itself and charges
 * are not claimed for nothing.
 */
import type { Account } from '../../shared/api.ts';
import type { DeskProblem, SyncState } from '../../shared/ipc.ts';
import { yuanText } from '../../shared/money.ts';
import { problemOfError } from '../cache/database.ts';
import type { Snapshots } from '../cache/snapshots.ts';
import type { Changes } from '../changes.ts';
import type { Log } from '../log.ts';
import { backoffMs, type BackoffRange } from './backoff.ts';
import { fromCallFailure } from './call-problem.ts';
import type { Numbers } from './numbers.ts';
import type { Outbox } from './outbox.ts';
import type { Drift, Puller } from './pull.ts';
import type { Pusher } from './push.ts';
import type { OwnedReserve } from './reserve.ts';
import type { CallFailure, ServerClient } from './server-client.ts';

export interface Rounds {
  /** Something is there to be pushed: a round soon, many nudges in one. Returns at once. */
  nudge(): void;
  /** Waits for a full round that began after this call, whatever it came to. */
  now(): Promise<void>;
  /** The machine woke or a network appeared: a full round without waiting for any backoff. */
  wake(): void;
  /** Mirror and server disagree with nothing pending, and no person has confirmed it: charging is stopped (S4). */
  drifting(): boolean;
  /** A person has seen both sides and lets charging go on. False when the server's head is not the one they saw. */
  confirmDrift(serverHead: string): boolean;
  /** A person has taken note of the numbers that are at odds (S2). */
  noteNumbers(): void;
  state(): SyncState;
}

export interface OwnedRounds extends Rounds {
  /** Runs `work` while no round is under way and none begins: for a change of account. A running one is ended. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** Ends what is under way; no round begins any more. */
  stop(): Promise<void>;
}

export interface RoundTimes {
  /** How long a nudge waits for others to join it. */
  readonly nudgeDelayMs: number;
  /** A full round at the latest after this. */
  readonly fullEveryMs: number;
  /** How long to wait after a failed round. */
  readonly retry: BackoffRange;
}
export const roundTimes: RoundTimes = {
  nudgeDelayMs: 100,
  fullEveryMs: 5 * 60_000,
  retry: { firstMs: 2_000, maxMs: 30_000 },
};

export interface RoundParts {
  /** Whose rounds they are: known as well when the sign-in has expired. */
  readonly account: () => Account | null;
  readonly signedIn: () => boolean;
  readonly client: ServerClient;
  readonly pusher: Pusher;
  readonly puller: Puller;
  readonly outbox: Outbox;
  readonly reserve: Pick<OwnedReserve, 'keep' | 'state'>;
  readonly numbers: Numbers;
  readonly snapshots: Snapshots;
  readonly changes: Changes;
  readonly log: Log;
  readonly now: () => number;
  readonly random: () => number;
  /** What the server says of the account now: its member level may have changed. */
  readonly onAccount: (account: Account) => void;
  /** A full round has brought everything here. */
  readonly onFull: () => void;
  /** A round threw: a mistake in this program, or a database that cannot be written. */
  readonly onError: (error: unknown) => void;
  readonly times: RoundTimes;
}

type Reach = 'nudged' | 'full';

export function createRounds(parts: RoundParts): OwnedRounds {
  const { changes, log, times } = parts;
  let stopped = false;
  let running: { readonly done: Promise<void>; readonly abort: AbortController } | null = null;
  let timer: { readonly handle: NodeJS.Timeout; readonly atMs: number } | null = null;
  /** A wish for a round after the one under way; `waiting` are told when that one has ended. */
  let wanted: Reach | null = null;
  let waiting: (() => void)[] = [];
  let failures = 0;
  /** What the server asked for after the last failure. */
  let retryAfterMs = 0;
  let lastFullAtMs = 0;
  let lastProblem: DeskProblem | null = null;
  /** Work that excludes rounds, one after the other. */
  let turn: Promise<unknown> = Promise.resolve();
  let excluded = 0;

  const schedule = (delayMs: number, reach: Reach): void => {
    if (stopped) return;
    // By a clock that nobody sets, as timers are.
    const atMs = performance.now() + delayMs;
    // A nudge does not push back the one before it: a steady stream of them would never come to its round.
    if (timer !== null && timer.atMs <= atMs) return;
    cancelTimer();
    const handle = setTimeout(() => {
      timer = null;
      begin(reach);
    }, delayMs);
    timer = { handle, atMs };
  };
  const cancelTimer = (): void => {
    if (timer !== null) clearTimeout(timer.handle);
    timer = null;
  };
  const retryDelay = (): number =>
    Math.max(backoffMs(failures - 1, times.retry, parts.random()), retryAfterMs);

  const begin = (reach: Reach): void => {
    if (stopped || running !== null || excluded > 0) {
      wanted = wanted === 'full' ? 'full' : reach;
      return;
    }
    cancelTimer();
    const told = waiting;
    waiting = [];
    // Either way: a clock that went back must not put full rounds off until it has caught up.
    const due = Math.abs(parts.now() - lastFullAtMs) >= times.fullEveryMs;
    const abort = new AbortController();
    const done = run(reach === 'full' || due ? 'full' : 'nudged', abort.signal, told.length > 0).finally(
      () => {
        running = null;
        changes.tell('sync');
        for (const tell of told) tell();
        rest();
      },
    );
    running = { done, abort };
    changes.tell('sync');
  };

  /** What comes after a round: the one that was wanted meanwhile, or a rest. */
  const rest = (): void => {
    if (stopped || excluded > 0) return;
    const next = wanted;
    wanted = null;
    if (waiting.length > 0) begin('full');
    else if (failures > 0) schedule(retryDelay(), 'full');
    else if (next !== null) schedule(next === 'full' ? 0 : times.nudgeDelayMs, next);
    else schedule(untilNext(parts, times, lastFullAtMs), 'nudged');
  };

  const run = async (reach: Reach, signal: AbortSignal, asked: boolean): Promise<void> => {
    const account = parts.account();
    if (account === null || !parts.signedIn()) {
      failures = 0;
      return;
    }
    try {
      const failure = await round(parts, account, reach, asked, signal);
      if (signal.aborted) return;
      lastProblem = failure === null ? null : fromCallFailure(failure);
      // A sign-in that ended is not mended by trying again: signing in begins a round by itself.
      failures = failure === null || failure.kind === 'signed_out' ? 0 : failures + 1;
      retryAfterMs = failure?.kind === 'problem' ? (failure.retryAfterMs ?? 0) : 0;
      if (failure !== null) return;
      if (reach === 'full') lastFullAtMs = parts.now();
      parts.snapshots.write(account.id, 'round', {}, { atMs: parts.now() });
      if (reach === 'full') parts.onFull();
    } catch (error) {
      log.error({ err: error }, 'round failed');
      parts.onError(error);
      failures += 1;
      lastProblem = problemOfError(error);
    }
  };

  /** Some other call found the connection gone, or back: rounds follow. */
  const stopListening = changes.listen(['online'], () => {
    if (running !== null) return;
    if (parts.client.online() === true) begin('full');
    else {
      failures = Math.max(failures, 1);
      rest();
    }
  });

  return {
    nudge() {
      if (running !== null || excluded > 0) wanted ??= 'nudged';
      else if (failures === 0) schedule(times.nudgeDelayMs, 'nudged');
    },
    now: () =>
      new Promise((resolve) => {
        if (stopped) {
          resolve();
          return;
        }
        waiting.push(resolve);
        begin('full');
      }),
    wake() {
      begin('full');
    },
    drifting: () => isStopped(parts),
    confirmDrift(serverHead) {
      const account = parts.account();
      const drift = driftOf(parts);
      if (account === null || drift === null || drift.server.head !== serverHead) return false;
      const confirmedAt = new Date(parts.now()).toISOString();
      log.warn({ drift }, 'a person lets charging go on although mirror and server differ');
      parts.snapshots.write(account.id, 'drift', { ...drift, confirmedAt }, { atMs: parts.now() });
      changes.tell('sync');
      begin('full');
      return true;
    },
    noteNumbers() {
      const account = parts.account();
      if (account === null) return;
      parts.numbers.takeNote(account.id);
      changes.tell('sync');
    },
    state: () => stateOf(parts, running !== null, lastProblem),
    async exclusive(work) {
      excluded += 1;
      const mine = turn.then(async () => {
        running?.abort.abort();
        await running?.done;
        return work();
      });
      // The next in line waits for this one however it ends; the caller gets the error.
      turn = mine.catch(() => undefined);
      try {
        return await mine;
      } finally {
        excluded -= 1;
        failures = 0;
        lastProblem = null;
        rest();
      }
    },
    async stop() {
      stopped = true;
      stopListening();
      cancelTimer();
      running?.abort.abort();
      await running?.done;
      for (const tell of waiting.splice(0)) tell();
    },
  };
}

/** One round; null when every part of it was answered. */
async function round(
  parts: RoundParts,
  account: Account,
  reach: Reach,
  asked: boolean,
  signal: AbortSignal,
): Promise<CallFailure | null> {
  const { client, pusher } = parts;
  if (client.online() === false) {
    const alive = await client.call('healthLive', { signal });
    if (isFailure(alive)) return alive;
  }
  if (!isStopped(parts)) {
    const failure = await pusher.push(account.id, signal);
    if (failure !== null) return failure;
  }
  const compareAlways = reach === 'full' || parts.outbox.pending(account.id).count === 0;
  const failure = await pullAndCompare(parts, account, compareAlways, asked, signal);
  if (failure !== null) return failure;

  const balanceFailure = await pullBalance(parts, account.id, signal);
  if (balanceFailure !== null) return balanceFailure;
  if (!isStopped(parts)) {
    const kept = await parts.reserve.keep(account.id, signal);
    const again = kept.changed ? await pullBalance(parts, account.id, signal) : null;
    if (kept.failure !== null || again !== null) return kept.failure ?? again;
  }
  return reach === 'full' ? pullBooks(parts, account.id, signal) : null;
}

async function pullBalance(
  { client, snapshots, changes, now }: RoundParts,
  accountId: string,
  signal: AbortSignal,
): Promise<CallFailure | null> {
  const balance = await client.call('balance', { signal });
  if (isFailure(balance)) return balance;
  if (balance.kind === 'ok') snapshots.write(accountId, 'balance', balance.body, { atMs: now() });
  changes.tell('balance');
  return null;
}

/** Prices, alerts, the account itself, the device's numbers: what changes seldom. */
async function pullBooks(
  parts: RoundParts,
  accountId: string,
  signal: AbortSignal,
): Promise<CallFailure | null> {
  const { client, snapshots } = parts;
  const known = snapshots.read(accountId, 'pricing');
  const conditional = known === null || known.etag === null ? {} : { ifNoneMatch: known.etag };
  const pricing = await client.call('pricing', { ...conditional, signal });
  if (isFailure(pricing)) return pricing;
  const atMs = parts.now();
  if (pricing.kind === 'ok')
    snapshots.write(accountId, 'pricing', pricing.body, { atMs, etag: pricing.etag });
  else if (known !== null) snapshots.write(accountId, 'pricing', known.body, { atMs, etag: known.etag });
  parts.changes.tell('pricing');

  const alerts = await client.call('alerts', { signal });
  if (isFailure(alerts)) return alerts;
  if (alerts.kind === 'ok') snapshots.write(accountId, 'alerts', alerts.body, { atMs });
  parts.changes.tell('alerts');

  const account = await client.call('account', { signal });
  if (isFailure(account)) return account;
  if (account.kind === 'ok') parts.onAccount(account.body);

  const numbers = await parts.numbers.check(accountId, signal);
  parts.changes.tell('sync');
  return numbers;
}

/**
 * S4: the mirror is compared up to its own last row, so rows that come in meanwhile do not matter. When they differ,
 * all is pulled again, once; after that only a person's asking pulls it again.
 */
async function pullAndCompare(
  parts: RoundParts,
  account: Account,
  compare: boolean,
  asked: boolean,
  signal: AbortSignal,
): Promise<CallFailure | null> {
  const { puller, log } = parts;
  const known = driftOf(parts);
  const pulled = await puller.pull(account, signal);
  if (pulled.kind === 'failed') return pulled.failure;
  if (pulled.kind === 'pulled' && !compare && known === null) return null;

  const first = await puller.compare(account.id, 'common', signal);
  if (first.kind === 'failed') return first.failure;
  if (first.kind === 'same' && pulled.kind === 'pulled') {
    setDrift(parts, account.id, null);
    return null;
  }
  if (known !== null && !asked) return null;

  log.warn({ pulled, compared: first }, 'mirror and server differ: all is pulled again');
  const again = await puller.pullAllAgain(account, signal);
  if (again.kind === 'failed') return again.failure;
  // Rows that could not be taken in lie beyond the mirror's last one, so then all there is gets compared.
  const second = await puller.compare(account.id, again.kind === 'pulled' ? 'common' : 'whole', signal);
  if (second.kind === 'failed') return second.failure;
  if (second.kind === 'differs')
    log.error({ again, compared: second }, 'mirror and server still differ: charging stops');
  setDrift(parts, account.id, second.kind === 'differs' ? second.drift : null);
  return null;
}

function isFailure(outcome: { readonly kind: string }): outcome is CallFailure {
  return outcome.kind !== 'ok' && outcome.kind !== 'not_modified';
}

function driftOf(parts: RoundParts): Drift | null {
  const account = parts.account();
  return account === null ? null : (parts.snapshots.read(account.id, 'drift')?.body ?? null);
}

/** S4: they differ, and no person has said that charging may go on. */
function isStopped(parts: RoundParts): boolean {
  const drift = driftOf(parts);
  return drift !== null && drift.confirmedAt === null;
}

function setDrift(parts: RoundParts, accountId: string, drift: Drift | null): void {
  const before = driftOf(parts);
  if (drift === null && before === null) return;
  // What a person has confirmed stays confirmed until the two agree.
  const kept = drift === null ? null : { ...drift, confirmedAt: before?.confirmedAt ?? null };
  parts.snapshots.write(accountId, 'drift', kept, { atMs: parts.now() });
  parts.changes.tell('sync');
}

/** Until the next charge is due or the next full round, whichever is first. */
function untilNext(parts: RoundParts, times: RoundTimes, lastFullAtMs: number): number {
  const account = parts.account();
  if (account === null || !parts.signedIn()) return times.fullEveryMs;
  const nowMs = parts.now();
  const full = lastFullAtMs + times.fullEveryMs;
  const due = !isStopped(parts) ? parts.outbox.nextDueAtMs(account.id, nowMs) : null;
  const at = due === null ? full : Math.min(due, full);
  return Math.min(Math.max(at - nowMs, times.nudgeDelayMs), times.fullEveryMs);
}

function stateOf(parts: RoundParts, running: boolean, lastProblem: DeskProblem | null): SyncState {
  const account = parts.account();
  const online = parts.client.online();
  if (account === null)
    return {
      online,
      running,
      lastSyncedAt: null,
      lastProblem,
      pendingCount: 0,
      pendingAmount: '0.00',
      attentionCount: 0,
      reserve: null,
      drift: null,
      numbers: null,
    };
  const pending = parts.outbox.pending(account.id);
  const last = parts.snapshots.read(account.id, 'round');
  return {
    online,
    running,
    lastSyncedAt: last === null ? null : new Date(last.fetchedAtMs).toISOString(),
    lastProblem,
    pendingCount: pending.count,
    pendingAmount: yuanText(pending.amount),
    attentionCount: parts.outbox.attentionCount(account.id),
    reserve: parts.reserve.state(account.id),
    drift: driftOf(parts),
    numbers: parts.numbers.state(account.id),
  };
}
