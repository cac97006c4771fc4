import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../database/database.ts';
import { startTestPostgres, type TestPostgres } from '../database/test-postgres.ts';
import { writeAlertSettings } from '../identity/alert-settings.ts';
import { newCharge, serverProcesses } from '../test-processes.ts';
import { startSmtp, testNotices } from './notices-suite.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());

testNotices(async () => openDatabase({ databaseUrl: await postgres.newDatabase() }));

const accountCount = 12;

test('two server processes mail one low balance once, whichever of them took the charges', async () => {
  const smtp = await startSmtp();
  const servers = await serverProcesses(await postgres.newDatabase(), {
    ZHANGTAI_SMTP_URL: smtp.url,
    ZHANGTAI_MAIL_FROM: 'billing@test.example',
  });
  try {
    const processes = await Promise.all([servers.start(), servers.start()]);
    const clients = await Promise.all(
      Array.from({ length: accountCount }, (_, n) =>
        servers.newClient(processes[n % 2] ?? processes[0], { balance: '12.00' }),
      ),
    );
    for (const { accountId } of clients)
      await writeAlertSettings(
        servers.database,
        accountId,
        {
          lowBalance: { enabled: true, threshold: '10.00' },
          pauseTasks: { enabled: false, threshold: '0.00' },
          email: { enabled: true, address: `${accountId}@test.example` },
        },
        Date.now(),
      );
    // Each account's charges cross the threshold and go on below it, on both processes at once.
    const charges = clients.flatMap((client) =>
      Array.from({ length: 8 }, (_, n) =>
        client.post(processes[n % 2]?.url ?? '', '/billing/charge', newCharge()),
      ),
    );
    for (const { status } of await Promise.all(charges)) expect(status).toBe(201);
    const waiting = () => servers.database.query("SELECT id FROM notices WHERE state = 'waiting'");
    await expect.poll(waiting, { timeout: 60_000 }).toEqual([]);
    const notices = await servers.database.query('SELECT state, attempts FROM notices');
    expect(notices).toEqual(clients.map(() => ({ state: 'sent', attempts: 1 })));
  } finally {
    await servers.stopAll(); // A mail that is under way is let finish, so none is counted too early.
    await smtp.close();
  }
  const addresses = smtp.state.mails.map(({ to }) => to);
  expect(addresses).toHaveLength(accountCount);
  expect(new Set(addresses).size).toBe(accountCount);
});
