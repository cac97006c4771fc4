/**
 * Keeps erasures final where an older backup is restored: which accounts were erased stands beside the backups too, by
 * their ids alone, sealed with the backups' key; a database that does not know of one of them is made to. It must never
 * forget one, nor take the word of a file that it cannot open.
 */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { z } from 'zod';
import { inAct } from './audit/acts.ts';
import type { BackupSettings } from './backups/backup-settings.ts';
import type { Database } from './database/database.ts';
import { seal, unseal } from './database/sealed-file.ts';
import { erasePersonalData } from './personal-data.ts';

export const erasedFileName = 'erased-accounts';
/** When each was erased, in milliseconds since 1970, by the account's id. */
const Erased = z.record(z.uuid(), z.int());
type Erased = z.infer<typeof Erased>;

type Place = Pick<BackupSettings, 'folder' | 'keys'>;

/**
 * Brings the file and the database to the same. Returns how many accounts were erased again. Two processes at once may
 * write the file without what the other just added; whoever comes next adds it.
 */
export async function keepErasures(database: Database, place: Place, nowMs: number): Promise<number> {
  const told = await readErased(place);
  const rows = await database.query<{ id: string; erased_at_ms: bigint }>(
    'SELECT id, erased_at_ms FROM accounts WHERE erased_at_ms IS NOT NULL',
  );
  const here: Erased = Object.fromEntries(rows.map((row) => [row.id, Number(row.erased_at_ms)]));
  let again = 0;
  for (const id of Object.keys(told).filter((id) => here[id] === undefined))
    if (await eraseAgain(database, id, nowMs)) again += 1;
  if (Object.keys(here).some((id) => told[id] === undefined)) await writeErased(place, { ...here, ...told });
  return again;
}

/** False where there is no such account: it was made after the backup that was restored. */
async function eraseAgain(database: Database, accountId: string, nowMs: number): Promise<boolean> {
  const reason = 'erased before, and brought back by a restore';
  const by = { role: 'server' };
  const act = { action: 'erasePersonalData', traceId: '', by, from: {}, aboutId: accountId, reason };
  const origins = await inAct(act, () =>
    database.transaction(async (tx) => {
      const erased = await erasePersonalData(tx, accountId, nowMs);
      return erased === null ? null : { accountId, origins: erased };
    }),
  );
  return origins !== null;
}

/** Throws SealFault where the file was altered or takes another key. */
async function readErased({ folder, keys }: Place): Promise<Erased> {
  let sealed: Buffer;
  try {
    sealed = await readFile(join(folder, erasedFileName));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    throw error;
  }
  const plain = await buffer(unseal(keys, Readable.from([sealed])));
  return Erased.parse(JSON.parse(plain.toString('utf8')));
}

async function writeErased({ folder, keys }: Place, erased: Erased): Promise<void> {
  const partial = join(folder, `${erasedFileName}.${randomUUID()}.partial`);
  const plain = Readable.from([Buffer.from(JSON.stringify(erased))]);
  try {
    // Once it is renamed the one before is gone: all of it has to be on the disk by then.
    await writeFile(partial, seal(keys.first, plain), { flag: 'wx', mode: 0o600, flush: true });
    await rename(partial, join(folder, erasedFileName));
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
