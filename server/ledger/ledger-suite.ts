/**
 * What the ledger promises, run on PGlite and on PostgreSQL alike. The names cite the invariants of README.md.
 */
import { createLocalJWKSet, compactVerify } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Charge, ChargeBody, Hold } from '../../shared/api.ts';
import { genesisHash } from '../../shared/chain.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import type { AdjustmentRequest } from './adjustments.ts';
import type { ChargeOutcome } from './charges.ts';
import type { Posted } from './credits.ts';
import { chargeBody, holdBody, ledgerFixture, startMs, testBook, type LedgerFixture } from './fixture.ts';
import { Ledger } from './ledger.ts';
import type { Refused } from './refusal.ts';
import { createSigner, generateSigningJwk } from './signing.ts';
import { verifyLedger } from './verify.ts';

const dayMs = 86_400_000;

function charged(outcome: ChargeOutcome): Charge {
  if (outcome.status === 'rejected') throw new Error(`rejected: ${JSON.stringify(outcome.refused)}`);
  return outcome.charge;
}

function accepted<T extends object>(answer: T | Refused): T {
  if ('refused' in answer) throw new Error(`refused: ${JSON.stringify(answer.refused)}`);
  return answer;
}

function underHold({ id, campaignId }: Hold, changes: Partial<ChargeBody> = {}): ChargeBody {
  return chargeBody({ holdId: id, ...(campaignId === undefined ? {} : { campaignId }), ...changes });
}

function inShanghai(time: string): ChargeBody {
  return chargeBody({ occurredAt: new Date(`${time}+08:00`).toISOString() });
}

function numbered(deviceSeq: number, changes: Partial<ChargeBody> = {}): ChargeBody {
  return chargeBody({ deviceId: 'd', deviceSeq, ...changes });
}

