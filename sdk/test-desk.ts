/**
 * The product's own billing server for tests, as a process of its own, with models and prices published, and a road to it
 * on which requests come to grief. It must never be used outside tests, nor leave a process behind.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Session, Transaction } from '../shared/api.ts';
import type { MeteredUsage } from '../shared/api-metering.ts';

/** Making the demonstration's data takes seconds on a quiet machine, and much longer beside other work. */
const startMsMax = 90_000;
const name = { 'zh-CN': '聊天', 'en-US': 'Chat' };
const from = '2026-01-01T00:00:00.000Z';
const models = ['qwen-max', 'small'].map((id) => ({ id, provider: 'aliyun' }));

export const catalogue = {
  providers: [{ id: 'aliyun', name }],
  models,
  prices: models.map(({ id: model }) => ({
    model,
    effectiveAt: from,
    per: 1_000,
    inputPrice: '0.002',
    outputPrice: '0.008',
  })),
  products: [
    { id: 'chat', name, model: 'qwen-max', paidBy: ['CNY'] },
    { id: 'quota_chat', name, model: 'qwen-max', paidBy: ['CHAT_TOKEN'] },
  ],
};

export interface TestDesk {
  readonly url: string;
  /** Of an operator with money. */
  readonly token: string;
  /** All of the operator's calls. */
  usages(): Promise<MeteredUsage[]>;
  /** All that the operator was charged for calls. */
  charges(): Promise<Transaction[]>;
  close(): Promise<void>;
}

export async function startTestDesk(): Promise<TestDesk> {
  const dataDir = mkdtempSync(join(tmpdir(), 'zhangtai-sdk-'));
  const args = ['server/start.ts', '--demo', '--port', '0', '--data-dir', dataDir];
  const child = spawn(process.execPath, args, {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), startMsMax);
    child.on('message', (message: { kind?: string; url?: string }) => {
      if (message.kind !== 'listening' || message.url === undefined) return;
      clearTimeout(timer);
      resolve(message.url);
    });
    child.once('close', () => reject(new Error('the server did not start')));
  });
  const finance = await signIn(url, 'finance@demo.example');
  const operator = await signIn(url, 'operator@demo.example');
  await ask(url, finance, 'PUT', '/metering/catalogue', catalogue);
  return {
    url,
    token: operator,
    async usages() {
      const all: MeteredUsage[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
        const path: string = `/metering/usage?limit=200${query}`;
        const page = await ask<{ items: MeteredUsage[]; nextCursor: string | null }>(
          url,
          operator,
          'GET',
          path,
        );
        all.push(...page.items);
        cursor = page.nextCursor;
      }
      return all;
    },
    async charges() {
      const all: Transaction[] = [];
      for (let more = true, after = 0; more;) {
        const path = `/transactions?limit=5000&afterSeq=${after}`;
        const page = await ask<{ transactions: Transaction[]; hasMore: boolean }>(url, operator, 'GET', path);
        all.push(...page.transactions.filter(({ operation }) => operation === 'ai_call'));
        after = page.transactions.at(-1)?.seq ?? after;
        more = page.hasMore;
      }
      return all;
    },
    async close() {
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await closed;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function signIn(url: string, email: string): Promise<string> {
  const body = { email, password: 'zhangtai-demo', deviceId: 'sdk-test', deviceName: 'SDK test' };
  return (await ask<Session>(url, '', 'POST', '/auth/login', body)).accessToken;
}

async function ask<Body>(
  url: string,
  token: string,
  method: string,
  path: string,
  body?: object,
): Promise<Body> {
  const response = await fetch(`${url}/api${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok)
    throw new Error(`${method} ${path} was answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Body;
}

/** What may befall a request on its way. */
export const griefs = ['none', 'lost', 'unanswered', 'unavailable', 'limited', 'slow', 'twice'] as const;
export type Grief = (typeof griefs)[number];

export interface Road {
  readonly url: string;
  /** Requests that each befell. */
  readonly seen: ReadonlyMap<Grief, number>;
  close(): Promise<void>;
}

/** A road to the server; what befalls the next request is asked for as it comes. */
export async function openRoad(to: string, next: () => Grief): Promise<Road> {
  const seen = new Map<Grief, number>();
  const server = createServer((request, response) => {
    const grief = next();
    seen.set(grief, (seen.get(grief) ?? 0) + 1);
    travel(to, grief, request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function travel(
  to: string,
  grief: Grief,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await buffer(request);
  const pass = async (): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`${to}${request.url ?? ''}`, {
      method: request.method ?? 'GET',
      headers: { 'content-type': 'application/json', authorization: request.headers.authorization ?? '' },
      ...(body.length === 0 ? {} : { body }),
    });
    return { status: answer.status, text: await answer.text() };
  };
  const reply = ({ status, text }: { status: number; text: string }): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(text);
  };
  switch (grief) {
    case 'none':
      return reply(await pass());
    case 'lost':
      return void response.destroy();
    case 'unanswered':
      await pass();
      return void response.destroy();
    case 'unavailable':
      return void response.writeHead(503).end('<html>busy</html>');
    case 'limited':
      return void response.writeHead(429, { 'retry-after': '0' }).end('{"code":"rate_limited"}');
    case 'slow':
      await delay(50);
      return reply(await pass());
    case 'twice': {
      const [, second] = await Promise.all([pass(), pass()]);
      return reply(second);
    }
    default:
      return grief satisfies never;
  }
}
