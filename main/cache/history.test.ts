/** Checks the mirror of the ledger and what is asked of it, against a ledger made with the contract's own hashing. */
import { hash } from 'node:crypto';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Transaction } from '../../shared/api.ts';
import { chainText, genesisHash } from '../../shared/chain.ts';
import { assetText, assetUnits } from '../../shared/assets.ts';
import type { HistoryFilter } from '../../shared/ipc-history.ts';
import { yuan, yuanText } from '../../shared/money.ts';
import { freshFolder, openedCache } from '../sync/test-desk.ts';
import type { Cache } from './database.ts';
import { createHistory, type History } from './history.ts';
import { dayBefore, dayIn } from './local-day.ts';
import { createMirror, type Mirror } from './mirror.ts';

const account = { id: '0198b0a5-0000-7000-8000-000000000001', timeZone: 'Asia/Shanghai' };
let folder: ReturnType<typeof freshFolder>;
let cache: Cache;
let mirror: Mirror;
let history: History;

beforeEach(() => {
  folder = freshFolder();
  cache = openedCache(folder.path);
  mirror = createMirror(cache);
  history = createHistory(cache);
});
afterEach(() => {
  cache.close();
  folder.remove();
});

type Part = Pick<Transaction, 'kind' | 'amount'> & Partial<Transaction>;

/** A ledger whose rows follow each other as a server's do. */
function ledger(parts: readonly Part[], from: readonly Transaction[] = []): Transaction[] {
  const rows = [...from];
  for (const part of parts) {
    const prevHash = rows.at(-1)?.hash ?? genesisHash;
    const { asset = 'CNY' } = part;
    const before = rows.findLast((row) => row.asset === asset)?.balanceAfter ?? assetText(asset, 0n);
    const at = '2026-03-01T04:00:00.000Z';
    const unhashed = {
      accountId: account.id,
      seq: rows.length + 1,
      id: uuidv7(),
      asset: 'CNY',
      occurredAt: at,
      recordedAt: at,
      ...part,
      balanceAfter: assetText(asset, assetUnits(asset, before) + assetUnits(asset, part.amount)),
    };
    rows.push({ ...unhashed, prevHash, hash: hash('sha256', chainText(prevHash, unhashed)) });
  }
  return rows;
}

const charge = (platform: string, occurredAt: string, amount = '-1.00'): Part => ({
  kind: 'charge',
  amount,
  platform,
  operation: 'follow',
  quantity: 1,
  occurredAt,
});

