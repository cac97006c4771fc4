/** `npm run screenshots`: pictures of every screen, in two languages, three themes and two sizes. Not part of the tests. */
import { defineConfig } from '@playwright/test';
import type { DeskFixtures, DeskWorkerFixtures } from './desk.ts';

export default defineConfig<DeskFixtures, DeskWorkerFixtures>({
  testDir: '.',
  testMatch: 'screenshots.ts',
  outputDir: '../test-results/screenshots-run',
  globalSetup: './setup.config.ts',
  workers: 1,
  timeout: 300_000,
  reporter: [['list']],
  projects: [{ name: 'web', use: { shell: 'web' } }],
});
