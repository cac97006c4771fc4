/** What holds of alerts and their mail on either database. */
import { randomUUID } from 'node:crypto';
import { SMTPServer } from 'smtp-server';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Alert } from '../../shared/api.ts';
import type { Role } from '../../shared/api-words.ts';
import { yuan } from '../../shared/money.ts';
import type { Finding } from '../../shared/api-finance.ts';
import type { Database, Queryable } from '../database/database.ts';
import { tellFindings } from '../tell-findings.ts';
import { chargeBody, startTestServer, type Client, type TestServer } from '../test-server.ts';
import { addFindings } from '../watch/findings.ts';
import { startMailer } from './mailer.ts';
import { findingsTogetherMax } from './told-findings.ts';

interface Mail {
  readonly to: string;
  readonly text: string;
}

/** A mail server that refuses as many mails as it is told to, and keeps the others. */
export async function startSmtp(port = 0) {
  const state = { refusals: 0, mails: [] as Mail[] };
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        state.refusals -= 1;
        if (state.refusals >= 0) return done(Object.assign(new Error('try later'), { responseCode: 451 }));
        const to = session.envelope.rcptTo.map(({ address }) => address).join();
        state.mails.push({ to, text: Buffer.concat(chunks).toString() });
        return done();
      });
    },
  });
  const server = smtp.listen(port, '127.0.0.1');
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const url = `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => new Promise<void>((resolve) => smtp.close(() => resolve()));
  return { state, url, close };
}

/** The text of a mail as its reader sees it (quoted-printable, RFC 2045). */
function readable(mail: string): string {
  const body = mail.split('\r\n\r\n').slice(1).join('\n\n').replaceAll('=\r\n', '');
  return decodeURIComponent(body.replaceAll('%', '%25').replaceAll('=', '%'));
}

const budget = (name: string, spent: string): Finding['what'] => ({
  kind: 'budget',
  budgetId: randomUUID(),
  month: '2026-11',
  scope: 'provider',
  name,
  percent: 80,
  amount: '1000.00',
  spent,
});
const unusual = (accountId: string): Finding['what'] => ({
  kind: 'unusual',
  direction: 'high',
  accountId,
  product: 'xiaohongshu',
  asset: 'POINT',
  day: '2026-11-20',
  amount: '48700',
  median: '1000',
  spread: '120',
  limit: '2000',
  history: [{ day: '2026-11-19', amount: '1000' }],
});

export function testNotices(openEmpty: () => Promise<Database>): void {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer(await openEmpty());
  });
  afterAll(() => server.close());

  async function alertsOf(client: Client): Promise<Alert[]> {
    const events = await server.ledger.eventsAfter(client.accountId, 0, 1_000);
    return events.filter(({ kind }) => kind === 'alert').map(({ body }) => Alert.parse(body));
  }

  async function newWarned(address: string): Promise<Client> {
    const client = await server.newClient({ balance: '12.00' });
    await client.call('putAlerts', {
      body: {
        lowBalance: { enabled: true, threshold: '10.00' },
        pauseTasks: { enabled: false, threshold: '0.00' },
        email: { enabled: address !== '', address },
      },
    });
    return client;
  }

  const charge = async (client: Client, times: number): Promise<void> => {
    for (let left = times; left > 0; left -= 1)
      expect(await client.call('charge', { body: chargeBody(server) })).toMatchObject({ status: 201 });
  };

  const recharge = (client: Client, amount: string) =>
    server.ledger.recharge({
      id: randomUUID(),
      accountId: client.accountId,
      amount: yuan(amount),
      occurredAtMs: server.nowMs,
      source: 'test',
    });

  const mailer = (smtpUrl: string, failures: unknown[]) =>
    startMailer({
      smtpUrl,
      from: '账台 <billing@test.example>',
      database: server.database,
      clock: () => server.nowMs,
      onFailure: (error) => failures.push(error),
      lookEveryMs: 5,
    });

  const stateOf = async (client: Client): Promise<readonly { state: string; attempts: number }[]> =>
    server.database.query('SELECT state, attempts FROM notices WHERE account_id = $1', [client.accountId]);

  const find = (...found: readonly Finding['what'][]): Promise<number> =>
    addFindings(
      server.database,
      found.map((what) => ({ key: randomUUID(), what })),
      server.nowMs,
    );
  const tell = (): Promise<number> => tellFindings(server.database, () => server.nowMs);
  async function wanting(address: string, more: object = {}, role: Role = 'finance'): Promise<Client> {
    const client = await server.newClient({ role });
    const off = { enabled: false, threshold: '0.00' };
    const email = { enabled: address !== '', address, ...more };
    const put = await client.call('putAlerts', { body: { lowBalance: off, pauseTasks: off, email } });
    expect(put).toMatchObject({ status: 200 });
    return client;
  }
  const mailsOf = async (client: Client): Promise<Finding['what'][][]> => {
    const rows = await server.database.query<{ body: { findings: Finding['what'][] } }>(
      'SELECT body FROM notices WHERE account_id = $1 ORDER BY id',
      [client.accountId],
    );
    return rows.map(({ body }) => body.findings);
  };

  describe('a balance that runs low (L10)', () => {
    test('is told once when it falls below the threshold, and again only after it has risen a tenth above', async () => {
      const client = await newWarned('');
      await charge(client, 2);
      expect(await alertsOf(client)).toEqual([]);
      await charge(client, 3);
      expect(await alertsOf(client)).toMatchObject([{ available: '9.00', threshold: '10.00' }]);
      await recharge(client, '3.00'); // 10.00: not yet a tenth above
      await charge(client, 1);
      expect(await alertsOf(client)).toHaveLength(1);
      await recharge(client, '2.00'); // 11.00
      await charge(client, 2);
      const alerts = await alertsOf(client);
      expect(alerts).toMatchObject([{ available: '9.00' }, { available: '9.00' }]);
      expect(new Set(alerts.map(({ id }) => id)).size).toBe(2);
    });

    test('is told by many charges at once just once', async () => {
      const client = await newWarned('');
      await Promise.all(Array.from({ length: 12 }, () => charge(client, 1)));
      expect(await alertsOf(client)).toHaveLength(1);
    });

    test('counts what a hold has set aside as gone', async () => {
      const client = await newWarned('');
      const body = { id: randomUUID(), kind: 'reserve', amount: '5.00', deviceId: 'd' };
      expect(await client.call('createHold', { body })).toMatchObject({ status: 201 });
      expect(await alertsOf(client)).toMatchObject([{ available: '7.00' }]);
    });
  });

  describe('its mail', () => {
    test('waits with the posting, and goes out once under the id of the alert, whoever sends', async () => {
      const smtp = await startSmtp();
      const clients = await Promise.all(
        Array.from({ length: 8 }, () => newWarned(`${randomUUID()}@test.example`)),
      );
      await Promise.all(clients.map((client) => charge(client, 3)));
      const failures: unknown[] = [];
      const mailers = [mailer(smtp.url, failures), mailer(smtp.url, failures), mailer(smtp.url, failures)];
      for (const client of clients)
        await expect.poll(() => stateOf(client)).toEqual([{ state: 'sent', attempts: 1 }]);
      await Promise.all(mailers.map((one) => one.stop()));
      await smtp.close();
      expect(failures).toEqual([]);
      expect(smtp.state.mails).toHaveLength(clients.length);
      const ids = (await Promise.all(clients.map(alertsOf))).flat().map(({ id }) => id);
      const sent = smtp.state.mails.map(({ text }) => /^Message-ID: <([^@]+)@/m.exec(text)?.[1] ?? '');
      expect(sent.toSorted()).toEqual(ids.toSorted());
    });

    test('says the amounts in both languages to the address that was asked for', async () => {
      const smtp = await startSmtp();
      const client = await newWarned('owner@test.example');
      await charge(client, 3);
      const sender = mailer(smtp.url, []);
      await expect.poll(() => stateOf(client)).toMatchObject([{ state: 'sent' }]);
      await sender.stop();
      await smtp.close();
      const [mail] = smtp.state.mails;
      expect(mail?.to).toBe('owner@test.example');
      const text = readable(mail?.text ?? '');
      expect(text).toContain('¥9.00');
      expect(text).toContain('余额不足');
      expect(text).toContain('below the ¥10.00');
    });

    test('is tried again after a wait that doubles, and given up after a day', async () => {
      const smtp = await startSmtp();
      const client = await newWarned('late@test.example');
      await charge(client, 3);
      smtp.state.refusals = 2;
      const failures: unknown[] = [];
      const sender = mailer(smtp.url, failures);
      await expect.poll(() => failures.length).toBe(1);
      server.nowMs += 5_000;
      await expect.poll(() => failures.length).toBe(2);
      server.nowMs += 9_999;
      expect(await stateOf(client)).toEqual([{ state: 'waiting', attempts: 2 }]);
      server.nowMs += 1;
      await expect.poll(() => stateOf(client)).toEqual([{ state: 'sent', attempts: 3 }]);
      await sender.stop();
      expect(smtp.state.mails).toHaveLength(1);

      const late = await newWarned('never@test.example');
      await charge(late, 3);
      server.nowMs += 25 * 3_600_000;
      const again = mailer(smtp.url, failures);
      await expect.poll(() => stateOf(late)).toEqual([{ state: 'given_up', attempts: 1 }]);
      await again.stop();
      await smtp.close();
      expect(smtp.state.mails).toHaveLength(1);
      expect(String(failures.at(-1))).toContain('could not be sent in a day');
    });
  });
  describe('what is found', () => {
    let wants: Client;
    beforeAll(async () => {
      await tell();
      wants = await wanting('finance@test.example');
    });

    test('is mailed to those of finance who want it, once, however many tell at once', async () => {
      const others = await Promise.all([
        wanting('quiet@test.example', { findings: false }),
        wanting(''),
        wanting('customer@test.example', {}, 'operator'),
        wanting('admin@test.example', {}, 'admin'),
        wanting('frozen@test.example'),
      ]);
      const admin = await server.newClient({ role: 'admin' });
      const frozen = { params: { id: others[4].accountId }, body: { frozen: true, reason: 'left' } };
      expect(await admin.call('freezeAccount', frozen)).toMatchObject({ status: 200 });
      await find(budget('aliyun', '812.50'), unusual(wants.accountId));
      const told = await Promise.all([tell(), tell(), tell()]);
      expect(told.reduce((sum, count) => sum + count, 0)).toBe(2);
      expect(await mailsOf(wants)).toMatchObject([[{ name: 'aliyun' }, { product: 'xiaohongshu' }]]);
      for (const other of others) expect(await mailsOf(other)).toEqual([]);
      expect(await tell()).toBe(0);
    });

    test('is told by the next run where one ended between finding and telling, or while it told', async () => {
      const before = (await mailsOf(wants)).length;
      await find(budget('gpus', '900.00'));
      const failing: Database = Object.assign(Object.create(server.database) as Database, {
        transaction: (work: (tx: Queryable) => Promise<unknown>) =>
          server.database.transaction(async (tx) => {
            await work(tx);
            throw new Error('the process ended');
          }),
      });
      await expect(tellFindings(failing, () => server.nowMs)).rejects.toThrow('the process ended');
      expect(await mailsOf(wants)).toHaveLength(before);
      expect(await tell()).toBe(1);
      expect((await mailsOf(wants)).at(-1)).toMatchObject([{ name: 'gpus', spent: '900.00' }]);
      expect(await mailsOf(wants)).toHaveLength(before + 1);
    });

    test('of so much that no mail could be read each is in one of a few mails', async () => {
      const before = (await mailsOf(wants)).length;
      const names = Array.from({ length: findingsTogetherMax + 3 }, (_, n) => `provider_${n}`);
      await find(...names.map((name) => budget(name, '800.00')));
      expect(await tell()).toBe(names.length);
      const mails = (await mailsOf(wants)).slice(before);
      expect(mails.map((found) => found.length)).toEqual([findingsTogetherMax, 3]);
      expect(mails.flat().map((what) => (what.kind === 'budget' ? what.name : ''))).toEqual(names);
    });

    test('stands in the mail in both languages, with the amounts and what people are called by then', async () => {
      const smtp = await startSmtp();
      // The mail server was away for some days.
      server.nowMs += 3 * 24 * 3_600_000;
      const sender = mailer(smtp.url, []);
      const waiting = () =>
        server.database.query("SELECT id FROM notices WHERE account_id = $1 AND state = 'waiting'", [
          wants.accountId,
        ]);
      await expect.poll(waiting).toEqual([]);
      await sender.stop();
      await smtp.close();
      const mine = smtp.state.mails.filter(({ to }) => to === 'finance@test.example');
      const ids = mine.map(({ text }) => /^Message-ID: (\S+)/m.exec(text)?.[1]);
      expect(new Set(ids).size).toBe(mine.length);
      const text = readable(mine.find((mail) => readable(mail.text).includes('¥812.50'))?.text ?? '');
      expect(text).toContain('2026-11 预算（aliyun）已用 80%：预算 ¥1,000.00，已用 ¥812.50');
      expect(text).toContain('80% of the budget of 2026-11 is spent (aliyun): ¥812.50 of ¥1,000.00');
      expect(text).toContain(
        '用量异常偏高：finance，小红书，48,700 积分（平常 1,000 积分，上限 2,000 积分）',
      );
      expect(text).toContain('unusually high: finance, Xiaohongshu, 48,700 points');
      expect(text).not.toContain(wants.accountId);
    });
  });
}
