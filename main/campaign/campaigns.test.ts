/** Checks that a campaign charges each success once, each failure never, and ends with its hold released, whatever breaks. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Campaign } from '../../shared/ipc-campaigns.ts';
import { yuan } from '../../shared/money.ts';
import { freshFolder } from '../sync/test-desk.ts';
import {
  account,
  Agent,
  Billing,
  startCampaignDesk,
  type CampaignTestDesk,
  type Moment,
} from './test-desk.ts';

let folder: ReturnType<typeof freshFolder>;
let billing: Billing;
let agent: Agent;
let desk: CampaignTestDesk;

beforeEach(() => {
  folder = freshFolder();
  billing = new Billing('100.00');
  agent = new Agent();
  desk = startCampaignDesk(folder.path, billing, agent);
});
afterEach(async () => {
  await desk.end();
  folder.remove();
});

const draft = {
  platform: 'douyin',
  operation: 'follow',
  executor: { kind: 'simulated', seed: 1, failurePercent: 0, latencyMs: 0 },
  targets: { kind: 'text', text: 'u1\nu2' },
} as const;
const users = (count: number): string[] => Array.from({ length: count }, (_, index) => `u${index + 1}`);
const until = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 20_000, interval: 5 });
const phase = (id: string, expected: Campaign['phase']): Promise<Campaign> =>
  until(async () => {
    const campaign = await desk.get(id);
    expect(campaign.phase).toBe(expected);
    return campaign;
  });

async function started(targets: readonly string[]): Promise<string> {
  const { id, total } = await desk.quoted(targets);
  await desk.send('campaign.confirm', { id, expectedTotal: total });
  return id;
}
async function restart(crashAt: Moment | null = null): Promise<void> {
  await desk.end();
  desk = startCampaignDesk(folder.path, billing, agent, crashAt);
}

/** What was paid is what the agent did: each success once, at the quote's price for that number, and nothing is held. */
function expectSettled(campaign: Campaign): void {
  const succeeded = [...agent.done.values()].filter((outcome) => outcome === 'succeeded').length;
  expect(campaign.counts.succeeded).toBe(succeeded);
  expect(billing.charges.size).toBe(succeeded);
  expect(new Set([...billing.charges.values()].map(({ target }) => target)).size).toBe(succeeded);
  expect([...agent.acts.values()].every((times) => times === 1)).toBe(true);
  const [hold] = billing.holds.values();
  expect(billing.holds.size).toBe(1);
  expect(hold?.state).toBe('closed');
  expect(yuan('100.00') - billing.balance).toBe(yuan(campaign.spent));
  expect(billing.held()).toBe(0n);
}

function cutOff(): void {
  billing.online = false;
}

