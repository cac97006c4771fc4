/**
 * Compares, after a schedule, what the agent did with what the ledger charged and what the desk shows, by a client that
 * shares nothing with the desk. It must never mend what it finds.
 */
import { readFileSync, existsSync } from 'node:fs';
import { z } from 'zod';
import type { Transaction } from '../../shared/api.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import { amountForCount } from '../../shared/rating.ts';
import { firstBrokenLink } from '../drive/bill-client.ts';
import type { Played } from './play.ts';
import type { World } from './world.ts';

const Follow = z.object({
  taskId: z.string(),
  targetUserId: z.string(),
  outcome: z.enum(['succeeded', 'failed']),
});
type Follow = z.infer<typeof Follow>;

/** Everything that does not agree, in words; empty when all does. */
export async function compare(world: World, played: Played): Promise<string[]> {
  const found = new Differences();
  const { campaign, campaignId, prefix } = played;
  const follows = followsOf(world, prefix);
  const succeeded = follows
    .filter(({ outcome }) => outcome === 'succeeded')
    .map((follow) => follow.targetUserId);
  const rows = await world.checker.transactions(world.known.seq);
  found.equal(
    'targets followed more than once',
    0,
    follows.length - new Set(follows.map((f) => f.targetUserId)).size,
  );
  found.equal('targets charged', sorted(succeeded), sorted(rows.map((row) => row.targetUserId ?? row.kind)));
  found.equal('rows of another campaign', 0, rows.filter((row) => row.campaignId !== campaignId).length);
  found.equal('broken link in the chain', null, firstBrokenLink(rows, world.known.head));

  const unitNet = yuan(campaign?.quote?.unitNet ?? '0');
  const cost = yuanText(amountForCount(unitNet, succeeded.length));
  found.equal('sum of the charges', cost, yuanText(-sumOf(rows)));
  found.equal('successes on the desk', succeeded.length, campaign?.counts.succeeded ?? 0);
  found.equal('tasks of unknown outcome', 0, campaign?.counts.unknown ?? 0);
  found.equal('spent on the desk', cost, campaign?.spent ?? '0.00');
  await compareMoney(world, found, cost);
  await compareDevice(world, found);
  const { balance } = await world.checker.balance();
  world.known = {
    seq: world.known.seq + rows.length,
    head: rows.at(-1)?.hash ?? world.known.head,
    balance,
  };
  return found.lines;
}

async function compareMoney(world: World, found: Differences, cost: string): Promise<void> {
  const { balance, held } = await world.checker.balance();
  const state = await world.engine().command('desk.state', {});
  found.equal('money gone', cost, yuanText(yuan(world.known.balance) - yuan(balance)));
  found.equal('held', '0.00', held);
  found.equal('open holds', '', (await world.checker.openHolds()).map(({ id }) => id).join(' '));
  found.equal('balance on the desk', balance, state.balance?.balance ?? null);
  found.equal('waiting in the outbox', 0, state.sync.pendingCount);
  const rejected = await world.engine().command('outbox.list', {
    states: ['rejected', 'waived'],
    beforeDeviceSeq: null,
    limit: 10,
  });
  found.equal(
    'for a person',
    '',
    rejected.items.map((item) => item.problem?.code ?? 'without a reason').join(' '),
  );
  found.equal('drift', null, state.sync.drift === null ? null : JSON.stringify(state.sync.drift));
}

async function compareDevice(world: World, found: Differences): Promise<void> {
  for (const device of await world.checker.devices()) {
    found.equal(`numbers missing of ${device.deviceId}`, '', device.missing.join(' '));
    found.equal(`numbers reused by ${device.deviceId}`, '', device.reused.join(' '));
  }
}

/** What the agent says that it did to targets with such names. */
function followsOf(world: World, prefix: string): Follow[] {
  if (!existsSync(world.truthFile)) return [];
  return readFileSync(world.truthFile, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Follow.parse(JSON.parse(line)))
    .filter(({ targetUserId }) => targetUserId.startsWith(prefix));
}

class Differences {
  readonly lines: string[] = [];
  equal(what: string, expected: string | number | null, actual: string | number | null): void {
    if (expected !== actual) this.lines.push(`${what}: expected ${expected}, was ${actual}`);
  }
}

const sorted = (names: readonly string[]): string => names.toSorted().join(' ');
const sumOf = (rows: readonly Transaction[]): bigint => rows.reduce((sum, row) => sum + yuan(row.amount), 0n);
