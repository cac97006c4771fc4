/**
 * Two desks on one account and the last yuan of it, one of them without a network, on real processes: never more is spent
 * than there is, and each desk says why it waits.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Adjustment } from '../../shared/api.ts';
import type { Language } from '../../shared/ipc-words.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import { wordsIn } from '../messages.ts';
import { freshFolder } from '../sync/test-desk.ts';
import { signInElsewhere, type Elsewhere } from './test-elsewhere.ts';
import { confirm, draft, expectAgrees, expectChargedOnce, whenCampaign, whenDone } from './test-operator.ts';
import {
  Refused,
  startDemoServer,
  startEngine,
  type DemoServer,
  type EngineProcess,
} from './test-process.ts';
import { Strikes, strikingAgent, strikingProxy, type Listening, type StrikingAgent } from './test-strikes.ts';

let server: DemoServer;
let operator: Elsewhere;
let finance: Elsewhere;
let checker: Elsewhere;
let agent: StrikingAgent;
let folder: ReturnType<typeof freshFolder>;
let network: Listening;
let field: EngineProcess;
let office: EngineProcess;
const noStrikes = new Strikes(async () => undefined);

beforeAll(async () => {
  server = await startDemoServer();
  operator = await signInElsewhere(server.url, 'operator');
  finance = await signInElsewhere(server.url, 'finance');
  checker = await signInElsewhere(server.url, 'checker');
  agent = await strikingAgent(noStrikes);
});
afterAll(async () => {
  await agent.close();
  await server.stop();
});
beforeEach(async () => {
  folder = freshFolder();
  network = await strikingProxy(server.url, noStrikes);
  field = await desk('field', network.url, '3.00');
  office = await desk('office', server.url, '0');
});
afterEach(async () => {
  await Promise.all([field.end('SIGKILL'), office.end('SIGKILL')]);
  await network.close();
  folder.remove();
});

async function desk(name: string, serverUrl: string, offlineReserve: string): Promise<EngineProcess> {
  const engine = startEngine({ dataDir: join(folder.path, name), serverUrl, secrets: new Map() });
  await engine.ready();
  await engine.ask('settings.update', { offlineReserve, concurrency: 3 });
  await engine.ask('session.startDemo', { member: 'plain' });
  return engine;
}

/** Finance brings the balance to this, however far that is: a second person approves what is too much for one. */
async function balanceIs(wanted: string): Promise<void> {
  const [row] = await operator.transactions(0);
  const missing = yuan(wanted) - yuan((await operator.balance()).balance);
  if (missing === 0n) return;
  const correction = { id: randomUUID(), accountId: row?.accountId, asset: 'CNY', amount: yuanText(missing) };
  const reason = 'so that there is so much';
  const asked = await finance.send('POST', '/billing/adjustments', { ...correction, reason });
  if (Adjustment.parse(asked).state === 'waiting')
    await checker.send('POST', `/billing/adjustments/${correction.id}/approve`, {});
}

const languages: readonly Language[] = ['zh-CN', 'en-US'];
/** Whether both languages have words for it; missing ones throw. */
function isSaid(key: string, parameters: Record<string, string> = {}): boolean {
  return languages.every((language) => wordsIn(language)(key, parameters) !== '');
}

async function shown(engine: EngineProcess) {
  await engine.ask('sync.now', {});
  return engine.ask('desk.state', {});
}

