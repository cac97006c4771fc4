/**
 * What ledger tests stand on: a migrated database, accounts, prices and a clock that only a test moves. Never
 * imported by the server itself.
 */
import { v7 as uuidv7 } from 'uuid';
import type { ChargeBody, HoldBody } from '../../shared/api.ts';
import type { PriceBook } from '../../shared/api-prices.ts';
import type { MemberLevel } from '../../shared/api-words.ts';
import { yuan } from '../../shared/money.ts';
import { openDatabase, type Database } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { Ledger } from './ledger.ts';
import { createSigner, generateSigningJwk } from './signing.ts';

/** 2026-11-21 10:34:52 in Shanghai. */
export const startMs = Date.parse('2026-11-21T02:34:52.000Z');

export const testBook: PriceBook = {
  version: 1,
  updatedAt: '2026-11-01T00:00:00.000Z',
  stacking: 'best',
  prices: [
    { platform: 'xiaohongshu', operation: 'follow', unitPrice: '1.00' },
    { platform: 'douyin', operation: 'follow', unitPrice: '1.20' },
  ].map((price) => ({
    ...price,
    effectiveAt: '2026-11-01T00:00:00.000Z',
    tiers: [{ fromQuantityExclusive: 100, multiplier: '0.95' }],
  })),
  memberDiscounts: [{ level: 'premium', multiplier: '0.90' }],
};

export interface AccountOptions {
  readonly memberLevel?: MemberLevel;
  readonly timeZone?: string;
  /** Yuan as text, brought by one recharge. */
  readonly balance?: string;
  /** Yuan as text that it may owe; a strict account when absent. */
  readonly debtLimit?: string;
}

export interface LedgerFixture {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly clock: { nowMs: number };
  readonly prices: { book: PriceBook | null };
  newAccount(options?: AccountOptions): Promise<string>;
  close(): Promise<void>;
}

/** On PGlite in memory, or on the empty PostgreSQL database of this URL. */
export async function ledgerFixture(databaseUrl?: string): Promise<LedgerFixture> {
  const database = await openDatabase(databaseUrl === undefined ? {} : { databaseUrl });
  await migrate(database);
  const clock = { nowMs: startMs };
  const prices: { book: PriceBook | null } = { book: testBook };
  const ledger = new Ledger({
    database,
    clock: () => clock.nowMs,
    priceBook: async () => prices.book,
    signer: await createSigner(await generateSigningJwk()),
  });
  return {
    database,
    ledger,
    clock,
    prices,
    close: () => database.close(),
    async newAccount({ memberLevel = 'none', timeZone = 'Asia/Shanghai', balance = '0', debtLimit } = {}) {
      const id = uuidv7();
      await database.query(
        `INSERT INTO accounts (id, name, email, role, member_level, time_zone, created_at_ms)
         VALUES ($1, 'Test', $2, 'operator', $3, $4, $5)`,
        [id, `${id}@test.example`, memberLevel, timeZone, clock.nowMs],
      );
      const amount = yuan(balance);
      const occurredAtMs = clock.nowMs;
      if (amount > 0n)
        await ledger.recharge({ id: uuidv7(), accountId: id, amount, occurredAtMs, source: 'test' });
      if (debtLimit !== undefined) await ledger.setDebtLimit(id, yuan(debtLimit));
      return id;
    },
  };
}

let deviceSeq = 0;

/** A charge that nobody made before; each takes the next number of one device. */
export function chargeBody(changes: Partial<ChargeBody> = {}): ChargeBody {
  deviceSeq += 1;
  return {
    id: uuidv7(),
    platform: 'xiaohongshu',
    operation: 'follow',
    targetUserId: `target-${deviceSeq}`,
    deviceId: 'device-1',
    deviceSeq,
    occurredAt: new Date(startMs).toISOString(),
    ...changes,
  };
}

export function holdBody(
  quantity: number,
  changes: Partial<Extract<HoldBody, { quantity: number }>> = {},
): Extract<HoldBody, { quantity: number }> {
  return {
    id: uuidv7(),
    campaignId: `campaign-${uuidv7()}`,
    platform: 'xiaohongshu',
    operation: 'follow',
    quantity,
    deviceId: 'device-1',
    ...changes,
  };
}
