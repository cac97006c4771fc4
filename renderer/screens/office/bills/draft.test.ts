import { expect, test } from 'vitest';
import { columnAt, firstDraft, knownItems, mappingOf, withColumn, withItem, type Draft } from './draft.ts';
import type { BillFile } from '../../../../shared/ipc-bills.ts';

const formats: Draft['formats'] = {
  headerLines: 1,
  dayFormat: 'ymd',
  timeZone: 'UTC',
  decimal: '.',
  amountIn: 'yuan',
  quantityIn: 1,
  items: [],
};
const file: BillFile = {
  id: '0198c0de-0000-7000-8000-000000000001',
  fileName: 'bill.csv',
  encoding: 'utf-8',
  lines: 2,
  columns: 3,
  rows: [],
  guess: null,
  timeZone: 'Asia/Shanghai',
  mappings: [
    {
      provider: 'aliyun',
      mapping: { ...formats, day: 2, item: 1, amount: 0 },
      changedAt: '2026-11-21T02:00:00.000Z',
    },
  ],
};

test('a provider that was read before is read like that, another as the headings look', () => {
  expect(mappingOf(firstDraft(file, 'aliyun'))).toEqual({ ...formats, day: 2, item: 1, amount: 0 });
  expect(mappingOf(firstDraft(file, 'other'))).toBeNull();
  const guess = { ...formats, day: 0, item: 1, amount: 2, reference: 3 };
  expect(mappingOf(firstDraft({ ...file, guess }, 'other'))).toEqual(guess);
});

test('a column has one meaning and a meaning one column, and the three that have to be make a mapping', () => {
  let draft: Draft = { columns: { day: 0, item: 1 }, formats };
  draft = withColumn(draft, 1, 'amount');
  expect(draft.columns).toEqual({ day: 0, amount: 1 });
  draft = withColumn(draft, 2, 'day');
  expect(draft.columns).toEqual({ amount: 1, day: 2 });
  expect(mappingOf(draft)).toBeNull();
  draft = withColumn(draft, 0, 'item');
  expect(mappingOf(draft)).toEqual({ ...formats, day: 2, item: 0, amount: 1 });
  expect(columnAt(draft, 2)).toBe('day');
  expect(withColumn(draft, 2, null).columns).toEqual({ item: 0, amount: 1 });
});

test('an item that goes by its own name is not kept as another', () => {
  const draft = withItem({ columns: {}, formats }, '千问', 'qwen-max');
  expect(draft.formats.items).toEqual([{ said: '千问', item: 'qwen-max' }]);
  expect(withItem(draft, '千问', '千问').formats.items).toEqual([]);
});

test('what a provider has prices of is offered once each', () => {
  const price = { provider: 'aliyun', effectiveAt: '2026-01-01T00:00:00.000Z' };
  const tokens = { ...price, basis: 'tokens', per: 1_000, inputPrice: '1', outputPrice: '1' } as const;
  const prices = [
    { ...tokens, model: 'qwen-max' },
    { ...tokens, model: 'qwen-max', effectiveAt: '2026-02-01T00:00:00.000Z' },
    { ...tokens, model: 'gpt-4', provider: 'openai' },
    { ...price, basis: 'day', item: 'servers', unitPrice: '1' } as const,
    { ...price, basis: 'piece', product: 'p', operation: 'follow', unitPrice: '1' } as const,
  ];
  expect(knownItems({ version: 1, providers: [], prices, unitValues: [] }, 'aliyun')).toEqual([
    'qwen-max',
    'servers',
    'follow',
  ]);
});
