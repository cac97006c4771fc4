/**
 * Reconciliation: a day's bills are fetched, staged and held against orders and ledger; what differs is kept, and what
 * people make of it. No transaction is open while WeChat is asked, and nothing is corrected but by two people.
 */
import { randomUUID } from 'node:crypto';
import type { Adjustment } from '../../shared/api.ts';
import type { Difference, ReconciliationDay, ReconciliationSource } from '../../shared/api-reconciliation.ts';
import { cny } from '../../shared/assets.ts';
import type { Database, Queryable } from '../database/database.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { refuse, refuseField, type Refused } from '../ledger/refusal.ts';
import { verifyLedger } from '../ledger/verify.ts';
import { BillFault, type BillKind } from '../payments/wechat-bill.ts';
import type { Recharging } from '../payments/recharging.ts';
import type { WechatClient } from '../payments/wechat-client.ts';
import { forgetBillsBefore, stageBill } from './bills.ts';
import { chinaDayAfter } from './china-day.ts';
import { compareDay } from './comparing.ts';
import {
  endOutdatedProposals,
  followAdjustments,
  leftOf,
  markExplained,
  markProposed,
  markSettled,
  markWithdrawn,
  offered,
  orderIdOf,
  readDifference,
  readDifferences,
  servedDifference,
  type DifferenceRecord,
  type DifferencesQuery,
} from './differences.ts';
import { recordFaults } from './ledger-check.ts';
import {
  addDueDays,
  beginRun,
  dueDays,
  endRun,
  failRun,
  firstBilledDay,
  insistOnRun,
  readDay,
  readDays,
  readyAtMs,
  RunOvertaken,
  type Run,
} from './runs.ts';

export interface ReconcilingOptions {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly clock: () => number;
  /** Null where no payments are set up: then the ledger is held against itself alone. */
  readonly wechat: {
    readonly client: Pick<WechatClient, 'openBill'>;
    readonly recharging: Pick<Recharging, 'askNow'>;
  } | null;
}

/** WeChat does not have the bill, or does not give it. `problem` is what the day then says. */
class BillUnavailable extends Error {
  readonly problem: 'not_ready' | 'unreachable' | 'refused';

  constructor(problem: BillUnavailable['problem'], message: string) {
    super(message);
    this.problem = problem;
  }
}

const noSuchDifference: Refused = refuse('not_found', { detail: 'There is no such difference.' });

