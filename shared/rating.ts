/**
 * Turns a price book and a number of follows into an amount with its explanation. Pure: the server charges with it
 * and the desk quotes with it, so both always arrive at the same cent. It must never read a clock, a store or a
 * network. What is paid by use, not by the piece, is in usage-rating.ts.
 */
import { Decimal } from 'decimal.js';
import { microsPerYuan, roundToCent, yuan, yuanLimit, yuanText, type Micros } from './money.ts';
import type { PriceBook, PriceEntry, Quote, QuoteStep } from './api-prices.ts';
import { quantityMax, type MemberLevel } from './api-words.ts';
import { usagePriceProblems } from './usage-rating.ts';

const Exact = Decimal.clone({ precision: 60, rounding: Decimal.ROUND_HALF_UP });

/**
 * A price that cannot be quoted: the book has no such platform and operation, or, a book from before
 * `priceBookProblems` refused it, one that does not come out in whole micro-yuan or is too large to be written.
 */
export interface NoPrice {
  readonly code: 'no_price';
  readonly reason: 'missing' | 'inexact' | 'too_large';
  readonly platform: string;
  readonly operation: string;
}

export interface PieceUsage {
  readonly platform: string;
  readonly operation: string;
  /** How many at once, a whole number of at least 1; decides the bulk tier. */
  readonly quantity: number;
  readonly memberLevel: MemberLevel;
}

/** What charges under a quote are cut from. */
export type Terms = Pick<Quote, 'unitNet' | 'slices'>;

interface Discount {
  readonly kind: 'bulk' | 'member';
  readonly multiplier: string;
  readonly eligible: boolean;
  readonly reason: QuoteStep['reason'];
  readonly fromQuantityExclusive?: number;
  readonly level?: MemberLevel;
  /** The units that it is for: those beyond the one number, up to the other. */
  readonly beyond: number;
  readonly upTo: number;
}

const everyUnit = { beyond: 0, upTo: Number.MAX_SAFE_INTEGER };

/** The tiers that count for the quantity, or the first one, not eligible, when it reaches none. */
function bulkDiscounts({ tiers, tierMode }: PriceEntry, quantity: number): Discount[] {
  const inOrder = tiers.toSorted((a, b) => a.fromQuantityExclusive - b.fromQuantityExclusive);
  const reached = inOrder.filter((tier) => quantity > tier.fromQuantityExclusive);
  if (reached.length === 0)
    return inOrder.slice(0, 1).map((tier) => ({
      kind: 'bulk',
      ...tier,
      eligible: false,
      reason: 'quantity_too_small',
      ...everyUnit,
    }));
  const taken = { kind: 'bulk', eligible: true, reason: 'applied' } as const;
  if (tierMode !== 'graduated') return reached.slice(-1).map((tier) => ({ ...taken, ...tier, ...everyUnit }));
  return reached.map((tier, index) => ({
    ...taken,
    ...tier,
    beyond: tier.fromQuantityExclusive,
    upTo: reached[index + 1]?.fromQuantityExclusive ?? everyUnit.upTo,
  }));
}

function memberDiscounts(book: PriceBook, level: MemberLevel): Discount[] {
  const own = book.memberDiscounts.find((discount) => discount.level === level);
  const offered = own ?? book.memberDiscounts[0];
  if (offered === undefined) return [];
  return [
    {
      kind: 'member',
      multiplier: offered.multiplier,
      eligible: own !== undefined,
      reason: own === undefined ? 'not_a_member' : 'applied',
      level: offered.level,
      ...everyUnit,
    },
  ];
}

/** unit price × multipliers in micro-yuan; null when it does not come out whole, which a price book must not allow. */
function netUnit(unitPrice: string, multipliers: readonly string[]): Micros | null {
  let net = new Exact(unitPrice).mul(microsPerYuan.toString());
  for (const multiplier of multipliers) net = net.mul(multiplier);
  return net.isInteger() ? BigInt(net.toFixed(0)) : null;
}

/** What each unit costs beyond a number, the first from 0. */
type Slices = readonly { readonly fromQuantityExclusive: number; readonly net: Micros }[];

