import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { nodeEngine, nodeServer } from './programs.ts';
import { openProcessLog } from './data-folder.ts';
import { startWebDesk, type WebDesk, type WebDeskOptions } from './web-desk.ts';

let root: string;
let desk: WebDesk;
let address: URL;
let entered: Answer;
let cookie: string;

function options(): WebDeskOptions {
  const log = openProcessLog(join(root, 'data'));
  return {
    root,
    dataDir: join(root, 'data'),
    serverUrl: 'http://127.0.0.1:9',
    port: 0,
    canOpen: false,
    log,
    spawnEngine: nodeEngine(process.execPath, join(import.meta.dirname, 'test-engine.ts'), log.descriptor),
    spawnServer: nodeServer(process.execPath, 'unused', log.descriptor),
    onLost: (problem) => {
      throw new Error(problem.code);
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** A bare request: fetch would not let a test choose Host, Origin or Cookie. */
async function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const sent = request({ host: '127.0.0.1', port: address.port, path, method, headers, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [
    NodeJS.ReadableStream & { statusCode: number; headers: object },
  ];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode, headers: { ...response.headers }, body };
}

async function open(headers: Record<string, string>, origin = address.origin): Promise<WebSocket | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${address.port}/bridge`, { headers, origin });
  return new Promise((resolve) => {
    socket.on('open', () => resolve(socket));
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
  });
}

async function connected(): Promise<WebSocket> {
  const socket = await open({ cookie });
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`);
  return socket;
}

async function nextMessage(socket: WebSocket): Promise<unknown> {
  const [data] = (await once(socket, 'message')) as [Buffer];
  return JSON.parse(data.toString());
}

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'zhangtai-web-'));
  mkdirSync(join(root, 'dist', 'renderer', 'assets'), { recursive: true });
  mkdirSync(join(root, 'dist', 'web-bridge'), { recursive: true });
  writeFileSync(join(root, 'dist', 'renderer', 'index.html'), '<html><head><title>t</title></head></html>');
  writeFileSync(join(root, 'dist', 'renderer', '.stamp'), 'secret');
  writeFileSync(join(root, 'dist', 'renderer', 'assets', 'app.js'), 'let app;');
  writeFileSync(join(root, 'dist', 'web-bridge', 'web-bridge.js'), 'let bridge;');
  const started = await startWebDesk(options());
  if (started === null) throw new Error('the desk did not start');
  desk = started;
  address = new URL(desk.link);
  entered = await get(`/${address.search}`);
  const [setCookie = ''] = entered.headers['set-cookie'] as string[];
  cookie = setCookie.slice(0, setCookie.indexOf(';'));
});
afterAll(async () => {
  await desk.stop();
  rmSync(root, { recursive: true, force: true });
});

test('The link is exchanged for a cookie that no script and no other site can use', () => {
  expect(entered.status).toBe(303);
  expect(entered.headers['location']).toBe('/');
  expect(entered.headers['set-cookie']).toEqual([expect.stringMatching(/; HttpOnly; SameSite=Strict/)]);
});

test('The link lets one browser in: a second one with the same token is told how to get in', async () => {
  const second = await get(`/${address.search}`);
  expect(second.status).toBe(401);
  expect(second.headers['set-cookie']).toBeUndefined();
  expect(second.body).toContain('账台');
});

test('The browser that was let in may reload the link and the page', async () => {
  expect((await get(`/${address.search}`, { cookie })).status).toBe(303);
  const page = await get('/', { cookie });
  expect(page.status).toBe(200);
  expect(page.body).toContain('<script src="./web-bridge.js"></script>');
  expect((await get('/web-bridge.js', { cookie })).body).toBe('let bridge;');
  expect((await get('/assets/app.js', { cookie })).headers['content-type']).toMatch(
    /^(?:text|application)\/javascript/,
  );
});

test.each(['/', '/assets/app.js', '/web-bridge.js', '/download/x', '/bridge', '/?token=wrong'])(
  'Without the cookie %s is locked',
  async (path) => {
    expect((await get(path)).status).toBe(401);
    expect((await get(path, { cookie: `${cookie}x` })).status).toBe(401);
  },
);

test.each(['/', '/bridge', '/assets/app.js', '/download/x'])(
  'The token counts nowhere but at the door: not at %s in a header, a cookie or for another path',
  async (path) => {
    const token = address.searchParams.get('token') ?? '';
    const [name = ''] = cookie.split('=');
    expect((await get(path, { authorization: `Bearer ${token}` })).status).toBe(401);
    expect((await get(path, { cookie: `${name}=${token}` })).status).toBe(401);
    expect((await get(`${path}?token=${token}`)).status).toBe(401);
  },
);

