/**
 * The table `memberships`, of which this is the only writer: each account's, with the plan as it was bought. It decides
 * nothing of what a membership brings or costs, and is written under the account's lock.
 */
import { Plan } from '../../shared/api-selling.ts';
import type { Queryable } from '../database/database.ts';

/** Instants are milliseconds since 1970. */
export interface MembershipRow {
  readonly id: string;
  state: 'active' | 'ended';
  plan: Plan;
  readonly beginsAtMs: number;
  months: number;
  endsAtMs: number;
  monthsGranted: number;
  dueAtMs: number | null;
}

export interface Stored {
  readonly id: string;
  readonly state: MembershipRow['state'];
  readonly plan: unknown;
  readonly begins_at_ms: bigint;
  readonly months: number;
  readonly ends_at_ms: bigint;
  readonly months_granted: number;
  readonly due_at_ms: bigint | null;
}

export function rowOf(stored: Stored): MembershipRow {
  return {
    id: stored.id,
    state: stored.state,
    plan: Plan.parse(stored.plan),
    beginsAtMs: Number(stored.begins_at_ms),
    months: stored.months,
    endsAtMs: Number(stored.ends_at_ms),
    monthsGranted: stored.months_granted,
    dueAtMs: stored.due_at_ms === null ? null : Number(stored.due_at_ms),
  };
}

export const columns = 'id, state, plan, begins_at_ms, months, ends_at_ms, months_granted, due_at_ms';

export async function readActive(db: Queryable, accountId: string): Promise<MembershipRow | null> {
  const [stored] = await db.query<Stored>(
    `SELECT ${columns} FROM memberships WHERE account_id = $1 AND state = 'active'`,
    [accountId],
  );
  return stored === undefined ? null : rowOf(stored);
}

export async function readLast(db: Queryable, accountId: string): Promise<MembershipRow | null> {
  const [stored] = await db.query<Stored>(
    `SELECT ${columns} FROM memberships WHERE account_id = $1 ORDER BY begins_at_ms DESC, id DESC LIMIT 1`,
    [accountId],
  );
  return stored === undefined ? null : rowOf(stored);
}

export interface Due {
  readonly accountId: string;
  readonly dueAtMs: number;
  readonly plan: Plan;
}

/** At most `limit` that are due by `nowMs`, after the last that was looked at; the longest due first. */
export async function readDue(
  db: Queryable,
  nowMs: number,
  after: { readonly dueAtMs: number; readonly accountId: string },
  limit: number,
): Promise<Due[]> {
  const rows = await db.query<{ account_id: string; due_at_ms: bigint; plan: unknown }>(
    `SELECT account_id, due_at_ms, plan FROM memberships
     WHERE due_at_ms IS NOT NULL AND due_at_ms <= $1 AND (due_at_ms, account_id) > ($2, $3)
     ORDER BY due_at_ms, account_id LIMIT $4`,
    [nowMs, after.dueAtMs, after.accountId, limit],
  );
  return rows.map((row) => ({
    accountId: row.account_id,
    dueAtMs: Number(row.due_at_ms),
    plan: Plan.parse(row.plan),
  }));
}

/** Those of them that no other process has seen to yet: a look is cheaper than the accounts' locks. */
export async function stillDue(db: Queryable, due: readonly Due[], nowMs: number): Promise<readonly Due[]> {
  const rows = await db.query<{ account_id: string }>(
    'SELECT account_id FROM memberships WHERE account_id = ANY($1::uuid[]) AND due_at_ms <= $2',
    [due.map(({ accountId }) => accountId), nowMs],
  );
  const left = new Set(rows.map((row) => row.account_id));
  return due.filter(({ accountId }) => left.has(accountId));
}

export async function addRow(tx: Queryable, accountId: string, row: MembershipRow): Promise<void> {
  await tx.query(
    `INSERT INTO memberships (account_id, ${columns}) VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8, $9)`,
    [accountId, row.id, row.state, JSON.stringify(row.plan), ...numbersOf(row)],
  );
}

export async function writeRow(tx: Queryable, accountId: string, row: MembershipRow): Promise<void> {
  await tx.query(
    `UPDATE memberships SET state = $3, plan = $4::jsonb, begins_at_ms = $5, months = $6, ends_at_ms = $7,
       months_granted = $8, due_at_ms = $9
     WHERE account_id = $1 AND id = $2`,
    [accountId, row.id, row.state, JSON.stringify(row.plan), ...numbersOf(row)],
  );
}

function numbersOf(row: MembershipRow): (number | null)[] {
  return [row.beginsAtMs, row.months, row.endsAtMs, row.monthsGranted, row.dueAtMs];
}
