import { afterAll, beforeAll, expect, test } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import type { Database } from '../database/database.ts';
import { chargeBody, holdBody, ledgerFixture, startMs, testBook, type LedgerFixture } from './fixture.ts';
import { checkpointFaults } from './kept-checkpoint.ts';
import { Ledger } from './ledger.ts';
import { createSigner, generateSigningJwk } from './signing.ts';
import { ledgerTables, verifyLedger, type LedgerFault } from './verify.ts';

let it: LedgerFixture;
beforeAll(async () => {
  it = await ledgerFixture();
});
afterAll(() => it.close());

/** An account with a recharge (1), a charge (2), captures (3, 4), a refund (5), a correction (6) and an open hold. */
async function busyAccount(): Promise<string> {
  const account = await it.newAccount({ balance: '10.00' });
  await busyIn(account);
  return account;
}

async function busyIn(account: string): Promise<void> {
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
}

/** Units of another asset: a grant, a use, a capture and a hold that is open. */
async function unitsIn(account: string): Promise<void> {
  const of = { accountId: account, asset: 'IMAGE_QUOTA', occurredAtMs: it.clock.nowMs };
  await it.ledger.grant({ ...of, id: uuidv7(), amount: 9n, source: 'gift' });
  await it.ledger.use({ ...of, id: uuidv7(), amount: 2n, content: {} });
  const hold = { ...of, amount: 3n, service: 'drawing', expiresInMs: 60_000 };
  const captured = uuidv7();
  await it.ledger.holdUnits({ ...hold, id: captured });
  await it.ledger.captureUnits({ ...of, id: uuidv7(), holdId: captured });
  await it.ledger.holdUnits({ ...hold, id: uuidv7() });
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

test.each<[what: string, sql: string, kind: LedgerFault['kind']]>([
  [
    'another balance',
    `UPDATE wallets SET balance = balance + 1 WHERE account_id = $1 AND asset = 'IMAGE_QUOTA'`,
    'wallet_differs',
  ],
  [
    'another number held',
    `UPDATE wallets SET held = held + 1 WHERE account_id = $1 AND asset = 'IMAGE_QUOTA'`,
    'wallet_differs',
  ],
  [
    'a missing wallet',
    `DELETE FROM wallets WHERE account_id = $1 AND asset = 'IMAGE_QUOTA'`,
    'wallet_differs',
  ],
  [
    'a hold of another asset',
    `UPDATE holds SET asset = 'TEXT_TOKEN' WHERE account_id = $1 AND state = 'open'`,
    'wallet_differs',
  ],
  [
    'another rest of a batch',
    `UPDATE grants SET remaining = remaining - 1 WHERE account_id = $1 AND asset = 'IMAGE_QUOTA'`,
    'grant_differs',
  ],
  [
    'another asset',
    `UPDATE transactions SET asset = 'POINT' WHERE account_id = $1 AND seq = 2`,
    'columns_differ',
  ],
  [
    'half a unit in the text',
    `UPDATE transactions SET body = replace(body, '"-2"', '"-2.5"') WHERE account_id = $1 AND seq = 2`,
    'columns_differ',
  ],
])('of units too: %s', async (_, sql, kind) => {
  const account = await it.newAccount();
  await unitsIn(account);
  expect(await faultsOf(account)).toEqual([]);
  await tamper(sql, account);
  expect(await faultsOf(account)).toContainEqual(expect.objectContaining({ kind }));
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

test('a checkpoint that somebody kept agrees, until any of its fields or the rows below it are altered', async () => {
  const signer = await createSigner(await generateSigningJwk());
  const { database } = it;
  const signing = new Ledger({ database, clock: Date.now, priceBook: async () => testBook, signer });
  const account = await busyAccount();
  const kept = await signing.checkpoint(account);
  const faults = (given: object): Promise<LedgerFault[]> =>
    checkpointFaults(database, signer.jwks, JSON.stringify(given));
  expect(await faults(kept)).toEqual([]);
  await it.ledger.charge(account, chargeBody());
  expect(await faults(kept), 'rows after it do not matter').toEqual([]);

  const other = await signing.checkpoint(await busyAccount());
  const forger = await createSigner(await generateSigningJwk());
  const forged = { ...kept, head: other.head };
  const altered: Record<keyof typeof kept, object> = {
    accountId: { ...kept, accountId: other.accountId },
    seq: { ...kept, seq: kept.seq - 1 },
    head: forged,
    signedAt: { ...kept, signedAt: new Date(startMs).toISOString() },
    jws: { ...forged, jws: await forger.sign({ ...forged, jws: undefined }) },
  };
  for (const [field, given] of Object.entries(altered)) {
    const said = field === 'jws' ? 'did not sign' : `checkpoint's ${field} `;
    expect(await faults(given)).toMatchObject([
      { kind: 'checkpoint_differs', detail: expect.stringContaining(said) as string },
    ]);
  }

  await tamper("UPDATE transactions SET hash = repeat('1', 64) WHERE account_id = $1 AND seq = 6", account);
  expect(await faults(kept)).toMatchObject([
    { accountId: account, seq: 6, detail: expect.stringContaining('The ledger says 1111') as string },
  ]);
});

/**
 * Tables that begin with an account and say nothing of its money of their own: orders name what the ledger posted for
 * them, reports are sums of its rows that a rebuild makes again, differences are what was compared.
 */
const otherTables = [
  'account_events',
  'acts_alone',
  'alert_settings',
  'cost_user_days',
  'credentials',
  'device_marks',
  'device_ranges',
  'device_sightings',
  'devices',
  'notices',
  'recharge_orders',
  'membership_periods',
  'memberships',
  'metered_usages',
  'recharge_refunds',
  'reconciliation_differences',
  'report_closing_positions',
  'report_positions',
  'report_user_days',
  'report_user_months',
  'sign_ins',
  'wechat_notifications',
];

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
}

function columnsOf(tables: readonly string[]): Promise<Column[]> {
  return it.database.query<Column>(
    `SELECT table_name::text AS table, column_name::text AS column, data_type::text AS type,
       is_nullable = 'YES' AS nullable
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ANY($1::text[])
     ORDER BY table_name, ordinal_position`,
    [tables],
  );
}

test('every table that has an account is either verified or known to say nothing of money', async () => {
  const tables = await it.database.query<{ name: string }>(
    `SELECT table_name::text AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name = 'account_id'`,
  );
  expect(tables.map(({ name }) => name).toSorted()).toEqual([...ledgerTables, ...otherTables].toSorted());
});

/** Another value of the same type, and nothing where that may be. */
function otherValues({ column, type, nullable }: Column): string[] {
  const others: Record<string, string> = {
    uuid: 'gen_random_uuid()',
    text: `coalesce(${column}, '') || 'x'`,
    bigint: `coalesce(${column}, 0) + 1000`,
    numeric: `coalesce(${column}, 0) + 1000`,
    integer: `coalesce(${column}, 0) + 1`,
    boolean: `NOT ${column}`,
    jsonb: `coalesce(${column}, '{}') || '{"x": 1}'`,
    date: `${column} + 1`,
  };
  const other = others[type];
  if (other === undefined) throw new Error(`no other value of ${type}`);
  return nullable ? [other, 'NULL'] : [other];
}

/** What names the row in a fault. */
const namedBy: Readonly<Record<string, (fault: LedgerFault) => boolean>> = {
  transactions: ({ seq }) => seq !== undefined,
  daily_totals: ({ kind }) => kind === 'totals_differ',
};

test('another value in any column of any row that the ledger keeps is found, and the row named (L8)', async () => {
  await it.close();
  it = await fixtureWithoutConstraints();
  const account = await it.newAccount({ balance: '9.00' });
  await it.ledger.recharge({
    id: uuidv7(),
    accountId: account,
    amount: 1_500_000n,
    occurredAtMs: it.clock.nowMs,
    source: 'test',
    expiresAtMs: it.clock.nowMs + 86_400_000,
  });
  await busyIn(account);
  await unitsIn(account);
  await it.ledger.adjust({
    id: uuidv7(),
    accountId: account,
    asset: 'CNY',
    amount: 5_000_000_000n,
    reason: 'waits for somebody else',
    askedBy: account,
  });
  expect((await verifyLedger(it.database)).faults).toEqual([]);
  const columns = await columnsOf(ledgerTables);
  const overlooked: string[] = [];
  for (const table of ledgerTables) {
    const rows = await it.database.query<{ place: string }>(`SELECT ctid::text AS place FROM ${table}`);
    expect(rows.length, `${table} has rows to alter`).toBeGreaterThan(0);
    for (const { place } of rows)
      for (const column of columns.filter((one) => one.table === table))
        for (const value of otherValues(column))
          if (!(await isNamed(column, place, value))) overlooked.push(`${table}.${column.column} = ${value}`);
  }
  expect(overlooked).toEqual([]);
}, 300_000);

/** Alters one field of one row, looks whether a fault names the row, and puts everything back. */
async function isNamed({ table, column }: Column, place: string, value: string): Promise<boolean> {
  const names = namedBy[table] ?? (({ detail }: LedgerFault) => detail.includes(`row of ${table} `));
  const undone = new Error('to be undone');
  let named = false;
  const altering = it.database.transaction(async (tx) => {
    const altered = await tx.query(
      `UPDATE ${table} SET ${column} = ${value} WHERE ctid = '${place}' AND ${column} IS DISTINCT FROM ${value}
       RETURNING 1`,
    );
    const within: Database = {
      ...it.database,
      query: (sql, params) => tx.query(sql, params),
      transaction: (work) => work(tx),
    };
    // A field that was nothing already is not altered by nothing.
    named = altered.length === 0 || (await verifyLedger(within)).faults.some(names);
    throw undone;
  });
  await expect(altering).rejects.toBe(undone);
  return named;
}

/** Whoever owns a database can drop what guards it. */
async function fixtureWithoutConstraints(): Promise<LedgerFixture> {
  const fixture = await ledgerFixture();
  const guards = await fixture.database.query<{ sql: string }>(
    `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS sql FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f')
     UNION ALL
     SELECT format('ALTER TABLE %s DISABLE TRIGGER %I', tgrelid::regclass, tgname) FROM pg_trigger
     WHERE tgname LIKE '%_are_final'`,
  );
  for (const { sql } of guards) await fixture.database.script(sql);
  return fixture;
}
