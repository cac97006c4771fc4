import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Problem } from '../../shared/api-words.ts';
import { endpoints, type Endpoint } from '../../shared/endpoints.ts';
import { bodyBytesMax } from '../app.ts';
import { openDatabase, type Database } from '../database/database.ts';
import { signInsPerMinuteMax, wrongPasswordsMax } from '../routes/sign-in-routes.ts';
import { chargeBody, startTestServer, testPassword, type TestServer } from '../test-server.ts';

let server: TestServer;
/** What the database fails with while it is set. */
let failure: Error | null = null;
/** What a transaction waits for before it begins, and a word that one has come to wait. */
let gate: { readonly opened: Promise<void>; readonly reached: () => void } | null = null;

beforeAll(async () => {
  server = await startTestServer(failing(await openDatabase({})));
});
afterAll(() => server.close());

function failing(database: Database): Database {
  return {
    ...database,
    transaction: async (work) => {
      gate?.reached();
      await gate?.opened;
      return database.transaction(work);
    },
    query: (sql, params) => (failure === null ? database.query(sql, params) : Promise.reject(failure)),
  };
}

async function whileFailing<T>(error: Error, work: () => Promise<T>): Promise<T> {
  failure = error;
  try {
    return await work();
  } finally {
    failure = null;
  }
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly responses: object }>>>>;
  readonly components: { readonly schemas: object };
}

test('the published document lists every endpoint with its answers, and every reference in it leads somewhere', async () => {
  const document: Document = (await server.app.inject('/api/openapi.json')).json();
  expect(document.openapi).toBe('3.1.0');
  const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(
      ([method, { responses }]) => `${method} ${path} ${Object.keys(responses).join()}`,
    ),
  );
  // This server takes no payments, and says so by not listing their routes.
  const served = Object.values<Endpoint>(endpoints).filter(({ path }) => !path.startsWith('/recharge/'));
  const expected = served.map(({ method, path, replies }) => {
    const url = `/api${path.replace(/:(\w+)/g, '{$1}')}`;
    return `${method.toLowerCase()} ${url} ${[...Object.keys(replies), 'default'].join()}`;
  });
  expect(new Set(listed)).toEqual(new Set([...expected, 'get /api/events 200,default']));
  const text = JSON.stringify(document);
  const names = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(50);
  expect(names.filter((name) => !Object.hasOwn(document.components.schemas, name ?? ''))).toEqual([]);
});

test('the page to read it needs no script and allows none', async () => {
  const page = await server.app.inject('/api/docs');
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
  expect(page.headers['content-security-policy']).toMatch(/^default-src 'none';style-src 'sha256-/);
  expect(page.body).toContain('/api/billing/charges');
  expect(page.body).not.toContain('<script');
});

test('a route that does not exist is a problem like any other', async () => {
  const reply = await server.app.inject({ method: 'DELETE', url: '/api/balance' });
  expect(reply.headers['content-type']).toBe('application/problem+json');
  expect(Problem.parse(reply.json())).toMatchObject({ status: 404, code: 'not_found' });
});

test("a problem carries the caller's trace", async () => {
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const headers = { traceparent: `00-${trace}-b7ad6b7169203331-01` };
  const reply = await server.app.inject({ url: '/api/nothing', headers });
  expect(reply.json()).toMatchObject({ traceId: trace });
  expect(reply.headers['x-trace-id']).toBe(trace);
});

test('a body of more than two megabytes is too large, a batch of 501 is not valid', async () => {
  const client = await server.newClient();
  const large = { charges: [chargeBody(server, { targetUserId: 'x'.repeat(bodyBytesMax) })] };
  expect(await client.call('chargeBatch', { body: large })).toMatchObject({
    status: 413,
    body: { code: 'payload_too_large' },
  });
  const many = { charges: Array.from({ length: 501 }, () => chargeBody(server)) };
  expect(await client.call('chargeBatch', { body: many })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'charges' }] },
  });
});

test('a field that is unknown, or wrong inside a choice, is named', async () => {
  const client = await server.newClient();
  const charges = [chargeBody(server), { ...chargeBody(server), colour: 'red', size: 3 }];
  expect(await client.call('chargeBatch', { body: { charges } })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'charges.1.colour' }, { path: 'charges.1.size' }] },
  });
  const hold = { id: randomUUID(), kind: 'reserve', amount: '10.00', deviceId: 'd', colour: 'red' };
  expect(await client.call('createHold', { body: hold })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'colour' }] },
  });
});

test.each([
  ['broken JSON', 'application/json', '{"email":'],
  ['a type that is not JSON', 'text/plain', 'hello'],
  ['a prototype in disguise', 'application/json', '{"__proto__":{"role":"admin"}}'],
])('%s is not valid', async (_what, type, payload) => {
  const headers = { 'content-type': type };
  const reply = await server.app.inject({ method: 'POST', url: '/api/auth/login', headers, payload });
  expect(Problem.parse(reply.json())).toMatchObject({ status: 400, code: 'validation_failed' });
});

