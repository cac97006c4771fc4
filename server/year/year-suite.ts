/** A generated year is a ledger like any other: it verifies, and is the same again for the same seed. */
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase, type Database } from '../database/database.ts';
import { verifyLedger } from '../ledger/verify.ts';
import { yuanText } from '../../shared/money.ts';
import { yearBills } from './test-year-bills.ts';
import { billYear } from './test-year-provider-bills.ts';
import { reconcileYear } from './test-year-reconciled.ts';
import { makeYear, smallYear, type MadeYear } from './test-year.ts';

async function made(
  databaseUrl: string | undefined,
  size: { readonly people: number; readonly days: number },
): Promise<{ database: Database; year: MadeYear }> {
  const database = await openDatabase(databaseUrl === undefined ? {} : { databaseUrl });
  onTestFinished(() => database.close());
  const year = await makeYear(database, { ...smallYear, ...size, password: 'a long enough password' });
  return { database, year };
}

async function heads(database: Database): Promise<unknown[]> {
  return database.query('SELECT account_id, last_seq, head FROM ledger_heads ORDER BY account_id');
}

export function yearSuite(newDatabase: () => Promise<string | undefined>): void {
  test('a generated year verifies, has every kind of business in it, and is the same again for its seed', async () => {
    const { database, year } = await made(await newDatabase(), { people: 8, days: 70 });
    const verified = await verifyLedger(database);
    expect(verified.faults).toEqual([]);
    expect(verified.accounts).toBe(8);
    expect(verified.transactions).toBe(year.transactions);
    const kinds = await database.query<{ kind: string }>(
      'SELECT DISTINCT kind FROM transactions ORDER BY kind',
    );
    expect(kinds.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['charge', 'expire', 'grant', 'recharge', 'refund']),
    );
    // Money that came in is a paid order each, and the other way round.
    const [paid] = await database.query(
      `SELECT count(*) FILTER (WHERE t.id IS NULL OR o.id IS NULL) AS unmatched, count(*) > 0 AS some
       FROM (SELECT * FROM recharge_orders WHERE paid_at_ms IS NOT NULL) o
       FULL JOIN (SELECT * FROM transactions WHERE kind = 'recharge') t
         ON t.account_id = o.account_id AND t.id = o.recharge_id AND t.amount = o.amount`,
    );
    expect(paid).toEqual({ unmatched: 0n, some: true });

    const again = await made(await newDatabase(), { people: 8, days: 70 });
    expect(again.year).toEqual(year);
    expect(await heads(again.database)).toEqual(await heads(database));
  });

  test("each difference that is planted in the bills of a year's days is found, and none is invented", async () => {
    const { database, year } = await made(await newDatabase(), { people: 120, days: 45 });
    const bills = await yearBills(database, year, { payment: 4, refund: 1, funds: 4 });
    const reconciled = await reconcileYear(database, year, bills);
    expect(reconciled.missed).toEqual([]);
    expect(reconciled.invented).toEqual([]);
    expect(reconciled.found).toEqual({
      'payment missing_here': 4,
      'payment missing_there': 4,
      'payment amount': 4,
      'payment state': 4,
      'payment late': 4,
      'refund missing_here': 1,
      'refund missing_there': 1,
      'refund amount': 1,
      'refund state': 1,
      'refund late': 1,
      'funds missing_here': 4,
      'funds missing_there': 4,
      'funds amount': 4,
    });
    expect(reconciled.days, 'the day after the last one, too').toBe(46);
    // All lines of all bills were read, and the days' sums are those of the tables themselves.
    const [staged] = await database.query(
      'SELECT (SELECT count(*) FROM wechat_trades) AS trades, (SELECT count(*) FROM wechat_funds) AS flows',
    );
    expect(staged).toEqual({ trades: BigInt(reconciled.trades), flows: BigInt(reconciled.flows) });
    const [paid] = await database.query<{ count: bigint; amount: bigint }>(
      'SELECT count(*) AS count, sum(amount)::bigint AS amount FROM recharge_orders WHERE paid_at_ms IS NOT NULL',
    );
    expect(reconciled.orders).toEqual({
      count: Number(paid?.count),
      amount: yuanText(paid?.amount ?? 0n),
    });
  });

  test("each difference that is planted in the bills of a year's providers is found, and none is invented", async () => {
    const { database, year } = await made(await newDatabase(), { people: 40, days: 50 });
    const billed = await billYear(database, year, 3);
    expect(billed.missed).toEqual([]);
    expect(billed.invented).toEqual([]);
    expect(billed.found).toEqual({ state: 3, missing_here: 3, missing_there: 3, amount: 3, late: 6 });
    expect(billed.bills, 'of three providers, for two months').toBe(6);
  });
}
