/** Acts that need two people, over HTTP on either database: never by one alone, once, and as they were asked for. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { yuan } from '../../shared/money.ts';
import type { AuditEntry } from '../../shared/api-audit.ts';
import type { Approval } from '../../shared/api-approvals.ts';
import { secondPersonDefault } from '../asking.ts';
import type { Database } from '../database/database.ts';
import { demoCatalogue } from '../demo/offers.ts';
import { callerAgeMsMax } from '../identity/callers.ts';
import { jobs } from '../jobs.ts';
import {
  chargeBody,
  startTestServer,
  testPassword,
  testPrices,
  type Client,
  type Reply,
  type TestServer,
} from '../test-server.ts';

/** Three days. */
const waitMsMax = 3 * 86_400_000;

const decide = (who: Client, how: 'approveRequest' | 'withdrawRequest', id: string) =>
  who.call(how, { params: { id } });
const no = (who: Client, id: string, reason = 'not like this') =>
  who.call('refuseRequest', { params: { id }, body: { reason } });
const newCorrection = (amount: string, of: Client, asset = 'CNY') => ({
  id: randomUUID(),
  accountId: of.accountId,
  asset,
  amount,
  reason: 'miscounted',
});
const statusesOf = (replies: readonly Reply[]) =>
  replies.map(({ status }) => status).toSorted((a, b) => a - b);
