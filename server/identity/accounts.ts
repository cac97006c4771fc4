/**
 * Accounts and their passwords' hashes; the only writer of `accounts` and `credentials`. An address is sealed, and
 * found through an index that tells nothing of it. It must never hand out a hash together with an account.
 */
import { Account } from '../../shared/api.ts';
import type { MemberLevel, Role } from '../../shared/api-words.ts';
import type { Queryable } from '../database/database.ts';
import { isSealed } from '../protection/key-ring.ts';
import { reseal, type SealedColumn } from '../protection/resealing.ts';
import { hashPassword } from './passwords.ts';

export interface NewAccount {
  readonly id: string;
  readonly name: string;
  /** Kept in lower case: `A@x.example` and `a@x.example` are the same address here. */
  readonly email: string;
  readonly role: Role;
  readonly memberLevel: MemberLevel;
  /** IANA name; anything else is a RangeError. */
  readonly timeZone: string;
  readonly password: string;
}

export interface AccountColumns {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: string;
  readonly member_level: string;
  readonly time_zone: string;
}

export const accountColumns = 'a.id, a.name, a.email, a.role, a.member_level, a.time_zone';

export function normalEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** Any constant: accounts are made one at a time, so that no address gets two. */
const newAccountLockKey = 7_241_003;
const emailIndexed = 'accounts.email';

/** What a sealed address is of. */
function emailOf(accountId: string): string {
  return `accounts.email ${accountId}`;
}

/** By which an account of this address is found, whichever key it was sealed with. */
export function emailIndexes(db: Pick<Queryable, 'keys'>, email: string): string[] {
  return db.keys.indexes(normalEmail(email), emailIndexed);
}

const sealedEmails: SealedColumn = {
  table: 'accounts',
  column: 'email',
  name: 'id::text',
  about: emailOf,
  index: { column: 'email_index', about: emailIndexed },
};

/** Seals addresses under the newest key; also those of accounts from before addresses were sealed. */
export function resealEmails(db: Queryable): Promise<number> {
  return reseal(db, sealedEmails);
}

/** Adds an account with its password, or changes nothing and says false when the address has an account. */
export async function createAccount(tx: Queryable, account: NewAccount, nowMs: number): Promise<boolean> {
  // Throws for an unknown zone: a wrong one would cut days at the wrong hour for ever.
  Intl.DateTimeFormat('en', { timeZone: account.timeZone });
  const email = normalEmail(account.email);
  const id = account.id.toLowerCase();
  // While keys change, the same address has an index under each: the constraint alone would let it in twice.
  await tx.query('SELECT pg_advisory_xact_lock($1)', [newAccountLockKey]);
  const [taken] = await tx.query('SELECT 1 FROM accounts WHERE email_index = ANY ($1::text[])', [
    emailIndexes(tx, email),
  ]);
  if (taken !== undefined) return false;
  const added = await tx.query(
    `INSERT INTO accounts (id, name, email, email_index, role, member_level, time_zone, created_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (email_index) DO NOTHING RETURNING id`,
    [
      id,
      account.name,
      tx.keys.seal(email, emailOf(id)),
      tx.keys.index(email, emailIndexed),
      account.role,
      account.memberLevel,
      account.timeZone,
      nowMs,
    ],
  );
  if (added.length === 0) return false;
  await tx.query('INSERT INTO credentials (account_id, password_hash, changed_at_ms) VALUES ($1, $2, $3)', [
    account.id,
    await hashPassword(account.password),
    nowMs,
  ]);
  return true;
}

/** The account behind an address and its hash, for sign-in alone; null when there is none. */
export async function findForSignIn(
  db: Queryable,
  email: string,
): Promise<{ readonly account: Account; readonly passwordHash: string } | null> {
  const [row] = await db.query<AccountColumns & { readonly password_hash: string }>(
    `SELECT ${accountColumns}, c.password_hash
     FROM accounts a JOIN credentials c ON c.account_id = a.id WHERE a.email_index = ANY ($1::text[])`,
    [emailIndexes(db, email)],
  );
  return row === undefined ? null : { account: accountOf(db, row), passwordHash: row.password_hash };
}

export async function findAccount(db: Queryable, accountId: string): Promise<Account | null> {
  const [row] = await db.query<AccountColumns>(`SELECT ${accountColumns} FROM accounts a WHERE a.id = $1`, [
    accountId,
  ]);
  return row === undefined ? null : accountOf(db, row);
}

/** Freezing refuses new money work, never reading. Whether it was frozen before; null: there is no such account. */
export async function setFrozen(tx: Queryable, accountId: string, frozen: boolean): Promise<boolean | null> {
  const [before] = await tx.query<{ frozen: boolean }>(
    'SELECT frozen FROM accounts WHERE id = $1 FOR NO KEY UPDATE',
    [accountId],
  );
  if (before === undefined) return null;
  await tx.query('UPDATE accounts SET frozen = $2 WHERE id = $1', [accountId, frozen]);
  return before.frozen;
}

/** From now on it alone signs in; the account must have had one. */
export async function setPassword(
  tx: Queryable,
  accountId: string,
  password: string,
  nowMs: number,
): Promise<void> {
  const changed = await tx.query(
    'UPDATE credentials SET password_hash = $2, changed_at_ms = $3 WHERE account_id = $1 RETURNING 1',
    [accountId, await hashPassword(password), nowMs],
  );
  if (changed.length !== 1) throw new Error(`account ${accountId} has no password to change`);
}

/** What discounts the account has from now on; a sign-in that is known may take seconds to hear of it. */
export async function setMemberLevel(tx: Queryable, accountId: string, level: MemberLevel): Promise<void> {
  await tx.query('UPDATE accounts SET member_level = $2 WHERE id = $1', [accountId, level]);
}

export function accountOf(db: Pick<Queryable, 'keys'>, row: AccountColumns): Account {
  return Account.parse({
    id: row.id,
    name: row.name,
    email: isSealed(row.email) ? db.keys.open(row.email, emailOf(row.id)) : row.email,
    role: row.role,
    memberLevel: row.member_level,
    timeZone: row.time_zone,
    currency: 'CNY',
  });
}

/**
 * Holds up an erasure of the account until the caller's transaction is over, so that nothing personal is added after it.
 * False where it is erased already, or there is none.
 */
export async function holdPerson(tx: Queryable, accountId: string): Promise<boolean> {
  const [person] = await tx.query('SELECT 1 FROM accounts WHERE id = $1 AND erased_at_ms IS NULL FOR SHARE', [
    accountId,
  ]);
  return person !== undefined;
}

/**
 * Forgets who the account is of: its name, its address and its password. The account itself stays, for the ledger is
 * its. False when there is none.
 */
export async function erasePerson(tx: Queryable, accountId: string, nowMs: number): Promise<boolean> {
  const erased = await tx.query(
    `UPDATE accounts SET name = $2, email = '', email_index = NULL, erased_at_ms = coalesce(erased_at_ms, $3)
     WHERE id = $1 RETURNING 1`,
    [accountId, erasedName, nowMs],
  );
  await tx.query('DELETE FROM credentials WHERE account_id = $1', [accountId]);
  return erased.length === 1;
}

/** In place of a name; names of people have letters. */
const erasedName = '—';
