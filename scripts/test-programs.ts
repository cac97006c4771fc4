/**
 * Finds the programs that the end-to-end suite runs in: a Chromium, an Electron, and a display for the latter. It
 * must never install or start one.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { chromium } from '@playwright/test';
import { findElectron, hasDisplay } from '../main/shell/electron-binary.ts';

const root = dirname(import.meta.dirname);

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Missing or not to be run.
    return false;
  }
}

/** The full path of a command, or null. */
function onPath(command: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, command)).find(executable) ?? null;
}

/** The Chromium that `ZHANGTAI_CHROMIUM` names, the system's, or the one Playwright fetched; null: there is none. */
export function findChromium(): string | null {
  const candidates = [
    process.env['ZHANGTAI_CHROMIUM'],
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    chromium.executablePath(),
  ];
  return candidates.find((path) => path !== undefined && path !== '' && executable(path)) ?? null;
}

export type ElectronForTests =
  /** `xvfb`: the display server to start first; null: there is a display already. */
  | { readonly kind: 'found'; readonly binary: string; readonly xvfb: string | null }
  | { readonly kind: 'missing'; readonly why: string };

/** Electron and a display for it, or the one sentence that says what is missing. */
export function electronForTests(): ElectronForTests {
  const binary = findElectron(root);
  if (binary === null)
    return {
      kind: 'missing',
      why: 'node_modules/electron holds no binary and ZHANGTAI_ELECTRON names none',
    };
  const xvfb = onPath('Xvfb');
  if (!hasDisplay() && xvfb === null) return { kind: 'missing', why: 'there is neither a display nor Xvfb' };
  return { kind: 'found', binary, xvfb: hasDisplay() ? null : xvfb };
}