describe('without the server', () => {
  test('a campaign starts on the reserve, at the price of one, and waits when that is used up (S6)', async () => {
    await desk.keepReserve('3.00');
    expect(billing.held()).toBe(yuan('3.00'));
    // What the reserve holds is still there to be relied on: it goes back when a campaign needs it.
    expect(desk.availability.state(account.id)?.available).toBe('100.00');
    cutOff();
    const { campaign } = await desk.send('campaign.create', {
      name: '离线',
      platform: 'douyin',
      operation: 'follow',
      executor: { kind: 'simulated', seed: 1, failurePercent: 0, latencyMs: 0 },
      targets: { kind: 'text', text: users(7).join('\n') },
    });
    const { id } = campaign;
    const checked = await desk.send('campaign.quote', { id });
    // Seven would get the bulk price with a hold; nobody can promise that offline.
    expect(checked).toMatchObject({
      quote: { unitNet: '1.00', total: '7.00' },
      offline: { reserveLeft: '3.00', covers: 3 },
    });
    await desk.send('campaign.confirm', { id, expectedTotal: '7.00' });
    const waiting = await phase(id, 'paused');
    expect(waiting).toMatchObject({ pauseReason: 'offline_reserve', counts: { succeeded: 3, queued: 4 } });
    expect(desk.reserve.state(account.id)).toMatchObject({ amount: '3.00', remaining: '0.00' });
    expect(billing.charges.size).toBe(0);

    desk.back();
    const ended = await phase(id, 'done');
    expect(ended.counts).toMatchObject({ succeeded: 7, failed: 0 });
    expect(billing.charges.size).toBe(7);
    // Three at the price of one, four under a hold of their own at the bulk price.
    expect(ended.spent).toBe('6.80');
    expect(yuan('100.00') - billing.balance).toBe(yuan('6.80'));
    await desk.keepReserve('0');
    expect(billing.held()).toBe(0n);
  });

  test('a crash while its own hold is being asked for sets nothing aside twice', async () => {
    await desk.keepReserve('2.00');
    cutOff();
    const { id, total } = await desk.quoted(users(6));
    await desk.send('campaign.confirm', { id, expectedTotal: total });
    await phase(id, 'paused');
    await restart('after createHold');
    billing.online = true;
    desk.back();
    await until(() => expect(desk.isDead()).toBe(true));
    await new Promise((resolve) => setImmediate(resolve));
    await restart();
    const ended = await phase(id, 'done');
    expect(ended.counts.succeeded).toBe(6);
    expect(billing.charges.size).toBe(6);
    expect([...billing.holds.values()].filter(({ kind }) => kind === 'campaign')).toHaveLength(1);
    await desk.keepReserve('0');
    expect(billing.held()).toBe(0n);
  });

  test('a dearer price than the one agreed offline is put to the person (S7)', async () => {
    await desk.keepReserve('1.00');
    cutOff();
    const { id, total } = await desk.quoted(users(2));
    await desk.send('campaign.confirm', { id, expectedTotal: total });
    expect(await phase(id, 'paused')).toMatchObject({ onReserve: true, holdRemaining: '0.00' });
    billing.unitPrice = '1.50';
    desk.back();
    await until(async () => expect((await desk.get(id)).pauseReason).toBe('price_changed'));
    expect((await desk.get(id)).problem?.params).toMatchObject({ expected: '1.00', actual: '1.50' });
    expect(
      [...billing.holds.values()].filter((hold) => hold.kind === 'campaign' && hold.state === 'open'),
    ).toEqual([]);
    await desk.send('campaign.resume', { id });
    const settling = await phase(id, 'settling');
    expect([settling.counts.succeeded, settling.onReserve]).toEqual([2, false]);
    // The one of before was agreed at the old price: it waits for a person, and is not charged at the new one.
    const { items } = desk.outbox.list(account.id, {
      states: ['rejected'],
      beforeDeviceSeq: null,
      limit: 10,
    });
    expect(items.map(({ problem }) => problem?.code)).toEqual(['price_changed']);
    expect([...billing.charges.values()].map(({ amount }) => amount)).toEqual([yuan('1.50')]);
  });

  test('the reserve is given back when a campaign needs all there is', async () => {
    billing.balance = yuan('10.00');
    await desk.keepReserve('4.00');
    const { id, total } = await desk.quoted(users(10));
    expect(total).toBe('9.50');
    await desk.send('campaign.confirm', { id, expectedTotal: total });
    const ended = await phase(id, 'done');
    expect(ended.counts.succeeded).toBe(10);
    expect(billing.balance).toBe(yuan('0.50'));
  });

  test('two desks on one account, one of them cut off, never oversell the same last yuan', async () => {
    billing.balance = yuan('6.00');
    const other = freshFolder();
    const link = { up: true };
    const offline = startCampaignDesk(other.path, billing, agent, null, link);
    await offline.keepReserve('2.00');
    link.up = false;
    const far = await offline.quoted(users(5));
    await offline.send('campaign.confirm', { id: far.id, expectedTotal: far.total });
    // The desk that is online sees the other's reserve as held: it may have four, not six.
    await desk.keepReserve('0');
    const mine = await desk.quoted(['v1', 'v2', 'v3', 'v4', 'v5', 'v6']);
    await expect(desk.send('campaign.confirm', { id: mine.id, expectedTotal: mine.total })).rejects.toThrow(
      'insufficient_balance',
    );
    const fitting = await desk.quoted(['v1', 'v2', 'v3', 'v4']);
    await desk.send('campaign.confirm', { id: fitting.id, expectedTotal: fitting.total });
    await phase(fitting.id, 'done');

    await until(async () => expect((await offline.get(far.id)).pauseReason).toBe('offline_reserve'));
    expect((await offline.get(far.id)).counts.succeeded).toBe(2);
    offline.back();
    // 6.00 less 3.80 and 2.00: three more do not fit, and it says so instead of spending them.
    await until(async () => expect((await offline.get(far.id)).pauseReason).toBe('insufficient'));
    expect((await offline.get(far.id)).problem).toMatchObject({ code: 'insufficient_balance' });
    expect(billing.charges.size).toBe(6);
    expect(billing.balance).toBe(yuan('0.20'));
    await offline.end();
    other.remove();
  });
});

