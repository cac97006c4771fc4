/**
 * Who may call what, on a running server: every route of the contract with every role that may not, so that a new one
 * cannot be forgotten; and that an auditor changes nothing.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Role } from '../shared/api.ts';
import { endpoints, type Endpoint, type EndpointName } from '../shared/endpoints.ts';
import type { Database } from './database/database.ts';
import type { Recharging } from './payments/recharging.ts';
import { startTestServer, type Client, type TestServer } from './test-server.ts';

const all = Object.entries<Endpoint>(endpoints) as [EndpointName, Endpoint][];
const forRoles = all.flatMap(([name, endpoint]) =>
  typeof endpoint.allow === 'string' ? [] : [{ name, endpoint, allow: endpoint.allow }],
);

/** No request gets so far that money would be asked for: each is refused before, for its role or its empty body. */
const noMoneyIsMoved = {
  accountsOfOrder: async () => [],
  listAll: async () => ({ items: [], nextCursor: null }),
} as unknown as Recharging;

export function rolesSuite(open: () => Promise<Database>): void {
  let server: TestServer;
  const clients = new Map<Role, Client>();
  beforeAll(async () => {
    server = await startTestServer(await open(), ['127.0.0.1'], () => noMoneyIsMoved);
    for (const role of Role.options) clients.set(role, await server.newClient({ role }));
  });
  afterAll(() => server.close());

  function clientOf(role: Role): Client {
    const client = clients.get(role);
    if (client === undefined) throw new Error(`there is no ${role}`);
    return client;
  }
  /** Everything that an administrative act could change, as one number. */
  async function rowsOfEverything(): Promise<bigint> {
    const tables = await server.database.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
       AND relname NOT LIKE 'audit%' ORDER BY relname`,
    );
    let rows = 0n;
    for (const { name } of tables) {
      const [row] = await server.database.query<{ n: bigint }>(`SELECT count(*) AS n FROM ${name}`);
      rows += row?.n ?? 0n;
    }
    return rows;
  }

  describe.each(forRoles)('$endpoint.method $endpoint.path', ({ name, endpoint, allow }) => {
    test.each(Role.options.filter((role) => !allow.includes(role)))('refuses %s', async (role) => {
      const before = await rowsOfEverything();
      expect(await request(clientOf(role), name, endpoint)).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
      expect(await rowsOfEverything()).toBe(before);
    });

    test.each([...allow])('lets %s through', async (role) => {
      expect([401, 403]).not.toContain((await request(clientOf(role), name, endpoint)).status);
    });

    test('refuses who has not signed in', async () => {
      expect((await request(server.nobody, name, endpoint)).status).toBe(401);
    });
  });

  test('an auditor sees and changes nothing', () => {
    const changing = forRoles.filter(
      ({ endpoint, allow }) => endpoint.method !== 'GET' && allow.includes('auditor'),
    );
    expect(changing.map(({ name }) => name)).toEqual([]);
  });

  test('every refused role is in the audit log', async () => {
    const refused = forRoles.reduce((sum, { allow }) => sum + Role.options.length - allow.length, 0);
    const [told] = await server.database.query<{ n: bigint }>(
      "SELECT count(*) AS n FROM audit_entries WHERE action = 'role_refused'",
    );
    expect(told?.n).toBe(BigInt(refused));
  });

  test('the server has no route that the contract does not name', async () => {
    const reply = await server.app.inject({ url: '/api/openapi.json' });
    const { paths } = reply.json<{ paths: Record<string, Record<string, unknown>> }>();
    const served = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const named = all.map(([, { method, path }]) => `${method} /api${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    // Events are a stream, which the table of requests and answers has no place for.
    expect(served.toSorted()).toEqual([...named, 'GET /api/events'].toSorted());
  });
}

function request(client: Client, name: EndpointName, endpoint: Endpoint): Promise<{ status: number }> {
  const params = Object.fromEntries(
    [...endpoint.path.matchAll(/:(\w+)/g)].map(([, param = '']) => [param, randomUUID()]),
  );
  // Each from an address of its own: how often one may ask is another question.
  lastAddress += 1;
  const headers = { 'x-forwarded-for': `10.0.${lastAddress >> 8}.${lastAddress & 255}` };
  return client.call(name, { params, headers, ...(endpoint.method === 'GET' ? {} : { body: {} }) });
}
let lastAddress = 0;
