/**
 * Binds an act to its entry in the audit log: while an act is under way, each transaction in which it changes
 * something ends with the entry that tells of it, so that there is no act without its entry and no entry without its
 * act. What the act says of itself it tells here; it must never tell a password, a token or a key.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditOrigin, AuditOutcome } from '../../shared/api-audit.ts';
import type { Database, Queryable } from '../database/database.ts';
import { appendEntry, sha256, type NewAuditEntry } from './audit-log.ts';

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
  /** Names in it whose values are somebody's, beside those that always are. */
  readonly personal?: readonly string[];
  /** What became of it, from what its transaction came to; null: nothing that is worth an entry. */
  readonly outcome?: (result: unknown) => Told | null;
}

export interface Told {
  /** What it turned out to be, where that has a name of its own. */
  readonly action?: string;
  readonly outcome: AuditOutcome;
  readonly code?: string;
  readonly after?: unknown;
  /** Whose account it was about, where only what came of it says. */
  readonly aboutId?: string;
}

interface Act extends ActGiven {
  /** What it was like before, as far as somebody told. */
  before: unknown;
  aboutTold: string | undefined;
  /** It has an entry. */
  told: boolean;
  over: boolean;
}

const underWay = new AsyncLocalStorage<Act>();

/**
 * Does an act: every transaction on an audited database that `work` changes something in gets its entry. `ifUntold` hears
 * of what came of one that has none.
 */
export async function inAct<T>(
  given: ActGiven,
  work: () => Promise<T> | T,
  ifUntold?: (result: T) => Promise<void> | void,
): Promise<T> {
  const act: Act = { ...given, before: undefined, aboutTold: undefined, told: false, over: false };
  try {
    const result = await underWay.run(act, async () => work());
    if (!act.told) await ifUntold?.(result);
    return result;
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

/**
 * The same database for what is done on the way to an act and is no part of it, such as adding up what came before: it has
 * no entry, whatever comes of the act.
 */
export function besideActs(database: Database): Database {
  return {
    ...database,
    transaction: (work) => besideAct(() => database.transaction(work)),
    query: (sql, params) => besideAct(() => database.query(sql, params)),
  };
}

/** Work that is no part of the act under way: its transactions have no entry of that. */
export function besideAct<T>(work: () => T): T {
  return underWay.exit(work);
}

/** The same database, whose transactions end with the entry of the act that is under way. */
export function audited(database: Database, clock: () => number): Database {
  const transaction = <T>(work: (tx: Queryable) => Promise<T>): Promise<T> => {
    const act = underWay.getStore();
    if (act === undefined || act.over) return database.transaction(work);
    return database.transaction(async (tx) => {
      const result = await work(tx);
      const entry = entryOf(act, result);
      if (entry === null || !(await hasWritten(tx))) return result;
      await appendEntry(tx, entry, clock());
      act.told = true;
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

/** An entry of its own for what changes nothing but is worth one: a wrong password, a look at what is personal. */
export async function tellByItself(
  database: Database,
  act: ActGiven,
  told: Told,
  nowMs: number,
): Promise<void> {
  const entry = entryOfItself(act, told);
  await besideActs(database).transaction((tx) => appendEntry(tx, entry, nowMs));
}

function entryOfItself(act: ActGiven, told: Told): NewAuditEntry {
  const { traceId, by, from, subject, reason } = act;
  const action = told.action ?? act.action;
  const aboutId = told.aboutId ?? act.aboutId;
  const asked = apart(act.asked, 'asked', new Set([...personalNames, ...(act.personal ?? [])]));
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
const personalNames: ReadonlySet<string> = new Set(['email', 'address', 'phone']);
const depthMax = 12;
/** A longer list is told by how many it has and by its hash: such are the lines of bills, which are kept elsewhere. */
const listedMax = 200;

interface Apart {
  readonly kept: unknown;
  readonly personal: Readonly<Record<string, string>>;
}

/** Takes what is personal out of a value, and leaves out what is secret; what JSON cannot say becomes text. */
function apart(value: unknown, path: string, personalOf = personalNames, depth = 0): Apart {
  if (typeof value === 'bigint') return { kept: String(value), personal: {} };
  if (typeof value !== 'object' || value === null) return { kept: value, personal: {} };
  if (depth >= depthMax) return { kept: '…', personal: {} };
  const personal: Record<string, string> = {};
  const of = (part: unknown, name: string): unknown => {
    if (secret.test(name)) return '•••';
    const place = `${path}.${name}`;
    if (typeof part === 'string' && personalOf.has(name)) {
      personal[place] = part;
      return '…';
    }
    const inner = apart(part, place, personalOf, depth + 1);
    Object.assign(personal, inner.personal);
    return inner.kept;
  };
  if (!Array.isArray(value))
    return {
      kept: Object.fromEntries(Object.entries(value).map(([name, part]) => [name, of(part, name)])),
      personal,
    };
  const kept = value.map((part: unknown, index) => of(part, String(index)));
  if (kept.length <= listedMax) return { kept, personal };
  return { kept: { count: kept.length, sha256: sha256(JSON.stringify(kept)) }, personal };
}
