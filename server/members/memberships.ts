/**
 * Memberships: bought, renewed and upgraded from the balance, with quotas that come anew each month and a level that
 * follows; the only writer of `memberships`. Every change is made in a transaction of the ledger, under the account's
 * lock, so that no month is paid for and not given, or given twice, whoever else runs the same job.
 */
import { v5 as uuidv5 } from 'uuid';
import {
  Plan,
  type MemberLevel,
  type Membership,
  type Transaction,
  type UpgradeQuote,
} from '../../shared/api.ts';
import { roundedQuotient, roundToCent, yuan, yuanText } from '../../shared/money.ts';
import type { Database, Queryable } from '../database/database.ts';
import { inLanes } from '../database/in-lanes.ts';
import type { Alongside } from '../ledger/alongside.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { timeZoneOf } from '../ledger/reading.ts';
import { refuse, refuseField, type Refused } from '../ledger/refusal.ts';
import { monthsAfter } from './calendar.ts';

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

const dayMs = 86_400_000;
/** Memberships that one look at the database finds due. */
const dueTogether = 1_000;
/** Grants are named after the membership and its month, or the upgrade. Never to be changed. */
const grantNamespace = '8a6f6c0e-2f52-4c0b-9a0e-7c1d6e5b4a32';

interface Row {
  readonly id: string;
  state: 'active' | 'ended';
  plan: Plan;
  readonly beginsAtMs: number;
  months: number;
  endsAtMs: number;
  monthsGranted: number;
  dueAtMs: number | null;
}

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
      const row: Row = {
        id: id.toLowerCase(),
        state: 'active',
        plan,
        beginsAtMs,
        months: 1,
        endsAtMs: monthsAfter(beginsAtMs, 1, work.account.timeZone),
        monthsGranted: 0,
        dueAtMs: beginsAtMs,
      };
      await insert(work.tx, accountId, row);
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
      row.endsAtMs = monthsAfter(row.beginsAtMs, row.months, work.account.timeZone);
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
      const due = await readDue(database, nowMs, last);
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
  async #running(work: Alongside, accountId: string): Promise<Row | null> {
    const row = await readActive(work.tx, accountId);
    if (row === null || graceEnd(row) > work.nowMs) return row;
    await this.#end(work.tx, accountId, row);
    return null;
  }

  /** Brings what this moment's month has to bring, and writes the row. */
  async #paid(work: Alongside, accountId: string, row: Row, paid: Transaction): Promise<BoughtMembership> {
    await this.#grantMonth(work, row);
    await update(work.tx, accountId, row);
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
    await Promise.all([granting, update(work.tx, accountId, row)]);
    return row.monthsGranted > granted ? 'renewed' : 'nothing';
  }

  /** The quotas of the month that runs, unless they came before; and when to look again. */
  async #grantMonth(work: Alongside, row: Row): Promise<void> {
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

  async #end(tx: Queryable, accountId: string, row: Row): Promise<void> {
    row.state = 'ended';
    row.dueAtMs = null;
    await update(tx, accountId, row);
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

