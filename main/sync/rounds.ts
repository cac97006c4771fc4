/**
 * When sync rounds run (S3), one at a time, and what is known of the last one; what a round does is round.ts. It must
 * never call a refusal or silence a success.
 *
 *              nudge, now, wake, sign-in, timer
 *   resting ─────────────────────────────────────▶ running ──▶ done: rest until the next charge is due, at most 5 minutes
 *      ▲                                              │
 *      └── after 2 s … 30 s, spread by chance ◀───────┴── failed: a nudge waits as well; now, wake and sign-in do not
 */
import type { Account } from '../../shared/api.ts';
import type { SyncState } from '../../shared/ipc-desk.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { yuanText } from '../../shared/money.ts';
import { problemOfError } from '../cache/database.ts';
import { backoffMs, type BackoffRange } from './backoff.ts';
import { fromCallFailure } from './call-problem.ts';
import type { Outbox } from './outbox.ts';
import type { OwnedReserve } from './reserve.ts';
import { runRound, type Reach, type RoundParts } from './round.ts';

export interface Rounds {
  /** Something is there to be pushed: a round soon, many nudges in one. Returns at once. */
  nudge(): void;
  /** Waits for a full round that began after this call, whatever it came to. */
  now(): Promise<void>;
  /**
   * The machine woke, a network appeared, or somebody came back to the page: a full round without waiting for any backoff,
   * also after one that is under way, which may be of the time before.
   */
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

export interface RoundsParts extends RoundParts {
  /** Whose rounds they are: known as well when the sign-in has expired. */
  readonly account: () => Account | null;
  readonly signedIn: () => boolean;
  readonly outbox: Outbox;
  readonly reserve: Pick<OwnedReserve, 'keep' | 'state'>;
  readonly random: () => number;
  /** A full round has brought everything here. */
  readonly onFull: () => void;
  /** A round threw: a mistake in this program, or a database that cannot be written. */
  readonly onError: (error: unknown) => void;
  readonly times: RoundTimes;
}

export function createRounds(parts: RoundsParts): OwnedRounds {
  const { changes, drift, log, times } = parts;
  let stopped = false;
  let running: { readonly done: Promise<void>; readonly abort: AbortController } | null = null;
  let timer: { readonly handle: NodeJS.Timeout; readonly atMs: number } | null = null;
  /** A wish for a round after the one under way; `waiting` are told when that one has ended. */
  let wanted: Reach | null = null;
  let waiting: (() => void)[] = [];
  /** The next round waits for no backoff. */
  let woken = false;
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
    woken = false;
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
    if (waiting.length > 0 || woken) begin('full');
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
      const failure = await runRound(parts, account, { reach, asked, signal });
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
      // What failed before says nothing of the network that there is now.
      failures = 0;
      woken = true;
      begin('full');
    },
    drifting() {
      const account = parts.account();
      return account !== null && drift.stopsCharging(account.id);
    },
    confirmDrift(serverHead) {
      const account = parts.account();
      const confirmed = account === null ? null : drift.confirm(account.id, serverHead);
      if (confirmed === null) return false;
      log.warn({ drift: confirmed }, 'a person lets charging go on although mirror and server differ');
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

/** Until the next charge is due or the next full round, whichever is first. */
function untilNext(parts: RoundsParts, times: RoundTimes, lastFullAtMs: number): number {
  const account = parts.account();
  if (account === null || !parts.signedIn()) return times.fullEveryMs;
  const nowMs = parts.now();
  const full = lastFullAtMs + times.fullEveryMs;
  const due = parts.drift.stopsCharging(account.id) ? null : parts.outbox.nextDueAtMs(account.id, nowMs);
  const at = due === null ? full : Math.min(due, full);
  return Math.min(Math.max(at - nowMs, times.nudgeDelayMs), times.fullEveryMs);
}

function stateOf(parts: RoundsParts, running: boolean, lastProblem: DeskProblem | null): SyncState {
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
    drift: parts.drift.of(account.id),
    numbers: parts.numbers.state(account.id),
  };
}
