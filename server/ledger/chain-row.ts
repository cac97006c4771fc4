/**
 * Builds the text that a transaction is hashed over, as `shared/chain.ts` defines it, at the speed of the engine's
 * own JSON: where every object's names already stand in order, `JSON.stringify` is the canonical JSON. It must
 * never give another text than the shared definition; verifying the ledger recomputes each hash with that one.
 */
import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { ChargePricing, Transaction } from '../../shared/api.ts';
import type { Quote, QuoteStep, UsageQuote } from '../../shared/api-prices.ts';

export type UnchainedTransaction = Omit<Transaction, 'prevHash' | 'hash'>;

export interface ChainedRow {
  readonly transaction: Transaction;
  /** The transaction's JSON, as it is stored and served. */
  readonly body: string;
}

export function chained(row: UnchainedTransaction, prevHash: string): ChainedRow {
  const canonical = JSON.stringify(inOrder(row));
  const digest = hash('sha256', `${prevHash}\n${canonical}`, 'hex');
  return {
    transaction: { ...row, prevHash, hash: digest },
    body: `${canonical.slice(0, -1)},"prevHash":"${prevHash}","hash":"${digest}"}`,
  };
}

/** Every name that a transaction may have, in the order of their code units; absent ones are undefined. */
function inOrder(row: UnchainedTransaction): object {
  return {
    accountId: row.accountId,
    amount: row.amount,
    asset: row.asset,
    balanceAfter: row.balanceAfter,
    campaignId: row.campaignId,
    deviceId: row.deviceId,
    deviceSeq: row.deviceSeq,
    durationMs: row.durationMs,
    expiresAt: row.expiresAt,
    holdId: row.holdId,
    id: row.id,
    kind: row.kind,
    note: row.note,
    occurredAt: row.occurredAt,
    operation: row.operation,
    platform: row.platform,
    pricing: row.pricing === undefined ? undefined : pricingInOrder(row.pricing),
    quantity: row.quantity,
    rating: row.rating === undefined ? undefined : canonical(row.rating),
    recordedAt: row.recordedAt,
    reversesId: row.reversesId,
    seq: row.seq,
    source: row.source,
    targetUserId: row.targetUserId,
  } satisfies Record<keyof UnchainedTransaction, unknown>;
}

/** By the shared definition itself: what is charged by use is not charged a hundred times in one statement. */
function canonical(rating: UsageQuote): unknown {
  return JSON.parse(canonicalize(rating) ?? '');
}

function pricingInOrder(pricing: ChargePricing): object {
  return {
    k: pricing.k,
    late: pricing.late,
    operation: pricing.operation,
    platform: pricing.platform,
    pricingVersion: pricing.pricingVersion,
    quantity: pricing.quantity,
    slices: pricing.slices?.map(({ fromQuantityExclusive, unitNet }) => ({ fromQuantityExclusive, unitNet })),
    steps: stepsInOrder(pricing.steps),
    subtotal: pricing.subtotal,
    total: pricing.total,
    unitNet: pricing.unitNet,
    unitPrice: pricing.unitPrice,
  } satisfies Record<keyof ChargePricing, unknown>;
}

/** All charges under one quote share its steps. */
const ordered = new WeakMap<Quote['steps'], object[]>();

function stepsInOrder(steps: Quote['steps']): object[] {
  let result = ordered.get(steps);
  if (result === undefined) {
    result = steps.map(stepInOrder);
    ordered.set(steps, result);
  }
  return result;
}

function stepInOrder(step: QuoteStep): object {
  return {
    amount: step.amount,
    applied: step.applied,
    fromQuantityExclusive: step.fromQuantityExclusive,
    kind: step.kind,
    level: step.level,
    multiplier: step.multiplier,
    reason: step.reason,
  } satisfies Record<keyof QuoteStep, unknown>;
}