describe('a campaign from draft to done', () => {
  test('charges its successes by the quote, no failure, and releases the rest of its hold', async () => {
    agent.failing.add('u2').add('u5');
    const id = await started(users(7));
    const campaign = await phase(id, 'done');
    expect(campaign.counts).toMatchObject({ total: 7, succeeded: 5, failed: 2, queued: 0, running: 0 });
    // Seven were quoted, so each costs 0.95; five of them come to 4.75.
    expect([campaign.quote?.total, campaign.spent, campaign.holdRemaining]).toEqual(['6.65', '4.75', '0.00']);
    expectSettled(campaign);
    expect(desk.notices).toEqual([
      { kind: 'campaign_done', params: { id, name: '春季', succeeded: '5', failed: '2', spent: '4.75' } },
    ]);
    const { items } = await desk.send('campaign.tasks', { id, phase: 'failed', afterPosition: 0, limit: 10 });
    expect(items.map(({ targetUserId, reason, charge }) => [targetUserId, reason, charge])).toEqual([
      ['u2', 'private_account', null],
      ['u5', 'private_account', null],
    ]);
    const paid = await desk.send('campaign.tasks', { id, phase: 'succeeded', afterPosition: 0, limit: 10 });
    expect(paid.items.map(({ charge, amount }) => `${charge} ${amount}`)).toEqual(
      Array.from({ length: 5 }, () => 'settled 0.95'),
    );
  });

  test('runs no more follows at once than the settings say', async () => {
    desk.settings.update({ concurrency: 2 });
    const opened = Promise.withResolvers<void>();
    agent.gate = opened.promise;
    const id = await started(users(6));
    await until(async () => expect((await desk.get(id)).counts.running).toBe(2));
    expect((await desk.get(id)).counts.queued).toBe(4);
    opened.resolve();
    expectSettled(await phase(id, 'done'));
  });

  test('starts no faster than so many a minute', async () => {
    desk.settings.update({ perMinuteMax: 1_200, concurrency: 16 });
    const before = Date.now();
    const id = await started(users(5));
    await phase(id, 'done');
    // Five starts are four gaps of 50 ms.
    expect(Date.now() - before).toBeGreaterThanOrEqual(195);
  });

  test('tells the page at most once in a while, and always the end', async () => {
    const id = await started(users(60));
    await phase(id, 'done');
    await until(() => {
      const last = desk.events.at(-1)?.payload as { campaign: Campaign };
      expect(last.campaign.phase).toBe('done');
    });
    expect(desk.events.length).toBeLessThan(60);
  });
});

