import { expect, test } from 'vitest';
import { isScanPage } from '../../shared/scan-page.ts';

test("the sandbox's page on this machine is one", () => {
  expect(isScanPage('http://127.0.0.1:37265/scan/7tzz3zrByxNW')).toBe(true);
});

test.each([
  '',
  'weixin://wxpay/bizpayurl?pr=AbCdEfG',
  'https://127.0.0.1:37265/scan/7tzz3zrByxNW',
  'http://127.0.0.1/scan/7tzz3zrByxNW',
  'http://127.0.0.1:37265/scan/',
  'http://127.0.0.1:37265/scan/a/b',
  'http://127.0.0.1:37265/scan/a?b',
  'http://127.0.0.1:37265/scan/a#b',
  'http://127.0.0.1:37265/scan/a\n',
  ' http://127.0.0.1:37265/scan/a',
  'http://127.0.0.1:37265@evil.example/scan/a',
  'http://user@127.0.0.1:37265/scan/a',
  'http://127.0.0.1.evil.example:80/scan/a',
  'http://evil.example:80/scan/a',
  'http://127.0.0.1:37265/../scan/a',
  'http://127.0.0.1:37265/pay/a',
  'file:///etc/passwd',
  'javascript:alert(1)',
  `http://127.0.0.1:37265/scan/${'a'.repeat(41)}`,
])('%j is none', (url) => {
  expect(isScanPage(url)).toBe(false);
});
