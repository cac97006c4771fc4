/**
 * Real server processes for tests, on one real PostgreSQL, and clients that speak HTTP to them. It must never be used
 * outside tests, nor leave a process behind: `stopAll` ends what was started.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import type { z } from 'zod';
import { Session, type CampaignHoldBody, type ChargeBody } from '../shared/api.ts';
import type { Role } from '../shared/api-words.ts';
import { yuan } from '../shared/money.ts';
import { openDatabase, type Database } from './database/database.ts';
import { migrate } from './database/migrate.ts';
import { createAccount } from './identity/accounts.ts';
import { Ledger } from './ledger/ledger.ts';
import { createSigner, generateSigningJwk } from './ledger/signing.ts';
import { priceBookInForce, publishPriceBook } from './pricing/price-books.ts';
import { testPassword, testPrices } from './test-server.ts';

export interface ServerProcess {
  readonly url: string;
  /** SIGKILL; resolves once the process is gone. */
  kill(): Promise<void>;
}

export interface RemoteReply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Somebody signed in; the token stands on every process of the database. */
export interface RemoteClient {
  readonly accountId: string;
  /** Throws when no whole answer came. */
  post(url: string, path: string, body?: object): Promise<RemoteReply>;
  put(url: string, path: string, body: object): Promise<RemoteReply>;
}

export interface ServerProcesses {
  readonly database: Database;
  start(): Promise<ServerProcess>;
  newClient(at: ServerProcess, options?: { role?: Role; balance?: string }): Promise<RemoteClient>;
  stopAll(): Promise<void>;
}

/** On an empty PostgreSQL database: prices are published, no process runs yet. `env` is for each of them. */
export async function serverProcesses(
  databaseUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcesses> {
  const database = await openDatabase({ databaseUrl });
  await migrate(database);
  const signer = await createSigner(await generateSigningJwk());
  const ledger = new Ledger({ database, clock: Date.now, priceBook: priceBookInForce, signer });
  await database.transaction((tx) =>
    publishPriceBook(tx, testPrices, { accountId: null, nowMs: Date.now() - 1 }),
  );
  const running = new Set<ChildProcess>();

  return {
    database,
    async start() {
      const child = fork(join(import.meta.dirname, 'start.ts'), ['--port', '0'], {
        env: { ...process.env, ...env, DATABASE_URL: databaseUrl },
        execArgv: [],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      running.add(child);
      const gone = once(child, 'exit').finally(() => running.delete(child));
      const url = await listeningUrl(child);
      return {
        url,
        async kill() {
          child.kill('SIGKILL');
          await gone;
        },
      };
    },
    async newClient(at, { role = 'operator', balance } = {}) {
      const accountId = randomUUID();
      const email = `${accountId}@test.example`;
      const account = { id: accountId, name: role, email, role, memberLevel: 'none' as const };
      await database.transaction((tx) =>
        createAccount(tx, { ...account, timeZone: 'Asia/Shanghai', password: testPassword }, Date.now()),
      );
      if (balance !== undefined)
        await ledger.recharge({
          id: randomUUID(),
          accountId,
          amount: yuan(balance),
          occurredAtMs: Date.now(),
          source: 'test',
        });
      const login = { email, password: testPassword, deviceId: accountId, deviceName: 'Test desk' };
      const { accessToken } = Session.parse((await send('POST', at.url, '/auth/login', login)).body);
      return {
        accountId,
        post: (url, path, body) => send('POST', url, path, body, accessToken),
        put: (url, path, body) => send('PUT', url, path, body, accessToken),
      };
    },
    async stopAll() {
      for (const child of running) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await database.close();
    },
  };
}

async function listeningUrl(child: ChildProcess): Promise<string> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`a server process ended with ${String(code)} before it listened`);
  });
  const [message] = await Promise.race([once(child, 'message'), ended]);
  return (message as { url: string }).url;
}

async function send(
  method: 'POST' | 'PUT',
  url: string,
  path: string,
  body?: object,
  accessToken?: string,
): Promise<RemoteReply> {
  const response = await fetch(`${url}/api${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, body: text === '' ? undefined : JSON.parse(text) };
}

let lastNumber = 0;

/** A charge of one follow that nobody made before. */
export function newCharge(given: Partial<ChargeBody> = {}): ChargeBody {
  lastNumber += 1;
  return {
    id: randomUUID(),
    platform: 'xiaohongshu',
    operation: 'follow',
    targetUserId: `user-${lastNumber}`,
    deviceId: 'test-desk',
    deviceSeq: lastNumber,
    occurredAt: new Date().toISOString(),
    ...given,
  };
}

/** A hold for a campaign of its own. */
export function newHold(quantity: number): z.infer<typeof CampaignHoldBody> {
  const id = randomUUID();
  const follow = { platform: 'xiaohongshu', operation: 'follow' };
  return { id, campaignId: `campaign-${id}`, ...follow, quantity, deviceId: 'test-desk' };
}
