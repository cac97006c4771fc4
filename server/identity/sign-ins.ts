/**
 * Sign-ins and the refresh tokens that descend from them; the only writer of `sign_ins`, `refresh_tokens` and
 * `devices`. It keeps hashes of tokens and must never keep or log a token itself.
 *
 *   signIn ──▶ current ──refresh──▶ rotated ──shown again within the grace, its successor never used──▶ a new current
 *                                      │                                    (the successor becomes superseded)
 *                                      └──shown again otherwise──▶ the sign-in ends: token_reused
 *              superseded ──shown──▶ the sign-in ends: token_reused
 *
 * The grace is for a client that crashed, or lost the answer, between our rotation and its storing of the new
 * token: it has only the old one, and would be locked out with charges it has not sent. It is given once a
 * rotation and costs no safety that rotation gave: of a thief and the owner, whoever comes second shows a token
 * that is superseded or out of its grace, and that ends the sign-in for both.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { Database, Queryable } from '../database/database.ts';
import { holdPerson } from './accounts.ts';

/** Milliseconds that a refresh token lives when it is not used; each use starts them anew. */
export const refreshTokenMsMax = 30 * 86_400_000;
/** Milliseconds during which the token that was just rotated may be shown once more. */
export const rotationGraceMs = 30_000;

export interface SignedIn {
  readonly signInId: string;
  readonly accountId: string;
  readonly refreshToken: string;
}
export type RefreshOutcome =
  | { readonly kind: 'refreshed'; readonly signedIn: SignedIn }
  | { readonly kind: 'refused'; readonly because: 'unknown' }
  /** Its sign-in had ended before, it was not used for too long, or it was used twice: the sign-in has ended now. */
  | {
      readonly kind: 'refused';
      readonly because: 'ended' | 'expired' | 'reused';
      readonly signInId: string;
      readonly accountId: string;
    };

interface TokenRow {
  readonly generation: number;
  readonly state: 'current' | 'rotated' | 'superseded';
  readonly rotated_at_ms: bigint | null;
  readonly expires_at_ms: bigint;
}

/**
 * Starts a sign-in of a device whose password was right, and remembers what the device calls itself. Null where the
 * account was erased meanwhile.
 */
export async function signIn(
  database: Database,
  device: { readonly accountId: string; readonly deviceId: string; readonly deviceName: string },
  nowMs: number,
): Promise<SignedIn | null> {
  const signInId = randomUUID();
  const { accountId, deviceId, deviceName } = device;
  return database.transaction(async (tx) => {
    if (!(await holdPerson(tx, accountId))) return null;
    await tx.query(
      'INSERT INTO sign_ins (id, account_id, device_id, created_at_ms) VALUES ($1, $2, $3, $4)',
      [signInId, accountId, deviceId, nowMs],
    );
    await tx.query(
      `INSERT INTO devices (account_id, device_id, name, signed_in_at_ms) VALUES ($1, $2, $3, $4)
       ON CONFLICT (account_id, device_id) DO UPDATE SET name = $3, signed_in_at_ms = $4`,
      [accountId, deviceId, deviceName, nowMs],
    );
    return { signInId, accountId, refreshToken: await issueToken(tx, signInId, 1, nowMs) };
  });
}

/** Exchanges a refresh token for its successor; see the diagram above. */
export function refresh(database: Database, token: string, nowMs: number): Promise<RefreshOutcome> {
  const hash = hashOf(token);
  return database.transaction(async (tx) => {
    // The family's row is the lock: of two refreshes at once the second sees what the first did.
    const [family] = await tx.query<{ id: string; account_id: string; ended_at_ms: bigint | null }>(
      `SELECT id, account_id, ended_at_ms FROM sign_ins
       WHERE id = (SELECT sign_in_id FROM refresh_tokens WHERE hash = $1) FOR UPDATE`,
      [hash],
    );
    if (family === undefined) return { kind: 'refused', because: 'unknown' };
    const refused = { kind: 'refused', signInId: family.id, accountId: family.account_id } as const;
    if (family.ended_at_ms !== null) return { ...refused, because: 'ended' };
    const [shown] = await tx.query<TokenRow>(
      'SELECT generation, state, rotated_at_ms, expires_at_ms FROM refresh_tokens WHERE hash = $1',
      [hash],
    );
    if (shown === undefined || Number(shown.expires_at_ms) <= nowMs)
      return { ...refused, because: 'expired' };
    const newest = await newestGeneration(tx, family.id);
    if (shown.state !== 'current' && !isInGrace(shown, newest, nowMs)) {
      await endSignIn(tx, family.id, 'token_reused', nowMs);
      return { ...refused, because: 'reused' };
    }
    const retired = shown.state === 'current' ? 'rotated' : 'superseded';
    await tx.query(
      `UPDATE refresh_tokens SET state = $2, rotated_at_ms = $3 WHERE sign_in_id = $1 AND state = 'current'`,
      [family.id, retired, nowMs],
    );
    await tx.query('DELETE FROM refresh_tokens WHERE sign_in_id = $1 AND expires_at_ms <= $2', [
      family.id,
      nowMs,
    ]);
    const refreshToken = await issueToken(tx, family.id, newest + 1, nowMs);
    return {
      kind: 'refreshed',
      signedIn: { signInId: family.id, accountId: family.account_id, refreshToken },
    };
  });
}

