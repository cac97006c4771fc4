/** What is sealed in the database, on either database: not in a dump, readable while keys change, and never lost. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditEntry } from '../../shared/api-audit.ts';
import type { Finding } from '../../shared/api-finance.ts';
import type { PersonalData } from '../../shared/api-personal.ts';
import { audited } from '../audit/acts.ts';
import { backUp, restore } from '../database/backup.ts';
import type { Database } from '../database/database.ts';
import { parseKeys } from '../database/sealed-file.ts';
import { erasedFileName, keepErasures } from '../erasures.ts';
import { createAccount, findAccount, findForSignIn } from '../identity/accounts.ts';
import { insistOnKeys, sharedSecret } from '../identity/secrets.ts';
import { signIn as startSignIn } from '../identity/sign-ins.ts';
import { verifyAudit } from '../audit/verify-audit.ts';
import { verifyLedger } from '../ledger/verify.ts';
import { resealAll } from '../reseal-all.ts';
import { startTestServer, testPassword, type Client, type TestServer } from '../test-server.ts';
import { KeyRing, KeysUnusable, newKeyText } from './key-ring.ts';

const keyOne = newKeyText('one');
const keyTwo = newKeyText('two');
/** Of every table, as `pg_dump` or whoever copies the files has it. */
async function dumpOf(database: Database): Promise<string> {
  const tables = await database.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  const lines: string[] = [];
  for (const { name } of tables)
    for (const { line } of await database.query<{ line: string }>(`SELECT t::text AS line FROM ${name} t`))
      lines.push(`${name} ${line}`);
  return lines.join('\n');
}

