/** Measures the desk's screens from outside: how soon they can be used, and how they do with a long history. No part of `npm test`. */
import { defineConfig } from '@playwright/test';
import type { DeskFixtures, DeskWorkerFixtures } from './desk.ts';

export default defineConfig<DeskFixtures, DeskWorkerFixtures>({
  testDir: '.',
  outputDir: '../test-results',
  globalSetup: './setup.config.ts',
  workers: 1,
  timeout: 1_200_000,
  expect: { timeout: 30_000 },
  projects: [
    { name: 'electron', testMatch: 'start-up.ts', use: { shell: 'electron' } },
    { name: 'web', testMatch: 'long-history.ts', use: { shell: 'web' } },
  ],
});
