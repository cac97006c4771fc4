/**
 * Which server and account the desk is at, and whether it may speak in that account's name. Kept over restarts, so that
 * the desk works at once without a network. It must never hold a password, and keeps the refresh token with the host.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Account, Session as ServedSession } from '../../shared/api.ts';
import type { EngineOptions } from '../../shared/engine-port.ts';
import type { SessionMemory, SettingsStore } from '../cache/settings.ts';
import type { Snapshots } from '../cache/snapshots.ts';
import type { Changes } from '../changes.ts';
import type { SignIn } from '../desk/context.ts';

export interface Session extends SignIn {
  /** Where requests go now; null while there is nowhere. */
  baseUrl(): string | null;
  /** Where the embedded demonstration server is; null while it is not there. */
  demoUrl(): string | null;
  /** The embedded server came up at another address, or is not there; `starting`: it will be. */
  demoMoved(url: string | null, starting: boolean): void;
  /** A server was chosen and answered: nobody is signed in to it yet. */
  connected(serverUrl: string): void;
  signedInTo(where: 'server' | 'demo', session: ServedSession, atMs: number): void;
  /** What the server says of the account now; of another than this one it is not heard. */
  accountTold(told: Account, atMs: number): void;
  signedOut(): void;
  /** The server no longer takes the sign-in. */
  expired(): void;
}

export function createSession(
  parts: { readonly settings: SettingsStore; readonly snapshots: Snapshots; readonly changes: Changes },
  options: Pick<EngineOptions, 'serverUrl' | 'demoServerUrl'>,
): Session {
  const { settings, snapshots, changes } = parts;
  let demoUrl = options.demoServerUrl;
  let demoStarting = false;
  let memory = atStart(settings.sessionMemory(), options.serverUrl);
  let account: Account | null =
    memory.accountId === null ? null : (snapshots.read(memory.accountId, 'account')?.body ?? null);
  if (account === null && memory.accountId !== null)
    memory = { ...memory, accountId: null, phase: 'signed_out' };

  const remember = (next: SessionMemory, nextAccount: Account | null): void => {
    settings.rememberSession(next);
    memory = next;
    account = nextAccount;
    changes.tell('session', 'balance', 'pricing', 'alerts', 'sync', 'ledger', 'outbox');
  };
  const baseUrl = (): string | null => (memory.demo ? demoUrl : memory.serverUrl);
  return {
    account: () => account,
    signedIn: () => account !== null && memory.phase === 'signed_in',
    state: () => ({
      phase: memory.phase,
      serverUrl: baseUrl(),
      demo: memory.demo,
      demoAvailable: demoUrl !== null,
      demoStarting,
      account,
    }),
    baseUrl,
    demoUrl: () => demoUrl,
    demoMoved(url, starting) {
      demoUrl = url;
      demoStarting = starting;
      changes.tell('session');
    },
    connected(serverUrl) {
      remember({ serverUrl, demo: false, accountId: null, phase: 'signed_out' }, null);
    },
    signedInTo(where, session, atMs) {
      snapshots.write(session.account.id, 'account', session.account, { atMs });
      const next = { ...memory, demo: where === 'demo', accountId: session.account.id };
      remember({ ...next, phase: 'signed_in' }, session.account);
    },
    accountTold(told, atMs) {
      if (account === null || told.id !== account.id || isDeepStrictEqual(told, account)) return;
      snapshots.write(told.id, 'account', told, { atMs });
      account = told;
      changes.tell('session');
    },
    signedOut() {
      remember({ ...memory, accountId: null, phase: 'signed_out' }, null);
    },
    expired() {
      if (memory.phase === 'signed_in') remember({ ...memory, phase: 'expired' }, account);
    },
  };
}

/** A desk that was started for another server than the one it remembers must not send that one's token there. */
function atStart(memory: SessionMemory, serverUrl: string | null): SessionMemory {
  if (serverUrl === null || (!memory.demo && memory.serverUrl === serverUrl)) return memory;
  return { serverUrl, demo: false, accountId: null, phase: 'signed_out' };
}

/** The one form of a server's address: scheme, host, port and path, no slash at the end. Null when it is none. */
export function serverAddress(text: string): string | null {
  const trimmed = text.trim();
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`);
  if (url === null || trimmed === '' || !/^https?:$/.test(url.protocol)) return null;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return null;
  return `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\/api$/, '')}`;
}
