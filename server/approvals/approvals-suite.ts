/** Acts that need two people, over HTTP on either database: never by one alone, once, and as they were asked for. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { yuan } from '../../shared/money.ts';
import type { AuditEntry } from '../../shared/api-audit.ts';
import type { Approval } from '../../shared/api-approvals.ts';
import type { Database } from '../database/database.ts';
import { demoCatalogue } from '../demo/offers.ts';
import {
  chargeBody,
  startTestServer,
  testPassword,
  testPrices,
  type Client,
  type Reply,
  type TestServer,
} from '../test-server.ts';

const decide = (who: Client, how: 'approveRequest' | 'withdrawRequest', id: string) =>
  who.call(how, { params: { id } });
const no = (who: Client, id: string, reason = 'not like this') =>
  who.call('refuseRequest', { params: { id }, body: { reason } });
async function waiting(reply: Reply): Promise<Approval> {
  expect(reply).toMatchObject({ status: 202, body: { state: 'waiting' } });
  return reply.body as Approval;
}

export function approvalsSuite(open: () => Promise<Database>): void {
  let server: TestServer;
  let maker: Client;
  let checker: Client;
  let auditor: Client;
  let person: Client;
  beforeAll(async () => {
    server = await startTestServer(await open(), [], null, {
      refundAloneMax: yuan('0.50'),
      grantAloneMax: 100n,
      priceChanges: true,
    });
    maker = await server.newClient({ role: 'finance' });
    checker = await server.newClient({ role: 'finance' });
    auditor = await server.newClient({ role: 'auditor' });
    person = await server.newClient({ balance: '5000.00' });
  });
  afterAll(() => server.close());

  const newGrant = (amount: string) => ({
    id: randomUUID(),
    accountId: person.accountId,
    asset: 'POINT',
    amount,
    source: 'gift',
    note: 'for waiting so long',
  });
  async function charged(): Promise<string> {
    const body = chargeBody(server);
    expect((await person.call('charge', { body })).status).toBe(201);
    return body.id;
  }
  const moved = (id: string) => server.ledger.getTransaction(person.accountId, id);

  test('a grant above the limit waits, and is made as it was asked for when somebody else approves it', async () => {
    const body = newGrant('101');
    const asked = await waiting(await maker.call('grant', { body }));
    expect(asked).toMatchObject({
      id: body.id,
      act: 'grant',
      aboutId: person.accountId,
      asset: 'POINT',
      amount: '101',
      reason: 'for waiting so long',
      askedBy: maker.accountId,
      asked: { amount: '101' },
    });
    expect(await moved(body.id)).toBeNull();
    const done = await decide(checker, 'approveRequest', body.id);
    expect(done).toMatchObject({
      status: 200,
      body: {
        state: 'done',
        decidedBy: checker.accountId,
        cameTo: { id: body.id, amount: '101', kind: 'grant' },
      },
    });
    expect(await moved(body.id)).toMatchObject({ amount: '101', note: 'for waiting so long' });
    expect((await maker.call('grant', { body })).status).toBe(200);
    expect((await maker.call('grant', { body: newGrant('100') })).status).toBe(201);
  });

  test('a refund above the limit waits; the same again is the same request, another under its id is not', async () => {
    const chargeId = await charged();
    const body = { id: randomUUID(), chargeId, reason: 'it did not follow' };
    await waiting(await maker.call('refund', { body }));
    await waiting(await maker.call('refund', { body }));
    expect(await maker.call('refund', { body: { ...body, reason: 'another' } })).toMatchObject({
      status: 409,
    });
    const small = { id: randomUUID(), chargeId, amount: '0.50', reason: 'half of it' };
    expect((await maker.call('refund', { body: small })).status).toBe(201);
    expect(await decide(checker, 'approveRequest', body.id)).toMatchObject({
      body: { state: 'done', cameTo: { amount: '0.50', reversesId: chargeId } },
    });
  });

  test('what cannot be done any more says so, and waits until somebody refuses it', async () => {
    const chargeId = await charged();
    const [one, two] = [randomUUID(), randomUUID()];
    for (const id of [one, two])
      await waiting(await maker.call('refund', { body: { id, chargeId, amount: '1.00', reason: 'twice' } }));
    expect((await decide(checker, 'approveRequest', one)).status).toBe(200);
    expect(await decide(checker, 'approveRequest', two)).toMatchObject({
      status: 409,
      body: { code: 'refund_exceeds' },
    });
    expect(await checker.call('approval', { params: { id: two } })).toMatchObject({
      body: { state: 'waiting' },
    });
    expect(await no(checker, two, 'refunded already')).toMatchObject({
      status: 200,
      body: { state: 'refused', decidedBecause: 'refunded already', decidedBy: checker.accountId },
    });
    expect(await decide(checker, 'approveRequest', two)).toMatchObject({
      status: 409,
      body: { code: 'approval_closed', state: 'refused' },
    });
  });

  test('prices wait where two people are wanted for them, and say both versions in the log', async () => {
    const asked = await waiting(
      await maker.call('putPricing', { body: { ...testPrices, memberDiscounts: [] } }),
    );
    expect((await person.call('pricing')).body).toMatchObject({ version: 1 });
    expect(await decide(checker, 'approveRequest', asked.id)).toMatchObject({
      body: { state: 'done', cameTo: { version: 2 } },
    });
    expect((await person.call('pricing')).body).toMatchObject({ version: 2, memberDiscounts: [] });
    const sold = await waiting(await maker.call('putCatalogue', { body: demoCatalogue }));
    expect((await person.call('catalogue')).status).toBe(404);
    await decide(checker, 'approveRequest', sold.id);
    expect((await person.call('catalogue')).body).toMatchObject({ version: 1 });
  });

  test('a correction is in the same list, and may be refused with a reason too', async () => {
    const body = {
      id: randomUUID(),
      accountId: person.accountId,
      asset: 'CNY',
      amount: '-2000.00',
      reason: 'wrong',
    };
    expect((await maker.call('adjust', { body })).status).toBe(202);
    const { body: list } = await auditor.call('approvals', { query: { state: 'waiting', act: 'adjust' } });
    expect(list).toMatchObject({
      items: [{ id: body.id, act: 'adjust', amount: '-2000.00', reason: 'wrong' }],
    });
    expect((await no(maker, body.id)).status).toBe(403);
    expect(await no(checker, body.id, 'ask the customer first')).toMatchObject({
      status: 200,
      body: { state: 'refused', decidedBecause: 'ask the customer first' },
    });
    expect((await decide(checker, 'approveRequest', body.id)).status).toBe(409);
    expect(await moved(body.id)).toBeNull();
    const other = { ...body, id: randomUUID() };
    await maker.call('adjust', { body: other });
    expect(await decide(checker, 'approveRequest', other.id)).toMatchObject({ body: { state: 'done' } });
    expect(await moved(other.id)).toMatchObject({ amount: '-2000.00' });
  });

  test('who asked may withdraw, and nobody else', async () => {
    const body = newGrant('500');
    await maker.call('grant', { body });
    expect((await decide(checker, 'withdrawRequest', body.id)).status).toBe(403);
    for (let again = 0; again < 2; again += 1)
      expect(await decide(maker, 'withdrawRequest', body.id)).toMatchObject({
        status: 200,
        body: { state: 'withdrawn', decidedBy: maker.accountId },
      });
    expect((await decide(checker, 'approveRequest', body.id)).status).toBe(409);
    expect(await moved(body.id)).toBeNull();
  });

  test.each(['grant', 'adjust', 'refund', 'putPricing'] as const)(
    'nobody approves their own %s: not twice at once, not from another session, not beside somebody else',
    async (act) => {
      const bodies = {
        grant: newGrant('900'),
        adjust: {
          id: randomUUID(),
          accountId: person.accountId,
          asset: 'CNY',
          amount: '1500.00',
          reason: 'big',
        },
        refund: { id: randomUUID(), chargeId: await charged(), reason: 'all of it' },
        putPricing: { ...testPrices, memberDiscounts: [{ level: 'premium', multiplier: '0.80' }] },
      };
      const { id } = await waiting(await maker.call(act, { body: bodies[act] }));
      const again = await anotherSession(server, maker);
      const alone = await Promise.all([
        decide(maker, 'approveRequest', id),
        decide(again, 'approveRequest', id),
        decide(again, 'approveRequest', id),
        no(again, id),
      ]);
      expect(alone.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
      expect(await checker.call('approval', { params: { id } })).toMatchObject({
        body: { state: 'waiting' },
      });
      const beside = await Promise.all([
        decide(maker, 'approveRequest', id),
        decide(checker, 'approveRequest', id),
        decide(checker, 'approveRequest', id),
      ]);
      expect(beside.map(({ status }) => status)).toEqual([403, 200, 200]);
      expect(await checker.call('approval', { params: { id } })).toMatchObject({
        body: { state: 'done', decidedBy: checker.accountId },
      });
      const query = { subject: id, action: 'approveRequest' };
      const told = (await auditor.call('audit', { query })).body as { items: AuditEntry[] };
      expect(
        told.items.filter(({ outcome, actorId }) => outcome === 'done' && actorId === maker.accountId),
      ).toEqual([]);
    },
  );

  test('of a yes and a no at once one counts, and the act is done at most once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const body = newGrant('700');
      await maker.call('grant', { body });
      const [yes, refused] = await Promise.all([
        decide(checker, 'approveRequest', body.id),
        no(checker, body.id),
      ]);
      expect(new Set([yes.status, refused.status])).toEqual(new Set([200, 409]));
      expect((await moved(body.id)) !== null).toBe(yes.status === 200);
    }
  });

  test('the list tells all of it, by key, and nobody who asked has decided', async () => {
    const all: Approval[] = [];
    let cursor: string | null = null;
    do {
      const query: Record<string, string> = { limit: '3', ...(cursor === null ? {} : { cursor }) };
      const { body } = await auditor.call('approvals', { query });
      const page = body as { items: Approval[]; nextCursor: string | null };
      all.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(10);
    for (const { state, askedBy, decidedBy } of all.filter(({ state }) => state !== 'waiting'))
      expect(decidedBy === askedBy).toBe(state === 'withdrawn');
  });
}

/** The same person at another desk. */
async function anotherSession(server: TestServer, of: Client): Promise<Client> {
  const device = { deviceId: 'second-desk', deviceName: 'Second desk' };
  const reply = await server.nobody.call('login', {
    body: { email: of.email, password: testPassword, ...device },
  });
  const { accessToken } = reply.body as { accessToken: string };
  const headers = { authorization: `Bearer ${accessToken}` };
  return { ...of, accessToken, call: (name, input) => server.nobody.call(name, { ...input, headers }) };
}
