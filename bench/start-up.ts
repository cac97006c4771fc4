/** Runs the measurement of start-up, which drives a real window, and reads its row. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rows } from './desk.ts';
import type { BenchRow } from './row.ts';

const root = join(import.meta.dirname, '..');

/** Throws where there is no Electron or no display for it. */
export async function benchStartUp(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'zhangtai-start-up-'));
  const report = join(folder, 'rows.json');
  try {
    const args = ['node_modules/@playwright/test/cli.js', 'test', '--config', 'e2e/start-up.config.ts'];
    const child = spawn(process.execPath, [...args, '--reporter=line'], {
      cwd: root,
      stdio: ['ignore', process.stderr, 'inherit'],
      env: { ...process.env, START_UP_REPORT: report },
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`the measurement of start-up ended with ${String(code)}`);
    return Rows.parse(JSON.parse(readFileSync(report, 'utf8')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
