import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPostgres, type TestPostgres } from '../database/test-postgres.ts';
import { chargeBody, holdBody, ledgerFixture, type LedgerFixture } from './fixture.ts';
import { ledgerSuite } from './ledger-suite.ts';
import { verifyLedger } from './verify.ts';

let server: TestPostgres;
/** Two server processes on one database, as far as the database can tell. */
let one: LedgerFixture;
let two: LedgerFixture;

beforeAll(async () => {
  server = await startTestPostgres();
  const url = await server.newDatabase();
  one = await ledgerFixture(url);
  two = await ledgerFixture(url);
});
afterAll(async () => {
  await one.close();
  await two.close();
  await server.stop();
});

ledgerSuite(() => server.newDatabase());

test('20 holds of ¥75 at once against ¥500 on two servers: exactly 6 fit (L4)', async () => {
  const account = await one.newAccount({ balance: '500.00' });
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? one : two).ledger.createHold(account, holdBody(75))),
  );
  expect(answers.filter((answer) => 'hold' in answer)).toHaveLength(6);
  expect(answers.filter((answer) => 'refused' in answer)).toHaveLength(14);
  expect(await one.ledger.balance(account)).toMatchObject({ held: '450.00', available: '50.00' });
});

test('one id sent 64 times at once to two servers: 1 charge and 63 replays (L3)', async () => {
  const account = await one.newAccount({ balance: '500.00' });
  const body = chargeBody();
  const outcomes = await Promise.all(
    Array.from({ length: 64 }, (_, n) => (n % 2 === 0 ? one : two).ledger.charge(account, body)),
  );
  const statuses = outcomes.map(({ status }) => status).toSorted();
  expect(statuses).toEqual(['charged', ...Array.from({ length: 63 }, () => 'replayed')]);
  expect(await two.ledger.digest(account)).toMatchObject({ seq: 2, sums: { CNY: '499.00' } });
});

test('one target of one campaign sent to two servers under different ids is charged once', async () => {
  const account = await one.newAccount({ balance: '500.00' });
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      (n % 2 === 0 ? one : two).ledger.charge(
        account,
        chargeBody({ campaignId: 'c', targetUserId: 'same', id: uuidv7() }),
      ),
    ),
  );
  expect(outcomes.filter(({ status }) => status === 'charged')).toHaveLength(1);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(19);
});

test('a new account’s first postings on two servers at once all count', async () => {
  const account = await one.newAccount();
  await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      (n % 2 === 0 ? one : two).ledger.recharge({
        id: uuidv7(),
        accountId: account,
        amount: 1_000_000n,
        occurredAtMs: one.clock.nowMs,
        source: 'test',
      }),
    ),
  );
  expect(await two.ledger.digest(account)).toMatchObject({ seq: 10, sums: { CNY: '10.00' } });
});

test('charges, holds and refunds mixed on two servers leave a ledger that verifies', async () => {
  const account = await one.newAccount({ balance: '60.00' });
  await Promise.all(
    Array.from({ length: 40 }, async (_, n) => {
      const { ledger } = n % 2 === 0 ? one : two;
      const placed = await ledger.createHold(account, holdBody(2));
      const body = chargeBody('hold' in placed ? { holdId: placed.hold.id } : {});
      await ledger.chargeBatch(account, [body, chargeBody()]);
      if (n % 3 === 0)
        await ledger.refund({ id: uuidv7(), accountId: account, chargeId: body.id, reason: 'x' });
      if (n % 4 === 0 && 'hold' in placed) await ledger.releaseHold(account, placed.hold.id);
    }),
  );
  expect((await verifyLedger(one.database)).faults).toEqual([]);
});
