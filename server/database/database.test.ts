import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { databaseSuite } from './database-suite.ts';
import { openDatabase } from './database.ts';
import { lockFolder } from './folder-lock.ts';

describe('PGlite', () => {
  databaseSuite(async () => ({}));
});

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zhangtai-database-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Commits 1, 2, 3, … one by one, and says each number once it is committed. */
const writer = `
  const { openDatabase } = await import(${JSON.stringify(join(import.meta.dirname, 'database.ts'))});
  const database = await openDatabase({ dataDir: process.argv[1] });
  await database.script('CREATE TABLE IF NOT EXISTS written (n integer PRIMARY KEY)');
  for (let n = 1; ; n += 1) {
    await database.transaction((tx) => tx.query('INSERT INTO written VALUES ($1)', [n]));
    console.log(n);
  }`;

function startWriter() {
  const child = spawn(process.execPath, ['--input-type=module', '-e', writer, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, lines: createInterface({ input: child.stdout }) };
}

test('what was committed is there after the process was killed, and the next start is not kept out', async () => {
  const { child, lines } = startWriter();
  let last = 0;
  for await (const line of lines) {
    last = Number(line);
    if (last === 50) child.kill('SIGKILL');
  }
  expect(last).toBeGreaterThanOrEqual(50);
  const database = await openDatabase({ dataDir: folder });
  const rows = await database.query<{ n: number }>('SELECT n FROM written ORDER BY n');
  await database.close();
  // The last commit may have outrun its word.
  expect([last, last + 1]).toContain(rows.length);
  expect(rows.map(({ n }) => n)).toEqual(rows.map((_, index) => index + 1));
});

test('a second process on the same data folder is refused while the first lives', async () => {
  const { child, lines } = startWriter();
  await once(lines, 'line');
  await expect(openDatabase({ dataDir: folder })).rejects.toMatchObject({
    name: 'DatabaseUnusable',
    reason: 'in_use',
    message: `The data folder ${folder} is in use by another server.`,
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('PostgreSQL that is not there is named', async () => {
  const opening = openDatabase({ databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing' });
  await expect(opening).rejects.toMatchObject({ name: 'DatabaseUnusable', reason: 'unreachable' });
});

describe('the folder lock', () => {
  test('is taken once, also within one process, and free again when it is given back', () => {
    const lock = lockFolder(folder);
    expect(lock).not.toBeNull();
    expect(lockFolder(folder)).toBeNull();
    lock?.unlock();
    const again = lockFolder(folder);
    expect(again).not.toBeNull();
    again?.unlock();
  });
});
