/**
 * Keys that every server process on one database shares, made once and kept there when none is configured; the
 * only writer of `secrets`. Whoever reads the database can read them: where that matters, configure them instead.
 */
import type { Queryable } from '../database/database.ts';
import { KeysUnusable } from '../protection/key-ring.ts';

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
    [name, await make(), nowMs],
  );
  const kept = await knownSecret(db, name);
  if (kept === null) throw new Error(`the secret ${name} was not kept`);
  return kept;
}

/** Null when it was never made. */
export async function knownSecret(db: Queryable, name: string): Promise<string | null> {
  const [known] = await db.query<{ value: string }>('SELECT value FROM secrets WHERE name = $1', [name]);
  return known?.value ?? null;
}

const keyCheck = 'key-check';

/**
 * Insists that the keys are those that the database was sealed with: with others, what is in it could not be read, and
 * what would be added could not be read by anybody else. Throws KeysUnusable.
 */
export async function insistOnKeys(db: Queryable, nowMs: number): Promise<void> {
  const kept = await sharedSecret(db, keyCheck, () => db.keys.seal(keyCheck, keyCheck), nowMs);
  try {
    db.keys.open(kept, keyCheck);
  } catch (error) {
    if (!(error instanceof KeysUnusable)) throw error;
    throw new KeysUnusable(
      'The database was sealed with other keys: start with the same ZHANGTAI_KEYS, or the same key file, everywhere.',
      { cause: error },
    );
  }
}
