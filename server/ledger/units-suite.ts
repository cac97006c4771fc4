/** What the ledger must do with assets beside money, in figures worked out by hand; run on either database. */
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chargeBody, holdBody, ledgerFixture, startMs, type LedgerFixture } from './fixture.ts';
import { verifyLedger } from './verify.ts';

const dayMs = 86_400_000;

/** On the database of the URL that this gives, or on PGlite. */
export function unitsSuite(newDatabase: () => Promise<string | undefined>): void {
  let it: LedgerFixture;
  beforeAll(async () => {
    it = await ledgerFixture(await newDatabase());
  });
  afterAll(() => it.close());

  async function granted(account: string, asset: string, amount: bigint, days?: number): Promise<string> {
    const id = uuidv7();
    const answer = await it.ledger.grant({
      id,
      accountId: account,
      asset,
      amount,
      source: 'gift',
      occurredAtMs: it.clock.nowMs,
      ...(days === undefined ? {} : { expiresAtMs: it.clock.nowMs + days * dayMs }),
    });
    expect(answer).toMatchObject({ replayed: false });
    return id;
  }

  function use(
    account: string,
    asset: string,
    amount: bigint,
    changes: { id?: string; begun?: boolean } = {},
  ) {
    const { id = uuidv7(), begun = false } = changes;
    const content = { asked: amount.toString() };
    return it.ledger.use({
      id,
      accountId: account,
      asset,
      amount,
      content,
      begun,
      occurredAtMs: it.clock.nowMs,
    });
  }

  async function rest(account: string, id: string): Promise<bigint | undefined> {
    const [row] = await it.database.query<{ remaining: bigint }>(
      'SELECT remaining FROM grants WHERE account_id = $1 AND id = $2',
      [account, id],
    );
    return row?.remaining;
  }

  async function wallet(
    account: string,
    asset: string,
  ): Promise<{ balance: bigint; held: bigint } | undefined> {
    const [row] = await it.database.query<{ balance: bigint; held: bigint }>(
      'SELECT balance, held FROM wallets WHERE account_id = $1 AND asset = $2',
      [account, asset],
    );
    return row;
  }

  test('one chain has rows of all assets, each with a balance of its own (L1, L2, L8)', async () => {
    it.clock.nowMs = startMs;
    const account = await it.newAccount({ balance: '5.00' });
    await granted(account, 'IMAGE_QUOTA', 10n);
    await use(account, 'IMAGE_QUOTA', 3n);
    const { transactions } = await it.ledger.transactionsPage(account, { afterSeq: 0, limit: 10 });
    expect(
      transactions.map(({ seq, kind, asset, amount, balanceAfter }) => [
        seq,
        kind,
        asset,
        amount,
        balanceAfter,
      ]),
    ).toEqual([
      [1, 'recharge', 'CNY', '5.00', '5.00'],
      [2, 'grant', 'IMAGE_QUOTA', '10', '10'],
      [3, 'charge', 'IMAGE_QUOTA', '-3', '7'],
    ]);
    expect(transactions[1]).toMatchObject({ source: 'gift' });
    expect(await it.ledger.digest(account)).toMatchObject({
      count: 3,
      sums: { CNY: '5.00', IMAGE_QUOTA: '7' },
    });
    expect(await it.ledger.balance(account)).toMatchObject({
      balance: '5.00',
      available: '5.00',
      spentToday: '0.00',
      seq: 3,
    });
    expect((await verifyLedger(it.database, account)).faults).toEqual([]);
  });

  test('the batch that ends first is used first, and gets back what came from it (L6, L7)', async () => {
    it.clock.nowMs = startMs;
    const account = await it.newAccount();
    const late = await granted(account, 'TEXT_TOKEN', 100n, 30);
    const soon = await granted(account, 'TEXT_TOKEN', 40n, 10);
    const id = uuidv7();
    expect(await use(account, 'TEXT_TOKEN', 60n, { id })).toMatchObject({
      transaction: { amount: '-60', balanceAfter: '80' },
    });
    expect([await rest(account, soon), await rest(account, late)]).toEqual([0n, 80n]);
    const back = { id: uuidv7(), accountId: account, chargeId: id, reason: 'failed' };
    // What was used last goes back first: 20 to the later batch, 5 to the earlier.
    expect(await it.ledger.returnUse({ ...back, amount: 25n })).toMatchObject({
      transaction: { kind: 'return', amount: '25', reversesId: id },
    });
    expect([await rest(account, soon), await rest(account, late)]).toEqual([5n, 100n]);
    expect(await it.ledger.returnUse({ ...back, amount: 25n })).toMatchObject({ replayed: true });
    expect(await it.ledger.returnUse({ ...back, id: uuidv7(), amount: 36n })).toEqual({
      refused: { code: 'refund_exceeds', chargeId: id, left: '35' },
    });
    it.clock.nowMs = startMs + 11 * dayMs;
    expect(await it.ledger.sweep()).toMatchObject({ accounts: 1 });
    expect(await wallet(account, 'TEXT_TOKEN')).toEqual({ balance: 100n, held: 0n });
    expect((await verifyLedger(it.database, account)).faults).toEqual([]);
  });

  test('points run into debt for work that was begun, new work waits, the next grant repays (L5)', async () => {
    it.clock.nowMs = startMs;
    const account = await it.newAccount();
    await granted(account, 'POINT', 10n, 180);
    expect(await use(account, 'POINT', 25n)).toMatchObject({ transaction: { balanceAfter: '-15' } });
    const owed = { refused: { code: 'debt_outstanding', asset: 'POINT', balance: '-15' } };
    expect(await use(account, 'POINT', 1n)).toEqual(owed);
    expect(await use(account, 'POINT', 5n, { begun: true })).toMatchObject({
      transaction: { balanceAfter: '-20' },
    });
    expect(await use(account, 'POINT', 981n, { begun: true })).toEqual({
      refused: {
        code: 'insufficient_units',
        asset: 'POINT',
        required: '981',
        available: '980',
        shortfall: '1',
      },
    });
    const repaying = await granted(account, 'POINT', 50n, 180);
    expect(await rest(account, repaying)).toBe(30n);
    expect(await use(account, 'POINT', 1n)).toMatchObject({ transaction: { balanceAfter: '29' } });
    // Debt of one asset is no debt of another.
    await granted(account, 'IMAGE_QUOTA', 1n);
    expect(await use(account, 'IMAGE_QUOTA', 2n)).toMatchObject({ refused: { code: 'insufficient_units' } });
    expect((await verifyLedger(it.database, account)).faults).toEqual([]);
  });

  test('units that are held are captured once, or released, or charged late (L4)', async () => {
    it.clock.nowMs = startMs;
    const account = await it.newAccount();
    await granted(account, 'IMAGE_QUOTA', 5n, 30);
    const hold = async (amount: bigint) => {
      const id = uuidv7();
      const of = { accountId: account, asset: 'IMAGE_QUOTA' };
      return {
        ...of,
        holdId: id,
        answer: await it.ledger.holdUnits({ ...of, id, amount, service: 'drawing', expiresInMs: dayMs }),
      };
    };
    const [one, two, tooMuch] = [await hold(3n), await hold(2n), await hold(1n)];
    expect(one.answer).toMatchObject({ replayed: false, hold: { state: 'open', amount: 3n } });
    expect(tooMuch.answer).toMatchObject({ refused: { code: 'insufficient_units', available: '0' } });
    const done = { ...one, id: uuidv7(), amount: 2n, occurredAtMs: it.clock.nowMs };
    expect(await it.ledger.captureUnits(done)).toMatchObject({ transaction: { amount: '-2' } });
    expect(await it.ledger.captureUnits(done)).toMatchObject({ replayed: true });
    expect(await wallet(account, 'IMAGE_QUOTA')).toEqual({ balance: 3n, held: 2n });
    expect(await it.ledger.releaseUnits(two)).toMatchObject({ state: 'closed', released: 2n });
    expect(await it.ledger.captureUnits({ ...two, id: uuidv7(), occurredAtMs: 0 })).toMatchObject({
      refused: { code: 'hold_closed' },
    });
    const three = await hold(3n);
    it.clock.nowMs += dayMs;
    const late = { ...three, id: uuidv7(), occurredAtMs: it.clock.nowMs };
    expect(await it.ledger.captureUnits(late)).toMatchObject({ transaction: { balanceAfter: '0' } });
    expect(await it.ledger.getUnitHold(account, three.holdId)).toMatchObject({ state: 'expired' });
    expect(await it.ledger.getHold(account, three.holdId)).toBeNull();
    expect((await verifyLedger(it.database, account)).faults).toEqual([]);
  });

  test('one id has one content, and a frozen account uses nothing (L3)', async () => {
    it.clock.nowMs = startMs;
    const account = await it.newAccount();
    await granted(account, 'IMAGE_QUOTA', 5n);
    const id = uuidv7();
    expect(await use(account, 'IMAGE_QUOTA', 1n, { id })).toMatchObject({ replayed: false });
    expect(await use(account, 'IMAGE_QUOTA', 1n, { id })).toMatchObject({ replayed: true });
    expect(await use(account, 'IMAGE_QUOTA', 2n, { id })).toEqual({
      refused: { code: 'idempotency_mismatch', id },
    });
    await it.database.query('UPDATE accounts SET frozen = true WHERE id = $1', [account]);
    expect(await use(account, 'IMAGE_QUOTA', 1n)).toEqual({ refused: { code: 'account_frozen' } });
  });

  test('a refusal that found batches of two assets over leaves them to the next posting', async () => {
    it.clock.nowMs = startMs;
    const account = await it.newAccount();
    const expiresAtMs = startMs + dayMs;
    const recharge = { id: uuidv7(), accountId: account, amount: 10_000n, source: 'test', expiresAtMs };
    await it.ledger.recharge({ ...recharge, occurredAtMs: startMs });
    await granted(account, 'POINT', 7n, 1);
    it.clock.nowMs = expiresAtMs;
    expect(await use(account, 'POINT', 2_000n)).toMatchObject({ refused: { code: 'insufficient_units' } });
    expect(await it.ledger.digest(account)).toMatchObject({ count: 2 });
    expect(await it.ledger.balance(account)).toMatchObject({ balance: '0.00', seq: 4 });
    expect((await verifyLedger(it.database, account)).faults).toEqual([]);
  });

  test('a purchase takes the money and brings the units in one posting, or neither', async () => {
    it.clock.nowMs = startMs;
    const account = await it.newAccount({ balance: '10.00' });
    const id = uuidv7();
    const buy = (price: bigint, paymentId: string) =>
      it.ledger.alongside(
        account,
        async (ledger) => {
          const payment = { id: paymentId, content: { package: 'small' }, price };
          const paid = await ledger.pay({ ...payment, operation: 'package', note: 'small' });
          if ('refused' in paid || paid.replayed) return paid;
          const batch = { amount: 100n, source: 'purchase' as const, occurredAtMs: ledger.nowMs };
          const brought = await ledger.grant({ ...batch, id: uuidv7(), asset: 'POINT' });
          if ('refused' in brought) throw new Error('there is room for points');
          return paid;
        },
        ['POINT'],
      );
    expect(await buy(6_000_000n, id)).toMatchObject({
      transaction: { amount: '-6.00', balanceAfter: '4.00' },
    });
    expect(await buy(6_000_000n, id)).toMatchObject({ replayed: true });
    expect(await buy(6_000_000n, uuidv7())).toMatchObject({ refused: { code: 'insufficient_balance' } });
    expect(await it.ledger.digest(account)).toMatchObject({ count: 3, sums: { CNY: '4.00', POINT: '100' } });
    expect((await verifyLedger(it.database, account)).faults).toEqual([]);
  });

  test('holds of money and of units are one namespace, and neither is ended as the other (L3)', async () => {
    it.clock.nowMs = startMs;
    const account = await it.newAccount({ balance: '10.00' });
    await granted(account, 'IMAGE_QUOTA', 5n);
    const taken = { refused: { code: 'idempotency_mismatch' } };
    const [money, units] = [holdBody(2), uuidv7()];
    await it.ledger.createHold(account, money);
    const hold = {
      accountId: account,
      asset: 'IMAGE_QUOTA',
      amount: 1n,
      service: 'drawing',
      expiresInMs: dayMs,
    };
    await it.ledger.holdUnits({ ...hold, id: units });
    expect(await it.ledger.holdUnits({ ...hold, id: money.id })).toMatchObject(taken);
    expect(await it.ledger.createHold(account, holdBody(1, { id: units }))).toMatchObject(taken);
    const notThere = { refused: { code: 'not_found' } };
    expect(await it.ledger.extendHold(account, units, 60)).toEqual(notThere);
    expect(await it.ledger.releaseHold(account, units)).toEqual(notThere);
    expect(await it.ledger.charge(account, chargeBody({ holdId: units }))).toMatchObject(notThere);
    const asUnits = { accountId: account, asset: 'IMAGE_QUOTA', holdId: money.id };
    expect(await it.ledger.releaseUnits(asUnits)).toEqual(notThere);
    expect(await it.ledger.captureUnits({ ...asUnits, id: uuidv7(), occurredAtMs: startMs })).toEqual(
      notThere,
    );
    expect((await it.ledger.listHolds(account, { limit: 10 })) as { items: unknown[] }).toMatchObject({
      items: [{ id: money.id }],
    });
    // Units whose time is over are left alone by what is about money.
    it.clock.nowMs += dayMs;
    expect(await it.ledger.charge(account, chargeBody({ holdId: units }))).toMatchObject(notThere);
    expect(await it.ledger.getUnitHold(account, units)).toMatchObject({ state: 'expired' });
    expect((await verifyLedger(it.database, account)).faults).toEqual([]);
  });

  test('of several accounts in one transaction, one that fails keeps the others from nothing', async () => {
    it.clock.nowMs = startMs;
    const accounts = [await it.newAccount(), await it.newAccount(), await it.newAccount()];
    const [, unlucky] = accounts;
    const answer = await it.ledger.alongsideEach(
      accounts.map((accountId) => ({ accountId, assets: ['POINT'] })),
      async (ledger, accountId) => {
        const batch = { id: accountId, asset: 'POINT', amount: 5n, source: 'campaign' as const };
        await ledger.grant({ ...batch, occurredAtMs: ledger.nowMs });
        if (accountId === unlucky) throw new Error('unlucky');
        return accountId;
      },
    );
    expect(answer.done).toEqual(accounts.filter((id) => id !== unlucky).toSorted());
    expect(answer.failed).toMatchObject([{ message: 'unlucky' }]);
    const balances = await Promise.all(accounts.map((id) => wallet(id, 'POINT')));
    expect(balances.map((row) => row?.balance)).toEqual([5n, undefined, 5n]);
  });
}
