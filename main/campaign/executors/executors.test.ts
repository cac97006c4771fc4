import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createHttpExecutor } from './http.ts';
import { createSimulatedExecutor } from './simulated.ts';

const task = { taskId: '0190a0c0-0000-7000-8000-000000000001', platform: 'douyin', targetUserId: 'u1' };
/** Long enough for a busy machine; who waits for a silence waits for less. */
const times = { followMsMax: 20_000, askMsMax: 20_000, askAfterMs: [1, 5, 20] };
const never = new AbortController().signal;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Fault = 'none' | 'drop_before' | 'drop_after' | 'http_500' | 'garbage' | 'silence';

/** A real agent over HTTP that remembers what it did, and misbehaves as told, one fault a follow. */
async function agent(faults: Fault[], outcome: object = { outcome: 'succeeded' }) {
  const done = new Map<string, object>();
  const seen = { follows: 0, asks: 0, acted: 0, bodies: [] as unknown[] };
  const follow = (text: string, request: IncomingMessage, response: ServerResponse): void => {
    const body = JSON.parse(text) as { taskId: string };
    const fault = faults[seen.follows] ?? 'none';
    seen.follows += 1;
    seen.bodies.push(body);
    if (fault === 'drop_before') return void request.socket.destroy();
    if (!done.has(body.taskId)) seen.acted += 1;
    done.set(body.taskId, outcome);
    if (fault === 'drop_after') return void request.socket.destroy();
    if (fault === 'silence') return;
    if (fault === 'http_500') response.statusCode = 500;
    response.end(fault === 'garbage' ? '<html>' : JSON.stringify(outcome));
  };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      if (request.method === 'POST' && request.url === '/follow') return follow(text, request, response);
      seen.asks += 1;
      const known = done.get(request.url?.replace('/follow/', '') ?? '');
      response.statusCode = known === undefined ? 404 : 200;
      response.end(JSON.stringify(known ?? {}));
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, seen, server };
}

test('a follow is handed over once and its outcome taken as told', async () => {
  const { url, seen } = await agent([], { outcome: 'failed', reason: 'private_account' });
  const executor = createHttpExecutor(url, times);
  expect(await executor.follow(task, never)).toEqual({
    kind: 'failed',
    reason: 'private_account',
  });
  expect(seen).toEqual({ follows: 1, asks: 0, acted: 1, bodies: [task] });
});

test.each<Fault>(['drop_after', 'http_500', 'garbage', 'silence'])(
  'after %s the agent is asked, and the follow happens once',
  async (fault) => {
    const { url, seen } = await agent([fault]);
    const patience = fault === 'silence' ? { ...times, followMsMax: 1_000 } : times;
    expect(await createHttpExecutor(url, patience).follow(task, never)).toEqual({ kind: 'succeeded' });
    expect([seen.follows, seen.asks, seen.acted]).toEqual([1, 1, 1]);
  },
);

test('a follow that the agent never got is handed over again, under the same id, at most three times', async () => {
  const lucky = await agent(['drop_before']);
  expect(await createHttpExecutor(lucky.url, times).follow(task, never)).toEqual({ kind: 'succeeded' });
  expect(lucky.seen.bodies).toEqual([task, task]);
  const hopeless = await agent(['drop_before', 'drop_before', 'drop_before']);
  expect(await createHttpExecutor(hopeless.url, times).follow(task, never)).toMatchObject({ kind: 'down' });
  expect([hopeless.seen.follows, hopeless.seen.acted]).toEqual([3, 0]);
});

test('an agent that is not there is down, and the task was not given to it', async () => {
  const { url, server } = await agent([]);
  await new Promise((resolve) => server.close(resolve));
  const executor = createHttpExecutor(url, times);
  expect(await executor.follow(task, never)).toEqual({ kind: 'down', reason: 'ECONNREFUSED' });
  expect(await executor.ask(task, never)).toEqual({ kind: 'down', reason: 'ECONNREFUSED' });
});

test('an agent that went away after it may have followed leaves the outcome unknown', async () => {
  const { url, server } = await agent(['drop_after']);
  server.on('connection', (socket) => socket.once('close', () => void server.close()));
  expect(await createHttpExecutor(url, times).follow(task, never)).toMatchObject({ kind: 'unknown' });
});

test('asking tells what happened, that it never arrived, or that nobody can tell', async () => {
  const { url } = await agent([]);
  const executor = createHttpExecutor(url, times);
  expect(await executor.ask(task, never)).toEqual({ kind: 'never_got_it' });
  await executor.follow(task, never);
  expect(await executor.ask(task, never)).toEqual({ kind: 'succeeded' });
  const vague = await agent([], { outcome: 'perhaps' });
  const asked = createHttpExecutor(vague.url, times);
  expect(await asked.follow(task, never)).toEqual({ kind: 'unknown', reason: 'answer_not_understood' });
});

test('an aborted follow is unknown, never a failure', async () => {
  const { url } = await agent(['silence']);
  const stop = new AbortController();
  const following = createHttpExecutor(url, { ...times, followMsMax: 10_000 }).follow(task, stop.signal);
  stop.abort();
  expect(await following).toMatchObject({ kind: 'unknown' });
});

test('the simulated executor gives each target the same outcome in any order, and again when asked', async () => {
  const choice = { kind: 'simulated', seed: 7, failurePercent: 20, latencyMs: 0 } as const;
  const targets = Array.from({ length: 1_000 }, (_, index) => ({ ...task, targetUserId: `u${index}` }));
  const run = (list: typeof targets) =>
    Promise.all(list.map((one) => createSimulatedExecutor(choice).follow(one, never)));
  const forth = await run(targets);
  const back = (await run(targets.toReversed())).toReversed();
  expect(back).toEqual(forth);
  const asked = await Promise.all(targets.map((one) => createSimulatedExecutor(choice).ask(one, never)));
  expect(asked).toEqual(forth);
  const failed = forth.filter(({ kind }) => kind === 'failed').length;
  expect(failed).toBeGreaterThan(150);
  expect(failed).toBeLessThan(250);
  const none = createSimulatedExecutor({ ...choice, failurePercent: 0 });
  const all = createSimulatedExecutor({ ...choice, failurePercent: 100 });
  expect((await none.follow(task, never)).kind).toBe('succeeded');
  expect((await all.follow(task, never)).kind).toBe('failed');
});
