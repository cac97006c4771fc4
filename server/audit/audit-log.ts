/**
 * The audit log: a chain of entries, one for the whole server, each linked to the one before by its hash; the only
 * writer of `audit_heads`, `audit_entries` and `audit_origins`. An entry is never changed. What is personal stands
 * beside the chain, sealed, and the entry commits to it: so it can be erased, and sealed anew, and the chain still
 * verifies. It must never hold a secret.
 */
import { hash, randomBytes } from 'node:crypto';
import type { AuditEntry, AuditQuery, ChainedAuditEntry } from '../../shared/api-audit.ts';
import { AuditOrigin } from '../../shared/api-audit.ts';
import { genesisHash, linkText } from '../../shared/chain.ts';
import type { Database, Queryable } from '../database/database.ts';
import { KeysUnusable } from '../protection/key-ring.ts';
import { refuseField, type Refused } from '../ledger/refusal.ts';
import { reseal } from '../protection/resealing.ts';

export type NewAuditEntry = Omit<ChainedAuditEntry, 'seq' | 'at' | 'origin'> & { readonly from: AuditOrigin };

interface Head {
  readonly last_seq: bigint;
  readonly head: string;
  readonly kept_from: bigint;
  readonly kept_from_hash: string;
}
export interface SealedHead extends Head {
  /** What the others say, as the server sealed it; '' where it never did. */
  readonly sealed: string;
}

/**
 * Appends in the caller's transaction, which is the act's own. To be the last that it does: from here to its end no
 * other process can append.
 */
