import { expect, test } from 'vitest';
import { GroupCommit } from './group-commit.ts';

/** A `post` whose calls wait until the test lets them go. */
function gatedPost() {
  const calls: { key: string; items: readonly number[]; letGo: () => void }[] = [];
  const post = async (key: string, items: readonly number[]): Promise<readonly string[]> => {
    await new Promise<void>((letGo) => calls.push({ key, items, letGo }));
    if (items.includes(13)) throw new Error('13 cannot be posted');
    return items.map((item) => `${key}${item}`);
  };
  return { calls, post };
}

async function letGo(calls: ReturnType<typeof gatedPost>['calls'], index: number): Promise<void> {
  await expect.poll(() => calls.length, { interval: 1 }).toBeGreaterThan(index);
  calls[index]?.letGo();
}

test('what arrives while a transaction is under way shares the next one, in order, up to the limit', async () => {
  const { calls, post } = gatedPost();
  const group = new GroupCommit({ post, sizeMax: 4, waitingMax: 100 });
  const answers = [[1], [2, 3], [4], [5, 6], [7]].map(async (items) => group.submit('a', items));
  for (let index = 0; index < 3; index += 1) await letGo(calls, index);
  expect(await Promise.all(answers)).toEqual([['a1'], ['a2', 'a3'], ['a4'], ['a5', 'a6'], ['a7']]);
  expect(calls.map(({ items }) => items)).toEqual([[1], [2, 3, 4], [5, 6, 7]]);
});

test('two keys do not wait for each other', async () => {
  const { calls, post } = gatedPost();
  const group = new GroupCommit({ post, sizeMax: 4, waitingMax: 100 });
  const a = group.submit('a', [1]);
  const b = group.submit('b', [2]);
  await letGo(calls, 1);
  expect(await b).toEqual(['b2']);
  await letGo(calls, 0);
  expect(await a).toEqual(['a1']);
});

test('one that cannot be posted fails alone', async () => {
  const { calls, post } = gatedPost();
  const group = new GroupCommit({ post, sizeMax: 4, waitingMax: 100 });
  const answers = [[1], [2], [13], [4]].map(async (items) => group.submit('a', items));
  for (let index = 0; index < 5; index += 1) await letGo(calls, index);
  const settled = await Promise.allSettled(answers);
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(calls.map(({ items }) => items)).toEqual([[1], [2, 13, 4], [2], [13], [4]]);
});

test('more than may wait is turned away, and room comes back', async () => {
  const { calls, post } = gatedPost();
  const group = new GroupCommit({ post, sizeMax: 2, waitingMax: 2 });
  const first = group.submit('a', [1]);
  const second = group.submit('a', [2, 3]);
  expect(group.submit('a', [4])).toBeNull();
  await letGo(calls, 0);
  expect(await first).toEqual(['a1']);
  await letGo(calls, 1);
  const third = group.submit('a', [5]);
  await letGo(calls, 2);
  expect(await Promise.all([second, third])).toEqual([['a2', 'a3'], ['a5']]);
  expect(() => group.submit('a', [1, 2, 3])).toThrow(RangeError);
});
