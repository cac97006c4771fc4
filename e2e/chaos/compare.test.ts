/** Each thing that the comparison of a chaos run promises to notice is done to a world that agrees, and must be told. */
import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Transaction } from '../../shared/api.ts';
import { chainText, genesisHash } from '../../shared/chain.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import { differences, type Seen } from './compare.ts';

const campaignId = '01890000-0000-7000-8000-000000000001';
const before = { seq: 7, head: genesisHash, balance: '100.00', unitPrice: '1.20' };
const zero = { queued: 0, running: 0, unknown: 0, skipped: 0 };

type Written = Partial<Omit<Transaction, 'seq' | 'hash' | 'prevHash'>>;

/** The chain of charges of these targets, each with what it has of its own. */
function charged(targets: readonly string[], own: Written = {}): Transaction[] {
  let { head } = before;
  let left = yuan(before.balance);
  return targets.map((targetUserId, index) => {
    left += yuan(own.amount ?? '-1.20');
    const content = {
      accountId: '01890000-0000-7000-8000-000000000002',
      seq: before.seq + index + 1,
      id: `01890000-0000-7000-8000-0000000001${String(index).padStart(2, '0')}`,
      kind: 'charge' as const,
      asset: 'CNY',
      amount: '-1.20',
      balanceAfter: yuanText(left),
      targetUserId,
      campaignId,
      occurredAt: '2026-01-01T00:00:00.000Z',
      recordedAt: '2026-01-01T00:00:00.000Z',
      ...own,
    };
    const row = { ...content, prevHash: head, hash: hash('sha256', chainText(head, content), 'hex') };
    head = row.hash;
    return row;
  });
}

/** Three were followed, one of them failed, and the other two were charged. */
function agreeing(rows = charged(['a', 'b'])): Seen {
  const last = rows.at(-1);
  const balance = last?.balanceAfter ?? before.balance;
  const at = { seq: last?.seq ?? before.seq, hash: last?.hash ?? before.head };
  return {
    follows: [
      { taskId: '1', targetUserId: 'a', outcome: 'succeeded' },
      { taskId: '2', targetUserId: 'b', outcome: 'succeeded' },
      { taskId: '3', targetUserId: 'c', outcome: 'failed' },
    ],
    before,
    rows,
    balance: { balance, held: '0.00', available: balance, seq: at.seq, head: at.hash },
    openHolds: [],
    devices: [{ deviceId: 'desk', missing: [], reused: [] }],
    campaignId,
    desk: {
      campaign: { counts: { ...zero, total: 3, succeeded: 2, failed: 1 }, spent: '2.40' },
      balance,
      sync: { pendingCount: 0, drift: null },
      refused: [],
      last: at,
    },
  };
}

type Sabotage = (world: Seen) => Seen;
const counted =
  (counts: Partial<Record<'queued' | 'running' | 'unknown' | 'succeeded' | 'failed', number>>): Sabotage =>
  (world) => {
    const { campaign } = world.desk;
    if (campaign === null) throw new Error('this world has a campaign');
    const other = { ...campaign, counts: { ...campaign.counts, ...counts } };
    return { ...world, desk: { ...world.desk, campaign: other } };
  };
const onDesk =
  (change: Partial<Seen['desk']>): Sabotage =>
  (world) => ({ ...world, desk: { ...world.desk, ...change } });
const side = { seq: 9, head: genesisHash, balance: '97.60' };

