/**
 * Points: estimated before work begins, charged by what it used in the end, if need be into debt. Prices are the price
 * book's, batches and debt the ledger's; this keeps nothing of its own.
 */
import type { Transaction } from '../../shared/api.ts';
import type { PriceBook, Usage, UsageQuote } from '../../shared/api-prices.ts';
import type { Points, PointsEstimate } from '../../shared/api-selling.ts';
import { quoteUsage } from '../../shared/usage-rating.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { refuse, refuseField, refuseUnpriced, type Refused } from '../ledger/refusal.ts';

export const point = 'POINT';

export interface PricedWork {
  readonly platform: string;
  readonly operation: string;
  readonly usage: Usage;
}

/** The most that work may cost. Refused with `debt_outstanding` while points are owed. */
export async function estimatePoints(
  ledger: Ledger,
  accountId: string,
  work: PricedWork,
  book: PriceBook | null,
): Promise<PointsEstimate | Refused> {
  const quote = pointsQuote(work, book);
  if ('refused' in quote) return quote;
  const { balance, available } = await ledger.unitState(accountId, point);
  if (balance < 0n) return refuse('debt_outstanding', { asset: point, balance: balance.toString() });
  return {
    quote,
    required: quote.total,
    available: available.toString(),
    sufficient: BigInt(quote.total) <= available,
  };
}

export interface PointsUse extends PricedWork {
  readonly id: string;
  readonly begun?: boolean | undefined;
}

/** Charges what was used, at the price of this moment; repeated under its id it is answered as it was charged. */
export async function usePoints(
  ledger: Ledger,
  accountId: string,
  work: PointsUse,
  { book, nowMs }: { readonly book: PriceBook | null; readonly nowMs: number },
): Promise<{ readonly transaction: Transaction; readonly replayed: boolean } | Refused> {
  const rating = pointsQuote(work, book);
  if ('refused' in rating) return rating;
  const { id, platform, operation, usage, begun } = work;
  return ledger.use({
    id,
    accountId,
    asset: point,
    amount: BigInt(rating.total),
    content: { platform, operation, ...usage, begun: begun === true ? 1 : 0 },
    begun: begun === true,
    platform,
    operation,
    ...(usage.kind === 'duration' ? { durationMs: usage.durationMs } : {}),
    ...(usage.kind === 'uses' ? { quantity: usage.count } : {}),
    rating,
    occurredAtMs: nowMs,
  });
}

function pointsQuote(work: PricedWork, book: PriceBook | null): UsageQuote | Refused {
  if (book === null) return refuseUnpriced(work);
  const quote = quoteUsage(book, work);
  if (!('code' in quote))
    return quote.asset === point
      ? quote
      : refuseField('operation', `${work.platform} ${work.operation} is not paid with points`);
  return quote.code === 'no_price'
    ? refuseUnpriced(work)
    : refuseField('usage.kind', `${work.platform} ${work.operation} is not priced by this`);
}

export async function readPoints(ledger: Ledger, accountId: string): Promise<Points> {
  const state = await ledger.unitState(accountId, point);
  return {
    balance: state.balance.toString(),
    available: state.available.toString(),
    debt: (state.balance < 0n ? -state.balance : 0n).toString(),
    debtLimit: state.debtLimit.toString(),
    recharged: state.recharged.toString(),
    consumed: state.consumed.toString(),
    expired: state.expired.toString(),
    batches: state.batches.slice(0, batchesMax).map((batch) => ({
      id: batch.id,
      amount: batch.amount.toString(),
      remaining: batch.remaining.toString(),
      source: batch.source,
      grantedAt: new Date(batch.effectiveAtMs).toISOString(),
      ...(batch.expiresAtMs === null ? {} : { expiresAt: new Date(batch.expiresAtMs).toISOString() }),
    })),
  };
}

/** Batches that one answer lists. */
const batchesMax = 100;
