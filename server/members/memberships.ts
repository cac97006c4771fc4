/**
 * Memberships: bought, renewed and upgraded from the balance, with quotas that come anew each month and a level that
 * follows. Every change is made in a transaction of the ledger, under the account's lock, so that no month is paid for
 * and not given, or given twice, whoever else runs the same job.
 */
import { v5 as uuidv5 } from 'uuid';
import type { Transaction } from '../../shared/api.ts';
import type { Membership, Plan, UpgradeQuote } from '../../shared/api-selling.ts';
import type { MemberLevel } from '../../shared/api-words.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import type { Database, Queryable } from '../database/database.ts';
import { inLanes } from '../database/in-lanes.ts';
import type { Alongside } from '../ledger/alongside.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { timeZoneOf } from '../ledger/reading.ts';
import { refuse, type Refused } from '../ledger/refusal.ts';
import { monthsAfter } from './calendar.ts';
import { addPeriods, upgraded, wholeMonth } from './membership-periods.ts';
import {
  addRow,
  readActive,
  readDue,
  readLast,
  stillDue,
  writeRow,
  type Due,
  type MembershipRow,
} from './membership-rows.ts';
import {
  graceEnd,
  monthAt,
  moreQuotas,
  noUpgrade,
  served,
  upgradeParts,
  upgradePrice,
  type Month,
} from './membership-terms.ts';

export interface MembershipsOptions {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly clock: () => number;
  /** The plans that are sold now. */
  readonly plans: (db: Queryable) => Promise<readonly Plan[]>;
  /** Accounts are written elsewhere; called in the transaction that changes the membership. */
  readonly setMemberLevel: (tx: Queryable, accountId: string, level: MemberLevel) => Promise<void>;
}

export interface BoughtMembership {
  readonly membership: Membership;
  readonly paid: Transaction;
  readonly replayed: boolean;
}

/** An operation's id, and what the member was shown that it costs. */
interface Order {
  readonly id: string;
  readonly expectedPrice?: string | undefined;
}

export interface DueWork {
  /** Memberships whose next month's quotas came, and those that ended. */
  readonly renewed: number;
  readonly ended: number;
  readonly failed: readonly unknown[];
}

/** Memberships that one look at the database finds due. */
const dueTogether = 1_000;
/** Grants are named after the membership and its month, or the upgrade. Never to be changed. */
const grantNamespace = '8a6f6c0e-2f52-4c0b-9a0e-7c1d6e5b4a32';

export class Memberships {
  readonly #options: MembershipsOptions;

  constructor(options: MembershipsOptions) {
    this.#options = options;
  }