export class Reconciling {
  readonly #options: ReconcilingOptions;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(options: ReconcilingOptions) {
    this.#options = options;
  }

  /** When nothing is under way that somebody began by hand: the database may be closed then. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  // ── Runs ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** Every day that is due, the first one first. */
  async runDue(): Promise<{ readonly done: number; readonly failed: readonly unknown[] }> {
    const { database, clock } = this.#options;
    const sources = this.#sources();
    await followAdjustments(database);
    for (const source of sources) await addDueDays(database, source, clock());
    let done = 0;
    const failed: unknown[] = [];
    for (const { source, day } of await dueDays(database, sources, clock())) {
      const run = { source, day, runId: randomUUID() };
      if (!(await beginRun(database, run, { nowMs: clock(), evenDone: false }))) continue;
      const problem = await this.#run(run);
      if (problem === null) done += 1;
      else failed.push(problem);
    }
    return { done, failed };
  }

  /**
   * Begins a day again, for a person; a day that is under way goes on. `ended` is when the run is over: what keeps it
   * from its end stands on the day. The run goes on after the answer, `beside` whatever began it.
   */
  async begin(
    source: ReconciliationSource,
    day: string,
    beside: <T>(work: () => T) => T = (work) => work(),
  ): Promise<{ readonly day: ReconciliationDay; readonly ended: Promise<unknown> } | Refused> {
    const { database, clock } = this.#options;
    if (!this.#sources().includes(source)) return refuseField('source', 'payments are not set up');
    if (clock() < readyAtMs(source, day)) return refuseField('day', 'the day is not over, or too short ago');
    if (source === 'wechat' && day < firstBilledDay(clock()))
      return refuseField('day', 'WeChat has bills of the last three months alone');
    const run = { source, day, runId: randomUUID() };
    const { day: row, replayed } = await database.transaction(async (tx) => {
      const begun = await beginRun(tx, run, { nowMs: clock(), evenDone: true });
      const now = await readDay(tx, source, day);
      if (now === null) throw new Error('a day that was begun is there');
      return { day: now, replayed: !begun };
    });
    if (replayed) return { day: row, ended: Promise.resolve(null) };
    const ended = beside(() => this.#run(run)).finally(() => this.#underWay.delete(ended));
    this.#underWay.add(ended);
    return { day: row, ended };
  }

  /** Null, or why it failed; the day says so too. */
  async #run(run: Run): Promise<unknown> {
    const { database, clock } = this.#options;
    try {
      await (run.source === 'wechat' ? this.#heldAgainstWechat(run) : this.#heldAgainstItself(run));
      return null;
    } catch (error) {
      if (!(error instanceof RunOvertaken)) await failRun(database, run, problemOf(error), clock());
      return error;
    }
  }

  async #heldAgainstWechat(run: Run): Promise<void> {
    const { database, clock, wechat } = this.#options;
    if (wechat === null) throw new BillUnavailable('refused', 'payments are not set up');
    const { day, runId } = run;
    for (const kind of ['trade', 'funds'] as const) await this.#stage(wechat.client, kind, run);
    await database.transaction(async (tx) => {
      const nowMs = clock();
      await followAdjustments(tx);
      const sums = await compareDay(tx, { day, runId, nowMs });
      await endOutdatedProposals(tx, nowMs);
      await endRun(tx, run, sums, nowMs);
    });
    await forgetBillsBefore(database, chinaDayAfter(firstBilledDay(clock()), -1));
  }

  async #stage(client: Pick<WechatClient, 'openBill'>, kind: BillKind, run: Run): Promise<void> {
    const { database, clock } = this.#options;
    const { day } = run;
    const reply = await client.openBill(kind, day);
    if (reply.kind === 'unreachable')
      throw new BillUnavailable('unreachable', `no ${kind} bill: ${reply.reason}`);
    if (reply.kind === 'refused') {
      const problem = reply.code === 'STATEMENT_CREATING' ? 'not_ready' : 'refused';
      throw new BillUnavailable(problem, `WeChat refused the ${kind} bill of ${day}: ${reply.code}`);
    }
    const bill = reply.body;
    try {
      await stageBill(database, { kind, day, bill, nowMs: clock(), insist: (tx) => insistOnRun(tx, run) });
    } finally {
      bill?.packed.destroy();
    }
  }

  async #heldAgainstItself(run: Run): Promise<void> {
    const { database, clock } = this.#options;
    const { accounts, transactions, faults } = await verifyLedger(database);
    await database.transaction(async (tx) => {
      const nowMs = clock();
      await recordFaults(tx, { faults }, { ...run, nowMs });
      await endRun(tx, run, { accounts, transactions }, nowMs);
    });
  }

  #sources(): readonly ReconciliationSource[] {
    return this.#options.wechat === null ? ['ledger'] : ['wechat', 'ledger'];
  }

  // ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────

  days(query: Parameters<typeof readDays>[1]): ReturnType<typeof readDays> {
    return readDays(this.#options.database, query);
  }

  /** Null: it was never run, and never due. */
  day(source: ReconciliationSource, day: string): Promise<ReconciliationDay | null> {
    return readDay(this.#options.database, source, day);
  }

  differences(query: DifferencesQuery): ReturnType<typeof readDifferences> {
    return readDifferences(this.#options.database, query);
  }

  async difference(id: string): Promise<Difference | null> {
    const row = await readDifference(this.#options.database, id);
    return row === null ? null : servedDifference(row);
  }

  // ── What people make of it ────────────────────────────────────────────────────────────────────────────────

  /** Says why it is right as it is. Safe to repeat. */
  explain(
    id: string,
    by: { readonly accountId: string; readonly reason: string },
  ): Promise<Difference | Refused> {
    return this.#deciding(id, async (tx, row, nowMs) => {
      if (row.state === 'explained') return null;
      if (row.state !== 'open') return refuse('difference_closed', { state: row.state });
      await markExplained(tx, id, { ...by, nowMs });
      return null;
    });
  }

  /** Asks for what would put it right; somebody else has to approve. */
  async propose(
    id: string,
    request: {
      readonly id: string;
      readonly accountId?: string | undefined;
      readonly reason: string;
      readonly askedBy: string;
    },
  ): Promise<Difference | Refused> {
    const { database, ledger } = this.#options;
    const row = await readDifference(database, id);
    if (row === null) return noSuchDifference;
    const proposalId = request.id.toLowerCase();
    if (row.proposal_id === proposalId) return servedDifference(row);
    const kind = offered(row);
    if (kind === null) return refuse('difference_closed', { state: row.state });
    const accountId = row.account_id ?? request.accountId?.toLowerCase() ?? null;
    if (accountId === null) return refuseField('accountId', 'the difference does not tell whose money it is');
    const proposal = { kind, id: proposalId, accountId, by: request.askedBy, reason: request.reason };
    if (kind === 'late_recharge')
      return this.#deciding(id, async (tx, now, nowMs) => {
        if (now.proposal_id === proposalId) return null;
        if (offered(now) !== kind) return refuse('difference_closed', { state: now.state });
        await markProposed(tx, id, { ...proposal, nowMs });
        return null;
      });
    return ledger.alongside(accountId, async (within) => {
      const now = await readDifference(within.tx, id, 'lock');
      if (now?.proposal_id === proposalId) return servedDifference(now);
      if (now === null || offered(now) !== kind || leftOf(now) !== leftOf(row))
        return refuse('difference_closed', { state: now?.state });
      const adjusted = await within.adjust({
        id: proposalId,
        asset: cny,
        amount: leftOf(now),
        reason: request.reason,
        askedBy: request.askedBy,
        mustWait: true,
      });
      if ('refused' in adjusted) return adjusted;
      // What was asked for otherwise puts nothing right here, and no correction puts two things right.
      if (adjusted.replayed) return refuse('idempotency_mismatch', { id: proposalId });
      await markProposed(within.tx, id, { ...proposal, nowMs: within.nowMs });
      return this.#served(within.tx, id);
    });
  }

  /** Does what was proposed, for somebody else than who proposed it. Safe to repeat. */
  async approve(id: string, by: string): Promise<Difference | Refused> {
    const { database, ledger } = this.#options;
    const row = await readDifference(database, id);
    if (row === null) return noSuchDifference;
    if (row.proposed_by === by)
      return refuse('forbidden', { detail: 'Somebody else than who proposed it has to approve.' });
    if (row.state === 'settled' && row.proposal !== null) return servedDifference(row);
    if (row.state !== 'proposed' || row.proposal_id === null || row.account_id === null)
      return refuse('difference_closed', { state: row.state });
    const { account_id: accountId, proposal_id: proposalId } = row;
    if (row.proposal === 'adjustment')
      return this.#followed(id, await ledger.approveAdjustment({ accountId, id: proposalId, by }));
    const refused = await this.#payLate(row, accountId);
    if (refused !== null) return refused;
    return this.#deciding(id, async (tx, now, nowMs) => {
      if (now.state === 'proposed') await markSettled(tx, id, { accountId: by, nowMs });
      return null;
    });
  }

  /** Takes a proposal back, for whoever made it. Safe to repeat. */
  async withdraw(id: string, by: string): Promise<Difference | Refused> {
    const { database, ledger } = this.#options;
    const row = await readDifference(database, id);
    if (row === null) return noSuchDifference;
    if (row.state === 'open') return servedDifference(row);
    if (row.state !== 'proposed' || row.proposal_id === null || row.account_id === null)
      return refuse('difference_closed', { state: row.state });
    if (row.proposed_by !== by)
      return refuse('forbidden', { detail: 'Only who proposed it can withdraw it.' });
    if (row.proposal === 'adjustment') {
      const decision = { accountId: row.account_id, id: row.proposal_id, by };
      return this.#followed(id, await ledger.withdrawAdjustment(decision));
    }
    return this.#deciding(id, async (tx, now) => {
      if (now.state === 'proposed') await markWithdrawn(tx, id);
      return null;
    });
  }

  /** The difference after its correction was decided on. */
  async #followed(id: string, decided: Adjustment | Refused): Promise<Difference | Refused> {
    if ('refused' in decided) return decided;
    return this.#options.database.transaction(async (tx) => {
      await followAdjustments(tx, id);
      return this.#served(tx, id);
    });
  }

  /** WeChat is asked once more: what it says now is what is paid in. */
  async #payLate(row: DifferenceRecord, accountId: string): Promise<Refused | null> {
    const orderId = orderIdOf(row);
    const { wechat } = this.#options;
    if (wechat === null || orderId === null)
      return refuse('unavailable', { detail: 'Payments are not set up.' });
    const order = await wechat.recharging.askNow(accountId, orderId);
    if ('refused' in order) return order;
    if (order.state === 'paid' || order.state === 'refunded') return null;
    return refuse('unavailable', { detail: 'WeChat Pay does not say that the order is paid.' });
  }

  /** Under the difference's lock; a refusal is answered, null answers with how it stands by then. */
  async #deciding(
    id: string,
    decide: (tx: Queryable, row: DifferenceRecord, nowMs: number) => Promise<Refused | null>,
  ): Promise<Difference | Refused> {
    const { database, clock } = this.#options;
    return database.transaction(async (tx) => {
      const row = await readDifference(tx, id, 'lock');
      if (row === null) return noSuchDifference;
      const refused = await decide(tx, row, clock());
      if (refused !== null) return refused;
      const now = await readDifference(tx, id);
      return now === null ? noSuchDifference : servedDifference(now);
    });
  }

  async #served(db: Queryable, id: string): Promise<Difference> {
    const row = await readDifference(db, id);
    if (row === null) throw new Error(`difference ${id} has gone`);
    return servedDifference(row);
  }
}

function problemOf(error: unknown): string {
  if (error instanceof BillUnavailable) return error.problem;
  return error instanceof BillFault ? error.fault : 'unexpected';
}
