/** Each thing that the comparison of a chaos run promises to notice is done to a world that agrees, and must be told. */
import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Transaction } from '../../shared/api.ts';
import { chainText, genesisHash } from '../../shared/chain.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import { differences, type Seen, type SeenDesk } from './compare.ts';

const campaignId = '01890000-0000-7000-8000-000000000001';
const before = { seq: 7, head: genesisHash, balance: '100.00', unitPrice: '1.206' };
/** Under one hold, 1.206 and 2.412 are charged as 1.21 and 1.20; without, each is 1.21. */
const amounts = ['-1.21', '-1.20', '-1.21'];
const zero = { queued: 0, running: 0, unknown: 0, skipped: 0 };

type Written = Partial<Omit<Transaction, 'seq' | 'hash' | 'prevHash'>>;

/** The chain of charges of these targets, each with what it has of its own. */
function charged(targets: readonly string[], own: Written = {}): Transaction[] {
  let { head } = before;
  let left = yuan(before.balance);
  return targets.map((targetUserId, index) => {
    const amount = own.amount ?? amounts[index] ?? '';
    left += yuan(amount);
    const content = {
      accountId: '01890000-0000-7000-8000-000000000002',
      seq: before.seq + index + 1,
      id: `01890000-0000-7000-8000-0000000001${String(index).padStart(2, '0')}`,
      kind: 'charge' as const,
      asset: 'CNY',
      amount,
      holdId: 'hold',
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
    reserves: [],
    devices: [{ deviceId: 'desk', missing: [], reused: [] }],
    twice: false,
    desks: [
      {
        name: 'the desk',
        campaignId,
        prefix: '',
        campaign: { counts: { ...zero, total: 3, succeeded: 2, failed: 1 }, spent: '2.41' },
        balance,
        sync: { pendingCount: 0, drift: null, reserve: null },
        refused: [],
        last: at,
      },
    ],
  };
}

type Sabotage = (world: Seen) => Seen;
const onDesk =
  (change: Partial<SeenDesk> | ((desk: SeenDesk) => Partial<SeenDesk>)): Sabotage =>
  (world) => ({
    ...world,
    desks: world.desks.map((desk) => ({
      ...desk,
      ...(typeof change === 'function' ? change(desk) : change),
    })),
  });
const inCampaign = (change: (campaign: SeenCampaign) => SeenCampaign): Sabotage =>
  onDesk(({ campaign }) => ({ campaign: campaign === null ? null : change(campaign) }));
type SeenCampaign = NonNullable<SeenDesk['campaign']>;
const counted = (counts: Partial<SeenCampaign['counts']>): Sabotage =>
  inCampaign((campaign) => ({ ...campaign, counts: { ...campaign.counts, ...counts } }));
const repeated = {
  state: 'waived',
  problem: { code: 'duplicate_target', params: {} },
  targetUserId: 'b',
} as const;
/** The desk made a charge again that it had made already, gave it up, and used its number twice. */
const twice: Sabotage = (world) => ({
  ...inCampaign((campaign) => ({ ...campaign, spent: '1.21' }))(onDesk({ refused: [repeated] })(world)),
  devices: [{ deviceId: 'desk', missing: [], reused: [4] }],
  twice: true,
});
const side = { seq: 9, head: genesisHash, balance: '97.60' };

/** What is done, and the words that must come of it. */
const sabotages: readonly (readonly [string, Sabotage, string])[] = [
  ['a charge twice', () => agreeing(charged(['a', 'b', 'b'])), 'targets charged: expected a b, was a b b'],
  ['a charge lost', () => agreeing(charged(['a'])), 'targets charged: expected a b, was a'],
  ['a charge of one that failed', () => agreeing(charged(['a', 'c'])), 'targets charged'],
  [
    'another price',
    () => agreeing(charged(['a', 'b'], { amount: '-1.22' })),
    'amounts: expected -1.21 -1.20,',
  ],
  ['a price of one for each of a hold', () => agreeing(charged(['a', 'b'], { amount: '-1.21' })), 'amounts'],
  [
    'prices of a hold for those of a reserve',
    (world) => ({ ...world, reserves: ['hold'] }),
    'amounts: expected -1.21 -1.21,',
  ],
  ['a cent less', () => agreeing(charged(['a', 'b'], { amount: '-1.19' })), 'amounts'],
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
    (world) => ({ ...world, balance: { ...world.balance, balance: '97.58' } }),
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
  ['an outcome unknown', counted({ unknown: 1 }), 'tasks of unknown outcome on the desk'],
  ['a task still to do', counted({ queued: 1 }), 'tasks not ended'],
  ['a task under way', counted({ running: 1 }), 'tasks not ended'],
  [
    'a draft given up that was followed',
    onDesk({ campaign: null }),
    'successes on the desk: expected 2, was 0',
  ],
  [
    'another sum on the desk',
    inCampaign((campaign) => ({ ...campaign, spent: '1.20' })),
    'spent on the desk',
  ],
  ['another balance on the desk', onDesk({ balance: '98.80' }), 'balance on the desk'],
  ['no balance on the desk', onDesk({ balance: null }), 'balance on the desk'],
  [
    'a charge that waits',
    onDesk({ sync: { pendingCount: 1, drift: null, reserve: null } }),
    'waiting in the outbox',
  ],
  [
    'a charge refused',
    onDesk({
      refused: [{ state: 'rejected', problem: { code: 'duplicate_target', params: {} }, targetUserId: 'b' }],
    }),
    'for a person on the desk: expected , was rejected: duplicate_target',
  ],
  [
    'a charge refused for no reason',
    onDesk({ refused: [{ state: 'rejected', problem: null, targetUserId: 'b' }] }),
    'for a person on the desk: expected , was rejected: no reason',
  ],
  [
    'a drift',
    onDesk({
      sync: {
        pendingCount: 0,
        reserve: null,
        drift: { local: side, server: side, difference: '0.00', confirmedAt: null },
      },
    }),
    'drift',
  ],
  ['a mirror that lags', onDesk({ last: { seq: 8, hash: genesisHash } }), 'last row of the desk'],
  ['an empty mirror', onDesk({ last: null }), 'last row of the desk'],
  [
    'a reserve that was kept',
    onDesk({
      sync: {
        pendingCount: 0,
        drift: null,
        reserve: { amount: '1.20', remaining: '1.20', expiresAt: '2026-01-01T00:00:00.000Z' },
      },
    }),
    'reserve of the desk',
  ],
  [
    'a repeat that is still to be given up',
    (world) => onDesk({ refused: [{ ...repeated, state: 'rejected' }] })(twice(world)),
    'for a person',
  ],
  [
    'a repeat of what was not charged',
    (world) => onDesk({ refused: [{ ...repeated, targetUserId: 'c' }] })(twice(world)),
    'for a person',
  ],
  ['a repeat where nothing is repeated', (world) => ({ ...twice(world), twice: false }), 'for a person'],
  [
    'a repeat that was paid',
    (world) => inCampaign((campaign) => ({ ...campaign, spent: '2.41' }))(twice(world)),
    'spent on the desk',
  ],
  [
    'a number missing beside one used twice',
    (world) => ({ ...twice(world), devices: [{ deviceId: 'desk', missing: [3], reused: [4] }] }),
    'numbers missing of desk',
  ],
];

test('a world that agrees has nothing to tell', () => {
  expect(differences(agreeing())).toEqual([]);
});

test('nor has one whose desk made a charge again, was refused it, and gave it up', () => {
  expect(differences(twice(agreeing()))).toEqual([]);
});

test.each(sabotages)('%s is told', (_, sabotage, words) => {
  expect(differences(sabotage(agreeing())).join('\n')).toContain(words);
});
