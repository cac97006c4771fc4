import { afterEach, expect, test } from 'vitest';
import { forgetIds, idOf, noteOutcome } from './kept-ids.ts';

afterEach(forgetIds);

test('an operation keeps its id until its outcome is known', () => {
  const id = idOf('buy/small');
  expect(idOf('buy/large')).not.toBe(id);
  noteOutcome('buy/small', { code: 'server_unreachable', params: {} });
  expect(idOf('buy/small')).toBe(id);
  noteOutcome('buy/small', { code: 'engine_stopped', params: {} });
  expect(idOf('buy/small')).toBe(id);
  noteOutcome('buy/small', null);
  const next = idOf('buy/small');
  expect(next).not.toBe(id);
  noteOutcome('buy/small', { code: 'insufficient_balance', params: {} });
  expect(idOf('buy/small')).not.toBe(next);
});

test('the next person begins with none', () => {
  const id = idOf('buy/small');
  forgetIds();
  expect(idOf('buy/small')).not.toBe(id);
});
