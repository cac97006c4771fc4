/**
 * Requests of the HTTP contract over the network, and what comes back. Only an answer that parses as the contract's
 * counts as an answer: a captive portal's page or half a body is neither success nor refusal. It must never throw for
 * anything that a network or a server does.
 */
import { Agent as HttpAgent, type ClientRequest } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import axios, { type AxiosResponse } from 'axios';
import { createParser } from 'eventsource-parser';
import { Problem } from '../../shared/api-words.ts';
import type { Endpoint } from '../../shared/endpoints.ts';

/** The parts of a request after they were checked; typed per endpoint at the edge, plain inside. */
export interface PlainRequest {
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
  readonly ifNoneMatch?: string;
  readonly signal?: AbortSignal;
}

export type PlainReply =
  | {
      readonly kind: 'ok';
      readonly status: number;
      readonly body: unknown;
      readonly raw: unknown;
      readonly etag: string | null;
    }
  | { readonly kind: 'not_modified' }
  | ReplyFailure;

export type ReplyFailure =
  | { readonly kind: 'problem'; readonly problem: Problem; readonly retryAfterMs: number | null }
  /** No answer. `maybeActed` is false only when the request can't have reached a server. */
  | { readonly kind: 'unreachable'; readonly reason: string; readonly maybeActed: boolean }
  /** Something answered that is not a billing server: no answer either. */
  | { readonly kind: 'not_zhangtai'; readonly reason: string };

export interface Listening {
  readonly signal: AbortSignal;
  readonly onOpen: () => void;
  /** The kind of an event. */
  readonly onEvent: (kind: string) => void;
}

/** 5,000 transactions with their explanations come to some 6 MB. */
const replyBytesMax = 32 * 1024 * 1024;
/** Of an endpoint that reads all there is: 10,000 rows of each table that has any of a person's. */
const slowReplyBytesMax = 8 * replyBytesMax;
/** No server may ask for a longer wait than this. */
const retryAfterMsMax = 10 * 60_000;
/** Errors of a connection that was never made: the request has not left. */
const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);

/** How many times as long an endpoint may take that reads all there is: a million entries of the audit log take a minute. */
const slowTimes = 30;

export function createTransport(timeoutMs: number) {
  const httpAgent = new HttpAgent({ keepAlive: true });
  const httpsAgent = new HttpsAgent({ keepAlive: true });
  const http = axios.create({
    timeout: timeoutMs,
    httpAgent,
    httpsAgent,
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
    ): Promise<PlainReply> {
      // Axios' own timeout is of silence on the socket; this one is of the whole call.
      const withinMs = endpoint.slow === true ? timeoutMs * slowTimes : timeoutMs;
      const limit = AbortSignal.timeout(withinMs);
      try {
        const response = await http.request<unknown>({
          method: endpoint.method,
          url: `${base}/api${pathOf(endpoint, request.params)}`,
          params: request.query,
          data: request.body,
          headers: headersOf(request, token),
          timeout: withinMs,
          maxContentLength: endpoint.slow === true ? slowReplyBytesMax : replyBytesMax,
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
): PlainReply {
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