test('one offline on its reserve, one online: the last five yuan are spent once', async () => {
  await balanceIs('5.00');
  const off = { enabled: false, threshold: '0.00' };
  // The account's own thresholds are far above so little money.
  await office.ask('alerts.update', {
    lowBalance: off,
    pauseTasks: off,
    email: { enabled: false, address: '' },
  });
  await vi.waitFor(async () => expect((await shown(field)).alerts?.pauseTasks).toEqual(off), {
    timeout: 20_000,
  });
  await vi.waitFor(async () => expect((await shown(office)).balance?.available).toBe('2.00'), {
    timeout: 20_000,
  });
  const before = await operator.balance();
  expect(before).toMatchObject({ balance: '5.00', held: '3.00' });

  // The network goes: the field desk spends what it had set aside, and says so.
  await network.close();
  await vi.waitFor(async () => expect((await shown(field)).sync.online).toBe(false), { timeout: 20_000 });
  const away = await draft(field, agent.url, 'last_field', [
    'last_ok_1',
    'last_ok_2',
    'last_ok_3',
    'last_ok_4',
  ]);
  await confirm(field, away);
  const waiting = await whenCampaign(field, away.id, ({ phase }) => expect(phase).toBe('paused'));
  expect(waiting).toMatchObject({ pauseReason: 'offline_reserve', counts: { succeeded: 3, queued: 1 } });
  expect(isSaid('pauseReason.offline_reserve')).toBe(true);
  expect((await field.ask('desk.state', {})).sync.reserve?.remaining).toBe('0.00');

  // The office desk has two yuan: three are refused with how much is missing, two are spent.
  const tooMuch = await draft(office, agent.url, 'last_three', ['last_ok_5', 'last_ok_6', 'last_ok_7']);
  const refused = await confirm(office, tooMuch).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(Refused);
  const { problem } = refused as Refused;
  expect(problem).toMatchObject({
    code: 'insufficient_balance',
    params: { required: '3.00', available: '2.00', shortfall: '1.00' },
  });
  expect(isSaid(`problem.${problem.code}`, problem.params)).toBe(true);
  const fitting = await draft(office, agent.url, 'last_two', ['last_ok_8', 'last_ok_9']);
  await confirm(office, fitting);
  await whenDone(office, fitting.id);

  // The network is back: what was spent offline is charged, and the rest has to wait for money.
  network = await strikingProxy(server.url, noStrikes, Number(new URL(network.url).port));
  const poor = await whenCampaign(field, away.id, ({ pauseReason }) =>
    expect(pauseReason).toBe('insufficient'),
  );
  expect(poor.problem).toMatchObject({ code: 'insufficient_balance', params: { available: '0.00' } });
  expect(isSaid('pauseReason.insufficient')).toBe(true);
  await vi.waitFor(
    async () => expect(await operator.balance()).toMatchObject({ balance: '0.00', held: '0.00' }),
    { timeout: 20_000 },
  );
  const rows = await operator.transactions(before.seq);
  expect(rows.filter(({ kind }) => kind === 'charge')).toHaveLength(5);
  expect(rows.every(({ balanceAfter }) => yuan(balanceAfter) >= 0n)).toBe(true);

  // Money comes in: it goes on by itself.
  await field.ask('settings.update', { offlineReserve: '0' });
  await balanceIs('1.00');
  const done = await whenDone(field, away.id);
  expect(done).toMatchObject({ counts: { succeeded: 4 }, spent: '4.00' });
  await shown(office);
  await Promise.all([expectAgrees(field, operator), expectAgrees(office, operator)]);
  const added = { ...before, balance: yuanText(yuan(before.balance) + yuan('1.00')) };
  await expectChargedOnce({ elsewhere: operator, agent, before: added, prefix: 'last_' });
});

test('a reserve that a dearer price has outgrown: each charge is agreed to, and the last comes from the balance', async () => {
  await balanceIs('10.00');
  await vi.waitFor(
    async () => expect((await shown(field)).sync.reserve).toMatchObject({ remaining: '3.00' }),
    { timeout: 20_000 },
  );
  const before = await operator.balance();
  await network.close();
  await vi.waitFor(async () => expect((await shown(field)).sync.online).toBe(false), { timeout: 20_000 });
  const away = await draft(field, agent.url, 'dear', ['dear_ok_1', 'dear_ok_2', 'dear_ok_3']);
  await confirm(field, away);
  await whenCampaign(field, away.id, ({ counts }) => expect(counts.succeeded).toBe(3));
  const effectiveAt = new Date().toISOString();
  const price = { platform: 'xiaohongshu', operation: 'follow', unitPrice: '1.20', effectiveAt, tiers: [] };
  await finance.send('PUT', '/pricing', { stacking: 'best', prices: [price], memberDiscounts: [] });
  network = await strikingProxy(server.url, noStrikes, Number(new URL(network.url).port));

  const met: string[] = [];
  await vi.waitFor(
    async () => {
      const query = { states: ['rejected' as const], beforeDeviceSeq: null, limit: 10 };
      for (const { id, conflict, problem } of (await field.ask('outbox.list', query)).items) {
        met.push(`${problem?.code} ${conflict?.action}`);
        if (conflict?.action === 'accept_price')
          await field.ask('outbox.acceptPrice', { id, amount: '1.20', others: false });
        else await field.ask('outbox.retry', { id });
      }
      expect((await field.ask('campaign.get', { id: away.id })).phase).toBe('done');
    },
    { timeout: 40_000, interval: 100 },
  );
  expect(met).toContain('price_changed accept_price');
  expect(met).toContain('hold_exceeded from_balance');
  await field.ask('settings.update', { offlineReserve: '0' });
  await shown(field);
  await shown(office);
  await vi.waitFor(async () => expect((await operator.balance()).held).toBe('0.00'), { timeout: 20_000 });
  const rows = (await operator.transactions(before.seq)).filter(({ kind }) => kind === 'charge');
  expect(rows.map(({ amount }) => amount)).toEqual(['-1.20', '-1.20', '-1.20']);
  expect((await operator.balance()).balance).toBe('6.40');
  await Promise.all([expectAgrees(field, operator), expectAgrees(office, operator)]);
});
