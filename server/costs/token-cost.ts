/** What one call cost by its tokens: as the sums of the reports work it out in SQL, rounded once. Pure. */
import type { CostPrice } from '../../shared/api-finance.ts';
import { roundedQuotient, yuan } from '../../shared/money.ts';

export interface CostedCall {
  readonly model: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly startedAtMs: number;
}

export type TokenPrice = Extract<CostPrice, { basis: 'tokens' }>;

/** By the last price whose time had come when the call began; null where the model had none. */
export function tokenCost(
  prices: readonly CostPrice[],
  call: CostedCall,
): { readonly price: TokenPrice; readonly cost: bigint } | null {
  let found: TokenPrice | null = null;
  for (const price of prices) {
    if (price.basis !== 'tokens' || price.model !== call.model) continue;
    if (Date.parse(price.effectiveAt) > call.startedAtMs) continue;
    if (found === null || price.effectiveAt > found.effectiveAt) found = price;
  }
  if (found === null) return null;
  const input = BigInt(call.input_tokens) * yuan(found.inputPrice);
  const output = BigInt(call.output_tokens) * yuan(found.outputPrice);
  return { price: found, cost: roundedQuotient(input + output, BigInt(found.per)) };
}
