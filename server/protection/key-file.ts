/**
 * The file that a key ring is kept in where none is configured: made once, readable by its owner alone. It must never
 * be made anew where one was lost: what the lost one sealed could not be read.
 */
import { readFileSync, statSync } from 'node:fs';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { KeyRing, KeysUnusable, newKeyText } from './key-ring.ts';

export const keyFileName = 'keys';

/** The ring in this folder; made when there is none. Two programs at once agree on one. */
export async function keysInFolder(folder: string): Promise<KeyRing> {
  const file = join(folder, keyFileName);
  if (statSync(file, { throwIfNoEntry: false }) === undefined) await makeKeyFile(file);
  return readKeyFile(file);
}

/** Throws KeysUnusable where the file is missing, anybody may read it, or it has no keys. */
export function readKeyFile(file: string): KeyRing {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new KeysUnusable(`There is no key file ${file}.`);
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0)
    throw new KeysUnusable(`Others than its owner may read the key file ${file}: set it to mode 0600.`);
  return KeyRing.parse(readFileSync(file, 'utf8'));
}

async function makeKeyFile(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const partial = `${file}.${randomUUID()}`;
  const handle = await open(partial, 'wx', 0o600);
  try {
    await handle.writeFile(`${newKeyText(`k${new Date().toISOString().slice(0, 10)}`)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    // A link fails where another program was first; its ring is the one.
    await link(partial, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    await rm(partial);
  }
}
