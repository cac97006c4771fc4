/** Checks what the outbox promises of charges: kept with their success, sent under one id, charged exactly once. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OutboxState } from '../../shared/ipc-outbox.ts';
import { freshFolder, newCharge, startTestDesk, type TestDesk } from './test-desk.ts';
import { startTestServer, type Fault, type TestServer } from './test-server.ts';

let folder: ReturnType<typeof freshFolder>;
let server: TestServer;
let desk: TestDesk;

beforeEach(async () => {
  folder = freshFolder();
  server = await startTestServer();
  server.recharge('10000.00');
  desk = startTestDesk(folder.path, server);
  await desk.signIn();
});
afterEach(async () => {
  await desk.end();
  await server.close();
  folder.remove();
});

const push = () => desk.pusher.push(server.account.id, new AbortController().signal);
const states = (ids: readonly string[]) => ids.map((id) => desk.outbox.get(id)?.state);

describe('keeping a charge', () => {
  test('outside a transaction is refused, so that a success and its charge can not part (S1)', () => {
    expect(() => desk.outbox.enqueue(newCharge(server.account.id))).toThrow('S1');
  });

  test('is undone with its success when the transaction fails, and its number is given again', () => {
    const [first] = desk.charge(1);
    expect(() =>
      desk.cache.transaction(() => {
        desk.outbox.enqueue(newCharge(server.account.id));
        throw new Error('the success could not be written');
      }),
    ).toThrow('could not be written');
    const [second] = desk.charge(1);
    expect(desk.outbox.get(first!)?.deviceSeq).toBe(1);
    expect(desk.outbox.get(second!)?.deviceSeq).toBe(2);
    expect(desk.outbox.pending(server.account.id).count).toBe(2);
  });

  test('numbers each account from 1 (S2)', () => {
    desk.charge(3);
    const [id] = desk.charge(1, { accountId: '0198b0a5-0000-7000-8000-000000000001' });
    expect(desk.outbox.get(id!)?.deviceSeq).toBe(1);
  });

  test('can not be undone by deleting the row', () => {
    desk.charge(1);
    expect(() => desk.cache.sql.exec('DELETE FROM outbox')).toThrow('never deleted');
  });

  test('counts what no hold covers apart', () => {
    desk.charge(2, { holdId: '0198b0a5-0000-7000-8000-000000000002', campaignId: 'c1' });
    desk.charge(3, { campaignId: 'c1' });
    expect(desk.outbox.pending(server.account.id)).toEqual({
      count: 5,
      amount: 5_000_000n,
      amountWithoutHold: 3_000_000n,
    });
    expect(desk.outbox.campaignCharges('c1')).toMatchObject({ pendingCount: 5, pendingAmount: 5_000_000n });
  });
});

describe('sending', () => {
  test('goes in the device order, in batches of at most 500', async () => {
    const ids = desk.charge(1_100);
    expect(await push()).toBeNull();
    expect(server.ledger.slice(1).map((row) => row.id)).toEqual(ids);
    expect(server.requests.filter((request) => request === 'POST /billing/charges')).toHaveLength(3);
    expect(desk.outbox.pending(server.account.id).count).toBe(0);
  });

  test.each<[Fault, string]>([
    ['drop_before', 'unknown'],
    ['drop_after', 'unknown'],
    ['truncate_after', 'unknown'],
    ['html', 'unknown'],
    ['error_before', 'queued'],
    ['error_after', 'queued'],
    ['busy', 'queued'],
  ])(
    'takes %s for no success and no refusal: the charges are %s, then charged once',
    async (fault, state) => {
      const ids = desk.charge(3);
      server.fault = () => fault;
      expect(await push()).not.toBeNull();
      expect(states(ids)).toEqual([state, state, state]);
      server.fault = () => null;
      desk.outbox.retryAll(server.account.id);
      expect(await push()).toBeNull();
      expect(states(ids)).toEqual(['settled', 'settled', 'settled']);
      expect(server.ledger.filter((row) => row.kind === 'charge').map((row) => row.id)).toEqual(ids);
    },
  );

  test('keeps what the server answered while a full disk can not take it, and writes it when it can', async () => {
    // Refusals, because they are long: they need pages that a disk which is full does not give.
    const ids = desk.charge(200);
    server.refuse = () => 'account_frozen';
    server.fault = () => {
      desk.cache.sql.pragma(
        `max_page_count = ${String(desk.cache.sql.pragma('page_count', { simple: true }))}`,
      );
      return null;
    };
    await expect(push()).rejects.toThrow(/full/);
    await expect(push()).rejects.toThrow(/full/);
    expect(new Set(states(ids))).toEqual(new Set(['sending']));
    server.fault = () => null;
    desk.cache.sql.pragma('max_page_count = 4294967294');
    expect(await push()).toBeNull();
    expect(new Set(states(ids))).toEqual(new Set(['rejected']));
    expect(server.requests.filter((request) => request === 'POST /billing/charges')).toHaveLength(1);
  });

  test('says each time that a charge was sent, and what came back', async () => {
    const [id] = desk.charge(1);
    for (const fault of ['drop_after', 'busy', null] as const) {
      server.fault = () => fault;
      await push();
      desk.outbox.retryAll(server.account.id);
    }
    const attempts = desk.outbox.attempts(id!);
    expect(attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
      [1, expect.stringMatching(/ECONNRESET|hang up|no answer/)],
      [2, 'rate_limited'],
      [3, 'settled'],
    ]);
    expect(attempts[2]?.atMs).toBe(desk.outbox.get(id!)?.settledAtMs);
  });

  test('lets go of the batch that was taken ahead when the one before it gets no answer', async () => {
    const ids = desk.charge(1_200);
    let batches = 0;
    server.fault = (path) => (path === '/billing/charges' && (batches += 1) === 2 ? 'drop_after' : null);
    expect(await push()).toMatchObject({ kind: 'unreachable' });
    await vi.waitFor(
      async () => {
        expect(await push()).toBeNull();
        expect(desk.outbox.pending(server.account.id).count).toBe(0);
      },
      { timeout: 20_000 },
    );
    expect(server.ledger.slice(1).map((row) => row.id)).toEqual(ids);
    const attempts = [0, 600, 1_100].map((index) => desk.outbox.get(ids[index]!)?.attempts);
    expect(attempts).toEqual([1, 2, 1]);
  });

  test('tries three times on a server error and then leaves the charge for later', async () => {
    const [id] = desk.charge(1);
    server.fault = () => 'error_before';
    await push();
    expect(server.requests.filter((request) => request === 'POST /billing/charges')).toHaveLength(3);
    const charge = desk.outbox.get(id!)!;
    expect(charge).toMatchObject({ state: 'queued', attempts: 1, problem: { code: 'internal' } });
    expect(charge.nextTryAtMs).toBeGreaterThan(Date.now());
  });

  test('does not wait for a time that a wrong clock wrote', async () => {
    const [id] = desk.charge(1);
    const daysAhead = Date.now() + 10 * 86_400_000;
    desk.outbox.claim(server.account.id, daysAhead);
    const problem = { type: 'about:blank', title: '', status: 503, code: 'unavailable' } as const;
    const queued = { kind: 'queued', problem, nextTryAtMs: daysAhead + 2_000 } as const;
    desk.outbox.record(new Map([[id!, queued]]), daysAhead);
    expect(desk.outbox.claim(server.account.id, daysAhead)).toEqual([]);
    expect(desk.outbox.nextDueAtMs(server.account.id, daysAhead)).toBe(daysAhead + 2_000);
    // The clock was put right while a round went on: the next one must not take its time from the wrong one either.
    const nowMs = Date.now();
    expect(desk.outbox.nextDueAtMs(server.account.id, nowMs)).toBe(nowMs);
    expect(desk.outbox.claim(server.account.id, nowMs)).toMatchObject([{ id }]);
  });

  test('leaves a charge unsent, not unknown, when nobody listens', async () => {
    await server.close();
    // Uses the connection up that was kept alive: a request on that one may have arrived.
    await desk.client.call('healthLive', {});
    const ids = desk.charge(1);
    expect(await push()).toMatchObject({ kind: 'unreachable', maybeActed: false });
    expect(states(ids)).toEqual(['queued']);
  });

  test('asks again for the charges that an answer leaves out', async () => {
    const ids = desk.charge(3);
    server.fault = () => 'fewer_results';
    await push();
    expect(states(ids)).toEqual(['settled', 'settled', 'unknown']);
    server.fault = () => null;
    desk.outbox.retryAll(server.account.id);
    await push();
    expect(states(ids)).toEqual(['settled', 'settled', 'settled']);
    expect(server.ledger).toHaveLength(4);
  });

  test('finds the one charge that a whole batch is refused for', async () => {
    const good = desk.charge(5);
    const [bad] = desk.charge(1, { targetUserId: 'x'.repeat(300) });
    const more = desk.charge(5);
    expect(await push()).toBeNull();
    expect(states([...good, ...more])).toEqual(Array.from({ length: 10 }, () => 'settled'));
    expect(desk.outbox.get(bad!)).toMatchObject({
      state: 'rejected',
      problem: { code: 'validation_failed' },
    });
  });

  test.each(['insufficient_balance', 'price_changed', 'account_frozen', 'duplicate_target'] as const)(
    'parks a charge refused for %s until a person acts, and goes on with the others',
    async (code) => {
      const [refused, charged] = desk.charge(2);
      server.refuse = (charge) => (charge.id === refused ? code : null);
      await push();
      expect(states([refused!, charged!])).toEqual(['rejected', 'settled']);
      expect(desk.outbox.get(refused!)?.problem?.code).toBe(code);
      expect(desk.outbox.attentionCount(server.account.id)).toBe(1);
      expect(desk.outbox.pending(server.account.id).count).toBe(0);
    },
  );

  test('a server that fails on one charge alone keeps the others moving', async () => {
    const [troubled, charged] = desk.charge(2);
    server.refuse = (charge) => (charge.id === troubled ? 'internal' : null);
    await push();
    expect(states([troubled!, charged!])).toEqual(['queued', 'settled']);
  });
});

describe('after a crash', () => {
  test('what was being sent is unknown, and the same id is sent again', async () => {
    const ids = desk.charge(2);
    desk.outbox.claim(server.account.id, Date.now());
    await desk.end();
    desk = startTestDesk(folder.path, server);
    expect(states(ids)).toEqual(['sending', 'sending']);
    expect(desk.outbox.recover()).toBe(2);
    expect(states(ids)).toEqual(['unknown', 'unknown']);
    await desk.signIn();
    await push();
    expect(states(ids)).toEqual(['settled', 'settled']);
  });
});

describe("a person's decision", () => {
  test('sends a refused charge again once there is money', async () => {
    const [id] = desk.charge(1);
    server.refuse = () => 'insufficient_balance';
    await push();
    server.refuse = () => null;
    expect(desk.outbox.retry(id!)?.state).toBe('queued');
    await push();
    expect(desk.outbox.get(id!)).toMatchObject({ state: 'settled', problem: null, paidAmount: 1_000_000n });
  });

  test('gives a refused charge up with a reason, and never one that may have been charged', async () => {
    const [id] = desk.charge(1);
    expect(desk.outbox.waive(id!, 'too soon')).toBeNull();
    server.refuse = () => 'duplicate_target';
    await push();
    expect(desk.outbox.waive(id!, 'followed twice')).toMatchObject({
      state: 'waived',
      waiveReason: 'followed twice',
    });
    expect(desk.outbox.retry(id!)).toBeNull();
  });

  test('lists newest first with a total that does not depend on the page', () => {
    desk.charge(7);
    const page = desk.outbox.list(server.account.id, { states: ['queued'], beforeDeviceSeq: 6, limit: 2 });
    expect(page.items.map((item) => item.deviceSeq)).toEqual([5, 4]);
    expect(page.total).toBe(7);
  });

  test('lists several states as one, in order', async () => {
    desk.charge(6);
    let asked = 0;
    server.refuse = () => ((asked += 1) % 2 === 0 ? 'duplicate_target' : null);
    await push();
    desk.charge(2);
    const query = { beforeDeviceSeq: null, limit: 10 };
    const numbers = (states: OutboxState[]): number[] =>
      desk.outbox.list(server.account.id, { ...query, states }).items.map((item) => item.deviceSeq);
    expect(numbers(['settled', 'rejected', 'queued'])).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(numbers(['rejected', 'waived'])).toEqual([6, 4, 2]);
    expect(numbers(['settled', 'queued'])).toEqual([8, 7, 5, 3, 1]);
  });
});

const faults: readonly (Fault | null)[] = [
  null,
  'drop_before',
  'drop_after',
  'error_before',
  'error_after',
  'busy',
  'html',
  'truncate_after',
  'twice',
  'fewer_results',
];

test('whatever goes wrong, in the end each charge is on the server exactly once and the sums agree', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          charges: fc.integer({ min: 0, max: 4 }),
          fault: fc.constantFrom(...faults),
          crash: fc.boolean(),
        }),
        { minLength: 1, maxLength: 8 },
      ),
      async (steps) => {
        const before = server.ledger.length;
        const ids: string[] = [];
        for (const step of steps) {
          ids.push(...desk.charge(step.charges));
          server.fault = (path) => (path === '/billing/charges' ? step.fault : null);
          await push();
          if (step.crash) desk.outbox.claim(server.account.id, Date.now());
          if (step.crash) desk.outbox.recover();
          desk.outbox.retryAll(server.account.id);
        }
        server.fault = () => null;
        expect(await push()).toBeNull();

        const rows = server.ledger.slice(before);
        expect(rows.map((row) => row.id).toSorted()).toEqual(ids.toSorted());
        const paid = ids.reduce((sum, id) => sum + (desk.outbox.get(id)?.paidAmount ?? 0n), 0n);
        expect(paid).toBe(BigInt(ids.length) * 1_000_000n);
        expect(desk.outbox.pending(server.account.id)).toEqual({
          count: 0,
          amount: 0n,
          amountWithoutHold: 0n,
        });
      },
    ),
    { numRuns: 40 },
  );
});
