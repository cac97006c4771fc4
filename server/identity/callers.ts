/**
 * Who a sign-in belongs to and what they may do, read from the database and kept for a few seconds so that a
 * stream of charges does not ask again for each. A change of role, or a sign-out on another server process, counts
 * after `callerAgeMsMax` at the latest; on this process a sign-out counts at once.
 */
import { MemberLevel, Role } from '../../shared/api-words.ts';
import type { Queryable } from '../database/database.ts';

export interface Caller {
  readonly signInId: string;
  readonly accountId: string;
  readonly role: Role;
  readonly memberLevel: MemberLevel;
}

export interface Callers {
  /** Null when the sign-in has ended or never was. */
  find(signInId: string): Promise<Caller | null>;
  forget(signInId: string): void;
}

/** Milliseconds for which a caller is believed without asking again. */
export const callerAgeMsMax = 5_000;
/** Callers kept at once; the oldest is dropped beyond it. */
const callersMax = 10_000;

interface Entry {
  readonly caller: Promise<Caller | null>;
  readonly readAtMs: number;
}

export function createCallers(database: Queryable, clock: () => number): Callers {
  const entries = new Map<string, Entry>();
  const find = (signInId: string): Promise<Caller | null> => {
    const known = entries.get(signInId);
    if (known !== undefined && clock() - known.readAtMs < callerAgeMsMax) return known.caller;
    const caller = readCaller(database, signInId);
    entries.delete(signInId);
    entries.set(signInId, { caller, readAtMs: clock() });
    // A failed read is not an answer: the next request asks again. The failure itself reaches whoever awaits.
    caller.catch(() => entries.delete(signInId));
    const oldest = entries.keys().next();
    if (entries.size > callersMax && !oldest.done) entries.delete(oldest.value);
    return caller;
  };
  return { find, forget: (signInId) => void entries.delete(signInId) };
}

async function readCaller(db: Queryable, signInId: string): Promise<Caller | null> {
  const [row] = await db.query<{ account_id: string; role: string; member_level: string }>(
    `SELECT s.account_id, a.role, a.member_level
     FROM sign_ins s JOIN accounts a ON a.id = s.account_id WHERE s.id = $1 AND s.ended_at_ms IS NULL`,
    [signInId],
  );
  if (row === undefined) return null;
  return {
    signInId,
    accountId: row.account_id,
    role: Role.parse(row.role),
    memberLevel: MemberLevel.parse(row.member_level),
  };
}
