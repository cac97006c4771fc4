import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataFolder } from './data-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zhangtai-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('A missing folder is made, readable by its owner alone, with a log in it', () => {
  const dataDir = join(folder, 'a', 'b');
  const opened = openDataFolder(dataDir);
  expect(opened.ok).toBe(true);
  expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  if (opened.ok) opened.log.note('hello');
  expect(readFileSync(join(dataDir, 'logs', 'processes.log'), 'utf8')).toMatch(/^2\S+Z shell: hello\n$/);
});

test('A place where no folder can be is refused with the system’s reason', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(openDataFolder(join(folder, 'file', 'desk'))).toEqual({ ok: false, reason: 'ENOTDIR' });
});

test.runIf(process.platform === 'linux')(
  'A folder that cannot hold another is refused rather than tried for ever',
  () => {
    expect(openDataFolder('/proc/zhangtai/desk')).toEqual({ ok: false, reason: 'ENOENT' });
  },
);

test('A log that has become large is put aside when it is opened again', () => {
  openDataFolder(folder);
  writeFileSync(join(folder, 'logs', 'processes.log'), Buffer.alloc(2_000_001));
  openDataFolder(folder);
  expect(readdirSync(join(folder, 'logs')).toSorted()).toEqual(['processes.log', 'processes.log.1']);
  expect(statSync(join(folder, 'logs', 'processes.log')).size).toBe(0);
});
