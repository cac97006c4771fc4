/** What the audit log must be like whichever the database: complete, in one order, and altered nowhere unseen. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditEntry, AuditFault, AuditVerification, ChainedAuditEntry } from '../../shared/api-audit.ts';
import type { Session } from '../../shared/api.ts';
import { linkText } from '../../shared/chain.ts';
import type { Database, Queryable } from '../database/database.ts';
import {
  chargeBody,
  startTestServer,
  testPassword,
  testPrices,
  type Client,
  type TestServer,
} from '../test-server.ts';
import type { Signer } from '../ledger/signing.ts';
import { inAct } from './acts.ts';
import { appendEntry, forgetEntriesBefore, sha256 } from './audit-log.ts';
import { keptEndProblem } from './kept-end.ts';
import { verifyAudit } from './verify-audit.ts';

export function auditSuite(open: () => Promise<Database>): void {
  let server: TestServer;
  let finance: Client;
  let checker: Client;
  let auditor: Client;
  let person: Client;
  beforeAll(async () => {
    server = await startTestServer(await open());
    finance = await server.newClient({ role: 'finance' });
    checker = await server.newClient({ role: 'finance' });
    auditor = await server.newClient({ role: 'auditor' });
    person = await server.newClient({ balance: '5000.00' });
  });
  afterAll(() => server.close());

  async function entries(query: Record<string, string> = {}): Promise<AuditEntry[]> {
    const reply = await auditor.call('audit', { query });
    expect(reply.status).toBe(200);
    return (reply.body as { items: AuditEntry[] }).items;
  }
  const adjustment = (amount: string, more: object = {}) => ({
    id: randomUUID(),
    accountId: person.accountId,
    asset: 'CNY',
    amount,
    reason: 'a correction',
    ...more,
  });

  test('an act has one entry: who, from where, what about whom, why, and what came of it', async () => {
    const body = adjustment('12.50');
    const headers = { 'user-agent': 'Desk/1.0', traceparent: `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01` };
    expect(await finance.call('adjust', { body, headers })).toMatchObject({ status: 201 });
    const found = await entries({ subject: body.id });
    expect(found).toMatchObject([
      {
        action: 'adjust',
        outcome: 'done',
        actorId: finance.accountId,
        role: 'finance',
        aboutId: person.accountId,
        subject: body.id,
        reason: 'a correction',
        traceId: 'ab'.repeat(16),
        asked: { amount: '12.50', asset: 'CNY' },
        after: { state: 'posted', amount: '12.50' },
        from: { ip: '127.0.0.1', userAgent: 'Desk/1.0' },
      },
    ]);
  });

  test('what waits, what is refused and what was done before say so', async () => {
    const body = adjustment('2000.00');
    await finance.call('adjust', { body });
    expect((await finance.call('approveAdjustment', { params: { id: body.id } })).status).toBe(403);
    expect((await checker.call('approveAdjustment', { params: { id: body.id } })).status).toBe(200);
    const small = adjustment('1.00');
    await finance.call('adjust', { body: small });
    await finance.call('adjust', { body: small });
    const told = (list: AuditEntry[]) =>
      list.map(
        ({ action, outcome, actorId }) => `${action} ${outcome} ${actorId === finance.accountId ? 1 : 2}`,
      );
    expect(told(await entries({ subject: body.id }))).toEqual([
      'approveAdjustment done 2',
      'approveAdjustment refused 1',
      'adjust waiting 1',
    ]);
    expect(told(await entries({ subject: small.id }))).toEqual(['adjust replayed 1', 'adjust done 1']);
    expect((await entries({ subject: body.id }))[1]).toMatchObject({ code: 'forbidden' });
  });

  test('a body that the act has no use for is no part of it, whatever is in it', async () => {
    const body = adjustment('2000.00');
    await finance.call('adjust', { body });
    const params = { id: body.id };
    // Half a character, which no canonical JSON can be made of.
    const reply = await finance.call('withdrawAdjustment', { params, body: { note: 'x\udfff' } });
    expect(reply.status).toBe(200);
    const [found] = await entries({ action: 'withdrawAdjustment', subject: body.id });
    expect(found?.asked).toEqual(params);
  });

  test('a change of prices says what they were before, and why they changed', async () => {
    const body = { ...testPrices, memberDiscounts: [], reason: 'no discounts in winter' };
    expect((await finance.call('putPricing', { body })).status).toBe(200);
    expect((await entries({ action: 'putPricing' }))[0]).toMatchObject({
      reason: body.reason,
      before: { version: 1, memberDiscounts: [{ level: 'premium' }] },
      after: { version: 2, memberDiscounts: [] },
    });
  });

  test('nothing that is refused before it begins, read, or done by an account for itself has an entry', async () => {
    const [before] = await entries({ limit: '1' });
    await person.call('charge', { body: chargeBody(server) });
    await person.call('balance');
    expect((await finance.call('adjust', { body: { id: 'no' } })).status).toBe(400);
    await finance.call('adjustments');
    expect((await entries({ limit: '1' }))[0]?.seq).toBe(before?.seq);
  });

  test('sign-ins are told, the wrong ones too, and no password', async () => {
    const device = { deviceId: 'd1', deviceName: 'Desk one' };
    const body = { email: person.email, password: testPassword, ...device };
    const signedIn = await server.nobody.call('login', { body });
    expect(signedIn.status).toBe(200);
    await server.nobody.call('login', { body: { ...body, password: 'a wrong password' } });
    await server.nobody.call('login', { body: { ...body, email: 'nobody@test.example' } });
    const { accessToken } = signedIn.body as { accessToken: string };
    const headers = { authorization: `Bearer ${accessToken}` };
    expect((await server.nobody.call('logout', { headers })).status).toBe(204);
    const [out, unknown, wrong, right] = await entries({ limit: '4' });
    expect(out).toMatchObject({ action: 'sign_out', outcome: 'done', actorId: person.accountId });
    expect(unknown).toMatchObject({ action: 'sign_in_failed', outcome: 'refused' });
    expect(unknown?.from?.personal).toEqual({ 'asked.email': 'nobody@test.example' });
    expect(wrong).toMatchObject({ action: 'sign_in_failed', aboutId: person.accountId });
    expect(right).toMatchObject({ action: 'sign_in', actorId: person.accountId, from: device });
    const rows = await server.database.query<{ text: string }>(
      'SELECT e::text || o::text AS text FROM audit_entries e JOIN audit_origins o ON o.seq = e.seq',
    );
    const dump = rows.map(({ text }) => text).join('\n');
    for (const unseen of [
      testPassword,
      'a wrong password',
      person.email,
      'nobody@test.example',
      'Desk one',
      accessToken,
    ])
      expect(dump).not.toContain(unseen);
  });

  test('a role that may not is told, with the route that it tried', async () => {
    expect((await person.call('putPricing', { body: testPrices })).status).toBe(403);
    expect((await entries({ limit: '1' }))[0]).toMatchObject({
      action: 'role_refused',
      code: 'forbidden',
      subject: 'PUT /api/pricing',
      actorId: person.accountId,
      role: 'operator',
    });
  });

  test('what is forbidden before anything is tried is told once, too', async () => {
    const admin = await server.newClient({ role: 'admin' });
    const params = { id: admin.accountId };
    expect((await admin.call('erasePersonalData', { params, body: { reason: 'x' } })).status).toBe(403);
    expect(await entries({ subject: admin.accountId })).toMatchObject([
      { action: 'erasePersonalData', outcome: 'refused', code: 'forbidden', actorId: admin.accountId },
    ]);
  });

  test('where the entry cannot be written the act is not done', async () => {
    await server.database.script(`
      CREATE FUNCTION no_entry() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
      CREATE TRIGGER no_entries BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION no_entry();`);
    const body = adjustment('3.00');
    expect((await finance.call('adjust', { body })).status).toBe(500);
    expect(await server.ledger.getTransaction(person.accountId, body.id)).toBeNull();
    await server.database.script('DROP TRIGGER no_entries ON audit_entries; DROP FUNCTION no_entry');
    expect((await finance.call('adjust', { body })).status).toBe(201);
  });

  test('a statement that writes by itself has its entry too, and one that finds nothing to change has none', async () => {
    const act = { action: 'by_itself', traceId: randomUUID(), by: {}, from: {} };
    const rename = 'UPDATE accounts SET name = $2 WHERE id = $1';
    const { database } = server;
    await inAct(act, () => database.query(rename, [person.accountId, 'Renamed']));
    await inAct(act, () => database.query(rename, [randomUUID(), 'Nobody']));
    await inAct(act, () => database.query('SELECT name FROM accounts WHERE id = $1', [person.accountId]));
    await database.query(rename, [person.accountId, 'operator']);
    expect(await entries({ action: 'by_itself' })).toMatchObject([{ outcome: 'done' }]);
  });

  test('acts at once have one order without a gap', async () => {
    const others = await Promise.all(Array.from({ length: 8 }, () => server.newClient({ balance: '10.00' })));
    const bodies = others.flatMap(({ accountId }) =>
      Array.from({ length: 4 }, () => adjustment('1.00', { accountId })),
    );
    const replies = await Promise.all(bodies.map((body) => finance.call('adjust', { body })));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    const told = (await entries({ action: 'adjust' })).map(({ subject }) => subject);
    for (const { id } of bodies) expect(told.filter((subject) => subject === id)).toHaveLength(1);
    expect(await verifyAudit(server.database)).toMatchObject({ faults: [] });
  });

  test('the list is paged by key and filtered by who, whom, what, when and text', async () => {
    const first = await auditor.call('audit', { query: { limit: '2' } });
    const { items, nextCursor } = first.body as { items: AuditEntry[]; nextCursor: string };
    const next = await entries({ limit: '2', cursor: nextCursor });
    expect([...items, ...next].map(({ seq }) => seq)).toEqual(
      [0, 1, 2, 3].map((less) => (items[0]?.seq ?? 0) - less),
    );
    const marked = adjustment('1.00', { reason: '客户投诉 No. 77' });
    server.nowMs += 60_000;
    await finance.call('adjust', { body: marked });
    const at = new Date(server.nowMs).toISOString();
    for (const query of [
      { text: '客户投诉' },
      { text: 'nO. 77' },
      { fromInclusive: at },
      { subject: marked.id },
    ])
      expect((await entries(query)).map(({ subject }) => subject)).toEqual([marked.id]);
    expect((await entries({ toExclusive: at }))[0]?.subject).not.toBe(marked.id);
    const mine = await entries({ actorId: checker.accountId });
    expect(mine.map(({ action }) => action)).toEqual(['approveAdjustment']);
    expect(await entries({ actorId: checker.accountId, aboutId: checker.accountId })).toEqual([]);
    expect((await auditor.call('audit', { query: { cursor: 'x' } })).status).toBe(400);
  });

  test('verifying says what it checked, and signs the end', async () => {
    const { status, body } = await auditor.call('verifyAudit');
    const said = body as AuditVerification;
    expect({ status, ...said }).toMatchObject({ status: 200, firstSeq: 1, erased: 0, faults: [] });
    expect(said.entries).toBe(said.lastSeq);
    expect(said.origins).toBe(said.lastSeq);
    expect(said.jws.split('.')).toHaveLength(3);
  });

  test('entries cannot be changed or removed by a mistake', async () => {
    const { database } = server;
    await expect(database.query("UPDATE audit_entries SET action = 'x'")).rejects.toThrow('never changed');
    await expect(database.query('DELETE FROM audit_entries WHERE seq = 1')).rejects.toThrow('never deleted');
    await expect(database.script('TRUNCATE audit_entries')).rejects.toThrow('never changed');
  });

  /** What is found after a change that is then undone; whoever owns a database can drop what guards it. */
  async function faultsAfter(change: string | ((tx: Queryable) => Promise<void>)): Promise<AuditFault[]> {
    const undone = new Error('to be undone');
    let faults: AuditFault[] = [];
    const altering = server.database.transaction(async (tx) => {
      await tx.script('ALTER TABLE audit_entries DISABLE TRIGGER ALL');
      await (typeof change === 'string' ? tx.script(change) : change(tx));
      const within: Database = { ...server.database, ...tx, transaction: (work) => work(withoutSetting(tx)) };
      ({ faults } = await verifyAudit(within));
      throw undone;
    });
    await expect(altering).rejects.toBe(undone);
    return faults;
  }
  test('another value in any column of any entry is found, and the entry named', async () => {
    const columns = await server.database.query<{ name: string; type: string; of: string }>(
      `SELECT column_name::text AS name, data_type::text AS type, table_name::text AS of
       FROM information_schema.columns WHERE table_name IN ('audit_entries', 'audit_origins', 'audit_heads')`,
    );
    const others: Record<string, (name: string) => string> = {
      uuid: () => 'gen_random_uuid()',
      text: (name) => `coalesce(${name}, '') || 'x'`,
      bigint: (name) => `${name} + 1000000000`,
    };
    const overlooked: string[] = [];
    for (const { of, name, type } of columns.filter(
      ({ of, name }) => `${of}.${name}` !== 'audit_heads.name',
    )) {
      const value = others[type]?.(name) ?? '';
      if (of === 'audit_heads') {
        const faults = await faultsAfter(
          `ALTER TABLE audit_heads DROP CONSTRAINT audit_heads_check;
           ALTER TABLE audit_heads DROP CONSTRAINT audit_heads_head_check;
           ALTER TABLE audit_heads DROP CONSTRAINT audit_heads_kept_from_hash_check;
           UPDATE audit_heads SET ${name} = ${value}`,
        );
        if (faults.length === 0) overlooked.push(`${of}.${name}`);
        continue;
      }
      for (const seq of [1, 3, 5]) {
        const faults = await faultsAfter(`UPDATE ${of} SET ${name} = ${value} WHERE seq = ${seq}`);
        const named = faults.some(
          (fault) => fault.seq !== undefined && (name === 'seq' || fault.seq === seq),
        );
        if (!named) overlooked.push(`${of}.${name} of ${seq}`);
      }
    }
    expect(overlooked).toEqual([]);
  });

  test.each([
    [
      'a field of the text',
      `UPDATE audit_entries SET body = replace(body, '"12.50"', '"12.51"') WHERE seq = 1`,
      'chain_broken',
    ],
    ['an entry that is removed', 'DELETE FROM audit_entries WHERE seq = 2', 'missing_entries'],
    [
      'the last entry, removed',
      'DELETE FROM audit_entries WHERE seq = (SELECT max(seq) FROM audit_entries)',
      'head_differs',
    ],
    ['the first, removed', 'DELETE FROM audit_entries WHERE seq = 1', 'missing_entries'],
    ['all of them, removed', 'DELETE FROM audit_entries', 'head_differs'],
    ['an origin that nobody erased', 'DELETE FROM audit_origins WHERE seq = 2', 'origin_differs'],
    [
      'the origin of another entry',
      'UPDATE audit_origins a SET sealed = b.sealed FROM audit_origins b WHERE a.seq = 2 AND b.seq = 3',
      'origin_differs',
    ],
    [
      'two entries in each other’s place',
      'UPDATE audit_entries SET seq = seq + 1000000 WHERE seq IN (3, 4); UPDATE audit_entries SET seq = 1000007 - seq WHERE seq > 1000000',
      'chain_broken',
    ],
  ])('found: %s', async (_, sql, kind) => {
    expect(await faultsAfter(sql)).toContainEqual(expect.objectContaining({ kind }));
  });

  test('a chain that was made anew without the keys is found, also once the server has gone on with it', async () => {
    expect(await faultsAfter(makeAnew)).toMatchObject([{ kind: 'seal_differs' }]);
    const goneOn = await faultsAfter(async (tx) => {
      await makeAnew(tx);
      await appendEntry(tx, { action: 'x', traceId: '', outcome: 'done', from: {} }, server.nowMs);
    });
    expect(goneOn).toMatchObject([{ kind: 'seal_differs' }]);
  });

  test('so is an end that was cut off, with the head put back to where the rest ends', async () => {
    const cut = `
      DELETE FROM audit_origins WHERE seq > (SELECT max(seq) - 2 FROM audit_entries);
      DELETE FROM audit_entries WHERE seq > (SELECT max(seq) - 2 FROM audit_entries);
      UPDATE audit_heads SET last_seq = e.seq, head = e.hash
      FROM (SELECT seq, hash FROM audit_entries ORDER BY seq DESC LIMIT 1) e`;
    expect(await faultsAfter(cut)).toMatchObject([{ kind: 'seal_differs' }]);
  });

  test('an end that somebody kept agrees, until the log that it was of is another', async () => {
    const { body } = await auditor.call('verifyAudit');
    const kept = body as AuditVerification;
    await finance.call('adjust', { body: adjustment('1.00') });
    const jwks = (await server.nobody.call('receiptKeys')).body as Signer['jwks'];
    const against = (text: string, db: Queryable = server.database) => keptEndProblem(db, jwks, text);
    expect(await against(JSON.stringify(kept))).toBeNull();
    expect(await against(`${kept.jws}\n`)).toBeNull();
    const [head, , signature] = kept.jws.split('.');
    const other = Buffer.from(JSON.stringify({ lastSeq: 1, head: kept.head, checkedAt: kept.checkedAt }));
    const forged = `${head}.${other.toString('base64url')}.${signature}`;
    expect(await against(forged)).toBe('This server did not sign that end of the audit log.');
    await expect(against('{}')).rejects.toThrow('jws');
    let said: string | null = null;
    await faultsAfter(async (tx) => {
      await makeAnew(tx);
      said = await against(kept.jws, tx);
    });
    expect(said).toContain(`entry ${kept.lastSeq}, was ${kept.head}.`);
  });

  test('what an act has to add up on its way is no part of it', async () => {
    await person.call('charge', { body: chargeBody(server) });
    const id = randomUUID();
    expect((await finance.call('bookBill', { params: { id }, body: {} })).status).toBe(404);
    expect(await entries({ subject: id })).toEqual([]);
    await person.call('charge', { body: chargeBody(server) });
    const of = [{ day: '2026-11-20', item: 'y', theirs: '1.00', ours: '0.00' }];
    const disputed = { id: randomUUID(), provider: 'x', of, reason: 'not ours' };
    expect((await finance.call('disputeCosts', { body: disputed })).status).toBe(409);
    expect(await entries({ subject: disputed.id })).toMatchObject([{ outcome: 'refused' }]);
  });

  test('a budget that is set again says what it was', async () => {
    const body = { id: randomUUID(), month: '2026-11', scope: 'all', name: '', amount: '10.00' };
    await finance.call('setBudget', { body });
    await finance.call('setBudget', { body: { ...body, amount: '20.00' } });
    const [second, first] = await entries({ action: 'setBudget' });
    expect(first?.before).toEqual({});
    expect(second).toMatchObject({
      before: { budget: { amount: '10.00' } },
      after: { budget: { amount: '20.00' } },
    });
  });

  test('a token that does not stand any more says whose it was, and why', async () => {
    const device = { deviceId: 'd2', deviceName: 'Desk two' };
    const body = { email: person.email, password: testPassword, ...device };
    const session = (await server.nobody.call('login', { body })).body as Session;
    const headers = { authorization: `Bearer ${session.accessToken}` };
    const refreshed = () => server.nobody.call('refresh', { body: { refreshToken: session.refreshToken } });
    expect((await refreshed()).status).toBe(200);
    server.nowMs += 60_000;
    expect((await refreshed()).status).toBe(401);
    expect((await refreshed()).status).toBe(401);
    expect((await server.nobody.call('refresh', { body: { refreshToken: 'made up' } })).status).toBe(401);
    const [again, reused, signedIn] = await entries({ limit: '3' });
    const after = { signInId: expect.any(String) as string };
    expect(signedIn).toMatchObject({ action: 'sign_in', after });
    const of = { outcome: 'refused', aboutId: person.accountId };
    expect(reused).toMatchObject({ ...of, action: 'token_reused', after: { ...after, because: 'reused' } });
    expect(again).toMatchObject({ ...of, action: 'token_refused', after: { ...after, because: 'ended' } });
    expect((await server.nobody.call('account', { headers })).status).toBe(401);
  });

  test('entries are forgotten from the oldest on, and what is left verifies', async () => {
    const { database } = server;
    const before = await verifyAudit(database);
    const forgotten = await database.transaction((tx) => forgetEntriesBefore(tx, server.nowMs));
    if (forgotten === null) throw new Error('all of them are old');
    expect(forgotten.entries).toBeGreaterThan(10);
    const after = await verifyAudit(database);
    expect(after).toMatchObject({
      firstSeq: forgotten.lastSeq + 1,
      lastSeq: before.lastSeq,
      head: before.head,
      faults: [],
    });
    expect(after.entries).toBe(before.entries - forgotten.entries);
    expect((await entries()).at(-1)?.prevHash).toMatch(/^[0-9a-f]{64}$/);
  });
}

