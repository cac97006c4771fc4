/**
 * `npm test`: every check of the product, one after the other, with its time, and one line of totals at the end. It
 * must never stop at the first failure, nor leave out a stage without a line that says so.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { setUpBrowser } from './setup-browser.ts';
import { electronForTests } from './test-programs.ts';

const root = dirname(import.meta.dirname);
const reports = join(root, 'node_modules', '.cache', 'test-reports');

/** How many checks passed and failed. A stage without tests of its own, such as the linter, is one check. */
interface Count {
  readonly passed: number;
  readonly failed: number;
  /** Each failed test by name, with the beginning of what it said, where the runner's report has it. */
  readonly failures?: readonly string[];
  /** Each test that passed at its second try only, likewise, with what the first one said. */
  readonly unsteady?: readonly string[];
}

/** Characters of what a failed test said that are said again at the end. */
const failureShownMax = 1_200;

type Outcome = Count | { readonly notRun: string };

function runProgram(script: string, args: readonly string[], env: Record<string, string> = {}): boolean {
  const done = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return done.status === 0;
}

const shown = (name: string, messages: readonly string[]): string =>
  // A runner colours what it writes; a log that is read later has no use for it.
  `${name}\n${stripVTControlCharacters(messages.join('\n')).slice(0, failureShownMax)}`;

/** Runs a program whose output is shown as it comes, and returns the end of it. */
async function runHeard(script: string, args: readonly string[]): Promise<{ passed: boolean; said: string }> {
  const child = spawn(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: ['inherit', 'pipe', 'pipe'],
  });
  let said = '';
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const)
    from.on('data', (chunk: Buffer) => {
      to.write(chunk);
      said = (said + chunk.toString()).slice(-failureShownMax);
    });
  const [status] = (await once(child, 'close')) as [number | null];
  return { passed: status === 0, said };
}

/** A program that is one check: the end of what it says is said again where it fails. */
async function check(script: string, args: readonly string[] = []): Promise<Count> {
  const { passed, said } = await runHeard(script, args);
  return passed ? { passed: 1, failed: 0 } : { passed: 0, failed: 1, failures: [shown(script, [said])] };
}

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

interface UnitReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[] | null;
    }[];
  }[];
}

function unitFailures(report: UnitReport): string[] {
  return report.testResults.flatMap(({ name, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => shown(`${file} › ${test.fullName}`, test.failureMessages ?? []));
    // A file that could not be loaded has no test to name.
    return failed.length === 0 && message !== '' ? [shown(file, [message])] : failed;
  });
}

interface BrowserSuite {
  readonly suites?: readonly BrowserSuite[];
  readonly specs?: readonly {
    readonly file: string;
    readonly title: string;
    readonly tests: readonly {
      readonly status: 'expected' | 'unexpected' | 'flaky' | 'skipped';
      readonly results: readonly { readonly errors: readonly { readonly message?: string }[] }[];
    }[];
  }[];
}

function browserTests(suite: BrowserSuite, status: 'unexpected' | 'flaky'): string[] {
  const own = (suite.specs ?? [])
    .filter((spec) => spec.tests.some((test) => test.status === status))
    .map((spec) => {
      const errors = spec.tests.flatMap((test) => test.results.flatMap((result) => result.errors));
      return shown(
        `${spec.file} › ${spec.title}`,
        errors.map((error) => error.message ?? ''),
      );
    });
  return [...own, ...(suite.suites ?? []).flatMap((inner) => browserTests(inner, status))];
}

function unit(): Outcome {
  const file = join(reports, 'unit.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const passed = runProgram('node_modules/vitest/vitest.mjs', ['run', ...reporters]);
  return counted(passed, file, (report: UnitReport) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    failures: unitFailures(report),
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
    (report: BrowserSuite & { stats: { expected: number; unexpected: number; flaky: number } }) => ({
      passed: report.stats.expected + report.stats.flaky,
      failed: report.stats.unexpected,
      failures: browserTests(report, 'unexpected'),
      unsteady: browserTests(report, 'flaky'),
    }),
  );
}

/** A Chromium can be had everywhere, so a machine without one fails rather than passing untested. */
function endToEndWeb(): Outcome {
  return setUpBrowser() === null ? { passed: 0, failed: 1 } : endToEnd('web');
}

function endToEndElectron(): Outcome {
  const electron = electronForTests();
  return electron.kind === 'missing' ? { notRun: electron.why } : endToEnd('electron');
}

/**
 * Seeded fault schedules on real processes: so many that all stages together stay well below half an hour on two cores. A
 * slow machine plays as many as fit into the minutes, and says how many.
 */
async function chaos(): Promise<Outcome> {
  const file = join(reports, 'chaos.json');
  const limits = ['--schedules', '200', '--minutes', '3'];
  const script = 'e2e/chaos/chaos.ts';
  const { passed, said } = await runHeard(script, [...limits, '--report', file]);
  const count = counted(passed, file, (report: Count) => report);
  const isNamed = count.failed === 0 || (count.failures ?? []).length > 0;
  return isNamed ? count : { ...count, failures: [shown(script, [said])] };
}

const stages: readonly (readonly [string, () => Outcome | Promise<Outcome>])[] = [
  ['types', () => check('node_modules/typescript/bin/tsc', ['-b'])],
  ['lint', () => check('node_modules/oxlint/bin/oxlint', ['--deny-warnings'])],
  ['format', () => check('node_modules/oxfmt/bin/oxfmt', ['--check', '.'])],
  ['unit and integration', unit],
  ['fuzz', () => check('e2e/fuzz/fuzz.ts', ['--seconds', '8'])],
  ['build', () => check('scripts/build.ts')],
  ['chaos', chaos],
  ['end to end, web', endToEndWeb],
  ['end to end, Electron', endToEndElectron],
];

// Hundreds of servers and engines start from the same sources: what the first makes of them serves the others.
process.env['NODE_COMPILE_CACHE'] ??= join(root, 'node_modules', '.cache', 'compiled');
// Files have Chinese names: on Linux, a browser and an office write those in the locale's encoding, whichever it is.
const locale = process.env['LC_ALL'] ?? process.env['LC_CTYPE'] ?? process.env['LANG'] ?? '';
if (process.platform === 'linux' && !/utf-?8/i.test(locale)) process.env['LC_ALL'] = 'C.UTF-8';
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const lines: string[] = [];
const failures: string[] = [];
const unsteady: string[] = [];
let total: Count = { passed: 0, failed: 0 };
for (const [name, run] of stages) {
  console.log(`\n── ${name}`);
  const startedMs = Date.now();
  const outcome = await run();
  const seconds = `${((Date.now() - startedMs) / 1_000).toFixed(1)} s`;
  if ('notRun' in outcome) {
    lines.push(`${name}: not run (${outcome.notRun})`);
    continue;
  }
  const again = outcome.unsteady?.length ?? 0;
  const tries = again === 0 ? '' : `${again} at the second try only, `;
  lines.push(`${name}: ${outcome.passed} passed, ${outcome.failed} failed, ${tries}${seconds}`);
  failures.push(...(outcome.failures ?? []).map((failure) => `${name}: ${failure}`));
  unsteady.push(...(outcome.unsteady ?? []).map((test) => `${name}: ${test}`));
  total = { passed: total.passed + outcome.passed, failed: total.failed + outcome.failed };
}
// Again, and last: thousands of lines lie between a test that failed early and whoever reads the end of a log.
for (const test of unsteady) console.log(`\n⚠ passed at the second try only: ${test}`);
for (const failure of failures) console.log(`\n✗ ${failure}`);
console.log(`\n${lines.join('\n')}`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
