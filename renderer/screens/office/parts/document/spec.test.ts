import { expect, test } from 'vitest';
import { z } from 'zod';
import { onTopOf, textOf, type Content, type DocumentSpec, type Item } from './spec.ts';

const spec: DocumentSpec = {
  settings: [{ path: 'stacking', kind: 'text', label: 'Stacking' }],
  lists: [
    {
      path: 'prices',
      title: 'Prices',
      one: 'price',
      fields: [],
      schema: z.unknown(),
      blank: {},
      keyOf: (item) => textOf(item['id']),
      nameOf: (item) => textOf(item['id']),
      columns: [],
    },
  ],
};
const price = (id: string, cost: string): Item => ({ id, cost });
const begunFrom: Content = {
  stacking: 'best',
  prices: [price('a', '1'), price('b', '1'), price('c', '1'), price('d', '1'), price('e', '1')],
};

test('a draft keeps what it changes and takes over what others changed meanwhile', () => {
  const draft: Content = {
    stacking: 'best',
    // Changed a and b, removed c, added x.
    prices: [price('a', '2'), price('b', '2'), price('d', '1'), price('e', '1'), price('x', '2')],
  };
  const newest: Content = {
    stacking: 'multiply',
    // Changed b, c and d, removed a and e, added y.
    prices: [price('b', '3'), price('c', '3'), price('d', '3'), price('y', '3')],
  };
  expect(onTopOf(newest, spec, { begunFrom, draft })).toEqual({
    stacking: 'multiply',
    prices: [price('a', '2'), price('b', '2'), price('d', '3'), price('x', '2'), price('y', '3')],
  });
});

test('a setting that a draft changes stays, and of one that changes nothing only what is newest is left', () => {
  const newest: Content = { stacking: 'multiply', prices: [price('a', '3')] };
  expect(onTopOf(newest, spec, { begunFrom, draft: begunFrom })).toEqual(newest);
  const draft: Content = { ...begunFrom, stacking: 'other' };
  expect(onTopOf(newest, spec, { begunFrom, draft })).toEqual({ ...newest, stacking: 'other' });
});
