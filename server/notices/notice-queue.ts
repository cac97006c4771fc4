/**
 * The mails that wait to be sent; what moves them on. Several processes may take from it: each mail is one's for as
 * long as its lease lasts. It must never hold a transaction open while a mail is on its way.
 */
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { Alert } from '../../shared/api.ts';
import type { Queryable } from '../database/database.ts';
import { alertAddressOf, openedAddress } from '../protection/alert-address.ts';
import { reseal } from '../protection/resealing.ts';
import type { AccountNames, Recipient } from './mail-text.ts';
import { ToldFindings } from './told-findings.ts';

const Told = z.discriminatedUnion('kind', [Alert, ToldFindings]);
type Told = z.infer<typeof Told>;

export interface Notice extends Recipient {
  readonly accountId: string;
  readonly id: string;
  readonly address: string;
  readonly told: Told;
  /** Of the accounts that it tells of. */
  readonly accountNames: AccountNames;
  /** Counts from 1: this one too. */
  readonly attempt: number;
  readonly createdAtMs: number;
}

interface Row {
  readonly account_id: string;
  readonly id: string;
  readonly address: string;
  readonly body: unknown;
  readonly attempts: number;
  readonly created_at_ms: bigint;
  readonly name: string;
  readonly time_zone: string;
}

/** Takes at most `limit` mails that are due; nobody else gets them before `leaseMs` have passed. */
export async function takeNotices(
  db: Queryable,
  { nowMs, leaseMs, limit }: { readonly nowMs: number; readonly leaseMs: number; readonly limit: number },
): Promise<Notice[]> {
  const rows = await db.query<Row>(
    `WITH due AS (
       SELECT account_id, id FROM notices WHERE state = 'waiting' AND attempt_at_ms <= $1
       ORDER BY attempt_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED
     ), taken AS (
       UPDATE notices n SET attempts = n.attempts + 1, attempt_at_ms = $3
       FROM due WHERE n.account_id = due.account_id AND n.id = due.id
       RETURNING n.account_id, n.id, n.address, n.body, n.attempts, n.created_at_ms
     )
     SELECT taken.*, a.name, a.time_zone FROM taken JOIN accounts a ON a.id = taken.account_id`,
    [nowMs, limit, nowMs + leaseMs],
  );
  const told = rows.map(({ body }) => Told.parse(body));
  const accountNames = await namesOf(db, told.flatMap(accountsIn));
  return rows.map((row, index) => ({
    accountId: row.account_id,
    id: row.id,
    address: openedAddress(db, row.account_id, row.address),
    told: told[index] ?? Told.parse(row.body),
    accountNames,
    attempt: row.attempts,
    createdAtMs: Number(row.created_at_ms),
    name: row.name,
    timeZone: row.time_zone,
  }));
}

/** Adds a mail about findings for each of `to`, to be sent once this is committed. Addresses are sealed. */
export async function addFindingNotices(
  tx: Queryable,
  to: readonly { readonly accountId: string; readonly address: string }[],
  told: ToldFindings,
  nowMs: number,
): Promise<void> {
  await tx.query(
    `INSERT INTO notices (account_id, id, address, body, created_at_ms, attempt_at_ms)
     SELECT r.account_id, r.id, r.address, $2::jsonb, $3, $3
     FROM jsonb_to_recordset($1::jsonb) AS r (account_id uuid, id uuid, address text)`,
    [
      JSON.stringify(to.map(({ accountId, address }) => ({ account_id: accountId, id: uuidv7(), address }))),
      JSON.stringify(told),
      nowMs,
    ],
  );
}

function accountsIn(told: Told): string[] {
  if (told.kind !== 'findings') return [];
  return told.findings.flatMap((one) =>
    one.kind === 'unusual' && one.accountId !== undefined ? [one.accountId] : [],
  );
}

async function namesOf(db: Queryable, ids: readonly string[]): Promise<AccountNames> {
  if (ids.length === 0) return new Map();
  const rows = await db.query<{ id: string; name: string }>(
    'SELECT id, name FROM accounts WHERE id = ANY ($1::uuid[])',
    [ids],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

export async function endNotice(
  db: Queryable,
  { accountId, id }: Notice,
  state: 'sent' | 'given_up',
  nowMs: number,
): Promise<void> {
  await db.query(
    `UPDATE notices SET state = $3, ended_at_ms = $4 WHERE account_id = $1 AND id = $2 AND state = 'waiting'`,
    [accountId, id, state, nowMs],
  );
}

export async function postponeNotice(
  db: Queryable,
  { accountId, id }: Notice,
  attemptAtMs: number,
): Promise<void> {
  await db.query(
    `UPDATE notices SET attempt_at_ms = $3 WHERE account_id = $1 AND id = $2 AND state = 'waiting'`,
    [accountId, id, attemptAtMs],
  );
}

/** Seals addresses under the newest key; also those from before they were sealed. */
export function resealNotices(db: Queryable): Promise<number> {
  return reseal(db, {
    table: 'notices',
    column: 'address',
    // The text that names the row begins with what its address is of.
    name: "account_id::text || ' ' || id::text",
    about: (name) => alertAddressOf(name.slice(0, name.indexOf(' '))),
  });
}

/** Forgets where an account's mails went, and those that wait. */
export async function eraseNotices(tx: Queryable, accountId: string): Promise<void> {
  await tx.query('DELETE FROM notices WHERE account_id = $1', [accountId]);
}