/** The slices that the discounts cut; null when one of them has an inexact price. */
function slicesUnder(unitPrice: string, discounts: readonly Discount[]): Slices | null {
  const bounds = discounts.flatMap(({ beyond, upTo }) => (upTo === everyUnit.upTo ? beyond : [beyond, upTo]));
  const cuts = [...new Set([0, ...bounds])].toSorted((a, b) => a - b);
  const slices: { fromQuantityExclusive: number; net: Micros }[] = [];
  for (const cut of cuts) {
    const here = discounts.filter(({ beyond, upTo }) => beyond <= cut && cut < upTo);
    const net = netUnit(
      unitPrice,
      here.map(({ multiplier }) => multiplier),
    );
    if (net === null) return null;
    slices.push({ fromQuantityExclusive: cut, net });
  }
  return slices;
}

/** What `count` units cost together, before rounding. */
function exactAmount(slices: Slices, count: number): Micros {
  let amount = 0n;
  for (const [index, { fromQuantityExclusive, net }] of slices.entries()) {
    const end = Math.min(count, slices[index + 1]?.fromQuantityExclusive ?? count);
    if (end > fromQuantityExclusive) amount += net * BigInt(end - fromQuantityExclusive);
  }
  return amount;
}

/** As a quote carries them: only where there is more than one price. */
function termsOf(slices: Slices): Terms {
  const [first, ...others] = slices.filter(({ net }, index) => net !== slices[index - 1]?.net);
  const unitNet = yuanText(first?.net ?? 0n);
  if (first === undefined || others.length === 0) return { unitNet };
  return {
    unitNet,
    slices: [first, ...others].map(({ net, ...slice }) => ({ ...slice, unitNet: yuanText(net) })),
  };
}

function slicesOf({ unitNet, slices }: Terms): Slices {
  if (slices === undefined) return [{ fromQuantityExclusive: 0, net: yuan(unitNet) }];
  return slices.map((slice) => ({ ...slice, net: yuan(slice.unitNet) }));
}

/** What the first `count` units under a quote cost together: here a follow's price is rounded, half-up to the cent. */
export function amountUnder(terms: Terms, count: number): Micros {
  return roundToCent(exactAmount(slicesOf(terms), count));
}

/**
 * The k-th charge under a quote, k from 1: the total of k less the total of k − 1. So any number of charges adds
 * up to exactly what the quote says for that number.
 */
export function kthAmountUnder(terms: Terms, k: number): Micros {
  const slices = slicesOf(terms);
  return roundToCent(exactAmount(slices, k)) - roundToCent(exactAmount(slices, k - 1));
}

/** Whether any number of charges comes to the same under both. */
export function sameTerms(a: Terms, b: Terms): boolean {
  const [these, those] = [slicesOf(a), slicesOf(b)];
  return (
    these.length === those.length &&
    these.every(
      ({ fromQuantityExclusive, net }, index) =>
        fromQuantityExclusive === those[index]?.fromQuantityExclusive && net === those[index].net,
    )
  );
}

/** What `count` units cost together that cost `unitNet` each. */
export function amountForCount(unitNet: Micros, count: number): Micros {
  return roundToCent(unitNet * BigInt(count));
}

/** Of such units, what the k-th charge is. */
export function amountOfKth(unitNet: Micros, k: number): Micros {
  return amountForCount(unitNet, k) - amountForCount(unitNet, k - 1);
}

