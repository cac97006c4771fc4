/** What holds of reconciliation on either database: every planted difference is found, none is invented, on any run. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Difference, DifferenceClass } from '../../shared/api-reconciliation.ts';
import { microsPerCent, yuanText } from '../../shared/money.ts';
import { ledgerFixture, type LedgerFixture } from '../ledger/fixture.ts';
import type { Refused } from '../ledger/refusal.ts';
import { verifyLedger } from '../ledger/verify.ts';
import { addOrder, addRefund, markPaid, markRefund, readOrder, readRefund } from '../payments/orders.ts';
import type { BillKind, OpenBill } from '../payments/wechat-bill.ts';
import type { WechatClient, WechatReply } from '../payments/wechat-client.ts';
import { Reconciling } from './reconciling.ts';
import {
  flowsOf,
  fundBillText,
  openBill,
  tradeBillText,
  type TestFlow,
  type TestTrade,
} from './test-bills.ts';

const [before, day, after] = ['2026-11-17', '2026-11-18', '2026-11-19'] as const;
const startMs = Date.parse(`${day}T00:00:00+08:00`);
const dayMs = 86_400_000;
const endMs = startMs + dayMs;

/** `each`: how many differences of each class are planted; the embedded database is the slower one. */
export function testReconciliation(
  newDatabaseUrl: () => Promise<string | undefined>,
  { each }: { readonly each: number },
): void {
  let it: LedgerFixture;
  let reconciling: Reconciling;
  let account: string;
  let finance: string;
  let checker: string;
  /** What WeChat answers with, by kind and day; nothing: it has no bill. */
  const bills = new Map<string, () => WechatReply<OpenBill>>();
  const asked: string[] = [];
  /** Orders that WeChat says are paid, when it is asked about them. */
  const client: Pick<WechatClient, 'openBill'> = {
    async openBill(kind: BillKind, of: string) {
      asked.push(`${kind} ${of}`);
      return bills.get(`${kind} ${of}`)?.() ?? { kind: 'ok', body: null };
    },
  };

  beforeAll(async () => {
    it = await ledgerFixture(await newDatabaseUrl());
    reconciling = newReconciling();
    account = await it.newAccount({ balance: '500000.00' });
    [finance, checker] = [await it.newAccount(), await it.newAccount()];
  });
  afterAll(() => it.close());

  function newReconciling(): Reconciling {
    const { database, ledger, clock } = it;
    const recharging = {
      askNow: async (accountId: string, id: string) => {
        await payIn(accountId, id, clock.nowMs);
        return { ...(await served(accountId, id)), refunds: [] };
      },
    };
    return new Reconciling({ database, ledger, clock: () => clock.nowMs, wechat: { client, recharging } });
  }

  // ── What is here ──────────────────────────────────────────────────────────────────────────────────────────

  interface Here {
    readonly id: string;
    readonly tradeNo: string;
    readonly no: string;
    readonly cents: number;
    readonly atMs: number;
  }

  /** WeChat's numbers, known before they are paid. */
  const numbers = new Map<string, string>();

  async function order(cents: number, atMs: number): Promise<Here> {
    const id = randomUUID();
    const amount = BigInt(cents) * microsPerCent;
    const times = { createdAtMs: atMs - 60_000, expiresAtMs: atMs + 1_800_000 };
    await addOrder(it.database, { accountId: account, id, channel: 'wechat_native', amount, ...times }, atMs);
    const made = await readOrder(it.database, account, id);
    if (made === null) throw new Error('an order that was added is there');
    const no = `42${numberOf(26)}`;
    numbers.set(id, no);
    return { id, tradeNo: made.outTradeNo, no, cents, atMs };
  }

  async function payIn(accountId: string, id: string, atMs: number): Promise<void> {
    await it.ledger.alongside(accountId, async (ledger) => {
      const now = await readOrder(ledger.tx, accountId, id);
      if (now === null || now.state === 'paid') return;
      const { rechargeId, amount, channel } = now;
      await ledger.recharge({ id: rechargeId, amount, occurredAtMs: atMs, source: channel });
      await markPaid(ledger.tx, now, { atMs, wechatTransactionId: numbers.get(id) ?? '' });
    });
  }

  async function served(accountId: string, id: string) {
    const made = await readOrder(it.database, accountId, id);
    if (made === null) throw new Error('there is no such order');
    return {
      id,
      channel: made.channel,
      state: made.state,
      amount: yuanText(made.amount),
      createdAt: '',
      expiresAt: '',
      refunded: '0.00',
    };
  }

  async function paid(cents: number, atMs: number, recordedAtMs = atMs): Promise<Here> {
    it.clock.nowMs = recordedAtMs;
    const made = await order(cents, atMs);
    await payIn(account, made.id, atMs);
    return made;
  }

  interface HereRefund extends Here {
    readonly refundNo: string;
    readonly refundId: string;
  }

  async function refunded(
    of: Here,
    cents: number,
    atMs: number,
    state: 'succeeded' | 'closed' = 'succeeded',
  ) {
    it.clock.nowMs = atMs;
    const id = randomUUID();
    const amount = BigInt(cents) * microsPerCent;
    await it.ledger.alongside(account, async (ledger) => {
      const asking = { id, reason: '测试', askedBy: finance };
      await ledger.adjust({ ...asking, asset: 'CNY', amount: -amount });
      const at = { nowMs: atMs, askAtMs: atMs };
      await addRefund(ledger.tx, { ...asking, accountId: account, orderId: of.id, amount }, at);
      const made = await readRefund(ledger.tx, account, id);
      if (made === null) throw new Error('a refund that was added is there');
      if (state === 'closed') await ledger.adjust({ ...asking, id: made.returnId, asset: 'CNY', amount });
      await markRefund(ledger.tx, made, state, { nowMs: atMs, askAtMs: null });
    });
    const made = await readRefund(it.database, account, id);
    return { ...of, cents, atMs, no: `50${numberOf(26)}`, refundNo: made?.outRefundNo ?? '', refundId: id };
  }

  // ── What WeChat has ───────────────────────────────────────────────────────────────────────────────────────

  const trade = ({ atMs, no, tradeNo, cents }: Here): TestTrade => ({ atMs, no, tradeNo, cents });
  const refund = (of: HereRefund, state = 'SUCCESS'): TestTrade => ({
    ...trade(of),
    refund: { no: of.refundNo, state },
  });

  function give(
    of: string,
    trades: readonly TestTrade[],
    flows: readonly TestFlow[] = flowsOf(trades),
  ): void {
    bills.set(`trade ${of}`, () => ({ kind: 'ok', body: openBill(tradeBillText(trades)) }));
    bills.set(`funds ${of}`, () => ({ kind: 'ok', body: openBill(fundBillText(flows)) }));
  }

  async function run(of: string): Promise<void> {
    it.clock.nowMs = Date.parse(`${of}T10:00:00+08:00`) + dayMs;
    const begun = await reconciling.begin('wechat', of);
    if ('refused' in begun) throw new Error(JSON.stringify(begun));
    const problem = await begun.ended;
    if (problem !== null) throw problem;
  }

  async function differences(query: object = {}): Promise<Difference[]> {
    const all: Difference[] = [];
    let cursor: string | undefined;
    do {
      const page = await reconciling.differences({ source: 'wechat', limit: 100, cursor, ...query });
      if ('refused' in page) throw new Error('the list was refused');
      all.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return all;
  }

  const find = async (tradeNo: string): Promise<Difference> => {
    const found = (await differences({ day })).find(({ subject }) => subject === tradeNo);
    if (found === undefined) throw new Error(`there is no difference of ${tradeNo}`);
    return found;
  };

  const check = async (): Promise<Difference[]> => {
    const begun = await reconciling.begin('ledger', '2026-11-24');
    if ('refused' in begun) throw new Error('refused');
    expect(await begun.ended).toBeNull();
    return differences({ source: 'ledger' });
  };

  // ── A day with everything in it ───────────────────────────────────────────────────────────────────────────

  describe('a day with differences of each class among many that agree', () => {
    const planted: string[] = [];
    const [onDay, onNext, flowsMore]: [TestTrade[], TestTrade[], TestFlow[]] = [[], [], []];
    let pendingOrder: Here;
    let lostOrder: Here;
    let changedOrder: Here;
    let agreed = { payments: 0, cents: 0 };

    const plant = (kind: Difference['kind'], subject: string, klass: DifferenceClass): void => {
      planted.push(`${kind} ${subject} ${klass}`);
    };

    beforeAll(async () => {
      for (let n = 0; n < 5 * each; n += 1) {
        const edge = n === 0 ? startMs : n === 1 ? endMs - 1_000 : startMs + n * 500_000;
        const made = await paid(1_000 + n, edge);
        onDay.push(trade(made));
        if (n % 10 === 0) onDay.push(refund(await refunded(made, 500, edge)));
      }
      for (let n = 0; n < each; n += 1) {
        const atMs = startMs + 3_600_000 + n * 60_000;
        const unknown = {
          atMs,
          no: `42${numberOf(26)}`,
          tradeNo: randomBytes(16).toString('hex'),
          cents: 700 + n,
        };
        onDay.push(unknown);
        plant('payment', unknown.tradeNo, 'missing_here');

        lostOrder = await paid(2_000 + n, atMs);
        plant('payment', lostOrder.tradeNo, 'missing_there');

        changedOrder = await paid(3_000 + n, atMs);
        onDay.push({ ...trade(changedOrder), cents: 3_001 + n });
        plant('payment', changedOrder.tradeNo, 'amount');

        pendingOrder = await order(4_000 + n, atMs);
        onDay.push(trade(pendingOrder));
        plant('payment', pendingOrder.tradeNo, 'state');

        const late = await paid(5_000 + n, endMs - 1_000, endMs + 1_000);
        onDay.push(trade(late));
        plant('payment', late.tradeNo, 'late');
      }
      for (let n = 0; n < 6; n += 1) {
        const atMs = startMs + 7_200_000 + n * 60_000;
        const of = await paid(9_000 + n, atMs);
        onDay.push(trade(of));
        const [gone, other, closed, late] = [
          await refunded(of, 100, atMs),
          await refunded(of, 200, atMs),
          await refunded(of, 300, atMs, 'closed'),
          await refunded(of, 400, startMs - 1_000),
        ];
        plant('refund', gone.refundNo, 'missing_there');
        onDay.push(
          { ...refund(other), cents: 201 },
          refund(closed),
          refund({ ...late, atMs: startMs + 1_000 }),
        );
        plant('refund', other.refundNo, 'amount');
        plant('refund', closed.refundNo, 'state');
        plant('refund', late.refundNo, 'late');
        const byHand = { ...late, no: `50${numberOf(26)}`, refundNo: numberOf(20), atMs };
        onDay.push(refund(byHand));
        plant('refund', byHand.refundNo, 'missing_here');
        // What WeChat has not decided yet, or closed without us, is no difference.
        onDay.push(refund(await refunded(of, 50, atMs), 'PROCESSING'));
        onDay.push(refund({ ...byHand, no: `50${numberOf(26)}`, refundNo: numberOf(20) }, 'FAIL'));
      }
      // WeChat's clock a second ahead of ours at midnight: in the next day's bill.
      const across = await paid(6_000, endMs - 500);
      onNext.push({ ...trade(across), atMs: endMs + 500 });
      plant('payment', across.tradeNo, 'late');
      const quiet = await paid(6_100, endMs + 3_600_000);
      onNext.push(trade(quiet));
      for (let n = 0; n < 5; n += 1) {
        const atMs = startMs + 10_800_000 + n;
        const [without, short] = [await paid(8_000 + n, atMs), await paid(8_100 + n, atMs)];
        onDay.push(trade(without), trade(short));
        plant('funds', without.no, 'missing_there');
        plant('funds', short.no, 'amount');
        const stray = { atMs, no: `42${numberOf(26)}`, type: '交易', cents: 123 };
        flowsMore.push(stray, { atMs, no: numberOf(20), type: '提现', cents: -5_000 });
        plant('funds', stray.no, 'missing_here');
      }
      const lacking = new Set(
        planted.filter((name) => name.startsWith('funds')).map((name) => name.split(' ')[1]),
      );
      const flows = flowsOf(onDay).flatMap((flow) => {
        if (!lacking.has(flow.no)) return [flow];
        const isShort = flow.cents >= 8_100 && flow.type === '交易';
        if (flow.cents >= 8_000 && flow.cents < 8_100) return [];
        return isShort
          ? [{ ...flow, cents: flow.cents - 50 }]
          : flow.cents < 0 && flow.type !== '退款'
            ? []
            : [flow];
      });
      give(before, []);
      give(day, onDay, [...flows, ...flowsMore]);
      give(after, onNext);
      const payments = onDay.filter(({ refund: back }) => back === undefined);
      agreed = { payments: payments.length, cents: payments.reduce((sum, { cents }) => sum + cents, 0) };
      for (const of of [before, day, after]) await run(of);
    });

    test('has every one found, and none invented', async () => {
      expect(named(await differences())).toEqual(planted.toSorted());
    });

    test('finds the same ones again on a second run, under the same names', async () => {
      const ids = (await differences()).map(({ id }) => id);
      for (const of of [day, after, day]) await run(of);
      const again = await differences();
      expect(again.map(({ id }) => id)).toEqual(ids);
      expect(named(again)).toEqual(planted.toSorted());
      expect(new Set(again.map(({ state }) => state))).toEqual(new Set(['open']));
    });

    test('says what each side counts and adds up to', async () => {
      const page = await reconciling.days({ source: 'wechat', limit: 10 });
      if ('refused' in page) throw new Error('the list was refused');
      expect(page.items.map((item) => item.day)).toEqual([after, day, before]);
      const done = page.items[1];
      expect(done).toMatchObject({ state: 'done', runs: 3, differences: { proposed: 0, settled: 0 } });
      expect(done?.differences.open).toBe(planted.length - 1);
      expect(done?.sums?.payments).toEqual({
        count: agreed.payments,
        amount: yuanText(BigInt(agreed.cents) * microsPerCent),
      });
    });

    test('shows what each side has of a difference', async () => {
      const amounts = await differences({ class: 'amount' });
      const found = amounts.find(({ subject }) => subject === changedOrder.tradeNo);
      expect(found).toMatchObject({
        amount: '0.01',
        trade: { no: changedOrder.no, amount: cents(changedOrder.cents + 1) },
        order: { id: changedOrder.id, amount: cents(changedOrder.cents) },
        ledger: { amount: cents(changedOrder.cents) },
      });
    });

    test('is corrected by two people, never by one', async () => {
      const { id, offers } = await find(changedOrder.tradeNo);
      expect(offers).toBe('adjustment');
      const request = { id: randomUUID(), reason: '微信账单多一分', askedBy: finance };
      const balance = (await it.ledger.balance(account)).balance;
      expect(await reconciling.propose(id, request)).toMatchObject({ state: 'proposed' });
      expect(await reconciling.propose(id, request), 'asked again').toMatchObject({ state: 'proposed' });
      expect((await it.ledger.balance(account)).balance, 'nothing moves before').toBe(balance);
      expect(refusal(await reconciling.approve(id, finance))).toBe('forbidden');
      const both = await Promise.all([reconciling.approve(id, checker), reconciling.approve(id, checker)]);
      for (const answer of both) expect(answer).toMatchObject({ state: 'settled', decidedBy: checker });
      const posted = await it.ledger.listAdjustments({ accountId: account, limit: 10, state: 'posted' });
      expect('items' in posted && posted.items.filter((item) => item.id === request.id)).toHaveLength(1);
      await run(day);
      expect(await find(changedOrder.tradeNo), 'still there, and dealt with').toMatchObject({
        state: 'settled',
      });
    });

    test('takes a proposal back, also one that was withdrawn among the corrections', async () => {
      const { id } = await find(lostOrder.tradeNo);
      const first = { id: randomUUID(), reason: '微信没有这笔', askedBy: finance };
      expect(await reconciling.propose(id, first)).toMatchObject({ proposal: { kind: 'adjustment' } });
      expect(refusal(await reconciling.withdraw(id, checker))).toBe('forbidden');
      expect(await reconciling.withdraw(id, finance)).toMatchObject({ state: 'open' });
      const second = { ...first, id: randomUUID() };
      await reconciling.propose(id, second);
      await it.ledger.withdrawAdjustment({ accountId: account, id: second.id, by: finance });
      await reconciling.runDue();
      expect(await find(lostOrder.tradeNo)).toMatchObject({ state: 'open' });
    });

    test('pays a late order in once, when somebody else agrees', async () => {
      const { id, offers } = await find(pendingOrder.tradeNo);
      expect(offers).toBe('late_recharge');
      const request = { id: randomUUID(), reason: '补入账', askedBy: finance };
      expect(await reconciling.propose(id, request)).toMatchObject({ state: 'proposed' });
      expect(await reconciling.approve(id, checker)).toMatchObject({ state: 'settled' });
      expect(await readOrder(it.database, account, pendingOrder.id)).toMatchObject({ state: 'paid' });
      await run(day);
      expect(await find(pendingOrder.tradeNo)).toMatchObject({ state: 'settled', class: 'state' });
    });

    test('is explained with a reason, which a run does not forget', async () => {
      const late = (await differences({ class: 'late', day })).at(0);
      if (late === undefined) throw new Error('none is late');
      const by = { accountId: finance, reason: '跨日入账' };
      expect(await reconciling.explain(late.id, by)).toMatchObject({ state: 'explained', reason: by.reason });
      await run(day);
      expect(await find(late.subject)).toMatchObject({ state: 'explained' });
      const again = { id: randomUUID(), reason: 'x', askedBy: finance };
      expect(refusal(await reconciling.propose(late.id, again))).toBe('difference_closed');
    });

    test('is settled by itself where the money comes after all', async () => {
      const states = await differences({ class: 'state', state: 'open', day });
      const waiting = states.find(({ order: made }) => made?.state === 'pending');
      if (waiting?.order === undefined) throw new Error('no order is pending');
      await payIn(account, waiting.order.id, waiting.trade === undefined ? 0 : Date.parse(waiting.trade.at));
      await run(day);
      expect(await find(waiting.subject)).toMatchObject({ state: 'settled' });
    });

    test('leaves a ledger that agrees with itself', async () => {
      expect((await verifyLedger(it.database)).faults).toEqual([]);
    });
  });

  // ── Bills that cannot be believed ─────────────────────────────────────────────────────────────────────────

  describe('a bill', () => {
    const of = '2026-10-20';
    const good = () =>
      tradeBillText([{ atMs: Date.parse(`${of}T12:00:00+08:00`), no: '4200', tradeNo: 'a1', cents: 5 }]);

    test.each([
      ['hash', () => openBill(good(), { sha1: '0'.repeat(40) })],
      ['hash', () => openBill(good(), { cutTo: 200 })],
      ['summary', () => openBill(good().replace('`1,`0.05', '`2,`0.05'))],
      ['summary', () => openBill(good().split('总交易单数')[0] ?? '')],
      ['format', () => openBill(good().replace('商户订单号', '别的'))],
      ['format', () => openBill(good().replaceAll('`0.05', '`0,05'))],
    ])('with a fault (%s) is refused, and what was read before still counts', async (fault, bad) => {
      give(of, [{ atMs: Date.parse(`${of}T11:00:00+08:00`), no: '4201', tradeNo: 'a2', cents: 7 }]);
      await run(of);
      bills.set(`trade ${of}`, () => ({ kind: 'ok', body: bad() }));
      await expect(run(of)).rejects.toThrow(/bill/i);
      const days = await reconciling.days({ source: 'wechat', limit: 100 });
      const failed = 'items' in days ? days.items.find((item) => item.day === of) : undefined;
      expect(failed).toMatchObject({ state: 'failed', problem: fault });
      expect((await differences({ day: of })).map(({ subject }) => subject)).toEqual(['a2']);
      give(of, [{ atMs: Date.parse(`${of}T11:00:00+08:00`), no: '4201', tradeNo: 'a2', cents: 7 }]);
      await run(of);
      const counted = await it.database.query('SELECT out_trade_no FROM wechat_trades WHERE day = $1', [of]);
      expect(counted).toEqual([{ out_trade_no: 'a2' }]);
    });

    test('that is not ready is asked for again ten minutes later, by one of many processes', async () => {
      it.clock.nowMs = Date.parse('2026-11-25T10:00:30+08:00');
      bills.set('trade 2026-11-24', () => ({ kind: 'refused', status: 400, code: 'STATEMENT_CREATING' }));
      asked.length = 0;
      const first = await reconciling.runDue();
      expect(first.failed).toHaveLength(1);
      expect(await reconciling.runDue(), 'not at once').toEqual({ done: 0, failed: [] });
      bills.delete('trade 2026-11-24');
      it.clock.nowMs += 10 * 60_000;
      const several = await Promise.all(
        [newReconciling(), newReconciling(), newReconciling()].map((one) => one.runDue()),
      );
      expect(several.reduce((sum, { done }) => sum + done, 0)).toBe(1);
      expect(asked.filter((name) => name === 'trade 2026-11-24')).toHaveLength(2);
    });

    test('of a day that is not over, or not ready, is not asked for', async () => {
      it.clock.nowMs = Date.parse('2026-11-25T09:59:00+08:00');
      expect(await reconciling.begin('wechat', '2026-11-24')).toMatchObject({
        refused: { code: 'validation_failed' },
      });
      expect(await reconciling.begin('wechat', '2026-01-01')).toMatchObject({
        refused: { code: 'validation_failed' },
      });
    });
  });

  test('the ledger is held against itself, and a fault is settled once it is gone', async () => {
    const { database } = it;
    it.clock.nowMs = Date.parse('2026-11-25T12:00:00+08:00');
    expect(await check()).toEqual([]);
    await database.query('UPDATE daily_totals SET amount = amount + 1 WHERE account_id = $1', [account]);
    const [found] = await check();
    expect(found).toMatchObject({ kind: 'ledger', class: 'amount', state: 'open', accountId: account });
    expect(found?.fault?.kind).toBe('totals_differ');
    await database.query('UPDATE daily_totals SET amount = amount - 1 WHERE account_id = $1', [account]);
    expect(new Set((await check()).map(({ state }) => state))).toEqual(new Set(['settled']));
  });
}

const named = (list: readonly Difference[]) =>
  list.map((found) => `${found.kind} ${found.subject} ${found.class}`).toSorted();

const cents = (n: number) => yuanText(BigInt(n) * microsPerCent);

const refusal = (answer: Difference | Refused): string => ('refused' in answer ? answer.refused.code : '');

function numberOf(length: number): string {
  return [...randomBytes(length)].map((byte) => byte % 10).join('');
}
