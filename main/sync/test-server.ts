/**
 * A billing server for tests, over real HTTP on this machine: one account, an honest ledger in memory, and the faults of a
 * bad network or a bad day on demand. It is not the product's server and must never be imported outside tests.
 */
import { hash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import {
  ChargeBatchBody,
  type Account,
  type Balance,
  type Charge,
  type ChargeBody,
  type ChargeResult,
  type Device,
  type Transaction,
  type AlertSettings,
} from '../../shared/api.ts';
import type { PriceBook } from '../../shared/api-prices.ts';
import type { Problem } from '../../shared/api-words.ts';
import { chainText, genesisHash } from '../../shared/chain.ts';
import { serverProblemStatus, type ServerProblemCode } from '../../shared/errors.ts';
import { yuan, yuanText, type Micros } from '../../shared/money.ts';

/** What goes wrong with one request. `after` faults act first: the money moves and the answer is lost. */
export type Fault =
  | 'silence'
  | 'drop_before'
  | 'drop_after'
  | 'error_before'
  | 'error_after'
  | 'busy'
  | 'html'
  | 'truncate_after'
  | 'twice'
  | 'fewer_results';

export interface TestServer {
  readonly url: string;
  readonly account: Account;
  password: string;
  /** Asked before each request: what to do wrong with it. */
  fault: (path: string, request: IncomingMessage) => Fault | null;
  /** Refuses a charge for a reason of its own; null lets it through. */
  refuse: (charge: ChargeBody) => ServerProblemCode | Problem | null;
  readonly requests: string[];
  readonly ledger: Transaction[];
  readonly pricing: PriceBook;
  alerts: AlertSettings;
  /** What it has seen of devices' numbers. */
  devices: readonly z.infer<typeof Device>[];
  /** Ends all access tokens given so far. */
  endTokens(): void;
  /** Refuses every refresh token given so far. */
  revoke(): void;
  recharge(amount: string): void;
  balance(): Micros;
  close(): Promise<void>;
}

const json = (response: ServerResponse, status: number, body: unknown, headers: object = {}): void => {
  const type = status >= 400 ? 'application/problem+json' : 'application/json';
  response.writeHead(status, { 'content-type': type, ...headers }).end(JSON.stringify(body));
};

export function problem(code: ServerProblemCode, extra: object = {}): Problem {
  return { type: 'about:blank', title: code, status: serverProblemStatus[code], code, ...extra };
}

export async function startTestServer(): Promise<TestServer> {
  const state = createState();
  const server = createServer((request, response) => {
    void readBody(request).then((body) => serve(state, request, response, body));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

function createState() {
  const account: Account = {
    id: uuidv7(),
    name: '测试操作员',
    email: 'operator@test.example',
    role: 'operator',
    memberLevel: 'none',
    timeZone: 'Asia/Shanghai',
    currency: 'CNY',
  };
  const pricing: PriceBook = {
    version: 1,
    updatedAt: '2026-01-01T00:00:00.000Z',
    stacking: 'best',
    prices: [
      {
        platform: 'xiaohongshu',
        operation: 'follow',
        unitPrice: '1.00',
        effectiveAt: '2026-01-01T00:00:00.000Z',
        tiers: [{ fromQuantityExclusive: 100, multiplier: '0.95' }],
      },
    ],
    memberDiscounts: [{ level: 'premium', multiplier: '0.90' }],
  };
  const state = {
    account,
    pricing,
    devices: [] as readonly z.infer<typeof Device>[],
    password: 'secret',
    fault: (_path: string, _request: IncomingMessage): Fault | null => null,
    alerts: alertsOff,
    refuse: (_charge: ChargeBody): ServerProblemCode | Problem | null => null,
    requests: [] as string[],
    ledger: [] as Transaction[],
    charges: new Map<string, Charge>(),
    tokens: new Set<string>(),
    refreshTokens: new Set<string>(),
    balance: (): Micros => yuan(state.ledger.at(-1)?.balanceAfter ?? '0.00'),
    endTokens: () => state.tokens.clear(),
    revoke: () => state.refreshTokens.clear(),
    recharge(amount: string): void {
      post(state, { id: uuidv7(), kind: 'recharge', amount: yuan(amount) });
    },
  };
  return state;
}
type State = ReturnType<typeof createState>;

function post(
  state: State,
  row: Pick<Transaction, 'id' | 'kind'> & { amount: Micros } & Partial<Omit<Transaction, 'amount'>>,
): Transaction {
  const at = new Date().toISOString();
  const prevHash = state.ledger.at(-1)?.hash ?? genesisHash;
  const unhashed = {
    accountId: state.account.id,
    seq: state.ledger.length + 1,
    asset: 'CNY',
    occurredAt: at,
    recordedAt: at,
    ...row,
    balanceAfter: yuanText(state.balance() + row.amount),
    amount: yuanText(row.amount),
    // A field that the desk does not know: part of what is hashed all the same.
    fromTheFuture: true,
  };
  const transaction = { ...unhashed, prevHash, hash: hash('sha256', chainText(prevHash, unhashed)) };
  state.ledger.push(transaction);
  return transaction;
}

function charge(state: State, body: ChargeBody): ChargeResult {
  const known = state.charges.get(body.id);
  if (known !== undefined) return { id: body.id, status: 'replayed', charge: known };
  const refusal = state.refuse(body);
  if (refusal !== null)
    return {
      id: body.id,
      status: 'rejected',
      problem: typeof refusal === 'string' ? problem(refusal) : refusal,
    };
  const amount = body.expectedAmount ?? '1.00';
  if (yuan(amount) > state.balance())
    return {
      id: body.id,
      status: 'rejected',
      problem: problem('insufficient_balance', { required: amount }),
    };
  const { platform, operation } = body;
  const pricing = {
    platform,
    operation,
    quantity: 1,
    unitPrice: amount,
    subtotal: amount,
    steps: [],
    unitNet: amount,
    total: amount,
    pricingVersion: 1,
    k: 1,
  };
  const { id, deviceId, deviceSeq, targetUserId, occurredAt } = body;
  const row = post(state, {
    id,
    kind: 'charge',
    amount: -yuan(amount),
    platform,
    operation,
    quantity: 1,
    targetUserId,
    ...(body.campaignId === undefined ? {} : { campaignId: body.campaignId }),
    deviceId,
    deviceSeq,
    occurredAt,
    pricing,
  });
  const { seq, balanceAfter, recordedAt } = row;
  const made: Charge = { id, seq, amount, balanceAfter, pricing, occurredAt, recordedAt };
  state.charges.set(id, made);
  return { id, status: 'charged', charge: made };
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}

function serve(state: State, request: IncomingMessage, response: ServerResponse, body: unknown): void {
  const url = new URL(request.url ?? '/', 'http://test');
  const path = url.pathname.replace('/api', '');
  state.requests.push(`${request.method} ${path}`);
  const fault = state.fault(path, request);
  if (fault === 'silence') return;
  if (fault === 'drop_before') return void request.socket.destroy();
  if (fault === 'error_before') return json(response, 500, problem('internal'));
  if (fault === 'busy') return json(response, 429, problem('rate_limited'), { 'retry-after': '0' });
  if (fault === 'html')
    return void response
      .writeHead(200, { 'content-type': 'text/html' })
      .end('<html>sign in to the Wi-Fi</html>');
  if (fault === 'twice') answer(state, request, path, url, body);
  const [status, reply, headers] = answer(state, request, path, url, body);
  if (fault === 'drop_after') return void request.socket.destroy();
  if (fault === 'error_after') return json(response, 500, problem('internal'));
  if (fault === 'truncate_after') {
    const text = JSON.stringify(reply);
    response.writeHead(status, { 'content-type': 'application/json' });
    return void response.end(text.slice(0, text.length / 2));
  }
  if (fault === 'fewer_results' && isBatchReply(reply)) reply.results.pop();
  if (status === 304) return void response.writeHead(304, headers).end();
  json(response, status, reply, headers);
}

function isBatchReply(reply: unknown): reply is { results: ChargeResult[] } {
  return typeof reply === 'object' && reply !== null && 'results' in reply;
}

type Answer = readonly [status: number, body: unknown, headers?: Record<string, string>];
const refused = (code: ServerProblemCode): Answer => [serverProblemStatus[code], problem(code)];

function answer(state: State, request: IncomingMessage, path: string, url: URL, body: unknown): Answer {
  if (path === '/health/live') return [200, { status: 'live', service: 'zhangtai' }];
  if (path === '/openapi.json') return [200, { openapi: '3.1.0', paths: { '/api/balance': { get: {} } } }];
  if (path === '/auth/login')
    return (body as { password: string }).password === state.password
      ? [200, session(state)]
      : refused('unauthenticated');
  if (path === '/auth/refresh') {
    const { refreshToken } = body as { refreshToken: string };
    return state.refreshTokens.delete(refreshToken) ? [200, session(state)] : refused('unauthenticated');
  }
  const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
  if (!state.tokens.has(token)) return refused('token_expired');
  if (path === '/auth/logout') return [204, undefined];
  if (path === '/balance') return [200, balanceOf(state)];
  if (path === '/account') return [200, state.account];
  if (path === '/alerts') return [200, state.alerts];
  if (path === '/devices') return [200, { items: state.devices }];
  if (path === '/pricing') {
    const etag = `"${state.pricing.version}"`;
    return request.headers['if-none-match'] === etag ? [304, null, { etag }] : [200, state.pricing, { etag }];
  }
  if (path === '/billing/charges') {
    const batch = ChargeBatchBody.safeParse(body);
    if (!batch.success) return refused('validation_failed');
    const results = batch.data.charges.map((one) => charge(state, one));
    return [200, { results, balance: balanceOf(state) }];
  }
  return ledgerAnswer(state, path, url);
}

function ledgerAnswer(state: State, path: string, url: URL): Answer {
  const head = state.ledger.at(-1)?.hash ?? genesisHash;
  if (path === '/transactions') {
    const afterSeq = Number(url.searchParams.get('afterSeq'));
    const transactions = state.ledger.slice(afterSeq, afterSeq + Number(url.searchParams.get('limit')));
    const hasMore = afterSeq + transactions.length < state.ledger.length;
    return [200, { transactions, lastSeq: state.ledger.length, head, hasMore }];
  }
  if (path === '/transactions/digest') {
    const upto = Number(url.searchParams.get('uptoSeq') ?? state.ledger.length);
    const last = state.ledger[Math.min(upto, state.ledger.length) - 1];
    const seq = last?.seq ?? 0;
    const sums = last === undefined ? {} : { CNY: last.balanceAfter };
    return [200, { seq, head: last?.hash ?? genesisHash, count: seq, sums }];
  }
  return refused('not_found');
}

const alertsOff: AlertSettings = {
  lowBalance: { enabled: false, threshold: '0.00' },
  pauseTasks: { enabled: false, threshold: '0.00' },
  email: { enabled: false, address: '' },
};

function session(state: State) {
  const accessToken = uuidv7();
  const refreshToken = uuidv7();
  state.tokens.add(accessToken);
  state.refreshTokens.add(refreshToken);
  return { accessToken, expiresIn: 900, refreshToken, account: state.account };
}

function balanceOf(state: State): Balance {
  const balance = yuanText(state.balance());
  const last = state.ledger.at(-1);
  return {
    asset: 'CNY',
    balance,
    held: '0.00',
    available: balance,
    spentToday: '0.00',
    spentThisMonth: '0.00',
    timeZone: state.account.timeZone,
    seq: last?.seq ?? 0,
    head: last?.hash ?? genesisHash,
    asOf: new Date().toISOString(),
  };
}
