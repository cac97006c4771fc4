import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  displayYuan,
  parseYuan,
  parseYuanSum,
  roundedQuotient,
  roundToCent,
  yuan,
  yuanText,
} from './money.ts';

describe('wire amounts', () => {
  it('reads and writes every amount back to itself', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }), (micros) => {
        expect(parseYuan(yuanText(micros))).toBe(micros);
      }),
    );
  });

  it.each([
    ['0', 0n],
    ['1.2', 1_200_000n],
    ['-0.000001', -1n],
    ['1330.68', 1_330_680_000n],
    ['999999999999.999999', 999_999_999_999_999_999n],
  ])('reads %s', (text, micros) => {
    expect(parseYuan(text)).toBe(micros);
  });

  it.each([
    '',
    '1.',
    '.5',
    '01',
    '+1',
    '1e3',
    '1.0000001',
    '1,000',
    ' 1',
    '１',
    'NaN',
    '1000000000000',
    '--1',
  ])('refuses %j', (text) => {
    expect(parseYuan(text)).toBeNull();
  });

  it.each(['', '1.', '01', '+1', '1e30', '1,000', '1.0000001', '--1'])(
    'reads %j neither as a sum',
    (text) => {
      expect(parseYuanSum(text)).toBeNull();
      expect(() => yuan(text)).toThrow('not an amount in yuan');
    },
  );

  it('reads a sum, which has no largest', () => {
    const micros = -(10n ** 30n) - 1n;
    expect(parseYuan(yuanText(micros))).toBeNull();
    expect(yuan(yuanText(micros))).toBe(micros);
  });

  it.each([
    [1_200_000n, '1.20'],
    [0n, '0.00'],
    [-50_000_000n, '-50.00'],
    [123_456n, '0.123456'],
    [1_000n, '0.001'],
    [-1n, '-0.000001'],
  ])('writes %s as %s', (micros, text) => {
    expect(yuanText(micros)).toBe(text);
  });
});

describe('fractions', () => {
  it.each([
    [0n, 1_000n, 0n],
    [499n, 1_000n, 0n],
    [500n, 1_000n, 1n],
    [1n, 3n, 0n],
    [2n, 3n, 1n],
    [10n ** 30n + 5n, 10n, 10n ** 29n + 1n],
  ])('rounds %s / %s to %s, a half upwards', (dividend, divisor, rounded) => {
    expect(roundedQuotient(dividend, divisor)).toBe(rounded);
  });
});

describe('cents for people', () => {
  it.each([
    [5_000n, 10_000n],
    [4_999n, 0n],
    [-5_000n, -10_000n],
    [-4_999n, 0n],
    [15_000n, 20_000n],
  ])('rounds %s micro-yuan to %s, a half away from zero', (micros, rounded) => {
    expect(roundToCent(micros)).toBe(rounded);
  });

  it('shows grouping and explicit signs', () => {
    expect(displayYuan(1_330_680_000n)).toBe('¥1,330.68');
    expect(displayYuan(-50_000_000n)).toBe('-¥50.00');
    expect(displayYuan(500_000_000n, 'always')).toBe('+¥500.00');
    expect(displayYuan(1_234_567_890_120_000n)).toBe('¥1,234,567,890.12');
    expect(displayYuan(0n, 'always')).toBe('¥0.00');
    expect(displayYuan(-4_000n)).toBe('¥0.00');
  });
});
