import { expect, test } from 'vitest';
import { narrowingOf } from './useNarrowing.ts';

interface Filter {
  readonly text?: string;
  readonly state?: 'open' | 'done';
}

const everything: Filter = {};
/** What is kept after each act, the last at the end. */
function narrowingFrom(filter: Filter, initial: Filter = everything) {
  const kept: Filter[] = [];
  return { kept, ...narrowingOf<Filter>(filter, (next) => void kept.push(next), initial) };
}

test('a part is chosen beside the others, and one that says nothing is taken away', () => {
  const { kept, change } = narrowingFrom({ text: 'a' });
  change({ state: 'open' });
  change({ text: '' });
  change({ text: undefined, state: 'done' });
  expect(kept).toEqual([{ text: 'a', state: 'open' }, {}, { state: 'done' }]);
  expect(Object.keys(kept[1] ?? { text: 'still there' })).toEqual([]);
});

test('only what stands otherwise than at first can be taken away', () => {
  expect(narrowingFrom({}).onClear).toBeUndefined();
  const waiting: Filter = { state: 'open' };
  expect(narrowingFrom({ state: 'open' }, waiting).onClear).toBeUndefined();
  for (const filter of [{}, { state: 'done' }, { state: 'open', text: 'a' }] as const) {
    const { kept, onClear } = narrowingFrom(filter, waiting);
    onClear?.();
    expect(kept).toEqual([waiting]);
  }
});
