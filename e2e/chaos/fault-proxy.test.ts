// Of the proxy itself: what goes wrong with it costs the schedule that it was for, and not the run.
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { FaultProxy } from './fault-proxy.ts';

const open: { close: () => unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function listening(port: number): Promise<Server> {
  const server = createServer();
  open.push(server);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function proxyTo(upstream: string): Promise<FaultProxy> {
  const proxy = await FaultProxy.listen({
    link: 'server',
    upstream: () => upstream,
    kill: async () => false,
    onFault: () => undefined,
  });
  open.push(proxy);
  return proxy;
}

it('is on the same port again after an outage', async () => {
  const over = Promise.withResolvers<void>();
  const proxy = await proxyTo('http://127.0.0.1:1');
  const port = Number(new URL(proxy.url).port);
  await proxy.refuseUntil(over.promise);
  // Nobody is there: somebody else can be.
  (await listening(port)).close();
  over.resolve();
  await proxy.letGo();
  await expect(listening(port)).rejects.toThrow('EADDRINUSE');
});

it('tells who lets go that it could not come back, and ends nothing until then', async () => {
  const over = Promise.withResolvers<void>();
  const proxy = await proxyTo('http://127.0.0.1:1');
  const port = Number(new URL(proxy.url).port);
  await proxy.refuseUntil(over.promise);
  await listening(port);
  over.resolve();
  // Refused after the proxy has been; a failure that nobody hears of ends a process before the next turn.
  await expect(listening(port)).rejects.toThrow('EADDRINUSE');
  await turn();
  await expect(proxy.letGo()).rejects.toThrow('EADDRINUSE');
});
