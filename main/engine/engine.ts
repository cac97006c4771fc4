/**
 * Puts the desk together on an open cache: everything that works behind the page, and the commands that reach it. The
 * whole of it is one process's, and the only writer of the data folder.
 */
import { v7 as uuidv7 } from 'uuid';
import type { EngineOptions } from '../../shared/engine-port.ts';
import {
  events,
  type CommandName,
  type CommandReply,
  type EventName,
  type EventPayload,
} from '../../shared/ipc.ts';
import type { DeskState } from '../../shared/ipc-desk.ts';
import type { Language } from '../../shared/ipc-words.ts';
import { registerBillCommands } from '../bills/commands.ts';
import { registerCampaignCommands } from '../campaign/commands.ts';
import { moveJournalOver, type Cache } from '../cache/database.ts';
import { createBackups } from '../cache/backups.ts';
import { readDevice } from '../cache/device.ts';
import { createHistoryReader } from '../cache/history-reader.ts';
import { createHistory } from '../cache/history.ts';
import { createMirror } from '../cache/mirror.ts';
import type { Salvage } from '../cache/salvage.ts';
import { createSettings } from '../cache/settings.ts';
import { createSnapshots } from '../cache/snapshots.ts';
import { createChanges } from '../changes.ts';
import { registerExportCommands } from '../export/commands.ts';
import type { Log } from '../log.ts';
import { wordsIn } from '../messages.ts';
import { createAvailability } from '../sync/availability.ts';
import { createEventStream } from '../sync/event-stream.ts';
import { createDriftRecord } from '../sync/drift.ts';
import { createNumbers } from '../sync/numbers.ts';
import { createOutbox } from '../sync/outbox.ts';
import { createPuller } from '../sync/pull.ts';
import { createPusher } from '../sync/push.ts';
import { createReserve } from '../sync/reserve.ts';
import { createRounds, roundTimes, type RoundTimes } from '../sync/rounds.ts';
import { createServerClient, type TokenStore } from '../sync/server-client.ts';
import { registerAskCommands } from './ask-commands.ts';
import { auditReader } from './audit-reader.ts';
import { createAnnouncer } from './announcer.ts';
import { registerBackupCommands } from './backup-commands.ts';
import { createCommands } from '../desk/commands.ts';
import type { Clock, DeskContext, DeskPart } from '../desk/context.ts';
import { deskState, registerDeskCommands, type StateParts } from './desk-commands.ts';
import type { Host } from '../desk/host.ts';
import { registerHistoryCommands, registerOutboxCommands } from './ledger-commands.ts';
import { registerLogCommands } from './log-commands.ts';
import { personReader } from './person-reader.ts';
import { registerRechargeCommands } from './recharge-commands.ts';
import { registerViewCommands } from './view-commands.ts';
import { registerSessionCommands } from './session-commands.ts';
import { createSession } from './session.ts';

export interface EngineParts {
  readonly options: EngineOptions;
  readonly version: string;
  readonly cache: Cache;
  /** Set when the database was found damaged at this start. */
  readonly salvaged: Salvage | null;
  readonly host: Host;
  readonly log: Log;
  readonly clock: Clock;
  /** Sends an event towards the page. */
  readonly send: (name: EventName, payload: unknown) => void;
  /** Something threw outside a command. */
  readonly onError: (error: unknown) => void;
  readonly random?: () => number;
  readonly times?: RoundTimes;
}

export interface Engine {
  dispatch(name: string, input: unknown): Promise<CommandReply<CommandName>>;
  /** Takes up what was under way, and syncs. */
  start(): void;
  wake(): void;
  demoMoved(url: string | null, starting: boolean): void;
  /** A backup was restored: this run must end, and the next one starts from it. */
  mustStartAnew(): boolean;
  /** What `desk.state` answers. */
  state(): DeskState;
  /** Puts down what is under way; the cache may be closed after it. */
  stop(): Promise<void>;
}