describe('confirming', () => {
  test('is refused by how much is missing, and the draft is kept', async () => {
    billing.balance = yuan('3.00');
    await restart();
    const { id, total } = await desk.quoted(users(5));
    await expect(desk.send('campaign.confirm', { id, expectedTotal: total })).rejects.toMatchObject({
      problem: {
        code: 'insufficient_balance',
        params: { required: '4.75', available: '3.00', shortfall: '1.75' },
      },
    });
    expect(await desk.get(id)).toMatchObject({ phase: 'quoted', counts: { queued: 5 } });
    expect(billing.calls).toEqual([]);
  });

  test('takes the server’s word when it knows of less money than the desk', async () => {
    const { id, total } = await desk.quoted(users(5));
    billing.balance = yuan('1.00');
    await expect(desk.send('campaign.confirm', { id, expectedTotal: total })).rejects.toMatchObject({
      problem: { code: 'insufficient_balance', params: { available: '1.00', shortfall: '3.75' } },
    });
    expect(await desk.get(id)).toMatchObject({ phase: 'quoted', problem: { code: 'insufficient_balance' } });
  });

  test('is refused when the total is not the one agreed to', async () => {
    const { id } = await desk.quoted(users(5));
    await expect(desk.send('campaign.confirm', { id, expectedTotal: '4.00' })).rejects.toMatchObject({
      problem: { code: 'price_changed', params: { expected: '4.00', actual: '4.75' } },
    });
  });

  test('puts a price that the server has changed to the person, with nothing left held', async () => {
    const { id, total } = await desk.quoted(users(2));
    billing.unitPrice = '1.50';
    await expect(desk.send('campaign.confirm', { id, expectedTotal: total })).rejects.toMatchObject({
      problem: { code: 'price_changed', params: { expected: '2.00', actual: '3.00' } },
    });
    expect(await desk.get(id)).toMatchObject({ phase: 'quoted', quote: { total: '3.00' } });
    expect(billing.held()).toBe(0n);
  });

  test('without an answer keeps the draft and asks again under the same id', async () => {
    const { id, total } = await desk.quoted(users(2));
    billing.online = false;
    await expect(desk.send('campaign.confirm', { id, expectedTotal: total })).rejects.toMatchObject({
      problem: { code: 'server_unreachable' },
    });
    expect((await desk.get(id)).phase).toBe('quoted');
    const first = desk.cache.sql.prepare('SELECT hold_id FROM campaigns').pluck().get();
    billing.online = true;
    await desk.send('campaign.confirm', { id, expectedTotal: total });
    expect([...billing.holds.keys()]).toEqual([first]);
    expectSettled(await phase(id, 'done'));
  });

  test('whose answer was lost after it took the last of the money goes on when it is asked again', async () => {
    billing.balance = yuan('2.00');
    await restart();
    const { id, total } = await desk.quoted(users(2));
    billing.online = false;
    await expect(desk.send('campaign.confirm', { id, expectedTotal: total })).rejects.toThrow('unreachable');
    const holdId = desk.cache.sql.prepare('SELECT hold_id FROM campaigns').pluck().get() as string;
    billing.createHold({ id: holdId, campaignId: id, quantity: 2, deviceId: 'device-1' });
    billing.online = true;
    await restart();
    const { check } = await desk.send('campaign.quote', { id });
    expect(check).toMatchObject({ sufficient: true, remaining: '0.00' });
    await desk.send('campaign.confirm', { id, expectedTotal: total });
    await phase(id, 'done');
    expect([...billing.holds.keys()]).toEqual([holdId]);
    expect([billing.balance, billing.held()]).toEqual([0n, 0n]);
  });

  test('discarding a draft gives back what an unanswered confirm may have set aside', async () => {
    const { id, total } = await desk.quoted(users(2));
    billing.online = false;
    await expect(desk.send('campaign.confirm', { id, expectedTotal: total })).rejects.toThrow('unreachable');
    const holdId = desk.cache.sql.prepare('SELECT hold_id FROM campaigns').pluck().get() as string;
    billing.createHold({ id: holdId, campaignId: id, quantity: 2, deviceId: 'device-1' });
    await expect(desk.send('campaign.discard', { id })).rejects.toThrow('unreachable');
    billing.online = true;
    await desk.send('campaign.discard', { id });
    expect(billing.holds.get(holdId)?.state).toBe('closed');
    await expect(desk.get(id)).rejects.toThrow('campaign_not_found');
    expect(desk.cache.sql.prepare('SELECT count(*) FROM tasks').pluck().get()).toBe(0n);
  });

  test('discarding a draft keeps a confirm that arrives afterwards from setting anything aside', async () => {
    const { id, total } = await desk.quoted(users(2));
    billing.online = false;
    await expect(desk.send('campaign.confirm', { id, expectedTotal: total })).rejects.toThrow('unreachable');
    const holdId = desk.cache.sql.prepare('SELECT hold_id FROM campaigns').pluck().get() as string;
    billing.online = true;
    await desk.send('campaign.discard', { id });
    billing.createHold({ id: holdId, campaignId: id, quantity: 2, deviceId: 'device-1' });
    expect(billing.statement().held).toBe('0.00');
  });
});