interface Month {
  /** Counted from 0 at the beginning. */
  readonly index: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The month that `nowMs` is in; the last one where all are over. */
function monthAt(row: Row, nowMs: number, timeZone: string): Month {
  let [index, fromMs] = [0, row.beginsAtMs];
  for (;;) {
    const untilMs = monthsAfter(row.beginsAtMs, index + 1, timeZone);
    if (untilMs > nowMs || index + 1 >= row.months) return { index, fromMs, untilMs };
    index += 1;
    fromMs = untilMs;
  }
}

/** Why a membership that runs, or is in grace, cannot go to that plan; null when it can. */
function noUpgrade(row: Row, plan: Plan, nowMs: number): Refused | null {
  if (row.state === 'ended' || row.endsAtMs <= nowMs) return refuse('membership_ended');
  if (plan.rank > row.plan.rank) return null;
  return refuseField('plan', `${plan.id} is no higher than ${row.plan.id}`);
}

interface Upgraded {
  readonly plan: Pick<Plan, 'price'>;
  readonly months: number;
}

/** What a higher plan costs for the rest of this month, and for the months that are paid for after it. */
function upgradeParts(
  row: Upgraded,
  plan: Pick<Plan, 'price'>,
  month: Month,
  nowMs: number,
): { readonly thisMonth: bigint; readonly laterMonths: number; readonly later: bigint } {
  const laterMonths = row.months - month.index - 1;
  const more = yuan(plan.price) - yuan(row.plan.price);
  if (more <= 0n) return { thisMonth: 0n, laterMonths, later: 0n };
  const [left, whole] = [BigInt(month.untilMs - nowMs), BigInt(month.untilMs - month.fromMs)];
  return {
    thisMonth: roundToCent(roundedQuotient(more * left, whole)),
    laterMonths,
    later: more * BigInt(laterMonths),
  };
}

export function upgradePrice(row: Upgraded, plan: Pick<Plan, 'price'>, month: Month, nowMs: number): bigint {
  const { thisMonth, later } = upgradeParts(row, plan, month, nowMs);
  return thisMonth + later;
}

/** What the running month's quotas grow by with a higher plan: the difference, by time, rounded up. */
function moreQuotas(
  from: Plan,
  to: Plan,
  month: Month,
  nowMs: number,
): { readonly asset: string; readonly amount: bigint }[] {
  const had = new Map(from.quotas.map(({ asset, amount }) => [asset, BigInt(amount)]));
  const [left, whole] = [BigInt(month.untilMs - nowMs), BigInt(month.untilMs - month.fromMs)];
  return to.quotas
    .map(({ asset, amount }) => ({ asset, more: BigInt(amount) - (had.get(asset) ?? 0n) }))
    .filter(({ more }) => more > 0n)
    .map(({ asset, more }) => ({ asset, amount: (more * left + whole - 1n) / whole }));
}

function graceEnd({ endsAtMs, plan }: Row): number {
  return endsAtMs + plan.graceDays * dayMs;
}

/** As its owner sees it. */
export function served(row: Row, nowMs: number, timeZone: string): Membership {
  const { index: _, fromMs, untilMs } = monthAt(row, nowMs, timeZone);
  const over = row.state === 'ended' || graceEnd(row) <= nowMs;
  return {
    id: row.id,
    plan: row.plan,
    state: over ? 'ended' : row.endsAtMs <= nowMs ? 'grace' : 'active',
    beginsAt: new Date(row.beginsAtMs).toISOString(),
    endsAt: new Date(row.endsAtMs).toISOString(),
    graceEndsAt: new Date(graceEnd(row)).toISOString(),
    month: { from: new Date(fromMs).toISOString(), until: new Date(untilMs).toISOString() },
  };
}

// ── The table ───────────────────────────────────────────────────────────────────────────────────────────────

export interface Stored {
  readonly id: string;
  readonly state: Row['state'];
  readonly plan: unknown;
  readonly begins_at_ms: bigint;
  readonly months: number;
  readonly ends_at_ms: bigint;
  readonly months_granted: number;
  readonly due_at_ms: bigint | null;
}

export function rowOf(stored: Stored): Row {
  return {
    id: stored.id,
    state: stored.state,
    plan: Plan.parse(stored.plan),
    beginsAtMs: Number(stored.begins_at_ms),
    months: stored.months,
    endsAtMs: Number(stored.ends_at_ms),
    monthsGranted: stored.months_granted,
    dueAtMs: stored.due_at_ms === null ? null : Number(stored.due_at_ms),
  };
}

export const columns = 'id, state, plan, begins_at_ms, months, ends_at_ms, months_granted, due_at_ms';

async function readActive(db: Queryable, accountId: string): Promise<Row | null> {
  const [stored] = await db.query<Stored>(
    `SELECT ${columns} FROM memberships WHERE account_id = $1 AND state = 'active'`,
    [accountId],
  );
  return stored === undefined ? null : rowOf(stored);
}

async function readLast(db: Queryable, accountId: string): Promise<Row | null> {
  const [stored] = await db.query<Stored>(
    `SELECT ${columns} FROM memberships WHERE account_id = $1 ORDER BY begins_at_ms DESC, id DESC LIMIT 1`,
    [accountId],
  );
  return stored === undefined ? null : rowOf(stored);
}

interface Due {
  readonly accountId: string;
  readonly dueAtMs: number;
  readonly plan: Plan;
}

/** Those due by `nowMs` after the last that was looked at, the longest due first. */
async function readDue(
  db: Queryable,
  nowMs: number,
  after: { readonly dueAtMs: number; readonly accountId: string },
): Promise<Due[]> {
  const rows = await db.query<{ account_id: string; due_at_ms: bigint; plan: unknown }>(
    `SELECT account_id, due_at_ms, plan FROM memberships
     WHERE due_at_ms IS NOT NULL AND due_at_ms <= $1 AND (due_at_ms, account_id) > ($2, $3)
     ORDER BY due_at_ms, account_id LIMIT $4`,
    [nowMs, after.dueAtMs, after.accountId, dueTogether],
  );
  return rows.map((row) => ({
    accountId: row.account_id,
    dueAtMs: Number(row.due_at_ms),
    plan: Plan.parse(row.plan),
  }));
}

/** Those of them that no other process has seen to yet: a look is cheaper than the accounts' locks. */
async function stillDue(db: Queryable, due: readonly Due[], nowMs: number): Promise<readonly Due[]> {
  const rows = await db.query<{ account_id: string }>(
    'SELECT account_id FROM memberships WHERE account_id = ANY($1::uuid[]) AND due_at_ms <= $2',
    [due.map(({ accountId }) => accountId), nowMs],
  );
  const left = new Set(rows.map((row) => row.account_id));
  return due.filter(({ accountId }) => left.has(accountId));
}

async function insert(tx: Queryable, accountId: string, row: Row): Promise<void> {
  await tx.query(
    `INSERT INTO memberships (account_id, ${columns}) VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, $9)`,
    [accountId, row.id, row.state, JSON.stringify(row.plan), ...numbersOf(row)],
  );
}

async function update(tx: Queryable, accountId: string, row: Row): Promise<void> {
  await tx.query(
    `UPDATE memberships SET state = $3, plan = $4::jsonb, begins_at_ms = $5, months = $6, ends_at_ms = $7,
       months_granted = $8, due_at_ms = $9
     WHERE account_id = $1 AND id = $2`,
    [accountId, row.id, row.state, JSON.stringify(row.plan), ...numbersOf(row)],
  );
}

function numbersOf(row: Row): (number | null)[] {
  return [row.beginsAtMs, row.months, row.endsAtMs, row.monthsGranted, row.dueAtMs];
}
