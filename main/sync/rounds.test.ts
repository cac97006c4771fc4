/** Checks the rounds: what one brings, what starts one, what a lost connection and a difference lead to. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { yuan } from '../../shared/money.ts';
import { freshFolder, startTestDesk, type TestDesk } from './test-desk.ts';
import { startTestServer, type TestServer } from './test-server.ts';

let folder: ReturnType<typeof freshFolder>;
let server: TestServer;
let desk: TestDesk;

beforeEach(async () => {
  folder = freshFolder();
  server = await startTestServer();
  server.recharge('100.00');
  desk = startTestDesk(folder.path, server);
  await desk.signIn();
});
afterEach(async () => {
  await desk.end();
  await server.close();
  folder.remove();
  if (desk.errors.length > 0) throw new AggregateError(desk.errors, 'a round threw');
});

const id = (): string => server.account.id;
const sinceNow = (): (() => string[]) => {
  const from = server.requests.length;
  return () => server.requests.slice(from);
};

test('a full round brings the charges up and the ledger, balance, prices and alerts down', async () => {
  desk.charge(3);
  await desk.rounds.now();
  expect(desk.mirror.digest(id())).toMatchObject({ seq: 4, count: 4 });
  expect(desk.mirror.digest(id()).sums.get('CNY')).toBe(yuan('97.00'));
  expect(desk.snapshots.read(id(), 'balance')?.body.balance).toBe('97.00');
  expect(desk.snapshots.read(id(), 'pricing')?.body.version).toBe(1);
  expect(desk.snapshots.read(id(), 'alerts')).not.toBeNull();
  expect(desk.rounds.state()).toMatchObject({
    online: true,
    running: false,
    lastProblem: null,
    pendingCount: 0,
  });
  expect(desk.rounds.state().lastSyncedAt).not.toBeNull();
});

test('an idle round asks the same few questions whatever the length of the history', async () => {
  await desk.rounds.now();
  const short = sinceNow();
  await desk.rounds.now();
  desk.charge(60);
  await desk.rounds.now();
  const long = sinceNow();
  await desk.rounds.now();
  expect(long()).toEqual(short().slice(0, long().length));
  expect(long()).toEqual([
    'GET /transactions',
    'GET /transactions/digest',
    'GET /balance',
    'GET /pricing',
    'GET /alerts',
    'GET /account',
    'GET /devices',
  ]);
});

test('many nudges come to few rounds, and none is forgotten', async () => {
  const requests = sinceNow();
  for (let n = 0; n < 50; n += 1) {
    desk.charge(1);
    desk.rounds.nudge();
  }
  await vi.waitFor(() => expect(desk.outbox.pending(id()).count).toBe(0), { timeout: 20_000 });
  expect(requests().filter((request) => request === 'POST /billing/charges').length).toBeLessThan(5);
});

test('calls for a round that come during one are answered by the next, together', async () => {
  const first = desk.rounds.now();
  const charges = desk.charge(1);
  const requests = sinceNow();
  await Promise.all([desk.rounds.now(), desk.rounds.now(), desk.rounds.now()]);
  await first;
  expect(desk.outbox.get(charges[0]!)?.state).toBe('settled');
  expect(requests().filter((request) => request === 'GET /alerts').length).toBeLessThanOrEqual(2);
});

describe('without a connection', () => {
  test('charges wait, and the way back is noticed by itself', async () => {
    await desk.rounds.now();
    server.fault = () => 'drop_before';
    desk.charge(5);
    await desk.rounds.now();
    expect(desk.rounds.state()).toMatchObject({ online: false, lastProblem: { code: 'server_unreachable' } });
    expect(desk.outbox.pending(id()).count).toBe(5);
    server.fault = () => null;
    await vi.waitFor(() => expect(desk.outbox.pending(id()).count).toBe(0), { timeout: 20_000 });
    await vi.waitFor(() => expect(desk.rounds.state()).toMatchObject({ online: true, lastProblem: null }), {
      timeout: 20_000,
    });
    expect(server.ledger).toHaveLength(6);
  });

  test('a captive portal is no connection, and costs no charge an attempt after the first', async () => {
    server.fault = () => 'html';
    const [charge] = desk.charge(1);
    await desk.rounds.now();
    await desk.rounds.now();
    await desk.rounds.now();
    expect(desk.rounds.state()).toMatchObject({
      online: false,
      lastProblem: { code: 'server_not_zhangtai' },
    });
    expect(desk.outbox.get(charge!)).toMatchObject({ state: 'unknown', attempts: 1 });
  });

  test('another call that finds the connection back starts a round', async () => {
    server.fault = () => 'drop_before';
    await desk.rounds.now();
    server.fault = (path) => (path === '/health/live' ? null : 'drop_before');
    await desk.client.call('healthLive', {});
    server.fault = () => null;
    desk.charge(1);
    await vi.waitFor(() => expect(desk.outbox.pending(id()).count).toBe(0), { timeout: 20_000 });
  });
});

/** One request more fails, and is told of as it does; then the server is back. */
function backAfter(failing: () => void): void {
  let left = 1;
  server.fault = () => {
    if (left === 0) return null;
    left -= 1;
    failing();
    return 'drop_before';
  };
}

