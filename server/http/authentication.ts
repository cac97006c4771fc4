/**
 * Who is calling: the bearer token's signature and age are checked first, then that its sign-in still stands.
 * Puts a `Caller` on the request or answers with a problem; it must never log a token.
 */
import type { FastifyInstance, FastifyRequest, preParsingAsyncHookHandler } from 'fastify';
import jwt from '@fastify/jwt';
import { z } from 'zod';
import { mayCall, type Endpoint } from '../../shared/endpoints.ts';
import type { Caller, Callers } from '../identity/callers.ts';
import type { Refusal } from '../ledger/refusal.ts';
import { RefusalError } from './problems.ts';

/** Seconds that an access token lives. */
export const accessTokenSeconds = 15 * 60;

const issuer = 'zhangtai';
/** `sub` is the account, `sid` the sign-in. Role and member level are looked up, so that a change counts at once. */
const AccessClaims = z.object({ sub: z.uuid(), sid: z.uuid() });
export type AccessClaims = z.infer<typeof AccessClaims>;

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: AccessClaims;
  }
}
declare module 'fastify' {
  interface FastifyInstance {
    callers: Callers;
  }
  interface FastifyRequest {
    caller: Caller | null;
  }
}

/** Makes tokens signable (`app.jwt`) and callers known to every route of `app`. */
export async function setUpAuthentication(
  app: FastifyInstance,
  options: { readonly jwtSecret: string; readonly callers: Callers },
): Promise<void> {
  await app.register(jwt, {
    secret: options.jwtSecret,
    sign: { algorithm: 'HS256', iss: issuer, expiresIn: accessTokenSeconds },
    // The cache spares each of a batch of charges the HMAC; a cached token still expires on time.
    verify: { algorithms: ['HS256'], allowedIss: issuer, cache: 1_000 },
  });
  app.decorate('callers', options.callers);
  app.decorateRequest('caller', null);
}

/** A hook that lets a request pass which `allow` permits and refuses any other. */
export function requireCaller(allow: Endpoint['allow']): preParsingAsyncHookHandler {
  return async (request) => {
    if (allow === 'anyone') return;
    const found = await identify(request);
    if ('code' in found) throw new RefusalError(found);
    if (!mayCall({ allow }, found.role)) {
      await request.server.auditRole(request, found);
      const whom = typeof allow === 'string' ? 'those who change something' : allow.join(', ');
      throw new RefusalError({ code: 'forbidden', detail: `This is for: ${whom}.` });
    }
    request.caller = found;
  };
}

async function identify(request: FastifyRequest): Promise<Caller | Refusal> {
  const token = bearerToken(request);
  if (token === null) return { code: 'unauthenticated' };
  const claims = verifiedClaims(request.server, token);
  if ('code' in claims) return claims;
  const caller = await request.server.callers.find(claims.sid);
  if (caller === null || caller.accountId !== claims.sub)
    return { code: 'unauthenticated', detail: 'This sign-in has ended.' };
  return caller;
}

function bearerToken(request: FastifyRequest): string | null {
  return /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

function verifiedClaims(app: FastifyInstance, token: string): AccessClaims | Refusal {
  try {
    return AccessClaims.parse(app.jwt.verify<object>(token));
  } catch (error) {
    // Every way in which a token can be wrong is the same to its bearer, except age, which a refresh cures.
    const expired = error instanceof Error && 'code' in error && error.code === 'FAST_JWT_EXPIRED';
    return { code: expired ? 'token_expired' : 'unauthenticated' };
  }
}
