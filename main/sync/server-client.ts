/**
 * The one way out to the billing server: typed calls over the endpoints of the HTTP contract, the sign-in that they
 * carry, and what the last request says of the connection (S5). Only an answer that parses as the contract's counts as
 * an answer: a captive portal's page or half a body is neither success nor refusal.
 */
import { Agent as HttpAgent, type ClientRequest } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import axios, { type AxiosResponse } from 'axios';
import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import { Problem, type Session as ServedSession } from '../../shared/api.ts';
import {
  endpoints,
  type Endpoint,
  type EndpointName,
  type EndpointRequest,
  type ReplyBody,
} from '../../shared/endpoints.ts';

export type CallRequest<N extends EndpointName> = EndpointRequest<N> & {
  /** An ETag: an unchanged body is answered with `not_modified`. */
  readonly ifNoneMatch?: string;
  /** Ends the wait; the outcome is `unreachable`. */
  readonly signal?: AbortSignal;
};

export type CallOutcome<N extends EndpointName> =
  | {
      readonly kind: 'ok';
      readonly status: number;
      readonly body: ReplyBody<N>;
      /** The body as served, with fields this desk does not know: what a hash is taken over. */
      readonly raw: unknown;
      readonly etag: string | null;
    }
  /** Only after `ifNoneMatch`. */
  | { readonly kind: 'not_modified' }
  | CallFailure;

export type CallFailure =
  | { readonly kind: 'problem'; readonly problem: Problem; readonly retryAfterMs: number | null }
  /** No answer. `maybeActed` is false only when the request can't have reached a server. */
  | { readonly kind: 'unreachable'; readonly reason: string; readonly maybeActed: boolean }
  /** Something answered that is not a billing server: no answer either. */
  | { readonly kind: 'not_zhangtai'; readonly reason: string }
  /** Not sent: nobody is signed in, or the sign-in has ended. */
  | { readonly kind: 'signed_out' };

export interface ServerClient {
  /** Never throws for anything a network or server does. */
  call<N extends EndpointName>(name: N, request: CallRequest<N>): Promise<CallOutcome<N>>;
  /** What the last request said; null before the first one. */
  online(): boolean | null;
}

export interface Listening {
  readonly signal: AbortSignal;
  readonly onOpen: () => void;
  /** The kind of an event. */
  readonly onEvent: (kind: string) => void;
}

/** The refresh token's keeper. */
export interface TokenStore {
  /** `unknown`: the keeper did not answer, which says nothing of the sign-in. */
  read(): Promise<
    { readonly kind: 'known'; readonly refreshToken: string | null } | { readonly kind: 'unknown' }
  >;
  /** Never throws; a token that could not be kept still serves this run. */
  write(refreshToken: string | null): Promise<void>;
}

export interface ClientOptions {
  /** Where the server is now, without a slash at the end; null while there is none. */
  readonly baseUrl: () => string | null;
  readonly tokens: TokenStore;
  readonly now: () => number;
  /** What the last request says has changed. */
  readonly onOnline: () => void;
  /** The server no longer takes the sign-in: a person has to sign in again. */
  readonly onSignInEnded: () => void;
  readonly timeoutMs?: number;
}

export interface OwnedClient extends ServerClient {
  /**
   * Listens to the account's events until the stream ends or `signal` ends it; `onOpen` is told when it has begun. What
   * comes back says nothing of the connection in use, and renews the sign-in only where a call would.
   */
  listen(listening: Listening): Promise<'ended' | 'unreachable' | 'signed_out'>;
  /** Takes a sign-in over from the answer to a login. */
  signedIn(session: ServedSession): Promise<void>;
  /** Takes up the sign-in of an earlier run: its refresh token is read when it is first needed. */
  resume(): void;
  /** Forgets the sign-in here; the server is told by a `logout` call before. */
  signedOut(): Promise<void>;
  /** Asks another address whether it is a billing server; says nothing of the connection in use. */
  probe(baseUrl: string): Promise<CallOutcome<'healthLive'>>;
  /** Whether the server in use says in its own description that it serves this path of the contract, below `/api`. */
  serves(
    method: Endpoint['method'],
    path: string,
  ): Promise<{ readonly kind: 'ok'; readonly served: boolean } | CallFailure>;
  /** Signs in at an address that is not in use yet. */
  login(baseUrl: string, body: CallRequest<'login'>['body']): Promise<CallOutcome<'login'>>;
  close(): void;
}

