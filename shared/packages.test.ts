import { expect, test } from 'vitest';
import { comparedPrice } from './packages.ts';

test.each([
  // 50.00 / 525 = 0.095238…
  ['50.00', '500', '25', 1, '0.0952'],
  // 19.90 / 1,000,000 = 0.0000199 each, 0.0199 for a thousand
  ['19.90', '1000000', '0', 1_000, '0.0199'],
  // 1.00 / 3 = 0.333333…
  ['1.00', '3', '0', 1, '0.3333'],
  // 0.01 / 80,000 = 0.000000125 each, 0.000125 for a thousand, 0.125 for a million
  ['0.01', '80000', '0', 1_000_000, '0.125'],
  ['99.00', '1', '0', 1, '99.00'],
  // 0.01 × 1,000,000 / 1,000,000 is a cent to the dot
  ['0.01', '999999', '1', 1_000_000, '0.01'],
  // Less than a cent for a million is still told for a million: 0.000001 × 1,000,000 / 2,000 = 0.0005
  ['0.000001', '2000', '0', 1_000_000, '0.0005'],
] as const)('¥%s for %s + %s units is, for %i of them, ¥%s', (price, amount, bonus, per, compared) => {
  expect(comparedPrice({ price, amount, bonus })).toEqual({ per, price: compared });
});
