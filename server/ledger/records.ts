/**
 * What the ledger holds in memory while a posting lasts, and what it writes: plain records, which know no table and decide
 * nothing.
 */
import type { AlertSettings, Transaction } from '../../shared/api.ts';
import type { Quote } from '../../shared/api-prices.ts';
import type { MemberLevel } from '../../shared/api-words.ts';
import type { Micros } from '../../shared/money.ts';

// ── What there is ───────────────────────────────────────────────────────────────────────────────────────────

export interface Head {
  readonly lastSeq: number;
  readonly head: string;
  readonly lastEvent: number;
  /** The account was told that its money runs low and has not recovered since. */
  readonly lowBalance: boolean;
}

export interface AccountFacts {
  readonly frozen: boolean;
  readonly memberLevel: MemberLevel;
  readonly timeZone: string;
}

export interface WalletState {
  readonly balance: bigint;
  readonly held: bigint;
  /** How far the balance may go below zero; 0 on a strict wallet. */
  readonly debtLimit: bigint;
}

export interface AccountState extends WalletState {
  readonly account: AccountFacts;
  readonly alerts: AlertSettings;
  /** Sealed, as a mail's row has it; empty where there is none. */
  readonly alertAddress: string;
}

/** A batch of money; only `remaining` ever changes. */
export interface Grant {
  readonly id: string;
  readonly amount: Micros;
  remaining: Micros;
  /** The smallest is used first. */
  readonly priority: number;
  readonly source: string;
  readonly effectiveAtMs: number;
  readonly expiresAtMs: number | null;
}

export interface HoldRecord {
  readonly id: string;
  /** `units`: of an asset beside money, for a service. */
  readonly kind: 'campaign' | 'reserve' | 'units';
  readonly asset: string;
  /** What units are set aside for; null on a hold of money. */
  readonly service: string | null;
  state: 'open' | 'closed' | 'expired';
  readonly campaignId: string | null;
  /** The locked price; null on a reserve, and on units. */
  readonly quote: Quote | null;
  readonly amount: Micros;
  captured: Micros;
  capturedCount: number;
  /** How many were charged at the locked price after the hold had ended. */
  lateCount: number;
  released: Micros;
  /** Null on units. */
  readonly deviceId: string | null;
  readonly requestHash: string;
  readonly createdAtMs: number;
  expiresAtMs: number;
}

export interface KnownTransaction {
  readonly requestHash: string;
  readonly transaction: Transaction;
}

/** A charge's target; without a campaign of its own it belongs to its hold's. */
export interface Target {
  readonly campaignId: string | undefined;
  readonly holdId: string | undefined;
  readonly platform: string;
  readonly operation: string;
  readonly targetUserId: string;
}

// ── What a posting adds, and where it ends ──────────────────────────────────────────────────────────────────

export interface TransactionRow {
  readonly transaction: Transaction;
  /** The transaction's JSON. */
  readonly body: string;
  readonly amount: Micros;
  readonly balanceAfter: Micros;
  readonly requestHash: string;
  /** The one batch that it came from or went back to, if there is just one. */
  readonly grantId: string | undefined;
}

export interface DailyTotal {
  readonly day: string;
  readonly kind: Transaction['kind'];
  readonly platform: string;
  count: number;
  amount: Micros;
}

export interface AccountEvent {
  readonly n: number;
  readonly kind: 'balance' | 'hold' | 'alert' | 'order';
  readonly body: Readonly<Record<string, unknown>>;
}

export interface GrantUse {
  readonly seq: number;
  readonly grantId: string;
  /** Below zero: given back. */
  readonly amount: Micros;
}

/** Where a posting leaves one asset. */
export interface WalletEnding extends WalletState {
  readonly asset: string;
  readonly changedGrants: readonly Grant[];
  /** What the posting adds to the totals. */
  readonly totals: readonly DailyTotal[];
}

export interface Ending extends WalletEnding {
  readonly lastSeq: number;
  readonly head: string;
  readonly nowMs: number;
  readonly lowBalance: boolean;
  /** Numbered on from the account's last one; at least one. */
  readonly events: readonly AccountEvent[];
}