/** What somebody does who may write into the database and has no key: every hash fits again. */
async function makeAnew(tx: Queryable): Promise<void> {
  type Row = { seq: bigint; body: string; prev_hash: string };
  const next =
    'SELECT e.seq, e.body, p.hash AS prev_hash FROM audit_entries e JOIN audit_entries p ON p.seq = e.seq - 1';
  const from = 3;
  for (let at = from; ; at += 1) {
    const [row] = await tx.query<Row>(`${next} WHERE e.seq = $1`, [at]);
    if (row === undefined) return;
    const told = JSON.parse(row.body) as ChainedAuditEntry;
    const link = linkText(row.prev_hash, at === from ? { ...told, reason: 'another reason' } : told);
    const own = sha256(link);
    const body = link.slice(link.indexOf('\n') + 1);
    await tx.query('UPDATE audit_entries SET body = $2, hash = $3 WHERE seq = $1', [at, body, own]);
    await tx.query('UPDATE audit_heads SET head = $1', [own]);
  }
}

/** A transaction that has written cannot become a reading one. */
function withoutSetting(tx: Queryable): Queryable {
  return {
    ...tx,
    query: <Row>(sql: string, params?: readonly unknown[]): Promise<Row[]> =>
      sql.startsWith('SET TRANSACTION') ? Promise.resolve([]) : tx.query<Row>(sql, params),
  };
}
