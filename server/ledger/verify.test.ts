import { afterAll, beforeAll, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { chargeBody, holdBody, ledgerFixture, type LedgerFixture } from './fixture.ts';
import { verifyLedger, type LedgerFault } from './verify.ts';

let it: LedgerFixture;
beforeAll(async () => {
  it = await ledgerFixture();
});
afterAll(() => it.close());

/** An account with a recharge (1), a charge (2), captures (3, 4), a refund (5), a correction (6) and an open hold. */
async function busyAccount(): Promise<string> {
  const account = await it.newAccount({ balance: '10.00' });
  const first = chargeBody();
  const hold = holdBody(3);
  await it.ledger.charge(account, first);
  await it.ledger.createHold(account, hold);
  await it.ledger.chargeBatch(account, [chargeBody({ holdId: hold.id }), chargeBody({ holdId: hold.id })]);
  await it.ledger.refund({ id: uuidv7(), accountId: account, chargeId: first.id, reason: 'test' });
  await it.ledger.adjust({
    id: uuidv7(),
    accountId: account,
    asset: 'CNY',
    amount: -10_000n,
    reason: 'test',
    askedBy: account,
  });
  return account;
}

/** Changes rows behind the ledger's back, as only an owner of the database can. */
async function tamper(sql: string, account: string): Promise<void> {
  await it.database.transaction(async (tx) => {
    await tx.script('ALTER TABLE transactions DISABLE TRIGGER transactions_are_final');
    await tx.query(sql, [account]);
    await tx.script('ALTER TABLE transactions ENABLE TRIGGER transactions_are_final');
  });
}

async function faultsOf(account: string): Promise<readonly LedgerFault[]> {
  const { faults } = await verifyLedger(it.database, account);
  expect(faults.every((fault) => fault.accountId === account)).toBe(true);
  return faults;
}

test('an untouched ledger has no faults', async () => {
  expect(await faultsOf(await busyAccount())).toEqual([]);
});

test.each<[what: string, sql: string, kind: LedgerFault['kind'], seq?: number]>([
  [
    'an altered text',
    `UPDATE transactions SET body = replace(body, '"seq":3,', '"seq":3,"note":"x",') WHERE account_id = $1 AND seq = 3`,
    'chain_broken',
    3,
  ],
  [
    'an unknown field in the text',
    `UPDATE transactions SET body = replace(body, '"seq":3,', '"seq":3,"extra":"x",') WHERE account_id = $1 AND seq = 3`,
    'chain_broken',
    3,
  ],
  [
    'a text that is no transaction',
    `UPDATE transactions SET body = '{}' WHERE account_id = $1 AND seq = 3`,
    'body_unreadable',
    3,
  ],
  [
    'an altered column',
    `UPDATE transactions SET target_user_id = 'x' WHERE account_id = $1 AND seq = 2`,
    'columns_differ',
    2,
  ],
  [
    'an altered amount',
    'UPDATE transactions SET amount = amount - 1 WHERE account_id = $1 AND seq = 2',
    'balance_broken',
    2,
  ],
  ['a missing row', 'DELETE FROM transactions WHERE account_id = $1 AND seq = 3', 'missing_rows', 4],
  ['a missing end', 'DELETE FROM transactions WHERE account_id = $1 AND seq = 6', 'head_differs'],
  ['another head', `UPDATE ledger_heads SET head = repeat('1', 64) WHERE account_id = $1`, 'head_differs'],
  ['another balance', 'UPDATE wallets SET balance = balance + 1 WHERE account_id = $1', 'wallet_differs'],
  ['another amount held', 'UPDATE wallets SET held = held - 1 WHERE account_id = $1', 'wallet_differs'],
  [
    'another rest of a batch',
    'UPDATE grants SET remaining = remaining - 1 WHERE account_id = $1',
    'grant_differs',
  ],
  ['a missing batch', 'DELETE FROM grants WHERE account_id = $1', 'grant_differs'],
  ['another capture', 'UPDATE holds SET captured = captured - 1 WHERE account_id = $1', 'hold_differs'],
  ['a missing hold', 'DELETE FROM holds WHERE account_id = $1', 'hold_differs'],
  [
    'another correction',
    'UPDATE adjustments SET amount = amount - 1 WHERE account_id = $1',
    'adjustment_differs',
  ],
  [
    'a correction that nobody asked for',
    'DELETE FROM adjustments WHERE account_id = $1',
    'adjustment_differs',
  ],
  ['another total', 'UPDATE daily_totals SET amount = amount + 1 WHERE account_id = $1', 'totals_differ'],
  ['a missing total', `DELETE FROM daily_totals WHERE account_id = $1 AND kind = 'refund'`, 'totals_differ'],
])('%s is found and named', async (_, sql, kind, seq) => {
  const account = await busyAccount();
  await tamper(sql, account);
  const expected = seq === undefined ? { kind } : { kind, seq };
  expect(await faultsOf(account)).toContainEqual(expect.objectContaining(expected));
});

test('two rows in each other’s place are found and named', async () => {
  const account = await busyAccount();
  await tamper('UPDATE transactions SET seq = seq + 100 WHERE account_id = $1 AND seq IN (3, 4)', account);
  await tamper('UPDATE transactions SET seq = 107 - seq WHERE account_id = $1 AND seq > 100', account);
  const kinds = (await faultsOf(account)).filter(({ seq }) => seq === 3).map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(['chain_broken', 'columns_differ']));
});

test('a broken ledger does not hide behind others', async () => {
  const good = await busyAccount();
  const bad = await busyAccount();
  await tamper('UPDATE wallets SET balance = balance + 1 WHERE account_id = $1', bad);
  const verification = await verifyLedger(it.database);
  expect(verification.faults.some((fault) => fault.accountId === bad)).toBe(true);
  expect(verification.faults.some((fault) => fault.accountId === good)).toBe(false);
  expect(verification.accounts).toBeGreaterThanOrEqual(2);
});
