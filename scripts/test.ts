/**
 * `npm test`: every check of the product, one after the other, with its time, and one line of totals at the end. It
 * must never stop at the first failure, nor leave out a stage without a line that says so.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setUpBrowser } from './setup-browser.ts';
import { electronForTests } from './test-programs.ts';

const root = dirname(import.meta.dirname);
const reports = join(root, 'node_modules', '.cache', 'test-reports');

/** How many checks passed and failed. A stage without tests of its own, such as the linter, is one check. */
interface Count {
  readonly passed: number;
  readonly failed: number;
}

type Outcome = Count | { readonly notRun: string };

function runProgram(script: string, args: readonly string[], env: Record<string, string> = {}): boolean {
  const done = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return done.status === 0;
}

const check = (passed: boolean): Count => (passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });

/** Reads a runner's own count. A runner that failed without a failed test, or without a report, is one failure. */
function counted(passed: boolean, file: string, read: (report: never) => Count): Count {
  let count: Count;
  try {
    count = read(JSON.parse(readFileSync(file, 'utf8')) as never);
  } catch (error) {
    console.error(`no report: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1 };
  }
  const nothingRan = count.passed + count.failed === 0;
  return (!passed || nothingRan) && count.failed === 0 ? { ...count, failed: 1 } : count;
}

function unit(): Outcome {
  const file = join(reports, 'unit.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const passed = runProgram('node_modules/vitest/vitest.mjs', ['run', ...reporters]);
  return counted(passed, file, (report: { numPassedTests: number; numFailedTests: number }) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests,
  }));
}

function endToEnd(project: 'web' | 'electron'): Outcome {
  const file = join(reports, `e2e-${project}.json`);
  const args = [
    'test',
    '--config',
    'e2e/playwright.config.ts',
    `--project=${project}`,
    '--reporter=list,json',
  ];
  const passed = runProgram('node_modules/@playwright/test/cli.js', args, {
    PLAYWRIGHT_JSON_OUTPUT_FILE: file,
  });
  return counted(
    passed,
    file,
    (report: { stats: { expected: number; unexpected: number; flaky: number } }) => ({
      passed: report.stats.expected,
      failed: report.stats.unexpected + report.stats.flaky,
    }),
  );
}

/** A Chromium can be had everywhere, so a machine without one fails rather than passing untested. */
function endToEndWeb(): Outcome {
  return setUpBrowser() === null ? check(false) : endToEnd('web');
}

function endToEndElectron(): Outcome {
  const electron = electronForTests();
  return electron.kind === 'missing' ? { notRun: electron.why } : endToEnd('electron');
}

/** Seeded fault schedules on real processes. A slow machine plays as many as fit into the minutes, and says how many. */
function chaos(): Outcome {
  const file = join(reports, 'chaos.json');
  const limits = ['--schedules', '300', '--minutes', '4'];
  const passed = runProgram('e2e/chaos/chaos.ts', [...limits, '--report', file]);
  return counted(passed, file, (report: Count) => report);
}

const stages: readonly (readonly [string, () => Outcome])[] = [
  ['types', () => check(runProgram('node_modules/typescript/bin/tsc', ['-b']))],
  ['lint', () => check(runProgram('node_modules/oxlint/bin/oxlint', ['--deny-warnings']))],
  ['format', () => check(runProgram('node_modules/oxfmt/bin/oxfmt', ['--check', '.']))],
  ['unit and integration', unit],
  ['fuzz', () => check(runProgram('e2e/fuzz/fuzz.ts', ['--seconds', '8']))],
  ['build', () => check(runProgram('scripts/build.ts', []))],
  ['chaos', chaos],
  ['end to end, web', endToEndWeb],
  ['end to end, Electron', endToEndElectron],
];

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const lines: string[] = [];
let total: Count = { passed: 0, failed: 0 };
for (const [name, run] of stages) {
  console.log(`\n── ${name}`);
  const startedMs = Date.now();
  const outcome = run();
  const seconds = `${((Date.now() - startedMs) / 1_000).toFixed(1)} s`;
  if ('notRun' in outcome) {
    lines.push(`${name}: not run (${outcome.notRun})`);
    continue;
  }
  lines.push(`${name}: ${outcome.passed} passed, ${outcome.failed} failed, ${seconds}`);
  total = { passed: total.passed + outcome.passed, failed: total.failed + outcome.failed };
}
console.log(`\n${lines.join('\n')}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
