/**
 * `npm run screenshots`: takes all pictures anew — the kept ones that the tests compare with, the ones that the README
 * shows, and every screen in two languages, three themes and two sizes to be looked at. Not part of the tests.
 */
import { defineConfig } from '@playwright/test';
import type { DeskFixtures, DeskWorkerFixtures } from './desk.ts';

export default defineConfig<DeskFixtures, DeskWorkerFixtures>({
  testDir: '.',
  testMatch: '*pictures.spec.ts',
  outputDir: '../test-results/screenshots-run',
  snapshotPathTemplate: '{testDir}/pictures/{arg}{ext}',
  updateSnapshots: 'all',
  globalSetup: './setup.config.ts',
  workers: 1,
  timeout: 900_000,
  expect: { timeout: 60_000 },
  reporter: [['list']],
  projects: [{ name: 'web', use: { shell: 'web' } }],
});
