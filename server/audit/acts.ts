/**
 * Binds an act to its entry in the audit log: while an act is under way, each transaction in which it changes
 * something ends with the entry that tells of it, so that there is no act without its entry and no entry without its
 * act. What the act says of itself it tells here; it must never tell a password, a token or a key.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditOrigin, AuditOutcome } from '../../shared/api-audit.ts';
import type { Database, Queryable } from '../database/database.ts';
import { appendEntry, type NewAuditEntry } from './audit-log.ts';

export interface Actor {
  readonly accountId?: string;
  readonly role?: string;
  readonly signInId?: string;
}

export interface ActGiven {
  readonly action: string;
  readonly traceId: string;
  readonly by: Actor;
  readonly from: AuditOrigin;
  readonly aboutId?: string;
  readonly subject?: string;
  readonly reason?: string;
  /** What was asked for, as it came. */
  readonly asked?: unknown;
  /** What became of it, from what its transaction came to; null: nothing that is worth an entry. */
  readonly outcome?: (result: unknown) => Told | null;
}

export interface Told {
  readonly outcome: AuditOutcome;
  readonly code?: string;
  readonly after?: unknown;
}

interface Act extends ActGiven {
  /** What it was like before, as far as somebody told. */
  before: unknown;
  aboutTold: string | undefined;
  over: boolean;
}

const underWay = new AsyncLocalStorage<Act>();

/** Does an act: every transaction on an audited database that `work` changes something in gets its entry. */
export async function inAct<T>(given: ActGiven, work: () => Promise<T> | T): Promise<T> {
  const act: Act = { ...given, before: undefined, aboutTold: undefined, over: false };
  try {
    return await underWay.run(act, async () => work());
  } finally {
    // What goes on after the answer was given is not this act any more.
    act.over = true;
  }
}

/** What the act is about to change, as it stands. Without an act under way nobody listens. */
export function tellBefore(before: unknown): void {
  const act = underWay.getStore();
  if (act !== undefined) act.before = before;
}

/** Whose account it is, where what was asked for does not say. */
export function tellAbout(accountId: string): void {
  const act = underWay.getStore();
  if (act !== undefined) act.aboutTold = accountId;
}

/** The same database, whose transactions end with the entry of the act that is under way. */
export function audited(database: Database, clock: () => number): Database {
  const transaction = <T>(work: (tx: Queryable) => Promise<T>): Promise<T> => {
    const act = underWay.getStore();
    if (act === undefined || act.over) return database.transaction(work);
    return database.transaction(async (tx) => {
      const result = await work(tx);
      const entry = entryOf(act, result);
      if (entry !== null && (await hasWritten(tx))) await appendEntry(tx, entry, clock());
      return result;
    });
  };
  return {
    ...database,
    transaction,
    // A statement that writes by itself is a transaction too.
    query: <Row>(sql: string, params?: readonly unknown[]) =>
      writes.test(sql) && !changesNothing.test(sql)
        ? transaction((tx) => tx.query<Row>(sql, params))
        : database.query<Row>(sql, params),
  };
}

const writes = /\b(?:INSERT INTO|UPDATE|DELETE FROM)\s/;
/** An account's first row in the ledger is there before anything was posted. */
const changesNothing = /INSERT INTO ledger_heads/;

/** PostgreSQL gives a transaction its number when it first locks or writes a row. */
async function hasWritten(tx: Queryable): Promise<boolean> {
  const [row] = await tx.query<{ wrote: boolean }>(
    'SELECT pg_current_xact_id_if_assigned() IS NOT NULL AS wrote',
  );
  return row?.wrote === true;
}

/** An entry of its own for an act that came to nothing but is worth one, such as a wrong password. */
export async function tellRefusal(
  database: Database,
  act: ActGiven,
  code: string,
  nowMs: number,
): Promise<void> {
  const entry = entryOfItself(act, { outcome: 'refused', code });
  await database.transaction((tx) => appendEntry(tx, entry, nowMs));
}

function entryOfItself(act: ActGiven, told: Told): NewAuditEntry {
  const { action, traceId, by, from, aboutId, subject, reason } = act;
  const asked = apart(act.asked, 'asked');
  const after = apart(told.after, 'after');
  const personal = { ...asked.personal, ...after.personal };
  return {
    action,
    traceId,
    outcome: told.outcome,
    ...(told.code === undefined ? {} : { code: told.code }),
    ...(by.accountId === undefined ? {} : { actorId: by.accountId }),
    ...(by.role === undefined ? {} : { role: by.role }),
    ...(by.signInId === undefined ? {} : { signInId: by.signInId }),
    ...(aboutId === undefined ? {} : { aboutId }),
    ...(subject === undefined ? {} : { subject }),
    ...(reason === undefined ? {} : { reason }),
    ...(asked.kept === undefined ? {} : { asked: asked.kept }),
    ...(after.kept === undefined ? {} : { after: after.kept }),
    from: Object.keys(personal).length === 0 ? from : { ...from, personal },
  };
}

function entryOf(act: Act, result: unknown): NewAuditEntry | null {
  const told = (act.outcome ?? toldOf)(result);
  if (told === null) return null;
  const entry = entryOfItself(act, told);
  const before = apart(act.before, 'before');
  const personal = { ...entry.from.personal, ...before.personal };
  return {
    ...entry,
    ...(act.aboutTold === undefined ? {} : { aboutId: act.aboutTold }),
    ...(before.kept === undefined || told.outcome === 'refused' ? {} : { before: before.kept }),
    from: Object.keys(personal).length === 0 ? entry.from : { ...entry.from, personal },
  };
}

/** A refusal, an answer that was given before, one that waits, or what was done. */
function toldOf(result: unknown): Told {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return { outcome: 'done' };
  if ('refused' in result) {
    const { code } = result.refused as { code: string };
    return { outcome: 'refused', code };
  }
  const { replayed, ...rest } = result as Record<string, unknown>;
  const [only, ...others] = Object.values(rest);
  const after = others.length === 0 && typeof only === 'object' ? only : rest;
  if (replayed === true) return { outcome: 'replayed', after };
  const waits = typeof after === 'object' && after !== null && 'state' in after && after.state === 'waiting';
  return { outcome: waits ? 'waiting' : 'done', after };
}

/** Names whose values never stand in the log. */
const secret = /password|secret|^accessToken$|^refreshToken$|^apiKey$|^privateKey$/i;
/** Names whose values are somebody's: they are kept beside the chain. */
const personalNames = new Set(['email', 'address', 'phone']);
const depthMax = 12;

interface Apart {
  readonly kept: unknown;
  readonly personal: Readonly<Record<string, string>>;
}

/** Takes what is personal out of a value, and leaves out what is secret; what JSON cannot say becomes text. */
function apart(value: unknown, path: string, depth = 0): Apart {
  if (typeof value === 'bigint') return { kept: String(value), personal: {} };
  if (typeof value !== 'object' || value === null) return { kept: value, personal: {} };
  if (depth >= depthMax) return { kept: '…', personal: {} };
  const personal: Record<string, string> = {};
  const of = (part: unknown, name: string): unknown => {
    if (secret.test(name)) return '•••';
    const place = `${path}.${name}`;
    if (typeof part === 'string' && personalNames.has(name)) {
      personal[place] = part;
      return '…';
    }
    const inner = apart(part, place, depth + 1);
    Object.assign(personal, inner.personal);
    return inner.kept;
  };
  const kept = Array.isArray(value)
    ? value.map((part: unknown, index) => of(part, String(index)))
    : Object.fromEntries(Object.entries(value).map(([name, part]) => [name, of(part, name)]));
  return { kept, personal };
}
