/**
 * Accounts and their passwords' hashes; the only writer of `accounts` and `credentials`. It must never hand out a
 * hash together with an account.
 */
import { Account, type MemberLevel, type Role } from '../../shared/api.ts';
import type { Queryable } from '../database/database.ts';
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

interface AccountRow {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: string;
  readonly member_level: string;
  readonly time_zone: string;
}

const accountColumns = 'a.id, a.name, a.email, a.role, a.member_level, a.time_zone';

export function normalEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** Adds an account with its password, or changes nothing and says false when the address has an account. */
export async function createAccount(tx: Queryable, account: NewAccount, nowMs: number): Promise<boolean> {
  // Throws for an unknown zone: a wrong one would cut days at the wrong hour for ever.
  Intl.DateTimeFormat('en', { timeZone: account.timeZone });
  const email = normalEmail(account.email);
  const added = await tx.query(
    `INSERT INTO accounts (id, name, email, role, member_level, time_zone, created_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (email) DO NOTHING RETURNING id`,
    [account.id, account.name, email, account.role, account.memberLevel, account.timeZone, nowMs],
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
  const [row] = await db.query<AccountRow & { readonly password_hash: string }>(
    `SELECT ${accountColumns}, c.password_hash
     FROM accounts a JOIN credentials c ON c.account_id = a.id WHERE a.email = $1`,
    [normalEmail(email)],
  );
  return row === undefined ? null : { account: accountOf(row), passwordHash: row.password_hash };
}

export async function findAccount(db: Queryable, accountId: string): Promise<Account | null> {
  const [row] = await db.query<AccountRow>(`SELECT ${accountColumns} FROM accounts a WHERE a.id = $1`, [
    accountId,
  ]);
  return row === undefined ? null : accountOf(row);
}

/** Freezing refuses new money work, never reading. The account of this address, or null when there is none. */
export async function setFrozen(db: Queryable, email: string, frozen: boolean): Promise<Account | null> {
  const [row] = await db.query<AccountRow>(
    `UPDATE accounts a SET frozen = $2 WHERE a.email = $1 RETURNING ${accountColumns}`,
    [normalEmail(email), frozen],
  );
  return row === undefined ? null : accountOf(row);
}

/** What discounts the account has from now on; a sign-in that is known may take seconds to hear of it. */
export async function setMemberLevel(tx: Queryable, accountId: string, level: MemberLevel): Promise<void> {
  await tx.query('UPDATE accounts SET member_level = $2 WHERE id = $1', [accountId, level]);
}

function accountOf(row: AccountRow): Account {
  return Account.parse({
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    memberLevel: row.member_level,
    timeZone: row.time_zone,
    currency: 'CNY',
  });
}
