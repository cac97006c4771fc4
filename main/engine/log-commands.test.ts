/** Checks that whatever looks like a secret is struck out of a log that leaves the desk, and that the rest stays. */
import { expect, test } from 'vitest';
import { withoutSecrets } from './log-commands.ts';

test.each([
  ['a token', 'got eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl back'],
  ['a header', '{"authorization":"Bearer c2VjcmV0LXZhbHVl"}'],
  ['a bare header', 'authorization: Bearer c2VjcmV0LXZhbHVl'],
  ['a password in an address', 'http://somebody:c2VjcmV0@billing.example/api'],
  ['a field', '{"refreshToken":"c2VjcmV0","x":1}'],
  ['a password', '{"msg":"no","password":"c2VjcmV0"}'],
  ['a cookie', 'cookie=c2VjcmV0; path=/'],
])('%s is struck out', (_name, line) => {
  expect(withoutSecrets(line)).not.toMatch(/c2VjcmV0|c2lnbmF0dXJl|eyJzdWIi/);
});

test('what is no secret stays as it is', () => {
  const line =
    '{"level":40,"time":"2026-11-20T04:30:00.000Z","command":"campaign.quote","msg":"command failed"}';
  expect(withoutSecrets(line)).toBe(line);
});
