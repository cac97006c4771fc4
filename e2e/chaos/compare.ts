/**
 * Compares, after a schedule, what the agent did with what the ledger charged and what the desk shows, by a client that
 * shares nothing with the desk. It must never mend what it finds.
 */
import { readFileSync, existsSync } from 'node:fs';
import { z } from 'zod';
import type { Balance, Device, Transaction } from '../../shared/api.ts';
import type { Campaign, OutboxItem, SyncState } from '../../shared/ipc.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import { firstBrokenLink } from '../drive/bill-client.ts';
import type { Played } from './play.ts';
import type { Known, World } from './world.ts';

const Follow = z.object({
  taskId: z.string(),
  targetUserId: z.string(),
  outcome: z.enum(['succeeded', 'failed']),
});

/** What there is to compare, as each side tells it. */
export interface Seen {
  /** What the agent did to the schedule's targets. */
  readonly follows: readonly z.infer<typeof Follow>[];
  /** The account when the last schedule had been compared, and the ledger's rows since then. */
  readonly before: Known;
  readonly rows: readonly Transaction[];
  readonly balance: Pick<Balance, 'balance' | 'held' | 'available' | 'seq' | 'head'>;
  readonly openHolds: readonly string[];
  readonly devices: readonly Pick<z.infer<typeof Device>, 'deviceId' | 'missing' | 'reused'>[];
  readonly campaignId: string;
  readonly desk: SeenDesk;
}

export interface SeenDesk {
  /** Null: the operator gave it up before it began. */
  readonly campaign: Pick<Campaign, 'counts' | 'spent'> | null;
  readonly balance: string | null;
  readonly sync: Pick<SyncState, 'pendingCount' | 'drift'>;
  readonly refused: readonly Pick<OutboxItem, 'state' | 'problem'>[];
  /** The last row of its mirror. */
  readonly last: Pick<Transaction, 'seq' | 'hash'> | null;
}

/** Everything that does not agree, in words; empty when all does. The next schedule is compared from here on. */
export async function compare(world: World, played: Played): Promise<string[]> {
  const seen = await look(world, played);
  world.known = {
    ...world.known,
    seq: world.known.seq + seen.rows.length,
    head: seen.rows.at(-1)?.hash ?? world.known.head,
    balance: seen.balance.balance,
  };
  return differences(seen);
}

async function look(world: World, { campaign, campaignId, prefix }: Played): Promise<Seen> {
  const engine = world.engine();
  const state = await engine.command('desk.state', {});
  const refused = { states: ['rejected' as const, 'waived' as const], beforeDeviceSeq: null, limit: 10 };
  return {
    follows: followsOf(world, prefix),
    before: world.known,
    rows: await world.checker.transactions(world.known.seq),
    balance: await world.checker.balance(),
    openHolds: (await world.checker.openHolds()).map(({ id }) => id),
    devices: await world.checker.devices(),
    campaignId,
    desk: {
      campaign,
      balance: state.balance?.balance ?? null,
      sync: state.sync,
      refused: (await engine.command('outbox.list', refused)).items,
      last:
        (await engine.command('history.page', { filter: {}, beforeSeq: null, limit: 1 })).items[0] ?? null,
    },
  };
}

/** What the agent says that it did to targets with such names. */
function followsOf(world: World, prefix: string): z.infer<typeof Follow>[] {
  if (!existsSync(world.truthFile)) return [];
  return readFileSync(world.truthFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Follow.parse(JSON.parse(line)))
    .filter(({ targetUserId }) => targetUserId.startsWith(prefix));
}

export function differences(seen: Seen): string[] {
  const found = new Differences();
  const succeeded = seen.follows.filter(({ outcome }) => outcome === 'succeeded');
  const cost = yuan(seen.before.unitPrice) * BigInt(succeeded.length);
  compareCharges(found, seen, cost);
  compareMoney(found, seen, cost);
  compareDesk(found, seen, yuanText(cost));
  for (const { deviceId, missing, reused } of seen.devices) {
    found.equal(`numbers missing of ${deviceId}`, '', missing.join(' '));
    found.equal(`numbers reused by ${deviceId}`, '', reused.join(' '));
  }
  return found.lines;
}

function compareCharges(found: Differences, { follows, rows, before, campaignId }: Seen, cost: bigint): void {
  const followed = new Set(follows.map(({ targetUserId }) => targetUserId));
  found.equal('targets followed more than once', 0, follows.length - followed.size);
  const succeeded = follows.filter(({ outcome }) => outcome === 'succeeded');
  const targets = succeeded.map(({ targetUserId }) => targetUserId);
  found.equal('targets charged', sorted(targets), sorted(rows.map((row) => row.targetUserId ?? row.kind)));
  found.equal('rows that are no charge', 0, rows.filter(({ kind }) => kind !== 'charge').length);
  found.equal('rows of another campaign', 0, rows.filter((row) => row.campaignId !== campaignId).length);
  found.equal('broken link in the chain', null, firstBrokenLink(rows, before.head));
  const misnumbered = rows.filter((row, index) => row.seq !== before.seq + index + 1);
  found.equal('rows out of number', 0, misnumbered.length);
  const sum = rows.reduce((sum, row) => sum + yuan(row.amount), 0n);
  found.equal('sum of the charges', yuanText(cost), yuanText(-sum));
}

function compareMoney(found: Differences, { before, balance, openHolds, rows }: Seen, cost: bigint): void {
  found.equal('money gone', yuanText(cost), yuanText(yuan(before.balance) - yuan(balance.balance)));
  found.equal('balance after the last row', balance.balance, rows.at(-1)?.balanceAfter ?? before.balance);
  found.equal('held', '0.00', balance.held);
  found.equal('available', balance.balance, balance.available);
  found.equal('open holds', '', openHolds.join(' '));
}

function compareDesk(found: Differences, { follows, balance, desk }: Seen, cost: string): void {
  const { campaign, sync, refused, last } = desk;
  const succeeded = follows.filter(({ outcome }) => outcome === 'succeeded').length;
  found.equal('successes on the desk', succeeded, campaign?.counts.succeeded ?? 0);
  found.equal('failures on the desk', follows.length - succeeded, campaign?.counts.failed ?? 0);
  found.equal('tasks of unknown outcome', 0, campaign?.counts.unknown ?? 0);
  found.equal('tasks not ended', 0, (campaign?.counts.queued ?? 0) + (campaign?.counts.running ?? 0));
  found.equal('spent on the desk', cost, campaign?.spent ?? '0.00');
  found.equal('balance on the desk', balance.balance, desk.balance);
  found.equal('waiting in the outbox', 0, sync.pendingCount);
  const forPerson = refused.map(({ state, problem }) => `${state}: ${problem?.code ?? 'no reason'}`);
  found.equal('for a person', '', forPerson.join(' '));
  found.equal('drift', null, sync.drift === null ? null : JSON.stringify(sync.drift));
  found.equal('last row of the mirror', `${balance.seq} ${balance.head}`, `${last?.seq} ${last?.hash}`);
}

class Differences {
  readonly lines: string[] = [];
  equal<T extends string | number | boolean | null>(what: string, expected: T, actual: T): void {
    if (expected !== actual) this.lines.push(`${what}: expected ${expected}, was ${actual}`);
  }
}

const sorted = (names: readonly string[]): string => names.toSorted().join(' ');
