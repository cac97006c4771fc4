/** Measures how soon the desk can be used after it was started. It needs Electron, and is no part of `npm test`. */
import { defineConfig } from '@playwright/test';
import type { DeskFixtures, DeskWorkerFixtures } from './desk.ts';

export default defineConfig<DeskFixtures, DeskWorkerFixtures>({
  testDir: '.',
  testMatch: 'start-up.ts',
  outputDir: '../test-results',
  globalSetup: './setup.config.ts',
  workers: 1,
  timeout: 600_000,
  expect: { timeout: 30_000 },
  projects: [{ name: 'electron', use: { shell: 'electron' } }],
});
