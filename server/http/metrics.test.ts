import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Problem } from '../../shared/api-words.ts';
import { openDatabase } from '../database/database.ts';
import { chargeBody, startTestServer, type TestServer } from '../test-server.ts';
import { createMetrics } from './metrics.ts';
import { answerError } from './problems.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer(await openDatabase({}));
});
afterAll(() => server.close());

/** The value of one line of the text, such as `name{label="x"}`; 0 while there is none. */
async function metric(line: string): Promise<number> {
  const { body } = await server.app.inject('/metrics');
  const found = body.split('\n').find((text) => text.startsWith(`${line} `));
  return Number(found?.slice(line.length + 1) ?? 0);
}

test('requests are counted by route and status, whatever the address was that somebody made up', async () => {
  const client = await server.newClient();
  const served = 'zhangtai_http_request_seconds_count{method="GET",route="/api/holds/:id",status="404"}';
  const unknown = 'zhangtai_http_request_seconds_count{method="any",route="unknown",status="404"}';
  for (const id of [randomUUID(), randomUUID()]) {
    await client.call('hold', { params: { id } });
    await server.app.inject(`/api/nothing/${id}`);
  }
  expect([await metric(served), await metric(unknown)]).toEqual([2, 2]);
});

test('charges are counted by what became of them, and groups by their size', async () => {
  const client = await server.newClient({ balance: '1.50' });
  const charges = [chargeBody(server), chargeBody(server)];
  await client.call('chargeBatch', { body: { charges } });
  await client.call('chargeBatch', { body: { charges: charges.slice(0, 1) } });
  const statuses = ['charged', 'replayed', 'rejected'].map((status) =>
    metric(`zhangtai_charges_total{status="${status}"}`),
  );
  expect(await Promise.all(statuses)).toEqual([1, 1, 1]);
  expect(await metric('zhangtai_group_commit_charges_count')).toBe(2);
  expect(await metric('zhangtai_group_commit_charges_sum')).toBe(3);
});

test('connections and open event streams are told as they are at the moment', async () => {
  expect(await metric('zhangtai_database_connections{state="used"}')).toBe(1);
  const { accessToken } = await server.newClient();
  await server.app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.app.server.address() as AddressInfo;
  const headers = { authorization: `Bearer ${accessToken}` };
  const listening = request({ port, host: '127.0.0.1', path: '/api/events', headers }).end();
  await once(listening, 'response');
  expect(await metric('zhangtai_event_streams')).toBe(1);
  listening.destroy();
  await expect.poll(() => metric('zhangtai_event_streams')).toBe(0);
});

test('both addresses give the same text in the same type', async () => {
  for (const url of ['/metrics', '/api/metrics']) {
    const { headers, body } = await server.app.inject(url);
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(body).toContain('# TYPE zhangtai_http_request_seconds histogram');
  }
});

test.each([
  ['another machine', { remoteAddress: '10.1.2.3' }],
  ['a proxy on this machine', { headers: { 'x-forwarded-for': '10.1.2.3' } }],
])('without a token %s is refused', async (_who, from) => {
  const reply = await server.app.inject({ url: '/metrics', ...from });
  expect(Problem.parse(reply.json())).toMatchObject({ status: 403, code: 'forbidden' });
  expect(reply.body).not.toContain('zhangtai_');
});

test('with a token only whoever has it is served, from wherever', async () => {
  const app = Fastify();
  app.setErrorHandler(answerError);
  createMetrics(() => ({ open: 0, idle: 0, waiting: 0 })).serve(app, 'a token of some length');
  const ask = (authorization: string, remoteAddress: string) =>
    app.inject({ url: '/metrics', headers: { authorization }, remoteAddress });
  expect((await ask('Bearer a token of some length', '10.1.2.3')).statusCode).toBe(200);
  expect((await ask('Bearer another', '127.0.0.1')).statusCode).toBe(401);
  expect((await ask('', '127.0.0.1')).statusCode).toBe(401);
  await app.close();
});
