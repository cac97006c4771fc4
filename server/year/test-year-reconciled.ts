/**
 * Reconciles a whole generated year, each day as it would have been on its next morning, and tells what of the planted
 * was found, what was not, and what was found that nobody planted. It must never look at what is planted before the end.
 */
import type { Difference } from '../../shared/api-reconciliation.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import type { Database } from '../database/database.ts';
import { Ledger } from '../ledger/ledger.ts';
import { createSigner, generateSigningJwk } from '../ledger/signing.ts';
import { chinaDayAfter, chinaDayOf, startOfChinaDay } from '../reconciliation/china-day.ts';
import { Reconciling } from '../reconciliation/reconciling.ts';
import type { YearBills } from './test-year-bills.ts';

export interface ReconciledYear {
  readonly days: number;
  readonly trades: number;
  readonly flows: number;
  /** By kind and class. */
  readonly planted: Readonly<Record<string, number>>;
  readonly found: Readonly<Record<string, number>>;
  /** `kind subject class day`, of which nothing should be. */
  readonly missed: readonly string[];
  readonly invented: readonly string[];
  /** What was paid here, as the days' own sums have it. */
  readonly orders: { readonly count: number; readonly amount: string };
  readonly ms: number;
}

/** WeChat has its bills by ten. */
const morningMs = 10 * 3_600_000;

/** Of any stretch of whole days, a year or a single one. */
export async function reconcileYear(
  database: Database,
  year: { readonly fromMs: number; readonly untilMs: number },
  bills: YearBills,
): Promise<ReconciledYear> {
  let nowMs = year.fromMs;
  const clock = (): number => nowMs;
  const ledger = new Ledger({
    database,
    clock,
    priceBook: async () => null,
    signer: await createSigner(await generateSigningJwk()),
  });
  const client = {
    openBill: async (kind: 'trade' | 'funds', day: string) =>
      ({ kind: 'ok', body: await bills.open(kind, day) }) as const,
  };
  const recharging = { askNow: () => Promise.reject(new Error('nobody asks about an order here')) };
  const reconciling = new Reconciling({ database, ledger, clock, wechat: { client, recharging } });
  // The day after the last one, too: what happened around midnight is told by two bills.
  const last = chinaDayOf(year.untilMs);
  let days = 0;
  const startedAt = performance.now();
  for (let day = chinaDayOf(year.fromMs); day <= last; day = chinaDayAfter(day)) {
    nowMs = startOfChinaDay(chinaDayAfter(day)) + morningMs;
    const begun = await reconciling.begin('wechat', day);
    if ('refused' in begun) throw new Error(`${day} was refused: ${begun.refused.code}`);
    const problem = await begun.ended;
    if (problem !== null) throw problem;
    days += 1;
  }
  const ms = performance.now() - startedAt;
  const differences = await allDifferences(reconciling);
  const planted = bills.planted.map((one) => ({ ...one, name: nameOf(one) }));
  const found = new Set(differences.map(nameOf));
  const wanted = new Set(planted.map(({ name }) => name));
  return {
    days,
    trades: bills.written.trades,
    flows: bills.written.flows,
    planted: counted(planted),
    found: counted(planted.filter(({ name }) => found.has(name))),
    missed: [...wanted].filter((name) => !found.has(name)),
    invented: [...found].filter((name) => !wanted.has(name)),
    orders: await paidHere(reconciling),
    ms,
  };
}

type Named = Pick<Difference, 'kind' | 'subject' | 'class' | 'day'>;

function nameOf({ kind, subject, class: klass, day }: Named): string {
  return `${kind} ${subject} ${klass} ${day}`;
}

function counted(list: readonly Pick<Named, 'kind' | 'class'>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, class: klass } of list)
    counts[`${kind} ${klass}`] = (counts[`${kind} ${klass}`] ?? 0) + 1;
  return counts;
}

/** Also those that a later day has settled: it was wrong to name them. */
async function allDifferences(reconciling: Reconciling): Promise<Difference[]> {
  const all: Difference[] = [];
  let cursor: string | undefined;
  do {
    const page = await reconciling.differences({ source: 'wechat', limit: 100, cursor });
    if ('refused' in page) throw new Error('the list was refused');
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

async function paidHere(reconciling: Reconciling): Promise<ReconciledYear['orders']> {
  let [count, micros] = [0, 0n];
  let cursor: string | undefined;
  do {
    const page = await reconciling.days({ source: 'wechat', limit: 100, cursor });
    if ('refused' in page) throw new Error('the list was refused');
    for (const { sums } of page.items) {
      count += sums?.orders.count ?? 0;
      micros += yuan(sums?.orders.amount ?? '0');
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return { count, amount: yuanText(micros) };
}
