/**
 * Decides what pays for one call: quotas and packages by the token, in the product's order, and money for what they
 * lack. Pure; it must never move anything.
 */
import type { ModelPrice } from '../../shared/api-metering.ts';
import type { UsageQuote } from '../../shared/api-prices.ts';
import { assetText, cny } from '../../shared/assets.ts';
import { rateUsage } from '../../shared/usage-rating.ts';
import { callOperation, usagePriceOf } from './metering-catalogues.ts';

export interface Tokens {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** One asset's part of a call. */
export interface Due {
  readonly asset: string;
  /** Micro-yuan, or units; above zero. */
  readonly amount: bigint;
  /** Tokens that it pays for. */
  readonly quantity: number;
  /** How the amount came about (L9); units are a token each and need no price. */
  readonly rating?: UsageQuote;
}

export interface Paying {
  readonly product: string;
  readonly paidBy: readonly string[];
  /** Null where the model has none: needed only where money pays. */
  readonly price: ModelPrice | null;
  /** Of the metering catalogue. */
  readonly version: number;
  /** What an asset can still pay. */
  readonly spendable: (asset: string) => bigint;
}

/**
 * The parts in their order. The last asset is charged for all that those before it lack, whether or not it has that
 * much; its units are split into what there is and what will be owed. Input tokens are paid for first.
 */
export function duesOf({ product, paidBy, price, version, spendable }: Paying, used: Tokens): Due[] {
  const dues: Due[] = [];
  let { inputTokens, outputTokens } = used;
  for (const [index, asset] of paidBy.entries()) {
    const left = inputTokens + outputTokens;
    if (left === 0) break;
    if (asset === cny) {
      if (price === null) throw new Error('a call without a price is never to be paid with money');
      const due = moneyDue(product, price, version, { inputTokens, outputTokens });
      if (due !== null) dues.push(due);
      break;
    }
    const there = spendable(asset);
    const quantity = there <= 0n ? 0 : there < BigInt(left) ? Number(there) : left;
    if (quantity > 0) dues.push({ asset, amount: BigInt(quantity), quantity });
    const ofInput = Math.min(quantity, inputTokens);
    inputTokens -= ofInput;
    outputTokens -= quantity - ofInput;
    const lacking = left - quantity;
    if (index === paidBy.length - 1 && lacking > 0)
      dues.push({ asset, amount: BigInt(lacking), quantity: lacking });
  }
  return dues;
}

/** What no quota paid for is priced as a use of its own, minimum included. Null where it costs nothing. */
function moneyDue(product: string, price: ModelPrice, pricingVersion: number, used: Tokens): Due | null {
  const usage = { kind: 'tokens' as const, ...used };
  const rated = rateUsage(usagePriceOf(product, price), usage);
  if (rated === null) throw new Error('a price by tokens rates tokens');
  if (rated.amount === 0n) return null;
  const rating: UsageQuote = {
    platform: product,
    operation: callOperation,
    asset: cny,
    strategy: 'tokens',
    usage,
    steps: [...rated.steps],
    total: assetText(cny, rated.amount),
    pricingVersion,
  };
  return { asset: cny, amount: rated.amount, quantity: used.inputTokens + used.outputTokens, rating };
}
