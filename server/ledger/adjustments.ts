/**
 * Corrections by finance, up or down, each with its reason; the only writer of `adjustments`. Which of them must wait the
 * caller says. One that waits does so until somebody else approves or refuses it, and none is ever approved by the person
 * who asked for it, who alone may withdraw it while it waits. What nobody has decided on in time expires.
 */
import type { Adjustment, Transaction } from '../../shared/api.ts';
import { assetText, cny } from '../../shared/assets.ts';
import type { Micros } from '../../shared/money.ts';
import type { Queryable } from '../database/database.ts';
import { ownPlaceOf } from '../database/newest-first.ts';
import { insufficient } from './charges.ts';
import { loadKnown } from './loading.ts';
import { Posting, type Draft } from './posting.ts';
import { refuse, refuseCursor, refuseField, refuseTooMuch, type Refused } from './refusal.ts';
import { requestHash } from './request-hash.ts';

export interface AdjustmentRequest {
  readonly id: string;
  readonly accountId: string;
  readonly asset: string;
  /** Micro-yuan, above or below zero; of another asset units, which are taken back alone. */
  readonly amount: Micros;
  readonly reason: string;
  /** The finance account that asks. */
  readonly askedBy: string;
  /** Somebody else has to approve it. */
  readonly mustWait?: true;
}

export interface AdjustmentRules {
  readonly clock: () => number;
  /** Milliseconds that one waits for a second person. */
  readonly waitMsMax: number;
}

export interface Adjusted {
  readonly adjustment: Adjustment;
  readonly replayed: boolean;
}

interface Row {
  readonly account_id: string;
  readonly id: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly reason: string;
  readonly state: Adjustment['state'];
  readonly request_hash: string;
  readonly asked_by: string;
  readonly asked_at_ms: bigint;
  readonly approved_by: string | null;
  readonly approved_at_ms: bigint | null;
  readonly withdrawn_at_ms: bigint | null;
  readonly refused_by: string | null;
  readonly refused_at_ms: bigint | null;
  readonly refused_because: string | null;
  readonly expires_at_ms: bigint | null;
}

const columns = `account_id, id, asset, amount, reason, state, request_hash, asked_by, asked_at_ms, approved_by,
  approved_at_ms, withdrawn_at_ms, refused_by, refused_at_ms, refused_because, expires_at_ms`;

/**
 * Posts the correction, or lets it wait, in a posting that is open and that the caller writes. Asked again under its id it
 * is answered as it stands by then.
 */
export async function adjustWithin(
  tx: Queryable,
  posting: Posting,
  request: AdjustmentRequest,
  { waitMsMax }: Pick<AdjustmentRules, 'waitMsMax'>,
): Promise<Adjusted | Refused> {
  const { accountId, asset, amount, reason, askedBy } = request;
  // What comes in of units ends some day and is from somewhere: that is a grant.
  if (asset !== cny && amount > 0n)
    return refuseField('amount', 'units are granted, and only taken back here');
  const id = request.id.toLowerCase();
  const fingerprint = requestHash('adjustment', { id, asset, amount: assetText(asset, amount), reason });
  const [earlier, known] = await Promise.all([
    readAdjustment(tx, accountId, id),
    loadKnown(tx, accountId, [id]),
  ]);
  if (earlier !== null)
    return earlier.request_hash === fingerprint
      ? { adjustment: served(earlier), replayed: true }
      : refuse('idempotency_mismatch', { id });
  if (known.has(id)) return refuse('idempotency_mismatch', { id });
  const waits = request.mustWait === true;
  const row: Row = {
    account_id: accountId,
    id,
    asset,
    amount,
    reason,
    state: waits ? 'waiting' : 'posted',
    request_hash: fingerprint,
    asked_by: askedBy,
    asked_at_ms: BigInt(posting.nowMs),
    approved_by: null,
    approved_at_ms: null,
    withdrawn_at_ms: null,
    refused_by: null,
    refused_at_ms: null,
    refused_because: null,
    expires_at_ms: waits ? BigInt(posting.nowMs + waitMsMax) : null,
  };
  const refused = waits ? null : correct(posting, row);
  if (refused !== null) return refused;
  await addAdjustment(tx, row);
  return { adjustment: served(row), replayed: false };
}

/** Who decides on an adjustment that waits. */
export interface AdjustmentDecision {
  readonly accountId: string;
  readonly id: string;
  readonly by: string;
}

const noSuchAdjustment: Refused = refuse('not_found', { detail: 'There is no such adjustment.' });

