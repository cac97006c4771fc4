/** Checks the engine as a process of its own against the real billing server: the whole way of a campaign's money, and kills. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CommandOutput } from '../../shared/ipc.ts';
import { Session } from '../../shared/api.ts';
import { PriceBook } from '../../shared/api-prices.ts';
import { lastStateFile, type LastState } from '../../shared/last-state.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import { freshFolder } from '../sync/test-desk.ts';
import { startDemoServer, startEngine, type DemoServer, type EngineProcess } from './test-process.ts';

let server: DemoServer;
let serverUrl: string;
let folder: ReturnType<typeof freshFolder>;
let secrets: Map<string, string | null>;
let engine: EngineProcess;

beforeAll(async () => {
  server = await startDemoServer();
  serverUrl = server.url;
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  folder = freshFolder();
  secrets = new Map();
  engine = startEngine({ dataDir: join(folder.path, 'data'), serverUrl, secrets });
  await engine.ready();
});
afterEach(async () => {
  await engine.end('SIGKILL');
  folder.remove();
});

async function startCampaign(targets: number, latencyMs: number): Promise<string> {
  const text = Array.from({ length: targets }, (_, n) => `user_${targets}_${n}`).join('\n');
  const { campaign } = await engine.ask('campaign.create', {
    name: '试运行',
    platform: 'xiaohongshu',
    operation: 'follow',
    executor: { kind: 'simulated', seed: 7, failurePercent: 20, latencyMs },
    targets: { kind: 'text', text },
  });
  const { quote } = await engine.ask('campaign.quote', { id: campaign.id });
  await engine.ask('campaign.confirm', { id: campaign.id, expectedTotal: quote.total });
  return campaign.id;
}

async function whenDone(id: string): Promise<CommandOutput<'campaign.get'>> {
  await vi.waitFor(async () => expect((await engine.ask('campaign.get', { id })).phase).toBe('done'), {
    timeout: 30_000,
    interval: 100,
  });
  return engine.ask('campaign.get', { id });
}

/** Whether the campaign's charges on the ledger are its successes, each once, and the balance fell by what they came to. */
async function paidOnce(id: string, before: string): Promise<true> {
  const campaign = await whenDone(id);
  const { items, total } = await engine.ask('campaign.tasks', {
    id,
    phase: 'succeeded',
    afterPosition: 0,
    limit: 500,
  });
  await engine.ask('sync.now', {});
  const page = await engine.ask('history.page', { filter: { campaignId: id }, beforeSeq: null, limit: 500 });
  expect(total).toBe(campaign.counts.succeeded);
  expect(page.items).toHaveLength(items.length);
  expect(new Set(page.items.map((row) => row.targetUserId))).toEqual(
    new Set(items.map((task) => task.targetUserId)),
  );
  const state = await engine.ask('desk.state', {});
  expect(state.balance?.balance).toBe(yuanText(yuan(before) - yuan(campaign.spent)));
  expect(state.balance?.server.held).toBe('0.00');
  expect(state.sync).toMatchObject({ pendingCount: 0, attentionCount: 0, drift: null });
  return true;
}

async function balanceNow(): Promise<string> {
  await engine.ask('sync.now', {});
  return (await engine.ask('desk.state', {})).balance?.balance ?? '';
}

/** Signs in as an account of which nothing is set aside but by campaigns. */
async function withoutReserve(): Promise<void> {
  await engine.ask('settings.update', { offlineReserve: '0' });
  await engine.ask('session.startDemo', { member: 'plain' });
}

async function post(method: string, path: string, token: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const reply = await fetch(`${serverUrl}/api${path}`, { method, headers, body: JSON.stringify(body) });
  expect(reply.ok).toBe(true);
  return reply.json();
}

async function shownBalance(): Promise<string | undefined> {
  return (await engine.ask('desk.state', {})).balance?.server.balance;
}

