/**
 * Compares, after a schedule, what the agent did with what the ledger charged and what the desk shows, by a client that
 * shares nothing with the desk. It must never mend what it finds.
 */
import { readFileSync, existsSync } from 'node:fs';
import { z } from 'zod';
import type { Balance, Device, Transaction } from '../../shared/api.ts';
import type { Campaign } from '../../shared/ipc-campaigns.ts';
import type { SyncState } from '../../shared/ipc-desk.ts';
import type { OutboxItem } from '../../shared/ipc-outbox.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import { amountOfKth } from '../../shared/rating.ts';
import { firstBrokenLink } from '../drive/bill-client.ts';
import { campaignOf, stateOf } from './desk.ts';
import type { Played, PlayedRun } from './play.ts';
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
  /** Those of the holds that the rows name which are reserves. */
  readonly reserves: readonly string[];
  readonly devices: readonly Pick<z.infer<typeof Device>, 'deviceId' | 'missing' | 'reused'>[];
  readonly desks: readonly SeenDesk[];
  /** A desk may have done again what was done already: refused, given up, and under numbers that were used already. */
  readonly twice: boolean;
}

export interface SeenDesk {
  readonly name: string;
  readonly campaignId: string;
  /** What the names of its targets begin with. */
  readonly prefix: string;
  /** Null: the operator gave it up before it began. */
  readonly campaign: Pick<Campaign, 'counts' | 'spent'> | null;
  readonly balance: string | null;
  readonly sync: Pick<SyncState, 'pendingCount' | 'drift' | 'reserve'>;
  /** Its charges that the server refused, this campaign's. */
  readonly refused: readonly Pick<OutboxItem, 'state' | 'problem' | 'targetUserId'>[];
  /** The last row of its mirror. */
  readonly last: Pick<Transaction, 'seq' | 'hash'> | null;
}

export interface Compared {
  /** Everything that does not agree, in words; empty when all does. */
  readonly differences: readonly string[];
  readonly charges: number;
  /** How many charges were refused because they had been made before. */
  readonly repeats: number;
}

/** The next schedule is compared from here on. */
export async function compare(world: World, played: Played): Promise<Compared> {
  const seen = await look(world, played);
  world.known = {
    ...world.known,
    seq: world.known.seq + seen.rows.length,
    head: seen.rows.at(-1)?.hash ?? world.known.head,
    balance: seen.balance.balance,
  };
  const repeats = seen.desks.reduce((sum, { refused }) => sum + refused.length, 0);
  return { differences: differences(seen), charges: seen.rows.length, repeats };
}

async function look(world: World, { runs, twice }: Played): Promise<Seen> {
  const desks: SeenDesk[] = [];
  for (const run of runs) desks.push(await lookAtDesk(run));
  const rows = await world.checker.transactions(world.known.seq);
  return {
    follows: followsOf(
      world,
      runs.map(({ prefix }) => prefix),
    ),
    before: world.known,
    rows,
    balance: await world.checker.balance(),
    openHolds: (await world.checker.openHolds()).map(({ id }) => id),
    reserves: await reservesOf(world, rows),
    devices: await world.checker.devices(),
    desks,
    twice,
  };
}

async function reservesOf({ checker }: World, rows: readonly Transaction[]): Promise<string[]> {
  const ids = new Set(rows.flatMap(({ holdId }) => holdId ?? []));
  const holds = await Promise.all([...ids].map((id) => checker.hold(id)));
  return holds.filter(({ kind }) => kind === 'reserve').map(({ id }) => id);
}

async function lookAtDesk({ desk, campaign, campaignId, prefix }: PlayedRun): Promise<SeenDesk> {
  const engine = desk.engine();
  const { balance, sync } = await stateOf(desk);
  const states = ['rejected' as const, 'waived' as const];
  const refused = await engine.command('outbox.list', { states, beforeDeviceSeq: null, limit: 500 });
  const page = await engine.command('history.page', { filter: {}, beforeSeq: null, limit: 1 });
  return {
    name: desk.name,
    campaignId,
    prefix,
    campaign: campaign === null ? null : await campaignOf(desk, campaignId),
    balance: balance?.balance ?? null,
    sync,
    refused: refused.items.filter((item) => item.campaignId === campaignId),
    last: page.items[0] ?? null,
  };
}

/** What the agent says that it did to targets with such names. */
function followsOf(world: World, prefixes: readonly string[]): z.infer<typeof Follow>[] {
  if (!existsSync(world.truthFile)) return [];
  return readFileSync(world.truthFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Follow.parse(JSON.parse(line)))
    .filter(({ targetUserId }) => prefixes.some((prefix) => targetUserId.startsWith(prefix)));
}

export function differences(seen: Seen): string[] {
  const found = new Differences();
  compareCharges(found, seen);
  compareMoney(found, seen);
  for (const desk of seen.desks) {
    compareDesk(found, seen, desk);
    compareRefused(found, seen, desk);
  }
  for (const { deviceId, missing, reused } of seen.devices) {
    found.equal(`numbers missing of ${deviceId}`, '', missing.join(' '));
    if (!seen.twice) found.equal(`numbers reused by ${deviceId}`, '', reused.join(' '));
  }
  return found.lines;
}

