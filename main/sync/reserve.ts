/**
 * The standing offline reserve (S6): a small hold that no campaign owns, kept up by the rounds, so that a campaign may
 * start without a network and never oversells. The only writer of `reserves`. It must never give back a hold that
 * charges still stand on, nor forget the id of one that may have been placed.
 *
 *   asking ──placed──▶ open ──used up, too large, turned off, signed out──▶ ending ──released──▶ ended
 *      └──refused──────────────────────────────────────────────────────────────────────────────────▲
 *
 * A reserve that has become too small is replaced: the new one is placed first, then what is left of the old one goes
 * back. What is left is reckoned here from the outbox, because the server knows nothing yet of what was spent offline.
 */
import { v7 as uuidv7 } from 'uuid';
import { Hold } from '../../shared/api.ts';
import type { SyncState } from '../../shared/ipc-desk.ts';
import { yuan, yuanText, type Micros } from '../../shared/money.ts';
import type { Cache } from '../cache/database.ts';
import type { Snapshots } from '../cache/snapshots.ts';
import { saysNothing } from './call-problem.ts';
import { unspent } from './charge-totals.ts';
import type { Outbox } from './outbox.ts';
import type { CallFailure, ServerClient } from './server-client.ts';

export interface Reserve {
  /** The hold that may be spent offline now; null when there is none, or its time is over. */
  usable(accountId: string): Hold | null;
  /** What of it no charge has taken up. */
  left(accountId: string): Micros;
  state(accountId: string): SyncState['reserve'];
  /** Whether this hold is, or was, the desk's reserve. */
  has(holdId: string): boolean;
  /**
   * Gives one back although a refused charge stands on it: the server then takes the charge from the balance. False when
   * charges are still on their way to it, or the server did not answer.
   */
  letGo(holdId: string): Promise<boolean>;
  /** Gives it back at once, because a campaign needs the money; there is no new one for a while. */
  yield(accountId: string): Promise<void>;
}

export interface OwnedReserve extends Reserve {
  /** A round's part: places, replaces, prolongs and releases. `changed`: the server's balance has moved. */
  keep(
    accountId: string,
    signal: AbortSignal,
  ): Promise<{ readonly failure: CallFailure | null; readonly changed: boolean }>;
  /** Gives it back if the server answers; else the next sign-in's rounds do. */
  giveUp(accountId: string, signal: AbortSignal): Promise<void>;
  /** Who may still charge a hold besides the outbox: campaigns under way. */
  guard(inUse: (holdId: string) => boolean): void;
}

export interface ReserveParts {
  readonly cache: Cache;
  readonly outbox: Outbox;
  readonly snapshots: Snapshots;
  readonly client: Pick<ServerClient, 'call'>;
  readonly deviceId: string;
  /** The amount that was set, in yuan; null for the rule, zero for none. */
  readonly chosen: () => string | null;
  readonly now: () => number;
  /** Called after a change was committed. */
  readonly onChange: () => void;
}

/** Where nothing is set: a tenth of the balance, and this much at most. */
const amountMaxByRule = yuan('100');
const cent = 10_000n;
/** How long one lives unless it is prolonged: over a weekend, and not much longer after its desk is gone for good. */
const reserveSeconds = 3 * 86_400;
/** A reserve that ends within this is prolonged. */
const extendBeforeMs = 2 * 24 * 3_600_000;
/** After a refusal, or when the money was needed elsewhere, no new one for this long. */
const pauseMs = 60_000;

interface Row {
  readonly hold_id: string;
  readonly account_id: string;
  readonly amount: bigint;
  readonly state: string;
  readonly hold: string | null;
}
type State = 'asking' | 'open' | 'ending' | 'ended';

export function createReserve(parts: ReserveParts): OwnedReserve {
  const keeper = new ReserveKeeper(parts);
  return {
    usable: (accountId) => keeper.usable(accountId),
    left: (accountId) => keeper.left(accountId),
    state(accountId) {
      const hold = keeper.usable(accountId);
      if (hold === null) return null;
      const { amount, expiresAt } = hold;
      return { amount, remaining: yuanText(keeper.left(accountId)), expiresAt };
    },
    has: (holdId) => keeper.has(holdId),
    letGo: (holdId) => keeper.letGo(holdId, AbortSignal.timeout(endMsMax)),
    keep: (accountId, signal) => keeper.keep(accountId, signal),
    async yield(accountId) {
      keeper.pause();
      await keeper.end(accountId, AbortSignal.timeout(endMsMax));
    },
    giveUp: (accountId, signal) => keeper.end(accountId, signal),
    guard: (inUse) => keeper.guard(inUse),
  };
}
const endMsMax = 5_000;

