/**
 * What the ledger must answer, reckoned in memory for one asset of an account: a few lists and sums. It knows no
 * database, no chain and no transaction, and is there for tests alone; the server must never import it.
 */
import { yuanText, type Micros } from '../../shared/money.ts';
import { amountOfKth } from '../../shared/rating.ts';

export interface ModelBatch {
  readonly id: string;
  readonly amount: Micros;
  remaining: Micros;
  readonly priority: number;
  readonly effectiveAtMs: number;
  /** Never, when absent. */
  readonly expiresAtMs: number | undefined;
}

export interface ModelHold {
  readonly id: string;
  /** How many its campaign was quoted for; null on a reserve, and on units. */
  readonly quantity: number | null;
  readonly amount: Micros;
  state: 'open' | 'closed' | 'expired';
  captured: Micros;
  capturedCount: number;
  lateCount: number;
  expiresAtMs: number;
}

/** What a batch paid for a charge, and has not got back. */
interface Part {
  readonly batch: ModelBatch;
  amount: Micros;
}

export interface ModelCharge<Body> {
  readonly body: Body;
  readonly amount: Micros;
  readonly hold: ModelHold | undefined;
  readonly paidBy: Part[];
  refunded: Micros;
}

export class Model<Body> {
  nowMs: number;
  balance: Micros = 0n;
  /** How many rows the chain has of this asset. */
  rows = 0;
  readonly batches: ModelBatch[] = [];
  readonly holds: ModelHold[] = [];
  readonly charges: ModelCharge<Body>[] = [];
  readonly #unitNet: Micros;
  readonly #debtLimit: Micros;
  readonly #short: string;

  /** `unitNet` is the price of a follow, which only money has; `short` the refusal where there is too little. */
  constructor(unitNet: Micros, debtLimit: Micros, nowMs: number, short = 'insufficient_balance') {
    this.#short = short;
    this.#unitNet = unitNet;
    this.#debtLimit = debtLimit;
    this.nowMs = nowMs;
  }

  get held(): Micros {
    return this.holds.reduce((sum, hold) => sum + heldBy(hold), 0n);
  }