/** Runs the suite on the database that `databaseUrl` gives; PGlite when it gives none. */
export function ledgerSuite(databaseUrl: () => Promise<string | undefined>): void {
  let it: LedgerFixture;
  let ledger: Ledger;
  beforeAll(async () => {
    it = await ledgerFixture(await databaseUrl());
    ledger = it.ledger;
  });
  afterAll(async () => {
    const { faults } = await verifyLedger(it.database);
    expect(faults, 'all that the suite posted verifies').toEqual([]);
    await it.close();
  });

  async function hold(accountId: string, quantity: number, changes = {}): Promise<Hold> {
    return accepted(await ledger.createHold(accountId, holdBody(quantity, changes))).hold;
  }

  function grant(accountId: string, amount: string, changes = {}): Promise<Posted | Refused> {
    return ledger.recharge({
      id: uuidv7(),
      accountId,
      amount: yuan(amount),
      occurredAtMs: startMs,
      source: 'test',
      ...changes,
    });
  }

  /** One that nobody asked for before, by a finance person of its own. */
  async function correction(accountId: string, amount: string): Promise<AdjustmentRequest> {
    const asked = { id: uuidv7(), accountId, asset: 'CNY', amount: yuan(amount), reason: 'miscounted' };
    const mustWait = Math.abs(Number(amount)) > 1_000;
    return { ...asked, askedBy: await it.newAccount(), ...(mustWait ? { mustWait } : {}) };
  }

  /** What each batch of an account has left, by source. */
  async function remaining(accountId: string): Promise<Record<string, string>> {
    const rows = await it.database.query<{ source: string; remaining: bigint }>(
      'SELECT source, remaining FROM grants WHERE account_id = $1',
      [accountId],
    );
    return Object.fromEntries(rows.map((row) => [row.source, yuanText(row.remaining)]));
  }

  describe('the chain', () => {
    test('numbers an account 1, 2, 3 and links each row to the one before (L1, L2, L8)', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      await ledger.chargeBatch(account, [chargeBody(), chargeBody({ platform: 'douyin' })]);
      const page = await ledger.transactionsPage(account, { afterSeq: 0, limit: 100 });
      expect(page.transactions.map(({ seq, amount, balanceAfter }) => [seq, amount, balanceAfter])).toEqual([
        [1, '10.00', '10.00'],
        [2, '-1.00', '9.00'],
        [3, '-1.20', '7.80'],
      ]);
      const hashes = page.transactions.map((row) => row.hash);
      expect(page.transactions.map((row) => row.prevHash)).toEqual([genesisHash, ...hashes.slice(0, 2)]);
      expect(page).toMatchObject({ lastSeq: 3, head: hashes[2], hasMore: false });
      expect(await ledger.digest(account)).toEqual({
        seq: 3,
        head: hashes[2],
        count: 3,
        sums: { CNY: '7.80' },
      });
      expect(await ledger.digest(account, 2)).toMatchObject({
        seq: 2,
        head: hashes[1],
        sums: { CNY: '9.00' },
      });
      expect(await ledger.transactionsPage(account, { afterSeq: 1, limit: 1 })).toMatchObject({
        transactions: [{ seq: 2 }],
        lastSeq: 3,
        hasMore: true,
      });
    });

    test('starts with number 0 and 64 zeros', async () => {
      const account = await it.newAccount();
      expect(await ledger.balance(account)).toMatchObject({ balance: '0.00', seq: 0, head: genesisHash });
      expect(await ledger.digest(account)).toEqual({ seq: 0, head: genesisHash, count: 0, sums: {} });
    });

    test.each([
      "UPDATE transactions SET amount = amount + 1 WHERE kind = 'recharge'",
      'DELETE FROM transactions',
      'TRUNCATE transactions',
      'DELETE FROM grant_uses',
    ])('refuses %s (L1)', async (sql) => {
      await expect(it.database.query(sql)).rejects.toThrow('are never changed or deleted');
    });

    test('is signed, so that whoever keeps a checkpoint can prove it later (L8)', async () => {
      const signer = await createSigner(await generateSigningJwk());
      const signing = new Ledger({
        database: it.database,
        clock: () => startMs,
        priceBook: async () => testBook,
        signer,
      });
      const account = await it.newAccount({ balance: '1.00' });
      const { jws, ...statement } = await signing.checkpoint(account);
      const { payload } = await compactVerify(jws, createLocalJWKSet({ keys: [...signer.jwks.keys] }));
      expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(statement);
      expect(statement).toMatchObject({ accountId: account, seq: 1, signedAt: '2026-11-21T02:34:52.000Z' });
    });
  });

  describe('one id', () => {
    test('charged again is the same charge, with another content a mismatch (L3)', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      const body = chargeBody();
      const first = await ledger.charge(account, body);
      expect(first.status).toBe('charged');
      it.clock.nowMs += 400 * dayMs;
      const again = await ledger.charge(account, { ...body, id: body.id.toUpperCase() });
      it.clock.nowMs = startMs;
      expect(again).toEqual({ status: 'replayed', charge: charged(first) });
      expect(await ledger.charge(account, { ...body, targetUserId: 'another' })).toMatchObject({
        status: 'rejected',
        refused: { code: 'idempotency_mismatch', id: body.id },
      });
      expect(await ledger.balance(account)).toMatchObject({ balance: '9.00' });
      expect(await ledger.getCharge(account, body.id)).toEqual(charged(first));
    });

    test('twice in one batch is charged once (L3)', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      const body = chargeBody();
      const outcomes = await ledger.chargeBatch(account, [body, body, { ...body, platform: 'douyin' }]);
      expect(outcomes.map(({ status }) => status)).toEqual(['charged', 'replayed', 'rejected']);
      expect(await ledger.balance(account)).toMatchObject({ balance: '9.00' });
    });

    test('is not used up by a refusal for lack of money (L3)', async () => {
      const account = await it.newAccount({ balance: '0.50' });
      const body = chargeBody();
      expect(await ledger.charge(account, body)).toEqual({
        status: 'rejected',
        refused: {
          code: 'insufficient_balance',
          required: '1.00',
          available: '0.50',
          shortfall: '0.50',
        },
      });
      await grant(account, '0.50');
      expect(await ledger.charge(account, body)).toMatchObject({
        status: 'charged',
        charge: { balanceAfter: '0.00' },
      });
    });

    test('names a recharge and a hold once as well (L3)', async () => {
      const account = await it.newAccount();
      const recharge = {
        id: uuidv7(),
        accountId: account,
        amount: yuan('5.00'),
        occurredAtMs: startMs,
        source: 'test',
      };
      const first = accepted(await ledger.recharge(recharge));
      expect(await ledger.recharge(recharge)).toEqual({ ...first, replayed: true });
      expect(await ledger.recharge({ ...recharge, amount: yuan('6.00') })).toMatchObject({
        refused: { code: 'idempotency_mismatch' },
      });
      // One namespace for all that is in the chain.
      expect(await ledger.charge(account, chargeBody({ id: recharge.id }))).toMatchObject({
        refused: { code: 'idempotency_mismatch' },
      });
      const body = holdBody(3);
      const placed = accepted(await ledger.createHold(account, body));
      expect(await ledger.createHold(account, { ...body, kind: 'campaign' })).toEqual({
        hold: placed.hold,
        replayed: true,
      });
      expect(await ledger.createHold(account, { ...body, quantity: 4 })).toMatchObject({
        refused: { code: 'idempotency_mismatch' },
      });
      expect(await ledger.balance(account)).toMatchObject({
        balance: '5.00',
        held: '3.00',
        available: '2.00',
      });
    });

    test('of another account is unknown here', async () => {
      const mine = await it.newAccount({ balance: '5.00' });
      const theirs = await it.newAccount({ balance: '5.00' });
      const body = chargeBody();
      await ledger.charge(mine, body);
      expect(await ledger.getCharge(theirs, body.id)).toBeNull();
      expect(await ledger.charge(theirs, body)).toMatchObject({ status: 'charged' });
      expect((await ledger.accountsOfCharge(body.id)).map(({ accountId }) => accountId)).toEqual(
        [mine, theirs].toSorted(),
      );
    });
  });

  describe('a hold', () => {
    test('of 500 at the bulk price is captured to exactly its quote (L4, L9)', async () => {
      const account = await it.newAccount({ balance: '600.00' });
      const placed = await hold(account, 500);
      expect(placed).toMatchObject({ state: 'open', amount: '475.00', remaining: '475.00' });
      const outcomes = await ledger.chargeBatch(
        account,
        Array.from({ length: 500 }, () => underHold(placed)),
      );
      const charges = outcomes.map(charged);
      expect(yuanText(charges.reduce((sum, charge) => sum + yuan(charge.amount), 0n))).toBe('475.00');
      expect(charges.map((charge) => charge.pricing.k)).toEqual(Array.from({ length: 500 }, (_, k) => k + 1));
      expect(await ledger.getHold(account, placed.id)).toMatchObject({
        captured: '475.00',
        capturedCount: 500,
        remaining: '0.00',
      });
      expect(await ledger.charge(account, underHold(placed))).toMatchObject({
        refused: { code: 'hold_exceeded', hold: placed.id, remaining: '0.00' },
      });
      expect(await ledger.balance(account)).toMatchObject({ balance: '125.00', held: '0.00' });
    });

    test('keeps the price of the moment it was placed in', async () => {
      const account = await it.newAccount({ balance: '100.00', memberLevel: 'premium' });
      const placed = await hold(account, 10);
      expect(placed.quote).toMatchObject({ total: '9.00', unitNet: '0.90', pricingVersion: 1 });
      it.prices.book = { ...testBook, version: 2, memberDiscounts: [] };
      const captured = await ledger.charge(account, underHold(placed, { expectedAmount: '1.00' }));
      it.prices.book = testBook;
      expect(captured).toMatchObject({ charge: { amount: '0.90', pricing: { pricingVersion: 1, k: 1 } } });
    });

    test('takes no more than what is available, and what it has others cannot spend (L4)', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      await hold(account, 8);
      expect(await ledger.createHold(account, holdBody(3))).toEqual({
        refused: { code: 'insufficient_balance', required: '3.00', available: '2.00', shortfall: '1.00' },
      });
      const outcomes = await ledger.chargeBatch(account, [chargeBody(), chargeBody(), chargeBody()]);
      expect(outcomes.map(({ status }) => status)).toEqual(['charged', 'charged', 'rejected']);
      expect(await ledger.balance(account)).toMatchObject({
        balance: '8.00',
        held: '8.00',
        available: '0.00',
      });
    });

    test('released twice gives back once what is left', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      const placed = await hold(account, 5);
      await ledger.charge(account, underHold(placed));
      const released = accepted(await ledger.releaseHold(account, placed.id));
      expect(released).toMatchObject({
        state: 'closed',
        captured: '1.00',
        released: '4.00',
        remaining: '0.00',
      });
      expect(await ledger.releaseHold(account, placed.id.toUpperCase())).toEqual(released);
      expect(await ledger.extendHold(account, placed.id, 600)).toMatchObject({
        refused: { code: 'hold_closed' },
      });
      expect(await ledger.balance(account)).toMatchObject({ balance: '9.00', held: '0.00' });
      expect(await ledger.releaseHold(account, uuidv7())).toMatchObject({ refused: { code: 'not_found' } });
    });

    test('releases by itself when its time is over; a late capture is charged as a plain one', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      const placed = await hold(account, 5, { expiresInSeconds: 3_600 });
      await ledger.charge(account, underHold(placed));
      it.clock.nowMs += 3_600_000;
      expect(await ledger.balance(account)).toMatchObject({ balance: '9.00', held: '0.00' });
      expect(await ledger.getHold(account, placed.id)).toMatchObject({ state: 'expired', released: '4.00' });
      const late = charged(await ledger.charge(account, underHold(placed)));
      expect(late).toMatchObject({ amount: '1.00', holdId: placed.id, pricing: { k: 2, late: true } });
      for (let k = 3; k <= 5; k += 1) charged(await ledger.charge(account, underHold(placed)));
      expect(await ledger.charge(account, underHold(placed))).toMatchObject({
        refused: { code: 'hold_exceeded' },
      });
      it.clock.nowMs = startMs;
      expect(await ledger.balance(account)).toMatchObject({ balance: '5.00', held: '0.00' });
    });

    test('that expired leaves a late capture to what is available', async () => {
      const account = await it.newAccount({ balance: '2.00' });
      const placed = await hold(account, 2, { expiresInSeconds: 60 });
      it.clock.nowMs += 60_000;
      const outcomes = await ledger.chargeBatch(account, [chargeBody(), chargeBody(), underHold(placed)]);
      it.clock.nowMs = startMs;
      expect(outcomes.map(({ status }) => status)).toEqual(['charged', 'charged', 'rejected']);
      expect(outcomes[2]).toMatchObject({ refused: { code: 'insufficient_balance', available: '0.00' } });
    });

    test('lives longer when it is extended, and never shorter', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      const placed = await hold(account, 1, { expiresInSeconds: 7_200 });
      expect(await ledger.extendHold(account, placed.id, 60)).toMatchObject({ expiresAt: placed.expiresAt });
      const extended = accepted(await ledger.extendHold(account, placed.id, 86_400));
      expect(extended.expiresAt).toBe(new Date(startMs + dayMs).toISOString());
      expect(extended.voucher).not.toBe(placed.voucher);
    });

    test('is for its own platform and campaign only', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      const placed = await hold(account, 5);
      for (const changes of [{ platform: 'douyin' }, { campaignId: 'another' }])
        expect(await ledger.charge(account, underHold(placed, changes))).toMatchObject({
          refused: { code: 'validation_failed', errors: [{ path: Object.keys(changes)[0] }] },
        });
      expect(await ledger.charge(account, chargeBody({ holdId: uuidv7() }))).toMatchObject({
        refused: { code: 'not_found' },
      });
    });

    test('that is a reserve pays single charges at the price in force (S6)', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      const reserve = { id: uuidv7(), kind: 'reserve' as const, amount: '2.00', deviceId: 'device-1' };
      const { hold: placed } = accepted(await ledger.createHold(account, reserve));
      expect(placed).toMatchObject({ kind: 'reserve', amount: '2.00', state: 'open' });
      expect(placed).not.toHaveProperty('quote');
      const outcomes = await ledger.chargeBatch(account, [
        chargeBody({ holdId: placed.id, platform: 'douyin', expectedAmount: '1.00' }),
        chargeBody({ holdId: placed.id, platform: 'douyin', expectedAmount: '1.20' }),
        chargeBody({ holdId: placed.id }),
      ]);
      expect(outcomes).toMatchObject([
        { refused: { code: 'price_changed', expected: '1.00', actual: '1.20', pricingVersion: 1 } },
        { status: 'charged', charge: { amount: '1.20' } },
        { refused: { code: 'hold_exceeded', remaining: '0.80' } },
      ]);
      accepted(await ledger.releaseHold(account, placed.id));
      expect(await ledger.charge(account, chargeBody({ holdId: placed.id }))).toMatchObject({
        charge: { amount: '1.00', pricing: { late: true } },
      });
      expect(await ledger.balance(account)).toMatchObject({ balance: '7.80', held: '0.00' });
    });

    test('is listed newest first, page by page', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      const placed: string[] = [];
      for (let n = 0; n < 5; n += 1) {
        it.clock.nowMs += n % 2; // Two share a moment.
        placed.unshift((await hold(account, 1)).id);
      }
      const listed: string[] = [];
      let cursor: string | undefined;
      do {
        const page = accepted(await ledger.listHolds(account, { limit: 2, cursor }));
        listed.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      it.clock.nowMs = startMs;
      expect(listed).toEqual(placed);
      accepted(await ledger.releaseHold(account, placed[0] ?? ''));
      expect(await ledger.listHolds(account, { limit: 10, state: 'closed' })).toMatchObject({
        items: [{ id: placed[0] }],
        nextCursor: null,
      });
      expect(await ledger.listHolds(account, { limit: 10, cursor: 'x' })).toMatchObject({
        refused: { code: 'validation_failed' },
      });
    });
  });

  describe('a charge', () => {
    test('at another price than expected is put back to the caller (S7)', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      const outcomes = await ledger.chargeBatch(account, [
        chargeBody({ platform: 'douyin', expectedAmount: '1.00' }),
        chargeBody({ platform: 'douyin', expectedAmount: '1.2' }),
        chargeBody({ platform: 'kuaishou' }),
      ]);
      expect(outcomes).toMatchObject([
        { refused: { code: 'price_changed', expected: '1.00', actual: '1.20', pricingVersion: 1 } },
        { status: 'charged' },
        { refused: { code: 'validation_failed', errors: [{ path: 'platform' }] } },
      ]);
    });

    test('keeps the steps that led to its amount (L9)', async () => {
      const account = await it.newAccount({ balance: '10.00', memberLevel: 'premium' });
      expect(await ledger.charge(account, chargeBody())).toMatchObject({
        charge: {
          amount: '0.90',
          pricing: {
            quantity: 1,
            unitPrice: '1.00',
            pricingVersion: 1,
            k: 1,
            steps: [
              { kind: 'bulk', applied: false, reason: 'quantity_too_small' },
              { kind: 'member', applied: true, amount: '-0.10' },
            ],
          },
        },
      });
    });

    test('of one target in one campaign happens once', async () => {
      const account = await it.newAccount({ balance: '20.00' });
      const placed = await hold(account, 5);
      const first = underHold(placed, { targetUserId: 'same' });
      const [one, two] = await ledger.chargeBatch(account, [
        first,
        underHold(placed, { targetUserId: 'same' }),
      ]);
      expect([one, two]).toMatchObject([
        { status: 'charged' },
        { refused: { code: 'duplicate_target', chargeId: first.id } },
      ]);
      // The hold says which campaign it is, and a plain charge may as well.
      const { campaignId: _, ...withoutCampaign } = underHold(placed, { targetUserId: 'same' });
      const plain = chargeBody({ campaignId: placed.campaignId ?? '', targetUserId: 'same' });
      for (const body of [withoutCampaign, plain])
        expect(await ledger.charge(account, body)).toMatchObject({
          refused: { code: 'duplicate_target', chargeId: first.id },
        });
      for (const changes of [{ campaignId: 'another' }, { platform: 'douyin' }])
        expect(await ledger.charge(account, { ...plain, id: uuidv7(), ...changes })).toMatchObject({
          status: 'charged',
        });
      for (let n = 0; n < 2; n += 1)
        expect(await ledger.charge(account, chargeBody({ targetUserId: 'same' }))).toMatchObject({
          status: 'charged',
        });
    });

    test('is refused on a frozen account, and so is a hold; replays and refunds are not', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      const earlier = chargeBody();
      await ledger.charge(account, earlier);
      await it.database.query('UPDATE accounts SET frozen = true WHERE id = $1', [account]);
      expect(await ledger.charge(account, chargeBody())).toMatchObject({
        refused: { code: 'account_frozen' },
      });
      expect(await ledger.createHold(account, holdBody(1))).toMatchObject({
        refused: { code: 'account_frozen' },
      });
      expect(await ledger.charge(account, earlier)).toMatchObject({ status: 'replayed' });
      const refund = { id: uuidv7(), accountId: account, chargeId: earlier.id, reason: 'test' };
      expect(await ledger.refund(refund)).toMatchObject({ replayed: false });
    });

    test('in a batch is decided on its own and in order', async () => {
      const account = await it.newAccount({ balance: '2.10' });
      const outcomes = await ledger.chargeBatch(account, [
        chargeBody(),
        chargeBody({ platform: 'douyin' }),
        chargeBody(),
        chargeBody(),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['charged', 'rejected', 'charged', 'rejected']);
      expect(await ledger.digest(account)).toMatchObject({ seq: 3, sums: { CNY: '0.10' } });
    });

    test('sent by many at once is posted without a gap and answered in order', async () => {
      const account = await it.newAccount({ balance: '400.00' });
      const bodies = Array.from({ length: 300 }, () => chargeBody());
      const outcomes = await Promise.all(bodies.map((body) => ledger.charge(account, body)));
      expect(outcomes.map((outcome) => charged(outcome).id)).toEqual(bodies.map(({ id }) => id));
      expect(outcomes.map((outcome) => charged(outcome).seq)).toEqual(bodies.map((_, index) => index + 2));
      expect(await ledger.balance(account)).toMatchObject({ balance: '100.00', seq: 301 });
    });

    test('counts for the day and month that it happened in, in the account’s zone, net of refunds', async () => {
      const account = await it.newAccount({ balance: '100.00' });
      const today = inShanghai('2026-11-21T00:00:00.000');
      await ledger.chargeBatch(account, [
        today,
        inShanghai('2026-11-21T10:00:00.000'),
        inShanghai('2026-11-20T23:59:59.999'),
        inShanghai('2026-11-01T00:00:00.000'),
        inShanghai('2026-10-31T23:59:59.999'),
      ]);
      expect(await ledger.balance(account)).toMatchObject({
        spentToday: '2.00',
        spentThisMonth: '4.00',
        timeZone: 'Asia/Shanghai',
      });
      await ledger.refund({ id: uuidv7(), accountId: account, chargeId: today.id, reason: 'test' });
      expect(await ledger.balance(account)).toMatchObject({ spentToday: '1.00', spentThisMonth: '3.00' });
      it.clock.nowMs += dayMs;
      expect(await ledger.balance(account)).toMatchObject({ spentToday: '0.00', spentThisMonth: '3.00' });
      it.clock.nowMs = startMs;
    });
  });

  describe('batches of money', () => {
    test('are used by priority, then earliest expiry, and refunds go back to where the money came from (L6)', async () => {
      const account = await it.newAccount();
      await grant(account, '1.00', { source: 'never' });
      await grant(account, '0.70', { source: 'late', expiresAtMs: startMs + 2 * dayMs });
      await grant(account, '0.60', { source: 'soon', expiresAtMs: startMs + dayMs });
      await grant(account, '9.00', { source: 'last', priority: 1, expiresAtMs: startMs + dayMs });
      const body = chargeBody({ platform: 'douyin' });
      await ledger.charge(account, body);
      expect(await remaining(account)).toEqual({ soon: '0.00', late: '0.10', never: '1.00', last: '9.00' });
      const refund = { id: uuidv7(), accountId: account, chargeId: body.id, reason: 'test' };
      await ledger.refund({ ...refund, amount: yuan('0.70') });
      expect(await remaining(account)).toEqual({ soon: '0.10', late: '0.70', never: '1.00', last: '9.00' });
      await ledger.refund({ ...refund, id: uuidv7() });
      expect(await remaining(account)).toEqual({ soon: '0.60', late: '0.70', never: '1.00', last: '9.00' });
    });

    test('expire with a transaction of their own, except what a hold stands on (L6)', async () => {
      const account = await it.newAccount({ balance: '1.00' });
      await grant(account, '5.00', { source: 'gift', kind: 'grant', expiresAtMs: startMs + dayMs });
      const placed = await hold(account, 3);
      it.clock.nowMs += dayMs;
      expect(await ledger.balance(account)).toMatchObject({ balance: '3.00', held: '3.00' });
      await ledger.charge(account, underHold(placed));
      accepted(await ledger.releaseHold(account, placed.id));
      expect(await ledger.balance(account)).toMatchObject({ balance: '1.00', held: '0.00' });
      it.clock.nowMs = startMs;
      const { transactions } = await ledger.transactionsPage(account, { afterSeq: 2, limit: 10 });
      expect(transactions).toMatchObject([
        { kind: 'expire', amount: '-3.00', note: 'gift', occurredAt: '2026-11-22T02:34:52.000Z' },
        { kind: 'charge', amount: '-1.00' },
        { kind: 'expire', amount: '-1.00' },
      ]);
    });

    test('that a refund fills again after their time expire again', async () => {
      const account = await it.newAccount();
      await grant(account, '1.00', { expiresAtMs: startMs + dayMs });
      const body = chargeBody();
      await ledger.charge(account, body);
      it.clock.nowMs += 2 * dayMs;
      await ledger.refund({ id: uuidv7(), accountId: account, chargeId: body.id, reason: 'test' });
      expect(await ledger.balance(account)).toMatchObject({ balance: '0.00', seq: 4 });
      it.clock.nowMs = startMs;
    });

    test('and holds on accounts that nobody touches end by a sweep', async () => {
      const account = await it.newAccount();
      await grant(account, '5.00', { expiresAtMs: startMs + dayMs });
      await hold(account, 1, { expiresInSeconds: 3_600 });
      it.clock.nowMs += dayMs;
      expect((await ledger.sweep()).accounts).toBeGreaterThanOrEqual(1);
      expect(await ledger.digest(account)).toMatchObject({ seq: 2, sums: { CNY: '0.00' } });
      it.clock.nowMs = startMs;
    });

    test('never make a balance that cannot be written, whichever way they come in', async () => {
      const account = await it.newAccount({ balance: '999999999999.99' });
      const unwritable = { refused: { code: 'validation_failed', errors: [{ path: 'amount' }] } };
      const body = chargeBody();
      charged(await ledger.charge(account, body));
      await grant(account, '1.009999');
      const more = { id: uuidv7(), accountId: account, occurredAtMs: startMs, source: 'test' };
      expect(await ledger.recharge({ ...more, amount: 1n })).toMatchObject(unwritable);
      expect(await ledger.adjust(await correction(account, '0.000001'))).toMatchObject(unwritable);
      const refund = { id: uuidv7(), accountId: account, chargeId: body.id, reason: 'test' };
      expect(await ledger.refund(refund)).toMatchObject(unwritable);
      const asked = await correction(account, '1000.01');
      accepted(await ledger.adjust(asked));
      const approval = { accountId: account, id: asked.id, by: await it.newAccount() };
      expect(await ledger.approveAdjustment(approval)).toMatchObject(unwritable);
      expect(await ledger.balance(account)).toMatchObject({ balance: '999999999999.999999', seq: 3 });

      // None of the ids was used up.
      accepted(await ledger.adjust(await correction(account, '-999.99')));
      accepted(await ledger.adjust(await correction(account, '-0.02')));
      accepted(await ledger.adjust(await correction(account, '-1.00')));
      accepted(await ledger.refund(refund));
      accepted(await ledger.approveAdjustment(approval));
      expect(await ledger.balance(account)).toMatchObject({ balance: '999999999999.999999' });
    });

    test('must bring something, and not be over already', async () => {
      const account = await it.newAccount();
      await expect(grant(account, '0')).rejects.toThrow(RangeError);
      await expect(grant(account, '1', { expiresAtMs: startMs })).rejects.toThrow(RangeError);
    });
  });

  describe('a refund', () => {
    test('names its charge and never gives back more than that took (L7)', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      const body = chargeBody({ platform: 'douyin', campaignId: 'c' });
      await ledger.charge(account, body);
      const refund = { accountId: account, chargeId: body.id, reason: '重复关注' };
      const first = { ...refund, id: uuidv7(), amount: yuan('0.50') };
      expect(await ledger.refund(first)).toMatchObject({
        replayed: false,
        transaction: {
          kind: 'refund',
          amount: '0.50',
          balanceAfter: '9.30',
          reversesId: body.id,
          platform: 'douyin',
          campaignId: 'c',
          note: '重复关注',
        },
      });
      expect(await ledger.refund(first)).toMatchObject({ replayed: true });
      expect(await ledger.refund({ ...first, reason: 'another' })).toMatchObject({
        refused: { code: 'idempotency_mismatch' },
      });
      const tooMuch = { ...refund, id: uuidv7(), amount: yuan('0.71') };
      expect(await ledger.refund(tooMuch)).toMatchObject({
        refused: { code: 'refund_exceeds', left: '0.70' },
      });
      expect(await ledger.refund({ ...refund, id: uuidv7() })).toMatchObject({
        transaction: { amount: '0.70' },
      });
      expect(await ledger.refund({ ...refund, id: uuidv7() })).toMatchObject({
        refused: { code: 'refund_exceeds', left: '0.00' },
      });
      expect(await ledger.balance(account)).toMatchObject({ balance: '10.00' });
    });

    test('is of a charge of that account', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      const { transactions } = await ledger.transactionsPage(account, { afterSeq: 0, limit: 1 });
      for (const chargeId of [uuidv7(), transactions[0]?.id ?? ''])
        expect(
          await ledger.refund({ id: uuidv7(), accountId: account, chargeId, reason: 'test' }),
        ).toMatchObject({ refused: { code: 'not_found' } });
    });
  });

  describe('an account that may owe', () => {
    test('goes below zero to its limit, is refused new work until it is back, and repays first (L5, L6)', async () => {
      const account = await it.newAccount({ balance: '1.50', debtLimit: '2.00' });
      charged(await ledger.charge(account, chargeBody()));
      charged(await ledger.charge(account, chargeBody()));
      expect(await ledger.balance(account)).toMatchObject({ balance: '-0.50', available: '-0.50' });
      const refused = { refused: { code: 'debt_outstanding', balance: '-0.50' } };
      expect(await ledger.charge(account, chargeBody())).toMatchObject(refused);
      expect(await ledger.createHold(account, holdBody(1))).toMatchObject(refused);
      expect(await remaining(account)).toEqual({ test: '0.00' });

      await grant(account, '0.30', { source: 'first' });
      expect(await ledger.charge(account, chargeBody())).toMatchObject({
        refused: { code: 'debt_outstanding', balance: '-0.20' },
      });
      await grant(account, '5.00', { source: 'second' });
      expect(await remaining(account)).toEqual({ test: '0.00', first: '0.00', second: '4.80' });
      expect(await ledger.balance(account)).toMatchObject({ balance: '4.80' });
      charged(await ledger.charge(account, chargeBody()));
      await hold(account, 3);
    });

    test('is refused what lies beyond its limit', async () => {
      const account = await it.newAccount({ balance: '0.10', debtLimit: '0.80' });
      expect(await ledger.charge(account, chargeBody())).toMatchObject({
        refused: { code: 'insufficient_balance', required: '1.00', available: '0.90', shortfall: '0.10' },
      });
      expect(await ledger.createHold(account, holdBody(1))).toMatchObject({
        refused: { code: 'insufficient_balance', available: '0.10' },
      });
    });

    test('captures what it holds, and late what a hold had promised, while it owes', async () => {
      const account = await it.newAccount({ balance: '2.00', debtLimit: '5.00' });
      const placed = await hold(account, 2);
      charged(await ledger.charge(account, chargeBody()));
      charged(await ledger.charge(account, underHold(placed)));
      expect(await ledger.balance(account)).toMatchObject({ balance: '0.00', available: '-1.00' });
      charged(await ledger.charge(account, chargeBody()));
      expect(await ledger.balance(account)).toMatchObject({ balance: '-1.00', available: '-2.00' });
      accepted(await ledger.releaseHold(account, placed.id));
      const late = charged(await ledger.charge(account, underHold(placed)));
      expect(late).toMatchObject({ balanceAfter: '-2.00', pricing: { late: true } });
    });

    test('has a refund repay what it owes; what no batch had paid becomes a batch (L6, L7)', async () => {
      const account = await it.newAccount({ balance: '0.40', debtLimit: '2.00' });
      const owed = chargeBody();
      charged(await ledger.charge(account, owed));
      const back = (amount?: string) =>
        ledger.refund({
          id: uuidv7(),
          accountId: account,
          chargeId: owed.id,
          reason: 'test',
          ...(amount === undefined ? {} : { amount: yuan(amount) }),
        });
      accepted(await back('0.50'));
      expect(await ledger.balance(account)).toMatchObject({ balance: '-0.10' });
      await grant(account, '1.00', { source: 'later' });
      accepted(await back());
      expect(await remaining(account)).toEqual({ test: '0.40', later: '0.90', refund: '0.10' });
      expect(await back('0.01')).toMatchObject({ refused: { code: 'refund_exceeds', left: '0.00' } });
    });

    test('keeps a limit that covers what it owes', async () => {
      const account = await it.newAccount({ debtLimit: '2.00' });
      charged(await ledger.charge(account, chargeBody()));
      expect(await ledger.setDebtLimit(account, yuan('0.99'))).toMatchObject({
        refused: { code: 'insufficient_balance', shortfall: '0.01' },
      });
      expect(await ledger.setDebtLimit(account, yuan('1.00'))).toBeNull();
      await grant(account, '1.50');
      expect(await ledger.setDebtLimit(account, 0n)).toBeNull();
      expect(await ledger.charge(account, chargeBody())).toMatchObject({
        refused: { code: 'insufficient_balance' },
      });
    });
  });

  describe('an adjustment', () => {
    test('goes up and down, once an id (L3)', async () => {
      const account = await it.newAccount({ balance: '5.00' });
      const up = await correction(account, '1000.00');
      expect(await ledger.adjust(up)).toMatchObject({ adjustment: { state: 'posted' }, replayed: false });
      expect(await ledger.adjust(up)).toMatchObject({ adjustment: { state: 'posted' }, replayed: true });
      expect(await ledger.adjust({ ...up, reason: 'another' })).toMatchObject({
        refused: { code: 'idempotency_mismatch', id: up.id },
      });
      accepted(await ledger.adjust(await correction(account, '-1000.00')));
      const { transactions } = await ledger.transactionsPage(account, { afterSeq: 1, limit: 10 });
      expect(transactions).toMatchObject([
        { id: up.id, kind: 'adjustment', amount: '1000.00', note: 'miscounted' },
        { kind: 'adjustment', amount: '-1000.00', balanceAfter: '5.00' },
      ]);
    });

    test('takes no more than there is, and a refusal uses no id up', async () => {
      const account = await it.newAccount({ balance: '5.00' });
      const down = await correction(account, '-5.01');
      expect(await ledger.adjust(down)).toMatchObject({
        refused: { code: 'insufficient_balance', shortfall: '0.01' },
      });
      await grant(account, '0.01');
      expect(await ledger.adjust(down)).toMatchObject({ replayed: false });
      expect(await ledger.balance(account)).toMatchObject({ balance: '0.00' });
    });

    test('that must wait does so for somebody else, and is posted once', async () => {
      const account = await it.newAccount();
      const asked = await correction(account, '1000.01');
      expect(await ledger.adjust(asked)).toMatchObject({ adjustment: { state: 'waiting' } });
      expect(await ledger.balance(account)).toMatchObject({ balance: '0.00', seq: 0 });
      const approval = { accountId: account, id: asked.id };
      expect(await ledger.approveAdjustment({ ...approval, by: asked.askedBy })).toMatchObject({
        refused: { code: 'forbidden' },
      });
      const checkers = await Promise.all([it.newAccount(), it.newAccount()]);
      const answers = await Promise.all(
        [asked.askedBy, ...checkers, asked.askedBy].map((by) =>
          ledger.approveAdjustment({ ...approval, by }),
        ),
      );
      expect(answers.map((answer) => ('refused' in answer ? answer.refused.code : answer.state))).toEqual([
        'forbidden',
        'posted',
        'posted',
        'forbidden',
      ]);
      expect(answers[1]).toEqual(answers[2]);
      expect(await ledger.balance(account)).toMatchObject({ balance: '1000.01', seq: 1 });
      expect(await ledger.adjust(asked)).toMatchObject({ adjustment: answers[1], replayed: true });
    });

    test('belongs to the first who asked, however many ask under its id at once', async () => {
      const account = await it.newAccount({ balance: '0.01' });
      const asked = await correction(account, '-2000.00');
      const other = await it.newAccount();
      const answers = await Promise.all(
        [asked, { ...asked, askedBy: other }, asked].map((request) => ledger.adjust(request)),
      );
      const makers = answers.map((answer) => accepted(answer).adjustment.askedBy);
      expect(new Set(makers).size).toBe(1);
      const [maker = ''] = makers;
      const approval = { accountId: account, id: asked.id };
      expect(await ledger.approveAdjustment({ ...approval, by: maker })).toMatchObject({
        refused: { code: 'forbidden' },
      });
      // The money is not there: it goes on waiting.
      const checker = maker === other ? asked.askedBy : other;
      expect(await ledger.approveAdjustment({ ...approval, by: checker })).toMatchObject({
        refused: { code: 'insufficient_balance' },
      });
      expect(await ledger.listAdjustments({ state: 'waiting', accountId: account, limit: 10 })).toMatchObject(
        {
          items: [{ id: asked.id, askedBy: maker }],
          nextCursor: null,
        },
      );
    });

    test('is withdrawn by whoever asked for it, once, and never after it is posted', async () => {
      const account = await it.newAccount({ balance: '5.00' });
      const asked = await correction(account, '1000.01');
      accepted(await ledger.adjust(asked));
      const checker = await it.newAccount();
      const decision = { accountId: account, id: asked.id };
      expect(await ledger.withdrawAdjustment({ ...decision, by: checker })).toMatchObject({
        refused: { code: 'forbidden' },
      });
      it.clock.nowMs += 1_000;
      const withdrawn = accepted(await ledger.withdrawAdjustment({ ...decision, by: asked.askedBy }));
      expect(withdrawn).toMatchObject({
        state: 'withdrawn',
        askedBy: asked.askedBy,
        withdrawnAt: new Date(startMs + 1_000).toISOString(),
      });
      it.clock.nowMs = startMs;
      expect(await ledger.withdrawAdjustment({ ...decision, by: asked.askedBy })).toEqual(withdrawn);
      expect(await ledger.approveAdjustment({ ...decision, by: checker })).toMatchObject({
        refused: { code: 'adjustment_closed', state: 'withdrawn' },
      });
      expect(await ledger.adjust(asked)).toEqual({ adjustment: withdrawn, replayed: true });
      expect(await ledger.balance(account)).toMatchObject({ balance: '5.00', seq: 1 });

      const small = await correction(account, '1.00');
      accepted(await ledger.adjust(small));
      const tooLate = { accountId: account, id: small.id, by: small.askedBy };
      expect(await ledger.withdrawAdjustment(tooLate)).toMatchObject({
        refused: { code: 'adjustment_closed', state: 'posted' },
      });
    });

    test('is either withdrawn or posted when both are asked for at once', async () => {
      for (let round = 0; round < 5; round += 1) {
        const account = await it.newAccount();
        const asked = await correction(account, '1000.01');
        accepted(await ledger.adjust(asked));
        const decision = { accountId: account, id: asked.id };
        const checker = await it.newAccount();
        const [withdrawn, approved] = await Promise.all([
          ledger.withdrawAdjustment({ ...decision, by: asked.askedBy }),
          ledger.approveAdjustment({ ...decision, by: checker }),
        ]);
        const refusals = [withdrawn, approved].filter((answer) => 'refused' in answer);
        expect(refusals).toMatchObject([{ refused: { code: 'adjustment_closed' } }]);
        const balance = 'refused' in approved ? '0.00' : '1000.01';
        expect(await ledger.balance(account)).toMatchObject({ balance });
      }
    });

    test('is one of a list, newest first', async () => {
      const account = await it.newAccount();
      const ids: string[] = [];
      for (const amount of ['1.00', '2000.00', '3.00']) {
        it.clock.nowMs += 1;
        const asked = await correction(account, amount);
        accepted(await ledger.adjust(asked));
        ids.unshift(asked.id);
      }
      it.clock.nowMs = startMs;
      const query = { accountId: account, limit: 2 };
      const first = accepted(await ledger.listAdjustments(query));
      const second = accepted(await ledger.listAdjustments({ ...query, cursor: first.nextCursor ?? '' }));
      expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids);
      expect(second.nextCursor).toBeNull();
      expect(await ledger.listAdjustments({ ...query, cursor: 'x' })).toMatchObject({
        refused: { code: 'validation_failed' },
      });
    });
  });

  describe('devices', () => {
    test('are told which numbers are missing and which came with two contents (S2)', async () => {
      const account = await it.newAccount({ balance: '20.00' });
      const third = numbered(3);
      await ledger.chargeBatch(account, [numbered(1), third, numbered(4)]);
      await ledger.chargeBatch(account, [third, numbered(9), numbered(7, { platform: 'kuaishou' })]);
      expect(await ledger.devices(account)).toEqual([
        {
          deviceId: 'd',
          lastSeq: 9,
          missing: [2, 5, 6, 8],
          reused: [],
          lastSeenAt: '2026-11-21T02:34:52.000Z',
        },
      ]);
      // 2, 5 and 6 arrive; 3 comes with another charge, 4 with another content of its id, 7 with another request.
      await ledger.chargeBatch(account, [numbered(6), numbered(2), numbered(5), numbered(3), numbered(7)]);
      await ledger.charge(account, { ...third, deviceSeq: 4 });
      expect(await ledger.devices(account)).toMatchObject([{ missing: [8], reused: [3, 4, 7] }]);
      const ranges = await it.database.query<{ first_seq: bigint; last_seq: bigint }>(
        'SELECT first_seq, last_seq FROM device_ranges WHERE account_id = $1 ORDER BY first_seq',
        [account],
      );
      expect(ranges).toEqual([
        { first_seq: 1n, last_seq: 7n },
        { first_seq: 9n, last_seq: 9n },
      ]);
    });

    test('may have a charge refused for its price charged at the price that a person agreed to', async () => {
      const account = await it.newAccount({ balance: '5' });
      const body = chargeBody({ deviceId: 'd', deviceSeq: 1, expectedAmount: '0.01' });
      expect(await ledger.charge(account, body)).toMatchObject({ refused: { code: 'price_changed' } });
      const { expectedAmount: _, ...agreed } = body;
      charged(await ledger.charge(account, agreed));
      expect(await ledger.devices(account)).toMatchObject([{ lastSeq: 1, missing: [], reused: [] }]);
    });

    test('may have a refused charge charged later under its number', async () => {
      const account = await it.newAccount({ balance: '0.50' });
      const body = chargeBody({ deviceId: 'd', deviceSeq: 1 });
      await ledger.charge(account, body);
      expect(await ledger.devices(account)).toMatchObject([{ lastSeq: 1, missing: [], reused: [] }]);
      await grant(account, '5');
      charged(await ledger.charge(account, body));
      expect(await ledger.devices(account)).toMatchObject([{ lastSeq: 1, missing: [], reused: [] }]);
    });
  });

  describe('events', () => {
    test('are written with what they announce and told after the commit (L10)', async () => {
      const account = await it.newAccount({ balance: '1010.00' });
      const told: string[] = [];
      const stop = ledger.onPosted((accountId) => told.push(accountId));
      const before = await ledger.lastEvent(account);
      const placed = await hold(account, 2);
      await ledger.chargeBatch(account, [underHold(placed), chargeBody()]);
      stop();
      await ledger.charge(account, chargeBody());
      expect(told).toEqual([account, account]);
      const events = await ledger.eventsAfter(account, before, 4);
      expect(events).toMatchObject([
        { n: before + 1, kind: 'hold', body: { id: placed.id, state: 'open' } },
        { n: before + 2, kind: 'balance', body: { held: '2.00', available: '1008.00' } },
        { n: before + 3, kind: 'hold' },
        { n: before + 4, kind: 'balance', body: { seq: 3, balance: '1008.00', held: '1.00' } },
      ]);
      expect(await ledger.lastEvent(account)).toBe(before + 5);
    });

    test('are forgotten after a week, their numbers not', async () => {
      const account = await it.newAccount({ balance: '10.00' });
      it.clock.nowMs += 8 * dayMs;
      await ledger.sweep();
      it.clock.nowMs = startMs;
      expect(await ledger.eventsAfter(account, 0, 10)).toEqual([]);
      expect(await ledger.lastEvent(account)).toBe(1);
    });
  });

  describe('the tables themselves', () => {
    test.each([
      ['a balance below what is held', 'UPDATE wallets SET balance = held - 1 WHERE account_id = $1'],
      ['less than nothing held', 'UPDATE wallets SET held = -1 WHERE account_id = $1'],
      ['a capture beyond its hold', 'UPDATE holds SET captured = amount + 1 WHERE account_id = $1'],
      ['a closed hold with something left', "UPDATE holds SET state = 'closed' WHERE account_id = $1"],
      ['a batch with more than it brought', 'UPDATE grants SET remaining = amount + 1 WHERE account_id = $1'],
    ])('refuse %s', async (_, sql) => {
      const account = await it.newAccount({ balance: '10.00' });
      await hold(account, 2);
      await expect(it.database.query(sql, [account])).rejects.toThrow('violates check constraint');
    });
  });
}