/** Posts one that waits. Safe to repeat; refused to the person who asked, also once it is posted. */
export async function approveAdjustment(
  tx: Queryable,
  rules: AdjustmentRules,
  { accountId, id, by: approvedBy }: AdjustmentDecision,
): Promise<Adjustment | Refused> {
  // Under the account's lock, so that of two approvals at once the second finds what the first has posted.
  // Which asset it is of never changes, so it may be read before the lock.
  const asked = await readAdjustment(tx, accountId, id);
  if (asked === null) return noSuchAdjustment;
  const posting = await Posting.open(tx, accountId, rules.clock, [], [asked.asset]);
  const row = await lockAdjustment(tx, accountId, id, posting.nowMs);
  if (row === null) return noSuchAdjustment;
  if (row.asked_by === approvedBy)
    return refuse('forbidden', { detail: 'Somebody else than who asked has to approve.' });
  if (row.state === 'posted') return served(row);
  if (row.state !== 'waiting') return closed(row.state);
  // A charge may have taken the id while the adjustment waited.
  if ((await loadKnown(tx, accountId, [id])).has(id)) return refuse('idempotency_mismatch', { id });
  const refused = correct(posting, row);
  if (refused !== null) return refused;
  const approved: Row = {
    ...row,
    state: 'posted',
    approved_by: approvedBy,
    approved_at_ms: BigInt(posting.nowMs),
  };
  await Promise.all([
    tx.query(
      `UPDATE adjustments SET state = 'posted', approved_by = $3, approved_at_ms = $4
       WHERE account_id = $1 AND id = $2`,
      [accountId, id, approvedBy, posting.nowMs],
    ),
    posting.write(),
  ]);
  return served(approved);
}

/** Takes back one that waits, for the person who asked for it. Safe to repeat; its id stays used. */
export async function withdrawAdjustment(
  tx: Queryable,
  rules: AdjustmentRules,
  { accountId, id, by: withdrawnBy }: AdjustmentDecision,
): Promise<Adjustment | Refused> {
  // Under the same lock as an approval: of the two at once one finds what the other did.
  const posting = await Posting.open(tx, accountId, rules.clock);
  const row = await lockAdjustment(tx, accountId, id, posting.nowMs);
  if (row === null) return noSuchAdjustment;
  if (row.asked_by !== withdrawnBy)
    return refuse('forbidden', { detail: 'Only who asked for it can withdraw it.' });
  if (row.state === 'withdrawn') return served(row);
  if (row.state !== 'waiting') return closed(row.state);
  const withdrawn: Row = { ...row, state: 'withdrawn', withdrawn_at_ms: BigInt(posting.nowMs) };
  await Promise.all([
    tx.query(
      `UPDATE adjustments SET state = 'withdrawn', withdrawn_at_ms = $3 WHERE account_id = $1 AND id = $2`,
      [accountId, id, posting.nowMs],
    ),
    posting.write(),
  ]);
  return served(withdrawn);
}

/** Says no to one that waits, with the reason, for somebody else than who asked. Safe to repeat; its id stays used. */
export async function refuseAdjustment(
  tx: Queryable,
  rules: AdjustmentRules,
  { accountId, id, by: refusedBy, reason }: AdjustmentDecision & { readonly reason: string },
): Promise<Adjustment | Refused> {
  // Under the same lock as an approval: of the two at once one finds what the other did.
  const posting = await Posting.open(tx, accountId, rules.clock);
  const row = await lockAdjustment(tx, accountId, id, posting.nowMs);
  if (row === null) return noSuchAdjustment;
  if (row.asked_by === refusedBy)
    return refuse('forbidden', { detail: 'Who asked may withdraw it; refusing is for somebody else.' });
  if (row.state === 'refused') return served(row);
  if (row.state !== 'waiting') return closed(row.state);
  const refused: Row = {
    ...row,
    state: 'refused',
    refused_by: refusedBy,
    refused_at_ms: BigInt(posting.nowMs),
    refused_because: reason,
  };
  await Promise.all([
    tx.query(
      `UPDATE adjustments SET state = 'refused', refused_by = $3, refused_at_ms = $4, refused_because = $5
       WHERE account_id = $1 AND id = $2`,
      [accountId, id, refusedBy, posting.nowMs, reason],
    ),
    posting.write(),
  ]);
  return served(refused);
}

/** Ends those that nobody has decided on in time. Each decision looks at its own besides, so that it may come late. */
export async function expireAdjustments(db: Queryable, nowMs: number): Promise<number> {
  return (await db.query(`${expire} RETURNING id`, [nowMs])).length;
}

/** What these were asked for is no more: those of them that still wait end now. */
export async function lapseAdjustments(
  tx: Queryable,
  which: readonly { readonly accountId: string; readonly id: string }[],
  nowMs: number,
): Promise<void> {
  await tx.query(
    `UPDATE adjustments a SET state = 'expired', expires_at_ms = $1
     FROM ${sealing}, unnest($2::uuid[], $3::uuid[]) AS gone (account_id, id)
     WHERE a.account_id = gone.account_id AND a.id = gone.id AND a.state = 'waiting'`,
    [nowMs, which.map(({ accountId }) => accountId), which.map(({ id }) => id)],
  );
}

