/** Checks that only the contract's answers count, and that a sign-in lasts, renews once and ends when it should. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createServerClient, type OwnedClient } from './server-client.ts';
import { startTestServer, type Fault, type TestServer } from './test-server.ts';

let server: TestServer;
let client: OwnedClient;
let kept: string | null;
let ended: number;
let nowMs: number;

beforeEach(async () => {
  server = await startTestServer();
  kept = null;
  ended = 0;
  nowMs = Date.now();
  client = newClient();
  await signIn();
});
afterEach(async () => {
  client.close();
  await server.close();
});

const newClient = (timeoutMs = 20_000): OwnedClient =>
  createServerClient({
    baseUrl: () => server.url,
    tokens: {
      read: async () => ({ kind: 'known', refreshToken: kept }),
      write: async (refreshToken) => {
        kept = refreshToken;
      },
    },
    now: () => nowMs,
    onOnline: () => undefined,
    onSignInEnded: () => {
      ended += 1;
    },
    timeoutMs,
  });

async function signIn(): Promise<void> {
  const outcome = await client.login(server.url, {
    email: server.account.email,
    password: server.password,
    deviceId: 'device',
    deviceName: 'test',
  });
  if (outcome.kind !== 'ok') throw new Error(outcome.kind);
  await client.signedIn(outcome.body);
}

describe('what counts as an answer', () => {
  test.each<[Fault, string]>([
    ['html', 'not_zhangtai'],
    ['truncate_after', 'not_zhangtai'],
    ['drop_before', 'unreachable'],
    ['drop_after', 'unreachable'],
    ['error_after', 'problem'],
  ])('%s is %s', async (fault, kind) => {
    server.fault = () => fault;
    expect((await client.call('balance', {})).kind).toBe(kind);
    expect(client.online()).toBe(kind === 'problem');
  });

  test('tells whether the request can have arrived', async () => {
    server.fault = () => 'drop_before';
    expect(await client.call('balance', {})).toMatchObject({ kind: 'unreachable', maybeActed: true });
    await server.close();
    expect(await client.call('balance', {})).toMatchObject({ kind: 'unreachable', maybeActed: false });
  });

  describe('within a second', () => {
    beforeEach(async () => {
      client.close();
      client = newClient(1_000);
      // A busy machine may need more than one second, and so more than one try.
      await vi.waitFor(signIn, { timeout: 20_000 });
      server.fault = () => 'silence';
    });

    test('silence ends', async () => {
      expect((await client.call('healthLive', {})).kind).toBe('unreachable');
    });

    test('it does not for what reads all there is', async () => {
      const before = Date.now();
      const signal = AbortSignal.timeout(1_500);
      expect((await client.call('verifyAudit', { signal })).kind).toBe('unreachable');
      expect(Date.now() - before).toBeGreaterThanOrEqual(1_400);
    });
  });

  test('a wait that the desk itself ends says nothing of the connection', async () => {
    await client.call('balance', {});
    server.fault = () => 'silence';
    const abort = new AbortController();
    const call = client.call('balance', { signal: abort.signal });
    abort.abort();
    expect((await call).kind).toBe('unreachable');
    expect(client.online()).toBe(true);
  });

  test('an unchanged body is told by its ETag', async () => {
    const first = await client.call('pricing', {});
    if (first.kind !== 'ok' || first.etag === null) throw new Error('no ETag');
    expect((await client.call('pricing', { ifNoneMatch: first.etag })).kind).toBe('not_modified');
  });

  test('a wait that the server asks for is passed on', async () => {
    server.fault = () => 'busy';
    expect(await client.call('balance', {})).toMatchObject({ kind: 'problem', retryAfterMs: 0 });
  });
});

test('a POST without a body is sent as what it is, not as a form', async () => {
  server.fault = (_path, request) => {
    if (request.headers['content-type'] !== undefined) return 'drop_before';
    return null;
  };
  expect((await client.call('logout', {})).kind).toBe('ok');
});

describe('the sign-in', () => {
  test('renews a token that ended, once for many calls at once, and keeps the new one', async () => {
    const before = kept;
    server.endTokens();
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => client.call('balance', {})));
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(Array.from({ length: 8 }, () => 'ok'));
    expect(server.requests.filter((request) => request === 'POST /auth/refresh')).toHaveLength(1);
    expect(kept).not.toBe(before);
  });

  test('renews before the token ends, so that no call is refused for it', async () => {
    nowMs += 880_000;
    expect((await client.call('balance', {})).kind).toBe('ok');
    expect(server.requests.slice(-2)).toEqual(['POST /auth/refresh', 'GET /balance']);
  });

  test('is taken up after a restart from the kept token', async () => {
    client.close();
    client = newClient();
    client.resume();
    expect((await client.call('balance', {})).kind).toBe('ok');
  });

  test('ends when the server takes it back, and is told of once', async () => {
    server.endTokens();
    server.revoke();
    expect((await client.call('balance', {})).kind).toBe('signed_out');
    expect((await client.call('balance', {})).kind).toBe('signed_out');
    expect(ended).toBe(1);
  });

  test('outlives a server that can not be reached for the renewal', async () => {
    server.endTokens();
    server.fault = (path) => (path === '/auth/refresh' ? 'html' : null);
    expect((await client.call('balance', {})).kind).toBe('not_zhangtai');
    server.fault = () => null;
    expect((await client.call('balance', {})).kind).toBe('ok');
    expect(ended).toBe(0);
  });

  test('nothing is sent in the name of an account after a sign-out', async () => {
    await client.signedOut();
    const before = server.requests.length;
    expect((await client.call('balance', {})).kind).toBe('signed_out');
    expect(server.requests).toHaveLength(before);
    expect(kept).toBeNull();
  });

  test('a wrong password is a refusal of the login alone', async () => {
    const body = { email: 'a@b.example', password: 'wrong', deviceId: 'device', deviceName: 'test' };
    expect(await client.login(server.url, body)).toMatchObject({
      kind: 'problem',
      problem: { code: 'unauthenticated' },
    });
    expect((await client.call('balance', {})).kind).toBe('ok');
  });
});

test('what a server serves is what it says of itself, and a server that cannot be asked says nothing', async () => {
  expect(await client.serves('GET', '/balance')).toEqual({ kind: 'ok', served: true });
  expect(await client.serves('POST', '/balance')).toEqual({ kind: 'ok', served: false });
  expect(await client.serves('POST', '/recharge/orders')).toEqual({ kind: 'ok', served: false });
  await server.close();
  expect((await client.serves('GET', '/balance')).kind).toBe('unreachable');
});