/** So many times that the next try is minutes off. */
async function failManyTimes(): Promise<void> {
  server.fault = () => 'drop_before';
  for (let round = 0; round < 16; round += 1) await desk.rounds.now();
}

describe('a network that appears (wake)', () => {
  beforeEach(async () => {
    await desk.end();
    // Long enough that no test waits for it.
    desk = startTestDesk(folder.path, server, { retry: { firstMs: 20, maxMs: 3_600_000 } });
    await desk.signIn();
    await desk.rounds.now();
  });

  test('while a round fails is followed by another at once', async () => {
    await failManyTimes();
    desk.charge(1);
    backAfter(() => desk.rounds.wake());
    void desk.rounds.now();
    await vi.waitFor(() => expect(desk.outbox.pending(id()).count).toBe(0), { timeout: 20_000 });
  });

  test('too early, is tried soon again: how long it was away before does not count', async () => {
    await failManyTimes();
    desk.charge(1);
    backAfter(() => undefined);
    desk.rounds.wake();
    await vi.waitFor(() => expect(desk.outbox.pending(id()).count).toBe(0), { timeout: 20_000 });
  });
});

test('a charge that waits for a later try is sent when its time comes, without being asked', async () => {
  server.refuse = () => 'unavailable';
  const [charge] = desk.charge(1);
  await desk.rounds.now();
  expect(desk.outbox.get(charge!)?.state).toBe('queued');
  server.refuse = () => null;
  await vi.waitFor(() => expect(desk.outbox.get(charge!)?.state).toBe('settled'), { timeout: 20_000 });
});

test('an ended sign-in stops the rounds and keeps the charges', async () => {
  server.endTokens();
  server.revoke();
  desk.charge(2);
  await desk.rounds.now();
  expect(desk.signedIn()).toBe(false);
  expect(desk.rounds.state()).toMatchObject({ pendingCount: 2, lastProblem: { code: 'signed_out' } });
  const requests = sinceNow();
  await desk.rounds.now();
  expect(requests()).toEqual([]);
  await desk.signIn();
  await desk.rounds.now();
  expect(desk.rounds.state()).toMatchObject({ pendingCount: 0, lastProblem: null });
});

test('no round runs while the account changes, and one that runs is ended first', async () => {
  server.fault = () => 'silence';
  const round = desk.rounds.now();
  await vi.waitFor(() => expect(desk.rounds.state().running).toBe(true), { timeout: 20_000 });
  await desk.rounds.exclusive(async () => {
    expect(desk.rounds.state().running).toBe(false);
    server.fault = () => null;
    desk.rounds.wake();
    desk.rounds.nudge();
    expect(desk.rounds.state().running).toBe(false);
  });
  await round;
  await desk.rounds.now();
  expect(desk.rounds.state().lastProblem).toBeNull();
});

