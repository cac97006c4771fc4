/**
 * Leaves the desk's state for the next start's first sight of it (shared/last-state.ts). It must never keep what the
 * cache has not got any more: it is removed as soon as the cache is open, and written when all work on it has ended.
 */
import { createHash } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeskState } from '../../shared/ipc-desk.ts';
import { lastStateFile, type LastState } from '../../shared/last-state.ts';

/** Throws the file system's error when it is there and cannot be removed. */
export function forgetLastState(dataDir: string): void {
  rmSync(join(dataDir, lastStateFile), { force: true });
}

/** Throws the file system's error when it cannot be kept. */
export function keepLastState(dataDir: string, last: LastState): void {
  const path = join(dataDir, lastStateFile);
  const text = JSON.stringify({ ...last, state: asOnStart(last.state) } satisfies LastState);
  const digest = createHash('sha256').update(text).digest('hex');
  writeFileSync(`${path}.new`, `${digest}\n${text}`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Whether the server can be reached is not known to a desk that has asked nothing yet. */
function asOnStart(state: DeskState): DeskState {
  return { ...state, sync: { ...state.sync, online: null, running: false } };
}
