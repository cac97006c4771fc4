/**
 * Keys that every server process on one database shares, made once and kept there, sealed, when none is configured;
 * the only writer of `secrets`.
 */
import type { Queryable } from '../database/database.ts';
import { isSealed, KeysUnusable } from '../protection/key-ring.ts';
import { reseal } from '../protection/resealing.ts';

/** The secret of this name; `make` is called when there is none yet. Two processes at once agree on one. */
export async function sharedSecret(
  db: Queryable,
  name: string,
  make: () => string | Promise<string>,
  nowMs: number,
): Promise<string> {
  const known = await knownSecret(db, name);
  if (known !== null) return known;
  await db.query(
    'INSERT INTO secrets (name, value, created_at_ms) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING',
    [name, db.keys.seal(await make(), secretOf(name)), nowMs],
  );
  const kept = await knownSecret(db, name);
  if (kept === null) throw new Error(`the secret ${name} was not kept`);
  return kept;
}

/** Null when it was never made. */
export async function knownSecret(db: Queryable, name: string): Promise<string | null> {
  const [known] = await db.query<{ value: string }>('SELECT value FROM secrets WHERE name = $1', [name]);
  if (known === undefined) return null;
  return isSealed(known.value) ? db.keys.open(known.value, secretOf(name)) : known.value;
}

function secretOf(name: string): string {
  return `secrets ${name}`;
}

/** Seals them under the newest key; also those from before they were sealed. */
export function resealSecrets(db: Queryable): Promise<number> {
  return reseal(db, { table: 'secrets', column: 'value', name: 'name', about: secretOf });
}

const keyCheck = 'key-check';

/** Whether the keys are those that the database was sealed with, as far as it tells. Changes nothing. */
export async function keysFit(db: Queryable): Promise<boolean> {
  try {
    await knownSecret(db, keyCheck);
    return true;
  } catch (error) {
    if (!(error instanceof KeysUnusable)) throw error;
    return false;
  }
}

/**
 * Insists that the keys are those that the database was sealed with: with others, what is in it could not be read, and
 * what would be added could not be read by anybody else. Throws KeysUnusable.
 */
export async function insistOnKeys(db: Queryable, nowMs: number): Promise<void> {
  try {
    await sharedSecret(db, keyCheck, () => keyCheck, nowMs);
  } catch (error) {
    if (!(error instanceof KeysUnusable)) throw error;
    throw new KeysUnusable(
      'The database was sealed with other keys: start with the same ZHANGTAI_KEYS, or the same key file, everywhere.',
      { cause: error },
    );
  }
}
