/**
 * What the outbox's charges come to, kept in step with each charge that moves from one state to another: the sums of the
 * pending ones, which change with every success and would cost a page of the database each time, and each account's next
 * number are only remembered here; the changes to the sums of the ended ones are gathered, for the table that keeps
 * those. It is never the truth: when a transaction is undone it must be forgotten, and is counted from the rows again.
 */
import type { OutboxState } from '../../shared/ipc-outbox.ts';
import type { Micros } from '../../shared/money.ts';

const pendingStates = ['queued', 'sending', 'unknown'] as const;
export type PendingState = (typeof pendingStates)[number];
export type EndedState = Exclude<OutboxState, PendingState>;

/** What charges have in common that are summed up together. */
export interface TallyGroup {
  readonly accountId: string;
  readonly campaignId: string | null;
  readonly holdId: string | null;
}

/** Charges of one group and state; a change of their sum may be below zero. */
export interface TallySum<S extends OutboxState> extends TallyGroup {
  readonly state: S;
  readonly count: number;
  readonly amount: Micros;
}

/** Where a charge stands: its amount is what was paid once settled, what is expected before. */
export interface Standing {
  readonly state: OutboxState;
  readonly amount: Micros;
}

/** Reads the rows. */
export interface Counted {
  readonly pending: () => readonly TallySum<PendingState>[];
  readonly nextNumber: (accountId: string) => number;
}

export class Tally {
  readonly #counted: Counted;
  #pending: Map<string, TallySum<PendingState>> | null = null;
  readonly #ended = new Map<string, TallySum<EndedState>>();
  readonly #nextNumbers = new Map<string, number>();

  constructor(counted: Counted) {
    this.#counted = counted;
  }

  forget(): void {
    this.#pending = null;
    this.#ended.clear();
    this.#nextNumbers.clear();
  }

  /** The number that the account's next charge gets. */
  nextNumber(accountId: string): number {
    const known = this.#nextNumbers.get(accountId);
    if (known !== undefined) return known;
    const counted = this.#counted.nextNumber(accountId);
    this.#nextNumbers.set(accountId, counted);
    return counted;
  }

  /** That number was given to a charge. */
  numberGiven(accountId: string, number: number): void {
    this.#nextNumbers.set(accountId, number + 1);
  }

  /** One charge stood somewhere, null for a new one, and stands somewhere else now. */
  move(group: TallyGroup, from: Standing | null, to: Standing): void {
    if (from !== null) this.#add(group, from, -1);
    this.#add(group, to, 1);
  }

  /** Of the pending charges, one sum a state, campaign and hold: as few as those, however many charges there are. */
  pending(): readonly TallySum<PendingState>[] {
    this.#pending ??= new Map(this.#counted.pending().map((sum) => [keyOf(sum, sum.state), sum]));
    return [...this.#pending.values()];
  }

  /** By how much the sums of ended charges have changed since this was last asked. */
  takeEnded(): readonly TallySum<EndedState>[] {
    const changes = [...this.#ended.values()];
    this.#ended.clear();
    return changes;
  }

  #add(group: TallyGroup, { state, amount }: Standing, count: 1 | -1): void {
    if (!isPendingState(state)) add(this.#ended, group, state, amount, count);
    else if (this.#pending !== null) add(this.#pending, group, state, amount, count);
  }
}

function isPendingState(state: OutboxState): state is PendingState {
  return pendingStates.some((pending) => pending === state);
}

function keyOf({ accountId, campaignId, holdId }: TallyGroup, state: OutboxState): string {
  return `${state} ${accountId} ${campaignId ?? ''} ${holdId ?? ''}`;
}

function add<S extends OutboxState>(
  sums: Map<string, TallySum<S>>,
  group: TallyGroup,
  state: S,
  amount: Micros,
  count: 1 | -1,
): void {
  const key = keyOf(group, state);
  const before = sums.get(key);
  const { accountId, campaignId, holdId } = group;
  const after = {
    accountId,
    campaignId,
    holdId,
    state,
    count: (before?.count ?? 0) + count,
    amount: (before?.amount ?? 0n) + amount * BigInt(count),
  };
  if (after.count === 0 && after.amount === 0n) sums.delete(key);
  else sums.set(key, after);
}
