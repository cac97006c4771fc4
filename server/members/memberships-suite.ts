/** Memberships over HTTP and through their job, in dates and figures worked out by hand; run on either database. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { jobs } from '../jobs.ts';
import { verifyLedger } from '../ledger/verify.ts';
import { memberships } from '../memberships-of.ts';
import { startSelling } from '../selling-suite.ts';
import type { Client, Reply, TestServer } from '../test-server.ts';
import { upgradePrice } from './membership-terms.ts';

/** The suite's accounts live in Shanghai, which knows no summer time. */
function shanghai(time: string): number {
  return Date.parse(`${time}+08:00`);
}

export function membershipsSuite(newDatabase: () => Promise<string | undefined>): void {
  let server: TestServer;
  let one: Client;
  beforeAll(async () => {
    server = await startSelling(await newDatabase());
  });
  beforeEach(async () => {
    one = await server.newClient({ balance: '1000.00' });
  });
  afterAll(() => server.close());

  function buy(plan = 'monthly', id = randomUUID()): Promise<Reply> {
    return one.call('buyMembership', { body: { id, plan } });
  }

  function renew(id = randomUUID()): Promise<Reply> {
    return one.call('renewMembership', { body: { id } });
  }

  function upgrade(plan: string, id = randomUUID()): Promise<Reply> {
    return one.call('upgradeMembership', { body: { id, plan } });
  }

  async function runJob(): Promise<string> {
    const { database, ledger } = server;
    const deps = { ledger, memberships: memberships({ database, ledger, clock: () => server.nowMs }) };
    const { said, failed } = await jobs.memberships.run(deps);
    expect(failed).toEqual([]);
    return said;
  }

  async function sums(): Promise<unknown> {
    await server.ledger.balance(one.accountId); // What is over ends.
    return ((await one.call('digest')).body as { sums: unknown }).sums;
  }

  async function level(): Promise<string | undefined> {
    const [row] = await server.database.query<{ member_level: string }>(
      'SELECT member_level FROM accounts WHERE id = $1',
      [one.accountId],
    );
    return row?.member_level;
  }

  async function faultless(): Promise<void> {
    expect((await verifyLedger(server.database, one.accountId)).faults).toEqual([]);
  }

  test('a year that begins on 31 January: short months, an early renewal, grace, a late one, the end', async () => {
    server.nowMs = shanghai('2027-01-31T10:00:00.000');
    expect(await buy()).toMatchObject({
      status: 201,
      body: {
        paid: { amount: '-99.00', balanceAfter: '901.00', operation: 'membership', note: 'monthly' },
        membership: { state: 'active', endsAt: new Date(shanghai('2027-02-28T10:00:00')).toISOString() },
      },
    });
    expect(await level()).toBe('premium');
    expect(await sums()).toEqual({ CNY: '901.00', IMAGE_QUOTA: '100', TEXT_TOKEN: '500000' });

    server.nowMs = shanghai('2027-02-10T00:00:00');
    expect(await renew()).toMatchObject({
      body: {
        membership: {
          endsAt: new Date(shanghai('2027-03-31T10:00:00')).toISOString(),
          month: { until: new Date(shanghai('2027-02-28T10:00:00')).toISOString() },
        },
      },
    });
    expect(await sums()).toEqual({ CNY: '802.00', IMAGE_QUOTA: '100', TEXT_TOKEN: '500000' });
    const drawing = { id: randomUUID(), product: 'cutout', quantity: 40 };
    expect(await one.call('holdQuota', { body: drawing })).toMatchObject({ status: 201 });

    server.nowMs = shanghai('2027-02-28T09:59:59.999');
    expect(await runJob()).toBe('0 members have a new month, 0 memberships ended');
    server.nowMs += 1;
    expect(await runJob()).toBe('1 members have a new month, 0 memberships ended');
    expect(await runJob()).toBe('0 members have a new month, 0 memberships ended');
    expect(await sums()).toEqual({ CNY: '802.00', IMAGE_QUOTA: '100', TEXT_TOKEN: '500000' });

    server.nowMs = shanghai('2027-03-31T10:00:00');
    expect(await runJob()).toBe('0 members have a new month, 0 memberships ended');
    expect(await one.call('membership')).toMatchObject({
      body: { state: 'grace', graceEndsAt: new Date(shanghai('2027-04-03T10:00:00')).toISOString() },
    });
    expect(await sums()).toEqual({ CNY: '802.00', IMAGE_QUOTA: '0', TEXT_TOKEN: '0' });
    expect(await level()).toBe('premium');

    server.nowMs = shanghai('2027-04-02T00:00:00');
    expect(await renew()).toMatchObject({
      body: {
        membership: {
          state: 'active',
          endsAt: new Date(shanghai('2027-04-30T10:00:00')).toISOString(),
          month: { from: new Date(shanghai('2027-03-31T10:00:00')).toISOString() },
        },
      },
    });
    expect(await sums()).toEqual({ CNY: '703.00', IMAGE_QUOTA: '100', TEXT_TOKEN: '500000' });

    server.nowMs = shanghai('2027-05-03T10:00:00');
    expect(await runJob()).toBe('0 members have a new month, 1 memberships ended');
    expect(await runJob()).toBe('0 members have a new month, 0 memberships ended');
    expect(await one.call('membership')).toMatchObject({ body: { state: 'ended' } });
    expect(await level()).toBe('none');
    expect(await renew()).toMatchObject({ status: 409, body: { code: 'membership_ended' } });
    expect(await buy()).toMatchObject({ status: 201, body: { membership: { state: 'active' } } });
    await faultless();
  });

  test('a job that comes months late brings the month that runs, and none of those that are over', async () => {
    server.nowMs = shanghai('2027-06-05T00:00:00');
    await buy();
    await renew();
    await renew();
    server.nowMs = shanghai('2027-08-10T00:00:00');
    expect(await runJob()).toMatch(/^1 members have a new month/);
    const { transactions } = await server.ledger.transactionsPage(one.accountId, { afterSeq: 0, limit: 100 });
    const grants = transactions.filter(({ kind, asset }) => kind === 'grant' && asset === 'IMAGE_QUOTA');
    expect(grants.map(({ occurredAt, expiresAt }) => [occurredAt, expiresAt])).toEqual(
      [
        ['2027-06-05T00:00:00', '2027-07-05T00:00:00'],
        ['2027-08-05T00:00:00', '2027-09-05T00:00:00'],
      ].map((times) => times.map((time) => new Date(shanghai(time)).toISOString())),
    );
    await faultless();
  });

  test('buying, renewing and upgrading again under one id answers what was done and does nothing', async () => {
    server.nowMs = shanghai('2027-09-01T00:00:00');
    const ids = [randomUUID(), randomUUID(), randomUUID()] as const;
    expect(await buy('monthly', ids[0])).toMatchObject({ status: 201 });
    expect(await buy('monthly', ids[0])).toMatchObject({ status: 200, body: { paid: { amount: '-99.00' } } });
    expect(await buy('studio', ids[0])).toMatchObject({
      status: 409,
      body: { code: 'idempotency_mismatch' },
    });
    expect(await buy('monthly')).toMatchObject({ status: 409, body: { code: 'membership_active' } });
    expect(await renew(ids[1])).toMatchObject({ status: 201 });
    expect(await renew(ids[1])).toMatchObject({ status: 200 });
    expect(await upgrade('studio', ids[2])).toMatchObject({ status: 201 });
    expect(await upgrade('studio', ids[2])).toMatchObject({ status: 200 });
    expect(await upgrade('monthly')).toMatchObject({ status: 400, body: { errors: [{ path: 'plan' }] } });
    // 99 + 99 + (199 − 99) × 30 / 30 + 100
    expect(await sums()).toMatchObject({ CNY: '602.00' });
    await faultless();
  });

  test('ten purchases at once make one member, and ten jobs bring one month', async () => {
    server.nowMs = shanghai('2027-10-01T00:00:00');
    const bought = await Promise.all(Array.from({ length: 10 }, () => buy()));
    expect(bought.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(bought.filter(({ status }) => status === 409)).toHaveLength(9);
    await renew();
    server.nowMs = shanghai('2027-11-01T00:00:00');
    const said = await Promise.all(Array.from({ length: 10 }, runJob));
    expect(said.filter((line) => line.startsWith('1 members'))).toHaveLength(1);
    expect(await sums()).toEqual({ CNY: '802.00', IMAGE_QUOTA: '100', TEXT_TOKEN: '500000' });
    await faultless();
  });

  test('too little money leaves everything as it was', async () => {
    one = await server.newClient({ balance: '98.99' });
    expect(await buy()).toMatchObject({
      status: 402,
      body: { code: 'insufficient_balance', required: '99.00', shortfall: '0.01' },
    });
    expect(await buy('nothing')).toMatchObject({ status: 404 });
    expect(await renew()).toMatchObject({ status: 409, body: { code: 'membership_ended' } });
    expect(await one.call('membership')).toMatchObject({ status: 404 });
    expect(await level()).toBe('none');
    expect(await sums()).toEqual({ CNY: '98.99' });
  });

  test('what costs more than was shown is not bought, and what costs less is', async () => {
    server.nowMs = shanghai('2027-04-01T00:00:00');
    const plan = { plan: 'monthly' };
    expect(await one.call('buyMembership', { body: { ...shown('98.99'), ...plan } })).toMatchObject(
      changed('98.99', '99.00'),
    );
    expect(await one.call('buyMembership', { body: { ...shown('99.00'), ...plan } })).toMatchObject({
      status: 201,
    });
    expect(await one.call('renewMembership', { body: shown('0.00') })).toMatchObject(
      changed('0.00', '99.00'),
    );
    // The price of an upgrade falls as the month goes by; ten days later it is ¥66.67.
    server.nowMs = shanghai('2027-04-11T00:00:00');
    const studio = { plan: 'studio' };
    const upgraded = { ...shown('100.00'), ...studio };
    expect(await one.call('upgradeMembership', { body: { ...shown('66.66'), ...studio } })).toMatchObject(
      changed('66.66', '66.67'),
    );
    expect(await one.call('upgradeMembership', { body: upgraded })).toMatchObject({
      status: 201,
      body: { paid: { amount: '-66.67' } },
    });
    // Repeated, it is what was done, whatever was shown since.
    expect(
      await one.call('upgradeMembership', { body: { ...upgraded, expectedPrice: '1.00' } }),
    ).toMatchObject({ status: 200 });
    expect(await sums()).toMatchObject({ CNY: '834.33' });
    await faultless();
  });

  const quote = (plan: string) => one.call('quoteUpgrade', { query: { plan } });
  test('an upgrade is quoted to whom it could be sold, and to nobody else', async () => {
    expect(await quote('studio')).toMatchObject({ status: 409, body: { code: 'membership_ended' } });
    expect(await quote('nothing')).toMatchObject({ status: 404 });
    server.nowMs = shanghai('2027-04-01T00:00:00');
    await buy('studio');
    expect(await quote('studio')).toMatchObject({ status: 400, body: { errors: [{ path: 'plan' }] } });
    expect(await quote('monthly')).toMatchObject({ status: 400 });
    server.nowMs = shanghai('2027-05-01T00:00:00');
    expect(await quote('studio')).toMatchObject({ status: 409, body: { code: 'membership_ended' } });
  });

  test('a member pays the member price of a follow', async () => {
    await buy();
    server.nowMs += 6_000;
    const quote = { platform: 'xiaohongshu', operation: 'follow', quantity: 10 };
    expect(await one.call('quote', { body: quote })).toMatchObject({ body: { total: '9.00' } });
  });

  describe('an upgrade', () => {
    // (199 − 99) for the rest of a month of 30 days, and as much again for each month that is paid after it.
    test.each([
      ['on the first day', '2027-04-01T00:00:00', '100.00', ['300', '10']],
      ['after 10 days of 30', '2027-04-11T00:00:00', '66.67', ['234', '7']],
      ['in the middle', '2027-04-16T00:00:00', '50.00', ['200', '5']],
      ['in the last hour', '2027-04-30T23:00:00', '0.14', ['101', '1']],
    ])('%s costs what is left of the month', async (_, at, price, [images, videos]) => {
      server.nowMs = shanghai('2027-04-01T00:00:00');
      await buy();
      server.nowMs = shanghai(at);
      const quoted = await one.call('quoteUpgrade', { query: { plan: 'studio' } });
      expect(quoted).toMatchObject({ status: 200, body: { price, thisMonth: price, laterMonths: 0 } });
      const more = [
        ['IMAGE_QUOTA', String(Number(images) - 100)],
        ['VIDEO_QUOTA', videos],
      ];
      const { quotas } = quoted.body as { quotas: { asset: string; amount: string }[] };
      expect(quotas.map(({ asset, amount }) => [asset, amount])).toEqual(more);
      const upgraded = await upgrade('studio');
      expect(upgraded).toMatchObject({
        status: 201,
        body: { paid: { amount: `-${price}` }, membership: { plan: { id: 'studio' }, state: 'active' } },
      });
      expect(await sums()).toMatchObject({ IMAGE_QUOTA: images, TEXT_TOKEN: '500000', VIDEO_QUOTA: videos });
      await faultless();
    });

    test('brings the whole of the higher quotas from the next month on', async () => {
      server.nowMs = shanghai('2028-04-01T00:00:00');
      await buy();
      await renew();
      server.nowMs = shanghai('2028-04-16T00:00:00');
      expect(await one.call('quoteUpgrade', { query: { plan: 'studio' } })).toMatchObject({
        body: {
          plan: { id: 'studio' },
          price: '150.00',
          thisMonth: '50.00',
          laterMonths: 1,
          later: '100.00',
          month: { until: new Date(shanghai('2028-05-01T00:00:00')).toISOString() },
        },
      });
      expect(await upgrade('studio')).toMatchObject({ body: { paid: { amount: '-150.00' } } });
      server.nowMs = shanghai('2028-05-01T00:00:00');
      await runJob();
      expect(await sums()).toEqual({
        CNY: '652.00',
        IMAGE_QUOTA: '300',
        TEXT_TOKEN: '500000',
        VIDEO_QUOTA: '10',
      });
      server.nowMs = shanghai('2028-06-01T00:00:00');
      expect(await upgrade('studio')).toMatchObject({ status: 409, body: { code: 'membership_ended' } });
      await faultless();
    });

    test.each([
      ['to a plan that costs less, nothing', '199.00', '99.00', 3, 0n],
      ['by a cent for a third of a month, nothing', '1.00', '1.01', 1, 0n],
      ['by a cent for three months, the two that are whole', '1.00', '1.01', 3, 20_000n],
    ])('costs, %s', (_, from, to, months, price) => {
      const month = { index: 0, fromMs: 0, untilMs: 3_000 };
      expect(upgradePrice({ plan: { price: from }, months }, { price: to }, month, 2_000)).toBe(price);
    });
  });
}

function shown(expectedPrice: string): { id: string; expectedPrice: string } {
  return { id: randomUUID(), expectedPrice };
}

function changed(expected: string, actual: string): object {
  return { status: 409, body: { code: 'price_changed', expected, actual } };
}