describe('taking rows in', () => {
  test('keeps rows that continue the chain, page by page', () => {
    const rows = ledger([
      { kind: 'recharge', amount: '10.00' },
      charge('douyin', '2026-03-01T04:00:00.000Z'),
    ]);
    expect(mirror.append(account, rows.slice(0, 1))).toBeNull();
    expect(mirror.append(account, rows.slice(1))).toBeNull();
    const digest = mirror.digest(account.id);
    expect(digest).toMatchObject({ seq: 2, count: 2, head: rows[1]!.hash });
    expect(digest.sums.get('CNY')).toBe(9_000_000n);
  });

  test('keeps rows of other assets, and shows the bill of money alone', async () => {
    const units = { asset: 'POINT', occurredAt: '2026-03-01T05:00:00.000Z' };
    const rows = ledger([
      { kind: 'recharge', amount: '10.00' },
      { kind: 'grant', amount: '525', ...units },
      charge('douyin', '2026-03-01T06:00:00.000Z'),
      { kind: 'charge', amount: '-25', platform: 'douyin', operation: 'speech', ...units },
      { kind: 'charge', amount: '-600', platform: 'douyin', operation: 'speech', ...units },
    ]);
    expect(mirror.append(account, rows)).toBeNull();
    const { count, sums } = mirror.digest(account.id);
    expect([count, sums.get('CNY'), sums.get('POINT')]).toEqual([5, yuan('9.00'), yuan('-100')]);
    const shown = history
      .page(account.id, {}, null, 10)
      .items.map(({ seq, balanceAfter }) => [seq, balanceAfter]);
    expect(shown).toEqual([
      [3, '9.00'],
      [1, '10.00'],
    ]);
    expect(history.totals(account.id, {})).toMatchObject({ count: 2, spent: '1.00', received: '10.00' });
    expect(history.spend(account.id, '2026-03-01')).toMatchObject([{ platform: 'douyin', count: 1 }]);
    expect(await history.verify(account.id)).toMatchObject({ ok: true, checkedCount: 5 });
  });

  test.each<[string, string, (row: Transaction) => Transaction]>([
    ['a changed amount', 'hash', (row) => ({ ...row, amount: '-0.01' })],
    ['another row before it', 'link', (row) => ({ ...row, prevHash: 'f'.repeat(64) })],
    ['a number left out', 'seq', (row) => ({ ...row, seq: row.seq + 1 })],
    ['another account', 'account', (row) => ({ ...row, accountId: uuidv7() })],
    ['an amount that is a number', 'malformed', (row) => ({ ...row, amount: 1 as unknown as string })],
    ['a balance that does not add up', 'balance', (row) => rehashed({ ...row, balanceAfter: '9.00' })],
    ['a field put in', 'hash', (row) => ({ ...row, note: 'added' })],
  ])('refuses %s, with all of its page', (_name, fault, spoil) => {
    const [first, second, third] = ledger([
      { kind: 'recharge', amount: '10.00' },
      charge('douyin', '2026-03-01T04:00:00.000Z'),
      charge('douyin', '2026-03-01T04:00:00.000Z'),
    ]);
    expect(mirror.append(account, [first!, second!, spoil(third!)])).toEqual({ seq: 3, fault });
    expect(mirror.digest(account.id)).toMatchObject({ seq: 0, count: 0 });
  });

  test('takes a field it does not know as part of what was hashed', () => {
    const newer = { kind: 'recharge' as const, amount: '10.00', fromTheFuture: [1, { b: 2 }] };
    const rows = ledger([newer]);
    expect(mirror.append(account, rows)).toBeNull();
    expect(cache.sql.prepare('SELECT body FROM transactions').pluck().get()).toContain('fromTheFuture');
  });

  test('replacing keeps the old rows when the new ones do not fit', () => {
    const rows = ledger([{ kind: 'recharge', amount: '10.00' }]);
    mirror.append(account, rows);
    expect(mirror.replace(account, [{ ...rows[0]!, amount: '11.00' }])).not.toBeNull();
    expect(mirror.digest(account.id)).toMatchObject({ seq: 1, head: rows[0]!.hash });
  });
});

function rehashed(row: Transaction): Transaction {
  return { ...row, hash: hash('sha256', chainText(row.prevHash, row)) };
}

const sum = (rows: readonly Transaction[]): bigint => rows.reduce((all, row) => all + yuan(row.amount), 0n);

/** 400 rows over 10 days on two platforms, recharges between them, and a refund a hundred. */
function sample(): Transaction[] {
  const parts: Part[] = Array.from({ length: 400 }, (_, n) => {
    const day = String(1 + Math.floor(n / 40)).padStart(2, '0');
    const at = `2026-03-${day}T04:00:00.000Z`;
    if (n % 40 === 0) return { kind: 'recharge', amount: '100.00', occurredAt: at, note: 'top-up' };
    if (n % 100 === 99)
      return { kind: 'refund', amount: '0.50', occurredAt: at, platform: 'douyin', operation: 'follow' };
    return {
      ...charge(n % 3 === 0 ? 'douyin' : 'xiaohongshu', at),
      targetUserId: `User_${n}`,
      campaignId: `c${n % 5}`,
    };
  });
  return ledger(parts);
}

