/**
 * Assembles the HTTP side: what guards every request, the routes of the contract, and how the whole stops. It
 * decides nothing about money; routes hand that to the ledger.
 */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import Fastify, { LogController, type FastifyInstance, type FastifyServerOptions } from 'fastify';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { asking, type SecondPersonRules } from './asking.ts';
import { tellByItself } from './audit/acts.ts';
import type { Database } from './database/database.ts';
import { createEventFeed } from './events/event-feed.ts';
import { createCallers } from './identity/callers.ts';
import { setUpAuditing } from './http/auditing.ts';
import { setUpAuthentication } from './http/authentication.ts';
import type { Metrics } from './http/metrics.ts';
import { registerOpenApiRoutes, setUpOpenApi } from './http/openapi.ts';
import { answerError, problemOf, RefusalError, sendProblem } from './http/problems.ts';
import type { Ledger } from './ledger/ledger.ts';
import { refuseField } from './ledger/refusal.ts';
import type { Signer } from './ledger/signing.ts';
import { registerAdjustmentRoutes } from './routes/adjustment-routes.ts';
import type { Recharging } from './payments/recharging.ts';
import type { Backups } from './backups/backups.ts';
import type { Reconciling } from './reconciliation/reconciling.ts';
import { priceBookInForce } from './pricing/price-books.ts';
import { finance } from './finance-of.ts';
import { memberships } from './memberships-of.ts';
import { registerAccountRoutes } from './routes/account-routes.ts';
import { registerApprovalRoutes } from './routes/approval-routes.ts';
import { registerAuditRoutes } from './routes/audit-routes.ts';
import { registerAlertRoutes } from './routes/alert-routes.ts';
import { registerCatalogueRoutes } from './routes/catalogue-routes.ts';
import { registerChargeRoutes } from './routes/charge-routes.ts';
import { registerEventRoute } from './routes/event-route.ts';
import { registerHealthRoutes } from './routes/health-routes.ts';
import { registerHoldRoutes } from './routes/hold-routes.ts';
import { registerLedgerRoutes } from './routes/ledger-routes.ts';
import { registerFinanceRoutes } from './routes/finance-routes.ts';
import { registerMembershipRoutes } from './routes/membership-routes.ts';
import { registerMeteringRoutes } from './routes/metering-routes.ts';
import { registerPersonalRoutes } from './routes/personal-routes.ts';
import { registerPointRoutes } from './routes/point-routes.ts';
import { registerPricingRoutes } from './routes/pricing-routes.ts';
import { registerQuotaRoutes } from './routes/quota-routes.ts';
import { registerBackupRoutes } from './routes/backup-routes.ts';
import { registerRechargeRoutes } from './routes/recharge-routes.ts';
import { registerReconciliationRoutes } from './routes/reconciliation-routes.ts';
import { registerSignInRoutes } from './routes/sign-in-routes.ts';
import { secondPerson } from './second-person.ts';
import { countUnseen } from './watch/findings.ts';

export interface AppDependencies {
  /** Audited: what an administrative act changes in it has its entry in the same transaction. */
  readonly database: Database;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly jwtSecret: string;
  readonly ledger: Ledger;
  /** The zone that the business cuts its days in. */
  readonly businessZone: string;
  /** The ledger's: its public half is published. */
  readonly signer: Signer;
  /** Null where no payment is set up: its routes are not served then. */
  readonly recharging: Recharging | null;
  readonly reconciling: Reconciling;
  /** Null where no backups are set up. */
  readonly backups: Backups | null;
  /** Which acts of the office one person may not do alone. */
  readonly secondPersonRules: SecondPersonRules;
  /** Counts what happens; the ledger's charges are told to it where the ledger is made. */
  readonly metrics: Metrics;
  /** Lets whoever has it read the metrics; without one they are for this machine alone. */
  readonly metricsToken: string | null;
  /** Proxies whose `X-Forwarded-For` tells who asks; empty: whoever connects. */
  readonly trustedProxies: readonly string[];
  readonly logger: NonNullable<FastifyServerOptions['loggerInstance']> | null;
}

/** Bytes of the largest body. */
export const bodyBytesMax = 2 * 1024 * 1024;
/** Requests a minute and address where an endpoint sets no limit of its own. */
const requestsPerMinuteMax = 60_000;

