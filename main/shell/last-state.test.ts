import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lastStateFile } from '../../shared/last-state.ts';
import { readLastState } from './last-state.ts';

const wanted = { version: '1.2.3', serverUrl: 'https://billing.example' };
const written = JSON.stringify({ ...wanted, state: { balance: null } });
const digest = createHash('sha256').update(written).digest('hex');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zhangtai-last-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function leave(content: string): void {
  writeFileSync(join(folder, lastStateFile), content);
}

test('What the last engine left is read by the same version of the desk, started for the same server', () => {
  leave(`${digest}\n${written}`);
  expect(readLastState(folder, wanted)).toEqual({ balance: null });
  expect(readLastState(folder, { ...wanted, version: '1.2.4' })).toBeNull();
  expect(readLastState(folder, { ...wanted, serverUrl: 'https://other.example' })).toBeNull();
  expect(readLastState(folder, { ...wanted, serverUrl: null })).toBeNull();
});

test('Where nothing was left, or it is damaged, the window waits for the engine', () => {
  expect(readLastState(folder, wanted)).toBeNull();
  const damaged = ['', '7', written, `${digest}\n`, `${digest}\n${written.slice(0, -9)}`];
  for (const content of [...damaged, `${digest}\n${written.replace('null', '"¥9"')}`]) {
    leave(content);
    expect(readLastState(folder, wanted)).toBeNull();
  }
});
