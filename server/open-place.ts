/**
 * Opens the database that the settings name, with the keys that they name, for the server and its commands alike. It
 * must never make keys for a database that was sealed with others.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabasePlace } from './config.ts';
import { openDatabase, type Database } from './database/database.ts';
import { keyFileName, keysInFolder, readKeyFile } from './protection/key-file.ts';
import type { KeyRing } from './protection/key-ring.ts';

/** Throws DatabaseUnusable or KeysUnusable, each with a sentence for the person who starts the program. */
export async function openPlace(
  { databaseUrl, dataDir, keys: place }: DatabasePlace,
  onConnectionLost?: (error: Error) => void,
): Promise<Database> {
  const keys = await keysOf(place);
  return openDatabase({
    ...(databaseUrl === null ? {} : { databaseUrl }),
    ...(dataDir === null ? {} : { dataDir }),
    ...(keys === null ? {} : { keys }),
    ...(onConnectionLost === undefined ? {} : { onConnectionLost }),
  });
}

/** The keys of that place where it has any; none are made. Throws KeysUnusable. */
export function keysThere({ dataDir, keys: place }: DatabasePlace): KeyRing | null {
  if (place !== null && 'ring' in place) return place.ring;
  if (place !== null && 'file' in place) return readKeyFile(place.file);
  const folder = place?.folder ?? dataDir;
  if (folder === null || !existsSync(join(folder, keyFileName))) return null;
  return readKeyFile(join(folder, keyFileName));
}

function keysOf(place: DatabasePlace['keys']): Promise<KeyRing> | KeyRing | null {
  if (place === null) return null;
  if ('ring' in place) return place.ring;
  return 'file' in place ? readKeyFile(place.file) : keysInFolder(place.folder);
}