/** The grace is used up by the generation after next, and by a successor that was itself rotated. */
function isInGrace(shown: TokenRow, newestGeneration: number, nowMs: number): boolean {
  return (
    shown.state === 'rotated' &&
    shown.generation === newestGeneration - 1 &&
    shown.rotated_at_ms !== null &&
    nowMs - Number(shown.rotated_at_ms) <= rotationGraceMs
  );
}

/** Ends a sign-in; safe to repeat, the first reason stays. */
export async function endSignIn(
  db: Queryable,
  signInId: string,
  because: 'signed_out' | 'token_reused',
  nowMs: number,
): Promise<void> {
  await db.query(
    'UPDATE sign_ins SET ended_at_ms = $2, ended_because = $3 WHERE id = $1 AND ended_at_ms IS NULL',
    [signInId, nowMs, because],
  );
}

/** What each of an account's devices called itself when it last signed in, by device id. */
export async function deviceNames(db: Queryable, accountId: string): Promise<Map<string, string>> {
  const rows = await db.query<{ device_id: string; name: string }>(
    'SELECT device_id, name FROM devices WHERE account_id = $1',
    [accountId],
  );
  return new Map(rows.map((row) => [row.device_id, row.name]));
}

/** Ends every sign-in of an account; how many there were. Another process may believe in one for seconds. */
export async function endSignInsOf(tx: Queryable, accountId: string, nowMs: number): Promise<number> {
  const ended = await tx.query(
    `UPDATE sign_ins SET ended_at_ms = $2, ended_because = 'signed_out'
     WHERE account_id = $1 AND ended_at_ms IS NULL RETURNING 1`,
    [accountId, nowMs],
  );
  return ended.length;
}

/** The same, and forgets its devices. */
export async function eraseDevices(tx: Queryable, accountId: string, nowMs: number): Promise<void> {
  await endSignInsOf(tx, accountId, nowMs);
  await tx.query(
    'DELETE FROM refresh_tokens WHERE sign_in_id IN (SELECT id FROM sign_ins WHERE account_id = $1)',
    [accountId],
  );
  await tx.query('DELETE FROM devices WHERE account_id = $1', [accountId]);
}

/** Forgets sign-ins that ended, or could not be refreshed any more, before `beforeMs`. Returns how many. */
export async function forgetSignInsBefore(database: Database, beforeMs: number): Promise<number> {
  return database.transaction(async (tx) => {
    const over = await tx.query<{ id: string }>(
      `SELECT s.id FROM sign_ins s
       WHERE s.created_at_ms < $1 AND coalesce(s.ended_at_ms, (SELECT max(expires_at_ms) FROM refresh_tokens WHERE sign_in_id = s.id),
         s.created_at_ms) < $1
       ORDER BY s.created_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED`,
      [beforeMs, forgottenTogetherMax],
    );
    const ids = [over.map(({ id }) => id)];
    await tx.query('DELETE FROM refresh_tokens WHERE sign_in_id = ANY ($1::uuid[])', ids);
    await tx.query('DELETE FROM sign_ins WHERE id = ANY ($1::uuid[])', ids);
    return over.length;
  });
}

/** Sign-ins that are forgotten in one go. */
export const forgottenTogetherMax = 1_000;

async function newestGeneration(tx: Queryable, signInId: string): Promise<number> {
  const [row] = await tx.query<{ newest: number }>(
    'SELECT max(generation) AS newest FROM refresh_tokens WHERE sign_in_id = $1',
    [signInId],
  );
  if (row === undefined) throw new Error('an aggregate answers with one row');
  return row.newest;
}

async function issueToken(
  tx: Queryable,
  signInId: string,
  generation: number,
  nowMs: number,
): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await tx.query(
    `INSERT INTO refresh_tokens (hash, sign_in_id, generation, state, issued_at_ms, expires_at_ms)
     VALUES ($1, $2, $3, 'current', $4, $5)`,
    [hashOf(token), signInId, generation, nowMs, nowMs + refreshTokenMsMax],
  );
  return token;
}

/** A token has 256 random bits, so a plain hash keeps it: there is nothing to guess that salt would slow down. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