export function createEngine(parts: EngineParts): Engine {
  const { log } = parts;
  const core = createCore(parts);
  const { desk, rounds, reserve, session, client, mirror } = core;
  const registry = createCommands(log, parts.onError);
  registerSessionCommands(registry, { ...desk, session, client, reserve, rounds });
  const reader = createHistoryReader(desk.cache);
  registerHistoryCommands(registry, desk, { mirror, history: createHistory(desk.cache), reader });
  registerAskCommands(registry, desk);
  const bills = registerBillCommands(registry, desk);
  registerRechargeCommands(registry, { ...desk, client, mirror });
  registerViewCommands(registry, desk);
  registerLogCommands(registry, desk, parts.version);
  registerOutboxCommands(registry, desk);
  const campaigns = registerCampaignCommands(registry, desk);
  reserve.guard((holdId) => campaigns.isOnHold(holdId));
  const exports: DeskPart = registerExportCommands(registry, desk, reader, {
    readAudit: auditReader(desk),
    readPerson: personReader(desk),
  });
  let startAnew = false;
  const copies = createBackups(desk.cache, desk.dataDir, () => desk.clock.now());
  const backups = registerBackupCommands(registry, desk, copies, () => {
    startAnew = true;
  });
  const stateParts: StateParts = {
    version: parts.version,
    secretStore: parts.options.secretStore ?? 'file',
    campaigns: (accountId) => campaigns.list(accountId),
  };
  const wake = (): void => {
    campaigns.wake();
    rounds.wake();
  };
  registerDeskCommands(registry, desk, {
    ...stateParts,
    onStateRead: () => core.notices.open(),
    onWake: wake,
  });
  const missing = registry.missing();
  if (missing.length > 0) throw new Error(`nobody handles ${missing.join(', ')}`);
  const events = createEventStream({
    client,
    rounds,
    changes: desk.changes,
    account: () => (session.signedIn() ? (session.account()?.id ?? null) : null),
    random: parts.random ?? Math.random,
  });
  const announcer = createAnnouncer(desk, (accountId) => mirror.digest(accountId).seq);

  return {
    dispatch: (name, input) => registry.dispatch(name, input),
    start() {
      const unknown = desk.outbox.recover();
      if (unknown > 0) log.warn({ unknown }, 'charges were being sent when the desk ended');
      if (parts.salvaged !== null) tellOfSalvage(desk, parts.salvaged);
      if (session.signedIn()) client.resume();
      announcer.start();
      campaigns.start();
      exports.start();
      backups.start();
      rounds.wake();
      events.start();
    },
    wake,
    demoMoved(url, starting) {
      session.demoMoved(url, starting);
      if (session.state().demo && url !== null) rounds.wake();
    },
    mustStartAnew: () => startAnew,
    state: () => deskState(desk, stateParts),
    async stop() {
      events.stop();
      await campaigns.stop();
      await exports.stop();
      await bills.stop();
      await reader.close();
      await backups.stop();
      await rounds.stop();
      announcer.stop();
      client.close();
    },
  };
}

function tellOfSalvage(desk: DeskContext, salvaged: Salvage): void {
  desk.log.warn(salvaged, 'the database was damaged and set aside');
  const saved = String(salvaged.saved['outbox'] ?? 0);
  const lost = String(salvaged.lostCharges);
  desk.notice('data_damaged', { file: salvaged.damagedFile, saved, lost });
}

