/**
 * The engine's structured log: one JSON object a line in a file of the data folder, kept to a stated size. It must
 * never be given a password, a token or a whole request; redaction is only the second guard.
 */
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** When a start finds the log larger than this, it is set aside as `engine.1.log`, replacing the one before it. */
export const logBytesMax = 5 * 1024 * 1024;

/** Secrets are not logged in the first place; should a field of these names slip in, its value does not. */
const redacted = ['password', 'token', 'accessToken', 'refreshToken', 'authorization'].flatMap((name) => [
  name,
  `*.${name}`,
]);

/** The files that a log may consist of, the older one first. */
export function logFiles(dataDir: string): readonly string[] {
  return ['engine.1.log', 'engine.log'].map((name) => join(dataDir, 'logs', name));
}

export function openLog(dataDir: string): Log {
  const folder = join(dataDir, 'logs');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'engine.log');
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > logBytesMax) renameSync(file, join(folder, 'engine.1.log'));
  // Written at once, so that the last line before a crash is there to read.
  const destination = pino.destination({ dest: file, sync: true });
  // A full disk costs the log its lines, and must not cost the desk its work: what failed is told where it failed.
  destination.on('error', () => undefined);
  return pino(
    { base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime, redact: redacted },
    destination,
  );
}
