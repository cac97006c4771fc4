/**
 * Commands that choose the server and sign in and out. An account changes only between sync rounds, so that nothing of
 * one account is ever sent or kept under another.
 */
import type { Account } from '../../shared/api.ts';
import type { DeskProblem } from '../../shared/ipc-words.ts';
import { yuanText } from '../../shared/money.ts';
import { fromCallFailure } from '../sync/call-problem.ts';
import type { OwnedReserve } from '../sync/reserve.ts';
import type { OwnedRounds } from '../sync/rounds.ts';
import type { OwnedClient } from '../sync/server-client.ts';
import { answer, refuse, type CommandRegistry } from '../desk/commands.ts';
import type { DeskContext } from '../desk/context.ts';
import { serverAddress, type Session } from './session.ts';

/** The embedded server's accounts, as its `--demo` makes them. */
const demoPassword = 'zhangtai-demo';
const demoEmail = { plain: 'operator@demo.example', premium: 'premium@demo.example' } as const;

/** The whole of the four, which only the engine and these commands may use. */
export interface SessionParts extends DeskContext {
  readonly session: Session;
  readonly client: OwnedClient;
  readonly reserve: OwnedReserve;
  readonly rounds: OwnedRounds;
}

export function registerSessionCommands(registry: CommandRegistry, desk: SessionParts): void {
  const { session, client } = desk;

  registry.handle('session.connect', async ({ serverUrl }) => {
    const address = serverAddress(serverUrl);
    if (address === null) return refuse({ code: 'server_address_invalid', params: {}, field: 'serverUrl' });
    const alive = await client.probe(address);
    if (alive.kind === 'unreachable') return refuse('server_unreachable', { serverUrl: address });
    if (alive.kind !== 'ok') return refuse('server_not_zhangtai', { serverUrl: address });
    const stays = address === session.baseUrl() && !session.state().demo && session.account() !== null;
    if (stays) return answer({});
    const unsynced = unsyncedCharges(desk);
    if (unsynced !== null) return refuse(unsynced);
    await leave(desk, () => session.connected(address));
    return answer({});
  });

  registry.handle('session.signIn', async ({ email, password }) => {
    const signedIn = await signIn(desk, session.state().demo ? 'demo' : 'server', email, password);
    return 'code' in signedIn ? refuse(signedIn) : answer(signedIn);
  });

  registry.handle('session.startDemo', async ({ member }) => {
    if (session.demoUrl() === null) return refuse('server_unreachable');
    const signedIn = await signIn(desk, 'demo', demoEmail[member], demoPassword);
    return 'code' in signedIn ? refuse(signedIn) : answer(signedIn);
  });

  registry.handle('session.signOut', async ({ force }) => {
    const unsynced = force ? null : unsyncedCharges(desk);
    if (unsynced !== null) return refuse(unsynced);
    await leave(desk, () => session.signedOut());
    return answer({});
  });
}

/** Signs in and makes the account the desk's. The charges of another account stay and wait for its next sign-in. */
async function signIn(
  { session, client, rounds, device, clock }: SessionParts,
  where: 'server' | 'demo',
  email: string,
  password: string,
): Promise<Account | DeskProblem> {
  const address = where === 'demo' ? session.demoUrl() : session.baseUrl();
  if (address === null) return { code: 'server_unreachable', params: {} };
  const body = { email, password, deviceId: device.deviceId, deviceName: device.name };
  const outcome = await client.login(address, body);
  if (outcome.kind === 'not_modified') throw new Error('a login was answered with not_modified');
  if (outcome.kind !== 'ok') return fromCallFailure(outcome);
  await rounds.exclusive(async () => {
    await client.signedIn(outcome.body);
    session.signedInTo(where, outcome.body, clock.now());
  });
  rounds.wake();
  return outcome.body.account;
}

/** Ends the sign-in on the server if it can be reached, and here in any case. */
async function leave({ session, client, reserve, rounds }: SessionParts, become: () => void): Promise<void> {
  await rounds.exclusive(async () => {
    const account = session.account();
    if (account !== null && session.signedIn())
      await reserve.giveUp(account.id, AbortSignal.timeout(logoutMsMax));
    if (session.signedIn()) await client.call('logout', { signal: AbortSignal.timeout(logoutMsMax) });
    await client.signedOut();
    become();
  });
}

const logoutMsMax = 3_000;

function unsyncedCharges({ session, outbox }: SessionParts): DeskProblem | null {
  const account = session.account();
  const pending = account === null ? null : outbox.pending(account.id);
  if (pending === null || pending.count === 0) return null;
  const params = { count: String(pending.count), amount: yuanText(pending.amount) };
  return { code: 'unsynced_charges', params };
}
