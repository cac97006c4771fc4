import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const programs = [
  ['demo', ['demo/demo.ts', '--postgres']],
  ['chaos', ['chaos/chaos.ts', '--schedules', '1']],
  ['fuzz', ['fuzz/fuzz.ts', '--seconds', '1', '--postgres']],
] as const;

test.each(programs)('%s does not end as a success when its database cannot be reached', (_name, args) => {
  const [program, ...options] = args;
  const ended = spawnSync(process.execPath, [join(import.meta.dirname, '..', program), ...options], {
    // Nothing listens on port 1.
    env: { ...process.env, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
    encoding: 'utf8',
  });
  expect(ended.stderr).toContain('ECONNREFUSED');
  expect(ended.status).toBe(1);
});
