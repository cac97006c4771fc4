/**
 * Measures the product against references in the same run and prints a table of ratios and their bars. Absolute
 * figures depend on the machine; only the ratios count.
 *
 * Usage: npm run bench -- [--only NAME] [--json FILE]     exit status 1 when a ratio misses its bar
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benchCharging } from './charging.ts';
import { benchDesk } from './desk.ts';
import { meetsBar, ratioOf, type BenchRow } from './row.ts';

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });

const suites: Readonly<Record<string, () => Promise<BenchRow[]>>> = {
  enqueue: () => benchDesk('main/sync/outbox.bench.ts'),
  export: () => benchDesk('main/export/export.bench.ts'),
  charging: benchCharging,
};

const chosen = Object.entries(suites).filter(([name]) => values.only === undefined || values.only === name);
if (chosen.length === 0) {
  console.error(`bench: --only takes one of ${Object.keys(suites).join(', ')}`);
  process.exit(1);
}

const rows: BenchRow[] = [];
for (const [name, suite] of chosen) {
  console.error(`measuring ${name} …`);
  rows.push(...(await suite()));
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
if (values.json !== undefined) {
  const report = rows.map((row) => ({ ...row, ratio: ratioOf(row), met: meetsBar(row) }));
  writeFileSync(
    values.json,
    `${JSON.stringify({ measuredAt: new Date().toISOString(), rows: report }, null, 2)}\n`,
  );
}
process.exitCode = rows.every(meetsBar) ? 0 : 1;
