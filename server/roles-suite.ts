/**
 * Who may call what, on a running server: every route of the contract with every role that may not, so that a new one
 * cannot be forgotten; and that an auditor changes nothing.
 */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Role } from '../shared/api-words.ts';
import { endpoints, mayCall, type Endpoint, type EndpointName } from '../shared/endpoints.ts';
import type { Database } from './database/database.ts';
import type { Recharging } from './payments/recharging.ts';
import { startTestServer, type Client, type TestServer } from './test-server.ts';

const all = Object.entries<Endpoint>(endpoints) as [EndpointName, Endpoint][];
const signedIn = all
  .filter(([, { allow }]) => allow !== 'anyone')
  .map(([name, endpoint]) => ({
    name,
    endpoint,
    may: Role.options.filter((role) => mayCall(endpoint, role)),
    mayNot: Role.options.filter((role) => !mayCall(endpoint, role)),
  }));

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
  let countOfEverything: string | undefined;
  /** Everything that an administrative act could change, as one number. */
  async function rowsOfEverything(): Promise<bigint> {
    countOfEverything ??= await countingStatement(server.database);
    const [row] = await server.database.query<{ n: bigint }>(countOfEverything);
    if (row === undefined) throw new Error('a count answers with one row');
    return row.n;
  }

  describe.each(signedIn)('$endpoint.method $endpoint.path', ({ name, endpoint, may, mayNot }) => {
    test.each(mayNot)('refuses %s', async (role) => {
      const before = await rowsOfEverything();
      expect(await request(clientOf(role), name, endpoint)).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
      expect(await rowsOfEverything()).toBe(before);
    });

    test.each(may)('lets %s through', async (role) => {
      // Signing out ends the sign-in that is asked with.
      const client = name === 'logout' ? await server.newClient({ role }) : clientOf(role);
      expect([401, 403]).not.toContain((await request(client, name, endpoint)).status);
    });

    test('refuses who has not signed in', async () => {
      expect((await request(server.nobody, name, endpoint)).status).toBe(401);
    });
  });

  test('an auditor sees all but what is personal to somebody', () => {
    const unseen = signedIn.filter(
      ({ endpoint, mayNot }) => endpoint.method === 'GET' && mayNot.includes('auditor'),
    );
    expect(unseen.map(({ name }) => name)).toEqual(['personalData']);
  });

  test('an auditor changes nothing but what is the own: whether to be told, and the sign-in', () => {
    const asked = signedIn.filter(
      ({ endpoint, may }) => endpoint.method !== 'GET' && may.includes('auditor'),
    );
    const onlyAnswers = ['quote', 'estimatePoints', 'meteringCheck'];
    expect(asked.map(({ name }) => name).filter((name) => !onlyAnswers.includes(name))).toEqual([
      'logout',
      'putAlerts',
    ]);
  });

  test('every refused role is in the audit log', async () => {
    const refused = signedIn.reduce((sum, { mayNot }) => sum + mayNot.length, 0);
    const [told] = await server.database.query<{ n: bigint }>(
      "SELECT count(*) AS n FROM audit_entries WHERE action = 'role_refused'",
    );
    expect(told?.n).toBe(BigInt(refused));
  });

  test('the server has no route that the contract does not name, but those that are listed here', () => {
    const beside = [
      'GET /api/docs',
      'GET /api/events', // for whoever is signed in; a stream, which the table has no place for
      'GET /api/metrics', // for this machine, or whoever has the token
      'GET /api/openapi.json',
      'GET /metrics',
      'POST /api/payments/wechat/notify', // for WeChat, which signs
    ];
    const named = all.map(([, { method, path }]) => `${method} /api${path}`);
    expect(routesOf(server.app).toSorted()).toEqual([...named, ...beside].toSorted());
  });

  test('asking for the head of a route alone takes the same role', async () => {
    const headers = { authorization: `Bearer ${clientOf('operator').accessToken}` };
    const reply = await server.app.inject({ method: 'HEAD', url: '/api/audit', headers });
    expect(reply.statusCode).toBe(403);
  });
}

async function countingStatement(database: Database): Promise<string> {
  const tables = await database.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
     AND relname NOT LIKE 'audit%' ORDER BY relname`,
  );
  return `SELECT (${tables.map(({ name }) => `(SELECT count(*) FROM ${name})`).join(' + ')})::bigint AS n`;
}

/** As the server itself lists them, whatever it publishes of them; the `HEAD` of a `GET` is no other route. */
function routesOf(app: FastifyInstance): string[] {
  const above: string[] = [];
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .flatMap((line) => {
      const { indent, part, methods } =
        /^(?<indent>(?:[│ ] {3})*)[├└]── (?<part>\S+)(?: \((?<methods>.+)\))?$/.exec(line)?.groups ?? {};
      if (indent === undefined || part === undefined) return [];
      const path = (above[indent.length / 4 - 1] ?? '') + part;
      above[indent.length / 4] = path;
      const each = (methods ?? '').split(', ').filter((method) => method !== '' && method !== 'HEAD');
      return each.map((method) => `${method} ${path}`);
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