test('bytes that are not HTTP get a problem too', async () => {
  await server.app.listen({ port: 0, host: '127.0.0.1' });
  const socket = connect((server.app.server.address() as AddressInfo).port, '127.0.0.1');
  let answer = '';
  socket.on('data', (data) => (answer += data.toString()));
  socket.write('NOT HTTP\r\n\r\n');
  await once(socket, 'close');
  expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nContent-Type: application\/problem\+json\r\n/);
  expect(answer).toContain('"code":"validation_failed"');
});

test('a failure inside says nothing of itself', async () => {
  const client = await server.newClient();
  const error = new Error('relation "secret_table" does not exist');
  const reply = await whileFailing(error, () => client.call('alerts'));
  expect(reply).toMatchObject({ status: 500, body: { code: 'internal' } });
  expect(JSON.stringify(reply.body)).not.toMatch(/secret_table|Error|\bat\b/);
});

test('a database that is away is unavailable, and says when to ask again', async () => {
  const client = await server.newClient();
  const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const reply = await whileFailing(away, () => client.call('alerts'));
  expect(reply).toMatchObject({
    status: 503,
    body: { code: 'unavailable' },
    headers: { 'retry-after': '2' },
  });
  const ready = await whileFailing(away, () => server.nobody.call('healthReady'));
  expect(ready).toMatchObject({ status: 503 });
  expect(await server.nobody.call('healthLive')).toMatchObject({ status: 200 });
  expect(await server.nobody.call('healthReady')).toMatchObject({ status: 200 });
});

test('after too many wrong passwords even the right one has to wait, for this address of mail alone', async () => {
  const [victim, other] = [await server.newClient(), await server.newClient()];
  const login = (email: string, password: string) =>
    server.nobody.call('login', { body: { email, password, deviceId: 'd', deviceName: 'D' } });
  for (let attempt = 0; attempt < wrongPasswordsMax; attempt += 1)
    expect(await login(victim.email, `guess ${attempt}`)).toMatchObject({ status: 401 });
  const refused = await login(victim.email, testPassword);
  expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(await login(other.email, testPassword)).toMatchObject({ status: 200 });
});

test('right passwords are not counted', async () => {
  const { email } = await server.newClient();
  for (let attempt = 0; attempt <= wrongPasswordsMax; attempt += 1) {
    const body = { email, password: testPassword, deviceId: randomUUID(), deviceName: 'D' };
    expect(await server.nobody.call('login', { body })).toMatchObject({ status: 200 });
  }
});

test('sign-ins from one address have a limit a minute, and say when to come back', async () => {
  const ask = () => server.app.inject({ method: 'POST', url: '/api/auth/login', payload: {} });
  for (let attempt = 0; attempt < signInsPerMinuteMax; attempt += 1) await ask();
  const reply = await ask();
  expect(Problem.parse(reply.json())).toMatchObject({ status: 429, code: 'rate_limited' });
  expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0);
  expect(await server.nobody.call('healthLive')).toMatchObject({ status: 200 });
});

/** What an endless flow of sign-ins from these addresses meets; the first is who connects. */
async function lastSignInOf(asked: TestServer, remoteAddress: string, forwarded: string): Promise<number> {
  let status = 0;
  for (let attempt = 0; attempt <= signInsPerMinuteMax; attempt += 1) {
    const headers = { 'x-forwarded-for': forwarded.replace('#', String(attempt % 250)) };
    const request = { method: 'POST', url: '/api/auth/login', payload: {}, headers, remoteAddress } as const;
    ({ statusCode: status } = await asked.app.inject(request));
  }
  return status;
}

test('nobody escapes a limit by naming other addresses, unless a trusted proxy names them', async () => {
  const plain = await startTestServer(await openDatabase({}));
  expect(await lastSignInOf(plain, '127.0.0.1', '10.9.8.#')).toBe(429);
  await plain.close();

  const behind = await startTestServer(await openDatabase({}), ['127.0.0.1', '10.1.0.0/16']);
  expect(await lastSignInOf(behind, '192.0.2.1', '10.9.8.#')).toBe(429);
  // A caller's own words stand before what the proxy adds.
  expect(await lastSignInOf(behind, '127.0.0.1', '10.9.8.#, 198.51.100.7')).toBe(429);
  expect(await lastSignInOf(behind, '127.0.0.1', '198.51.100.8, 10.1.2.#')).toBe(429);
  expect(await lastSignInOf(behind, '127.0.0.1', '10.9.8.#')).toBe(400);
  await behind.close();
});

test('a stop lets the charge that is under way finish, and answers it', async () => {
  const client = await server.newClient({ balance: '5.00' });
  const { port } = server.app.server.address() as AddressInfo;
  const opening = Promise.withResolvers<void>();
  const reaching = Promise.withResolvers<void>();
  gate = { opened: opening.promise, reached: reaching.resolve };
  const charging = fetch(`http://127.0.0.1:${port}/api/billing/charge`, {
    method: 'POST',
    headers: { authorization: `Bearer ${client.accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(chargeBody(server)),
  });
  await reaching.promise;
  const closing = server.app.close();
  opening.resolve();
  expect((await charging).status).toBe(201);
  await closing;
  await expect(fetch(`http://127.0.0.1:${port}/api/health/live`)).rejects.toThrow('fetch failed');
});
