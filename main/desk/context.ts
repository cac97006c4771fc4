/**
 * What every part of the desk's engine is given. It holds no rule of its own: a part that needs something that is not
 * here asks for it to be added here, and must not reach around it.
 */
import type { Account } from '../../shared/api.ts';
import type { EventName, EventPayload } from '../../shared/ipc.ts';
import type { SessionState } from '../../shared/ipc-desk.ts';
import type { Cache } from '../cache/database.ts';
import type { SettingsStore } from '../cache/settings.ts';
import type { Snapshots } from '../cache/snapshots.ts';
import type { Changes } from '../changes.ts';
import type { Log } from '../log.ts';
import type { Availability } from '../sync/availability.ts';
import type { Outbox } from '../sync/outbox.ts';
import type { Reserve } from '../sync/reserve.ts';
import type { Rounds } from '../sync/rounds.ts';
import type { ServerClient } from '../sync/server-client.ts';
import type { Host } from './host.ts';

export interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number;
}

export interface SignIn {
  /** Whose data the desk shows: kept when the sign-in has expired, null when signed out. */
  account(): Account | null;
  /** Whether requests may be made in that account's name. True offline as well. */
  signedIn(): boolean;
  state(): SessionState;
}

export interface DeskContext {
  readonly dataDir: string;
  readonly device: { readonly deviceId: string; readonly name: string };
  readonly cache: Cache;
  readonly settings: SettingsStore;
  readonly snapshots: Snapshots;
  readonly outbox: Outbox;
  readonly availability: Availability;
  readonly client: ServerClient;
  readonly reserve: Reserve;
  readonly rounds: Rounds;
  readonly session: SignIn;
  readonly host: Host;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: Log;
  /** Sends an event to the page, parsed with its schema. Call it after the commit it tells of. */
  emit<N extends EventName>(name: N, payload: EventPayload<N>): void;
  /** Tells the operator something; the words are in the message files under `notice.<kind>`. */
  notice(kind: EventPayload<'notice'>['kind'], params: Record<string, string>): void;
}

/** A part of the desk that works by itself beside its commands, such as the campaign runner. */
export interface DeskPart {
  /** Called once, when the engine is ready: takes up what was under way before a restart. */
  start(): void;
  /** Finishes or puts down what is under way, so that the database may be closed. */
  stop(): Promise<void>;
}
