/**
 * A proxy between the desk and one of its neighbours that lets happen to requests what a schedule asks for. Without a
 * fault for it a request passes unchanged; it must never make an answer up but where a fault says so.
 */
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../scripts/free-port.ts';
import type { Act, Fault, LinkName, Part, Route } from './schedule.ts';

interface Call {
  readonly route: Route;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}
interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ProxyOptions {
  readonly link: LinkName;
  /** Where the neighbour is now. */
  readonly upstream: () => string;
  /** Ends a process at once; it comes back by itself after `downMs`. False when it was down already. */
  readonly kill: (part: Part, downMs: number) => Promise<boolean>;
  /** Called when a fault has befallen a request. */
  readonly onFault: (link: LinkName, route: Route, act: Act) => void;
}

interface Armed {
  readonly fault: Fault;
  seen: number;
}

/** Headers of one connection, which the other one has its own of. */
const perConnection = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host']);

export class FaultProxy {
  readonly #options: ProxyOptions;
  readonly #server: Server;
  /** Faults under way, and requests whose answer nobody waits for. */
  readonly #underWay = new Set<Promise<void>>();
  readonly #streams = new Set<ServerResponse>();
  #armed: Armed[] = [];
  /** It is the proxy's while nobody listens there, too. */
  readonly #port: number;
  #outage: Promise<void> = Promise.resolve();
  #answered = Promise.withResolvers<void>();