export function protectionSuite(open: () => Promise<Database>): void {
  let database: Database;
  let server: TestServer;
  let person: Client;
  const address = 'alerts-go-here@mail.example';
  beforeAll(async () => {
    database = await open();
    server = await startTestServer(withKeys(database, KeyRing.parse(`${keyOne},${keyTwo}`)));
    person = await personWithAlert();
    await sharedSecret(server.database, 'jwt-secret', () => 'a secret that signs access tokens', 1);
  });
  afterAll(() => server.close());

  /** Somebody whose balance has fallen so low that a mail waits. */
  async function personWithAlert(): Promise<Client> {
    const person = await server.newClient({ balance: '60.00' });
    const settings = {
      lowBalance: { enabled: true, threshold: '50.00' },
      pauseTasks: { enabled: false, threshold: '0' },
      email: { enabled: true, address },
    };
    expect((await person.call('putAlerts', { body: settings })).status).toBe(200);
    await server.ledger.adjust({
      id: randomUUID(),
      accountId: person.accountId,
      asset: 'CNY',
      amount: -20_000_000n,
      reason: 'so that an alert is mailed',
      askedBy: person.accountId,
    });
    return person;
  }

  const signIn = (email = person.email) =>
    server.nobody.call('login', {
      body: { email, password: testPassword, deviceId: 'd', deviceName: 'Desk of a person' },
    });

  test('a dump has no address, no key, and not from where somebody signed in', async () => {
    expect((await signIn()).status).toBe(200);
    await signIn('someone-else@mail.example');
    const dump = await dumpOf(server.database);
    const rows = (name: string) => dump.split('\n').filter((line) => line.startsWith(`${name} `)).length;
    for (const table of ['accounts', 'alert_settings', 'notices', 'secrets', 'audit_origins'])
      expect(rows(table)).toBeGreaterThan(0);
    for (const unread of [
      person.email,
      address,
      'someone-else@mail.example',
      'a secret that signs access tokens',
      '127.0.0.1',
    ])
      expect(dump).not.toContain(unread);
    expect((await person.call('alerts')).body).toMatchObject({ email: { address } });
  });

  test('what is held about a person is told, and forgotten without touching the ledger', async () => {
    const admin = await server.newClient({ role: 'admin' });
    const leaver = await personWithAlert();
    expect((await signIn(leaver.email)).status).toBe(200);
    const params = { id: leaver.accountId };
    const told = await admin.call('personalData', { params });
    expect(told.body).toMatchObject({
      tables: {
        accounts: [{ email: leaver.email }],
        alert_settings: [{ address }],
        notices: [{ address }],
        devices: [{ device_id: 'test-desk' }, { device_id: 'd', name: 'Desk of a person' }],
        transactions: [{ kind: 'recharge' }, { kind: 'adjustment' }],
      },
    });
    expect(JSON.stringify(told.body)).not.toContain('argon2');
    const before = await server.ledger.digest(leaver.accountId);
    const own = { params: { id: admin.accountId }, body: { reason: 'by mistake' } };
    expect((await admin.call('erasePersonalData', own)).status).toBe(403);
    const erased = await admin.call('erasePersonalData', { params, body: { reason: 'asked for it' } });
    expect(erased).toMatchObject({ status: 200, body: { accountId: leaver.accountId } });
    server.nowMs += 10_000;
    expect((await leaver.call('balance')).status).toBe(401);
    expect((await signIn(leaver.email)).status).toBe(401);
    const after = await admin.call('personalData', { params });
    for (const gone of [leaver.email, address, 'Desk of a person'])
      expect(JSON.stringify(after.body)).not.toContain(gone);
    expect(await server.ledger.digest(leaver.accountId)).toEqual(before);
    expect((await verifyLedger(server.database, leaver.accountId)).faults).toEqual([]);
    const log = await verifyAudit(server.database);
    expect(log).toMatchObject({ faults: [] });
    expect(log.erased).toBeGreaterThan(0);
  });

  test('who looked at what is held about somebody is in the log, and each act is told once', async () => {
    const admin = await server.newClient({ role: 'admin' });
    const params = { id: person.accountId };
    expect((await admin.call('personalData', { params })).status).toBe(200);
    const [look] = ((await admin.call('audit', { query: { limit: '1' } })).body as { items: AuditEntry[] })
      .items;
    expect(look).toMatchObject({
      action: 'personalData',
      outcome: 'done',
      actorId: admin.accountId,
      aboutId: person.accountId,
    });
    expect((await admin.call('personalData', { params: { id: randomUUID() } })).status).toBe(404);
    const own = await admin.call('personalData', { params: { id: admin.accountId } });
    const seqs = (own.body as PersonalData).audit.map(({ seq }) => seq);
    expect(new Set(seqs).size).toBe(seqs.length);
  });

  test('nothing personal is added once it was erased, by whoever was still known', async () => {
    const leaver = await personWithAlert();
    const admin = await server.newClient({ role: 'admin' });
    const settings = (await leaver.call('alerts')).body as object;
    await server.database.query(
      `INSERT INTO findings (id, key, what, found_at_ms) VALUES ($1, $2, $3::jsonb, 1)`,
      [randomUUID(), 'unusual', JSON.stringify(unusualOf(leaver.accountId))],
    );
    const told = async () =>
      ((await admin.call('findings')).body as { items: { what: object }[] }).items[0]?.what;
    expect(await told()).toMatchObject({ accountName: 'operator' });
    const params = { id: leaver.accountId };
    const held = (await admin.call('personalData', { params })).body as PersonalData;
    expect(held.tables).toMatchObject({ findings: [{ what: { accountId: leaver.accountId } }] });
    expect((await admin.call('erasePersonalData', { params, body: { reason: 'asked' } })).status).toBe(200);
    expect(await told()).toMatchObject({ accountName: '—' });
    // Known for some seconds more.
    expect((await leaver.call('putAlerts', { body: settings })).status).toBe(401);
    const device = { accountId: leaver.accountId, deviceId: 'd', deviceName: 'Desk of a person' };
    expect(await startSignIn(server.database, device, server.nowMs)).toBeNull();
    const left = (await admin.call('personalData', { params })).body as PersonalData;
    expect(Object.keys(left.tables)).not.toContain('alert_settings');
    expect(Object.keys(left.tables)).not.toContain('devices');
  });

  test('who was erased stays so in a database that is restored from before', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'zhangtai-erased-'));
    const backupKeys = parseKeys(randomBytes(32).toString('base64'));
    if (backupKeys === null) throw new Error('that is a key');
    const place = { folder, keys: backupKeys };
    const admin = await server.newClient({ role: 'admin' });
    const leaver = await personWithAlert();
    const backup = join(folder, 'before.backup');
    await backUp(server.database, backup, server.nowMs, backupKeys);
    const params = { id: leaver.accountId };
    await admin.call('erasePersonalData', { params, body: { reason: 'asked' } });
    expect(await keepErasures(server.database, place, server.nowMs)).toBe(0);
    expect((await readFile(join(folder, erasedFileName))).includes(leaver.accountId)).toBe(false);

    const ring = KeyRing.parse(`${keyOne},${keyTwo}`);
    const restored = audited(withKeys(await open(), ring), () => server.nowMs);
    await restore(restored, backup, backupKeys);
    expect(await findAccount(restored, leaver.accountId)).toMatchObject({ email: leaver.email });
    expect(await keepErasures(restored, place, server.nowMs)).toBeGreaterThan(0);
    expect(await findAccount(restored, leaver.accountId)).toMatchObject({ email: '', name: '—' });
    expect(await findForSignIn(restored, leaver.email)).toBeNull();
    expect(await keepErasures(restored, place, server.nowMs)).toBe(0);
    expect(await verifyAudit(restored)).toMatchObject({ faults: [] });
    expect((await verifyLedger(restored)).faults).toEqual([]);
    await restored.close();

    const altered = await readFile(join(folder, erasedFileName));
    altered.writeUInt8(altered.readUInt8(altered.length - 1) ^ 1, altered.length - 1);
    await writeFile(join(folder, erasedFileName), altered);
    await expect(keepErasures(server.database, place, server.nowMs)).rejects.toThrow('is damaged');
    await rm(folder, { recursive: true });
  });

  test('keys change while requests are served, and the old one can then be forgotten', async () => {
    const going = { on: true };
    const statuses = new Set<number>();
    const asking = Array.from({ length: 3 }, async () => {
      while (going.on) {
        statuses.add((await person.call('alerts')).status);
        statuses.add(
          (await person.call('putAlerts', { body: (await person.call('alerts')).body as object })).status,
        );
      }
    });
    // Each process was started with both keys, and still sealed with the old one; now one after the other seals with the new.
    const both = withKeys(database, KeyRing.parse(`${keyTwo},${keyOne}`));
    expect(await findForSignIn(both, person.email.toUpperCase())).toMatchObject({
      account: { email: person.email },
    });
    const made = newPerson();
    expect(await createAccount(server.database, made, 1)).toBe(true);
    expect(await createAccount(both, { ...made, id: randomUUID() }, 1)).toBe(false);
    expect(await resealAll(both)).toBeGreaterThan(5);
    // What is sealed with the new one is read by those that do not yet seal with it.
    expect((await person.call('alerts')).status).toBe(200);
    going.on = false;
    await Promise.all(asking);
    expect(statuses).toEqual(new Set([200]));
    // What the old process sealed since.
    await resealAll(both);
    expect(await resealAll(both)).toBe(0);
    const alone = withKeys(database, KeyRing.parse(keyTwo));
    await insistOnKeys(alone, 1);
    expect(await findForSignIn(alone, person.email)).toMatchObject({ account: { id: person.accountId } });
    expect(await findForSignIn(alone, made.email)).toMatchObject({ account: { email: made.email } });
    expect(await sharedSecret(alone, 'jwt-secret', () => 'another', 1)).toBe(
      'a secret that signs access tokens',
    );
    expect(await verifyAudit({ ...database, ...alone })).toMatchObject({ faults: [] });
    expect(await dumpOf(database)).not.toContain('z1.one.');
  });

  test('other keys than the database was sealed with are refused', async () => {
    const others = withKeys(database, KeyRing.make());
    await expect(insistOnKeys(others, 1)).rejects.toThrow('sealed with other keys');
    await expect(findAccount(others, person.accountId)).rejects.toThrow(KeysUnusable);
  });

  test('what stands there from before it was sealed is sealed', async () => {
    const both = withKeys(database, KeyRing.parse(`${keyTwo},${keyOne}`));
    const id = randomUUID();
    await database.query(
      `INSERT INTO accounts (id, name, email, role, member_level, time_zone, created_at_ms)
       VALUES ($1, 'Old', 'from-before@mail.example', 'operator', 'none', 'Asia/Shanghai', 1)`,
      [id],
    );
    expect(await findAccount(both, id)).toMatchObject({ email: 'from-before@mail.example' });
    expect(await resealAll(both)).toBe(1);
    expect(await findAccount(both, id)).toMatchObject({ email: 'from-before@mail.example' });
    expect(await dumpOf(database)).not.toContain('from-before@mail.example');
  });
}

function unusualOf(accountId: string): Finding['what'] {
  return {
    kind: 'unusual',
    direction: 'high',
    accountId,
    product: 'ai',
    asset: 'CNY',
    day: '2026-11-20',
    amount: '100.00',
    median: '1.00',
    spread: '0.10',
    limit: '51.00',
    history: [],
  };
}

function newPerson() {
  const id = randomUUID();
  const email = `${id}@mail.example`;
  const plain = { role: 'operator', memberLevel: 'none', timeZone: 'Asia/Shanghai' } as const;
  return { id, name: 'Somebody', email, password: testPassword, ...plain };
}

/** The same database as another process sees it, which has other keys. */
function withKeys(database: Database, keys: KeyRing): Database {
  return {
    ...database,
    keys,
    transaction: (work) => database.transaction((tx) => work({ ...tx, keys })),
  };
}