class ReserveKeeper {
  readonly #parts: ReserveParts;
  readonly #statements: Statements;
  #inUse: (holdId: string) => boolean = () => false;
  #notBeforeMs = 0;

  constructor(parts: ReserveParts) {
    this.#parts = parts;
    this.#statements = prepare(parts.cache);
  }

  guard(inUse: (holdId: string) => boolean): void {
    this.#inUse = inUse;
  }

  pause(): void {
    this.#notBeforeMs = this.#parts.now() + pauseMs;
  }

  usable(accountId: string): Hold | null {
    const [row] = this.#rows(accountId, 'open');
    const hold = row === undefined ? null : holdOf(row);
    return hold === null || Date.parse(hold.expiresAt) <= this.#parts.now() ? null : hold;
  }

  left(accountId: string): Micros {
    const hold = this.usable(accountId);
    return hold === null ? 0n : unspent(yuan(hold.amount), this.#parts.outbox.holdCharges(hold.id));
  }

  async keep(
    accountId: string,
    signal: AbortSignal,
  ): Promise<{ failure: CallFailure | null; changed: boolean }> {
    this.#plan(accountId);
    let changed = false;
    const steps = [
      () => this.#place(accountId, signal),
      () => this.#release(accountId, signal),
      () => this.#prolong(accountId, signal),
    ];
    for (const step of steps) {
      const outcome = await step();
      changed ||= outcome.changed;
      if (outcome.failure !== null) return { failure: outcome.failure, changed };
    }
    if (changed) this.#parts.onChange();
    return { failure: null, changed };
  }

  async end(accountId: string, signal: AbortSignal): Promise<void> {
    for (const row of this.#rows(accountId, 'open')) this.#move(row.hold_id, 'ending');
    // An answer that does not come is no matter: the row stays `ending`, and a later round asks again.
    await this.#release(accountId, signal);
    this.#parts.onChange();
  }

  has(holdId: string): boolean {
    return this.#statements.one.get(holdId) !== undefined;
  }

  async letGo(holdId: string, signal: AbortSignal): Promise<boolean> {
    if (!this.has(holdId) || this.#parts.outbox.holdCharges(holdId).pendingCount > 0) return false;
    const released = await this.#parts.client.call('releaseHold', { params: { id: holdId }, signal });
    if (released.kind !== 'ok' && released.kind !== 'not_modified' && saysNothing(released)) return false;
    this.#move(holdId, 'ended');
    this.#parts.onChange();
    return true;
  }

  /** Compares what there is with what there should be, and writes down what is to be asked for. */
  #plan(accountId: string): void {
    this.#parts.cache.transaction(() => {
      const balance = this.#parts.snapshots.read(accountId, 'balance')?.body;
      if (balance === undefined || this.#rows(accountId, 'asking').length > 0) return;
      const [open] = this.#rows(accountId, 'open');
      const left = this.left(accountId);
      const available = yuan(balance.available);
      const wanted = this.#wanted(yuan(balance.balance), available + left);
      // The rule follows the balance, which moves all the time, so it leaves room; what a person set is meant as it is.
      const byRule = this.#parts.chosen() === null;
      const isTooMuch = wanted === 0n || left > (byRule ? 2n * wanted : wanted);
      if (open !== undefined && isTooMuch) this.#move(open.hold_id, 'ending');
      if (wanted === 0n || this.#parts.now() < this.#notBeforeMs) return;
      if (open !== undefined && left * 2n >= wanted && (byRule || open.amount >= wanted)) return;
      // Without room for two at once the old one goes first, and the next round asks.
      if (available < wanted && open !== undefined) this.#move(open.hold_id, 'ending');
      else if (available >= wanted) this.#statements.ask.run(uuidv7(), accountId, wanted);
    });
  }

  #wanted(balance: Micros, reachable: Micros): Micros {
    const chosen = this.#parts.chosen();
    const tenth = balance / 10n;
    const byRule = tenth < amountMaxByRule ? tenth : amountMaxByRule;
    const wanted = chosen === null ? byRule : yuan(chosen);
    const possible = wanted < reachable ? wanted : reachable;
    return possible < cent ? 0n : possible - (possible % cent);
  }

  async #place(accountId: string, signal: AbortSignal): Promise<Outcome> {
    let changed = false;
    for (const { hold_id: id, amount } of this.#rows(accountId, 'asking')) {
      const body = {
        id,
        kind: 'reserve' as const,
        amount: yuanText(amount),
        deviceId: this.#parts.deviceId,
        expiresInSeconds: reserveSeconds,
      };
      const placed = await this.#parts.client.call('createHold', { body, signal });
      if (placed.kind === 'not_modified') throw new Error('a hold is never asked for by etag');
      if (placed.kind !== 'ok') {
        if (saysNothing(placed)) return { failure: placed, changed };
        this.#move(id, 'ended');
        this.pause();
      } else {
        this.#take(accountId, placed.body);
        changed = true;
      }
    }
    return { failure: null, changed };
  }

