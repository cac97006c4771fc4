import { expect, test } from 'vitest';
import { oneAtATime } from './one-at-a-time.ts';

test('what is asked for while it is read is read once more, however often that was', async () => {
  const waiting: (() => void)[] = [];
  const read = oneAtATime(() => new Promise((resolve) => waiting.push(resolve)));
  const first = read();
  await Promise.all([read(), read()]);
  expect(waiting).toHaveLength(1);
  waiting[0]?.();
  await expect.poll(() => waiting.length).toBe(2);
  waiting[1]?.();
  await first;
  expect(waiting).toHaveLength(2);
  void read();
  expect(waiting).toHaveLength(3);
});