/** What the server says of itself. It stands outside the table of endpoints, which is what it describes. */
const description = {
  method: 'GET',
  path: '/openapi.json',
  allow: 'anyone',
  summary: 'What the server serves',
  replies: { 200: z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) }) },
} as const satisfies Endpoint;

const timeoutMsDefault = 20_000;
/** 5,000 transactions with their explanations come to some 6 MB. */
const replyBytesMax = 32 * 1024 * 1024;
/** An access token is renewed this long before it ends, so that it does not end on the way. */
const renewBeforeMs = 30_000;
/** No server may ask for a longer wait than this. */
const retryAfterMsMax = 10 * 60_000;
/** Errors of a connection that was never made: the request has not left. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);

interface AccessToken {
  readonly text: string;
  readonly endsAtMs: number;
}
type Access = { readonly kind: 'token'; readonly text: string } | CallFailure;

/** The parts of a request after they were checked; typed per endpoint at the edge, plain inside. */
interface PlainRequest {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
  readonly ifNoneMatch?: string;
  readonly signal?: AbortSignal;
}

export function createServerClient(options: ClientOptions): OwnedClient {
  const transport = createTransport(options.timeoutMs ?? timeoutMsDefault);
  let online: boolean | null = null;
  /** Counts sign-ins, so that an answer to a refresh that was overtaken by another sign-in is dropped. */
  let generation = 0;
  let hasSignIn = false;
  let access: AccessToken | null = null;
  let refreshToken: string | null = null;
  let refreshing: Promise<Access> | null = null;

  const send = async (
    endpoint: Endpoint,
    request: PlainRequest,
    token: string | null,
  ): Promise<PlainOutcome> => {
    const base = options.baseUrl();
    const outcome =
      base === null
        ? ({ kind: 'unreachable', reason: 'no server', maybeActed: false } as const)
        : await transport.send(base, endpoint, request, token, options.now);
    const heard = outcome.kind !== 'unreachable' && outcome.kind !== 'not_zhangtai';
    // A wait that the desk itself ended says nothing of the connection.
    if (online !== heard && request.signal?.aborted !== true) {
      online = heard;
      options.onOnline();
    }
    return outcome;
  };

  const keep = async (session: ServedSession): Promise<void> => {
    hasSignIn = true;
    access = { text: session.accessToken, endsAtMs: options.now() + session.expiresIn * 1_000 };
    refreshToken = session.refreshToken;
    // Kept before the new access token is first used: a crash after that must find the new one.
    await options.tokens.write(session.refreshToken);
  };

  const refresh = async (): Promise<Access> => {
    const mine = generation;
    if (refreshToken === null) {
      const kept = await options.tokens.read();
      if (mine !== generation) return { kind: 'signed_out' };
      if (kept.kind === 'unknown') return { kind: 'unreachable', reason: 'no token', maybeActed: false };
      refreshToken = kept.refreshToken;
    }
    if (refreshToken === null) return ended(mine);
    const outcome = await send(endpoints.refresh, { body: { refreshToken } }, null);
    if (mine !== generation) return { kind: 'signed_out' };
    if (outcome.kind === 'problem' && outcome.problem.status === 401) return ended(mine);
    if (outcome.kind === 'not_modified') return { kind: 'not_zhangtai', reason: 'an unasked 304' };
    if (outcome.kind !== 'ok') return outcome;
    const session = outcome.body as ServedSession;
    await keep(session);
    return { kind: 'token', text: session.accessToken };
  };

  const ended = (mine: number): CallFailure => {
    if (mine === generation && hasSignIn) {
      hasSignIn = false;
      access = null;
      options.onSignInEnded();
    }
    return { kind: 'signed_out' };
  };

  /** One refresh at a time: a token that was rotated twice at once would look stolen. */
  const renewed = (): Promise<Access> => {
    refreshing ??= refresh().finally(() => {
      refreshing = null;
    });
    return refreshing;
  };

  const token = async (): Promise<Access> => {
    if (!hasSignIn) return { kind: 'signed_out' };
    if (access !== null && access.endsAtMs - renewBeforeMs > options.now())
      return { kind: 'token', text: access.text };
    return renewed();
  };

  const sendSignedIn = async (endpoint: Endpoint, request: PlainRequest): Promise<PlainOutcome> => {
    const first = await token();
    if (first.kind !== 'token') return first;
    const outcome = await send(endpoint, request, first.text);
    if (outcome.kind !== 'problem' || outcome.problem.status !== 401) return outcome;
    // Refused before it acted. Another call may have renewed the token meanwhile.
    const mine = generation;
    const second: Access =
      access !== null && access.text !== first.text ? { kind: 'token', text: access.text } : await renewed();
    if (second.kind !== 'token') return second;
    const again = await send(endpoint, request, second.text);
    return again.kind === 'problem' && again.problem.status === 401 ? ended(mine) : again;
  };

  return {
    async call<N extends EndpointName>(name: N, request: CallRequest<N>): Promise<CallOutcome<N>> {
      const endpoint: Endpoint = endpoints[name];
      const plain: PlainRequest = request;
      const outcome = await (endpoint.allow === 'anyone'
        ? send(endpoint, plain, null)
        : sendSignedIn(endpoint, plain));
      // The body was parsed with this endpoint's own schema, which is what the cast states.
      return outcome as CallOutcome<N>;
    },
    online: () => online,
    async signedIn(session) {
      generation += 1;
      await keep(session);
    },
    resume() {
      generation += 1;
      hasSignIn = true;
      access = null;
      refreshToken = null;
    },
    async signedOut() {
      generation += 1;
      hasSignIn = false;
      access = null;
      refreshToken = null;
      await options.tokens.write(null);
    },
    async probe(baseUrl) {
      const outcome = await transport.send(baseUrl, endpoints.healthLive, {}, null, options.now);
      return outcome as CallOutcome<'healthLive'>;
    },
    async serves(method, path) {
      const outcome = await send(description, {}, null);
      if (outcome.kind === 'not_modified') return { kind: 'not_zhangtai', reason: 'an unasked 304' };
      if (outcome.kind !== 'ok') return outcome;
      // Parsed with the description's own schema on the way in.
      const { paths } = outcome.body as z.output<(typeof description.replies)[200]>;
      return { kind: 'ok', served: paths[`/api${path}`]?.[method.toLowerCase()] !== undefined };
    },
    async login(baseUrl, body) {
      const outcome = await transport.send(baseUrl, endpoints.login, { body }, null, options.now);
      return outcome as CallOutcome<'login'>;
    },
    async listen(listening) {
      const base = options.baseUrl();
      const access = base === null ? null : await token();
      if (access?.kind === 'signed_out') return 'signed_out';
      if (base === null || access?.kind !== 'token') return 'unreachable';
      return transport.listen(base, access.text, listening);
    },
    close: () => transport.close(),
  };
}

