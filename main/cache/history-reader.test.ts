/** Checks that the history's reader answers as the history does, whichever thread it asks, and outlives its worker. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshFolder, openedCache } from '../sync/test-desk.ts';
import type { HistoryFilter } from '../../shared/ipc-history.ts';
import { isDamage, type Cache } from './database.ts';
import { createHistoryReader, type HistoryReader } from './history-reader.ts';
import { createHistory } from './history.ts';
import { fillMirror, ledgerAccount, targetOf } from './test-ledger.ts';

const { id } = ledgerAccount;
let folder: ReturnType<typeof freshFolder>;
let cache: Cache;
let reader: HistoryReader;

beforeEach(() => {
  folder = freshFolder();
  cache = openedCache(folder.path);
  fillMirror(cache, 1_000);
  reader = createHistoryReader(cache);
});
afterEach(async () => {
  await reader.close();
  cache.close();
  folder.remove();
});

const quick: readonly HistoryFilter[] = [{}, { kinds: ['refund'] }, { platforms: ['douyin'] }];
/** One row has it. */
const sought: HistoryFilter = { text: targetOf(7).slice(3, 8) };
const heavy: readonly HistoryFilter[] = [sought, { amountFrom: '1.00' }];

test('gives what the history gives', async () => {
  const history = createHistory(cache);
  for (const filter of [...quick, ...heavy]) {
    expect(await reader.page(id, filter, 900, 20)).toEqual(history.page(id, filter, 900, 20));
    expect(await reader.totals(id, filter)).toEqual(history.totals(id, filter));
    expect(history.page(id, filter, 900, 20).items.length).toBeGreaterThan(0);
  }
});

test('reads what was committed before it was asked', async () => {
  expect((await reader.totals(id, sought)).count).toBe(1);
  cache.sql.exec('UPDATE transactions SET amount = amount - 1000000 WHERE seq = 7');
  expect((await reader.totals(id, sought)).net).toBe('-1.95');
});

test('rejects with what is wrong, under its code, and answers the next question', async () => {
  cache.sql.exec("UPDATE transactions SET kind = 'nothing known' WHERE seq = 7");
  await expect(reader.totals(id, sought)).rejects.toThrow('invalid_value');
  cache.sql.exec("UPDATE transactions SET kind = 'charge' WHERE seq = 7");
  expect((await reader.totals(id, sought)).count).toBe(1);
  cache.sql.exec('DROP TABLE transaction_text');
  const failed = await reader.totals(id, sought).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 'SQLITE_ERROR' });
  expect(isDamage(failed)).toBe(false);
});

test('rejects what is being asked when it is closed, and starts again when it is asked again', async () => {
  const asked = reader.totals(id, sought).catch((error: unknown) => String(error));
  await reader.close();
  expect(await asked).toContain('ended');
  expect((await reader.totals(id, sought)).count).toBe(1);
});