describe('pausing', () => {
  test('by a person stays, and goes on where it was', async () => {
    const opened = Promise.withResolvers<void>();
    agent.gate = opened.promise;
    const id = await started(users(20));
    await until(async () => expect((await desk.get(id)).counts.running).toBe(4));
    await desk.send('campaign.pause', { id });
    opened.resolve();
    await until(async () => expect((await desk.get(id)).counts.running).toBe(0));
    desk.changes.tell('session', 'sync', 'balance');
    const paused = await desk.get(id);
    expect(paused).toMatchObject({ phase: 'paused', pauseReason: 'user', counts: { queued: 16 } });
    expect(paused.counts.succeeded).toBe(4);
    await restart();
    expect((await desk.get(id)).phase).toBe('paused');
    await desk.send('campaign.resume', { id });
    expectSettled(await phase(id, 'done'));
  });

  test('below the threshold goes on by itself when the balance is back above it', async () => {
    const off = { enabled: false, threshold: '0.00' };
    const threshold = { enabled: true, threshold: '97.50' };
    desk.snapshots.write(
      account.id,
      'alerts',
      { lowBalance: off, pauseTasks: threshold, email: { enabled: false, address: '' } },
      { atMs: 0 },
    );
    const id = await started(users(6));
    expect(await phase(id, 'paused')).toMatchObject({ pauseReason: 'threshold' });
    // Follows under way when the threshold was crossed still end and are paid for.
    await until(async () => expect((await desk.get(id)).counts.running).toBe(0));
    expect(billing.charges.size).toBeLessThan(6);
    expect(desk.notices.at(-1)).toEqual({
      kind: 'campaign_paused',
      params: { id, name: '春季', reason: 'threshold' },
    });
    billing.balance += yuan('50.00');
    desk.rounds.nudge();
    const campaign = await phase(id, 'done');
    expect(campaign.counts.succeeded).toBe(6);
    expect(desk.notices.map(({ kind }) => kind)).toEqual([
      'campaign_paused',
      'campaign_resumed',
      'campaign_done',
    ]);
  });

  test('while signed out goes on by itself after signing in', async () => {
    const opened = Promise.withResolvers<void>();
    agent.gate = opened.promise;
    const id = await started(users(8));
    desk.changed({ signedIn: false });
    opened.resolve();
    expect(await phase(id, 'paused')).toMatchObject({ pauseReason: 'signed_out' });
    desk.changed({ signedIn: true });
    expectSettled(await phase(id, 'done'));
  });

  test('for drift waits for a person even when the drift is gone', async () => {
    const opened = Promise.withResolvers<void>();
    agent.gate = opened.promise;
    const id = await started(users(8));
    desk.changed({ drifting: true });
    opened.resolve();
    expect(await phase(id, 'paused')).toMatchObject({ pauseReason: 'drift' });
    desk.changed({ drifting: false });
    await until(async () => expect((await desk.get(id)).counts.running).toBe(0));
    expect((await desk.get(id)).phase).toBe('paused');
    await desk.send('campaign.resume', { id });
    expectSettled(await phase(id, 'done'));
  });

  test('for an executor that is down puts the task back, and goes on when it answers again', async () => {
    agent.up = false;
    const id = await started(users(3));
    const paused = await phase(id, 'paused');
    expect(paused).toMatchObject({ pauseReason: 'executor_down', problem: { code: 'executor_unreachable' } });
    await until(async () => expect((await desk.get(id)).counts.queued).toBe(3));
    agent.up = true;
    expectSettled(await phase(id, 'done'));
  });

  test('when the hold does not cover the next target', async () => {
    const opened = Promise.withResolvers<void>();
    agent.gate = opened.promise;
    const id = await started(users(6));
    desk.cache.sql.exec(`UPDATE campaigns SET hold = json_set(hold, '$.amount', '3.80')`);
    opened.resolve();
    const paused = await phase(id, 'paused');
    expect(paused).toMatchObject({ pauseReason: 'insufficient', problem: { code: 'hold_exceeded' } });
    await until(() => expect(billing.charges.size).toBe(4));
    expect((await desk.get(id)).holdRemaining).toBe('0.00');
  });
});

