/** What those who run the business see and do over all accounts, over HTTP on either database. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AccountRow, GrantRow, MemberRow } from '../shared/api-office.ts';
import type { Catalogue } from '../shared/api-selling.ts';
import type { EndpointName } from '../shared/endpoints.ts';
import { demoCatalogue } from './demo/offers.ts';
import { verifyLedger } from './ledger/verify.ts';
import { startSelling } from './selling-suite.ts';
import type { Client, Reply, TestServer } from './test-server.ts';

export function officeSuite(newDatabase: () => Promise<string | undefined>): void {
  let server: TestServer;
  let finance: Client;
  let auditor: Client;
  beforeAll(async () => {
    server = await startSelling(await newDatabase());
    finance = await server.newClient({ role: 'finance' });
    auditor = await server.newClient({ role: 'auditor' });
  });
  afterAll(() => server.close());

  function give(accountId: string, amount: string, more: object = {}, by = finance): Promise<Reply> {
    const body = { id: randomUUID(), accountId, asset: 'POINT', amount, source: 'compensation', ...more };
    return by.call('grant', { body });
  }
  function take(accountId: string, amount: string, id = randomUUID()): Promise<Reply> {
    return finance.call('adjust', {
      body: { id, accountId, asset: 'POINT', amount, reason: 'given by mistake' },
    });
  }

  describe('accounts', () => {
    test('are found by a part of the name, by the whole address, by role', async () => {
      const one = await server.newClient({ balance: '12.34' });
      const known = (await one.call('account')).body as { name: string; email: string };
      const all = await whole<AccountRow>(finance, 'accounts');
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
      expect(all.find(({ id }) => id === one.accountId)).toMatchObject({ balance: '12.34', frozen: false });
      const found = async (text: string) =>
        (await whole<AccountRow>(auditor, 'accounts', { text })).map(({ id }) => id);
      expect(await found(known.name.slice(1).toUpperCase())).toContain(one.accountId);
      expect(await found(known.email.toUpperCase())).toEqual([one.accountId]);
      expect(await found(known.email.slice(0, -1))).not.toContain(one.accountId);
      // What people type is never a pattern.
      expect(await found('%')).toEqual([]);
      const auditors = await whole<AccountRow>(finance, 'accounts', { role: 'auditor' });
      expect(auditors.map(({ id }) => id)).toEqual([auditor.accountId]);
    });

    test('are frozen and freed with a reason, which the audit log keeps', async () => {
      const one = await server.newClient({ balance: '200.00' });
      const freeze = (frozen: boolean): Promise<Reply> =>
        finance.call('freezeAccount', {
          params: { id: one.accountId },
          body: { frozen, reason: 'asked by the police' },
        });
      const buy = (): Promise<Reply> =>
        one.call('buyPackage', { params: { package: 'points_500' }, body: { id: randomUUID() } });
      expect(await freeze(true)).toMatchObject({ status: 200, body: { frozen: true } });
      expect(await buy()).toMatchObject({ status: 423 });
      const frozen = await whole<AccountRow>(finance, 'accounts', { frozen: 'true' });
      expect(frozen.map(({ id }) => id)).toEqual([one.accountId]);
      expect(await freeze(false)).toMatchObject({ status: 200, body: { frozen: false } });
      expect(await buy()).toMatchObject({ status: 201 });
      const { items } = (await auditor.call('audit', { query: { limit: '2' } })).body as { items: object[] };
      expect(items[0]).toMatchObject({
        action: 'freezeAccount',
        aboutId: one.accountId,
        reason: 'asked by the police',
        before: { frozen: true },
        after: { frozen: false },
      });
      const nobody = { params: { id: randomUUID() }, body: { frozen: true, reason: 'x' } };
      expect(await finance.call('freezeAccount', nobody)).toMatchObject({ status: 404 });
    });

    test('have the member level that is set by hand', async () => {
      const one = await server.newClient();
      const body = { memberLevel: 'premium', reason: 'a friend of the house' };
      expect(await finance.call('setMemberLevel', { params: { id: one.accountId }, body })).toMatchObject({
        status: 200,
        body: { memberLevel: 'premium' },
      });
      expect((await one.call('account')).body).toMatchObject({ memberLevel: 'premium' });
    });
  });

  test('each version of the catalogue stays to be read', async () => {
    const dearer = {
      ...demoCatalogue,
      packages: demoCatalogue.packages.map((one) => ({ ...one, price: '88.00' })),
    };
    await finance.call('putCatalogue', { body: dearer });
    await finance.call('putCatalogue', { body: demoCatalogue });
    const versions = await whole<Catalogue>(auditor, 'catalogueVersions');
    expect(versions.map(({ version }) => version)).toEqual([3, 2, 1]);
    expect(versions.map(({ packages }) => packages[0]?.price)).toEqual(['50.00', '88.00', '50.00']);
    expect(await auditor.call('meteringCatalogueVersions')).toMatchObject({
      status: 200,
      body: { items: [], nextCursor: null },
    });
  });

  test('members of all accounts are listed as they stand', async () => {
    const [ann, ben] = [
      await server.newClient({ balance: '500.00' }),
      await server.newClient({ balance: '500.00' }),
    ];
    expect(await buy(ann)).toMatchObject({ status: 201 });
    server.nowMs += 1_000;
    expect(await buy(ben)).toMatchObject({ status: 201 });
    const ids = async (query: object): Promise<string[]> =>
      (await whole<MemberRow>(auditor, 'members', query)).map(({ accountId }) => accountId);
    expect(await ids({})).toEqual([ben.accountId, ann.accountId]);
    expect(await ids({ state: 'active', accountId: ann.accountId })).toEqual([ann.accountId]);
    const [row] = await whole<MemberRow>(auditor, 'members');
    server.nowMs = Date.parse(row?.membership.endsAt ?? '');
    expect(await ids({ state: 'grace' })).toEqual([ben.accountId, ann.accountId]);
    server.nowMs = Date.parse(row?.membership.graceEndsAt ?? '');
    expect(await ids({ state: 'ended' })).toEqual([ben.accountId, ann.accountId]);
    expect(await ids({ state: 'active' })).toEqual([]);
  });

  describe('units', () => {
    test('that came in are listed with what is left of them', async () => {
      const one = await server.newClient();
      expect(await give(one.accountId, '120', { note: 'for the outage' })).toMatchObject({ status: 201 });
      server.nowMs += 1_000;
      expect(await give(one.accountId, '30', { source: 'gift' })).toMatchObject({ status: 201 });
      expect(await take(one.accountId, '-20')).toMatchObject({ status: 201 });
      const rows = await whole<GrantRow>(auditor, 'grants', { accountId: one.accountId });
      expect(rows.map(({ amount, remaining, source }) => [amount, remaining, source])).toEqual([
        ['30', '30', 'gift'],
        ['120', '100', 'compensation'],
      ]);
      expect(rows[1]).toMatchObject({ note: 'for the outage', asset: 'POINT' });
      const gifts = await whole<GrantRow>(auditor, 'grants', { accountId: one.accountId, source: 'gift' });
      expect(gifts).toHaveLength(1);
    });

    test('are taken back as far as they are there, once, and never given that way', async () => {
      const one = await server.newClient();
      await give(one.accountId, '50');
      const id = randomUUID();
      expect(await take(one.accountId, '-30', id)).toMatchObject({
        status: 201,
        body: { asset: 'POINT', amount: '-30', state: 'posted' },
      });
      expect(await take(one.accountId, '-30', id)).toMatchObject({ status: 200 });
      expect(await take(one.accountId, '-21')).toMatchObject({
        status: 402,
        body: { code: 'insufficient_units', available: '20' },
      });
      for (const wrong of ['-0.5', '5'])
        expect(await take(one.accountId, wrong)).toMatchObject({
          status: 400,
          body: { errors: [{ path: 'amount' }] },
        });
      expect((await one.call('points')).body).toMatchObject({ balance: '20' });
      expect(await verifyLedger(server.database)).toMatchObject({ faults: [] });
    });

    test('above what one may grant alone wait, and are taken back when another says so', async () => {
      const one = await server.newClient();
      const checker = await server.newClient({ role: 'finance' });
      for (const by of [finance, checker])
        expect(await give(one.accountId, '90000', {}, by)).toMatchObject({ status: 201 });
      const id = randomUUID();
      expect(await take(one.accountId, '-100001', id)).toMatchObject({
        status: 202,
        body: { state: 'waiting', amount: '-100001' },
      });
      expect((await one.call('points')).body).toMatchObject({ balance: '180000' });
      expect(await finance.call('approveRequest', { params: { id } })).toMatchObject({ status: 403 });
      expect(await checker.call('approveRequest', { params: { id } })).toMatchObject({
        status: 200,
        body: { state: 'done', asset: 'POINT' },
      });
      expect((await one.call('points')).body).toMatchObject({ balance: '79999' });
      expect(await verifyLedger(server.database)).toMatchObject({ faults: [] });
    });
  });
}

/** A list from its top to its end, in pages of two. */
async function whole<T>(client: Client, name: EndpointName, query: object = {}): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const reply = await client.call(name, {
      query: { ...query, limit: '2', ...(cursor === '' ? {} : { cursor }) },
    });
    expect(reply.status).toBe(200);
    const page = reply.body as { items: T[]; nextCursor: string | null };
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

function buy(client: Client): Promise<Reply> {
  return client.call('buyMembership', { body: { id: randomUUID(), plan: 'monthly' } });
}