type PlainOutcome =
  | {
      readonly kind: 'ok';
      readonly status: number;
      readonly body: unknown;
      readonly raw: unknown;
      readonly etag: string | null;
    }
  | { readonly kind: 'not_modified' }
  | CallFailure;

function createTransport(timeoutMs: number) {
  const httpAgent = new HttpAgent({ keepAlive: true });
  const httpsAgent = new HttpsAgent({ keepAlive: true });
  const http = axios.create({
    timeout: timeoutMs,
    httpAgent,
    httpsAgent,
    maxContentLength: replyBytesMax,
    maxBodyLength: replyBytesMax,
    maxRedirects: 0,
    responseType: 'text',
    // The text is parsed here, where a body that is none can be told from a refusal.
    transformResponse: (text: unknown) => text,
    validateStatus: () => true,
  });
  return {
    async send(
      base: string,
      endpoint: Endpoint,
      request: PlainRequest,
      token: string | null,
      now: () => number,
    ): Promise<PlainOutcome> {
      // Axios' own timeout is of silence on the socket; this one is of the whole call.
      const limit = AbortSignal.timeout(timeoutMs);
      try {
        const response = await http.request<unknown>({
          method: endpoint.method,
          url: `${base}/api${pathOf(endpoint, request.params)}`,
          params: request.query,
          data: request.body,
          headers: headersOf(request, token),
          signal: request.signal === undefined ? limit : AbortSignal.any([request.signal, limit]),
          // A desk talks to a server on its own machine directly, whatever proxy the environment names.
          ...(isLoopback(base) ? { proxy: false as const } : {}),
        });
        return interpret(endpoint, response, request.ifNoneMatch !== undefined, now());
      } catch (error) {
        if (!axios.isAxiosError(error)) throw error;
        const reason = error.code ?? 'no answer';
        return { kind: 'unreachable', reason, maybeActed: !neverSent.has(reason) };
      }
    },
    async listen(
      base: string,
      token: string,
      { signal, onOpen, onEvent }: Listening,
    ): Promise<'ended' | 'unreachable'> {
      const parser = createParser({ onEvent: ({ event }) => onEvent(event ?? 'message') });
      try {
        const response = await http.request<Readable>({
          url: `${base}/api/events`,
          headers: { Accept: 'text/event-stream', Authorization: `Bearer ${token}` },
          responseType: 'stream',
          signal,
          timeout: 0,
          // A stream has no end to be measured by.
          maxContentLength: -1,
          ...(isLoopback(base) ? { proxy: false as const } : {}),
        });
        const stream = response.data;
        if (response.status !== 200 || !isEventStream(response)) {
          stream.destroy();
          return 'unreachable';
        }
        // Listening alone is no reason for the process to go on.
        (response.request as ClientRequest).socket?.unref();
        onOpen();
        for await (const text of stream.setEncoding('utf8')) parser.feed(String(text));
        return 'ended';
      } catch {
        // Whatever broke the stream, calls say it better: a listener only comes back later.
        return 'unreachable';
      }
    },
    close() {
      httpAgent.destroy();
      httpsAgent.destroy();
    },
  };
}

