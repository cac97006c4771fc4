/**
 * Proves a backup in a process of its own, so that no request waits while it is restored: the program that serves is
 * started with its command `verify-backup`. It must never see another database than the empty one that it makes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const outputCharactersMax = 2_000;

/** Null when everything agrees, else the last that the command said. What is sealed opens with the keys in `dataDir`. */
export async function verifyApart(
  program: string,
  file: string,
  of: { readonly keyFile: string; readonly dataDir: string | null },
): Promise<string | null> {
  const args = [program, 'verify-backup', '--file', file, '--key-file', of.keyFile];
  if (of.dataDir !== null) args.push('--data-dir', of.dataDir);
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const hear = (chunk: Buffer): void => {
    said = `${said}${chunk.toString('utf8')}`.slice(-outputCharactersMax);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code === 0) return null;
  return said.trim() === '' ? `it ended with ${code ?? signal}` : said.trim();
}