/** Its rows are sealed: whoever ends them says that it is the ledger. */
const sealing = "set_config('zhangtai.posting', 'on', true) AS sealing";
const expire = `UPDATE adjustments SET state = 'expired' FROM ${sealing}
  WHERE state = 'waiting' AND expires_at_ms <= $1`;

function closed(state: Adjustment['state']): Refused {
  return state === 'expired' ? refuse('approval_expired') : refuse('adjustment_closed', { state });
}

/** Moves the money. A frozen account is corrected too: freezing stops its own spending only. */
function correct(posting: Posting, row: Row): Refused | null {
  const { id, asset, amount, reason, request_hash: fingerprint } = row;
  const kind: Transaction['kind'] = 'adjustment';
  const draft: Draft = { id, kind, note: reason, occurredAt: new Date(posting.nowMs).toISOString() };
  if (amount > 0n) {
    if (amount > posting.money.room) return refuseTooMuch();
    posting.bring(draft, amount, fingerprint, { priority: 0, source: kind, expiresAtMs: null });
    return null;
  }
  const wallet = posting.wallet(asset);
  // Money may be taken as far as the account may owe; units that are not there are not there to be taken back.
  const most = asset === cny ? wallet.spendable : wallet.available;
  if (-amount > most) return insufficient(-amount, most, asset);
  posting.spend(draft, -amount, fingerprint, null, wallet);
  return null;
}

async function readAdjustment(db: Queryable, accountId: string, id: string): Promise<Row | null> {
  const [row] = await db.query<Row>(one, [accountId, id]);
  return row ?? null;
}

/** For a decision, after the account's lock: what lapses is ended without that one. */
async function lockAdjustment(
  tx: Queryable,
  accountId: string,
  id: string,
  nowMs: number,
): Promise<Row | null> {
  await tx.query(`${expire} AND account_id = $2 AND id = $3`, [nowMs, accountId, id]);
  const [row] = await tx.query<Row>(`${one} FOR UPDATE`, [accountId, id]);
  return row ?? null;
}

const one = `SELECT ${columns} FROM adjustments WHERE account_id = $1 AND id = $2`;

async function addAdjustment(tx: Queryable, row: Row): Promise<void> {
  await tx.query(
    `INSERT INTO adjustments (account_id, id, asset, amount, reason, state, request_hash, asked_by, asked_at_ms,
       expires_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      row.account_id,
      row.id,
      row.asset,
      row.amount,
      row.reason,
      row.state,
      row.request_hash,
      row.asked_by,
      row.asked_at_ms,
      row.expires_at_ms,
    ],
  );
}

/** Whose adjustment this id is: two accounts may have one of the same id. */
export async function readAccountsOfAdjustment(db: Queryable, id: string): Promise<string[]> {
  const rows = await db.query<{ account_id: string }>(
    'SELECT account_id FROM adjustments WHERE id = $1 ORDER BY account_id LIMIT 100',
    [id],
  );
  return rows.map((row) => row.account_id);
}

export interface AdjustmentsQuery {
  readonly state?: Adjustment['state'] | undefined;
  readonly accountId?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** Of all accounts, newest first. The cursor is when the last one was asked for, and its id. */
export async function readAdjustments(
  db: Queryable,
  { state, accountId, cursor, limit }: AdjustmentsQuery,
): Promise<{ items: Adjustment[]; nextCursor: string | null } | Refused> {
  const place = ownPlaceOf(cursor);
  if (place === null) return refuseCursor();
  const rows = await db.query<Row>(
    `SELECT ${columns} FROM adjustments
     WHERE ($1::text IS NULL OR state = $1) AND ($2::uuid IS NULL OR account_id = $2)
       AND (asked_at_ms, id) < ($3, $4)
     ORDER BY asked_at_ms DESC, id DESC LIMIT $5`,
    [state ?? null, accountId ?? null, place.atMs, place.id, limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: page.map(served), nextCursor: more ? `${last.asked_at_ms}.${last.id}` : null };
}

function served(row: Row): Adjustment {
  return {
    id: row.id,
    accountId: row.account_id,
    asset: row.asset,
    amount: assetText(row.asset, row.amount),
    reason: row.reason,
    state: row.state,
    askedBy: row.asked_by,
    askedAt: instant(row.asked_at_ms),
    ...(row.approved_by === null ? {} : { approvedBy: row.approved_by }),
    ...(row.approved_at_ms === null ? {} : { approvedAt: instant(row.approved_at_ms) }),
    ...(row.withdrawn_at_ms === null ? {} : { withdrawnAt: instant(row.withdrawn_at_ms) }),
    ...(row.refused_by === null ? {} : { refusedBy: row.refused_by }),
    ...(row.refused_at_ms === null ? {} : { refusedAt: instant(row.refused_at_ms) }),
    ...(row.refused_because === null ? {} : { refusedBecause: row.refused_because }),
    ...(row.expires_at_ms === null ? {} : { expiresAt: instant(row.expires_at_ms) }),
  };
}

function instant(ms: bigint): string {
  return new Date(Number(ms)).toISOString();
}