  #take(accountId: string, hold: Hold): void {
    this.#parts.cache.transaction(() => {
      for (const row of this.#rows(accountId, 'open')) this.#move(row.hold_id, 'ending');
      this.#statements.serve.run(JSON.stringify(hold), hold.id);
      this.#move(hold.id, hold.state === 'open' ? 'open' : 'ended');
    });
  }

  async #release(accountId: string, signal: AbortSignal): Promise<Outcome> {
    let changed = false;
    for (const { hold_id: id } of this.#rows(accountId, 'ending')) {
      if (this.#isStoodOn(id)) continue;
      const released = await this.#parts.client.call('releaseHold', { params: { id }, signal });
      if (released.kind !== 'ok' && released.kind !== 'not_modified' && saysNothing(released))
        return { failure: released, changed };
      this.#move(id, 'ended');
      changed = true;
    }
    return { failure: null, changed };
  }

  /** A charge that has not come through, or a campaign that may still make one, needs the hold. */
  #isStoodOn(id: string): boolean {
    const { pendingCount, rejectedCount } = this.#parts.outbox.holdCharges(id);
    return pendingCount > 0 || rejectedCount > 0 || this.#inUse(id);
  }

  async #prolong(accountId: string, signal: AbortSignal): Promise<Outcome> {
    const [row] = this.#rows(accountId, 'open');
    const hold = row === undefined ? null : holdOf(row);
    if (hold === null || Date.parse(hold.expiresAt) - this.#parts.now() > extendBeforeMs) return unchanged;
    const extended = await this.#parts.client.call('extendHold', {
      params: { id: hold.id },
      body: { expiresInSeconds: reserveSeconds },
      signal,
    });
    if (extended.kind === 'not_modified') throw new Error('a hold is never prolonged by etag');
    if (extended.kind !== 'ok') {
      if (saysNothing(extended)) return { failure: extended, changed: false };
      this.#move(hold.id, 'ended');
      return { failure: null, changed: true };
    }
    this.#statements.serve.run(JSON.stringify(extended.body), hold.id);
    return unchanged;
  }

  #rows(accountId: string, state: State): Row[] {
    return this.#statements.rows.all(accountId, state);
  }

  #move(id: string, state: State): void {
    this.#statements.move.run(state, id);
  }
}

interface Outcome {
  readonly failure: CallFailure | null;
  readonly changed: boolean;
}
const unchanged: Outcome = { failure: null, changed: false };

function prepare({ sql }: Cache) {
  return {
    rows: sql.prepare<[string, string], Row>(
      "SELECT * FROM reserves WHERE account_id = ? AND state <> 'ended' AND state = ?",
    ),
    one: sql.prepare<[string], Row>('SELECT * FROM reserves WHERE hold_id = ?'),
    ask: sql.prepare<[string, string, bigint]>(
      "INSERT INTO reserves (hold_id, account_id, amount, state) VALUES (?, ?, ?, 'asking')",
    ),
    serve: sql.prepare<[string, string]>('UPDATE reserves SET hold = ? WHERE hold_id = ?'),
    move: sql.prepare<[string, string]>('UPDATE reserves SET state = ? WHERE hold_id = ?'),
  };
}
type Statements = ReturnType<typeof prepare>;

function holdOf(row: Row): Hold | null {
  return row.hold === null ? null : Hold.parse(JSON.parse(row.hold));
}
