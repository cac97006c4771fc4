/** What holds of alerts and their mail on either database. */
import { randomUUID } from 'node:crypto';
import { SMTPServer } from 'smtp-server';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Alert } from '../../shared/api.ts';
import { yuan } from '../../shared/money.ts';
import type { Database } from '../database/database.ts';
import { chargeBody, startTestServer, type Client, type TestServer } from '../test-server.ts';
import { startMailer } from './mailer.ts';

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
}
