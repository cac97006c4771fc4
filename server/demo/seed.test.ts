import { expect, onTestFinished, test } from 'vitest';
import { displayYuan } from '../../shared/money.ts';
import { openDatabase, type Database } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { findAccount } from '../identity/accounts.ts';
import { createSigner, generateSigningJwk } from '../ledger/signing.ts';
import { planHistory, type HistoryStep } from './history.ts';
import { demoAccounts, demoBalance, seedDemo } from './seed.ts';

const nowMs = Date.parse('2026-11-21T02:00:00.000Z');

/** Fails each transaction from the `allowed`-th on, as a killed process would have it. */
function dyingAfter(whole: Database, allowed: number): Database {
  let left = allowed;
  return {
    ...whole,
    transaction: (work) => {
      left -= 1;
      return left < 0 ? Promise.reject(new Error('killed')) : whole.transaction(work);
    },
  };
}

/** What there is of everything that the operators were given, and what of it was used. */
async function units(db: Database) {
  const rows = await db.query<{ id: string; asset: string; balance: bigint; held: bigint }>(
    `SELECT a.id, w.asset, w.balance, w.held FROM accounts a JOIN wallets w ON w.account_id = a.id
     WHERE w.asset <> 'CNY' ORDER BY w.asset`,
  );
  return byEmail(db, rows);
}

async function heads(db: Database) {
  const rows = await db.query<{
    id: string;
    balance: bigint;
    held: bigint;
    last_seq: bigint;
    head: string;
  }>(
    `SELECT a.id, w.balance, w.held, h.last_seq, h.head FROM accounts a
     JOIN wallets w ON w.account_id = a.id AND w.asset = 'CNY' JOIN ledger_heads h ON h.account_id = a.id`,
  );
  return byEmail(db, rows);
}

/** Addresses are sealed: each row with the one that is meant, in their order. */
async function byEmail<Row extends { readonly id: string }>(db: Database, rows: readonly Row[]) {
  const named = await Promise.all(
    rows.map(async ({ id, ...row }) => ({ email: (await findAccount(db, id))?.email ?? '', ...row })),
  );
  return named.toSorted((a, b) => (a.email < b.email ? -1 : a.email > b.email ? 1 : 0));
}

test('a seeding that is cut short goes on where it stopped, and a finished one changes nothing', async () => {
  const database = await openDatabase({});
  onTestFinished(() => database.close());
  await migrate(database);
  const signer = await createSigner(await generateSigningJwk());
  for (const allowed of [1, 40, 130])
    await expect(seedDemo(dyingAfter(database, allowed), signer, nowMs + allowed)).rejects.toThrow('killed');
  await seedDemo(database, signer, nowMs + 3_600_000);
  const seeded = await heads(database);
  expect(seeded.map(({ email, balance }) => `${email} ${displayYuan(balance)}`)).toEqual([
    'operator@demo.example ¥1,330.68',
    'premium@demo.example ¥1,330.68',
  ]);
  for (const { held, last_seq: lastSeq } of seeded) {
    expect(held).toBe(0n);
    expect(lastSeq).toBeGreaterThanOrEqual(600n);
  }
  const had = await units(database);
  // Points: 300 + 100, less 5 + 0 + 5 + 87 + 10 + 2 + 10. Images: 30 less 4 + 2 + 3 + 2. Tokens: 60,000 less nine calls.
  expect(had.slice(0, 3)).toEqual([
    { email: 'operator@demo.example', asset: 'IMAGE_QUOTA', balance: 19n, held: 0n },
    { email: 'operator@demo.example', asset: 'POINT', balance: 281n, held: 0n },
    { email: 'operator@demo.example', asset: 'TEXT_TOKEN', balance: 35_241n, held: 0n },
  ]);
  await seedDemo(database, signer, nowMs + 86_400_000);
  expect(await heads(database)).toEqual(seeded);
  expect(await units(database)).toEqual(had);
  expect(await database.query('SELECT count(*) AS calls FROM metered_usages')).toEqual([{ calls: 20n }]);
  const late = await database.query('SELECT 1 FROM transactions WHERE recorded_at_ms > $1', [nowMs + 1]);
  expect(late).toEqual([]);
});

test.each([
  ['at noon', '2026-11-21T04:00:00.000Z'],
  ['on the first second of a month', '2026-11-30T16:00:00.000Z'],
  ['in February of a leap year', '2028-02-29T15:59:59.999Z'],
])('the past fits the rules %s', (_when, end) => {
  const endMs = Date.parse(end);
  for (const { email, memberLevel } of demoAccounts.filter(({ hasHistory }) => hasHistory)) {
    const book = {
      version: 1,
      updatedAt: end,
      stacking: 'best' as const,
      prices: pricesAt(end),
      memberDiscounts,
    };
    const options = { seed: email, endMs, memberLevel, book, finalBalance: demoBalance };
    const steps = planHistory(options);
    expect(steps).toEqual(planHistory(options));
    const times = steps.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    const lastDay = chargesOf(steps).filter(({ occurredAt }) => chinaDay(occurredAt) === chinaDay(end));
    expect(lastDay.length).toBeGreaterThan(0);
    expect(chargesOf(steps).every(({ occurredAt }) => Date.parse(occurredAt) <= endMs)).toBe(true);
    expect(chargesOf(steps).map(({ deviceSeq }) => deviceSeq)).toEqual(
      chargesOf(steps).map((_, index) => index + 1),
    );
  }
});

const memberDiscounts = [{ level: 'premium' as const, multiplier: '0.90' }];

function pricesAt(effectiveAt: string) {
  const tiers = [{ fromQuantityExclusive: 100, multiplier: '0.95' }];
  return [
    { platform: 'xiaohongshu', operation: 'follow', unitPrice: '1.00', effectiveAt, tiers },
    { platform: 'douyin', operation: 'follow', unitPrice: '1.20', effectiveAt, tiers },
  ];
}

function chargesOf(steps: readonly HistoryStep[]) {
  return steps.flatMap((step) => (step.kind === 'charges' ? step.bodies : []));
}

function chinaDay(instant: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' }).format(new Date(instant));
}
