import { expect, test } from 'vitest';
import type { Hold } from '../../shared/api.ts';
import { yuan } from '../../shared/money.ts';
import { createAvailability } from './availability.ts';

const asOf = '2026-11-21T02:00:00.000Z';
const server = { balance: '1330.68', held: '152.00', available: '1178.68', asOf };

/** With ¥100 of a reserve that is left, placed at `createdAt`; null: there is none. */
function whatThereIs(held: string, available: string, createdAt: string | null) {
  const snapshots = {
    read: (_account: string, name: string) =>
      name === 'balance' ? { body: { ...server, held, available } } : undefined,
  };
  const pending = { count: 3, amount: yuan('3.00'), amountWithoutHold: yuan('1.00') };
  const availability = createAvailability(
    snapshots as never,
    { pending: () => pending },
    {
      usable: () => (createdAt === null ? null : ({ createdAt } as Hold)),
      left: () => yuan('100.00'),
    },
  );
  return availability.state('account');
}

test('what is available and what is set aside are the balance, with charges that are still to be sent', () => {
  expect(whatThereIs('152.00', '1178.68', null)).toMatchObject({
    balance: '1327.68',
    available: '1177.68',
    held: '150.00',
  });
});

test('the desk’s own reserve is available, not set aside', () => {
  expect(whatThereIs('252.00', '1078.68', asOf)).toMatchObject({
    balance: '1327.68',
    available: '1177.68',
    held: '150.00',
  });
});

test('a reserve placed after the balance was read adds nothing to it', () => {
  expect(whatThereIs('152.00', '1178.68', '2026-11-21T02:00:00.001Z')).toMatchObject({
    available: '1177.68',
    held: '150.00',
  });
});