const filters: [string, HistoryFilter, (row: Transaction) => boolean][] = [
  ['nothing', {}, () => true],
  ['a day', { fromDay: '2026-03-04', toDay: '2026-03-04' }, (row) => row.occurredAt.startsWith('2026-03-04')],
  ['a platform', { platforms: ['douyin'] }, (row) => row.platform === 'douyin'],
  [
    'rare kinds',
    { kinds: ['refund', 'recharge'] },
    (row) => row.kind === 'refund' || row.kind === 'recharge',
  ],
  ['an empty list', { kinds: [] }, () => false],
  ['a campaign', { campaignId: 'c3' }, (row) => row.campaignId === 'c3'],
  ['a text', { text: ' uSer_12 ' }, (row) => row.targetUserId?.startsWith('User_12') === true],
  ['a note', { text: 'TOP' }, (row) => row.note === 'top-up'],
  ['a text that is a pattern elsewhere', { text: '%' }, () => false],
  ['an amount', { amountFrom: '0.60' }, (row) => row.amount !== '0.50'],
  ['a rare amount', { amountFrom: '0.10', amountTo: '0.50' }, (row) => row.amount === '0.50'],
  [
    'an amount, either way',
    { amountFrom: '1.00', amountTo: '1.00', platforms: ['douyin'] },
    (row) => row.platform === 'douyin' && row.amount === '-1.00',
  ],
  ['an amount of a campaign', { amountTo: '2', campaignId: 'c3' }, (row) => row.campaignId === 'c3'],
  [
    'an amount and a text',
    { amountTo: '2', text: 'user_7' },
    (row) => row.targetUserId?.startsWith('User_7') === true,
  ],
  ['an amount that nothing has', { amountFrom: '1000000' }, () => false],
  [
    'all at once',
    {
      fromDay: '2026-03-02',
      toDay: '2026-03-08',
      kinds: ['charge'],
      platforms: ['xiaohongshu'],
      campaignId: 'c1',
    },
    (row) =>
      row.kind === 'charge' &&
      row.platform === 'xiaohongshu' &&
      row.campaignId === 'c1' &&
      row.occurredAt >= '2026-03-02' &&
      row.occurredAt < '2026-03-09',
  ],
];

