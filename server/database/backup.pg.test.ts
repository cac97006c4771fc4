import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { chargeBody, holdBody, ledgerFixture, type LedgerFixture } from '../ledger/fixture.ts';
import { verifyLedger } from '../ledger/verify.ts';
import { backUp, restore } from './backup.ts';
import { openDatabase } from './database.ts';
import { startTestPostgres, type TestPostgres } from './test-postgres.ts';

let server: TestPostgres;
let folder: string;
beforeAll(async () => {
  server = await startTestPostgres();
  folder = await mkdtemp(join(tmpdir(), 'zhangtai-backup-'));
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

async function busyAccount(it: LedgerFixture): Promise<string> {
  const { ledger } = it;
  const account = await it.newAccount({ balance: '3000.00', debtLimit: '5.00' });
  const hold = holdBody(500);
  await ledger.createHold(account, hold);
  for (let batch = 0; batch < 3; batch += 1)
    await ledger.chargeBatch(
      account,
      Array.from({ length: 450 }, () => chargeBody({ targetUserId: '"小\\红"' })),
    );
  return account;
}

test('a backup of the embedded database is restored into PostgreSQL and goes on there', async () => {
  const file = join(folder, 'moving.backup');
  const embedded = await ledgerFixture();
  const account = await busyAccount(embedded);
  const digest = await embedded.ledger.digest(account);
  const { rows } = await backUp(embedded.database, file, embedded.clock.nowMs, null);
  await embedded.close();

  const databaseUrl = await server.newDatabase();
  const database = await openDatabase({ databaseUrl });
  expect(await restore(database, file, null)).toMatchObject({ rows });
  await database.close();
  const moved = await ledgerFixture(databaseUrl);
  expect(await moved.ledger.digest(account)).toEqual(digest);
  expect(await moved.ledger.charge(account, chargeBody())).toMatchObject({ status: 'charged' });
  expect((await verifyLedger(moved.database)).faults).toEqual([]);
  await moved.close();
});

test('a backup under load is of one moment', async () => {
  const it = await ledgerFixture(await server.newDatabase());
  const account = await busyAccount(it);
  const file = join(folder, 'loaded.backup');
  const done = new AbortController();
  const load = (async () => {
    while (!done.signal.aborted) await it.ledger.chargeBatch(account, [chargeBody(), chargeBody()]);
  })();
  await backUp(it.database, file, it.clock.nowMs, null);
  done.abort();
  await load;
  await it.close();
  const database = await openDatabase({ databaseUrl: await server.newDatabase() });
  await restore(database, file, null);
  expect(await verifyLedger(database)).toMatchObject({ accounts: 1, faults: [] });
  await database.close();
});
