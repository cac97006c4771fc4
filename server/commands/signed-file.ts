/** A file with something that the server signed and somebody kept, held against what the database says now. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Database } from '../database/database.ts';
import { knownSecret } from '../identity/secrets.ts';
import { createSigner, signingKeyName, type Signer } from '../ledger/signing.ts';
import { KeysUnusable } from '../protection/key-ring.ts';
import { CommandRefused } from './command.ts';

/** Throws CommandRefused where there is no such file, it is not `what`, or nobody on this database ever signed. */
export async function readSigned<T>(
  database: Database,
  file: string,
  what: string,
  against: (jwks: Signer['jwks'], text: string) => Promise<T>,
): Promise<T> {
  const { jwks } = await createSigner(JSON.parse(await signingKeyOf(database)));
  try {
    return await against(jwks, await readFile(file, 'utf8'));
  } catch (error) {
    const unreadable = error instanceof SyntaxError || error instanceof z.ZodError;
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!unreadable && !missing) throw error;
    throw new CommandRefused(missing ? `There is no file ${file}.` : `${file} is not ${what}.`, {
      cause: error,
    });
  }
}

async function signingKeyOf(database: Database): Promise<string> {
  try {
    const key = await knownSecret(database, signingKeyName);
    if (key !== null) return key;
  } catch (error) {
    if (!(error instanceof KeysUnusable)) throw error;
    throw new CommandRefused(`The key that signed does not open: ${error.message}`, { cause: error });
  }
  throw new CommandRefused('No server on this database has ever signed anything.');
}
