/**
 * Reads the state that the last engine left, for the window to show until the next one answers. It must never be shown
 * beside an engine that has answered already.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastStateFile, type LastState } from '../../shared/last-state.ts';

/** Null: there is none, it is damaged, or it is another desk's; the window then waits for the engine. */
export function readLastState(
  dataDir: string,
  wanted: Pick<LastState, 'version' | 'serverUrl'>,
): LastState['state'] | null {
  let content: string;
  try {
    content = readFileSync(join(dataDir, lastStateFile), 'utf8');
  } catch {
    // A first start, or one after a crash.
    return null;
  }
  const [digest, text = ''] = content.split('\n', 2);
  if (digest !== createHash('sha256').update(text).digest('hex')) return null;
  // Whole, and so what an engine wrote; of the same version, and so what this page's contract says.
  const last = JSON.parse(text) as LastState;
  return last.version === wanted.version && last.serverUrl === wanted.serverUrl ? last.state : null;
}
