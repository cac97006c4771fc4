/**
 * The same target twice in one campaign: charged once, whichever way the second comes about, and the second says which
 * charge it met.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { freshFolder } from '../sync/test-desk.ts';
import { signInElsewhere, type Elsewhere } from './test-elsewhere.ts';
import {
  confirm,
  draft,
  expectAgrees,
  expectChargedOnce,
  signIn,
  whenCampaign,
  whenDone,
} from './test-operator.ts';
import { startDemoServer, startEngine, type DemoServer, type EngineProcess } from './test-process.ts';
import { Strikes, strikingAgent, strikingProxy, type Listening, type StrikingAgent } from './test-strikes.ts';

let server: DemoServer;
let operator: Elsewhere;
let agent: StrikingAgent;
let folder: ReturnType<typeof freshFolder>;
let network: Listening;
let secrets: Map<string, string | null>;
let engine: EngineProcess;
const noStrikes = new Strikes(async () => undefined);

beforeAll(async () => {
  server = await startDemoServer();
  operator = await signInElsewhere(server.url, 'operator');
  agent = await strikingAgent(noStrikes);
});
afterAll(async () => {
  await agent.close();
  await server.stop();
});
beforeEach(async () => {
  folder = freshFolder();
  secrets = new Map();
  network = await strikingProxy(server.url, noStrikes);
  await live();
  await signIn(engine, 1);
});
afterEach(async () => {
  await engine.end('SIGKILL');
  await network.close();
  folder.remove();
});

async function live(): Promise<void> {
  engine = startEngine({ dataDir: join(folder.path, 'data'), serverUrl: network.url, secrets });
  await engine.ready();
}

test('from one file: the repetition is left out, and the report names the line that it repeats', async () => {
  const before = await operator.balance();
  const lines = ['file_ok_1', 'file_ok_2', 'file_ok_1', ' file_ok_2 '];
  const { campaign, report } = await engine.ask('campaign.create', {
    name: 'one file',
    platform: 'xiaohongshu',
    operation: 'follow',
    executor: { kind: 'http', url: agent.url },
    targets: { kind: 'file', fileName: '名单.csv', base64: Buffer.from(lines.join('\n')).toString('base64') },
  });
  expect(report).toMatchObject({ good: 2, duplicates: 2 });
  expect(report.problems).toMatchObject([
    { line: 3, reason: 'duplicate', firstLine: 1 },
    { line: 4, reason: 'duplicate', firstLine: 2 },
  ]);
  await engine.ask('campaign.quote', { id: campaign.id });
  await confirm(engine, await engine.ask('campaign.get', { id: campaign.id }));
  await whenDone(engine, campaign.id);
  await expectChargedOnce({ elsewhere: operator, agent, before, prefix: 'file_' });
});

test('after a restart, while another program charged it: the desk shows which charge it met, and can let go', async () => {
  const before = await operator.balance();
  const campaign = await draft(engine, agent.url, 'restart', ['again_ok_1', 'again_ok_2']);
  await confirm(engine, campaign);
  await network.close();
  await whenCampaign(engine, campaign.id, ({ counts }) => expect(counts.succeeded).toBe(2));
  await engine.end('SIGKILL');
  const first = await chargedElsewhere(campaign.id, 'again_ok_2');

  network = await strikingProxy(server.url, noStrikes, Number(new URL(network.url).port));
  await live();
  const rejected = { states: ['rejected' as const], beforeDeviceSeq: null, limit: 10 };
  const [item] = await vi.waitFor(
    async () => {
      const { items } = await engine.ask('outbox.list', rejected);
      expect(items).toHaveLength(1);
      return items;
    },
    { timeout: 20_000 },
  );
  expect(item).toMatchObject({
    targetUserId: 'again_ok_2',
    problem: { code: 'duplicate_target', params: { chargeId: first } },
    conflict: { action: 'waive', earlierChargeId: first },
  });
  await engine.ask('sync.now', {});
  const met = await engine.ask('history.charge', { id: first });
  expect(met).toMatchObject({ id: first, amount: '1.00', recordedAt: expect.any(String) });
  await engine.ask('outbox.waive', { id: item?.id ?? '', reason: `charged as ${first}` });
  await whenDone(engine, campaign.id);
  await expectChargedOnce({ elsewhere: operator, agent, before, prefix: 'again_' });
  await expectAgrees(engine, operator);
});

/** Another program of the same account charges the same target of the same campaign; its id. */
async function chargedElsewhere(campaignId: string, targetUserId: string): Promise<string> {
  const id = randomUUID();
  await operator.send('POST', '/billing/charge', {
    id,
    platform: 'xiaohongshu',
    operation: 'follow',
    targetUserId,
    campaignId,
    deviceId: 'another program',
    deviceSeq: 1,
    occurredAt: new Date().toISOString(),
  });
  return id;
}
