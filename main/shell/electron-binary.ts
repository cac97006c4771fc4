/**
 * Says whether an Electron window can be had on this machine: its binary and a display. It must never download or
 * start anything.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Not there or not to be run: no binary either way.
    return false;
  }
}

/** Electron's binary: the one `ZHANGTAI_ELECTRON` names, else that of `node_modules/electron`; null: there is none. */
export function findElectron(root: string, env: NodeJS.ProcessEnv = process.env): string | null {
  const named = env['ZHANGTAI_ELECTRON'];
  if (named !== undefined && named !== '') return executable(named) ? named : null;
  const folder = join(root, 'node_modules', 'electron');
  try {
    // Electron's installer writes this file last, so a half-unpacked download is not taken for a whole one.
    const path = join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8').trim());
    return executable(path) ? path : null;
  } catch {
    // No path.txt: never downloaded.
    return null;
  }
}

/** Whether a window can be shown. Windows and macOS always have a desktop to show it on. */
export function hasDisplay(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  if (platform === 'win32' || platform === 'darwin') return true;
  return (env['DISPLAY'] ?? '') !== '' || (env['WAYLAND_DISPLAY'] ?? '') !== '';
}
