import { expect, test } from 'vitest';
import { requestHash } from './request-hash.ts';

// Fingerprints are stored for ever: if this test fails, resent operations of the past become mismatches.
test('the fingerprint of a request is what it has always been', () => {
  const request = { id: '0199f3c2-0000-7000-8000-000000000001', platform: 'douyin', deviceSeq: 7 };
  expect(requestHash('charge', request)).toBe('EQJtIGwnPxH9iljk7DU6y6kZ7gr2wn1nMT4Px1sNhAQ');
});

test('order and absent fields do not matter, every value and the operation do', () => {
  const base = requestHash('charge', { a: '1', b: 2 });
  expect(requestHash('charge', { b: 2, a: '1', c: undefined })).toBe(base);
  const others = [
    requestHash('refund', { a: '1', b: 2 }),
    requestHash('charge', { a: 1, b: 2 }),
    requestHash('charge', { a: '1' }),
    requestHash('charge', { a: '1', b: 2, c: '' }),
    requestHash('charge', { a: '1","b', b: 2 }),
  ];
  expect(new Set([base, ...others]).size).toBe(6);
});
