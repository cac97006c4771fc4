/**
 * The billing server as a process, with a price of one cent and accounts that can pay for millions of charges, and
 * programs of the benchmark that put load on something from a process of their own.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { v7 as uuidv7 } from 'uuid';
import type { Job, Run } from './driver.ts';
import type { NaiveJob } from './naive.ts';

/** What every program that is on a database of the benchmark seals with. */
export const benchKeys = { ZHANGTAI_KEYS: `bench:${randomBytes(32).toString('base64')}` };

const password = 'zhangtai-demo';
const richYuan = '1000000.00';

export interface BenchServer {
  readonly url: string;
  readonly pid: number;
  /** A token of the one who pays, and the account. */
  readonly token: string;
  readonly accountId: string;
  stop(): Promise<void>;
}

/** On a database that has its accounts already; nothing is added to it. */
export async function startPlainServer(
  databaseUrl: string,
  dataDir: string,
): Promise<Pick<BenchServer, 'url' | 'pid' | 'stop'>> {
  const { child, stop } = spawnServer(['--port', '0', '--data-dir', dataDir], {
    ...benchKeys,
    DATABASE_URL: databaseUrl,
  });
  try {
    const url = await listeningUrl(child);
    if (child.pid === undefined) throw new Error('the server has no process');
    return { url, pid: child.pid, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs a program of the server's tests to its end; what it says is a line of JSON. */
export async function runServerProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<unknown> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../server', program), ...args], {
    env: { ...process.env, ...benchKeys, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return JSON.parse(said);
}

function spawnServer(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): { readonly child: ChildProcess; readonly stop: () => Promise<void> } {
  const program = join(import.meta.dirname, '../server/start.ts');
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
    // Over the channel the server learns when this program ends before its time.
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };
  return { child, stop };
}

/** On a database of its own; the demo's accounts are there, and `operator` has a million yuan more. */
export async function startBenchServer(databaseUrl: string, dataDir: string): Promise<BenchServer> {
  const { child, stop } = spawnServer(['--demo', '--port', '0', '--data-dir', dataDir], {
    DATABASE_URL: databaseUrl,
  });
  try {
    const url = await listeningUrl(child);
    if (child.pid === undefined) throw new Error('the server has no process');
    const { token, accountId } = await signIn(url, 'operator');
    await publishPrice(url);
    await enrich(url, accountId);
    return { url, pid: child.pid, token, accountId, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function listeningUrl({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('the server has no output');
  for await (const line of createInterface({ input: stdout }))
    return line.replace('Zhangtai server listening on ', '');
  throw new Error('the server ended before it listened');
}

export async function send(
  url: string,
  path: string,
  body: object | undefined,
  { token, method = 'POST' }: { readonly token?: string; readonly method?: string } = {},
): Promise<unknown> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/api${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...authorization },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
  return JSON.parse(text);
}

function signIn(url: string, name: string): Promise<{ token: string; accountId: string }> {
  return signInAs(url, { email: `${name}@demo.example`, password });
}

export async function signInAs(
  url: string,
  who: { readonly email: string; readonly password: string },
): Promise<{ token: string; accountId: string }> {
  const login = { ...who, deviceId: 'bench', deviceName: 'Bench' };
  const session = (await send(url, '/auth/login', login)) as {
    readonly accessToken: string;
    readonly account: { readonly id: string };
  };
  return { token: session.accessToken, accountId: session.account.id };
}

async function publishPrice(url: string): Promise<void> {
  const { token } = await signIn(url, 'finance');
  const follow = { platform: 'xiaohongshu', operation: 'follow', unitPrice: '0.01', tiers: [] };
  const prices = [{ ...follow, effectiveAt: new Date().toISOString() }];
  await send(url, '/pricing', { stacking: 'best', prices, memberDiscounts: [] }, { token, method: 'PUT' });
}

/** So much takes two people of finance. */
async function enrich(url: string, accountId: string): Promise<void> {
  const [asking, approving] = await Promise.all([signIn(url, 'finance'), signIn(url, 'checker')]);
  const adjustment = { id: uuidv7(), accountId, asset: 'CNY', amount: richYuan, reason: 'benchmark' };
  await send(url, '/billing/adjustments', adjustment, asking);
  await send(url, `/billing/adjustments/${adjustment.id}/approve`, {}, approving);
}

/** Runs one job after the other in a process of its own; `stop` ends it. */
export interface Worker<J> {
  run(job: J): Promise<Run>;
  stop(): Promise<void>;
}

export const startDriver = (): Worker<Job> => startWorker('driver.ts');
export const startNaive = (): Worker<NaiveJob> => startWorker('naive.ts');

interface Failed {
  readonly failed: string;
}

function startWorker<J extends object>(program: string): Worker<J> {
  const child = fork(join(import.meta.dirname, program));
  const ended = once(child, 'exit');
  return {
    async run(job) {
      child.send(job);
      const [answer] = (await Promise.race([once(child, 'message'), ended])) as [
        Run | Failed | number | null,
      ];
      if (typeof answer === 'number' || answer === null) throw new Error(`${program} ended with ${answer}`);
      if ('failed' in answer) throw new Error(`${program}: ${answer.failed}`);
      return answer;
    },
    async stop() {
      child.disconnect();
      await ended;
    },
  };
}
