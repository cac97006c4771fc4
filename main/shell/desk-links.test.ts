import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readDeskLink } from './desk-links.ts';
import { isDeskLink } from './link-scheme.ts';

const id = '0198b0f2-3c00-7000-8000-000000000001';

test('A link names a screen or a campaign', () => {
  expect(readDeskLink('zhangtai://screen/history')).toEqual({ kind: 'screen', screen: 'history' });
  // Some systems add the slash.
  expect(readDeskLink('zhangtai://screen/outbox/')).toEqual({ kind: 'screen', screen: 'outbox' });
  expect(readDeskLink('zhangtai://screen/membership')).toEqual({ kind: 'screen', screen: 'membership' });
  expect(readDeskLink(`zhangtai://campaign/${id}`)).toEqual({ kind: 'campaign', id });
});

test.each([
  '',
  'zhangtai:',
  'zhangtai://',
  'zhangtai://screen',
  'zhangtai://screen/',
  'zhangtai://screen/admin',
  'zhangtai://screen/History',
  'zhangtai://screen/history//',
  'zhangtai://screen/history?filter=1',
  'zhangtai://screen/history#top',
  'zhangtai://screen/../history',
  'zhangtai://screen/%68istory',
  'zhangtai://user:pass@screen/history',
  'zhangtai://screen:80/history',
  'zhangtai:///screen/history',
  'zhangtai:\\\\screen\\history',
  'zhangtai://screen/history\n',
  ' zhangtai://screen/history',
  'ZHANGTAI://screen/history',
  'zhangtai://campaign/1',
  `zhangtai://campaign/${id}/confirm`,
  `zhangtai://campaign/${id}${id}`,
  'zhangtai://campaign/--data-dir=x',
  'https://screen/history',
  'file:///etc/passwd',
  'javascript:alert(1)',
])('%j is no link', (text) => {
  expect(readDeskLink(text)).toBeNull();
});

/** The link to what was read from one; null when nothing was. */
function linkTo(text: string): string | null {
  const place = readDeskLink(text);
  if (place === null) return null;
  return `zhangtai://${place.kind}/${place.kind === 'screen' ? place.screen : place.id}`;
}

test('Whatever is given, what is read is one of the places, and says what the link said', () => {
  const likely = fc
    .tuple(
      fc.constantFrom('zhangtai://', 'zhangtai:', 'ZHANGTAI://', ''),
      fc.constantFrom('screen/', 'campaign/', ''),
      fc.oneof(fc.string(), fc.uuid(), fc.constantFrom('history', 'balance', '..', '%2e', '?', '#')),
      fc.constantFrom('', '/', '//', '?x', '\n'),
    )
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(fc.string(), likely), (text) => {
      expect([null, text.replace(/\/$/, '')]).toContain(linkTo(text));
    }),
    { numRuns: 2_000 },
  );
});

test('An argument that claims the scheme is kept from the options, however it is spelled', () => {
  for (const link of ['zhangtai://screen/history', 'ZHANGTAI:x', 'zhangtai:--data-dir=/'])
    expect(isDeskLink(link)).toBe(true);
  for (const other of ['--server', 'https://zhangtai.example', 'x zhangtai:'])
    expect(isDeskLink(other)).toBe(false);
});
