import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { keyFileName, keysInFolder, readKeyFile } from './key-file.ts';
import { isSealed, KeyRing, KeysUnusable, newKeyText } from './key-ring.ts';

const folder = mkdtempSync(join(tmpdir(), 'zhangtai-keys-'));
afterAll(() => rm(folder, { recursive: true }));
const one = newKeyText('one');
const two = newKeyText('two');

test('a value opens as it was, and never looks the same twice', () => {
  const ring = KeyRing.parse(one);
  for (const plain of ['', 'a@b.example', '账台 ✓', 'x'.repeat(10_000)]) {
    const sealed = ring.seal(plain, 'here');
    expect(isSealed(sealed)).toBe(true);
    expect(ring.open(sealed, 'here')).toBe(plain);
    expect(ring.seal(plain, 'here')).not.toBe(sealed);
  }
});

test('altered by one bit, cut, moved elsewhere or without its key it does not open', () => {
  const ring = KeyRing.parse(one);
  const sealed = ring.seal('secret', 'here');
  const bytes = Buffer.from(sealed.slice('z1.one.'.length), 'base64url');
  for (let at = 0; at < bytes.length; at += 1) {
    const altered = Buffer.from(bytes);
    altered.writeUInt8(altered.readUInt8(at) ^ 1, at);
    expect(() => ring.open(`z1.one.${altered.toString('base64url')}`, 'here')).toThrow(KeysUnusable);
  }
  expect(() => ring.open(sealed.slice(0, -2), 'here')).toThrow(KeysUnusable);
  for (const more of ['x', 'xx', 'xxx', '='])
    expect(() => ring.open(`${sealed}${more}`, 'here')).toThrow(KeysUnusable);
  expect(() => ring.open(sealed, 'there')).toThrow(KeysUnusable);
  expect(() => KeyRing.parse(two).open(sealed, 'here')).toThrow('No key named "one"');
});

test('the newest seals, all of them open, and a value is found under each', () => {
  const [old, both] = [KeyRing.parse(one), KeyRing.parse(`${two}, ${one}`)];
  const sealed = old.seal('x', 'here');
  expect(both.open(sealed, 'here')).toBe('x');
  expect(both.seal('x', 'here')).toMatch(/^z1\.two\./);
  expect(both.indexes('x', 'here')).toEqual([both.index('x', 'here'), old.index('x', 'here')]);
  expect(old.index('x', 'here')).not.toBe(old.index('x', 'there'));
});

test.each([
  '',
  'one',
  'one:short',
  `${one},${one}`,
  'One:AAAA',
  `one:${Buffer.alloc(31).toString('base64')}`,
])('is no ring: %s', (text) => expect(() => KeyRing.parse(text)).toThrow(KeysUnusable));

test('the file is made once, for its owner alone, however many ask', async () => {
  const rings = await Promise.all(Array.from({ length: 5 }, () => keysInFolder(join(folder, 'new'))));
  const file = join(folder, 'new', keyFileName);
  const sealed = rings[0]?.seal('x', 'here') ?? '';
  for (const ring of rings) expect(ring.open(sealed, 'here')).toBe('x');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1);
});

test('a file that others may read, or that is not there, is refused', async () => {
  const file = join(folder, 'open');
  writeFileSync(file, `${one}\n`);
  await chmod(file, 0o644);
  expect(() => readKeyFile(file)).toThrow('Others than its owner');
  await chmod(file, 0o600);
  expect(readKeyFile(file).newest).toBe('one');
  expect(() => readKeyFile(join(folder, 'none'))).toThrow('There is no key file');
});
