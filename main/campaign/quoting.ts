/**
 * What a campaign would cost by the prices last fetched, and whether the money suffices after what is pending. It
 * must never be taken for a promise: the server prices the hold, and the two are compared.
 */
import type { Account } from '../../shared/api.ts';
import type { PriceBook, Quote } from '../../shared/api-prices.ts';
import type { CheckedQuote } from '../../shared/ipc-campaigns.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { yuan, yuanText, type Micros } from '../../shared/money.ts';
import { amountOfKth, quote, type NoPrice } from '../../shared/rating.ts';
import type { DeskContext } from '../desk/context.ts';
import { checkBalance } from '../sync/availability.ts';

export type Quoted =
  | { readonly ok: true; readonly output: CheckedQuote }
  | { readonly ok: false; readonly problem: DeskProblem };

export interface QuotedUsage {
  readonly platform: string;
  readonly operation: string;
  readonly quantity: number;
  /** Set once a hold was asked for under this id. */
  readonly holdId: string | null;
}

/**
 * Whether a campaign that starts now starts offline: the last request found no server (S5), and the reserve lasts for
 * one follow at least.
 */
export type QuotingDesk = Pick<DeskContext, 'snapshots' | 'availability' | 'client' | 'reserve'>;

/** Refuses with `no_prices_yet` or `no_price`. Without any balance known, none is taken to be there. */
export function workOutQuote(desk: QuotingDesk, account: Account, usage: QuotedUsage): Quoted {
  const book = desk.snapshots.read(account.id, 'pricing')?.body;
  if (book === undefined) return { ok: false, problem: { code: 'no_prices_yet', params: {} } };
  const { platform, operation, quantity } = usage;
  const single = quoteSingly(book, account, usage);
  const reserveLeft = desk.reserve.left(account.id);
  const price = 'code' in single ? 0n : yuan(single.unitNet);
  const startsOffline = desk.client.online() === false && price > 0n && reserveLeft >= price;
  const worked = startsOffline
    ? single
    : quote(book, { platform, operation, quantity, memberLevel: account.memberLevel });
  if ('code' in worked) {
    return { ok: false, problem: { code: 'no_price', params: { platform, operation }, field: 'platform' } };
  }
  const available = desk.availability.micros(account.id)?.available ?? 0n;
  // A confirm without an answer may have set the money aside already: that it lacks, the server alone can say then.
  const own = usage.holdId === null ? 0n : yuan(worked.total);
  const check = checkBalance(worked.total, available > own ? available : own);
  if (!startsOffline) return { ok: true, output: { quote: worked, check } };
  const covers = Number(min(reserveLeft / price, BigInt(quantity)));
  return {
    ok: true,
    output: { quote: worked, check, offline: { reserveLeft: yuanText(reserveLeft), covers } },
  };
}

function min(a: Micros, b: Micros): Micros {
  return a < b ? a : b;
}

/** So many times the price of one, as the server charges a reserve: no bulk discount, each rounded by itself. */
function quoteSingly(book: PriceBook, account: Account, usage: QuotedUsage): Quote | NoPrice {
  const { platform, operation, quantity } = usage;
  const one = quote(book, { platform, operation, quantity: 1, memberLevel: account.memberLevel });
  if ('code' in one) return one;
  const times = (amount: string): string => yuanText(yuan(amount) * BigInt(quantity));
  const unitNet = yuanText(amountOfKth(yuan(one.unitNet), 1));
  return {
    ...one,
    quantity,
    subtotal: times(one.subtotal),
    steps: one.steps
      .filter((step) => step.kind !== 'bulk')
      .map((step) => ({ ...step, amount: times(step.amount) })),
    unitNet,
    total: times(unitNet),
  };
}
