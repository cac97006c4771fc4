/**
 * What a campaign would cost by the prices last fetched, and whether the money suffices after what is pending. It
 * must never be taken for a promise: the server prices the hold, and the two are compared.
 */
import type { Account } from '../../shared/api.ts';
import type { CheckedQuote, DeskProblem } from '../../shared/ipc.ts';
import { quote } from '../../shared/rating.ts';
import type { DeskContext } from '../desk/context.ts';
import { checkBalance } from '../sync/availability.ts';

export type Quoted =
  | { readonly ok: true; readonly output: CheckedQuote }
  | { readonly ok: false; readonly problem: DeskProblem };

export interface QuotedUsage {
  readonly platform: string;
  readonly operation: string;
  readonly quantity: number;
}

/** Refuses with `no_prices_yet` or `no_price`. Without any balance known, none is taken to be there. */
export function workOutQuote(
  desk: Pick<DeskContext, 'snapshots' | 'availability'>,
  account: Account,
  usage: QuotedUsage,
): Quoted {
  const book = desk.snapshots.read(account.id, 'pricing')?.body;
  if (book === undefined) return { ok: false, problem: { code: 'no_prices_yet', params: {} } };
  const { platform, operation, quantity } = usage;
  const worked = quote(book, { platform, operation, quantity, memberLevel: account.memberLevel });
  if ('code' in worked) {
    return { ok: false, problem: { code: 'no_price', params: { platform, operation }, field: 'platform' } };
  }
  const available = desk.availability.micros(account.id)?.available ?? 0n;
  return { ok: true, output: { quote: worked, check: checkBalance(worked.total, available) } };
}
