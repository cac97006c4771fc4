import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scaleLines } from './scale.ts';

test('lines stand at round amounts, the last at or above the highest', () => {
  expect(scaleLines(1_000_000n)).toEqual([0n, 500_000n, 1_000_000n]);
  expect(scaleLines(1_000_001n)).toEqual([0n, 500_000n, 1_000_000n, 1_500_000n]);
  expect(scaleLines(3_000_001n)).toEqual([0n, 2_000_000n, 4_000_000n]);
  expect(scaleLines(7_300_000n)).toEqual([0n, 2_500_000n, 5_000_000n, 7_500_000n]);
});

test('whatever the highest, there are two or three lines above the base, and none above the one that it needs', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1_000_000n, max: 10n ** 24n }), (highest) => {
      const lines = scaleLines(highest);
      expect([3, 4]).toContain(lines.length);
      expect(lines[0]).toBe(0n);
      expect((lines.at(-1) ?? 0n) >= highest && (lines.at(-2) ?? 0n) < highest).toBe(true);
      expect(new Set(lines.slice(1).map((line, index) => line - (lines[index] ?? 0n))).size).toBe(1);
    }),
  );
});