describe('offline', () => {
  test('a campaign goes on within its hold, and settles when the network is back', async () => {
    const opened = Promise.withResolvers<void>();
    agent.gate = opened.promise;
    const id = await started(users(9));
    billing.online = false;
    opened.resolve();
    const settling = await phase(id, 'settling');
    expect(settling.counts.succeeded).toBe(9);
    expect(desk.outbox.pending(account.id)).toMatchObject({ count: 9, amount: yuan('8.55') });
    await restart();
    expect((await desk.get(id)).phase).toBe('settling');
    desk.back();
    expectSettled(await phase(id, 'done'));
  });
});

describe('a server that will not release a hold', () => {
  test('is told to the person, and asked again until it does', async () => {
    billing.frozen = true;
    const id = await started(users(3));
    await until(async () => expect((await desk.get(id)).problem).toMatchObject({ code: 'account_frozen' }));
    expect((await desk.get(id)).phase).toBe('settling');
    billing.frozen = false;
    const campaign = await phase(id, 'done');
    expect(campaign.problem).toBeNull();
    expectSettled(campaign);
  });
});

describe('cancelling', () => {
  test('lets what is under way finish, skips the rest, and releases the hold', async () => {
    const opened = Promise.withResolvers<void>();
    agent.gate = opened.promise;
    const id = await started(users(30));
    await until(async () => expect((await desk.get(id)).counts.running).toBe(4));
    await desk.send('campaign.cancel', { id });
    await until(async () => expect((await desk.get(id)).counts.skipped).toBe(26));
    expect((await desk.get(id)).phase).toBe('settling');
    opened.resolve();
    const campaign = await phase(id, 'cancelled');
    expect(campaign).toMatchObject({ counts: { succeeded: 4, skipped: 26, queued: 0 }, spent: '3.80' });
    expectSettled(campaign);
    await expect(desk.send('campaign.resume', { id })).rejects.toThrow('campaign_state');
  });
});

describe('outcomes that nobody knows', () => {
  test('wait for a person, whose word charges or does not, once', async () => {
    agent.vague.add('u1').add('u2');
    const id = await started(users(4));
    await until(async () =>
      expect((await desk.get(id)).counts).toMatchObject({ succeeded: 2, unknown: 2, running: 0 }),
    );
    expect((await phase(id, 'settling')).counts.unknown).toBe(2);
    const { items } = await desk.send('campaign.tasks', {
      id,
      phase: 'unknown',
      afterPosition: 0,
      limit: 10,
    });
    const [first, second] = items.map((task) => task.id);
    await desk.send('campaign.decide', { taskId: first!, outcome: 'succeeded' });
    await expect(desk.send('campaign.decide', { taskId: first!, outcome: 'succeeded' })).rejects.toThrow(
      'campaign_state',
    );
    await desk.send('campaign.decide', { taskId: second!, outcome: 'failed' });
    const campaign = await phase(id, 'done');
    expect(campaign.counts).toMatchObject({ succeeded: 3, failed: 1 });
    expect([billing.charges.size, campaign.spent]).toEqual([3, '2.85']);
  });

  test('are settled by the executor as soon as it can tell', async () => {
    agent.vague.add('u1');
    const id = await started(users(2));
    await until(async () => expect((await desk.get(id)).counts.unknown).toBe(1));
    agent.vague.clear();
    expectSettled(await phase(id, 'done'));
  });
});

