/**
 * GET /api/events: an account's events as server-sent events. Each carries its number as id, so that a listener
 * that comes back with `Last-Event-ID` misses none that is still kept. It must never hold back for a slow
 * listener: one that does not read is let go, and comes back for the rest.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Problem } from '../../shared/api-words.ts';
import { endpoints, mayCall } from '../../shared/endpoints.ts';
import type { AccountEvent, EventFeed } from '../events/event-feed.ts';
import type { Caller } from '../identity/callers.ts';
import { requireCaller } from '../http/authentication.ts';
import { RefusalError } from '../http/problems.ts';

/** Milliseconds between two comments that keep the connection open and check that its sign-in still stands. */
const keepAliveEveryMs = 15_000;
/** Milliseconds that a listener waits before it connects again. */
const reconnectAfterMs = 2_000;
/** Bytes that may wait for a listener that does not read. */
const waitingBytesMax = 256 * 1024;
/** Listeners of one account on one server process. */
export const listenersPerAccountMax = 50;

export interface EventRouteDependencies {
  readonly feed: EventFeed;
  readonly streamOpened: () => void;
  readonly streamClosed: () => void;
}

export function registerEventRoute(app: FastifyInstance, deps: EventRouteDependencies): void {
  const listenersByAccount = new Map<string, number>();
  app.addHook('preClose', async () => deps.feed.stop());
  app.route({
    method: 'GET',
    url: '/api/events',
    schema: eventsSchema,
    preParsing: requireCaller('account'),
    handler: async (request, reply) => {
      const { caller } = request;
      if (caller === null) throw new Error('requireCaller lets nobody unknown pass');
      const count = listenersByAccount.get(caller.accountId) ?? 0;
      if (count >= listenersPerAccountMax)
        throw new RefusalError({
          code: 'rate_limited',
          detail: 'Too many listeners.',
          retryAfterSeconds: 60,
        });
      listenersByAccount.set(caller.accountId, count + 1);
      const stream = eventStream(app, deps.feed, caller, lastEventId(request));
      deps.streamOpened();
      stream.once('close', () => {
        listenersByAccount.set(caller.accountId, (listenersByAccount.get(caller.accountId) ?? 1) - 1);
        deps.streamClosed();
      });
      return reply.type('text/event-stream').header('x-accel-buffering', 'no').send(stream);
    },
  });
}

const eventsSchema: object = {
  operationId: 'events',
  summary: 'Server-sent events of the account; resumes after Last-Event-ID',
  tags: ['events'],
  security: [{ bearer: [] }],
  response: {
    200: { description: 'Events', content: { 'text/event-stream': { schema: z.string() } } },
    default: {
      description: 'A problem (RFC 9457)',
      content: { 'application/problem+json': { schema: Problem } },
    },
  },
};

function lastEventId(request: FastifyRequest): bigint | null {
  const id = request.headers['last-event-id'];
  return typeof id === 'string' && /^\d{1,18}$/.test(id) ? BigInt(id) : null;
}

function eventStream(app: FastifyInstance, feed: EventFeed, caller: Caller, afterN: bigint | null): Readable {
  const stream = new Readable({ read: () => undefined });
  let open = true;
  const write = (text: string) => {
    if (open) stream.push(text);
  };
  const end = () => {
    if (open) stream.push(null);
    open = false;
  };
  const receive = (event: AccountEvent) => {
    if (stream.readableLength > waitingBytesMax) stream.destroy();
    else
      write(
        `${event.n === null ? '' : `id: ${event.n}\n`}event: ${event.kind}\ndata: ${JSON.stringify(event.body)}\n\n`,
      );
  };
  const failed = (error: unknown) => {
    app.log.error({ err: error }, 'a listener could not be served');
    stream.destroy();
  };
  const endWithSignIn = async () => {
    if ((await app.callers.find(caller.signInId)) === null) end();
  };
  const keepAlive = setInterval(() => {
    write(': still here\n\n');
    endWithSignIn().catch(failed);
  }, keepAliveEveryMs);
  const isOffice = mayCall(endpoints.findings, caller.role);
  const listening = feed.listen(caller.accountId, afterN, { isOffice, receive, end });
  listening.catch(failed);
  write(`retry: ${reconnectAfterMs}\n\n`);
  stream.once('close', () => {
    open = false;
    clearInterval(keepAlive);
    listening.then((unlisten) => unlisten(), failed);
  });
  return stream;
}
