/** Signing in, staying signed in and signing out. Each failed password counts against its address and its account. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Account, LoginBody, Session } from '../../shared/api.ts';
import { findAccount, findForSignIn, normalEmail } from '../identity/accounts.ts';
import { verifyPassword } from '../identity/passwords.ts';
import { endSignIn, refresh, signIn, type SignedIn } from '../identity/sign-ins.ts';
import type { Database } from '../database/database.ts';
import { accessTokenSeconds } from '../http/authentication.ts';
import { registerEndpoint } from '../http/endpoint.ts';
import { RefusalError } from '../http/problems.ts';
import { refuse } from '../ledger/refusal.ts';

/** Wrong passwords for one e-mail from one address before it has to wait. */
export const wrongPasswordsMax = 10;
/** Milliseconds after which wrong passwords are forgotten. */
const wrongPasswordsWindowMs = 10 * 60_000;
/** Sign-ins a minute from one address, right or wrong: each costs the server an argon2 hash. */
export const signInsPerMinuteMax = 120;
const refreshesPerMinuteMax = 600;

type PasswordGuard = (request: FastifyRequest, wrong: boolean) => Promise<void>;

export function registerSignInRoutes(
  app: FastifyInstance,
  deps: { readonly database: Database; readonly clock: () => number },
): void {
  const { database, clock } = deps;
  const guard = passwordGuard(app);
  const sessionOf = (signedIn: SignedIn, account: Account): Session => ({
    accessToken: app.jwt.sign({ sub: signedIn.accountId, sid: signedIn.signInId }),
    expiresIn: accessTokenSeconds,
    refreshToken: signedIn.refreshToken,
    account,
  });

  registerEndpoint(
    app,
    'login',
    async ({ body, request }) => {
      await guard(request, false);
      const found = await findForSignIn(database, body.email);
      if (!(await verifyPassword(found?.passwordHash ?? null, body.password)) || found === null) {
        await guard(request, true);
        return refuse('unauthenticated', { detail: 'The e-mail or the password is wrong.' });
      }
      const { deviceId, deviceName } = body;
      const device = { accountId: found.account.id, deviceId, deviceName };
      return { status: 200, body: sessionOf(await signIn(database, device, clock()), found.account) };
    },
    { requestsPerMinuteMax: signInsPerMinuteMax },
  );

  registerEndpoint(
    app,
    'refresh',
    async ({ body, request }) => {
      const outcome = await refresh(database, body.refreshToken, clock());
      if (outcome.kind === 'reused') {
        app.callers.forget(outcome.signInId);
        request.log.warn({ signInId: outcome.signInId }, 'a refresh token was reused; its sign-in has ended');
      }
      if (outcome.kind !== 'refreshed')
        return refuse('unauthenticated', { detail: 'The refresh token does not stand any more.' });
      const account = await findAccount(database, outcome.signedIn.accountId);
      if (account === null) throw new Error('a sign-in has an account');
      return { status: 200, body: sessionOf(outcome.signedIn, account) };
    },
    { requestsPerMinuteMax: refreshesPerMinuteMax },
  );

  registerEndpoint(app, 'logout', async ({ caller }) => {
    await endSignIn(database, caller.signInId, 'signed_out', clock());
    app.callers.forget(caller.signInId);
    return { status: 204, body: undefined };
  });
}

/** Counts wrong passwords an address and e-mail; refuses with `rate_limited` once they are too many. */
function passwordGuard(app: FastifyInstance): PasswordGuard {
  const count = app.createRateLimit({
    max: wrongPasswordsMax,
    timeWindow: wrongPasswordsWindowMs,
    keyGenerator: (request) =>
      `${request.ip} ${normalEmail((request.body as typeof LoginBody._output).email)}`,
  });
  return async (request, wrong) => {
    const state = await count(request, { increment: wrong });
    if (state.isAllowed || wrong || state.remaining > 0) return;
    throw new RefusalError({
      code: 'rate_limited',
      detail: 'Too many wrong passwords.',
      retryAfterSeconds: state.ttlInSeconds,
    });
  };
}
