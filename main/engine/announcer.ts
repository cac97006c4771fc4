/**
 * Tells the page what has changed: each slice whole, at most five times a second, always after the commit. It also notices
 * the crossings that the operator is told of once: the connection lost or back, the balance low, prices changed, drift.
 */
import type { EventName } from '../../shared/ipc.ts';
import type { Topic } from '../changes.ts';
import type { DeskContext } from '../desk/context.ts';
import { deskState } from './desk-commands.ts';

export interface Announcer {
  start(): void;
  stop(): void;
}

/** Between two tellings of what changed meanwhile. */
const announceEveryMs = 200;

type Slice = Exclude<EventName, 'campaign' | 'export' | 'engine' | 'notice' | 'open'>;

/** Which slices a change of a topic may have altered. */
const slicesOf: Readonly<Record<Topic, readonly Slice[]>> = {
  session: ['session'],
  settings: ['settings'],
  balance: ['balance'],
  pricing: ['pricing'],
  alerts: ['alerts', 'balance'],
  sync: ['sync'],
  online: ['sync'],
  outbox: ['outbox', 'sync', 'balance'],
  ledger: ['ledger'],
  orders: ['recharge'],
  findings: ['findings'],
};

export function createAnnouncer(desk: DeskContext, lastSeq: (accountId: string) => number): Announcer {
  const dirty = new Set<Slice>();
  let timer: NodeJS.Timeout | null = null;
  let lastAtMs = 0;
  let stops: (() => void)[] = [];
  const crossings = createCrossings(desk);

  const tell = (): void => {
    timer = null;
    lastAtMs = desk.clock.now();
    const slices = [...dirty];
    dirty.clear();
    for (const slice of slices) emitSlice(desk, slice, lastSeq);
    crossings();
  };
  const mark = (topic: Topic): void => {
    for (const slice of slicesOf[topic]) dirty.add(slice);
    const waitMs = Math.min(Math.max(lastAtMs + announceEveryMs - desk.clock.now(), 0), announceEveryMs);
    timer ??= setTimeout(tell, waitMs);
  };
  return {
    start() {
      crossings();
      const topics = Object.keys(slicesOf) as Topic[];
      stops = topics.map((topic) => desk.changes.listen([topic], () => mark(topic)));
    },
    stop() {
      for (const stop of stops) stop();
      if (timer !== null) clearTimeout(timer);
    },
  };
}

function emitSlice(desk: DeskContext, slice: Slice, lastSeq: (accountId: string) => number): void {
  const account = desk.session.account();
  if (slice === 'ledger') {
    desk.emit('ledger', { lastSeq: account === null ? 0 : lastSeq(account.id) });
  } else if (slice === 'recharge' || slice === 'findings') {
    desk.emit(slice, {});
  } else if (slice === 'outbox') {
    desk.emit('outbox', { pendingCount: account === null ? 0 : desk.outbox.pending(account.id).count });
  } else {
    const state = deskState(desk, { version: '', secretStore: 'file', campaigns: () => [] });
    desk.emit(slice, state[slice]);
  }
}

/** Remembers what was last seen, and gives one notice per crossing. The first look only remembers. */
function createCrossings(desk: DeskContext): () => void {
  let seen: Seen | null = null;
  return () => {
    const now = look(desk);
    const before = seen;
    seen = { ...now, online: now.online ?? before?.online ?? null };
    if (before === null) return;
    if (before.online === false && now.online === true) desk.notice('back_online', {});
    if (before.online === true && now.online === false) desk.notice('went_offline', {});
    if (before.accountId !== now.accountId) return;
    if (!before.low && now.low)
      desk.notice('low_balance', { available: now.available, threshold: now.threshold });
    if (!before.drift && now.drift) desk.notice('drift', {});
    if (now.numbers !== null && now.numbers !== before.numbers) {
      const [reused, missing] = now.numbers.split(' ');
      desk.notice('numbers', { reused: reused ?? '0', missing: missing ?? '0' });
    }
    if (before.priceVersion !== null && now.priceVersion !== null && before.priceVersion !== now.priceVersion)
      desk.notice('price_changed', { pricingVersion: String(now.priceVersion) });
  };
}

interface Seen {
  readonly accountId: string | null;
  readonly online: boolean | null;
  readonly low: boolean;
  readonly available: string;
  readonly threshold: string;
  readonly drift: boolean;
  /** How many were used twice and how many are missing. */
  readonly numbers: string | null;
  readonly priceVersion: number | null;
}

function look(desk: DeskContext): Seen {
  const account = desk.session.account();
  const accountId = account?.id ?? null;
  const balance = accountId === null ? null : desk.availability.state(accountId);
  const alerts = accountId === null ? null : desk.snapshots.read(accountId, 'alerts');
  const pricing = accountId === null ? null : desk.snapshots.read(accountId, 'pricing');
  const { numbers } = desk.rounds.state();
  return {
    accountId,
    online: desk.client.online(),
    // Whoever keeps the books runs no campaigns: that their own account is empty is no news.
    low: account?.role === 'operator' && (balance?.low ?? false),
    available: balance?.available ?? '0.00',
    threshold: alerts?.body.lowBalance.threshold ?? '0.00',
    drift: desk.rounds.drifting(),
    numbers: numbers === null ? null : `${numbers.reused.length} ${numbers.missing.length}`,
    priceVersion: pricing?.body.version ?? null,
  };
}
