/**
 * The end-to-end suite: every spec runs in both shells, each test on a desk and a server of its own. It must never
 * drop a shell silently: the one that cannot be run here is named, with the reason.
 */
import { defineConfig } from '@playwright/test';
import { electronForTests } from '../scripts/test-programs.ts';
import type { DeskFixtures, DeskWorkerFixtures } from './desk.ts';

const electron = electronForTests();
// Each worker reads this file too; one line is enough.
if (electron.kind === 'missing' && process.env['TEST_WORKER_INDEX'] === undefined) console.log(electron.why);

export default defineConfig<DeskFixtures, DeskWorkerFixtures>({
  testDir: '.',
  testMatch: '**/*.spec.ts',
  outputDir: '../test-results',
  snapshotPathTemplate: '{testDir}/pictures/{arg}{ext}',
  globalSetup: './setup.config.ts',
  // Each test runs a server, an engine and a browser, which take turns: together they keep one core busy.
  workers: 2,
  // Limits are for what never ends. A busy machine takes minutes over what takes seconds, and that is no fault.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  // A build machine has other work as well and may miss a moment: there a test that fails is tried once more, and named at
  // the end (scripts/test.ts), for it wants mending all the same. At a desk it fails at once.
  retries: process.env['CI'] === undefined ? 0 : 1,
  forbidOnly: process.env['CI'] !== undefined,
  reporter: [['list']],
  // A trace makes each test an eighth longer, and all but a few are thrown away: ask for one by `--trace on -g <name>`.
  use: { screenshot: 'only-on-failure' },
  projects: [
    { name: 'web', grepInvert: /@electron/, use: { shell: 'web' } },
    // Windows of one display take the focus from each other.
    ...(electron.kind === 'found'
      ? [{ name: 'electron', workers: 1, grepInvert: /@web/, use: { shell: 'electron' as const } }]
      : []),
  ],
});
