import fc from 'fast-check';
import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Transaction, TransactionKind } from '../../shared/api.ts';
import { chainText, genesisHash } from '../../shared/chain.ts';
import { chained, type UnchainedTransaction } from './chain-row.ts';

const amount = fc.constantFrom('0.00', '-1.20', '475.00', '0.000001');
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const step = fc.record(
  {
    kind: fc.constantFrom('bulk' as const, 'member' as const),
    multiplier: fc.constant('0.95'),
    applied: fc.boolean(),
    reason: fc.constantFrom('applied' as const, 'another_is_better' as const),
    amount,
    fromQuantityExclusive: fc.nat(),
    level: fc.constantFrom('none' as const, 'premium' as const),
  },
  { requiredKeys: ['kind', 'multiplier', 'applied', 'reason', 'amount'] },
);
const pricing = fc.record(
  {
    platform: fc.constant('douyin'),
    operation: fc.constant('follow'),
    quantity: fc.integer({ min: 1, max: 1_000_000 }),
    unitPrice: amount,
    subtotal: amount,
    steps: fc.array(step, { maxLength: 2 }),
    unitNet: amount,
    slices: fc.array(fc.record({ unitNet: amount, fromQuantityExclusive: fc.nat() }), { maxLength: 2 }),
    total: amount,
    pricingVersion: fc.nat(),
    k: fc.integer({ min: 1 }),
    late: fc.constant(true as const),
  },
  {
    requiredKeys: [
      'platform',
      'operation',
      'quantity',
      'unitPrice',
      'subtotal',
      'steps',
      'unitNet',
      'total',
      'pricingVersion',
      'k',
    ],
  },
);
const rating = fc.record({
  platform: fc.constant('studio'),
  operation: fc.constant('speech'),
  asset: fc.constant('POINT'),
  strategy: fc.constant('duration' as const),
  usage: fc.record({ kind: fc.constant('duration' as const), durationMs: fc.nat() }),
  steps: fc.array(
    fc.record(
      {
        kind: fc.constantFrom('duration' as const, 'minimum' as const),
        applied: fc.boolean(),
        reason: fc.constantFrom('applied' as const, 'not_below' as const),
        amount,
        quantity: fc.nat(),
        price: amount,
        per: fc.nat(),
        durationMs: fc.nat(),
        unitMs: fc.nat(),
      },
      { requiredKeys: ['kind', 'applied', 'reason', 'amount'] },
    ),
    { maxLength: 2 },
  ),
  total: amount,
  pricingVersion: fc.nat(),
});
const row: fc.Arbitrary<UnchainedTransaction> = fc.record(
  {
    accountId: fc.uuid(),
    seq: fc.integer({ min: 1 }),
    id: fc.uuid(),
    kind: fc.constantFrom(...TransactionKind.options),
    asset: fc.constantFrom('CNY', 'POINT'),
    amount,
    balanceAfter: amount,
    platform: fc.constant('xiaohongshu'),
    operation: fc.constant('follow'),
    quantity: fc.constant(1),
    targetUserId: text,
    campaignId: text,
    holdId: fc.uuid(),
    reversesId: fc.uuid(),
    pricing,
    rating,
    durationMs: fc.nat(),
    source: text,
    expiresAt: fc.constant('2027-05-20T02:34:52.000Z'),
    note: text,
    deviceId: text,
    deviceSeq: fc.maxSafeNat(),
    occurredAt: fc.constant('2026-11-21T02:34:52.000Z'),
    recordedAt: fc.constant('2026-11-21T02:34:52.001Z'),
  },
  {
    requiredKeys: [
      'accountId',
      'seq',
      'id',
      'kind',
      'asset',
      'amount',
      'balanceAfter',
      'occurredAt',
      'recordedAt',
    ],
  },
);

test('any transaction is hashed over the text that the shared definition gives (L8)', () => {
  fc.assert(
    fc.property(row, (unchained) => {
      const { transaction, body } = chained(unchained, genesisHash);
      expect(transaction.hash).toBe(hash('sha256', chainText(genesisHash, unchained), 'hex'));
      expect(JSON.parse(body)).toEqual(transaction);
    }),
    { numRuns: 300 },
  );
});

test('the generated rows have every field that a transaction may have', () => {
  const fields = new Set(fc.sample(row, { numRuns: 200, seed: 1 }).flatMap((r) => Object.keys(r)));
  expect([...fields, 'prevHash', 'hash'].toSorted()).toEqual(Object.keys(Transaction.shape).toSorted());
});
