/**
 * The web shell: serves the page to a browser on this machine and carries its commands to the engine over a socket.
 * It must never listen beyond the loopback address, nor answer anyone the gate did not let in.
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import fastifyWebsocket from '@fastify/websocket';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { pageHeaders } from './page-files.ts';
import { webGate, type WebGate } from './web-gate.ts';
import type { WebHost } from './web-host.ts';
import { words } from './words.ts';

/** The most bytes of one command: a list of targets at its largest (shared/ipc.ts), with room for its escapes. */
const commandBytesMax = 130_000_000;
/** A page that has not taken this many bytes of events is asleep: it is let go and reads all state when it is back. */
const eventBacklogBytesMax = 16_000_000;

const BridgeCommand = z.strictObject({ id: z.int(), name: z.string().max(100), input: z.unknown() });

export interface WebShellOptions {
  /** The folder dist/. */
  readonly dist: string;
  /** 0: any free port. */
  readonly port: number;
  readonly host: WebHost;
  readonly invoke: (name: string, input: unknown) => Promise<unknown>;
}

export interface WebShell {
  readonly port: number;
  /** The address with its one-time token. */
  readonly link: string;
  /** Sends an event to every page. */
  readonly tell: (name: string, payload: unknown) => void;
  close(): Promise<void>;
}

/** Listens on 127.0.0.1. Rejects with the system's error, such as EADDRINUSE. */
export async function openWebShell(options: WebShellOptions): Promise<WebShell> {
  const sockets = new Set<WebSocket>();
  // Known once the port is; no request comes before.
  let gate: WebGate | undefined;
  let headers: Record<string, string> = {};
  const app = fastify();
  const hangUp = hangUpOnClose(app);

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    if (gate === undefined) return reply.code(503).send();
    return sendUnlessAdmitted(gate, request, reply);
  });
  await app.register(fastifyWebsocket, { options: { maxPayload: commandBytesMax } });
  await app.register(async (scope) => servePage(scope, options.dist));
  await app.register(async (scope) => serveExports(scope, options.host));
  await app.register(async (scope) => {
    scope.get('/bridge', { websocket: true }, (socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('message', (data: Buffer) => void answer(socket, data.toString('utf8'), options.invoke));
    });
  });

  await app.listen({ host: '127.0.0.1', port: options.port });
  const address = app.server.address();
  const port = address === null || typeof address === 'string' ? options.port : address.port;
  headers = pageHeaders(port);
  gate = webGate(port);
  return {
    port,
    link: `http://127.0.0.1:${port}/?token=${gate.token}`,
    tell: (event, payload) => {
      const message = JSON.stringify({ event, payload });
      for (const socket of sockets) {
        if (socket.bufferedAmount > eventBacklogBytesMax) socket.terminate();
        else socket.send(message);
      }
    },
    close: () => {
      hangUp();
      return app.close();
    },
  };
}

/**
 * Returns how to cut every connection, those still to come included. Closing alone would wait for clients to leave,
 * and Node no longer counts a connection that asked to become a socket and was refused.
 */
function hangUpOnClose(app: FastifyInstance): () => void {
  const connections = new Set<Socket>();
  let closing = false;
  app.server.on('connection', (connection) => {
    if (closing) {
      connection.destroy();
      return;
    }
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
  });
  return () => {
    closing = true;
    for (const connection of connections) connection.destroy();
  };
}

/** Answers in the gate's stead; undefined when it lets the request through. */
function sendUnlessAdmitted(
  gate: WebGate,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | undefined {
  const url = new URL(request.url, 'http://desk');
  const admission = gate.admit({
    method: request.method,
    host: request.headers.host,
    origin: request.headers.origin,
    cookie: request.headers.cookie,
    path: url.pathname,
    token: url.searchParams.get('token'),
    upgrade: request.headers.upgrade !== undefined,
  });
  if (admission.kind === 'admitted') return undefined;
  reply.header('cache-control', 'no-store');
  if (admission.kind === 'refused') return reply.code(403).send();
  if (admission.kind === 'exchanged')
    return reply.header('set-cookie', admission.setCookie).redirect('/', 303);
  const page = lockedPage(request.headers['accept-language']);
  return reply.code(401).type('text/html; charset=utf-8').send(page);
}

function lockedPage(acceptLanguage = ''): string {
  const language = acceptLanguage.startsWith('en') ? 'en-US' : 'zh-CN';
  const title = words(language, 'page.locked_title');
  const text = words(language, 'page.locked');
  return `<!doctype html><html lang="${language}"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${text}</p></html>`;
}

async function servePage(app: FastifyInstance, dist: string): Promise<void> {
  const renderer = join(dist, 'renderer');
  app.get('/', async (_request, reply) => {
    const html = readFileSync(join(renderer, 'index.html'), 'utf8');
    // A classic script runs before every module: window.desk is there when the page's own code starts.
    const withBridge = html.replace('<head>', '<head>\n    <script src="./web-bridge.js"></script>');
    return reply.header('cache-control', 'no-store').type('text/html; charset=utf-8').send(withBridge);
  });
  app.get('/web-bridge.js', async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type('text/javascript; charset=utf-8')
      .send(readFileSync(join(dist, 'web-bridge', 'web-bridge.js'), 'utf8')),
  );
  await app.register(fastifyStatic, {
    root: renderer,
    index: false,
    dotfiles: 'deny',
    decorateReply: false,
    cacheControl: false,
    setHeaders: (reply) => void reply.header('cache-control', 'no-cache'),
  });
}

async function serveExports(app: FastifyInstance, host: WebHost): Promise<void> {
  await app.register(fastifyStatic, { root: host.exportsDir, serve: false });
  app.get<{ Params: { id: string } }>('/download/:id', (request, reply) => {
    const name = host.exportedFile(request.params.id);
    return name === null
      ? reply.code(404).send()
      : reply.header('cache-control', 'no-store').download(name, name);
  });
}

async function answer(socket: WebSocket, text: string, invoke: WebShellOptions['invoke']): Promise<void> {
  const command = BridgeCommand.safeParse(parseJson(text));
  if (!command.success) {
    socket.close(1008, 'not a command');
    return;
  }
  const { id, name, input } = command.data;
  const reply = await invoke(name, input);
  // A page that left meanwhile needs no answer; it reads all state when it is back.
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify({ id, reply }));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Refused as any other message that is no command.
    return undefined;
  }
}
