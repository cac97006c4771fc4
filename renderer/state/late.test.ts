import { expect, test, vi } from 'vitest';
import { late } from './late.ts';

test('A part is fetched once, however often it is wanted', async () => {
  let fetches = 0;
  const part = late(async () => {
    fetches += 1;
    return 'part';
  });
  expect(part.store.getState()).toEqual({ kind: 'awaited' });
  await part.fetch();
  await part.fetch();
  expect(part.store.getState()).toEqual({ kind: 'here', part: 'part' });
  expect(fetches).toBe(1);
});

test('A part that could not be fetched is missing until another try brings it', async () => {
  const told = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  let gone = true;
  const part = late(async () => {
    if (gone) throw new Error('gone');
    return 'part';
  });
  await part.fetch();
  expect(part.store.getState()).toEqual({ kind: 'missing' });
  expect(told).toHaveBeenCalledOnce();
  gone = false;
  await part.fetch();
  expect(part.store.getState()).toEqual({ kind: 'here', part: 'part' });
  told.mockRestore();
});
