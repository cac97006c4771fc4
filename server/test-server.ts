/**
 * A whole server for tests, on a database of the test's choosing: accounts made on the spot, a clock that is set by
 * hand, and clients that speak the contract's table. It must never be used outside tests.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { ChargeBody } from '../shared/api.ts';
import { Problem, type MemberLevel, type Role } from '../shared/api-words.ts';
import { endpoints, type Endpoint, type EndpointName } from '../shared/endpoints.ts';
import { yuan } from '../shared/money.ts';
import { buildApp } from './app.ts';
import { secondPersonDefault, type SecondPersonRules } from './asking.ts';
import { audited } from './audit/acts.ts';
import type { Database } from './database/database.ts';
import { migrate } from './database/migrate.ts';
import { createAccount } from './identity/accounts.ts';
import { signIn } from './identity/sign-ins.ts';
import { createMetrics } from './http/metrics.ts';
import { Ledger } from './ledger/ledger.ts';
import { createSigner, generateSigningJwk } from './ledger/signing.ts';
import type { Recharging } from './payments/recharging.ts';
import { priceBookInForce, publishPriceBook } from './pricing/price-books.ts';
import { Reconciling } from './reconciliation/reconciling.ts';

export interface Reply {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}
export interface CallInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}
export interface Client {
  readonly accountId: string;
  readonly email: string;
  readonly accessToken: string;
  call(name: EndpointName, input?: CallInput): Promise<Reply>;
}
export interface NewClient {
  readonly role?: Role;
  readonly memberLevel?: MemberLevel;
  /** In yuan; brought by a recharge. */
  readonly balance?: string;
}
export interface TestServer {
  readonly app: FastifyInstance;
  readonly database: Database;
  readonly ledger: Ledger;
  /** What the server takes for the time; access tokens alone keep to the real one. */
  nowMs: number;
  /** Speaks without a token. */
  readonly nobody: Client;
  newClient(account?: NewClient): Promise<Client>;
  close(): Promise<void>;
}

export const testPassword = 'a long enough password';
export const testPrices = {
  stacking: 'best' as const,
  prices: (['xiaohongshu', 'douyin'] as const).map((platform) => ({
    platform,
    operation: 'follow',
    unitPrice: platform === 'douyin' ? '1.20' : '1.00',
    effectiveAt: '2026-01-01T00:00:00.000Z',
    tiers: [{ fromQuantityExclusive: 100, multiplier: '0.95' }],
  })),
  memberDiscounts: [{ level: 'premium' as const, multiplier: '0.90' }],
};

/** Takes over the database (empty or already migrated) and closes it with the server. */
export async function startTestServer(
  given: Database,
  trustedProxies: readonly string[] = [],
  rechargingOn: ((ledger: Ledger, clock: () => number) => Recharging) | null = null,
  secondPersonRules: SecondPersonRules = secondPersonDefault,
): Promise<TestServer> {
  await migrate(given);
  const time = { nowMs: Date.parse('2026-11-21T02:00:00.000Z') };
  const clock = () => time.nowMs;
  const database = audited(given, clock);
  const signer = await createSigner(await generateSigningJwk());
  const metrics = createMetrics(() => database.connections());
  const ledger = new Ledger({
    database,
    clock,
    priceBook: priceBookInForce,
    signer,
    waitMsMax: secondPersonRules.waitMsMax,
    onChargesPosted: metrics.chargesPosted,
  });
  const before = { accountId: null, nowMs: time.nowMs - 1 };
  await database.transaction((tx) => publishPriceBook(tx, testPrices, before));
  const jwtSecret = randomUUID();
  const app = await buildApp({
    database,
    clock,
    jwtSecret,
    businessZone: 'Asia/Shanghai',
    ledger,
    recharging: rechargingOn?.(ledger, clock) ?? null,
    backups: null,
    reconciling: new Reconciling({ database, ledger, clock, wechat: null }),
    secondPersonRules,
    signer,
    metrics,
    metricsToken: null,
    trustedProxies,
    logger: null,
  });
  const speak = (who: Omit<Client, 'call'>): Client => ({
    ...who,
    call: (name, input = {}) => callEndpoint(app, who.accessToken, name, input),
  });
  return Object.assign(time, {
    app,
    database,
    ledger,
    nobody: speak({ accountId: '', email: '', accessToken: '' }),
    async newClient({ role = 'operator', memberLevel = 'none', balance }: NewClient = {}) {
      const accountId = randomUUID();
      const email = `${accountId}@test.example`;
      const account = { id: accountId, name: role, email, role, memberLevel, timeZone: 'Asia/Shanghai' };
      await createAccount(database, { ...account, password: testPassword }, clock());
      const device = { accountId, deviceId: 'test-desk', deviceName: 'Test desk' };
      const signedIn = await signIn(database, device, clock());
      if (signedIn === null) throw new Error('the account was just made');
      const { signInId } = signedIn;
      if (balance !== undefined)
        await ledger.recharge({
          id: randomUUID(),
          accountId,
          amount: yuan(balance),
          occurredAtMs: clock(),
          source: 'test',
        });
      return speak({ accountId, email, accessToken: app.jwt.sign({ sub: accountId, sid: signInId }) });
    },
    async close() {
      await app.close();
      await database.close();
    },
  });
}

/** A charge of one follow; numbers and targets differ from call to call unless they are given. */
export function chargeBody(server: TestServer, given: Partial<ChargeBody> = {}): ChargeBody {
  lastNumber += 1;
  return {
    id: randomUUID(),
    platform: 'xiaohongshu',
    operation: 'follow',
    targetUserId: `user-${lastNumber}`,
    deviceId: 'test-desk',
    deviceSeq: lastNumber,
    occurredAt: new Date(server.nowMs).toISOString(),
    ...given,
  };
}
let lastNumber = 0;

/** Calls, and insists that what comes back is what the contract promises for its status. */
async function callEndpoint(
  app: FastifyInstance,
  accessToken: string,
  name: EndpointName,
  input: CallInput,
): Promise<Reply> {
  const endpoint: Endpoint = endpoints[name];
  const path = endpoint.path.replace(/:(\w+)/g, (_, key: string) => input.params?.[key] ?? '');
  const reply = await app.inject({
    method: endpoint.method,
    url: `/api${path}`,
    headers: { ...(accessToken === '' ? {} : { authorization: `Bearer ${accessToken}` }), ...input.headers },
    ...(input.query === undefined ? {} : { query: input.query }),
    ...(input.body === undefined ? {} : { payload: input.body }),
  });
  const status = reply.statusCode;
  const body: unknown = reply.body === '' ? undefined : JSON.parse(reply.body);
  if (status >= 400) {
    const problem = Problem.parse(body);
    if (problem.status !== status || reply.headers['content-type'] !== 'application/problem+json')
      throw new Error(`${name} answered ${status} without a problem of its own`);
  } else if (status !== 304) {
    const schema = endpoint.replies[status];
    if (schema === undefined) throw new Error(`${name} answered ${status}, which the contract does not name`);
    schema.parse(body);
  }
  return { status, body, headers: reply.headers };
}
