/**
 * Everything that is held about an account, wherever it is kept, and forgetting whose it is: the ledger stays as it is
 * and verifies, for it names the account by its id alone. It must never hand out the hash of a password.
 */
import type { PersonalData } from '../shared/api-personal.ts';
import { auditPageMax } from '../shared/api-audit.ts';
import { personalRowsMax } from '../shared/api-personal.ts';
import { eraseOrigins, readEntries } from './audit/audit-log.ts';
import type { Database, Queryable } from './database/database.ts';
import { erasePerson, findAccount } from './identity/accounts.ts';
import { eraseAlertSettings } from './identity/alert-settings.ts';
import { eraseDevices } from './identity/sign-ins.ts';
import { eraseNotices } from './notices/notice-queue.ts';
import { openedAddress } from './protection/alert-address.ts';

/** What an account has that says nothing of a person: hashes, and seals of rows. */
const leftOut = new Set(['credentials']);

/** Null when there is no such account. As of one moment. */
export function readPersonalData(
  database: Database,
  accountId: string,
  nowMs: number,
): Promise<PersonalData | null> {
  return database.transaction(async (tx) => {
    await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    const account = await findAccount(tx, accountId);
    if (account === null) return null;
    const tables: PersonalData['tables'] = { accounts: [{ ...account }] };
    const cutShort: string[] = [];
    for (const [table, whose] of await tablesOfAccounts(tx)) {
      const rows = await rowsOf(tx, { table, whose }, accountId);
      if (rows.length > personalRowsMax) cutShort.push(table);
      if (rows.length > 0) tables[table] = rows.slice(0, personalRowsMax);
    }
    const audit = await auditOf(tx, accountId);
    if (audit.length > personalRowsMax) cutShort.push('audit');
    const takenAt = new Date(nowMs).toISOString();
    return { accountId, takenAt, tables, cutShort, audit: audit.slice(0, personalRowsMax) };
  });
}

/** Tables whose rows are of an account, but not by a column `account_id`, and by what they are found. */
const otherwise: Readonly<Record<string, string>> = {
  approvals: '$1::uuid IN (about_id, asked_by, decided_by)',
  findings: "what ->> 'accountId' = ($1::uuid)::text",
};

/** Each with the condition by which its rows are the account's. */
async function tablesOfAccounts(tx: Queryable): Promise<[table: string, whose: string][]> {
  const tables = await tx.query<{ name: string }>(
    `SELECT table_name::text AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name = 'account_id' ORDER BY table_name`,
  );
  const byColumn = tables.map(({ name }) => name).filter((name) => !leftOut.has(name));
  return [
    ...byColumn.map((name): [string, string] => [name, 'account_id = $1']),
    ...Object.entries(otherwise),
  ];
}

async function rowsOf(
  tx: Queryable,
  { table, whose }: { readonly table: string; readonly whose: string },
  accountId: string,
): Promise<Record<string, unknown>[]> {
  // Numbers as text: they are larger than what a reader of JSON keeps.
  const rows = await tx.query<{ row: Record<string, unknown> }>(
    `SELECT (
       SELECT jsonb_object_agg(key, CASE jsonb_typeof(value) WHEN 'number' THEN to_jsonb(value #>> '{}') ELSE value END)
       FROM jsonb_each(to_jsonb(t) - 'seal')
     ) AS row FROM ${table} t WHERE ${whose} LIMIT $2`,
    [accountId, personalRowsMax + 1],
  );
  return rows.map(({ row }) => {
    const { address } = row;
    return typeof address === 'string' ? { ...row, address: openedAddress(tx, accountId, address) } : row;
  });
}

/** Acts of the account and about it, each once, newest first: one more than may be told where there are more. */
async function auditOf(tx: Queryable, accountId: string): Promise<Record<string, unknown>[]> {
  const found = new Map<number, Record<string, unknown>>();
  for (const whose of [{ actorId: accountId }, { aboutId: accountId }]) {
    let cursor: string | undefined;
    let count = 0;
    do {
      const page = await readEntries(tx, {
        ...whose,
        ...(cursor === undefined ? {} : { cursor }),
        limit: auditPageMax,
      });
      if ('refused' in page) throw new Error('a cursor of the list is not one of it');
      for (const { seq, at, action, outcome, from } of page.items)
        found.set(seq, { seq, at, action, outcome, from });
      count += page.items.length;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined && count <= personalRowsMax);
  }
  return [...found.entries()].toSorted(([one], [other]) => other - one).map(([, entry]) => entry);
}

/** Forgets whose account it is, in the caller's transaction. Safe to repeat. How many origins went; null: no account. */
export async function erasePersonalData(
  tx: Queryable,
  accountId: string,
  nowMs: number,
): Promise<number | null> {
  if (!(await erasePerson(tx, accountId, nowMs))) return null;
  await eraseDevices(tx, accountId, nowMs);
  await eraseAlertSettings(tx, accountId);
  await eraseNotices(tx, accountId);
  return eraseOrigins(tx, accountId);
}