  /** A month from now. Refused with `membership_active` to whoever has one that runs, or is in grace. */
  async buy(
    accountId: string,
    { id, plan: planId, expectedPrice }: Order & { readonly plan: string },
  ): Promise<BoughtMembership | Refused> {
    const plan = await this.#sold(planId);
    return this.#change(accountId, assetsOf(plan), async (work) => {
      const content = { membership: 'buy', plan: planId };
      const before = await this.#before(work, accountId, { id, content });
      if (before !== null) return before;
      if (plan === null) return noSuchPlan;
      const current = await this.#running(work, accountId);
      if (current !== null) return refuse('membership_active', { id: current.id });
      const paid = await work.pay({ id, content, price: yuan(plan.price), expectedPrice, ...what(plan) });
      if ('refused' in paid) return paid;
      const beginsAtMs = work.nowMs;
      const row: MembershipRow = {
        id: id.toLowerCase(),
        state: 'active',
        plan,
        beginsAtMs,
        months: 1,
        endsAtMs: monthsAfter(beginsAtMs, 1, work.account.timeZone),
        monthsGranted: 0,
        dueAtMs: beginsAtMs,
      };
      await addRow(work.tx, accountId, row);
      const first = wholeMonth({ plan, fromMs: beginsAtMs, untilMs: row.endsAtMs });
      await addPeriods(work.tx, { accountId, id, paidAtMs: work.nowMs }, [first]);
      return this.#paid(work, accountId, row, paid.transaction);
    });
  }

  /**
   * One month more, counted from the end of what is paid, also in grace. From its next month on the plan is as it is
   * sold now. Refused with `membership_ended` where grace is over.
   */
  async renew(accountId: string, { id, expectedPrice }: Order): Promise<BoughtMembership | Refused> {
    const known = await readLast(this.#options.database, accountId);
    const plan = known === null ? null : await this.#sold(known.plan.id);
    return this.#change(accountId, [...assetsOf(plan), ...assetsOf(known?.plan ?? null)], async (work) => {
      const content = { membership: 'renew' };
      const before = await this.#before(work, accountId, { id, content });
      if (before !== null) return before;
      const row = await this.#running(work, accountId);
      if (row === null) return refuse('membership_ended');
      if (plan?.id !== row.plan.id) return noSuchPlan;
      const paid = await work.pay({ id, content, price: yuan(plan.price), expectedPrice, ...what(plan) });
      if ('refused' in paid) return paid;
      row.plan = plan;
      row.months += 1;
      const fromMs = row.endsAtMs;
      row.endsAtMs = monthsAfter(row.beginsAtMs, row.months, work.account.timeZone);
      const next = wholeMonth({ plan, fromMs, untilMs: row.endsAtMs });
      await addPeriods(work.tx, { accountId, id, paidAtMs: work.nowMs }, [next]);
      return this.#paid(work, accountId, row, paid.transaction);
    });
  }

  /**
   * A higher plan for all that is paid for: the difference in price for the rest of this month, by time and to the cent,
   * and in full for each month after it; the difference in quotas for the rest of this month, rounded up.
   */
  async upgrade(
    accountId: string,
    { id, plan: planId, expectedPrice }: Order & { readonly plan: string },
  ): Promise<BoughtMembership | Refused> {
    const plan = await this.#sold(planId);
    return this.#change(accountId, assetsOf(plan), async (work) => {
      const content = { membership: 'upgrade', plan: planId };
      const before = await this.#before(work, accountId, { id, content });
      if (before !== null) return before;
      if (plan === null) return noSuchPlan;
      const row = await this.#running(work, accountId);
      if (row === null) return refuse('membership_ended');
      const refused = noUpgrade(row, plan, work.nowMs);
      if (refused !== null) return refused;
      const month = monthAt(row, work.nowMs, work.account.timeZone);
      const price = upgradePrice(row, plan, month, work.nowMs);
      const paid = await work.pay({ id, content, price, expectedPrice, ...what(plan) });
      if ('refused' in paid) return paid;
      await this.#grantMore(work, id, row.plan, plan, month);
      const { nowMs, account } = work;
      const periods = upgraded(row, plan, { month, nowMs, timeZone: account.timeZone });
      await addPeriods(work.tx, { accountId, id, paidAtMs: nowMs }, periods);
      row.plan = plan;
      return this.#paid(work, accountId, row, paid.transaction);
    });
  }

  /** What an upgrade would cost and bring at this moment. Refused with what an upgrade itself would be refused with. */
  async quoteUpgrade(accountId: string, planId: string): Promise<UpgradeQuote | Refused> {
    const { database, clock } = this.#options;
    const nowMs = clock();
    const plan = await this.#sold(planId);
    if (plan === null) return noSuchPlan;
    const row = await readLast(database, accountId);
    if (row === null) return refuse('membership_ended');
    const refused = noUpgrade(row, plan, nowMs);
    if (refused !== null) return refused;
    const month = monthAt(row, nowMs, await timeZoneOf(database, accountId));
    const { thisMonth, laterMonths, later } = upgradeParts(row, plan, month, nowMs);
    return {
      plan,
      price: yuanText(thisMonth + later),
      thisMonth: yuanText(thisMonth),
      laterMonths,
      later: yuanText(later),
      month: { from: new Date(month.fromMs).toISOString(), until: new Date(month.untilMs).toISOString() },
      quotas: moreQuotas(row.plan, plan, month, nowMs).map(({ asset, amount }) => ({
        asset,
        amount: amount.toString(),
      })),
      asOf: new Date(nowMs).toISOString(),
    };
  }

  /** The one that runs, or the last that did; null when there never was one. */
  async read(accountId: string): Promise<Membership | null> {
    const { database, clock } = this.#options;
    const row = await readLast(database, accountId);
    return row === null ? null : served(row, clock(), await timeZoneOf(database, accountId));
  }

  /** Does what time has made due: the next month's quotas, the end, the end of grace. Any number may run at once. */
  async runDue(): Promise<DueWork> {
    const { database, clock } = this.#options;
    const nowMs = clock();
    const failed: unknown[] = [];
    let [renewed, ended] = [0, 0];
    const settle = async (group: readonly Due[]) => {
      const settled = await this.#settle(await stillDue(database, group, nowMs));
      renewed += settled.done.filter((what) => what === 'renewed').length;
      ended += settled.done.filter((what) => what === 'ended').length;
      failed.push(...settled.failed);
    };
    for (let last = { dueAtMs: -1, accountId: '00000000-0000-0000-0000-000000000000' }; ;) {
      const due = await readDue(database, nowMs, last, dueTogether);
      await inLanes(groupsOf(due), settle, (error) => void failed.push(error));
      const end = due.at(-1);
      if (end === undefined || due.length < dueTogether) return { renewed, ended, failed };
      last = end;
    }
  }

  async #sold(id: string): Promise<Plan | null> {
    const plans = await this.#options.plans(this.#options.database);
    return plans.find((plan) => plan.id === id) ?? null;
  }

  #change(
    accountId: string,
    assets: readonly string[],
    work: (ledger: Alongside) => Promise<BoughtMembership | Refused>,
  ): Promise<BoughtMembership | Refused> {
    return this.#options.ledger.alongside(accountId, work, assets);
  }

  /** What this id did before; null when it is new. */
  async #before(
    work: Alongside,
    accountId: string,
    payment: Parameters<Alongside['paidBefore']>[0],
  ): Promise<BoughtMembership | Refused | null> {
    const paid = await work.paidBefore(payment);
    if (paid === null || 'refused' in paid) return paid;
    const row = await readLast(work.tx, accountId);
    if (row === null) throw new Error('a membership was paid for and is not there');
    const membership = served(row, work.nowMs, work.account.timeZone);
    return { membership, paid: paid.transaction, replayed: true };
  }

  /** The membership that runs or is in grace. One that is over by now ends here. */
  async #running(work: Alongside, accountId: string): Promise<MembershipRow | null> {
    const row = await readActive(work.tx, accountId);
    if (row === null || graceEnd(row) > work.nowMs) return row;
    await this.#end(work.tx, accountId, row);
    return null;
  }

  /** Brings what this moment's month has to bring, and writes the row. */
  async #paid(
    work: Alongside,
    accountId: string,
    row: MembershipRow,
    paid: Transaction,
  ): Promise<BoughtMembership> {
    await this.#grantMonth(work, row);
    await writeRow(work.tx, accountId, row);
    await this.#options.setMemberLevel(work.tx, accountId, row.plan.level);
    return { membership: served(row, work.nowMs, work.account.timeZone), paid, replayed: false };
  }

  #settle(
    due: readonly Due[],
  ): Promise<{ readonly done: readonly Settled[]; readonly failed: readonly unknown[] }> {
    const items = due.map(({ accountId, plan }) => ({ accountId, assets: assetsOf(plan) }));
    const assets = new Map(items.map((item) => [item.accountId, item.assets]));
    return this.#options.ledger.alongsideEach(items, (work, accountId) =>
      this.#settleOne(work, accountId, assets.get(accountId) ?? []),
    );
  }

  async #settleOne(work: Alongside, accountId: string, assets: readonly string[]): Promise<Settled> {
    const row = await readActive(work.tx, accountId);
    // Another process was here first, or an upgrade brought assets that this transaction was not begun with.
    if (row === null || row.dueAtMs === null || row.dueAtMs > work.nowMs) return 'nothing';
    if (!assetsOf(row.plan).every((asset) => assets.includes(asset))) return 'nothing';
    if (graceEnd(row) <= work.nowMs) {
      await this.#end(work.tx, accountId, row);
      return 'ended';
    }
    const granted = row.monthsGranted;
    // The row says what is to be before its grants are read for: so both go in one round trip.
    const granting = this.#grantMonth(work, row);
    await Promise.all([granting, writeRow(work.tx, accountId, row)]);
    return row.monthsGranted > granted ? 'renewed' : 'nothing';
  }

  /** The quotas of the month that runs, unless they came before; and when to look again. */
  async #grantMonth(work: Alongside, row: MembershipRow): Promise<void> {
    if (row.endsAtMs <= work.nowMs) {
      row.dueAtMs = graceEnd(row);
      return;
    }
    const month = monthAt(row, work.nowMs, work.account.timeZone);
    row.dueAtMs = month.untilMs;
    if (month.index < row.monthsGranted) return;
    row.monthsGranted = month.index + 1;
    await Promise.all(
      row.plan.quotas.map(({ asset, amount }) =>
        bring(work, {
          id: uuidv5(`${row.id}/${month.index}/${asset}`, grantNamespace),
          asset,
          amount: BigInt(amount),
          note: row.plan.id,
          occurredAtMs: month.fromMs,
          expiresAtMs: month.untilMs,
        }),
      ),
    );
  }

  async #grantMore(work: Alongside, id: string, from: Plan, to: Plan, month: Month): Promise<void> {
    for (const { asset, amount } of moreQuotas(from, to, month, work.nowMs))
      await bring(work, {
        id: uuidv5(`${id.toLowerCase()}/${asset}`, grantNamespace),
        asset,
        amount,
        note: to.id,
        occurredAtMs: work.nowMs,
        expiresAtMs: month.untilMs,
      });
  }

  async #end(tx: Queryable, accountId: string, row: MembershipRow): Promise<void> {
    row.state = 'ended';
    row.dueAtMs = null;
    await writeRow(tx, accountId, row);
    await this.#options.setMemberLevel(tx, accountId, 'none');
  }
}

type Settled = 'renewed' | 'ended' | 'nothing';

/** Accounts that one transaction settles, and keeps locked for so long. */
const groupSize = 20;

function groupsOf(due: readonly Due[]): (readonly Due[])[] {
  const groups = Array.from({ length: Math.ceil(due.length / groupSize) }, (_, n) => n * groupSize);
  return groups.map((from) => due.slice(from, from + groupSize));
}

const noSuchPlan: Refused = refuse('not_found', { detail: 'There is no such plan.' });

function what(plan: Plan): { operation: string; note: string } {
  return { operation: 'membership', note: plan.id };
}

function assetsOf(plan: Plan | null): string[] {
  return plan === null ? [] : plan.quotas.map(({ asset }) => asset);
}

async function bring(
  work: Alongside,
  batch: Omit<Parameters<Alongside['grant']>[0], 'source'>,
): Promise<void> {
  const brought = await work.grant({ ...batch, source: 'membership' });
  // Thrown, so that nothing of the whole transaction stays.
  if ('refused' in brought) throw new Error(`a quota was refused: ${brought.refused.code}`);
}
