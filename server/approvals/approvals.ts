/**
 * Acts that need a second person; the only writer of `approvals`. What is approved is what was asked for, it happens
 * in the transaction that approves it, once, and who asked never approves.
 *
 *   ask ──▶ waiting ──approve, by somebody else, and the act was done──▶ done
 *              ├──────refuse, by somebody else, with a reason──▶ refused
 *              ├──────withdraw, by who asked──▶ withdrawn
 *              └──────nobody, for as long as it may wait──▶ expired
 *
 * An act that is refused as it is tried (no money, a charge that was refunded meanwhile) leaves it waiting.
 */
import { hash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { Approval, ApprovalAct, ApprovalsQuery, ApprovalState } from '../../shared/api-approvals.ts';
import { assetText } from '../../shared/assets.ts';
import type { Queryable } from '../database/database.ts';
import { ownPlaceOf } from '../database/newest-first.ts';
import { refuse, refuseField, type Refused } from '../ledger/refusal.ts';

export interface ApprovalRequest {
  readonly id: string;
  readonly act: ApprovalAct;
  readonly aboutId?: string;
  /** What it moves, where it moves something. */
  readonly moves?: { readonly asset: string; readonly amount: bigint };
  readonly reason?: string;
  /** Everything that the act is done with, as JSON has it. */
  readonly asked: object;
  readonly askedBy: string;
}

/** One that was asked for and that is about to be done. */
export interface Claimed {
  readonly id: string;
  readonly act: ApprovalAct;
  readonly askedBy: string;
  readonly asked: unknown;
}

interface Row {
  readonly id: string;
  readonly act: ApprovalAct;
  readonly about_id: string | null;
  readonly about_name: string | null;
  readonly asset: string | null;
  readonly amount: bigint | null;
  readonly reason: string | null;
  readonly asked: string;
  readonly state: ApprovalState;
  readonly asked_by: string;
  readonly asked_by_name: string;
  readonly asked_at_ms: bigint;
  readonly decided_by: string | null;
  readonly decided_by_name: string | null;
  readonly decided_at_ms: bigint | null;
  readonly decided_because: string | null;
  readonly expires_at_ms: bigint | null;
  readonly came_to: string | null;
}

/**
 * Lets the act wait, for `waitMsMax` and no longer. Asked again under its id, or the same by the same person while it
 * waits, it is answered as it stands.
 */
export async function askFor(
  tx: Queryable,
  request: ApprovalRequest,
  { nowMs, waitMsMax }: { readonly nowMs: number; readonly waitMsMax: number },
): Promise<Approval | Refused> {
  const { id, act, aboutId, moves, reason, asked, askedBy } = request;
  const text = canonicalize({ act, asked });
  if (text === undefined) throw new TypeError('what is asked for has no canonical JSON');
  const fingerprint = hash('sha256', text, 'base64url');
  // What has waited too long is not what is asked for now.
  await tx.query(`${expire} AND act = $2 AND request_hash = $3 AND asked_by = $4`, [
    nowMs,
    act,
    fingerprint,
    askedBy,
  ]);
  await tx.query(
    `INSERT INTO approvals (id, act, about_id, asset, amount, reason, asked, request_hash, state, asked_by, asked_at_ms,
       expires_at_ms)
     SELECT $1, $2, $3, $4, $5, $6, $7, $8, 'waiting', $9, $10, $11
     -- Nor of an id that a correction has.
     WHERE NOT EXISTS (SELECT 1 FROM adjustments WHERE id = $1)
     ON CONFLICT DO NOTHING`,
    [
      id,
      act,
      aboutId ?? null,
      moves?.asset ?? null,
      moves?.amount ?? null,
      reason ?? null,
      JSON.stringify(asked),
      fingerprint,
      askedBy,
      nowMs,
      nowMs + waitMsMax,
    ],
  );
  const [known] = await tx.query<{ id: string; same: boolean }>(
    `SELECT id, act = $2 AND request_hash = $3 AND asked_by = $4 AS same FROM approvals
     WHERE id = $1 OR (state = 'waiting' AND act = $2 AND request_hash = $3 AND asked_by = $4)
     ORDER BY id = $1 DESC LIMIT 1`,
    [id, act, fingerprint, askedBy],
  );
  if (known === undefined) return refuse('idempotency_mismatch', { id });
  if (!known.same) return refuse('idempotency_mismatch', { id });
  return readKnown(tx, known.id);
}

/** Ends those that nobody has decided on in time. Each act looks at its own besides, so that it may come late. */
export async function expireRequests(db: Queryable, nowMs: number): Promise<number> {
  return (await db.query(`${expire} RETURNING id`, [nowMs])).length;
}

const expire = `UPDATE approvals SET state = 'expired', decided_at_ms = expires_at_ms
  WHERE state = 'waiting' AND expires_at_ms <= $1`;

/** Locks one that waits, for the person who approves it; or answers it as it stands, where it was approved before. */
export async function claim(
  tx: Queryable,
  id: string,
  { by, nowMs }: { readonly by: string; readonly nowMs: number },
): Promise<Claimed | Approval | Refused> {
  const row = await lockRow(tx, id, nowMs);
  if (row === null) return noSuchApproval;
  if (row.asked_by === by)
    return refuse('forbidden', { detail: 'Somebody else than who asked has to decide.' });
  if (row.state === 'done') return readKnown(tx, id);
  if (row.state !== 'waiting') return closed(row.state);
  return { id, act: row.act, askedBy: row.asked_by, asked: JSON.parse(row.asked) as unknown };
}

/** In the transaction that has claimed it and done the act. */
export async function settle(
  tx: Queryable,
  { id }: Claimed,
  decision: { readonly by: string; readonly nowMs: number; readonly cameTo: unknown },
): Promise<Approval> {
  await decide(tx, id, {
    state: 'done',
    by: decision.by,
    nowMs: decision.nowMs,
    because: null,
    cameTo: JSON.stringify(decision.cameTo),
  });
  return readKnown(tx, id);
}

/** Says no, with the reason, for somebody else than who asked. Safe to repeat. */
export async function refuseApproval(
  tx: Queryable,
  id: string,
  decision: { readonly by: string; readonly reason: string; readonly nowMs: number },
): Promise<Approval | Refused> {
  const row = await lockRow(tx, id, decision.nowMs);
  if (row === null) return noSuchApproval;
  if (row.asked_by === decision.by)
    return refuse('forbidden', { detail: 'Who asked may withdraw it; refusing is for somebody else.' });
  if (row.state === 'refused') return readKnown(tx, id);
  if (row.state !== 'waiting') return closed(row.state);
  const { by, nowMs, reason: because } = decision;
  await decide(tx, id, { state: 'refused', by, nowMs, because, cameTo: null });
  return readKnown(tx, id);
}

/** Takes back what one has asked for oneself. Safe to repeat. */
export async function withdrawApproval(
  tx: Queryable,
  id: string,
  { by, nowMs }: { readonly by: string; readonly nowMs: number },
): Promise<Approval | Refused> {
  const row = await lockRow(tx, id, nowMs);
  if (row === null) return noSuchApproval;
  if (row.asked_by !== by) return refuse('forbidden', { detail: 'Only who asked for it can withdraw it.' });
  if (row.state === 'withdrawn') return readKnown(tx, id);
  if (row.state !== 'waiting') return closed(row.state);
  await decide(tx, id, { state: 'withdrawn', by, nowMs, because: null, cameTo: null });
  return readKnown(tx, id);
}

const noSuchApproval: Refused = refuse('not_found', { detail: 'Nothing of this id was asked for.' });

function closed(state: ApprovalState): Refused {
  return state === 'expired' ? refuse('approval_expired') : refuse('approval_closed', { state });
}

async function lockRow(
  tx: Queryable,
  id: string,
  nowMs: number,
): Promise<{ act: ApprovalAct; asked_by: string; asked: string; state: ApprovalState } | null> {
  await tx.query(`${expire} AND id = $2`, [nowMs, id]);
  const [row] = await tx.query<{
    act: ApprovalAct;
    asked_by: string;
    asked: string;
    state: ApprovalState;
  }>('SELECT act, asked_by, asked, state FROM approvals WHERE id = $1 FOR UPDATE', [id]);
  return row ?? null;
}

async function decide(
  tx: Queryable,
  id: string,
  to: {
    readonly state: ApprovalState;
    readonly by: string;
    readonly nowMs: number;
    readonly because: string | null;
    readonly cameTo: string | null;
  },
): Promise<void> {
  const decided = await tx.query(
    `UPDATE approvals SET state = $2, decided_by = $3, decided_at_ms = $4, decided_because = $5, came_to = $6
     WHERE id = $1 AND state = 'waiting' RETURNING 1`,
    [id, to.state, to.by, to.nowMs, to.because, to.cameTo],
  );
  if (decided.length !== 1) throw new Error(`approval ${id} was decided twice`);
}

// ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Corrections wait in a table of the ledger's; here both are one list. */
const everything = `(
  SELECT id, act, about_id, asset, amount, reason, asked, state, asked_by, asked_at_ms, decided_by, decided_at_ms,
    decided_because, expires_at_ms, came_to
  FROM approvals
  UNION ALL
  SELECT id, 'adjust', account_id, asset, amount, reason, NULL,
    CASE state WHEN 'posted' THEN 'done' ELSE state END, asked_by, asked_at_ms,
    CASE state WHEN 'posted' THEN approved_by WHEN 'refused' THEN refused_by WHEN 'withdrawn' THEN asked_by END,
    coalesce(approved_at_ms, refused_at_ms, withdrawn_at_ms, CASE state WHEN 'expired' THEN expires_at_ms END),
    refused_because, expires_at_ms, NULL
  FROM adjustments WHERE state <> 'posted' OR approved_by IS NOT NULL
) AS w
JOIN accounts asker ON asker.id = w.asked_by
LEFT JOIN accounts decider ON decider.id = w.decided_by
LEFT JOIN accounts about ON about.id = w.about_id`;
const columns = `w.id, w.act, w.about_id, about.name AS about_name, w.asset, w.amount, w.reason, w.asked, w.state,
  w.asked_by, asker.name AS asked_by_name, w.asked_at_ms, w.decided_by, decider.name AS decided_by_name,
  w.decided_at_ms, w.decided_because, w.expires_at_ms, w.came_to`;

/** Newest first. The cursor is when the last one was asked for, and its id. */
export async function readApprovals(
  db: Queryable,
  { state, act, cursor, limit }: ApprovalsQuery,
): Promise<{ items: Approval[]; nextCursor: string | null } | Refused> {
  const place = ownPlaceOf(cursor);
  if (place === null) return refuseField('cursor', 'not a cursor of this list');
  const rows = await db.query<Row>(
    `SELECT ${columns} FROM ${everything}
     WHERE ($1::text IS NULL OR w.state = $1) AND ($2::text IS NULL OR w.act = $2) AND (w.asked_at_ms, w.id) < ($3, $4)
     ORDER BY w.asked_at_ms DESC, w.id DESC LIMIT $5`,
    [state ?? null, act ?? null, place.atMs, place.id, limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: page.map(served), nextCursor: more ? `${last.asked_at_ms}.${last.id}` : null };
}

/**
 * What waits, or has waited, under this id. Ids are made by callers: two accounts may each have a correction of one, and
 * who asks may give one to two things, so that one is seen and another approved. Nobody decides on a guess.
 */
export async function findApproval(db: Queryable, id: string): Promise<Approval | Refused> {
  const [row, ...others] = await db.query<Row>(
    `SELECT ${columns} FROM ${everything} WHERE w.id = $1 LIMIT 2`,
    [id],
  );
  if (row === undefined) return noSuchApproval;
  return others.length === 0 ? served(row) : refuseField('id', 'several requests have this id');
}

/** What was let wait here, so corrections not; null: nothing of this id. */
export async function readAsked(db: Queryable, id: string): Promise<Approval | null> {
  const [row] = await db.query<Row>(
    `SELECT ${columns} FROM ${everything} WHERE w.id = $1 AND w.act <> 'adjust'`,
    [id],
  );
  return row === undefined ? null : served(row);
}

/** A correction, told as the others are. */
export async function readCorrection(db: Queryable, accountId: string, id: string): Promise<Approval> {
  const [row] = await db.query<Row>(
    `SELECT ${columns} FROM ${everything} WHERE w.id = $1 AND w.act = 'adjust' AND w.about_id = $2`,
    [id, accountId],
  );
  if (row === undefined) throw new Error(`correction ${id} has gone`);
  return served(row);
}

async function readKnown(db: Queryable, id: string): Promise<Approval> {
  const known = await readAsked(db, id);
  if (known === null) throw new Error(`approval ${id} has gone`);
  return known;
}

function served(row: Row): Approval {
  const amount = row.asset === null || row.amount === null ? null : assetText(row.asset, row.amount);
  return {
    id: row.id,
    act: row.act,
    state: row.state,
    ...(row.about_id === null ? {} : { aboutId: row.about_id }),
    ...(row.about_name === null ? {} : { aboutName: row.about_name }),
    ...(row.asset === null || amount === null ? {} : { asset: row.asset, amount }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    asked: row.asked === null ? { asset: row.asset, amount, reason: row.reason } : JSON.parse(row.asked),
    askedBy: row.asked_by,
    askedByName: row.asked_by_name,
    askedAt: instant(row.asked_at_ms),
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
    ...(row.decided_by_name === null ? {} : { decidedByName: row.decided_by_name }),
    ...(row.decided_at_ms === null ? {} : { decidedAt: instant(row.decided_at_ms) }),
    ...(row.decided_because === null ? {} : { decidedBecause: row.decided_because }),
    ...(row.expires_at_ms === null ? {} : { expiresAt: instant(row.expires_at_ms) }),
    ...(row.came_to === null ? {} : { cameTo: JSON.parse(row.came_to) as unknown }),
  };
}

function instant(ms: bigint): string {
  return new Date(Number(ms)).toISOString();
}
