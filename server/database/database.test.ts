import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
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
    message: `The data folder ${folder} is in use by another server (process ${child.pid}).`,
  });
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('PostgreSQL that is not there is named', async () => {
  const opening = openDatabase({ databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing' });
  await expect(opening).rejects.toMatchObject({ name: 'DatabaseUnusable', reason: 'unreachable' });
});

describe('the folder lock', () => {
  test('is taken once, also within one process, and free again when it is given back', async () => {
    const lock = await lockFolder(folder);
    expect(await lockFolder(folder)).toEqual({ heldByPid: process.pid });
    if ('unlock' in lock) await lock.unlock();
    expect(await readdir(folder)).toEqual([]);
    expect(await lockFolder(folder)).toHaveProperty('unlock');
  });

  test.each([
    ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, born: null, token: 'x' })],
    [
      'of an earlier process with a number that lives again',
      JSON.stringify({ pid: process.pid, born: 'another boot:1', token: 'x' }),
    ],
    ['that was never finished', ''],
    ['that is not a lock', 'hello'],
  ])('takes over a file %s', async (_, content) => {
    await writeFile(join(folder, 'lock.json'), content);
    expect(await lockFolder(folder)).toHaveProperty('unlock');
    expect(await readdir(folder)).toEqual(['lock.json']);
  });

  test('goes to exactly one of many that find a stale file at once', async () => {
    await writeFile(join(folder, 'lock.json'), '');
    const locks = await Promise.all(Array.from({ length: 8 }, () => lockFolder(folder)));
    expect(locks.filter((lock) => 'unlock' in lock)).toHaveLength(1);
  });
});
