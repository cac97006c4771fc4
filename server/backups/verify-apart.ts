/**
 * Proves a backup in a process of its own, so that no request waits while it is restored: the program that serves is
 * started with its command `verify-backup`. It must never see another database than the empty one that it makes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const outputCharactersMax = 2_000;

/** Null when everything agrees, else the last that the command said. */
export async function verifyApart(program: string, file: string, keyFile: string): Promise<string | null> {
  const args = [program, 'verify-backup', '--file', file, '--key-file', keyFile];
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