/** What is done, and the words that must come of it. */
const sabotages: readonly (readonly [string, Sabotage, string])[] = [
  ['a charge twice', () => agreeing(charged(['a', 'b', 'b'])), 'targets charged: expected a b, was a b b'],
  ['a charge lost', () => agreeing(charged(['a'])), 'targets charged: expected a b, was a'],
  ['a charge of one that failed', () => agreeing(charged(['a', 'c'])), 'targets charged'],
  ['another price', () => agreeing(charged(['a', 'b'], { amount: '-1.21' })), 'sum of the charges'],
  ['a cent less', () => agreeing(charged(['a', 'b'], { amount: '-1.19' })), 'money gone'],
  [
    'a charge of another campaign',
    () => agreeing(charged(['a', 'b'], { campaignId: 'x' })),
    'another campaign',
  ],
  ['a row that is no charge', () => agreeing(charged(['a', 'b'], { kind: 'adjustment' })), 'no charge'],
  [
    'a row changed',
    (world) => ({ ...world, rows: world.rows.map((row) => ({ ...row, note: 'x' })) }),
    'broken link',
  ],
  ['a row left out', (world) => ({ ...world, rows: world.rows.slice(1) }), 'rows out of number'],
  [
    'a target followed twice',
    (world) => ({
      ...world,
      follows: [...world.follows, { taskId: '4', targetUserId: 'c', outcome: 'failed' }],
    }),
    'followed more than once',
  ],
  [
    'a balance that moved',
    (world) => ({ ...world, balance: { ...world.balance, balance: '97.00' } }),
    'money gone',
  ],
  [
    'a balance unlike the last row',
    (world) => ({ ...world, balance: { ...world.balance, balance: '97.59' } }),
    'balance after the last row',
  ],
  [
    'money held',
    (world) => ({ ...world, balance: { ...world.balance, held: '1.20' } }),
    'held: expected 0.00, was 1.20',
  ],
  [
    'money not to be had',
    (world) => ({ ...world, balance: { ...world.balance, available: '90.00' } }),
    'available',
  ],
  ['a hold left open', (world) => ({ ...world, openHolds: ['h'] }), 'open holds: expected , was h'],
  [
    'a number missing',
    (world) => ({ ...world, devices: [{ deviceId: 'desk', missing: [3], reused: [] }] }),
    'numbers missing of desk: expected , was 3',
  ],
  [
    'a number given twice',
    (world) => ({ ...world, devices: [{ deviceId: 'desk', missing: [], reused: [4] }] }),
    'numbers reused by desk: expected , was 4',
  ],
  ['a success that the desk forgot', counted({ succeeded: 1 }), 'successes on the desk: expected 2, was 1'],
  ['a failure that the desk forgot', counted({ failed: 0 }), 'failures on the desk'],
  ['an outcome unknown', counted({ unknown: 1 }), 'tasks of unknown outcome'],
  ['a task still to do', counted({ queued: 1 }), 'tasks not ended'],
  ['a task under way', counted({ running: 1 }), 'tasks not ended'],
  [
    'a draft given up that was followed',
    onDesk({ campaign: null }),
    'successes on the desk: expected 2, was 0',
  ],
  [
    'another sum on the desk',
    (world) => onDesk({ campaign: world.desk.campaign && { ...world.desk.campaign, spent: '1.20' } })(world),
    'spent on the desk',
  ],
  ['another balance on the desk', onDesk({ balance: '98.80' }), 'balance on the desk'],
  ['no balance on the desk', onDesk({ balance: null }), 'balance on the desk'],
  ['a charge that waits', onDesk({ sync: { pendingCount: 1, drift: null } }), 'waiting in the outbox'],
  [
    'a charge refused',
    onDesk({ refused: [{ state: 'rejected', problem: { code: 'duplicate_target', params: {} } }] }),
    'for a person: expected , was rejected: duplicate_target',
  ],
  [
    'a charge refused for no reason',
    onDesk({ refused: [{ state: 'rejected', problem: null }] }),
    'for a person: expected , was rejected: no reason',
  ],
  [
    'a drift',
    onDesk({
      sync: { pendingCount: 0, drift: { local: side, server: side, difference: '0.00', confirmedAt: null } },
    }),
    'drift',
  ],
  ['a mirror that lags', onDesk({ last: { seq: 8, hash: genesisHash } }), 'last row of the mirror'],
  ['an empty mirror', onDesk({ last: null }), 'last row of the mirror'],
];

test('a world that agrees has nothing to tell', () => {
  expect(differences(agreeing())).toEqual([]);
});

test.each(sabotages)('%s is told', (_, sabotage, words) => {
  expect(differences(sabotage(agreeing())).join('\n')).toContain(words);
});