  private constructor(options: ProxyOptions, port: number) {
    this.#options = options;
    this.#port = port;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  static async listen(options: ProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options, await freePort());
    await proxy.#open();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  arm(faults: readonly Fault[]): void {
    this.#armed = faults
      .filter((fault) => fault.link === this.#options.link)
      .map((fault) => ({ fault, seen: 0 }));
  }

  /** No fault any more; resolves when none is under way and nothing is on its way late. */
  async letGo(): Promise<void> {
    this.#armed = [];
    await this.#outage;
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Nobody listens for `ms`, and what is open is reset. */
  refuse(ms: number): void {
    // What goes wrong is told to who lets go.
    this.refuseUntil(delay(ms)).catch(() => undefined);
  }

  /** The same until `over` resolves. Resolves itself once nobody listens. */
  async refuseUntil(over: Promise<unknown>): Promise<void> {
    const closed = this.#outage.then(() => this.close());
    const outage = async (): Promise<void> => {
      await closed;
      await over;
      await this.#open();
    };
    this.#outage = outage();
    // The same: until then it must not end this program.
    this.#outage.catch(() => undefined);
    await closed;
  }

  /** Breaks what streams are open off; false when there was none. */
  hangUp(): boolean {
    const open = [...this.#streams];
    for (const stream of open) stream.destroy();
    return open.length > 0;
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #open(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bytesOf(request);
    const { method = 'GET', url: path = '/', headers } = request;
    const route = routeOf(this.#options.link, method, path);
    const call: Call = { route, method, path, headers, body };
    if (headers.accept === 'text/event-stream') return this.#stream(call, response);
    const act = this.#actFor(call.route);
    if (act === null) answer(response, await this.#pass(call));
    else await this.#watched(this.#perform(act, call, request, response));
  }

  /** A stream has no end to wait for: it is passed on as it comes, and ends when either side ends. */
  async #stream(call: Call, response: ServerResponse): Promise<void> {
    const sent = requestTo(this.#options.upstream(), call);
    response.once('close', () => {
      sent.destroy();
      this.#streams.delete(response);
    });
    // Either end may go at any time, and then the other one goes too.
    sent.on('error', () => response.destroy());
    sent.end();
    const [got] = (await once(sent, 'response')) as [IncomingMessage];
    this.#streams.add(response);
    response.writeHead(got.statusCode ?? 502, keptHeaders(got.headers)).flushHeaders();
    got.on('error', () => response.destroy());
    got.once('close', () => response.destroy());
    got.pipe(response);
  }

  #actFor(route: Route): Act | null {
    let chosen: Act | null = null;
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (fault.route !== 'any' && fault.route !== route) continue;
      armed.seen += 1;
      if (armed.seen >= fault.nth && armed.seen < fault.nth + fault.times) chosen ??= fault.act;
    }
    return chosen;
  }

  async #perform(act: Act, call: Call, request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A kill is counted when there was something to kill.
    if (act.kind !== 'kill') this.#tell(call, act);
    switch (act.kind) {
      case 'cut':
        await this.#until(act.when, call);
        return act.reset ? void request.socket.resetAndDestroy() : void request.socket.destroy();
      case 'delay': {
        if (act.when === 'before') await delay(act.ms);
        const reply = await this.#pass(call);
        if (act.when === 'after') await delay(act.ms);
        return answer(response, reply);
      }
      case 'double': {
        const [, second] = await Promise.all([this.#pass(call), this.#pass(call)]);
        return answer(response, second);
      }
      case 'late':
        request.socket.destroy();
        return this.#passLater(call, act.ms);
      case 'reorder':
        await Promise.race([this.#answered.promise, delay(act.msMax)]);
        return answer(response, await this.#pass(call));
      case 'truncate':
        return answerHalf(response, await this.#pass(call));
      case 'status':
        return answer(response, madeUp(act.status, act.html, act.retryAfterSeconds));
      case 'portal':
        return answer(response, madeUp(200, true, undefined));
      case 'expire':
        return answer(response, await this.#pass({ ...call, headers: withoutToken(call.headers) }));
      case 'kill':
        return this.#kill(act, call, request);
      default:
        return act satisfies never;
    }
  }

  async #kill(act: Act & { kind: 'kill' }, call: Call, request: IncomingMessage): Promise<void> {
    await this.#until(act.when, call);
    if (await this.#options.kill(act.part, act.downMs)) this.#tell(call, act);
    request.socket.destroy();
  }

  #tell({ route }: Call, act: Act): void {
    this.#options.onFault(this.#options.link, route, act);
  }

  /** Brings a request as far as a moment says. `during`: it has left, and its answer does not matter. */
  async #until(when: 'before' | 'during' | 'after', call: Call): Promise<void> {
    if (when === 'after') await this.#pass(call);
    else if (when === 'during') {
      const sent = Promise.withResolvers<void>();
      this.#forget(send(this.#options.upstream(), call, sent.resolve).finally(sent.resolve));
      await sent.promise;
    }
  }

  async #pass(call: Call): Promise<Reply> {
    const reply = await send(this.#options.upstream(), call);
    this.#answered.resolve();
    this.#answered = Promise.withResolvers();
    return reply;
  }

  #passLater(call: Call, ms: number): void {
    this.#forget(delay(ms).then(() => send(this.#options.upstream(), call)));
  }

  /** Lets a request go on whose answer nobody waits for; it may fail as any request may. */
  #forget(request: Promise<Reply>): void {
    this.#watched(request.then(() => undefined)).catch(() => undefined);
  }

  /** Letting go waits for it, however it ends. */
  #watched(work: Promise<void>): Promise<void> {
    const ended: Promise<void> = work.catch(() => undefined).finally(() => this.#underWay.delete(ended));
    this.#underWay.add(ended);
    return work;
  }
}

export function routeOf(link: LinkName, method: string, url: string): Route {
  const path = url.replace(/\?.*$/, '');
  if (link === 'agent') return method === 'POST' ? 'follow' : 'ask';
  if (path === '/api/holds' && method === 'POST') return 'hold';
  if (path.endsWith('/release')) return 'release';
  return byPath[path] ?? 'other';
}
const byPath: Readonly<Record<string, Route>> = {
  '/api/billing/charges': 'charges',
  '/api/transactions': 'transactions',
  '/api/transactions/digest': 'digest',
  '/api/balance': 'balance',
  '/api/auth/refresh': 'refresh',
  '/api/health/live': 'live',
};

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** One request on a connection of its own; `onSent` is called once all of it has left. */
async function send(base: string, call: Call, onSent?: () => void): Promise<Reply> {
  const sent = requestTo(base, call);
  const response = Promise.withResolvers<IncomingMessage>();
  sent.on('response', response.resolve);
  sent.on('error', response.reject);
  sent.end(call.body, () => onSent?.());
  const got = await response.promise;
  return { status: got.statusCode ?? 0, headers: got.headers, body: await bytesOf(got) };
}

function requestTo(base: string, { method, path, headers, body }: Call): ClientRequest {
  return httpRequest(`${base}${path}`, { method, agent: false, headers: passedOn(headers, body) });
}

function passedOn(headers: IncomingHttpHeaders, body: Buffer): IncomingHttpHeaders {
  return {
    ...keptHeaders(headers),
    ...(body.length === 0 ? {} : { 'content-length': String(body.length) }),
  };
}

function answer(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, answerHeaders(reply)).end(reply.body);
}

/** Half of the body, then the end of the connection. An answer without a body is lost whole. */
function answerHalf(response: ServerResponse, reply: Reply): void {
  if (reply.body.length < 2) return void response.destroy();
  response.writeHead(reply.status, answerHeaders(reply));
  response.write(reply.body.subarray(0, reply.body.length / 2), () => response.destroy());
}

function answerHeaders({ headers, body }: Reply): IncomingHttpHeaders {
  return { ...keptHeaders(headers), 'content-length': String(body.length) };
}

function keptHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !perConnection.has(name)));
}

function withoutToken(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return headers.authorization === undefined
    ? headers
    : { ...headers, authorization: 'Bearer over.over.over' };
}

const problemCodes: Readonly<Record<number, string>> = {
  429: 'rate_limited',
  500: 'internal',
  503: 'unavailable',
};

/** What a neighbour in trouble, or something on the way that is none of ours, answers. */
function madeUp(status: number, html: boolean, retryAfterSeconds: number | undefined): Reply {
  const retry = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  if (html)
    return {
      status,
      headers: { 'content-type': 'text/html', ...retry },
      body: Buffer.from('<!doctype html><title>Welcome</title><p>Please sign in to this network.'),
    };
  const problem = { type: 'about:blank', title: 'Made up', status, code: problemCodes[status] ?? 'internal' };
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...retry },
    body: Buffer.from(JSON.stringify(problem)),
  };
}
