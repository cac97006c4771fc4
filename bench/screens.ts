/** Runs the measurements that drive a real window or page, and reads their rows. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { electronForTests, findChromium } from '../scripts/test-programs.ts';
import { Rows } from './desk.ts';
import { CannotMeasure, type BenchRow } from './row.ts';

const root = join(import.meta.dirname, '..');

/** How soon Electron's window can be used. */
export async function benchStartUp(): Promise<BenchRow[]> {
  const electron = electronForTests();
  if (electron.kind === 'missing') throw new CannotMeasure(electron.why);
  return measured('electron', 'start-up.ts');
}

/** A long history on screen. */
export async function benchScreens(): Promise<BenchRow[]> {
  if (findChromium() === null)
    throw new CannotMeasure('there is no Chromium: run node scripts/setup-browser.ts');
  return measured('web', 'long-history.ts');
}

async function measured(shell: 'electron' | 'web', program: string): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'zhangtai-screens-'));
  const report = join(folder, 'rows.json');
  try {
    const args = ['node_modules/@playwright/test/cli.js', 'test', '--config', 'e2e/bench.config.ts'];
    const child = spawn(process.execPath, [...args, `--project=${shell}`, '--reporter=line'], {
      cwd: root,
      stdio: ['ignore', process.stderr, 'inherit'],
      env: { ...process.env, BENCH_REPORT: report },
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(`${program} ended with ${String(code)}`);
    return Rows.parse(JSON.parse(readFileSync(report, 'utf8')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
