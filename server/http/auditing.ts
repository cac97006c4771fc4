/**
 * What of HTTP belongs into the audit log: who asks and from where, which endpoints are administrative acts, and the
 * refusal of a role. It must never take a header's word for who somebody is.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Endpoint, EndpointName } from '../../shared/endpoints.ts';
import type { AuditOrigin } from '../../shared/api-audit.ts';
import type { ActGiven } from '../audit/acts.ts';
import type { Caller } from '../identity/callers.ts';
import { RefusalError } from './problems.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Appends what came to nothing: there is no other transaction that it could belong to. */
    auditRefusal: (act: ActGiven, code: string) => Promise<void>;
    /** The same of a route that is not for the caller's role; throws `rate_limited` where somebody tries them all. */
    auditRole: (request: FastifyRequest, caller: Caller) => Promise<void>;
  }
}

/** Refused roles a minute and address that are worth an entry each. */
const refusedRolesPerMinuteMax = 600;

export function setUpAuditing(app: FastifyInstance, auditRefusal: FastifyInstance['auditRefusal']): void {
  app.decorate('auditRefusal', auditRefusal);
  const count = app.createRateLimit({ max: refusedRolesPerMinuteMax, timeWindow: 60_000 });
  app.decorate('auditRole', async (request: FastifyRequest, caller: Caller) => {
    const state = await count(request);
    if (!state.isAllowed && state.isExceeded)
      throw new RefusalError({ code: 'rate_limited', retryAfterSeconds: state.ttlInSeconds });
    const subject = `${request.method} ${request.routeOptions.url ?? request.url}`;
    const act = { action: 'role_refused', traceId: request.id, by: actorOf(caller), subject };
    await app.auditRefusal({ ...act, from: originOf(request) }, 'forbidden');
  });
}

/** Whether each answer of the endpoint is an act of the office: some roles alone may, and it changes something. */
export function isAdministrative(endpoint: Endpoint): boolean {
  return typeof endpoint.allow !== 'string' && endpoint.method !== 'GET';
}

const userAgentLengthMax = 300;
const isUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function originOf(request: FastifyRequest): AuditOrigin {
  const userAgent = request.headers['user-agent']?.slice(0, userAgentLengthMax);
  return { ip: request.ip, ...(userAgent === undefined ? {} : { userAgent }) };
}

export function actorOf({ accountId, role, signInId }: Caller): ActGiven['by'] {
  return { accountId, role, signInId };
}

/** The act that a request to an administrative endpoint is. */
export function actOf(name: EndpointName, request: FastifyRequest, caller: Caller): ActGiven {
  const params = fieldsOf(request.params);
  const body = fieldsOf(request.body);
  const [subject = body['id']] = Object.values(params);
  const reason = body['reason'] ?? body['note'];
  const about = body['accountId'] ?? params['accountId'];
  const asked = { ...params, ...body };
  return {
    action: name,
    traceId: request.id,
    by: actorOf(caller),
    from: originOf(request),
    ...(typeof subject === 'string' ? { subject } : {}),
    ...(typeof reason === 'string' ? { reason } : {}),
    ...(typeof about === 'string' && isUuid.test(about) ? { aboutId: about.toLowerCase() } : {}),
    ...(Object.keys(asked).length === 0 ? {} : { asked }),
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
