/**
 * The one way out to the billing server: typed calls over the endpoints of the HTTP contract, the sign-in that they
 * carry, and what the last request says of the connection (S5). It must never renew a sign-in twice at
 * once, which would look like theft, nor go on as signed in once the server has said that it is over.
 */
import { z } from 'zod';
import type { Session as ServedSession } from '../../shared/api.ts';
import {
  endpoints,
  type Endpoint,
  type EndpointName,
  type EndpointRequest,
  type ReplyBody,
} from '../../shared/endpoints.ts';
import {
  createTransport,
  type Listening,
  type PlainReply,
  type PlainRequest,
  type ReplyFailure,
} from './transport.ts';

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
  | ReplyFailure
  /** Not sent: nobody is signed in, or the sign-in has ended. */
  | { readonly kind: 'signed_out' };

export interface ServerClient {
  /** Never throws for anything a network or server does. */
  call<N extends EndpointName>(name: N, request: CallRequest<N>): Promise<CallOutcome<N>>;
  /** What the last request said; null before the first one. */
  online(): boolean | null;
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
/** An access token is renewed this long before it ends, so that it does not end on the way. */
const renewBeforeMs = 30_000;

interface AccessToken {
  readonly text: string;
  readonly endsAtMs: number;
}
type Access = { readonly kind: 'token'; readonly text: string } | CallFailure;

type PlainOutcome = PlainReply | CallFailure;

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
