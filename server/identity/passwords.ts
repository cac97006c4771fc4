/**
 * Password hashing: argon2id with the parameters that OWASP asks for. Nothing here, and no caller, may log or keep
 * a password.
 */
import { hash, verify } from '@node-rs/argon2';

/** Characters that a new password needs. */
export const passwordLengthMin = 10;

/** argon2id, 19 MiB, two passes, one lane. Older hashes carry their own parameters and stay readable. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export function hashPassword(password: string): Promise<string> {
  return hash(password, cost);
}

let nobodysHash: Promise<string> | undefined;

/**
 * True when the password is the one behind `stored`. For an account that does not exist (null) it works as long
 * and says no, so that the time of the answer does not tell which e-mail addresses have accounts.
 */
export async function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  nobodysHash ??= hashPassword('nobody signs in with this');
  const matches = await verify(stored ?? (await nobodysHash), password);
  return matches && stored !== null;
}