export async function appendEntry(tx: Queryable, given: NewAuditEntry, nowMs: number): Promise<number> {
  const { from, ...told } = given;
  const head = await lockHead(tx);
  const seq = Number(head.last_seq) + 1;
  const origin = JSON.stringify({
    salt: randomBytes(16).toString('base64url'),
    from: AuditOrigin.parse(from),
  });
  const at = new Date(nowMs).toISOString();
  // What JSON leaves out, the hash must not count.
  const row = JSON.parse(JSON.stringify({ ...told, seq, at, origin: sha256(origin) })) as ChainedAuditEntry;
  const link = linkText(head.head, row);
  const digest = sha256(link);
  const personalAbout = from.personal === undefined ? null : (told.aboutId ?? null);
  await Promise.all([
    tx.query(
      `INSERT INTO audit_entries (seq, at_ms, action, outcome, actor_id, about_id, subject, hash, body)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      [
        seq,
        nowMs,
        row.action,
        row.outcome,
        row.actorId ?? null,
        row.aboutId ?? null,
        row.subject ?? null,
        digest,
        // The canonical text itself, so that nothing has to be brought in order again to verify it.
        link.slice(link.indexOf('\n') + 1),
      ],
    ),
    tx.query('INSERT INTO audit_origins (seq, actor_id, about_id, sealed) VALUES ($1, $2, $3, $4)', [
      seq,
      row.actorId ?? null,
      personalAbout,
      tx.keys.seal(origin, originName(seq)),
    ]),
    moveHead(tx, head, { ...head, last_seq: BigInt(seq), head: digest }),
  ]);
  return seq;
}

export function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}

/** What a sealed origin is of: it opens beside its own entry only. */
export function originName(seq: number): string {
  return `audit_origins ${seq}`;
}

const headColumns = 'last_seq, head, kept_from, kept_from_hash, sealed';

/** Null where nothing was ever written. */
export async function readHead(db: Queryable): Promise<SealedHead | null> {
  const [head] = await db.query<SealedHead>(`SELECT ${headColumns} FROM audit_heads WHERE name = 'server'`);
  return head ?? null;
}

async function lockHead(tx: Queryable): Promise<SealedHead> {
  const read = () =>
    tx.query<SealedHead>(`SELECT ${headColumns} FROM audit_heads WHERE name = 'server' FOR UPDATE`);
  const [known] = await read();
  if (known !== undefined) return known;
  const first = { last_seq: 0n, head: genesisHash, kept_from: 1n, kept_from_hash: genesisHash };
  await tx.query(
    `INSERT INTO audit_heads (name, last_seq, head, kept_from, kept_from_hash, sealed)
     VALUES ('server', 0, $1, 1, $1, $2) ON CONFLICT (name) DO NOTHING`,
    [genesisHash, sealedTextOf(tx, first)],
  );
  const [made] = await read();
  if (made === undefined) throw new Error('the head of the audit log was not made');
  return made;
}

/**
 * Moves the locked head. One that is not as the server sealed it keeps its old seal: sealed anew, whatever was altered
 * below it would count from now on.
 */
async function moveHead(tx: Queryable, from: SealedHead, to: Head): Promise<void> {
  const sealed = isAsSealed(tx, from) ? sealedTextOf(tx, to) : from.sealed;
  await tx.query(
    `UPDATE audit_heads SET last_seq = $1, head = $2, kept_from = $3, kept_from_hash = $4, sealed = $5
     WHERE name = 'server'`,
    [to.last_seq, to.head, to.kept_from, to.kept_from_hash, sealed],
  );
}

const headName = 'audit_heads server';

function headText({
  last_seq: lastSeq,
  head,
  kept_from: keptFrom,
  kept_from_hash: keptFromHash,
}: Head): string {
  return `${lastSeq} ${head} ${keptFrom} ${keptFromHash}`;
}

function sealedTextOf(db: Pick<Queryable, 'keys'>, head: Head): string {
  return db.keys.seal(headText(head), headName);
}

/** Whether the head is the one that the server left: who has no key can make any chain, and not this. */
export function isAsSealed(db: Pick<Queryable, 'keys'>, head: SealedHead): boolean {
  try {
    return db.keys.open(head.sealed, headName) === headText(head);
  } catch (error) {
    if (!(error instanceof KeysUnusable)) throw error;
    return false;
  }
}

/** Seals the head of a log from before heads were sealed. */
export async function sealFirstHead(database: Database): Promise<void> {
  await database.transaction(async (tx) => {
    const [head] = await tx.query<SealedHead>(
      `SELECT ${headColumns} FROM audit_heads WHERE name = 'server' AND sealed = '' FOR UPDATE`,
    );
    if (head === undefined) return;
    await tx.query("UPDATE audit_heads SET sealed = $1 WHERE name = 'server'", [sealedTextOf(tx, head)]);
  });
}

// ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────

interface Row {
  readonly seq: bigint;
  readonly hash: string;
  readonly body: string;
  readonly prev_hash: string | null;
  readonly sealed: string | null;
  readonly actor_name: string | null;
  readonly about_name: string | null;
}

/** Newest first; the cursor is the last entry's number. */
export async function readEntries(
  db: Queryable,
  query: AuditQuery,
): Promise<{ items: AuditEntry[]; nextCursor: string | null } | Refused> {
  const { cursor, limit } = query;
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor))
    return refuseField('cursor', 'not a cursor of this list');
  const rows = await db.query<Row>(
    `SELECT e.seq, e.hash, e.body, o.sealed, actor.name AS actor_name, about.name AS about_name,
       coalesce(p.hash, h.kept_from_hash) AS prev_hash
     FROM audit_entries e
     CROSS JOIN audit_heads h
     LEFT JOIN audit_entries p ON p.seq = e.seq - 1 AND e.seq > h.kept_from
     LEFT JOIN audit_origins o ON o.seq = e.seq
     LEFT JOIN accounts actor ON actor.id = e.actor_id
     LEFT JOIN accounts about ON about.id = e.about_id
     WHERE e.seq < $1 AND ($2::uuid IS NULL OR e.actor_id = $2) AND ($3::uuid IS NULL OR e.about_id = $3)
       AND ($4::text IS NULL OR e.action = $4) AND ($5::text IS NULL OR e.outcome = $5)
       AND ($6::text IS NULL OR e.subject = $6)
       AND ($7::bigint IS NULL OR e.at_ms >= $7) AND ($8::bigint IS NULL OR e.at_ms < $8)
       AND ($9::text IS NULL OR position(lower($9) IN lower(e.body)) > 0)
     ORDER BY e.seq DESC LIMIT $10`,
    [
      cursor ?? Number.MAX_SAFE_INTEGER,
      query.actorId ?? null,
      query.aboutId ?? null,
      query.action ?? null,
      query.outcome ?? null,
      query.subject ?? null,
      query.fromInclusive === undefined ? null : Date.parse(query.fromInclusive),
      query.toExclusive === undefined ? null : Date.parse(query.toExclusive),
      query.text ?? null,
      limit + 1,
    ],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? String(last.seq) : null;
  return { items: page.map((row) => entryOf(db, row)), nextCursor };
}

function entryOf(db: Queryable, row: Row): AuditEntry {
  return {
    ...(JSON.parse(row.body) as ChainedAuditEntry),
    prevHash: row.prev_hash ?? genesisHash,
    hash: row.hash,
    from: row.sealed === null ? null : openedOrigin(db, Number(row.seq), row.sealed).from,
    ...(row.actor_name === null ? {} : { actorName: row.actor_name }),
    ...(row.about_name === null ? {} : { aboutName: row.about_name }),
  };
}

/** Throws KeysUnusable where it was altered. `text` is what the entry commits to. */
export function openedOrigin(
  db: Queryable,
  seq: number,
  sealed: string,
): { readonly text: string; readonly from: AuditOrigin } {
  const text = db.keys.open(sealed, originName(seq));
  const { from } = JSON.parse(text) as { from: unknown };
  return { text, from: AuditOrigin.parse(from) };
}

// ── Forgetting ──────────────────────────────────────────────────────────────────────────────────────────────

/** Seals the head and the origins under the newest key; the entries commit to what is sealed, not to how. */
export async function resealAudit(db: Queryable): Promise<number> {
  const heads = await reseal(db, {
    table: 'audit_heads',
    column: 'sealed',
    name: 'name',
    about: () => headName,
  });
  const origins = await reseal(db, {
    table: 'audit_origins',
    column: 'sealed',
    name: 'seq::text',
    about: (seq) => originName(Number(seq)),
  });
  return heads + origins;
}

/** Erases what is personal to an account in the log: the entries stay, and say of it what the chain says. */
export async function eraseOrigins(tx: Queryable, accountId: string): Promise<number> {
  const erased = await tx.query(
    'DELETE FROM audit_origins WHERE actor_id = $1 OR about_id = $1 RETURNING 1',
    [accountId],
  );
  return erased.length;
}

/** Entries forgotten in one go: a transaction that holds up every act of the server has to be short. */
export const forgottenTogetherMax = 1_000;

/** What was forgotten: how many, up to which. */
export interface Forgotten {
  readonly entries: number;
  readonly lastSeq: number;
}

/** Forgets the oldest entries from before `beforeMs`; what follows links to the last of them. Null: none is so old. */
export async function forgetEntriesBefore(tx: Queryable, beforeMs: number): Promise<Forgotten | null> {
  const [known] = await tx.query('SELECT 1 FROM audit_entries WHERE at_ms < $1 LIMIT 1', [beforeMs]);
  if (known === undefined) return null;
  const head = await lockHead(tx);
  const oldest = await tx.query<{ seq: bigint; hash: string; at_ms: bigint }>(
    'SELECT seq, hash, at_ms FROM audit_entries ORDER BY seq LIMIT $1',
    [forgottenTogetherMax],
  );
  const firstKept = oldest.findIndex(({ at_ms: atMs }) => Number(atMs) >= beforeMs);
  const over = firstKept === -1 ? oldest : oldest.slice(0, firstKept);
  const upto = over.at(-1);
  if (upto === undefined) return null;
  await moveHead(tx, head, { ...head, kept_from: upto.seq + 1n, kept_from_hash: upto.hash });
  await tx.query('DELETE FROM audit_origins WHERE seq <= $1', [upto.seq]);
  await tx.query('DELETE FROM audit_entries WHERE seq <= $1', [upto.seq]);
  return { entries: over.length, lastSeq: Number(upto.seq) };
}
