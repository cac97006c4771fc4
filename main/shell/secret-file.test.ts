import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { plainSeal, secretsInFile, type Seal } from './secret-file.ts';

let folder: string;
let notes: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zhangtai-secrets-'));
  notes = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (): string => join(folder, 'secrets.json');
const note = (line: string): void => void notes.push(line);
const backwards: Seal = {
  name: 'backwards',
  close: (secret) => secret.split('').toReversed().join(''),
  open: (sealed) => sealed.split('').toReversed().join(''),
};

test('A secret is kept in a file that only its owner reads, until it is taken away', () => {
  const secrets = secretsInFile(path(), plainSeal, note);
  expect(secrets.get('refresh')).toBeNull();
  secrets.set('refresh', 'token-1');
  secrets.set('other', 'x');
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  expect(secretsInFile(path(), plainSeal, note).get('refresh')).toBe('token-1');
  secrets.set('refresh', null);
  expect(secrets.get('refresh')).toBeNull();
  expect(secrets.get('other')).toBe('x');
  expect(notes).toEqual([]);
});

test('With a seal the file does not hold the secret itself', () => {
  const secrets = secretsInFile(path(), backwards, note);
  secrets.set('refresh', 'token-1');
  expect(readFileSync(path(), 'utf8')).not.toContain('token-1');
  expect(secrets.get('refresh')).toBe('token-1');
});

test('A plain secret of the web shell opens in a sealing shell; a sealed one does not open in a plain shell', () => {
  secretsInFile(path(), plainSeal, note).set('a', 'plain');
  const sealing = secretsInFile(path(), backwards, note);
  expect(sealing.get('a')).toBe('plain');
  sealing.set('b', 'sealed');
  expect(secretsInFile(path(), plainSeal, note).get('b')).toBeNull();
  expect(notes).toHaveLength(1);
  expect(notes[0]).not.toContain('delaes');
});

test('A damaged file is told and starts anew', () => {
  writeFileSync(path(), '{"refresh":');
  const secrets = secretsInFile(path(), plainSeal, note);
  expect(secrets.get('refresh')).toBeNull();
  secrets.set('refresh', 'token-2');
  expect(secrets.get('refresh')).toBe('token-2');
  expect(notes.length).toBeGreaterThan(0);
});
