import { expect, test } from 'vitest';
import { yuan } from '../../shared/money.ts';
import { lowBalance } from './low-balance.ts';

const rule = { enabled: true, threshold: yuan('100.00') };

test.each([
  [false, '200.00', '100.00', false, false],
  [false, '200.00', '99.999999', true, true],
  [false, '0.00', '50.00', false, false],
  [false, '50.00', '49.00', true, true],
  [true, '1.00', '0.00', true, false],
  [true, '1.00', '-5.00', true, false],
  [true, '0.00', '109.999999', true, false],
  [true, '0.00', '110.00', false, false],
])('was low %s, from %s to %s: low %s, told %s', (wasLow, before, after, low, crossed) => {
  expect(lowBalance(rule, wasLow, { before: yuan(before), after: yuan(after) })).toEqual({ low, crossed });
});

test('who does not want to be told is not, and is told anew once he does', () => {
  expect(lowBalance({ ...rule, enabled: false }, true, { before: 1n, after: 0n })).toEqual({
    low: false,
    crossed: false,
  });
});

test('a threshold of zero tells only of debt', () => {
  const zero = { enabled: true, threshold: 0n };
  expect(lowBalance(zero, false, { before: 1n, after: 0n })).toEqual({ low: false, crossed: false });
  expect(lowBalance(zero, false, { before: 0n, after: -1n })).toEqual({ low: true, crossed: true });
});
