/** What holds of reconciliation on either database: every planted difference is found, none is invented, on any run. */
import { randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
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
import { dueDays, runLeaseMs, RunOvertaken } from './runs.ts';
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
    state: 'succeeded' | 'closed' | 'processing' = 'succeeded',
    endedAtMs = atMs,
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
      await markRefund(ledger.tx, made, state, { nowMs: endedAtMs, askAtMs: null });
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

  const differenceOf = async (subject: string): Promise<Difference | undefined> =>
    (await differences()).find((found) => found.subject === subject);

  const corrections = async (ids: readonly string[]): Promise<string[]> => {
    const page = await it.ledger.listAdjustments({ accountId: account, limit: 200 });
    if (!('items' in page)) throw new Error('the list was refused');
    return ids.map((id) => page.items.find((item) => item.id === id)?.state ?? 'none');
  };

  const proposal = () => ({ id: randomUUID(), reason: '按账单更正', askedBy: finance });

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
      const someName = expect.stringMatching(/./);
      for (const answer of both)
        expect(answer).toMatchObject({
          state: 'settled',
          decidedBy: checker,
          decidedByName: someName,
          proposal: { by: finance, byName: someName, reason: request.reason },
        });
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

  test('a day whose bills come to more than 64 bits hold adds up', async () => {
    const of = '2026-12-15';
    const cents = 90_000_000_000_000;
    const numbered = Array.from({ length: 11 }, (_, index) => ({
      atMs: Date.parse(`${of}T10:00:00+08:00`) + index * 60_000,
      no: `42${numberOf(26)}`,
      tradeNo: randomBytes(16).toString('hex'),
      cents,
    }));
    const no = `42${numberOf(26)}`;
    // Money of one number that no trade has.
    const strays = numbered.map(({ atMs }) => ({ atMs, no, type: '交易', cents }));
    give(of, numbered, [...flowsOf(numbered), ...strays]);
    await run(of);
    const found = await differences({ day: of });
    expect(found).toHaveLength(numbered.length + 1);
    expect(found.find(({ subject }) => subject === no)).toMatchObject({
      class: 'missing_here',
      amount: '9900000000000.00',
      left: '9900000000000.00',
      funds: { amount: '9900000000000.00', lines: 11 },
    });
    const days = await reconciling.days({ source: 'wechat', limit: 100 });
    expect('items' in days && days.items.find((item) => item.day === of)).toMatchObject({
      sums: {
        payments: { count: 11, amount: '9900000000000.00' },
        fundsIn: '19800000000000.00',
        fundsOut: '59400000000.00',
        fees: '59400000000.00',
      },
    });
  });

  test('a coupon of the merchant’s own is in the order and in no money that moves', async () => {
    const of = '2026-12-20';
    const at = (hour: number) => Date.parse(`${of}T${hour}:00:00+08:00`);
    const [part, free, wrong] = [
      await paid(5_000, at(10)),
      await paid(600, at(11)),
      await paid(3_000, at(12)),
    ];
    const back = await refunded(part, 2_500, at(13));
    const trades = [
      { ...trade(part), couponCents: 1_000 },
      { ...trade(free), couponCents: 600 },
      { ...trade(wrong), couponCents: 500 },
      { ...refund(back), couponCents: 500 },
    ];
    const flows = flowsOf(trades).map((flow) =>
      flow.no === wrong.no && flow.type === '交易' ? { ...flow, cents: 3_000 } : flow,
    );
    give(of, trades, flows);
    await run(of);
    expect(await differences({ day: of }), 'WeChat moved the coupon too').toMatchObject([
      {
        kind: 'funds',
        subject: wrong.no,
        class: 'amount',
        amount: '4.85',
        trade: { amount: '30.00', settled: '25.00', fee: '0.15' },
        funds: { amount: '29.85' },
      },
    ]);
    const days = await reconciling.days({ source: 'wechat', limit: 100 });
    expect('items' in days && days.items.find((item) => item.day === of)).toMatchObject({
      sums: {
        payments: { count: 3, amount: '86.00' },
        orders: { count: 3, amount: '86.00' },
        coupons: '16.00',
        fees: '0.39',
        fundsIn: '70.00',
        fundsOut: '20.39',
      },
    });
    give(of, trades);
    await run(of);
    expect(await differences({ day: of })).toMatchObject([{ subject: wrong.no, state: 'settled' }]);
    const altered = tradeBillText(trades).replace('`65.00,`20.00', '`86.00,`20.00');
    bills.set(`trade ${of}`, () => ({ kind: 'ok', body: openBill(altered) }));
    await expect(run(of)).rejects.toThrow(/应结订单总金额/);
    give(of, trades);
    await run(of);
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

    test('that breaks off as it comes was out of reach, and says so', async () => {
      const body = { sha1: '0'.repeat(40), packed: Readable.from(broken(good())) };
      bills.set('trade 2026-10-21', () => ({ kind: 'ok', body }));
      await expect(run('2026-10-21')).rejects.toThrow(/broke off/);
      const days = await reconciling.days({ source: 'wechat', limit: 100 });
      const failed = 'items' in days ? days.items.find((item) => item.day === '2026-10-21') : undefined;
      expect(failed).toMatchObject({ state: 'failed', problem: 'unreachable' });
      const due = (nowMs: number) => dueDays(it.database, ['wechat'], nowMs);
      const again = { source: 'wechat', day: '2026-10-21' };
      expect(await due(it.clock.nowMs + dayMs)).toContainEqual(again);
      expect(await due(it.clock.nowMs + 91 * dayMs), 'WeChat has it no more').not.toContainEqual(again);
      bills.delete('trade 2026-10-21');
      await run('2026-10-21');
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

  // ── Bills and books that change ───────────────────────────────────────────────────────────────────────────

  describe('what changes between two runs', () => {
    const [first, second, third] = ['2026-12-01', '2026-12-02', '2026-12-03'] as const;

    test('a refund that WeChat took a day later is late, and one that it never took is missing then', async () => {
      const made = await paid(9_900, noon(first));
      const later = await refunded(made, 100, noon(first) + 1_000, 'succeeded', noon(second));
      const never = await refunded(made, 200, noon(first) + 2_000, 'processing');
      const sure = await refunded(made, 300, noon(first) + 3_000);
      give(first, [trade(made)]);
      await run(first);
      expect(await differenceOf(later.refundNo)).toBeUndefined();
      expect(await differenceOf(never.refundNo)).toBeUndefined();
      expect(await differenceOf(sure.refundNo), 'WeChat had ended it that day').toMatchObject({
        class: 'missing_there',
      });
      give(second, [refund({ ...later, atMs: noon(second) })]);
      await run(second);
      expect(await differenceOf(later.refundNo)).toMatchObject({ class: 'late', day: second });
      const missing = await differenceOf(never.refundNo);
      expect(missing).toMatchObject({ class: 'missing_there', day: first, state: 'open' });
      expect(missing?.offers, 'it is still being asked for').toBeUndefined();
      for (const again of [first, second]) await run(again);
      expect(await differenceOf(later.refundNo)).toMatchObject({ class: 'late', day: second });
      expect(await differenceOf(never.refundNo)).toMatchObject({ id: missing?.id, state: 'open' });
      await it.ledger.alongside(account, async ({ tx }) => {
        const asked = await readRefund(tx, account, never.refundId);
        if (asked === null) throw new Error('the refund has gone');
        await markRefund(tx, asked, 'succeeded', { nowMs: noon(third), askAtMs: null });
      });
      give(third, [refund({ ...never, atMs: noon(third) })]);
      await run(third);
      expect(await differenceOf(never.refundNo), 'it came').toMatchObject({
        id: missing?.id,
        state: 'settled',
      });
    });

    test('the first day of all leaves the minutes around its beginning to the bill before it', async () => {
      const alone = '2026-12-10';
      const made = await paid(4_400, Date.parse(`${alone}T00:00:00+08:00`) + 500);
      give(alone, []);
      await run(alone);
      expect(await differenceOf(made.tradeNo)).toBeUndefined();
      give('2026-12-09', []);
      for (const again of ['2026-12-09', alone]) await run(again);
      expect(await differenceOf(made.tradeNo)).toMatchObject({ class: 'missing_there' });
    });

    test('what was corrected is corrected by what is left of it, and given back where it agrees after all', async () => {
      const day20 = '2026-12-20';
      const made = await paid(5_000, noon(day20));
      const billed = async (cents: number): Promise<Difference | undefined> => {
        give(day20, [{ ...trade(made), cents }]);
        await run(day20);
        return differenceOf(made.tradeNo);
      };
      const correct = async (amount: string): Promise<Difference | Refused> => {
        const found = await differenceOf(made.tradeNo);
        expect(found).toMatchObject({ state: 'open', offers: 'adjustment', left: amount });
        await reconciling.propose(found?.id ?? '', proposal());
        return reconciling.approve(found?.id ?? '', checker);
      };
      const balance = (await it.ledger.balance(account)).balance;
      expect(await billed(5_001)).toMatchObject({ class: 'amount', left: '0.01' });
      expect(await correct('0.01')).toMatchObject({ state: 'settled', corrected: '0.01', left: '0.00' });
      expect(await billed(5_001), 'a second run').toMatchObject({ state: 'settled' });
      expect(await billed(5_003)).toMatchObject({ state: 'open', amount: '0.03', left: '0.02' });
      expect(await correct('0.02')).toMatchObject({ state: 'settled', corrected: '0.03' });
      expect(await billed(5_000)).toMatchObject({ state: 'open', corrected: '0.03', left: '-0.03' });
      expect(await billed(5_003), 'it never agreed').toMatchObject({ state: 'settled', left: '0.00' });
      await billed(5_000);
      expect(await correct('-0.03')).toMatchObject({ state: 'settled', left: '0.00' });
      expect((await it.ledger.balance(account)).balance).toBe(balance);
      expect(await billed(5_000)).toMatchObject({ state: 'settled' });
      expect(await billed(5_002), 'once more').toMatchObject({ state: 'open', left: '0.02' });
    });

    test('nobody approves what was right before the last run', async () => {
      const day21 = '2026-12-21';
      const [changed, agreed] = [await paid(6_000, noon(day21)), await paid(7_000, noon(day21))];
      give(day21, [
        { ...trade(changed), cents: 6_001 },
        { ...trade(agreed), cents: 7_001 },
      ]);
      await run(day21);
      const asked = [proposal(), proposal()] as const;
      const ids = [
        (await differenceOf(changed.tradeNo))?.id ?? '',
        (await differenceOf(agreed.tradeNo))?.id ?? '',
      ] as const;
      await reconciling.propose(ids[0], asked[0]);
      await reconciling.propose(ids[1], asked[1]);
      await run(day21);
      expect(await corrections(asked.map(({ id }) => id)), 'nothing has changed').toEqual([
        'waiting',
        'waiting',
      ]);
      give(day21, [{ ...trade(changed), cents: 6_002 }, trade(agreed)]);
      await run(day21);
      expect(await corrections(asked.map(({ id }) => id))).toEqual(['expired', 'expired']);
      expect(await differenceOf(changed.tradeNo)).toMatchObject({ state: 'open', left: '0.02' });
      expect(await differenceOf(agreed.tradeNo)).toMatchObject({ state: 'settled', left: '0.00' });
      for (const id of ids) expect(refusal(await reconciling.approve(id, checker))).toBe('difference_closed');
      const accountId = account;
      const old = { accountId, id: asked[0].id, by: checker };
      expect(await it.ledger.approveAdjustment(old)).toMatchObject({ refused: { code: 'approval_expired' } });
    });

    test('one correction puts one difference right, and none that was made without a second person', async () => {
      const day22 = '2026-12-22';
      const [one, other] = [await paid(8_000, noon(day22)), await paid(8_000, noon(day22))];
      give(day22, [
        { ...trade(one), cents: 8_001 },
        { ...trade(other), cents: 8_001 },
      ]);
      await run(day22);
      const ids = [
        (await differenceOf(one.tradeNo))?.id ?? '',
        (await differenceOf(other.tradeNo))?.id ?? '',
      ] as const;
      const alone = proposal();
      await it.ledger.adjust({ ...alone, accountId: account, asset: 'CNY', amount: 10_000n });
      expect(refusal(await reconciling.propose(ids[0], alone))).toBe('idempotency_mismatch');
      const shared = proposal();
      const both = await Promise.all([
        reconciling.propose(ids[0], shared),
        reconciling.propose(ids[0], shared),
      ]);
      for (const answer of both) expect(answer, 'twice at once').toMatchObject({ state: 'proposed' });
      expect(refusal(await reconciling.propose(ids[1], shared))).toBe('idempotency_mismatch');
      await reconciling.withdraw(ids[0], finance);
      expect(refusal(await reconciling.propose(ids[0], shared)), 'it was withdrawn').toBe(
        'idempotency_mismatch',
      );
      const anew = proposal();
      await reconciling.propose(ids[0], anew);
      expect(await reconciling.approve(ids[0], checker)).toMatchObject({ state: 'settled' });
      expect(await differenceOf(other.tradeNo)).toMatchObject({ state: 'open' });
    });

    test('money that comes in a bill days later settles what waited for it, also where the day is run again', async () => {
      const [paidOn, cameOn] = ['2026-12-24', '2026-12-27'];
      const made = await paid(3_300, noon(paidOn));
      give(paidOn, [trade(made)], []);
      give('2026-12-25', [], []);
      for (const each of [paidOn, '2026-12-25']) await run(each);
      expect(await differenceOf(made.no)).toMatchObject({
        kind: 'funds',
        class: 'missing_there',
        state: 'open',
      });
      const late = flowsOf([trade(made)]).map((flow) => ({ ...flow, atMs: noon(cameOn) }));
      give(cameOn, [], late);
      await run(cameOn);
      expect(await differenceOf(made.no)).toMatchObject({ state: 'settled' });
      await run(paidOn);
      expect(await differenceOf(made.no)).toMatchObject({ state: 'settled' });
    });

    test('a run that has lost its lease counts for nothing, whatever it has read', async () => {
      const day29 = '2026-12-29';
      const made = await paid(2_200, noon(day29));
      const text = tradeBillText([trade(made)]);
      const { promise: stopped, resolve: go } = Promise.withResolvers<void>();
      async function* halting(): AsyncGenerator<Buffer> {
        yield* openBill(text).packed as AsyncIterable<Buffer>;
        await stopped;
      }
      give(day29, [trade(made)]);
      const good = bills.get(`trade ${day29}`);
      const { sha1 } = openBill(text);
      bills.set(`trade ${day29}`, () => ({ kind: 'ok', body: { sha1, packed: Readable.from(halting()) } }));
      it.clock.nowMs = noon(day29) + dayMs;
      const slow = await reconciling.begin('wechat', day29);
      if ('refused' in slow) throw new Error('the run was refused');
      if (good !== undefined) bills.set(`trade ${day29}`, good);
      it.clock.nowMs += runLeaseMs + 1;
      const quick = await newReconciling().begin('wechat', day29);
      if ('refused' in quick) throw new Error('the run was refused');
      expect(await quick.ended).toBeNull();
      const reading = () =>
        it.database.query(`SELECT reading FROM wechat_bills WHERE day = $1 AND kind = 'trade'`, [day29]);
      const counts = await reading();
      go();
      expect(await slow.ended).toBeInstanceOf(RunOvertaken);
      expect(await reading()).toEqual(counts);
      expect(await differenceOf(made.tradeNo)).toBeUndefined();
    });

    test('leaves a ledger that agrees with itself', async () => {
      expect((await verifyLedger(it.database)).faults).toEqual([]);
    });
  });
}

const named = (list: readonly Difference[]) =>
  list.map((found) => `${found.kind} ${found.subject} ${found.class}`).toSorted();

async function* broken(text: string): AsyncGenerator<Buffer> {
  yield gzipSync(text).subarray(0, 100);
  throw Object.assign(new Error('the connection was lost'), { code: 'ECONNRESET' });
}

const noon = (of: string): number => Date.parse(`${of}T12:00:00+08:00`);

const cents = (n: number) => yuanText(BigInt(n) * microsPerCent);

const refusal = (answer: Difference | Refused): string => ('refused' in answer ? answer.refused.code : '');

function numberOf(length: number): string {
  return [...randomBytes(length)].map((byte) => byte % 10).join('');
}