describe('with the real server', () => {
  test('a reserve is set aside for starting offline, and given back when it is turned off or at signing out (S6)', async () => {
    await engine.ask('session.startDemo', { member: 'plain' });
    await engine.ask('sync.now', {});
    const state = await engine.ask('desk.state', {});
    expect(state.sync.reserve).toMatchObject({ amount: '100.00', remaining: '100.00' });
    expect(state.balance).toMatchObject({ server: { held: '100.00' }, available: '1330.68', held: '0.00' });
    await engine.ask('session.signOut', { force: false });
    await withoutReserve();
    await engine.ask('sync.now', {});
    expect((await engine.ask('desk.state', {})).balance?.server.held).toBe('0.00');
    await engine.ask('settings.update', { offlineReserve: '50.00' });
    await engine.ask('sync.now', {});
    expect((await engine.ask('desk.state', {})).balance?.server.held).toBe('50.00');
    await engine.ask('settings.update', { offlineReserve: '0' });
    await engine.ask('sync.now', {});
    expect((await engine.ask('desk.state', {})).balance?.server.held).toBe('0.00');
  });

  test('the demonstration signs in, mirrors the ledger and verifies it with its signature', async () => {
    const account = await engine.ask('session.startDemo', { member: 'premium' });
    expect(account.memberLevel).toBe('premium');
    expect(await balanceNow()).toBe('1330.68');
    const check = await engine.ask('history.verify', {});
    expect(check).toMatchObject({ ok: true, signature: true, firstBadSeq: null });
    expect(check.checkedCount).toBeGreaterThanOrEqual(600);
  });

  test('a campaign is charged for its successes, once each, to the cent', async () => {
    await withoutReserve();
    const before = await balanceNow();
    expect(await paidOnce(await startCampaign(120, 0), before)).toBe(true);
  });

  test('an engine killed in the middle of a campaign goes on from the disk, and charges nothing twice', async () => {
    await withoutReserve();
    const before = await balanceNow();
    const id = await startCampaign(60, 30);
    for (const succeeded of [5, 20]) {
      await vi.waitFor(
        async () =>
          expect((await engine.ask('campaign.get', { id })).counts.succeeded).toBeGreaterThan(succeeded),
        { timeout: 20_000, interval: 20 },
      );
      await engine.end('SIGKILL');
      engine = startEngine({ dataDir: join(folder.path, 'data'), serverUrl, secrets });
      await engine.ready();
    }
    expect(await paidOnce(id, before)).toBe(true);
  });

  test('what others do is on the desk at once, long before the next round is due', async () => {
    await withoutReserve();
    const before = await balanceNow();
    const signIn = async (who: string): Promise<string> => {
      const device = { deviceId: 'elsewhere', deviceName: 'Elsewhere' };
      const body = { email: `${who}@demo.example`, password: 'zhangtai-demo', ...device };
      return Session.parse(await post('POST', '/auth/login', 'none', body)).accessToken;
    };
    const operator = await signIn('operator');
    const chargeOnce = (deviceSeq: number): Promise<unknown> =>
      post('POST', '/billing/charge', operator, {
        id: randomUUID(),
        platform: 'xiaohongshu',
        operation: 'follow',
        targetUserId: `elsewhere-${deviceSeq}`,
        deviceId: 'elsewhere',
        deviceSeq,
        occurredAt: new Date().toISOString(),
      });
    await chargeOnce(1);
    await vi.waitFor(async () => expect(await shownBalance()).toBe(yuanText(yuan(before) - yuan('1.00'))), {
      timeout: 20_000,
    });

    const finance = await signIn('finance');
    const effectiveAt = new Date().toISOString();
    const price = { platform: 'xiaohongshu', operation: 'follow', unitPrice: '1.00', effectiveAt, tiers: [] };
    const book = { stacking: 'best', prices: [price], memberDiscounts: [] };
    const { version } = PriceBook.parse(await post('PUT', '/pricing', finance, book));
    await vi.waitFor(
      async () => expect((await engine.ask('desk.state', {})).pricing?.book.version).toBe(version),
      { timeout: 20_000 },
    );
  });
});

describe('the process', () => {
  test('says why it can not start when the folder is in use, and leaves the other at work', async () => {
    const second = startEngine({ dataDir: join(folder.path, 'data'), serverUrl, secrets });
    await once(second.child, 'exit');
    expect(second.heard).toEqual([
      {
        kind: 'fatal',
        problem: { code: 'data_folder_in_use', params: { folder: join(folder.path, 'data') } },
      },
    ]);
    expect((await engine.ask('desk.state', {})).session.phase).toBe('first_start');
  });

  test('leaves the state that the next start begins with, and nothing of it while it runs or is killed', async () => {
    const path = join(folder.path, 'data', lastStateFile);
    await engine.ask('session.startDemo', { member: 'plain' });
    await engine.ask('sync.now', {});
    expect(existsSync(path)).toBe(false);
    const before = await engine.ask('desk.state', {});
    await engine.end('SIGTERM');
    const [, text = ''] = readFileSync(path, 'utf8').split('\n');
    const last = JSON.parse(text) as LastState;
    expect(last.state).toEqual({ ...before, sync: { ...before.sync, online: null, running: false } });
    expect(last).toMatchObject({ version: before.about.version, serverUrl: null });
    // Personal: for its owner alone.
    expect(statSync(path).mode & 0o777).toBe(0o600);

    engine = startEngine({ dataDir: join(folder.path, 'data'), serverUrl, secrets });
    await engine.ready();
    expect(existsSync(path)).toBe(false);
    await engine.end('SIGKILL');
    expect(existsSync(path)).toBe(false);
  });

  test('ends cleanly on SIGTERM, and when it is told to stop', async () => {
    expect(await engine.end('SIGTERM')).toBe(0);
    engine = startEngine({ dataDir: join(folder.path, 'data'), serverUrl, secrets });
    await engine.ready();
    engine.child.send({ kind: 'stop' });
    await once(engine.child, 'exit');
    expect(engine.child.exitCode).toBe(0);
  });

  test('does not outlive its parent', async () => {
    engine.child.disconnect();
    await once(engine.child, 'exit');
    expect(engine.child.exitCode).toBe(0);
  });
});
