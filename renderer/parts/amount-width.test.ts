/** How wide an amount is held to be, against what it looks like. */
import { expect, test } from 'vitest';
import { money } from '../format.ts';
import { amountWidthCh, createWidest, widestAmountCh } from './amount-width.ts';

test('is never less than what is shown, of which a digit is the widest', () => {
  for (const amount of ['0.00', '-0.01', '999.99', '1000.00', '-12480330.50', '912345678901.34', '0.000001'])
    expect(amountWidthCh(amount)).toBeGreaterThanOrEqual(
      money(amount, 'always').replace(/[,.]/g, '').length + (money(amount).match(/[,.]/g)?.length ?? 0) / 2,
    );
});

test('is that of the longest of many, and none where there is none', () => {
  const rows = [{ amount: '5.00' }, { amount: '-1204.35' }, {}];
  expect(widestAmountCh(rows, ({ amount }) => amount)).toBe(amountWidthCh('-1204.35'));
  expect(widestAmountCh(rows, () => undefined)).toBe(0);
});

const row = (amount: string) => ({ amount });

test('is known of a long list that grows without looking at all of it again, and of another list anew', () => {
  const widest = createWidest<{ amount: string }>();
  let looks = 0;
  const amountOf = ({ amount }: { amount: string }): string => {
    looks += 1;
    return amount;
  };
  const list = [row('-1204.35'), ...Array.from({ length: 4_999 }, () => row('5.00'))];
  expect(widest(list, amountOf)).toBe(amountWidthCh('-1204.35'));
  looks = 0;
  expect(widest([...list, row('6.00')], amountOf)).toBe(amountWidthCh('-1204.35'));
  expect(looks).toBe(1);
  expect(widest([...list, row('6.00'), row('100000.00')], amountOf)).toBe(amountWidthCh('100000.00'));
  expect(widest(list.slice(1), amountOf)).toBe(amountWidthCh('5.00'));
});
