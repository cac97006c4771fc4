/**
 * Turns a price book and a usage into an amount with its explanation. Pure: the server charges with it and the
 * desk quotes with it, so both always arrive at the same cent. It must never read a clock, a store or a network.
 */
import { Decimal } from 'decimal.js';
import { microsPerYuan, roundToCent, yuan, yuanText, type Micros } from './money.ts';
import type { MemberLevel, PriceBook, PriceEntry, Quote, QuoteStep } from './api.ts';

const Exact = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_UP });

/** A price that cannot be quoted: the book has no such platform and operation. */
export interface NoPrice {
  readonly code: 'no_price';
  readonly platform: string;
  readonly operation: string;
}

export interface Usage {
  readonly platform: string;
  readonly operation: string;
  /** How many at once, a whole number of at least 1; decides the bulk tier. */
  readonly quantity: number;
  readonly memberLevel: MemberLevel;
}

interface Discount {
  readonly kind: 'bulk' | 'member';
  readonly multiplier: string;
  readonly eligible: boolean;
  readonly reason: QuoteStep['reason'];
  readonly fromQuantityExclusive?: number;
  readonly level?: MemberLevel;
}

/** The tier with the highest bound below the quantity, or the first one when the quantity reaches none. */
function bulkDiscount(price: PriceEntry, quantity: number): Discount | null {
  const tiers = price.tiers.toSorted((a, b) => a.fromQuantityExclusive - b.fromQuantityExclusive);
  const reached = tiers.findLast((tier) => quantity > tier.fromQuantityExclusive);
  const tier = reached ?? tiers[0];
  if (tier === undefined) return null;
  return {
    kind: 'bulk',
    multiplier: tier.multiplier,
    eligible: reached !== undefined,
    reason: reached === undefined ? 'quantity_too_small' : 'applied',
    fromQuantityExclusive: tier.fromQuantityExclusive,
  };
}

function memberDiscount(book: PriceBook, level: MemberLevel): Discount | null {
  const own = book.memberDiscounts.find((discount) => discount.level === level);
  const offered = own ?? book.memberDiscounts[0];
  if (offered === undefined) return null;
  return {
    kind: 'member',
    multiplier: offered.multiplier,
    eligible: own !== undefined,
    reason: own === undefined ? 'not_a_member' : 'applied',
    level: offered.level,
  };
}

/** Decides which of the eligible discounts count: all of them, or the one that leaves the lowest price. */
function applyStacking(stacking: PriceBook['stacking'], discounts: readonly Discount[]): readonly Discount[] {
  if (stacking === 'multiply') return discounts;
  let best: Discount | undefined;
  for (const discount of discounts) {
    if (!discount.eligible) continue;
    if (best === undefined || new Exact(discount.multiplier).lt(best.multiplier)) best = discount;
  }
  return discounts.map((discount) =>
    discount.eligible && discount !== best
      ? { ...discount, eligible: false, reason: 'another_is_better' }
      : discount,
  );
}

/** unit price × multipliers in micro-yuan; null when it does not come out whole, which a price book must not allow. */
function netUnit(unitPrice: string, multipliers: readonly string[]): Micros | null {
  let net = new Exact(unitPrice).mul(microsPerYuan.toString());
  for (const multiplier of multipliers) net = net.mul(multiplier);
  return net.isInteger() ? BigInt(net.toFixed(0)) : null;
}

/** What `count` units cost together: the only place where a follow price is rounded, half-up to the cent. */
export function amountForCount(unitNet: Micros, count: number): Micros {
  return roundToCent(unitNet * BigInt(count));
}

/**
 * The k-th charge under a quote, k from 1: the total of k less the total of k − 1. So any number of charges adds
 * up to exactly what the quote says for that number.
 */
export function amountOfKth(unitNet: Micros, k: number): Micros {
  return amountForCount(unitNet, k) - amountForCount(unitNet, k - 1);
}

/** Works out a usage's price with every discount considered, applied or not, and why. */
export function quote(book: PriceBook, usage: Usage): Quote | NoPrice {
  const price = book.prices.find((p) => p.platform === usage.platform && p.operation === usage.operation);
  if (price === undefined) return { code: 'no_price', platform: usage.platform, operation: usage.operation };
  const considered = [bulkDiscount(price, usage.quantity), memberDiscount(book, usage.memberLevel)].filter(
    (discount) => discount !== null,
  );

  const steps: QuoteStep[] = [];
  const taken: string[] = [];
  let running = amountForCount(yuan(price.unitPrice), usage.quantity);
  const subtotal = running;
  for (const { eligible, ...discount } of applyStacking(book.stacking, considered)) {
    const before = running;
    if (eligible) {
      taken.push(discount.multiplier);
      running = amountForCount(exactNet(price.unitPrice, taken), usage.quantity);
    }
    steps.push({ ...discount, applied: eligible, amount: yuanText(running - before) });
  }
  return {
    platform: usage.platform,
    operation: usage.operation,
    quantity: usage.quantity,
    unitPrice: yuanText(yuan(price.unitPrice)),
    subtotal: yuanText(subtotal),
    steps,
    unitNet: yuanText(exactNet(price.unitPrice, taken)),
    total: yuanText(running),
    pricingVersion: book.version,
  };
}

function exactNet(unitPrice: string, multipliers: readonly string[]): Micros {
  const net = netUnit(unitPrice, multipliers);
  if (net === null)
    throw new RangeError(`price book holds an inexact price: ${unitPrice} × ${multipliers.join(' × ')}`);
  return net;
}

/**
 * Checks what a schema cannot: each price times each combination of discounts must come out in whole micro-yuan,
 * so that rounding happens once. Returns one problem a price, empty when the book may be used.
 */
export function priceBookProblems(
  book: Pick<PriceBook, 'prices' | 'memberDiscounts'>,
): { path: string; message: string }[] {
  const problems: { path: string; message: string }[] = [];
  const seen = new Set<string>();
  for (const [index, price] of book.prices.entries()) {
    const key = `${price.platform}/${price.operation}`;
    if (seen.has(key)) problems.push({ path: `prices.${index}`, message: `${key} is priced twice` });
    seen.add(key);
    const tiers = [[], ...price.tiers.map((tier) => [tier.multiplier])];
    const members = [[], ...book.memberDiscounts.map((discount) => [discount.multiplier])];
    const inexact = tiers.some((tier) =>
      members.some((member) => netUnit(price.unitPrice, [...tier, ...member]) === null),
    );
    if (inexact)
      problems.push({
        path: `prices.${index}.unitPrice`,
        message: 'a discounted price has more than six decimals',
      });
  }
  return problems;
}
