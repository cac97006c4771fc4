/**
 * Every refusal on its way out: RFC 9457 problem details, one shape for the ledger's refusals, a bad request, an
 * unknown route and a programming error. It must never let SQL, a stack or a secret through to the caller.
 */
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { serverProblemStatus, type ServerProblemCode } from '../../shared/errors.ts';
import type { Problem } from '../../shared/api-words.ts';
import type { Refusal } from '../ledger/refusal.ts';

/** Carries a refusal out of a hook, where there is no answer to return. Handlers return `Refused` instead. */
export class RefusalError extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}
interface FieldError {
  readonly path: string;
  readonly message: string;
}

/** Seconds after which a caller of a server that is stopping or has lost its database should ask again. */
export const retryAfterSeconds = 2;

const titles: Record<ServerProblemCode, string> = {
  validation_failed: 'The request is not valid',
  unauthenticated: 'Sign in first',
  token_expired: 'The access token has expired',
  insufficient_balance: 'The balance does not cover this',
  insufficient_units: 'What is left of this asset does not cover this',
  debt_outstanding: 'The account is in debt',
  forbidden: 'This account may not do this',
  not_found: 'There is no such thing',
  idempotency_mismatch: 'This id was used for something else',
  price_changed: 'The price has changed',
  duplicate_target: 'This target was charged before in this campaign',
  hold_closed: 'The hold has ended',
  hold_exceeded: 'The hold is used up',
  refund_exceeds: 'The refund is more than what is left of the charge',
  adjustment_closed: 'The adjustment has been dealt with',
  approval_closed: 'The request has been dealt with',
  approval_expired: 'This request has waited too long and has expired',
  difference_closed: 'The difference has been dealt with',
  membership_active: 'There is a membership already',
  membership_ended: 'There is no membership that runs',
  period_closed: 'The period is closed',
  period_not_closable: 'This month cannot be closed now',
  bill_incomplete: 'The bill is not there in full',
  bill_booked_before: 'This file was booked before',
  bill_leaves_out: 'Earlier bills have lines of its days that the bill does not name',
  figures_changed: 'A figure has changed since it was looked at',
  version_moved: 'Another version was published since this one was begun',
  payload_too_large: 'The request is too large',
  account_frozen: 'The account is frozen',
  rate_limited: 'Too many requests',
  internal: 'Something went wrong on the server',
  unavailable: 'The server cannot answer at the moment',
};

/** Dresses a refusal as problem details. */
export function problemOf(refusal: Refusal, traceId: string): Problem {
  const { code, detail, errors, retryAfterSeconds: _header, ...extras } = refusal;
  return {
    ...extras,
    type: `urn:zhangtai:problem:${code}`,
    title: titles[code],
    status: serverProblemStatus[code],
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(errors === undefined ? {} : { errors: [...errors] }),
    traceId,
  };
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, refusal: Refusal): FastifyReply {
  const problem = problemOf(refusal, request.id);
  if (refusal.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer');
  if (refusal.code === 'token_expired')
    reply.header('www-authenticate', 'Bearer error="invalid_token", error_description="expired"');
  if (refusal.code === 'unavailable') reply.header('retry-after', retryAfterSeconds);
  if (refusal.retryAfterSeconds !== undefined) reply.header('retry-after', refusal.retryAfterSeconds);
  return reply.code(problem.status).type('application/problem+json').serializer(JSON.stringify).send(problem);
}

/** Answers whatever was thrown while a request was served. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = refusalOf(error);
  // Only the two that are the server's own fault are worth a line; the error itself stays in the log.
  if (refusal.code === 'internal' || refusal.code === 'unavailable')
    request.log.error({ err: error, code: refusal.code }, 'request failed');
  return sendProblem(request, reply, refusal);
}

function refusalOf(error: FastifyError | RefusalError): Refusal {
  if (error instanceof RefusalError) return error.refusal;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const place = error.validationContext ?? 'body';
    const errors = error.validation.flatMap((issue) =>
      fieldErrors(issue.instancePath, issue.message ?? 'is not valid', issue.params),
    );
    return { code: 'validation_failed', detail: `The ${place} does not match the contract.`, errors };
  }
  if (error.statusCode === 429) return { code: 'rate_limited' };
  if (error.statusCode === 413)
    return { code: 'payload_too_large', detail: 'A body may have at most 2 MB and a batch 500 items.' };
  const atFault = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
  // Fastify's own 4xx messages speak of the request alone (malformed JSON, unknown media type, bad length).
  if (atFault && error.code?.startsWith('FST_ERR_'))
    return { code: 'validation_failed', detail: error.message };
  if (isDatabaseAway(error)) return { code: 'unavailable', detail: 'The database does not answer.' };
  return { code: 'internal' };
}

/**
 * Turns one issue of a schema into field errors with dotted paths. Fields that nothing asks for are complained of at
 * the object that holds them, but it is they that a person looks for. A union reports its branches nested: the branch
 * with the fewest complaints is the one that was meant.
 */
function fieldErrors(instancePath: string, message: string, params: Record<string, unknown>): FieldError[] {
  const segments = instancePath.split('/').filter(Boolean);
  const path = segments.join('.');
  const { keys: unknown, errors: branches } = params;
  if (Array.isArray(unknown))
    return unknown.map((key) => ({ path: [...segments, key].join('.'), message: 'is not a field of it' }));
  if (!Array.isArray(branches) || branches.length === 0) return [{ path, message }];
  const closest = (branches as Issue[][]).reduce((best, branch) =>
    branch.length < best.length ? branch : best,
  );
  return closest.flatMap((issue) =>
    fieldErrors([instancePath, ...issue.path.map(String)].join('/'), issue.message, { ...issue }),
  );
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Connection failures of a socket and PostgreSQL's classes 08 (connection), 53 (resources) and 57P (shutdown). */
function isDatabaseAway(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isDatabaseAway);
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (/^(?:ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|ETIMEDOUT)$/.test(code)) return true;
  if (/^(?:08|53)[0-9A-Z]{3}$|^57P0[0-9]$/.test(code)) return true;
  return /^(?:Connection terminated|timeout exceeded when trying to connect|Client .* is not queryable)/.test(
    error.message,
  );
}
