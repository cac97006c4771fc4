/**
 * Finds, before anything is opened, what would stop the server from starting: a port that is taken, a folder that
 * can't be written. It must leave nothing behind but the data folder itself.
 */
import { access, constants, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Config } from './config.ts';

const noProblem = Promise.resolve(null);

/** One sentence a problem; empty when the server may start. */
export async function preflightProblems(config: Config): Promise<string[]> {
  const checks = [
    portProblem(config.host, config.port),
    config.dataDir === null ? noProblem : folderProblem(config.dataDir, 'The data folder'),
    config.logFile === null ? noProblem : folderProblem(dirname(config.logFile), 'The folder of the log'),
  ];
  const found = await Promise.all(checks);
  return found.filter((problem) => problem !== null);
}

/** Tries the port for a moment. Another program may still take it before we do; `listenProblem` says so then. */
function portProblem(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error) => resolve(listenProblem(error, host, port)));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(null)));
  });
}

/** The sentence for an address that can't be listened on. */
export function listenProblem(error: NodeJS.ErrnoException, host: string, port: number): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use by another program: choose another with --port, or 0 for a free one.`;
    case 'EACCES':
      return `Port ${port} may not be opened by this user: choose one above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is not an address of this machine.`;
    default:
      return `${host}:${port} cannot be listened on (${error.code ?? error.message}).`;
  }
}

async function folderProblem(folder: string, what: string): Promise<string | null> {
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR') return `${what} ${folder} is not a folder.`;
    if (code === 'EACCES' || code === 'EPERM') return `${what} ${folder} cannot be written by this user.`;
    if (code === 'EROFS') return `${what} ${folder} is on a read-only disk.`;
    return `${what} ${folder} cannot be used (${code ?? String(error)}).`;
  }
}
