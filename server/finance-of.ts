/**
 * Puts the parts of finance together that may not know each other: cost prices and bills, the sums that they change, and
 * the watch over both.
 */
import type { Approval } from '../shared/api-approvals.ts';
import type { DecideCostsBody } from '../shared/api-bills.ts';
import type { Costs, CostsContent } from '../shared/api-finance.ts';
import { cny } from '../shared/assets.ts';
import { yuanText } from '../shared/money.ts';
import { askFor, readAsked } from './approvals/approvals.ts';
import { besideActs, tellBefore } from './audit/acts.ts';
import { decideCosts, gapOf, readDecision, readNamed } from './costs/bill-differences.ts';
import { costProblems, costsInForce, firstChangeMs, publishCosts } from './costs/cost-catalogues.ts';
import { ProviderBills } from './costs/provider-bills.ts';
import type { Database, Queryable } from './database/database.ts';
import { localDay } from './ledger/local-day.ts';
import { refuse, type Refused } from './ledger/refusal.ts';
import { publishedSince } from './published.ts';
import { Reports } from './reports/reports.ts';
import { bookAccepted, catchUpWithin, costAgain, lockState } from './reports/rollup.ts';
import { Watch } from './watch/watch.ts';

export interface FinanceOptions {
  readonly database: Database;
  readonly clock: () => number;
  /** The zone that the business cuts its days in. */
  readonly businessZone: string;
}

export interface Finance {
  readonly reports: Reports;
  readonly bills: ProviderBills;
  readonly watch: Watch;
  /** Publishes cost prices, and works out again what the open days since their earliest change cost. */
  publishCosts(
    content: CostsContent & { readonly madeFrom?: number | undefined },
    by: string,
  ): Promise<Costs | Refused>;
  /**
   * Asks for a provider's figures to count; it waits for so many milliseconds. Asked again under its id it is answered as
   * it stands.
   */
  askToAccept(body: DecideCostsBody, by: string, waitMsMax: number): Promise<Approval | Refused>;
  /** What was asked for, once a second person has said yes, in that person's transaction. */
  accept(tx: Queryable, asked: DecideCostsBody): Promise<{ readonly booked: string } | Refused>;
  /** Keeps why a provider's figures are not accepted. Safe to repeat. */
  dispute(
    body: DecideCostsBody,
    by: string,
  ): Promise<{ readonly id: string; readonly count: number } | Refused>;
}

export function finance({ database, clock, businessZone: timeZone }: FinanceOptions): Finance {
  const reports = new Reports({ database, sums: besideActs(database), clock, timeZone });
  /** Takes the lock of the sums, and brings them up to now. */
  const upToNow = async (tx: Queryable) => {
    const state = await lockState(tx, timeZone);
    await catchUpWithin(tx, state, clock());
    return state;
  };
  const bills = new ProviderBills(database, clock, async (tx) => void (await upToNow(tx)));
  return {
    reports,
    bills,
    watch: new Watch(database, clock, timeZone),
    async publishCosts(content, by) {
      const problems = costProblems(content);
      if (problems.length > 0) return refuse('validation_failed', { errors: problems });
      return database.transaction(async (tx) => {
        const state = await lockState(tx, timeZone);
        const moved = await publishedSince(tx, 'cost_catalogues', content.madeFrom);
        if (moved !== null) return moved;
        const nowMs = clock();
        const before = await costsInForce(tx);
        tellBefore(before);
        const changedAtMs = firstChangeMs(before, content);
        const fromDay = changedAtMs === null ? null : localDay(timeZone, changedAtMs);
        if (fromDay !== null && state.closedThrough !== null && fromDay <= state.closedThrough)
          return refuse('period_closed', { detail: `The books are closed through ${state.closedThrough}.` });
        // Nothing is added up by the prices of before, to be worked out again at once.
        const costs = await publishCosts(tx, content, { accountId: by, nowMs });
        if (fromDay !== null) await costAgain(tx, state, fromDay, nowMs);
        return costs;
      });
    },
    async askToAccept(body, by, waitMsMax) {
      return database.transaction(async (tx) => {
        await upToNow(tx);
        const known = await readAsked(tx, body.id);
        if (known !== null && known.act !== 'acceptCosts')
          return refuse('idempotency_mismatch', { id: body.id });
        const named = await readNamed(tx, body);
        const gap = known === null ? gapOf(named, body, ['open', 'disputed']) : 0n;
        if (typeof gap !== 'bigint') return gap;
        tellBefore({ differences: named });
        const request = {
          id: body.id,
          act: 'acceptCosts',
          reason: body.reason,
          asked: body,
          askedBy: by,
        } as const;
        const asked = await askFor(
          tx,
          { ...request, moves: { asset: cny, amount: gap } },
          { nowMs: clock(), waitMsMax },
        );
        if (known === null && !('refused' in asked))
          await decideCosts(tx, 'accept', body, { accountId: by, nowMs: clock() });
        return asked;
      });
    },
    async accept(tx, asked) {
      const state = await upToNow(tx);
      const gap = gapOf(await readNamed(tx, asked), asked, ['proposed']);
      if (typeof gap !== 'bigint') return gap;
      const booked = await bookAccepted(tx, state, asked.id);
      if (booked !== gap) throw new Error(`${booked} was booked of figures that are ${gap} apart`);
      return { booked: yuanText(booked) };
    },
    async dispute(body, by) {
      const came = await database.transaction(async (tx) => {
        await upToNow(tx);
        const known = await readDecision(tx, 'dispute', body);
        if (known === 'another') return refuse('idempotency_mismatch', { id: body.id });
        if (known === 'same') return { replayed: true, differences: await readNamed(tx, body) };
        const named = await readNamed(tx, body);
        const gap = gapOf(named, body, ['open', 'disputed']);
        if (typeof gap !== 'bigint') return gap;
        tellBefore({ differences: named });
        await decideCosts(tx, 'dispute', body, { accountId: by, nowMs: clock() });
        return { replayed: false, differences: await readNamed(tx, body) };
      });
      return 'refused' in came ? came : { id: body.id, count: body.of.length };
    },
  };
}
