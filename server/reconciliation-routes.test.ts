import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditEntry } from '../shared/api-audit.ts';
import { openDatabase } from './database/database.ts';
import { startTestServer, type Client, type TestServer } from './test-server.ts';

let server: TestServer;
let finance: Client;
beforeAll(async () => {
  server = await startTestServer(await openDatabase({}));
  finance = await server.newClient({ role: 'finance' });
});
afterAll(() => server.close());

async function days(client: Client): Promise<unknown[]> {
  const reply = await client.call('reconciliationDays', { query: { source: 'ledger' } });
  expect(reply.status).toBe(200);
  return (reply.body as { items: unknown[] }).items;
}

test('a day that is run by hand is run, and then read', async () => {
  const client = await server.newClient({ balance: '10.00' });
  const body = { source: 'ledger', day: '2026-11-20' };
  const begun = await finance.call('runReconciliation', { body });
  expect(begun).toMatchObject({ status: 202, body: { ...body, state: 'running' } });
  await expect.poll(() => days(finance)).toMatchObject([{ state: 'done', runs: 1 }]);
  // A fault that is found is in the list of everybody who may read it, and nobody but finance explains it.
  await server.database.query('UPDATE daily_totals SET amount = amount + 1 WHERE account_id = $1', [
    client.accountId,
  ]);
  await finance.call('runReconciliation', { body });
  await expect.poll(() => days(finance)).toMatchObject([{ differences: { open: 1 } }]);
  const auditor = await server.newClient({ role: 'auditor' });
  const list = await auditor.call('reconciliationDifferences', { query: { state: 'open' } });
  const [found] = (list.body as { items: { id: string; fault: object }[] }).items;
  expect(found).toMatchObject({ kind: 'ledger', accountId: client.accountId });
  const explain = (by: Client) =>
    by.call('explainDifference', { params: { id: found?.id ?? '' }, body: { reason: '测试' } });
  expect(await explain(auditor)).toMatchObject({ status: 403 });
  expect(await explain(finance)).toMatchObject({ status: 200, body: { state: 'explained' } });
  const entries = async (action: string) =>
    ((await auditor.call('audit', { query: { action } })).body as { items: AuditEntry[] }).items;
  const aboutId = client.accountId;
  expect(await entries('explainDifference'), 'one alone').toMatchObject([
    { aboutId, before: { ...found, state: 'open' }, after: { ...found, state: 'explained', reason: '测试' } },
  ]);
  const [again, first, ...others] = await entries('runReconciliation');
  expect(first).toMatchObject({ after: { state: 'running', runs: 1 } });
  expect(again).toMatchObject({ before: { state: 'done', runs: 1 }, after: { state: 'running', runs: 2 } });
  expect(others, 'what a run does is no act of who began it').toEqual([]);
  expect(await client.call('reconciliationDifferences')).toMatchObject({ status: 403 });
});

test('what is not there, not over, or not set up is refused', async () => {
  const params = { id: randomUUID() };
  const body = { id: randomUUID(), reason: 'x' };
  expect(await finance.call('proposeForDifference', { params, body })).toMatchObject({ status: 404 });
  expect(await finance.call('approveForDifference', { params })).toMatchObject({ status: 404 });
  expect(await finance.call('withdrawForDifference', { params })).toMatchObject({ status: 404 });
  const run = (source: string, day: string) => finance.call('runReconciliation', { body: { source, day } });
  expect(await run('ledger', '2026-11-21')).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'day' }] },
  });
  expect(await run('wechat', '2026-11-20')).toMatchObject({ body: { errors: [{ path: 'source' }] } });
  expect(await finance.call('reconciliationDifferences', { query: { cursor: 'x' } })).toMatchObject({
    status: 400,
  });
});
