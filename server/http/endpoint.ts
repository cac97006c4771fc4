/**
 * Binds a handler to a name of the contract's table: method, path, schemas and who may call come from there and
 * nowhere else. A handler sees parsed input only, and says what it answers; it must never write to the socket.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify';
import type { z } from 'zod';
import { Problem } from '../../shared/api-words.ts';
import { endpoints, type Endpoint, type EndpointName } from '../../shared/endpoints.ts';
import type { Caller } from '../identity/callers.ts';
import { inAct, type ActGiven } from '../audit/acts.ts';
import type { Refused } from '../ledger/refusal.ts';
import { sendProblem } from './problems.ts';
import { actOf, isAdministrative } from './auditing.ts';
import { requireCaller } from './authentication.ts';

type Table = typeof endpoints;
type Parsed<N extends EndpointName, K extends 'params' | 'query' | 'body'> =
  Table[N] extends Record<K, infer S extends z.ZodType> ? z.output<S> : undefined;

/** A parsed request. `caller` is null exactly where the contract lets anyone call. */
export interface Call<N extends EndpointName> {
  readonly params: Parsed<N, 'params'>;
  readonly query: Parsed<N, 'query'>;
  readonly body: Parsed<N, 'body'>;
  readonly caller: Table[N]['allow'] extends 'anyone' ? null : Caller;
  readonly traceId: string;
  readonly request: FastifyRequest;
}

type Replies<N extends EndpointName> = Table[N]['replies'];
/** One of the statuses that the contract names, with a body of its schema. */
export type Answered<N extends EndpointName> = {
  [S in keyof Replies<N>]: Replies<N>[S] extends z.ZodType
    ? {
        readonly status: S & number;
        readonly body: z.input<Replies<N>[S]>;
        readonly headers?: Record<string, string>;
      }
    : never;
}[keyof Replies<N>];
/** The caller's copy is current (If-None-Match). */
export interface NotModified {
  readonly status: 304;
  readonly headers: Record<string, string>;
}
export type Answer<N extends EndpointName> = Answered<N> | NotModified | Refused;
export type Handler<N extends EndpointName> = (call: Call<N>) => Promise<Answer<N>> | Answer<N>;

export interface EndpointOptions {
  /** Requests a minute and address; the app's general limit when absent. */
  readonly requestsPerMinuteMax?: number;
}

/** Registers the handler of one endpoint. Fastify refuses a route that is registered twice. */
export function registerEndpoint<N extends EndpointName>(
  app: FastifyInstance,
  name: N,
  handler: Handler<NoInfer<N>>,
  options: EndpointOptions = {},
): void {
  const endpoint: Endpoint = endpoints[name];
  app.route({
    method: endpoint.method,
    url: `/api${endpoint.path}`,
    schema: schemaOf(name, endpoint),
    ...limitOf(options),
    // Before the body is read: nobody unknown makes the server parse two megabytes.
    preParsing: requireCaller(endpoint.allow),
    handler: async (request, reply) => {
      // What no schema has looked at goes no further, into the audit log neither.
      if (endpoint.body === undefined) request.body = undefined;
      const call = {
        params: request.params,
        query: request.query,
        body: request.body,
        caller: request.caller,
        traceId: request.id,
        request,
      } as unknown as Call<N>;
      const work = (): Promise<AnyAnswer> | AnyAnswer => handler(call);
      const { caller } = request;
      const answer = await (caller !== null && isAdministrative(endpoint)
        ? doAct(app, actOf(name, request, caller), work)
        : work());
      return sendAnswer(request, reply, answer);
    },
  });
}

/** What was forbidden before anything was looked at under a lock, such as one's own proposal, is worth an entry too. */
function doAct(
  app: FastifyInstance,
  act: ActGiven,
  work: () => Promise<AnyAnswer> | AnyAnswer,
): Promise<AnyAnswer> {
  return inAct(act, work, async (answer) => {
    if ('refused' in answer && answer.refused.code === 'forbidden') await app.auditRefusal(act, 'forbidden');
  });
}

function limitOf(options: EndpointOptions): Pick<RouteShorthandOptions, 'config'> {
  if (options.requestsPerMinuteMax === undefined) return {};
  return { config: { rateLimit: { max: options.requestsPerMinuteMax } } };
}

function schemaOf(name: EndpointName, endpoint: Endpoint): object {
  return {
    operationId: name,
    summary: endpoint.summary,
    tags: [endpoint.path.split('/')[1]],
    security: endpoint.allow === 'anyone' ? [] : [{ bearer: [] }],
    ...descriptionOf(endpoint),
    ...(endpoint.params === undefined ? {} : { params: endpoint.params }),
    ...(endpoint.query === undefined ? {} : { querystring: endpoint.query }),
    ...(endpoint.body === undefined ? {} : { body: endpoint.body }),
    response: {
      ...endpoint.replies,
      default: {
        description: 'A problem (RFC 9457)',
        content: { 'application/problem+json': { schema: Problem } },
      },
    },
  };
}

function descriptionOf({ allow }: Endpoint): { readonly description?: string } {
  if (allow === 'customer') return { description: 'Not for an auditor, who changes nothing.' };
  return typeof allow === 'string' ? {} : { description: `For: ${allow.join(', ')}.` };
}

/** The same without the endpoint's name: what `Answer` promises is checked where the handler is written. */
type AnyAnswer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | Refused;

function sendAnswer(request: FastifyRequest, reply: FastifyReply, answer: AnyAnswer): FastifyReply {
  if ('refused' in answer) return sendProblem(request, reply, answer.refused);
  reply.headers(answer.headers ?? {});
  return reply.code(answer.status).send(answer.body);
}