const leftOf = ({ body }: Reply) => (body as { aloneLeft?: string }).aloneLeft ?? '';
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
      ...secondPersonDefault,
      refundAloneMax: yuan('0.50'),
      grantAloneMax: 100n,
      priceChanges: true,
      waitMsMax,
    });
    maker = await server.newClient({ role: 'finance' });
    checker = await server.newClient({ role: 'finance' });
    auditor = await server.newClient({ role: 'auditor' });
    person = await server.newClient({ balance: '5000.00' });
  });
  afterAll(() => server.close());

  const newGrant = (amount: string, to: Client = person) => ({
    id: randomUUID(),
    accountId: to.accountId,
    asset: 'POINT',
    amount,
    source: 'gift',
    note: 'for waiting so long',
  });
  async function charged(who: Client = person): Promise<string> {
    const body = chargeBody(server);
    expect((await who.call('charge', { body })).status).toBe(201);
    return body.id;
  }
  const read = async (id: string) => (await checker.call('approval', { params: { id } })).body as Approval;
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
    expect(await decide(checker, 'approveRequest', body.id)).toMatchObject({
      body: { state: 'done', amount: '1.00', cameTo: { amount: '1.00', reversesId: chargeId } },
    });
    expect((await maker.call('refund', { body })).status, 'asked again').toBe(200);
  });

  test('all of a charge is as much of it as whoever approves has seen', async () => {
    const chargeId = await charged();
    const body = { id: randomUUID(), chargeId, reason: 'all of it' };
    expect(await waiting(await maker.call('refund', { body }))).toMatchObject({ amount: '1.00' });
    const small = { id: randomUUID(), chargeId, amount: '0.50', reason: 'half of it' };
    expect((await maker.call('refund', { body: small })).status).toBe(201);
    expect(await decide(checker, 'approveRequest', body.id)).toMatchObject({
      status: 409,
      body: { code: 'refund_exceeds', left: '0.50' },
    });
    expect(await checker.call('approval', { params: { id: body.id } })).toMatchObject({
      body: { state: 'waiting' },
    });
    expect(await moved(body.id)).toBeNull();
  });

  test('several small refunds of one charge are one large one, also at the same moment', async () => {
    const chargeId = await charged(await server.newClient({ balance: '5.00' }));
    const parts = Array.from({ length: 4 }, () => ({
      id: randomUUID(),
      chargeId,
      amount: '0.25',
      reason: 'part',
    }));
    const replies = await Promise.all(parts.map((body) => maker.call('refund', { body })));
    const statuses = replies.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([201, 201, 202, 202]);
    const whole = { id: randomUUID(), chargeId, amount: '5.00', reason: 'more than there is' };
    expect(await maker.call('refund', { body: whole }), 'waits for nobody').toMatchObject({
      status: 409,
      body: { code: 'refund_exceeds', left: '0.50' },
    });
  });

  test('prices wait where two people are wanted for them, and say both versions in the log', async () => {
    const book = { ...testPrices, memberDiscounts: [] };
    expect(await maker.call('putPricing', { body: book }), 'nobody could tell why').toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path: 'reason' }] },
    });
    const reason = 'no discounts in winter';
    const asked = await waiting(await maker.call('putPricing', { body: { ...book, reason } }));
    expect(asked).toMatchObject({ reason, asked: book });
    expect(asked.asked).not.toHaveProperty('reason');
    expect((await person.call('pricing')).body).toMatchObject({ version: 1 });
    expect(await decide(checker, 'approveRequest', asked.id)).toMatchObject({
      body: { state: 'done', cameTo: { version: 2 } },
    });
    expect((await person.call('pricing')).body).toMatchObject({ version: 2, memberDiscounts: [] });
    const sold = await waiting(await maker.call('putCatalogue', { body: { ...demoCatalogue, reason } }));
    expect((await person.call('catalogue')).status).toBe(404);
    await decide(checker, 'approveRequest', sold.id);
    expect((await person.call('catalogue')).body).toMatchObject({ version: 1 });
  });

  test('of two that wait and were made from one version the first is published, and the other says so', async () => {
    const { version } = (await person.call('pricing')).body as { version: number };
    const book = { ...testPrices, memberDiscounts: [], reason: 'both', madeFrom: version };
    const [one, other] = [
      await waiting(await maker.call('putPricing', { body: book })),
      await waiting(await maker.call('putPricing', { body: { ...book, stacking: 'multiply' } })),
    ];
    expect(one).toMatchObject({ asked: { madeFrom: version } });
    expect(await decide(checker, 'approveRequest', one.id)).toMatchObject({ body: { state: 'done' } });
    const moved = { code: 'version_moved', madeFrom: version, newest: version + 1 };
    expect(await decide(checker, 'approveRequest', other.id)).toMatchObject({ status: 409, body: moved });
    expect(await read(other.id)).toMatchObject({ state: 'waiting' });
    expect(await maker.call('putPricing', { body: book }), 'not even asked for').toMatchObject({
      body: moved,
    });
    expect(await no(checker, other.id)).toMatchObject({ body: { state: 'refused' } });
    expect((await person.call('pricing')).body).toMatchObject({ version: version + 1 });
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
        putPricing: {
          ...testPrices,
          memberDiscounts: [{ level: 'premium', multiplier: '0.80' }],
          reason: 'cheaper',
        },
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

  test('what shares its id with something else is decided on by nobody who cannot tell them apart', async () => {
    const other = await server.newClient({ balance: '1.00' });
    const body = { id: randomUUID(), asset: 'CNY', amount: '1500.00', reason: 'see' };
    const seen = await maker.call('adjust', { body: { ...body, accountId: person.accountId } });
    expect(seen.status).toBe(202);
    expect((await checker.call('approval', { params: { id: body.id } })).status).toBe(200);
    const hidden = { ...body, accountId: other.accountId, amount: '900000.00' };
    expect((await maker.call('adjust', { body: hidden })).status).toBe(202);
    const several = { status: 400, body: { code: 'validation_failed', errors: [{ path: 'id' }] } };
    expect(await decide(checker, 'approveRequest', body.id)).toMatchObject(several);
    expect(await no(checker, body.id)).toMatchObject(several);
    expect(await checker.call('approval', { params: { id: body.id } })).toMatchObject(several);
    for (const { accountId } of [person, other])
      expect(await server.ledger.getTransaction(accountId, body.id)).toBeNull();
    // An id that a correction has names no other request.
    const grant = { ...newGrant('300'), id: body.id };
    expect(await maker.call('grant', { body: grant })).toMatchObject({
      status: 409,
      body: { code: 'idempotency_mismatch' },
    });
  });

  test('what nobody decides on in time expires, and is asked for anew', async () => {
    const [grant, price] = [newGrant('450'), { ...testPrices, memberDiscounts: [], reason: 'later' }];
    const adjust = {
      id: randomUUID(),
      accountId: person.accountId,
      asset: 'CNY',
      amount: '1200.00',
      reason: 'late',
    };
    const ids = [
      (await waiting(await maker.call('grant', { body: grant }))).id,
      (await waiting(await maker.call('putPricing', { body: price }))).id,
      (await waiting(await maker.call('adjust', { body: adjust }))).id,
    ];
    const askedAtMs = server.nowMs;
    const expiresAt = new Date(askedAtMs + waitMsMax).toISOString();
    for (const id of ids) expect(await read(id)).toMatchObject({ state: 'waiting', expiresAt });
    try {
      server.nowMs = askedAtMs + waitMsMax;
      for (const id of ids)
        for (const refused of [
          await decide(checker, 'approveRequest', id),
          await no(checker, id),
          await decide(maker, 'withdrawRequest', id),
        ])
          expect(refused).toMatchObject({ status: 409, body: { code: 'approval_expired' } });
      for (const id of ids) {
        const expired = await read(id);
        expect(expired).toMatchObject({ state: 'expired', decidedAt: expiresAt, expiresAt });
        expect(expired.decidedBy).toBeUndefined();
      }
      const { body: list } = await auditor.call('approvals', { query: { state: 'expired' } });
      expect((list as { items: Approval[] }).items.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
      expect(await maker.call('grant', { body: grant })).toMatchObject({ body: { state: 'expired' } });
      const again = await waiting(await maker.call('putPricing', { body: price }));
      expect(ids).not.toContain(again.id);
      expect(await decide(checker, 'approveRequest', again.id)).toMatchObject({ body: { state: 'done' } });
    } finally {
      server.nowMs = askedAtMs;
    }
    for (const { id } of [grant, adjust]) expect(await moved(id)).toBeNull();
  });

  test('what waits longer than it may is ended by the job, whoever looks', async () => {
    const grant = newGrant('470');
    await waiting(await maker.call('grant', { body: grant }));
    const askedAtMs = server.nowMs;
    const at = (nowMs: number) =>
      jobs.approvals.run({ database: server.database, ledger: server.ledger, clock: () => nowMs });
    expect(await at(askedAtMs + waitMsMax - 1)).toMatchObject({ said: '0 requests have expired' });
    expect((await at(askedAtMs + waitMsMax)).said).not.toBe('0 requests have expired');
    expect(await checker.call('approval', { params: { id: grant.id } })).toMatchObject({
      body: { state: 'expired' },
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

  test('a role that is given or taken meanwhile makes nobody their own checker', async () => {
    const [asks, decides] = [
      await server.newClient({ role: 'finance' }),
      await server.newClient({ role: 'finance' }),
    ];
    const setRole = (of: Client, role: string) =>
      server.database.query('UPDATE accounts SET role = $2 WHERE id = $1', [of.accountId, role]);
    const body = newGrant('600');
    await waiting(await asks.call('grant', { body }));
    await setRole(asks, 'admin');
    await setRole(decides, 'operator');
    // What was known of a caller is asked for again.
    server.nowMs += callerAgeMsMax;
    expect((await decide(asks, 'approveRequest', body.id)).status).toBe(403);
    expect((await decide(decides, 'approveRequest', body.id)).status).toBe(403);
    await setRole(asks, 'operator');
    server.nowMs += callerAgeMsMax;
    expect(await decide(checker, 'approveRequest', body.id)).toMatchObject({
      status: 200,
      body: { state: 'done', askedBy: asks.accountId },
    });
  });

  test('a grant that waits says why', async () => {
    const { note: _, ...body } = newGrant('101');
    expect(await maker.call('grant', { body })).toMatchObject({
      status: 400,
      body: { code: 'validation_failed', errors: [{ path: 'note' }] },
    });
    const other = await server.newClient();
    expect((await maker.call('grant', { body: newGrant('100', other) })).status).toBe(201);
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
    expect(new Set(all.map(({ aboutId, id }) => `${aboutId} ${id}`)).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(10);
    for (const { state, askedBy, decidedBy } of all.filter(({ state }) => state !== 'waiting'))
      expect(decidedBy === askedBy).toBe(state === 'withdrawn');
  });

  describe('what one person does alone', () => {
    test('counts together on one account, up and down, one by one and at the same moment', async () => {
      const alone = await server.newClient({ role: 'finance' });
      const [one, other] = [await server.newClient({ balance: '9000.00' }), await server.newClient()];
      const amounts = ['400.00', '-400.00', '400.00', '-400.00', '400.00'];
      const bodies = amounts.map((amount) => newCorrection(amount, one));
      const replies = await Promise.all(bodies.map((body) => alone.call('adjust', { body })));
      expect(statusesOf(replies)).toEqual([201, 201, 202, 202, 202]);
      for (const reply of replies) expect(leftOf(reply)).toBe(reply.status === 201 ? '' : '200.00');
      for (const [index, body] of bodies.entries()) {
        const again = await alone.call('adjust', { body });
        expect(again, 'is as it was').toMatchObject({ status: replies[index]?.status === 201 ? 200 : 202 });
        expect(leftOf(again)).toBe('');
      }
      const last = await alone.call('adjust', { body: newCorrection('200.00', one) });
      expect(last.status).toBe(201);
      const beyond = await alone.call('adjust', { body: newCorrection('0.01', one) });
      expect([beyond.status, leftOf(beyond)]).toEqual([202, '0.00']);
      expect((await alone.call('adjust', { body: newCorrection('1000.00', other) })).status).toBe(201);
      expect((await maker.call('adjust', { body: newCorrection('1000.00', one) })).status).toBe(201);
      const { aloneWindowMs } = secondPersonDefault;
      const atMs = server.nowMs;
      try {
        server.nowMs = atMs + aloneWindowMs - 1;
        expect((await alone.call('adjust', { body: newCorrection('0.01', one) })).status).toBe(202);
        server.nowMs = atMs + aloneWindowMs;
        expect((await alone.call('adjust', { body: newCorrection('0.01', one) })).status).toBe(201);
      } finally {
        server.nowMs = atMs;
      }
    });

    test('is bounded over all accounts too, also where they are as many as there are requests', async () => {
      const alone = await server.newClient({ role: 'finance' });
      const many = await Promise.all(Array.from({ length: 13 }, () => server.newClient()));
      const replies = await Promise.all(
        many.map((of) => alone.call('adjust', { body: newCorrection('1000.00', of) })),
      );
      expect(statusesOf(replies)).toEqual([...Array<number>(10).fill(201), 202, 202, 202]);
      for (const reply of replies) expect(leftOf(reply)).toBe(reply.status === 201 ? '' : '0.00');
      const rows = await server.database.query<{ count: bigint; sum: bigint }>(
        `SELECT count(*) AS count, sum(amount)::bigint AS sum FROM transactions WHERE account_id = ANY($1::uuid[])`,
        [many.map(({ accountId }) => accountId)],
      );
      expect(rows).toEqual([{ count: 10n, sum: yuan('10000.00') }]);
    });

    test('is one sum for refunds and corrections, and what a second person approved is not in it', async () => {
      const alone = await server.newClient({ role: 'finance' });
      const one = await server.newClient({ balance: '9000.00' });
      const refundOf = async (amount: string) => ({
        id: randomUUID(),
        chargeId: await charged(one),
        amount,
        reason: 'it did not follow',
      });
      const large = newCorrection('-2000.00', one);
      await waiting(await alone.call('adjust', { body: large }));
      expect((await decide(checker, 'approveRequest', large.id)).status).toBe(200);
      const first = await alone.call('refund', { body: await refundOf('0.20') });
      expect(first.status).toBe(201);
      const more = await alone.call('adjust', { body: newCorrection('0.20', one) });
      expect(more.status).toBe(201);
      const body = await refundOf('0.11');
      const waits = await alone.call('refund', { body });
      await waiting(waits);
      expect(leftOf(waits)).toBe('0.10');
      const { body: log } = await auditor.call('audit', { query: { subject: body.id } });
      expect((log as { items: AuditEntry[] }).items).toMatchObject([
        { action: 'refund', outcome: 'waiting' },
      ]);
      expect((await alone.call('refund', { body: await refundOf('0.10') })).status).toBe(201);
      expect((await decide(checker, 'approveRequest', body.id)).status).toBe(200);
      expect(leftOf(await alone.call('adjust', { body: newCorrection('999.51', one) }))).toBe('999.50');
    });

    test('counts units by what they are of, given and taken back', async () => {
      const alone = await server.newClient({ role: 'finance' });
      const one = await server.newClient();
      const gave = await alone.call('grant', { body: newGrant('60', one) });
      expect(gave.status).toBe(201);
      const took = await alone.call('adjust', { body: newCorrection('-30', one, 'POINT') });
      expect(took.status).toBe(201);
      expect(leftOf(await alone.call('adjust', { body: newCorrection('-11', one, 'POINT') }))).toBe('10');
      const bodies = Array.from({ length: 4 }, () => newGrant('5', one));
      const replies = await Promise.all(bodies.map((body) => alone.call('grant', { body })));
      expect(statusesOf(replies)).toEqual([201, 201, 202, 202]);
      const another = await alone.call('grant', { body: { ...newGrant('100', one), asset: 'GPU_SECOND' } });
      expect(another.status).toBe(201);
    });
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
