import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{shared,server,sdk,main,renderer,preload,scripts,e2e}/**/*.test.{ts,tsx}'],
    // Integration tests start real databases and processes; two cores bear two files at once.
    maxWorkers: 2,
    // With what databases are sealed that a test and the processes that it starts share.
    env: { ZHANGTAI_KEYS: 'test:dGVzdHMgc2VhbCB3aXRoIHRoaXMga2V5LCByZWFsbHk=' },
    // What is waited for comes when it comes: a busy machine is no fault, and a wait that is met costs nothing.
    expect: { poll: { timeout: 20_000 } },
    // Limits are for what never ends.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