test('a charge that the server refuses keeps the campaign settling until a person has dealt with it', async () => {
  billing.refused.add('u2');
  const id = await started(users(3));
  await until(() => expect(desk.outbox.attentionCount(account.id)).toBe(1));
  const settling = await phase(id, 'settling');
  expect([settling.spent, settling.holdRemaining]).toEqual(['2.00', '0.00']);
  billing.refused.clear();
  desk.outbox.retryAll(account.id);
  desk.rounds.nudge();
  expectSettled(await phase(id, 'done'));
});

describe('a crash', () => {
  const moments: Moment[] = [
    'before createHold',
    'after createHold',
    'before follow',
    'after follow',
    'after success',
    'before releaseHold',
    'after releaseHold',
  ];
  test.each(moments)('%s loses nothing and charges nothing twice', async (moment) => {
    agent.failing.add('u3');
    await restart(moment);
    const { id, total } = await desk.quoted(users(9));
    void desk.send('campaign.confirm', { id, expectedTotal: total }).catch(() => undefined);
    await until(() => expect(desk.isDead()).toBe(true));
    await new Promise((resolve) => setImmediate(resolve));
    await restart();
    const campaign = await phase(id, 'done');
    expect(campaign.counts).toMatchObject({ total: 9, succeeded: 8, failed: 1 });
    expectSettled(campaign);
  });

  test('in the middle of an import leaves no half a draft', async () => {
    await desk.quoted(users(3));
    desk.cache.sql.exec(`UPDATE campaigns SET phase = 'draft', report = json_set(report, '$.good', 4)`);
    await restart();
    expect(desk.part.list(account.id)).toEqual([]);
    expect(desk.cache.sql.prepare('SELECT count(*) FROM tasks').pluck().get()).toBe(0n);
  });
});

test('the outcome of a task can not be changed, not even in the database', async () => {
  await phase(await started(users(1)), 'done');
  expect(() => desk.cache.sql.exec(`UPDATE tasks SET phase = 'failed'`)).toThrow('never changes');
});

test('a campaign of another account is not found', async () => {
  const { id } = await desk.quoted(users(1));
  desk.cache.sql.exec(`UPDATE campaigns SET account_id = 'somebody else'`);
  await expect(desk.get(id)).rejects.toThrow('campaign_not_found');
});

test('campaigns are found by a part of their name, newest first, and their own account alone finds them', async () => {
  const ids: string[] = [];
  for (const name of ['秋季 Launch', '达人关注', '冬季 launch'])
    ids.unshift((await desk.send('campaign.create', { ...draft, name })).campaign.id);
  const found = async (text: string, limit = 10): Promise<string[]> =>
    (await desk.send('campaign.find', { text, limit })).items.map(({ id }) => id);
  expect(await found('')).toEqual(ids);
  expect(await found(' LAUNCH ')).toEqual([ids[0], ids[2]]);
  expect(await found('', 2)).toEqual(ids.slice(0, 2));
  expect(await found('%')).toEqual([]);
  desk.cache.sql.exec(`UPDATE campaigns SET account_id = 'somebody else'`);
  expect(await found('')).toEqual([]);
});

test('what reading the targets came to can be read again after a restart', async () => {
  const targets = { kind: 'text', text: 'u1\nu2\nu1\nbad id\n' } as const;
  const { campaign, report } = await desk.send('campaign.create', { ...draft, name: '名单', targets });
  expect([report.good, report.duplicates, report.bad]).toEqual([2, 1, 1]);
  await restart();
  expect(await desk.send('campaign.report', { id: campaign.id })).toEqual(report);
});