/** Everything below the commands, wired together. */
function createCore(parts: EngineParts) {
  const { cache, clock, host, log, options } = parts;
  const now = (): number => clock.now();
  const random = parts.random ?? Math.random;
  const changes = createChanges();
  const device = readDevice(cache);
  const settings = createSettings(cache);
  const snapshots = createSnapshots(cache);
  const mirror = createMirror(cache);
  const outbox = createOutbox(cache, device.deviceId);
  const session = createSession({ settings, snapshots, changes }, options);
  const client = createServerClient({
    baseUrl: () => session.baseUrl(),
    tokens: tokensOf(host, log),
    now,
    onOnline: () => changes.tell('online'),
    onSignInEnded: () => session.expired(),
  });
  const onRecorded = (): void => changes.tell('outbox');
  const onRows = (): void => changes.tell('ledger');
  const reserve = createReserve({
    cache,
    outbox,
    snapshots,
    client,
    deviceId: device.deviceId,
    chosen: () => settings.current().offlineReserve,
    now,
    onChange: () => changes.tell('sync', 'balance'),
  });
  const rounds = createRounds({
    account: () => session.account(),
    signedIn: () => session.signedIn(),
    client,
    pusher: createPusher({ cache, outbox, snapshots, client, now, random, onRecorded }),
    puller: createPuller({ cache, mirror, client, onRows }),
    outbox,
    reserve,
    drift: createDriftRecord({ snapshots, changes, now }),
    numbers: createNumbers({ outbox, snapshots, client, deviceId: device.deviceId, now }),
    snapshots,
    changes,
    log,
    now,
    random,
    onAccount: (account) => session.accountTold(account, now()),
    onFull: () => moveJournalOver(cache),
    onError: parts.onError,
    times: parts.times ?? roundTimes,
  });
  const notices = createNotices(
    parts,
    desktopNotices(host, () => settings.current().language),
  );
  const desk: DeskContext = {
    dataDir: options.dataDir,
    device,
    cache,
    settings,
    snapshots,
    outbox,
    availability: createAvailability(snapshots, outbox, reserve),
    client,
    reserve,
    rounds,
    session,
    host,
    changes,
    clock,
    log,
    emit: (name, payload) => emit(parts, name, payload),
    notice: (kind, params) => notices.tell(kind, params),
  };
  return { desk, session, client, reserve, rounds, mirror, notices };
}

/** An event is parsed before it leaves, so that a page never gets what the contract does not say. */
function emit<N extends EventName>(parts: EngineParts, name: N, payload: EventPayload<N>): void {
  const parsed = events[name].safeParse(payload);
  if (parsed.success) parts.send(name, parsed.data);
  else parts.log.error({ event: name, issues: parsed.error.issues }, 'an event does not fit the contract');
}

/** Notices worth a look from somebody who is at another window. The others tell of what mends itself. */
const desktopNoticeKinds: ReadonlySet<EventPayload<'notice'>['kind']> = new Set([
  'campaign_done',
  'campaign_paused',
  'low_balance',
  'drift',
  'disk_full',
  'numbers',
  'data_damaged',
]);

/** Asks the host to show a notice on the desktop, once for each event; whether it does is for the host to say. */
function desktopNotices(host: Host, language: () => Language) {
  return (kind: EventPayload<'notice'>['kind'], params: Record<string, string>): void => {
    // Who paused it knows.
    if (!desktopNoticeKinds.has(kind) || params['reason'] === 'user') return;
    const words = wordsIn(language());
    void host.request('notify.show', { title: words('app'), body: words(`notice.${kind}`, params) });
  };
}

/** Keeps notices until the page has read the state for the first time: before that nobody listens. */
function createNotices(
  parts: EngineParts,
  onNotice: (kind: EventPayload<'notice'>['kind'], params: Record<string, string>) => void,
) {
  let listened = false;
  let kept: EventPayload<'notice'>[] = [];
  return {
    tell(kind: EventPayload<'notice'>['kind'], params: Record<string, string>): void {
      const notice = { id: uuidv7(), kind, params };
      onNotice(kind, params);
      if (listened) emit(parts, 'notice', notice);
      else kept = [...kept, notice].slice(-keptNoticesMax);
    },
    open(): void {
      listened = true;
      for (const notice of kept.splice(0)) emit(parts, 'notice', notice);
    },
  };
}
const keptNoticesMax = 50;

const tokenName = 'refresh-token';

function tokensOf(host: Host, log: Log): TokenStore {
  return {
    async read() {
      const answer = await host.request('secret.get', { name: tokenName });
      return answer.ok ? { kind: 'known', refreshToken: answer.output.value } : { kind: 'unknown' };
    },
    async write(refreshToken) {
      const answer = await host.request('secret.set', { name: tokenName, value: refreshToken });
      if (!answer.ok)
        log.error({ reason: answer.reason }, 'the sign-in could not be kept for the next start');
    },
  };
}
