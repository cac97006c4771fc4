/** The file in which usages wait: what was taken is there after a crash, and what was settled is not. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { UsageBody } from '../shared/api-metering.ts';
import { callId } from './call-id.ts';
import { fileStore } from './file-store.ts';
import { estimateTokens } from './token-estimate.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zhangtai-store-'));
  path = join(folder, 'usages.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function usage(n: number): UsageBody {
  return {
    id: `00000000-0000-5000-8000-${String(n).padStart(12, '0')}`,
    product: 'chat',
    model: 'qwen-max',
    inputTokens: n,
    outputTokens: 0,
    startedAt: '2026-11-21T02:00:00.000Z',
    endedAt: '2026-11-21T02:00:00.000Z',
    outcome: 'finished',
    usageKnown: true,
  };
}
const numbers = (usages: readonly UsageBody[]): number[] => usages.map(({ inputTokens }) => inputTokens);

test('what waits is there again in its order, without what was settled or parked, also after a torn line', async () => {
  const store = await fileStore(path);
  await Promise.all([1, 2, 3, 4, 5].map((n) => store.append(usage(n))));
  await store.settle([usage(2).id, usage(4).id]);
  await store.park(usage(3).id, 'validation_failed');
  // The process dies here, in the middle of a line.
  appendFileSync(path, '{"usage":{"id":"0000');
  await store.close();
  const again = await fileStore(path);
  expect(numbers(await again.load())).toEqual([1, 5]);
  await again.append(usage(6));
  await again.close();
  const last = await fileStore(path);
  expect(numbers(await last.load())).toEqual([1, 5, 6]);
  await last.close();
  expect(readFileSync(path, 'utf8')).toContain('"code":"validation_failed"');
});

test('a line in the middle that cannot be read is said, not dropped', async () => {
  writeFileSync(
    path,
    `${JSON.stringify({ usage: usage(1) })}\nrubbish\n${JSON.stringify({ usage: usage(2) })}\n`,
  );
  await expect(fileStore(path)).rejects.toThrow('line 2');
  expect(readFileSync(path, 'utf8')).toContain('rubbish');
});

test('a file in which nothing waits does not grow for ever', async () => {
  const store = await fileStore(path);
  let largest = 0;
  for (let from = 0; from < 3_000; from += 300) {
    const usages = Array.from({ length: 300 }, (_, index) => usage(from + index));
    await Promise.all(usages.map((one) => store.append(one)));
    await store.settle(usages.map(({ id }) => id));
    largest = Math.max(largest, statSync(path).size);
  }
  expect(largest).toBeGreaterThan(0);
  expect(statSync(path).size).toBeLessThan(256 * 1024);
  await store.append(usage(9_999));
  await store.close();
  const again = await fileStore(path);
  expect(numbers(await again.load())).toEqual([9_999]);
  await again.close();
});

test('a call has one id for ever, of its conversation, its user and itself', async () => {
  const key = { conversation: 'c1', user: 'u1', call: '1' };
  // Python: uuid.uuid5(uuid.UUID('3f9c2a52-6d0e-4c61-9f39-5d1b8f7a7c10'), '["c1","u1","1"]')
  expect(await callId(key)).toBe('e4c8d9e9-f7d5-5bdb-b226-335e0f76c558');
  expect(await callId({ ...key, user: 'u1","1' })).not.toBe(await callId({ ...key, call: '1","1' }));
});

test.each([
  ['', 0],
  ['a', 1],
  ['abcd', 1],
  ['abcde', 2],
  ['你好', 2],
  ['你好, you', 4],
  ['😀', 1],
])('%j is estimated as %i tokens', (text, tokens) => {
  expect(estimateTokens(text)).toBe(tokens);
});