/** Works out a usage's price with every discount considered, applied or not, and why. */
export function quote(book: PriceBook, usage: PieceUsage): Quote | NoPrice {
  const { platform, operation, quantity, memberLevel } = usage;
  const noPrice = (reason: NoPrice['reason']): NoPrice => ({ code: 'no_price', reason, platform, operation });
  const price = book.prices.find((p) => p.platform === platform && p.operation === operation);
  if (price === undefined) return noPrice('missing');
  const subtotal = amountForCount(yuan(price.unitPrice), quantity);
  if (subtotal >= yuanLimit) return noPrice('too_large');
  const groups = [bulkDiscounts(price, quantity), memberDiscounts(book, memberLevel)];
  const best = book.stacking === 'multiply' ? groups : lowest(price.unitPrice, groups, quantity);
  let slices = slicesUnder(price.unitPrice, []);
  if (best === null || slices === null) return noPrice('inexact');

  const steps: QuoteStep[] = [];
  const taken: Discount[] = [];
  let running = subtotal;
  for (const group of groups) {
    for (const discount of group) {
      const { eligible, beyond: _beyond, upTo: _upTo, ...step } = discount;
      const before = running;
      const applied = eligible && best.includes(group);
      if (applied) {
        taken.push(discount);
        slices = slicesUnder(price.unitPrice, taken);
        if (slices === null) return noPrice('inexact');
        running = roundToCent(exactAmount(slices, quantity));
      }
      const reason = eligible && !applied ? 'another_is_better' : step.reason;
      steps.push({ ...step, reason, applied, amount: yuanText(running - before) });
    }
  }
  return {
    platform,
    operation,
    quantity,
    unitPrice: yuanText(yuan(price.unitPrice)),
    subtotal: yuanText(subtotal),
    steps,
    ...termsOf(slices),
    total: yuanText(running),
    pricingVersion: book.version,
  };
}

/** The one group of eligible discounts that leaves the lowest price, of equals the first; null when one is inexact. */
function lowest(unitPrice: string, groups: readonly Discount[][], quantity: number): Discount[][] | null {
  let best: { readonly group: Discount[]; readonly amount: Micros } | undefined;
  for (const group of groups) {
    if (!group.some(({ eligible }) => eligible)) continue;
    const slices = slicesUnder(unitPrice, group);
    if (slices === null) return null;
    const amount = exactAmount(slices, quantity);
    if (best === undefined || amount < best.amount) best = { group, amount };
  }
  return best === undefined ? [] : [best.group];
}

/**
 * Checks what a schema cannot: each price times each combination of discounts must come out in whole micro-yuan,
 * so that rounding happens once, and the largest quantity of it must be an amount that can be written. Returns one
 * problem a field, empty when the book may be used.
 */
export function priceBookProblems(
  book: Pick<PriceBook, 'prices' | 'memberDiscounts' | 'usagePrices'>,
): { path: string; message: string }[] {
  const problems: { path: string; message: string }[] = [];
  const seen = new Set<string>();
  const priceOnce = (
    path: string,
    { platform, operation }: { platform: string; operation: string },
  ): void => {
    const key = `${platform}/${operation}`;
    if (seen.has(key)) problems.push({ path, message: `${key} is priced twice` });
    seen.add(key);
  };
  for (const [index, price] of book.prices.entries()) {
    const path = `prices.${index}`;
    priceOnce(path, price);
    for (const { field, message } of pieceProblems(price, book.memberDiscounts))
      problems.push({ path: `${path}.${field}`, message });
  }
  for (const [index, price] of (book.usagePrices ?? []).entries()) {
    const path = `usagePrices.${index}`;
    priceOnce(path, price);
    for (const { field, message } of usagePriceProblems(price))
      problems.push({ path: `${path}.${field}`, message });
  }
  return problems;
}

function pieceProblems(
  { unitPrice, tiers }: PriceEntry,
  members: PriceBook['memberDiscounts'],
): { field: string; message: string }[] {
  const problems: { field: string; message: string }[] = [];
  if (yuan(unitPrice) * BigInt(quantityMax) >= yuanLimit)
    problems.push({ field: 'unitPrice', message: `${quantityMax} of it cannot be written as an amount` });
  const inexact = [[], ...tiers.map((tier) => [tier.multiplier])].some((tier) =>
    [[], ...members.map((member) => [member.multiplier])].some(
      (member) => netUnit(unitPrice, [...tier, ...member]) === null,
    ),
  );
  if (inexact)
    problems.push({ field: 'unitPrice', message: 'a discounted price has more than six decimals' });
  const bounds = tiers.map((tier) => tier.fromQuantityExclusive);
  for (const [index, bound] of bounds.entries())
    if (bounds.indexOf(bound) < index)
      problems.push({
        field: `tiers.${index}.fromQuantityExclusive`,
        message: `two tiers begin at ${bound}`,
      });
  return problems;
}