test('A name that was made to point here is refused, whatever else is right', async () => {
  const { port } = address;
  const foreign = [
    `evil.example`,
    `127.0.0.1.evil.example:${port}`,
    `localhost.evil.example:${port}`,
    '[::1]',
    '0.0.0.0',
    'x',
  ];
  for (const host of foreign) {
    expect((await get('/', { cookie, host })).status).toBe(403);
    expect(
      (await get('/', { cookie, host: `${host}:${port}`, origin: `http://${host}:${port}` })).status,
    ).toBe(403);
    expect((await get(`/${address.search}`, { host })).headers['set-cookie']).toBeUndefined();
  }
});

test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'])(
  '%s is refused without a word that another origin could build on',
  async (method) => {
    const preflight = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'x-a' };
    for (const origin of [address.origin, 'http://evil.example', 'null']) {
      const { status, headers } = await get('/', { cookie, origin, ...preflight }, method);
      expect(status).toBe(403);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  },
);

test('Another host name, origin or method is refused even with the cookie', async () => {
  expect((await get('/', { cookie, host: `evil.example:${address.port}` })).status).toBe(403);
  expect((await get('/', { cookie, host: '127.0.0.1:1' })).status).toBe(403);
  expect((await get('/', { cookie, host: `localhost:${address.port}` })).status).toBe(200);
  expect((await get('/', { cookie, origin: 'http://evil.example' })).status).toBe(403);
  expect((await get('/', { cookie, origin: address.origin }, 'POST')).status).toBe(403);
});

test.each(['/../data/logs/processes.log', '/%2e%2e/data/logs/processes.log', '/.stamp', '/%00', '/nothing'])(
  '%s leads neither out of the page nor to its hidden files',
  async (path) => {
    expect((await get(path, { cookie })).status).toBeGreaterThanOrEqual(400);
  },
);

test('Every answer forbids foreign scripts, sniffing, referrers and frames', async () => {
  for (const path of ['/', '/assets/app.js', '/nothing']) {
    const { headers } = await get(path, { cookie });
    expect(headers['content-security-policy']).toMatch(/default-src 'self'; script-src 'self';/);
    expect(headers['content-security-policy']).toMatch(/frame-ancestors 'none'/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  }
});

test('The socket wants the cookie and our own origin', async () => {
  expect(await open({})).toBe(401);
  expect(await open({ cookie }, 'http://evil.example')).toBe(403);
  expect(await open({ cookie }, 'null')).toBe(403);
  expect(await open({ cookie }, `http://127.0.0.1:${Number(address.port) + 1}`)).toBe(403);
  expect(await open({ cookie }, `https://127.0.0.1:${address.port}`)).toBe(403);
  expect(await open({ cookie }, `http://localhost:${address.port}`)).toBe(403);
  expect(
    await open({ cookie, host: `evil.example:${address.port}` }, `http://evil.example:${address.port}`),
  ).toBe(403);
});

test('A socket without an origin is refused: every browser tells one', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${address.port}/bridge`, { headers: { cookie } });
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  expect(response.statusCode).toBe(403);
  socket.on('error', () => undefined);
  socket.terminate();
});

test('Commands are answered to the page that gave them; events reach every page', async () => {
  const [first, second] = [await connected(), await connected()];
  const heard = nextMessage(second);
  first.send(JSON.stringify({ id: 5, name: 'desk.state', input: { a: 1 } }));
  expect(await nextMessage(first)).toMatchObject({ id: 5, reply: { ok: true, output: { input: { a: 1 } } } });
  first.send(JSON.stringify({ id: 6, name: 'history.spend', input: {} }));
  expect(await heard).toEqual({ event: 'ledger', payload: { lastSeq: 7 } });
  first.close();
  second.close();
});

test('A message that is no command ends its socket and nothing else', async () => {
  for (const message of ['{', '{"id":"1","name":"desk.state"}', '[]']) {
    const socket = await connected();
    socket.send(message);
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1008);
  }
  expect((await get('/', { cookie })).status).toBe(200);
});

test('An exported file is fetched by its id, under its own name, as an attachment', async () => {
  const socket = await connected();
  socket.send(JSON.stringify({ id: 1, name: 'export.start', input: {} }));
  const { reply } = (await nextMessage(socket)) as {
    reply: { output: { output: { path: string; download: string } } };
  };
  const place = reply.output.output;
  expect(readdirSync(join(root, 'data'))).toContain('exports');
  writeFileSync(place.path, 'a,b\r\n');
  const file = await get(place.download, { cookie });
  expect(file.body).toBe('a,b\r\n');
  expect(file.headers['content-disposition']).toMatch(
    /^attachment;.*filename\*=UTF-8''%E8%B4%A6%E5%8D%95\.csv/,
  );
  expect((await get('/download/..%2f..%2fsecrets.json', { cookie })).status).toBe(404);

  socket.send(JSON.stringify({ id: 2, name: 'export.start', input: {} }));
  const again = (await nextMessage(socket)) as { reply: { output: { output: { path: string } } } };
  expect(again.reply.output.output.path).toMatch(/账单 \(2\)\.csv$/);
  socket.close();
});

test('A port in use is the system’s error and starts nothing', async () => {
  await expect(startWebDesk({ ...options(), port: Number(address.port) })).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});
