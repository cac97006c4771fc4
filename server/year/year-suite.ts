/** A generated year is a ledger like any other: it verifies, and is the same again for the same seed. */
import { expect, onTestFinished, test } from 'vitest';
import { openDatabase, type Database } from '../database/database.ts';
import { verifyLedger } from '../ledger/verify.ts';
import { makeYear, smallYear, type MadeYear } from './test-year.ts';

async function made(databaseUrl: string | undefined): Promise<{ database: Database; year: MadeYear }> {
  const database = await openDatabase(databaseUrl === undefined ? {} : { databaseUrl });
  onTestFinished(() => database.close());
  const year = await makeYear(database, {
    ...smallYear,
    people: 8,
    days: 70,
    password: 'a long enough password',
  });
  return { database, year };
}

async function heads(database: Database): Promise<unknown[]> {
  return database.query('SELECT account_id, last_seq, head FROM ledger_heads ORDER BY account_id');
}

export function yearSuite(newDatabase: () => Promise<string | undefined>): void {
  test('a generated year verifies, has every kind of business in it, and is the same again for its seed', async () => {
    const { database, year } = await made(await newDatabase());
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

    const again = await made(await newDatabase());
    expect(again.year).toEqual(year);
    expect(await heads(again.database)).toEqual(await heads(database));
  }, 60_000);
}
