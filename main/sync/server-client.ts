/**
 * The one way out to the billing server: typed calls over the endpoints of the HTTP contract, the sign-in that they
 * carry, and what the last request says of the connection (S5). Only an answer that parses as the contract's counts as
 * an answer: a captive portal's page or half a body is neither success nor refusal.
 */
import type { z } from 'zod';
import type { endpoints, EndpointName, Problem } from '../../shared/api.ts';

type Replies<N extends EndpointName> = (typeof endpoints)[N]['replies'];
/** A parsed body of one of the endpoint's successful answers. */
export type ReplyBody<N extends EndpointName> = z.output<Extract<Replies<N>[keyof Replies<N>], z.ZodType>>;

type Part<N extends EndpointName, K extends string> =
  (typeof endpoints)[N] extends Record<K, infer S extends z.ZodType> ? Record<K, z.input<S>> : unknown;
export type CallRequest<N extends EndpointName> = Part<N, 'params'> &
  Part<N, 'query'> &
  Part<N, 'body'> & { readonly ifNoneMatch?: string };

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
  /** No answer: whether the server acted is unknown. */
  | { readonly kind: 'unreachable'; readonly reason: string }
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
