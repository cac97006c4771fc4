import { expect, it } from 'vitest';
import type { Transaction } from './api.ts';
import { chainText, genesisHash } from './chain.ts';

const row: Transaction = {
  accountId: '018f0000-0000-7000-8000-000000000001',
  seq: 1,
  id: '018f0000-0000-7000-8000-000000000002',
  kind: 'recharge',
  asset: 'CNY',
  amount: '500.00',
  balanceAfter: '500.00',
  note: '首次充值 €\n',
  occurredAt: '2026-01-01T00:00:00.000Z',
  recordedAt: '2026-01-01T00:00:00.000Z',
  prevHash: genesisHash,
  hash: genesisHash,
};

it('links a row by the previous hash and the canonical JSON of all but its hashes, keys sorted', () => {
  expect(chainText(genesisHash, row)).toBe(
    `${genesisHash}\n{"accountId":"018f0000-0000-7000-8000-000000000001","amount":"500.00","asset":"CNY",` +
      '"balanceAfter":"500.00","id":"018f0000-0000-7000-8000-000000000002","kind":"recharge","note":"首次充值 €\\n",' +
      '"occurredAt":"2026-01-01T00:00:00.000Z","recordedAt":"2026-01-01T00:00:00.000Z","seq":1}',
  );
});

it('does not depend on the order in which the fields were written', () => {
  const shuffled = Object.fromEntries(Object.entries(row).toReversed()) as Transaction;
  expect(chainText(genesisHash, shuffled)).toBe(chainText(genesisHash, row));
});
