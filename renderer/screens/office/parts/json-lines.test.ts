import { expect, test } from 'vitest';
import { jsonDifferences, jsonLines, linesMax } from './json-lines.ts';

test('a value is told leaf by leaf, and what is absent is not told', () => {
  expect(jsonLines({ amount: '1.00', of: { a: true, b: null, c: [1, 'x'] } })).toEqual([
    { path: 'amount', before: null, after: '1.00' },
    { path: 'of.a', before: null, after: 'true' },
    { path: 'of.c.1', before: null, after: '1' },
    { path: 'of.c.2', before: null, after: 'x' },
  ]);
  expect(jsonLines(undefined)).toEqual([]);
});

test('of two values only what differs is told, with what stood there and what stands there', () => {
  expect(jsonDifferences({ same: 1, was: 'x', other: 1 }, { same: 1, other: 2, is: 'y' })).toEqual([
    { path: 'other', before: '1', after: '2' },
    { path: 'is', before: null, after: 'y' },
    { path: 'was', before: 'x', after: null },
  ]);
});

test('an item that moved within a list has not changed', () => {
  const [one, two] = [
    { id: 'one', price: '1.00' },
    { id: 'two', price: '2.00' },
  ];
  expect(jsonDifferences({ list: [one, two] }, { list: [two, one] })).toEqual([]);
  const follow = { platform: 'douyin', operation: 'follow', unitPrice: '1.20' };
  expect(jsonDifferences([follow], [{ ...follow, unitPrice: '1.30' }])).toEqual([
    { path: 'douyin follow.unitPrice', before: '1.20', after: '1.30' },
  ]);
});

test('no more lines than anybody reads', () => {
  expect(jsonLines(Array.from({ length: linesMax + 5 }, (_, index) => index))).toHaveLength(linesMax);
});