  get #available(): Micros {
    return this.balance - this.held;
  }

  get #spendable(): Micros {
    return this.#available + this.#debtLimit;
  }

  get #debt(): Micros {
    return this.balance < 0n ? -this.balance : 0n;
  }

  /** Ends holds, then batches, whose time is over, except what an open hold stands on. */
  settle(): void {
    for (const hold of this.holds)
      if (hold.state === 'open' && hold.expiresAtMs <= this.nowMs) hold.state = 'expired';
    for (const batch of this.batches.toSorted(byUse)) {
      if (batch.expiresAtMs === undefined || batch.expiresAtMs > this.nowMs) continue;
      const amount = least(batch.remaining, this.#available);
      if (amount <= 0n) continue;
      batch.remaining -= amount;
      this.#row(-amount);
    }
  }

  recharge(id: string, amount: Micros, priority = 0, expiresAtMs?: number): string {
    const remaining = amount - least(this.#debt, amount);
    this.batches.push({ id, amount, remaining, priority, effectiveAtMs: this.nowMs, expiresAtMs });
    this.#row(amount);
    return 'posted';
  }

  adjust(id: string, amount: Micros): string {
    if (amount > 0n) return this.recharge(id, amount);
    if (-amount > this.#spendable) return this.#short;
    this.#take(-amount);
    this.#row(amount);
    return 'posted';
  }

  /** `size` is a campaign's quantity, or a reserve's amount. */
  placeHold(id: string, size: number | Micros, expiresAtMs: number): string {
    if (this.balance < 0n) return 'debt_outstanding';
    const quantity = typeof size === 'number' ? size : null;
    const amount = typeof size === 'number' ? this.quoted(size) : size;
    if (amount > this.#available) return this.#short;
    this.holds.push({
      id,
      quantity,
      amount,
      state: 'open',
      captured: 0n,
      capturedCount: 0,
      lateCount: 0,
      expiresAtMs,
    });
    return 'posted';
  }

  extend(hold: ModelHold, expiresAtMs: number): string {
    if (hold.state !== 'open') return 'hold_closed';
    hold.expiresAtMs = Math.max(hold.expiresAtMs, expiresAtMs);
    return 'open';
  }

  release(hold: ModelHold): string {
    if (hold.state === 'open') hold.state = 'closed';
    return hold.state;
  }

  /** A charge that the ledger has not seen, for a target that it has not seen. */
  charge(body: Body, hold: ModelHold | undefined): string {
    if (hold === undefined && this.balance < 0n) return 'debt_outstanding';
    const late = hold !== undefined && hold.state !== 'open';
    const locked = hold !== undefined && hold.quantity !== null;
    const k = locked ? hold.capturedCount + hold.lateCount + 1 : 1;
    const amount = amountOfKth(this.#unitNet, k);
    if (locked && k > hold.quantity) return 'hold_exceeded';
    if (hold !== undefined && !locked && !late && amount > heldBy(hold)) return 'hold_exceeded';
    if ((hold === undefined || late) && amount > this.#spendable) return 'insufficient_balance';
    if (hold !== undefined && !late) {
      hold.captured += amount;
      hold.capturedCount += 1;
    }
    if (locked && late) hold.lateCount += 1;
    this.charges.push({ body, amount, hold, paidBy: this.#take(amount), refunded: 0n });
    this.#row(-amount);
    return `charged ${yuanText(amount)}`;
  }

  /** One charge that is for no follow; `begun` when nothing was owed yet. */
  use(body: Body, amount: bigint, begun: boolean): string {
    if (!begun && this.balance < 0n) return 'debt_outstanding';
    if (amount > this.#spendable) return this.#short;
    this.charges.push({ body, amount, hold: undefined, paidBy: this.#take(amount), refunded: 0n });
    this.#row(-amount);
    return 'posted';
  }

  /** Charges units that were set aside, and frees the rest of them. */
  capture(body: Body, hold: ModelHold, amount: bigint): string {
    if (hold.state === 'closed') return 'hold_closed';
    if (amount > hold.amount) return 'hold_exceeded';
    if (hold.state === 'expired') return this.use(body, amount, true);
    hold.captured = amount;
    hold.capturedCount = 1;
    hold.state = 'closed';
    return this.use(body, amount, true);
  }

  /** All that is left of the charge when `asked` is undefined. */
  refund(id: string, charge: ModelCharge<Body>, asked: Micros | undefined): string {
    const left = charge.amount - charge.refunded;
    const amount = asked ?? left;
    if (amount <= 0n || amount > left) return 'refund_exceeds';
    let rest = amount - least(this.#debt, amount);
    for (const part of charge.paidBy.toSorted((a, b) => byUse(b.batch, a.batch))) {
      const back = least(part.amount, rest);
      part.amount -= back;
      part.batch.remaining += back;
      rest -= back;
    }
    if (rest > 0n)
      this.batches.push({
        id,
        amount: rest,
        remaining: rest,
        priority: 0,
        effectiveAtMs: this.nowMs,
        expiresAtMs: undefined,
      });
    charge.refunded += amount;
    this.#row(amount);
    return 'posted';
  }

  /** What so many cost under one quote. */
  quoted(quantity: number): Micros {
    return Array.from({ length: quantity }, (_, k) => amountOfKth(this.#unitNet, k + 1)).reduce(
      (sum, amount) => sum + amount,
      0n,
    );
  }

  #take(amount: Micros): Part[] {
    const parts: Part[] = [];
    let left = amount;
    for (const batch of this.batches.toSorted(byUse)) {
      const part = least(batch.remaining, left);
      if (part === 0n) continue;
      batch.remaining -= part;
      left -= part;
      parts.push({ batch, amount: part });
    }
    return parts;
  }

  #row(amount: Micros): void {
    this.balance += amount;
    this.rows += 1;
  }
}

/** What the hold still sets aside. */
function heldBy(hold: ModelHold): Micros {
  return hold.state === 'open' ? hold.amount - hold.captured : 0n;
}

/** Which of two batches is used first. */
function byUse(a: ModelBatch, b: ModelBatch): number {
  const never = Number.POSITIVE_INFINITY;
  if (a.priority !== b.priority) return a.priority - b.priority;
  if (a.expiresAtMs !== b.expiresAtMs) return (a.expiresAtMs ?? never) - (b.expiresAtMs ?? never);
  return a.effectiveAtMs - b.effectiveAtMs || (a.id < b.id ? -1 : 1);
}

function least(a: Micros, b: Micros): Micros {
  return a < b ? a : b;
}