function isEventStream(response: AxiosResponse<unknown>): boolean {
  return String(response.headers['content-type']).startsWith('text/event-stream');
}

function pathOf(endpoint: Endpoint, params: unknown): string {
  const values = (params ?? {}) as Readonly<Record<string, string>>;
  return endpoint.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
}

function headersOf(request: PlainRequest, token: string | null): Record<string, string | false> {
  return {
    Accept: 'application/json, application/problem+json',
    // False: else axios calls a POST without a body a form, and the server refuses a form.
    'Content-Type': request.body === undefined ? false : 'application/json',
    ...(request.ifNoneMatch === undefined ? {} : { 'If-None-Match': request.ifNoneMatch }),
    ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
  };
}

function isLoopback(base: string): boolean {
  const { hostname } = new URL(base);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}

/** What an HTTP answer says, if it is one of the contract's. */
function interpret(
  endpoint: Endpoint,
  response: AxiosResponse<unknown>,
  conditional: boolean,
  nowMs: number,
): PlainOutcome {
  const { status } = response;
  if (status === 304 && conditional) return { kind: 'not_modified' };
  const raw = parseJson(response.data);
  if (status >= 400) {
    const problem = Problem.safeParse(raw);
    if (!problem.success || problem.data.status !== status)
      return { kind: 'not_zhangtai', reason: `status ${status} without a problem` };
    const retryAfterMs = readRetryAfter(response.headers['retry-after'], nowMs);
    return { kind: 'problem', problem: problem.data, retryAfterMs };
  }
  const schema = endpoint.replies[status];
  const parsed = schema?.safeParse(raw);
  if (parsed === undefined || !parsed.success)
    return { kind: 'not_zhangtai', reason: `status ${status} with another body` };
  const etag: unknown = response.headers['etag'];
  return { kind: 'ok', status, body: parsed.data, raw, etag: typeof etag === 'string' ? etag : null };
}

/** Undefined for an empty body and for what is not JSON: no schema but that of an empty body takes it. */
function parseJson(text: unknown): unknown {
  if (typeof text !== 'string' || text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // A string fits no schema of the contract either, and is not mistaken for an empty body.
    return text;
  }
}

/** Seconds or a date (RFC 9110); null for anything else. */
function readRetryAfter(header: unknown, nowMs: number): number | null {
  if (typeof header !== 'string') return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), retryAfterMsMax) : null;
}
