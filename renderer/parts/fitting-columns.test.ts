/** What gives way where amounts are too long for all columns. */
import { expect, test } from 'vitest';
import { fittingColumns, type Fitting } from './fitting-columns.ts';

const columns: readonly (Fitting & { readonly key: string })[] = [
  { key: 'day', width: '80px' },
  { key: 'who', width: 'minmax(76px, 1fr)', fromTablePx: 500 },
  { key: 'theirs', width: '84px', fromTablePx: 400 },
  { key: 'ours', width: '84px', fromTablePx: 400 },
  { key: 'gap', width: '84px' },
];
const shown = (tablePx: number, ch = 0): string =>
  fittingColumns(columns, ({ key }) => (['theirs', 'ours', 'gap'].includes(key) ? ch : 0), tablePx)
    .map(({ key }) => key)
    .join(' ');

test('columns come with the width of the table', () => {
  expect(shown(504)).toBe('day who theirs ours gap');
  expect(shown(499)).toBe('day theirs ours gap');
  expect(shown(399)).toBe('day gap');
});

test('long amounts leave out what asks for the widest table first, and no more than they must', () => {
  expect(shown(600, 10)).toBe('day who theirs ours gap');
  expect(shown(600, 20)).toBe('day theirs gap');
  expect(shown(640, 20)).toBe('day theirs ours gap');
});

test('what may not be left out stays, however narrow the table', () => {
  expect(shown(100, 40)).toBe('day gap');
  expect(shown(Number.POSITIVE_INFINITY, 40)).toBe('day who theirs ours gap');
});
