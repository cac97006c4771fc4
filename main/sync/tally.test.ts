/** Checks that what is remembered of the outbox's rows, and what triggers sum up of them, is what the rows say. */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Charge } from '../../shared/api.ts';
import { Problem } from '../../shared/api-words.ts';
import type { OutboxState } from '../../shared/ipc-outbox.ts';
import { yuanText, type Micros } from '../../shared/money.ts';
import type { Cache } from '../cache/database.ts';
import type { OutboxCharge, SendOutcome } from './charge.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { freshFolder, newCharge, openedCache } from './test-desk.ts';

const accountId = '018f0000-0000-7000-8000-000000000001';
const deviceId = 'test-device';
const nowMs = Date.parse('2026-11-21T02:34:52.000Z');
const places = [
  { campaignId: null, holdId: null },
  { campaignId: 'c1', holdId: 'h1' },
  { campaignId: 'c1', holdId: 'h2' },
  { campaignId: 'c2', holdId: null },
] as const;
const pendingOnes: readonly OutboxState[] = ['queued', 'sending', 'unknown'];
const allStates: readonly OutboxState[] = [...pendingOnes, 'settled', 'rejected', 'waived'];

let folder: ReturnType<typeof freshFolder>;
let cache: Cache;
let outbox: Outbox;

beforeEach(() => {
  folder = freshFolder();
  cache = openedCache(folder.path);
  outbox = createOutbox(cache, deviceId);
});
afterEach(() => {
  cache.close();
  folder.remove();
});

function enqueue(count: number, place: number): string[] {
  const part = places[place % places.length];
  return cache.transaction(() =>
    Array.from({ length: count }, () => outbox.enqueue({ ...newCharge(accountId), ...part }).id),
  );
}

/** Its success could not be written after all. */
function enqueueInVain(place: number): void {
  try {
    cache.transaction(() => {
      enqueue(2, place);
      throw new RangeError('in vain');
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}

const refusal = Problem.parse({
  type: 'urn:zhangtai:problem:insufficient_balance',
  title: 'Not enough',
  status: 402,
  code: 'insufficient_balance',
  traceId: 'test',
});

/** Paid less than was expected, so that no sum can take the one for the other. */
function settled({ id, expectedAmount, occurredAtMs }: OutboxCharge): Charge {
  const amount = yuanText(expectedAmount - 10_000n);
  const quote = {
    platform: 'douyin',
    operation: 'follow',
    quantity: 1,
    unitPrice: amount,
    subtotal: amount,
    steps: [],
    unitNet: amount,
    total: amount,
    pricingVersion: 1,
  };
  const occurredAt = new Date(occurredAtMs).toISOString();
  const pricing = { ...quote, k: 1 };
  return Charge.parse({
    id,
    seq: 1,
    amount,
    balanceAfter: '0.00',
    pricing,
    occurredAt,
    recordedAt: occurredAt,
  });
}

function outcomeOf(charge: OutboxCharge, pick: number): SendOutcome {
  if (pick === 0) return { kind: 'rejected', problem: refusal };
  if (pick === 1) return { kind: 'queued', problem: refusal, nextTryAtMs: 0 };
  if (pick === 2) return { kind: 'unknown', reason: 'cut', nextTryAtMs: 0 };
  if (pick === 3) return { kind: 'unsent' };
  return { kind: 'settled', charge: settled(charge) };
}

interface Sum {
  readonly count: number;
  readonly amount: Micros;
  readonly amountWithoutHold: Micros;
}

/** Read from the rows themselves. */
function rowsSay(states: readonly OutboxState[], where = '1'): Sum {
  const row = cache.sql
    .prepare<OutboxState[], { count: bigint; amount: Micros; withoutHold: Micros }>(
      `SELECT count(*) AS count, coalesce(sum(coalesce(paid_amount, expected_amount)), 0) AS amount,
         coalesce(sum(iif(hold_id IS NULL, coalesce(paid_amount, expected_amount), 0)), 0) AS withoutHold
       FROM outbox WHERE state IN (${states.map(() => '?').join(', ')}) AND ${where}`,
    )
    .get(...states);
  if (row === undefined) throw new Error('a sum has no row');
  return { count: Number(row.count), amount: row.amount, amountWithoutHold: row.withoutHold };
}

function check(): void {
  expect(outbox.pending(accountId)).toEqual(rowsSay(pendingOnes));
  for (const [totals, where] of [
    [outbox.campaignCharges('c1'), "campaign_id = 'c1'"],
    [outbox.holdCharges('h2'), "hold_id = 'h2'"],
  ] as const) {
    const [pending, rejected] = [rowsSay(pendingOnes, where), rowsSay(['rejected'], where)];
    const [paid, waived] = [rowsSay(['settled'], where), rowsSay(['waived'], where)];
    expect(totals).toEqual({
      pendingCount: pending.count,
      pendingAmount: pending.amount,
      rejectedCount: rejected.count,
      rejectedAmount: rejected.amount,
      settledCount: paid.count,
      settledAmount: paid.amount,
      waivedCount: waived.count,
      waivedAmount: waived.amount,
    });
  }
  const query = { beforeDeviceSeq: null, limit: 1 };
  for (const state of allStates)
    expect(outbox.list(accountId, { ...query, states: [state] }).total).toBe(rowsSay([state]).count);
}

/** Each takes a number, and the id of a charge that there may be. */
const steps: Readonly<Record<string, (pick: number, id: string) => void>> = {
  enqueue: (pick) => void enqueue(1 + (pick % 3), pick),
  enqueueInVain,
  send(pick) {
    const claimed = outbox.claim(accountId, nowMs);
    check();
    const outcomes = claimed.map(
      (charge, index) => [charge.id, outcomeOf(charge, (pick + index) % 7)] as const,
    );
    outbox.record(new Map(outcomes), nowMs);
  },
  crash() {
    outbox.claim(accountId, nowMs);
    outbox = createOutbox(cache, deviceId);
    check();
    outbox.recover();
  },
  retry: (_pick, id) => void outbox.retry(id),
  retryAll: () => void outbox.retryAll(accountId),
  reprice: (pick, id) => void outbox.reprice(id, 1_500_000n + BigInt(pick)),
  waive: (_pick, id) => void outbox.waive(id, 'given up'),
};

test('sums and numbers are what the rows say, whatever happens and whatever is undone', () => {
  const script = fc.array(fc.record({ step: fc.constantFrom(...Object.keys(steps)), pick: fc.nat(1_000) }), {
    minLength: 1,
    maxLength: 40,
  });
  fc.assert(
    fc.property(script, (moves) => {
      for (const { step, pick } of moves) {
        const ids = cache.sql.prepare<[], string>('SELECT id FROM outbox ORDER BY device_seq').pluck().all();
        steps[step]?.(pick, ids[pick % Math.max(ids.length, 1)] ?? 'none');
        check();
      }
    }),
    { numRuns: 60 },
  );
  const numbers = cache.sql.prepare('SELECT device_seq FROM outbox ORDER BY device_seq').pluck().all();
  expect(numbers).not.toHaveLength(0);
  // Without a gap, although enqueueing was undone again and again (S2).
  expect(numbers).toEqual(numbers.map((_, index) => BigInt(index + 1)));
});
