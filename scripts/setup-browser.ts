/**
 * Sees to it that the end-to-end suite has a Chromium: finds one, else installs one by the way that fits the machine.
 * It must never touch a machine that has one already.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { findChromium } from './test-programs.ts';

const root = dirname(import.meta.dirname);

function run(command: string, args: readonly string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0;
}

/** Debian's own build comes with the libraries it needs, and the fonts make Chinese readable on screenshots. */
function installOnDebian(): boolean {
  const packages = ['chromium', 'fonts-noto-cjk'];
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  return run('apt-get', install) || (run('apt-get', ['update']) && run('apt-get', install));
}

/** The path of a Chromium, or null with one line that says what is missing. */
export function setUpBrowser(): string | null {
  const found = findChromium();
  if (found !== null) return found;
  const debianRoot = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  console.log('No Chromium here; installing one.');
  if (debianRoot) installOnDebian();
  else run(process.execPath, ['node_modules/@playwright/test/cli.js', 'install', 'chromium']);
  const installed = findChromium();
  if (installed === null)
    console.error(
      'There is no Chromium and none could be installed: install one, or name one in ZHANGTAI_CHROMIUM.',
    );
  return installed;
}

if (import.meta.main) {
  const path = setUpBrowser();
  if (path === null) process.exitCode = 1;
  else console.log(path);
}
