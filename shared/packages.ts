/**
 * What one unit of a package comes to, so that packages can be compared on a list. It is for reading alone: what is paid
 * is the package's price, and nothing may be charged by this.
 */
import type { Package } from './api-selling.ts';
import { microsPerCent, roundedQuotient, yuan, yuanText } from './money.ts';

export interface ComparedPrice {
  /** How many units the price is for. */
  readonly per: 1 | 1_000 | 1_000_000;
  /** In yuan, to the hundredth of a cent, half-up. */
  readonly price: string;
}

const steps = [1, 1_000, 1_000_000] as const;
const grain = microsPerCent / 100n;

/** With the bonus; for the fewest of 1, 1,000 or 1,000,000 units that come to a cent or more. */
export function comparedPrice({
  price,
  amount,
  bonus,
}: Pick<Package, 'price' | 'amount' | 'bonus'>): ComparedPrice {
  const units = BigInt(amount) + BigInt(bonus);
  const of = (per: number): bigint => roundedQuotient(yuan(price) * BigInt(per), units * grain) * grain;
  const per = steps.find((step) => of(step) >= microsPerCent) ?? 1_000_000;
  return { per, price: yuanText(of(per)) };
}
