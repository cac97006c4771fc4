/** Signing in, staying signed in and signing out, and whose sign-in it is. Each failed password counts against its address and its account. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { inAct, type Told } from '../audit/acts.ts';
import type { Account, LoginBody, Session } from '../../shared/api.ts';
import { findAccount, findForSignIn, normalEmail } from '../identity/accounts.ts';
import { verifyPassword } from '../identity/passwords.ts';
import { endSignIn, refresh, signIn, type RefreshOutcome, type SignedIn } from '../identity/sign-ins.ts';
import type { Database } from '../database/database.ts';
import { accessTokenSeconds } from '../http/authentication.ts';
import { actorOf, originOf } from '../http/auditing.ts';
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
  const wrongPassword = refuse('unauthenticated', { detail: 'The e-mail or the password is wrong.' });
  const sessionOf = (signedIn: SignedIn, account: Account): Session => ({
    accessToken: app.jwt.sign({ sub: signedIn.accountId, sid: signedIn.signInId }),
    expiresIn: accessTokenSeconds,
    refreshToken: signedIn.refreshToken,
    account,
  });

  registerEndpoint(
    app,
    'login',
    async ({ body, request, traceId }) => {
      await guard(request, false);
      const origin = originOf(request);
      const found = await findForSignIn(database, body.email);
      if (!(await verifyPassword(found?.passwordHash ?? null, body.password)) || found === null) {
        await guard(request, true);
        const tried = { action: 'sign_in_failed', traceId, by: {}, asked: { email: body.email } };
        const about = found === null ? {} : { aboutId: found.account.id };
        await app.auditRefusal({ ...tried, ...about, from: origin }, 'unauthenticated');
        return wrongPassword;
      }
      const { deviceId, deviceName } = body;
      const { id: accountId, role } = found.account;
      const signedIn = await inAct(
        {
          action: 'sign_in',
          traceId,
          by: { accountId, role },
          from: { ...origin, deviceId, deviceName },
          // Beside the token it is what the acts that follow name.
          outcome: (result) =>
            result === null ? null : { outcome: 'done', after: { signInId: (result as SignedIn).signInId } },
        },
        () => signIn(database, { accountId, deviceId, deviceName }, clock()),
      );
      if (signedIn === null) return wrongPassword;
      return { status: 200, body: sessionOf(signedIn, found.account) };
    },
    { requestsPerMinuteMax: signInsPerMinuteMax },
  );

  registerEndpoint(
    app,
    'refresh',
    async ({ body, request, traceId }) => {
      const outcome = await inAct(
        {
          action: 'token_refused',
          traceId,
          by: {},
          from: originOf(request),
          outcome: (result) => refusedToken(result as RefreshOutcome),
        },
        () => refresh(database, body.refreshToken, clock()),
      );
      if (outcome.kind === 'refused' && outcome.because === 'reused') {
        app.callers.forget(outcome.signInId);
        request.log.warn({ signInId: outcome.signInId }, 'a refresh token was reused; its sign-in has ended');
      }
      if (outcome.kind === 'refused')
        return refuse('unauthenticated', { detail: 'The refresh token does not stand any more.' });
      const account = await findAccount(database, outcome.signedIn.accountId);
      if (account === null) throw new Error('a sign-in has an account');
      return { status: 200, body: sessionOf(outcome.signedIn, account) };
    },
    { requestsPerMinuteMax: refreshesPerMinuteMax },
  );

  registerEndpoint(app, 'account', async ({ caller }) => {
    const account = await findAccount(database, caller.accountId);
    if (account === null) throw new Error('a sign-in has an account');
    return { status: 200, body: account };
  });

  registerEndpoint(app, 'logout', async ({ caller, request, traceId }) => {
    const act = { action: 'sign_out', traceId, by: actorOf(caller), from: originOf(request) };
    await inAct(act, () =>
      database.transaction((tx) => endSignIn(tx, caller.signInId, 'signed_out', clock())),
    );
    app.callers.forget(caller.signInId);
    return { status: 204, body: undefined };
  });
}

/** Of a token that was somebody's: whose. One that nobody ever had, or that was forgotten, is nothing to tell. */
function refusedToken(outcome: RefreshOutcome): Told | null {
  if (outcome.kind === 'refreshed' || outcome.because === 'unknown') return null;
  const { signInId, accountId: aboutId, because } = outcome;
  const told = {
    outcome: 'refused',
    code: 'unauthenticated',
    aboutId,
    after: { signInId, because },
  } as const;
  return because === 'reused' ? { ...told, action: 'token_reused' } : told;
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
