import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Balance, Session } from '../shared/api.ts';
import { openDatabase } from './database/database.ts';
import { demoPassword } from './demo/seed.ts';

let folder: string;
const started: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zhangtai-start-'));
});
afterEach(() => {
  for (const child of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});
afterAll(() => rm(folder, { recursive: true }));

interface Run {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly exited: Promise<number | null>;
}

function run(...args: string[]): Run {
  const { DATABASE_URL: _, ...env } = process.env;
  const child = fork(join(import.meta.dirname, 'start.ts'), args, { silent: true, env, execArgv: [] });
  started.push(child);
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (data) => (output.stdout += String(data)));
  child.stderr?.on('data', (data) => (output.stderr += String(data)));
  return { child, output, exited: once(child, 'close').then(([code]) => code as number | null) };
}

async function listening({ child, output, exited }: Run): Promise<string> {
  const gone = exited.then((code) => {
    throw new Error(`the server ended with ${code}: ${output.stderr}`);
  });
  const [message] = await Promise.race([once(child, 'message'), gone]);
  return (message as { url: string }).url;
}

async function demoBalance(url: string, email: string): Promise<Balance> {
  const body = JSON.stringify({ email, password: demoPassword, deviceId: 'd', deviceName: 'D' });
  const headers = { 'content-type': 'application/json' };
  const login = await fetch(`${url}/api/auth/login`, { method: 'POST', headers, body });
  const { accessToken } = Session.parse(await login.json());
  const reply = await fetch(`${url}/api/balance`, { headers: { authorization: `Bearer ${accessToken}` } });
  return Balance.parse(await reply.json());
}

test('a demo starts, says so in one line, keeps its folder to itself, stops with its parent, and goes on', async () => {
  const dataDir = join(folder, 'demo');
  const first = run('--demo', '--port', '0', '--data-dir', dataDir);
  const url = await listening(first);
  const [operator, premium] = [
    await demoBalance(url, 'operator@demo.example'),
    await demoBalance(url, 'premium@demo.example'),
  ];
  for (const account of [operator, premium]) {
    expect(account).toMatchObject({ balance: '1330.68', held: '0.00', timeZone: 'Asia/Shanghai' });
    expect(account.seq).toBeGreaterThan(600);
    expect(Number(account.spentToday)).toBeGreaterThan(0);
    expect(Number(account.spentThisMonth)).toBeGreaterThanOrEqual(Number(account.spentToday));
  }

  const intruder = run('--demo', '--port', '0', '--data-dir', dataDir);
  expect(await intruder.exited).toBe(1);
  expect(intruder.output.stderr).toBe(`The data folder ${dataDir} is in use by another server.\n`);

  first.child.disconnect();
  // A channel that this side closed keeps `close` from coming, so it is `exit` that tells.
  expect(await once(first.child, 'exit')).toEqual([0, null]);
  expect(first.output).toEqual({ stdout: `Zhangtai server listening on ${url}\n`, stderr: '' });

  const second = run('--demo', '--port', new URL(url).port, '--data-dir', dataDir);
  expect(await listening(second)).toBe(url);
  const later = await demoBalance(url, 'operator@demo.example');
  expect(later).toMatchObject({ balance: '1330.68', seq: operator.seq, head: operator.head });
  second.child.kill('SIGKILL');
  await second.exited;

  const third = run('--demo', '--port', '0', '--data-dir', dataDir);
  expect(await demoBalance(await listening(third), 'operator@demo.example')).toMatchObject({
    head: operator.head,
  });
  third.child.kill('SIGTERM');
  expect(await third.exited).toBe(0);
});

test('whatever keeps it from starting is listed at once, in sentences', async () => {
  const file = join(folder, 'a-file');
  await writeFile(file, '');
  const holder = run('--port', '0', '--data-dir', join(folder, 'holder'));
  const { port } = new URL(await listening(holder));
  const refused = run('--port', port, '--data-dir', join(file, 'data'));
  expect(await refused.exited).toBe(1);
  expect(refused.output).toEqual({
    stdout: '',
    stderr:
      `Port ${port} on 127.0.0.1 is in use by another program: choose another with --port, or 0 for a free one.\n` +
      `The data folder ${join(file, 'data')} is not a folder.\n`,
  });
  const wrong = run('--port', 'http', '--demo', '--host', '0.0.0.0');
  expect(await wrong.exited).toBe(1);
  expect(wrong.output.stderr.split('\n')).toHaveLength(3);
});

test('a database that a newer server has written is refused and left alone', async () => {
  const dataDir = join(folder, 'newer');
  const database = await openDatabase({ dataDir });
  await database.script(`CREATE TABLE schema_version (version integer, name text, applied_at_ms bigint);
    INSERT INTO schema_version VALUES (9999, 'from_the_future', 0)`);
  await database.close();
  const refused = run('--port', '0', '--data-dir', dataDir);
  expect(await refused.exited).toBe(1);
  expect(refused.output.stdout).toBe('');
  expect(refused.output.stderr).toMatch(/^The database has schema version 9999, .*nothing was changed\.\n$/);
});

test('a PostgreSQL that does not answer is named without its password', async () => {
  const { DATABASE_URL: _, ...env } = process.env;
  const child = fork(join(import.meta.dirname, 'start.ts'), ['--port', '0'], {
    silent: true,
    env: { ...env, DATABASE_URL: 'postgresql://billing:hunter2@127.0.0.1:1/zhangtai' },
    execArgv: [],
  });
  started.push(child);
  let stderr = '';
  child.stderr?.on('data', (data) => (stderr += String(data)));
  const [code] = await once(child, 'close');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^PostgreSQL cannot be reached: .*ECONNREFUSED.*\n$/);
  expect(stderr).not.toContain('hunter2');
});
