/**
 * What the process counts of itself, in Prometheus' text, at /api/metrics and at /metrics, where Prometheus looks by
 * itself. It must never be public, and never have a label whose values a caller can make up.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Refusal } from '../ledger/refusal.ts';
import { RefusalError } from './problems.ts';

/** Connections of the pool: all that are open, those at rest, and callers that wait for one. */
export interface PoolUse {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}

export interface Metrics {
  /** One group of charges was committed, each with what became of it. */
  readonly chargesPosted: (statuses: readonly ('charged' | 'replayed' | 'rejected')[]) => void;
  readonly streamOpened: () => void;
  readonly streamClosed: () => void;
  /** Counts every answer of `app` and adds the routes. Without a token they answer this machine alone. */
  readonly serve: (app: FastifyInstance, token: string | null) => void;
}

export function createMetrics(poolUse: () => PoolUse): Metrics {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const requests = new Histogram({
    name: 'zhangtai_http_request_seconds',
    help: 'Time from a request to the end of its answer, by route and status.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  const charges = new Counter({
    name: 'zhangtai_charges_total',
    help: 'Charges answered, by what became of them.',
    labelNames: ['status'] as const,
    registers,
  });
  const groups = new Histogram({
    name: 'zhangtai_group_commit_charges',
    help: 'Charges that one transaction committed together.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    registers,
  });
  const streams = new Gauge({
    name: 'zhangtai_event_streams',
    help: 'Open event streams.',
    registers,
  });
  const connections = new Gauge({
    name: 'zhangtai_database_connections',
    help: 'Connections to the database, by state; waiting is how many callers wait for one.',
    labelNames: ['state'] as const,
    registers: [],
    collect() {
      const { open, idle, waiting } = poolUse();
      this.set({ state: 'used' }, open - idle);
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'waiting' }, waiting);
    },
  });
  register.registerMetric(connections);
  return {
    chargesPosted(statuses) {
      groups.observe(statuses.length);
      for (const status of statuses) charges.inc({ status });
    },
    streamOpened: () => streams.inc(),
    streamClosed: () => streams.dec(),
    serve(app, token) {
      // Where an account's stream hangs up the time says how long somebody listened, not how fast an answer was.
      app.addHook('onResponse', async (request, reply) => {
        const route = request.routeOptions.url ?? 'unknown';
        if (route === '/api/events') return;
        // A route has one method, but whoever asks for none of them may send any word.
        const method = route === 'unknown' ? 'any' : request.method;
        requests.observe({ method, route, status: reply.statusCode }, reply.elapsedTime / 1_000);
      });
      for (const url of ['/api/metrics', '/metrics'])
        app.get(url, { schema: { hide: true } }, async (request, reply) => {
          const refusal = refusalFor(request, token);
          if (refusal !== null) throw new RefusalError(refusal);
          return reply.type(register.contentType).send(await register.metrics());
        });
    },
  };
}

function refusalFor(request: FastifyRequest, token: string | null): Refusal | null {
  if (token !== null) return isToken(request, token) ? null : { code: 'unauthenticated' };
  // A proxy on this machine speaks from here in the name of anybody.
  const proxied = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some(
    (name) => name in request.headers,
  );
  if (!proxied && isLoopback(request.socket.remoteAddress ?? '')) return null;
  return { code: 'forbidden', detail: 'Metrics are for this machine, or for whoever has their token.' };
}

/** Digests are compared, which are of one length whatever was sent. */
function isToken(request: FastifyRequest, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', token, 'buffer'));
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}