describe('a difference between mirror and server (S4)', () => {
  test('in the mirror is mended by pulling all again', async () => {
    desk.charge(3);
    await desk.rounds.now();
    desk.cache.sql.exec("UPDATE daily_totals SET amount = amount + 1 WHERE kind = 'charge'");
    await desk.rounds.now();
    expect(desk.rounds.drifting()).toBe(false);
    expect(desk.mirror.digest(id()).sums.get('CNY')).toBe(yuan('97.00'));
  });

  test('that stays stops charging, shows both sides, lasts over a restart, and ends when they agree', async () => {
    await desk.rounds.now();
    const truth = server.ledger[0]!;
    server.ledger[0] = { ...truth, amount: '99.00', balanceAfter: '99.00' };
    await desk.rounds.now();
    expect(desk.rounds.drifting()).toBe(true);
    expect(desk.rounds.state().drift).toMatchObject({
      local: { seq: 1, balance: '100.00' },
      server: { seq: 1, balance: '99.00' },
    });
    await desk.end();
    desk = startTestDesk(folder.path, server);
    await desk.signIn();
    desk.charge(1);
    await desk.rounds.now();
    expect(desk.rounds.drifting()).toBe(true);
    expect(desk.outbox.pending(id()).count).toBe(1);

    server.ledger[0] = truth;
    await desk.rounds.now();
    expect(desk.rounds.drifting()).toBe(false);
    await desk.rounds.now();
    expect(desk.outbox.pending(id()).count).toBe(0);
  });

  test('that a person has confirmed lets charging go on, and stays shown until the two agree', async () => {
    await desk.rounds.now();
    const truth = server.ledger[0]!;
    server.ledger[0] = { ...truth, amount: '99.00', balanceAfter: '99.00' };
    await desk.rounds.now();
    expect(desk.rounds.state().drift).toMatchObject({ difference: '-1.00', confirmedAt: null });
    expect(desk.rounds.confirmDrift('0'.repeat(64))).toBe(false);
    expect(desk.rounds.drifting()).toBe(true);

    expect(desk.rounds.confirmDrift(truth.hash)).toBe(true);
    expect(desk.rounds.drifting()).toBe(false);
    desk.charge(1);
    await desk.rounds.now();
    expect(desk.outbox.pending(id()).count).toBe(0);
    expect(desk.rounds.state().drift?.confirmedAt).not.toBeNull();
  });

  test('in rows that do not continue the chain keeps them out', async () => {
    await desk.rounds.now();
    desk.charge(2);
    await desk.rounds.now();
    server.recharge('5.00');
    const last = server.ledger.at(-1)!;
    server.ledger[server.ledger.length - 1] = { ...last, amount: '500.00' };
    await desk.rounds.now();
    expect(desk.rounds.drifting()).toBe(true);
    expect(desk.mirror.digest(id()).seq).toBe(3);
  });
});

/** What the server says of this device, unless `part` says otherwise. */
const seen = (part: object) => ({
  deviceId: desk.device.deviceId,
  name: 'test',
  lastSeq: 0,
  missing: [],
  reused: [],
  lastSeenAt: '2026-01-01T00:00:00.000Z',
  ...part,
});

describe('the numbers of this device (S2)', () => {
  test('that the server has seen beyond the desk’s own are not given again', async () => {
    server.devices = [seen({ lastSeq: 41 }), seen({ deviceId: 'another', lastSeq: 99 })];
    await desk.rounds.now();
    const [first] = desk.charge(1);
    expect(desk.outbox.get(first ?? '')?.deviceSeq).toBe(42);
    server.devices = [seen({ lastSeq: 7 })];
    await desk.rounds.now();
    const [second] = desk.charge(1);
    expect(desk.outbox.get(second ?? '')?.deviceSeq).toBe(43);
    expect(desk.rounds.state().numbers).toBeNull();
  });

  test('that were used twice or are missing are shown until a person takes note of them', async () => {
    server.devices = [seen({ lastSeq: 9, missing: [3, 4], reused: [5] })];
    await desk.rounds.now();
    expect(desk.rounds.state().numbers).toEqual({ missing: [3, 4], reused: [5] });
    desk.rounds.noteNumbers();
    expect(desk.rounds.state().numbers).toBeNull();
    server.devices = [seen({ lastSeq: 9, missing: [3, 4], reused: [5, 6] })];
    await desk.rounds.now();
    expect(desk.rounds.state().numbers).toEqual({ missing: [], reused: [6] });
  });

  test('that are missing there and still wait here are only late', async () => {
    server.refuse = ({ deviceSeq }) => (deviceSeq === 1 ? 'unavailable' : null);
    desk.charge(2);
    server.devices = [seen({ lastSeq: 2, missing: [1] })];
    await desk.rounds.now();
    expect(desk.outbox.pending(id()).count).toBe(1);
    expect(desk.rounds.state().numbers).toBeNull();
  });
});
