/**
 * One round, from end to end (S3): push the outbox, pull the ledger, compare the two, then balance and reserve; a full
 * one brings prices, alerts and the account as well. It says what stopped it; trying again is for rounds.ts. It must never
 * hold a transaction open across a request.
 *
 * Offline, it begins with the cheapest question there is, so that coming back is noticed by itself and charges are not
 * claimed for nothing.
 */
import type { Account } from '../../shared/api.ts';
import type { Snapshots } from '../cache/snapshots.ts';
import type { Changes } from '../changes.ts';
import type { Log } from '../log.ts';
import type { DriftRecord } from './drift.ts';
import type { Numbers } from './numbers.ts';
import type { Outbox } from './outbox.ts';
import type { Puller } from './pull.ts';
import type { Pusher } from './push.ts';
import type { OwnedReserve } from './reserve.ts';
import type { CallFailure, ServerClient } from './server-client.ts';

export interface RoundParts {
  readonly client: Pick<ServerClient, 'call' | 'online'>;
  readonly pusher: Pusher;
  readonly puller: Puller;
  readonly outbox: Pick<Outbox, 'pending'>;
  readonly reserve: Pick<OwnedReserve, 'keep'>;
  readonly numbers: Numbers;
  readonly drift: DriftRecord;
  readonly snapshots: Snapshots;
  readonly changes: Changes;
  readonly log: Log;
  readonly now: () => number;
  /** What the server says of the account now: its member level may have changed. */
  readonly onAccount: (account: Account) => void;
}

/** A nudged round brings what charges change; a full one everything. */
export type Reach = 'nudged' | 'full';

/** How a round is to be done. */
export interface RoundOrder {
  readonly reach: Reach;
  /** A person asked for it, and so for all to be pulled again where mirror and server are known to differ. */
  readonly asked: boolean;
  readonly signal: AbortSignal;
}

/** One round; null when every part of it was answered. */
export async function runRound(
  parts: RoundParts,
  account: Account,
  order: RoundOrder,
): Promise<CallFailure | null> {
  const { client, pusher, drift } = parts;
  const { reach, signal } = order;
  if (client.online() === false) {
    const alive = await client.call('healthLive', { signal });
    if (isFailure(alive)) return alive;
  }
  if (!drift.stopsCharging(account.id)) {
    const failure = await pusher.push(account.id, signal);
    if (failure !== null) return failure;
  }
  const compareAlways = reach === 'full' || parts.outbox.pending(account.id).count === 0;
  const failure = await pullAndCompare(parts, account, compareAlways, order);
  if (failure !== null) return failure;

  const balanceFailure = await pullBalance(parts, account.id, signal);
  if (balanceFailure !== null) return balanceFailure;
  if (!drift.stopsCharging(account.id)) {
    const kept = await parts.reserve.keep(account.id, signal);
    const again = kept.changed ? await pullBalance(parts, account.id, signal) : null;
    if (kept.failure !== null || again !== null) return kept.failure ?? again;
  }
  return reach === 'full' ? pullBooks(parts, account.id, signal) : null;
}

async function pullBalance(
  { client, snapshots, changes, now }: RoundParts,
  accountId: string,
  signal: AbortSignal,
): Promise<CallFailure | null> {
  const balance = await client.call('balance', { signal });
  if (isFailure(balance)) return balance;
  if (balance.kind === 'ok') snapshots.write(accountId, 'balance', balance.body, { atMs: now() });
  changes.tell('balance');
  return null;
}

/** Prices, alerts, the account itself, the device's numbers: what changes seldom. */
async function pullBooks(
  parts: RoundParts,
  accountId: string,
  signal: AbortSignal,
): Promise<CallFailure | null> {
  const { client, snapshots } = parts;
  const known = snapshots.read(accountId, 'pricing');
  const conditional = known === null || known.etag === null ? {} : { ifNoneMatch: known.etag };
  const pricing = await client.call('pricing', { ...conditional, signal });
  if (isFailure(pricing)) return pricing;
  const atMs = parts.now();
  if (pricing.kind === 'ok')
    snapshots.write(accountId, 'pricing', pricing.body, { atMs, etag: pricing.etag });
  else if (known !== null) snapshots.write(accountId, 'pricing', known.body, { atMs, etag: known.etag });
  parts.changes.tell('pricing');

  const alerts = await client.call('alerts', { signal });
  if (isFailure(alerts)) return alerts;
  if (alerts.kind === 'ok') snapshots.write(accountId, 'alerts', alerts.body, { atMs });
  parts.changes.tell('alerts');

  const account = await client.call('account', { signal });
  if (isFailure(account)) return account;
  if (account.kind === 'ok') parts.onAccount(account.body);

  const numbers = await parts.numbers.check(accountId, signal);
  parts.changes.tell('sync');
  return numbers;
}

/**
 * S4: the mirror is compared up to its own last row, so rows that come in meanwhile do not matter. When they differ,
 * all is pulled again, once; after that only a person's asking pulls it again.
 */
async function pullAndCompare(
  parts: RoundParts,
  account: Account,
  compare: boolean,
  { asked, signal }: RoundOrder,
): Promise<CallFailure | null> {
  const { puller, drift, log } = parts;
  const known = drift.of(account.id);
  const pulled = await puller.pull(account, signal);
  if (pulled.kind === 'failed') return pulled.failure;
  if (pulled.kind === 'pulled' && !compare && known === null) return null;

  const first = await puller.compare(account.id, 'common', signal);
  if (first.kind === 'failed') return first.failure;
  if (first.kind === 'same' && pulled.kind === 'pulled') {
    drift.note(account.id, null);
    return null;
  }
  if (known !== null && !asked) return null;

  log.warn({ pulled, compared: first }, 'mirror and server differ: all is pulled again');
  const again = await puller.pullAllAgain(account, signal);
  if (again.kind === 'failed') return again.failure;
  // Rows that could not be taken in lie beyond the mirror's last one, so then all there is gets compared.
  const second = await puller.compare(account.id, again.kind === 'pulled' ? 'common' : 'whole', signal);
  if (second.kind === 'failed') return second.failure;
  if (second.kind === 'differs')
    log.error({ again, compared: second }, 'mirror and server still differ: charging stops');
  drift.note(account.id, second.kind === 'differs' ? second.drift : null);
  return null;
}

function isFailure(outcome: { readonly kind: string }): outcome is CallFailure {
  return outcome.kind !== 'ok' && outcome.kind !== 'not_modified';
}