/** Builds the server, ready to listen or to be injected. Closing it lets requests under way finish. */
export async function buildApp(deps: AppDependencies): Promise<FastifyInstance> {
  const app = Fastify({
    ...(deps.logger === null ? {} : { loggerInstance: deps.logger }),
    logController: new LogController({ requestIdLogLabel: 'traceId', disableRequestLogging: true }),
    bodyLimit: bodyBytesMax,
    ...(deps.trustedProxies.length === 0 ? {} : { trustProxy: [...deps.trustedProxies] }),
    genReqId: (request) => traceIdOf(request.headers['traceparent']),
    // A request that comes in while we stop gets our own answer, below.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    clientErrorHandler: answerBrokenRequest,
  });
  await guardRequests(app);
  await setUpOpenApi(app);
  setUpAuditing(app, (act, code) =>
    tellByItself(deps.database, act, { outcome: 'refused', code }, deps.clock()),
  );
  await setUpAuthentication(app, {
    jwtSecret: deps.jwtSecret,
    callers: createCallers(deps.database, deps.clock),
  });
  deps.metrics.serve(app, deps.metricsToken);
  registerOpenApiRoutes(app);
  registerHealthRoutes(app, deps);
  registerSignInRoutes(app, deps);
  const money = finance(deps);
  const asks = { ...deps, asking: asking({ ...deps, rules: deps.secondPersonRules }) };
  registerPricingRoutes(app, asks);
  registerAccountRoutes(app, deps);
  registerAlertRoutes(app, deps);
  registerHoldRoutes(app, deps);
  registerChargeRoutes(app, asks);
  registerAdjustmentRoutes(app, asks);
  registerApprovalRoutes(app, { ...deps, second: secondPerson({ ...deps, finance: money }) });
  registerLedgerRoutes(app, deps);
  registerAuditRoutes(app, deps);
  registerPersonalRoutes(app, deps);
  registerCatalogueRoutes(app, asks);
  registerQuotaRoutes(app, asks);
  registerPointRoutes(app, deps);
  registerMeteringRoutes(app, asks);
  registerReconciliationRoutes(app, deps);
  registerBackupRoutes(app, deps);
  registerMembershipRoutes(app, { ...deps, memberships: memberships(deps) });
  const { recharging } = deps;
  if (recharging !== null) await registerRechargeRoutes(app, { recharging, asking: asks.asking });
  registerFinanceRoutes(app, { ...deps, finance: money });
  const feed = createEventFeed({
    database: deps.database,
    pricingVersion: async () => (await priceBookInForce(deps.database, deps.clock()))?.version ?? null,
    unseenFindings: () => countUnseen(deps.database),
    onError: (error) => app.log.error({ err: error }, 'events were not read'),
  });
  const unlisten = deps.ledger.onPosted(() => feed.nudge());
  app.addHook('onClose', async () => unlisten());
  registerEventRoute(app, { ...deps.metrics, feed });
  return app;
}

/** What holds for every request, known route or not. */
async function guardRequests(app: FastifyInstance): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError);
  acceptEmptyJson(app);
  refuseWhileStopping(app);
  refuseNul(app);
  // The API serves no page; the one that reads the contract sets a policy of its own.
  const nothing = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] };
  await app.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: nothing } });
  const silent = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false };
  await app.register(rateLimit, {
    max: requestsPerMinuteMax,
    timeWindow: 60_000,
    addHeaders: silent,
    addHeadersOnExceeding: silent,
  });
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) =>
    sendProblem(request, reply, { code: 'not_found', detail: 'There is no such route.' }),
  );
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'x-trace-id': request.id, 'cache-control': 'no-store' });
  });
  app.addHook('onResponse', async (request, reply) => {
    const took = { method: request.method, url: request.routeOptions.url, status: reply.statusCode };
    request.log.info({ ...took, ms: Math.round(reply.elapsedTime) }, 'answered');
  });
}

/** PostgreSQL keeps no text with a NUL, and a body's schemas say so; what stands in an address is looked at here. */
function refuseNul(app: FastifyInstance): void {
  app.addHook('preValidation', async (request) => {
    const given = { ...(request.params as object), ...(request.query as object) };
    for (const [path, value] of Object.entries<unknown>(given))
      if (typeof value === 'string' && value.includes('\0'))
        throw new RefusalError(refuseField(path, 'must be plain text').refused);
  });
}

/** Many clients name a content type even where a request has no body; Fastify would refuse those. */
function acceptEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    const text = body.toString();
    if (text === '') done(null, undefined);
    else void parse(request, text, done);
  });
}

/**
 * From the moment the server stops, new requests are refused, and a connection ends with the answer that is under
 * way on it: kept alive for the next request it would hold the server up.
 */
function refuseWhileStopping(app: FastifyInstance): void {
  let stopping = false;
  app.addHook('preClose', async () => {
    stopping = true;
  });
  app.addHook('onRequest', async () => {
    if (stopping) throw new RefusalError({ code: 'unavailable', detail: 'The server is stopping.' });
  });
  app.addHook('onSend', async (_request, reply) => {
    if (stopping) reply.header('connection', 'close');
  });
  app.addHook('onResponse', async () => {
    // The head of an answer that is a stream was sent before; its connection is idle only after this hook.
    if (stopping) setImmediate(() => app.server.closeIdleConnections());
  });
}

/** The caller's trace (W3C Trace Context) when it names one, so that its log and ours can be joined. */
function traceIdOf(traceparent: string | string[] | undefined): string {
  const given = typeof traceparent === 'string' ? /^00-([0-9a-f]{32})-/.exec(traceparent)?.[1] : undefined;
  return given ?? randomUUID().replaceAll('-', '');
}

/** Bytes that are not HTTP never reach a route; they get a problem too, and the connection ends. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem = problemOf(
    { code: 'validation_failed', detail: 'This is not an HTTP request that can be read.' },
    traceIdOf(undefined),
  );
  const body = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
