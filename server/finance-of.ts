/**
 * Puts the parts of finance together that may not know each other: cost prices and bills, the sums that they change, and
 * the watch over both.
 */
import type { z } from 'zod';
import type { Costs, PutCostsBody } from '../shared/api-finance.ts';
import { costProblems, costsInForce, firstChangeMs, publishCosts } from './costs/cost-catalogues.ts';
import { ProviderBills } from './costs/provider-bills.ts';
import type { Database } from './database/database.ts';
import { localDay } from './ledger/local-day.ts';
import { refuse, type Refused } from './ledger/refusal.ts';
import { Reports } from './reports/reports.ts';
import { bookBill, catchUpWithin, costAgain, lockState } from './reports/rollup.ts';
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
  publishCosts(body: z.infer<typeof PutCostsBody>, by: string): Promise<Costs | Refused>;
}

export function finance({ database, clock, businessZone: timeZone }: FinanceOptions): Finance {
  const reports = new Reports({ database, clock, timeZone });
  const bills = new ProviderBills(database, clock, async (tx, bill) => {
    const state = await lockState(tx, timeZone);
    await catchUpWithin(tx, state, clock());
    return bookBill(tx, state, bill);
  });
  return {
    reports,
    bills,
    watch: new Watch(database, clock, timeZone),
    async publishCosts(body, by) {
      const problems = costProblems(body);
      if (problems.length > 0) return refuse('validation_failed', { errors: problems });
      await reports.catchUp();
      return database.transaction(async (tx) => {
        const state = await lockState(tx, timeZone);
        const nowMs = clock();
        const changedAtMs = firstChangeMs(await costsInForce(tx), body);
        const fromDay = changedAtMs === null ? null : localDay(timeZone, changedAtMs);
        if (fromDay !== null && state.closedThrough !== null && fromDay <= state.closedThrough)
          return refuse('period_closed', { detail: `The books are closed through ${state.closedThrough}.` });
        // Rows that came since the sums were brought up to now still go by the prices of before, as those did.
        await catchUpWithin(tx, state, nowMs);
        const costs = await publishCosts(tx, body, { accountId: by, nowMs });
        if (fromDay !== null) await costAgain(tx, state, fromDay, nowMs);
        return costs;
      });
    },
  };
}