const hasSucceeded = ({ outcome }: Seen['follows'][number]): boolean => outcome === 'succeeded';
const sumOf = (rows: readonly Transaction[]): bigint => rows.reduce((sum, row) => sum - yuan(row.amount), 0n);

function compareCharges(found: Differences, seen: Seen): void {
  const { follows, rows, before, desks } = seen;
  const followed = new Set(follows.map(({ targetUserId }) => targetUserId));
  found.equal('targets followed more than once', 0, follows.length - followed.size);
  const targets = follows.filter(hasSucceeded).map(({ targetUserId }) => targetUserId);
  found.equal('targets charged', sorted(targets), sorted(rows.map((row) => row.targetUserId ?? row.kind)));
  found.equal('rows that are no charge', 0, rows.filter(({ kind }) => kind !== 'charge').length);
  const astray = rows.filter(
    ({ campaignId, targetUserId = '' }) =>
      !desks.some((desk) => desk.campaignId === campaignId && targetUserId.startsWith(desk.prefix)),
  );
  found.equal('rows of another campaign', 0, astray.length);
  found.equal('broken link in the chain', null, firstBrokenLink(rows, before.head));
  const misnumbered = rows.filter((row, index) => row.seq !== before.seq + index + 1);
  found.equal('rows out of number', 0, misnumbered.length);
  found.equal('amounts', amountsDue(seen), rows.map(({ amount }) => amount).join(' '));
}

/** Each charge is the next one under its hold; on a reserve, or without a hold, each is a first one. */
function amountsDue({ rows, reserves, before }: Seen): string {
  const counts = new Map<string, number>();
  const due = rows.map(({ holdId }) => {
    if (holdId === undefined || reserves.includes(holdId)) return amountOfKth(yuan(before.unitPrice), 1);
    const k = (counts.get(holdId) ?? 0) + 1;
    counts.set(holdId, k);
    return amountOfKth(yuan(before.unitPrice), k);
  });
  return due.map((amount) => yuanText(-amount)).join(' ');
}

function compareMoney(found: Differences, { before, balance, openHolds, rows }: Seen): void {
  const gone = yuanText(yuan(before.balance) - yuan(balance.balance));
  found.equal('money gone', yuanText(sumOf(rows)), gone);
  found.equal('balance after the last row', balance.balance, rows.at(-1)?.balanceAfter ?? before.balance);
  found.equal('held', '0.00', balance.held);
  found.equal('available', balance.balance, balance.available);
  found.equal('open holds', '', openHolds.join(' '));
}

function compareDesk(found: Differences, seen: Seen, desk: SeenDesk): void {
  const { name, campaign, sync, last, prefix } = desk;
  const { balance } = seen;
  const own = seen.follows.filter(({ targetUserId }) => targetUserId.startsWith(prefix));
  const succeeded = own.filter(hasSucceeded).length;
  found.equal(`successes on ${name}`, succeeded, campaign?.counts.succeeded ?? 0);
  found.equal(`failures on ${name}`, own.length - succeeded, campaign?.counts.failed ?? 0);
  found.equal(`tasks of unknown outcome on ${name}`, 0, campaign?.counts.unknown ?? 0);
  found.equal(
    `tasks not ended on ${name}`,
    0,
    (campaign?.counts.queued ?? 0) + (campaign?.counts.running ?? 0),
  );
  // What was refused here, because it had been charged already, is no spending of this desk's.
  const refused = new Set(desk.refused.map(({ targetUserId }) => targetUserId));
  const paid = seen.rows.filter(
    ({ targetUserId = '' }) => targetUserId.startsWith(prefix) && !refused.has(targetUserId),
  );
  found.equal(`spent on ${name}`, yuanText(sumOf(paid)), campaign?.spent ?? '0.00');
  found.equal(`balance on ${name}`, balance.balance, desk.balance);
  found.equal(`waiting in the outbox of ${name}`, 0, sync.pendingCount);
  found.equal(`drift of ${name}`, null, sync.drift === null ? null : JSON.stringify(sync.drift));
  found.equal(`reserve of ${name}`, null, sync.reserve?.remaining ?? null);
  found.equal(`last row of ${name}`, `${balance.seq} ${balance.head}`, `${last?.seq} ${last?.hash}`);
}

/** Nothing is refused, but for a charge of what was charged already, where a desk may have done it again. */
function compareRefused(found: Differences, { twice, rows }: Seen, { name, refused }: SeenDesk): void {
  const charged = new Set(rows.map(({ targetUserId }) => targetUserId));
  const bad = refused.filter(({ state, problem, targetUserId }) => {
    const isRepeat = problem?.code === 'duplicate_target' && charged.has(targetUserId);
    return !(twice && state === 'waived' && isRepeat);
  });
  const forPerson = bad.map(({ state, problem }) => `${state}: ${problem?.code ?? 'no reason'}`);
  found.equal(`for a person on ${name}`, '', forPerson.join(' '));
}

class Differences {
  readonly lines: string[] = [];
  equal<T extends string | number | boolean | null>(what: string, expected: T, actual: T): void {
    if (expected !== actual) this.lines.push(`${what}: expected ${expected}, was ${actual}`);
  }
}

const sorted = (names: readonly string[]): string => names.toSorted().join(' ');