describe('asking', () => {
  test.each(filters)(
    'by %s gives the rows, page by page, and totals that add up',
    (_name, filter, passes) => {
      const rows = sample();
      mirror.append(account, rows);
      const wanted = rows.filter(passes).toReversed();

      const found: Transaction[] = [];
      let beforeSeq: number | null = null;
      do {
        const page = history.page(account.id, filter, beforeSeq, 7);
        expect(page.items.length).toBeLessThanOrEqual(7);
        found.push(...page.items);
        beforeSeq = page.nextBeforeSeq;
      } while (beforeSeq !== null);
      expect(found.map((row) => row.seq)).toEqual(wanted.map((row) => row.seq));

      const totals = history.totals(account.id, filter);
      expect(totals.count).toBe(wanted.length);
      expect(totals.net).toBe(yuanText(sum(wanted)));
      expect(totals.spent).toBe(yuanText(-sum(wanted.filter((row) => yuan(row.amount) < 0n))));
      expect(totals.received).toBe(yuanText(sum(wanted.filter((row) => yuan(row.amount) > 0n))));
    },
  );

  test('by any part of a target, a note, or a campaign, however short or strange, finds what a look at each row finds', () => {
    const letter = fc.constantFrom(...Array.from('aAbB7_-% *"\'()退款信😀'));
    const word = fc.string({ unit: letter, minLength: 1, maxLength: 6 });
    const row = fc.record({ target: fc.option(word), note: fc.option(word), campaign: fc.option(word) });
    const few = fc.array(row, { minLength: 1, maxLength: 25 });
    const asked = fc.string({ unit: letter, minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(few, fc.array(asked, { minLength: 1, maxLength: 8 }), (parts, texts) => {
        const rows = ledger(
          parts.map(({ target, note, campaign }) => ({
            ...charge('douyin', '2026-03-01T04:00:00.000Z', '1.00'),
            kind: 'grant' as const,
            ...(target === null ? {} : { targetUserId: target }),
            ...(note === null ? {} : { note }),
            ...(campaign === null ? {} : { campaignId: campaign }),
          })),
        );
        expect(mirror.replace(account, rows)).toBeNull();
        for (const text of texts.filter((one) => one.trim() !== '')) {
          const sought = text.trim().toLowerCase();
          const wanted = rows
            .filter(({ targetUserId, note, campaignId }) =>
              [targetUserId, note, campaignId].some((own) => own?.toLowerCase().includes(sought)),
            )
            .map(({ seq }) => seq)
            .toReversed();
          const found: number[] = [];
          let beforeSeq: number | null = null;
          do {
            const page = history.page(account.id, { text }, beforeSeq, 3);
            found.push(...page.items.map(({ seq }) => seq));
            beforeSeq = page.nextBeforeSeq;
          } while (beforeSeq !== null);
          expect(found).toEqual(wanted);
          expect(history.totals(account.id, { text }).count).toBe(wanted.length);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('more rows of an amount than are put in order come page by page all the same', () => {
    const many = ledger(
      Array.from({ length: 20_050 }, (_, n) =>
        n === 0
          ? { kind: 'recharge' as const, amount: '30000.00' }
          : charge('douyin', '2026-03-01T04:00:00.000Z'),
      ),
    );
    for (let first = 0; first < many.length; first += 1_000)
      mirror.append(account, many.slice(first, first + 1_000));
    const page = history.page(account.id, { amountTo: '1.00' }, 40, 50);
    expect(page.items.map((row) => row.seq)).toEqual(Array.from({ length: 38 }, (_, n) => 39 - n));
    expect(history.totals(account.id, { amountTo: '1.00' }).count).toBe(20_049);
  });

  test('by a day gives where to page from, with nothing of that day left out', () => {
    const rows = sample();
    mirror.append(account, rows);
    const last = (day: string): number => rows.findLast((row) => row.occurredAt < `${day}T23`)?.seq ?? 0;
    expect(history.jump(account.id, {}, '2026-03-04')).toBe(last('2026-03-04') + 1);
    // A day without rows leads to the one before it.
    expect(history.jump(account.id, {}, '2027-01-01')).toBe(rows.length + 1);
    expect(history.jump(account.id, { toDay: '2026-03-02' }, '2026-03-04')).toBe(last('2026-03-02') + 1);
    expect(history.jump(account.id, {}, '2026-02-28')).toBeNull();
  });

  test('spending by day is net of refunds and cut in the zone of the account', () => {
    mirror.append(
      account,
      ledger([
        { kind: 'recharge', amount: '10.00' },
        charge('douyin', '2026-03-01T15:59:59.999Z', '-1.20'),
        charge('douyin', '2026-03-01T16:00:00.000Z', '-1.20'),
        { kind: 'refund', amount: '0.20', platform: 'douyin', occurredAt: '2026-03-01T17:00:00.000Z' },
      ]),
    );
    expect(history.spend(account.id, '2026-03-01')).toEqual([
      { day: '2026-03-01', platform: 'douyin', amount: '1.20', count: 1 },
      { day: '2026-03-02', platform: 'douyin', amount: '1.00', count: 1 },
    ]);
    expect(history.spend(account.id, '2026-03-02')).toHaveLength(1);
  });
});

describe('verifying', () => {
  test('finds nothing in a history that is whole', async () => {
    const rows = sample();
    mirror.append(account, rows);
    expect(await history.verify(account.id)).toEqual({
      ok: true,
      checkedCount: 400,
      seq: 400,
      head: rows.at(-1)!.hash,
      firstBadSeq: null,
    });
  });

  test.each([
    ['a changed column', 'UPDATE transactions SET amount = amount + 1 WHERE seq = 50'],
    ['a changed body', "UPDATE transactions SET body = replace(body, '-1.00', '-0.10') WHERE seq = 50"],
    ['a body that is no JSON', "UPDATE transactions SET body = 'x' WHERE seq = 50"],
    ['a row taken out', 'DELETE FROM transactions WHERE seq = 50'],
  ])('names the row of %s', async (_name, tamper) => {
    mirror.append(account, sample());
    cache.sql.exec(tamper);
    expect(await history.verify(account.id)).toMatchObject({ ok: false, firstBadSeq: 50 });
  });
});

describe('days', () => {
  test('are cut in the zone, on the days when its clocks change too', () => {
    const newYork = dayIn('America/New_York');
    expect(newYork(Date.parse('2026-03-08T04:59:59.999Z'))).toBe('2026-03-07');
    expect(newYork(Date.parse('2026-03-08T05:00:00.000Z'))).toBe('2026-03-08');
    expect(newYork(Date.parse('2026-03-09T03:59:59.999Z'))).toBe('2026-03-08');
    expect(newYork(Date.parse('2026-03-09T04:00:00.000Z'))).toBe('2026-03-09');
  });

  test('count back over months and leap days', () => {
    expect(dayBefore('2028-03-01', 1)).toBe('2028-02-29');
    expect(dayBefore('2026-01-05', 29)).toBe('2025-12-07');
  });
});
