/**
 * Measures what the export of a million rows does to the desk beside it: how long the engine's thread is held up, how soon
 * a cancel is through wherever it comes, and how much memory it takes at its most, against a tenth of the rows. Each export
 * is measured in a process of its own, which starts the worker that the desk starts. Prints its rows as JSON.
 *
 * Usage: node main/export/long-export.bench.ts [ROWS]     1,000,000 when not given
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openCache } from '../cache/database.ts';
import { fillMirror, ledgerAccount } from '../cache/test-ledger.ts';
import { startExport } from './export-run.ts';

interface Task {
  readonly databaseFile: string;
  readonly path: string;
  /** Cancels once so many rows are written; null: never. */
  readonly cancelAfterRows: number | null;
}
interface Measured {
  readonly rows: number;
  readonly seconds: number;
  readonly stallMs: number;
  readonly peakMb: number;
  /** From the cancel to the end of the worker; null without one. */
  readonly cancelMs: number | null;
}

async function measure({ databaseFile, path, cancelAfterRows }: Task): Promise<Measured> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const startedAt = performance.now();
  let cancelledAt: number | null = null;
  let rows = 0;
  delay.enable();
  const run = startExport(
    {
      databaseFile,
      account: ledgerAccount,
      filter: {},
      format: 'xlsx',
      language: 'zh-CN',
      path,
      sheetRowsMax: 1_048_574,
    },
    ({ written }) => {
      rows = written;
      if (cancelAfterRows === null || cancelledAt !== null || written < cancelAfterRows) return;
      cancelledAt = performance.now();
      run.cancel();
    },
  );
  const end = await run.end;
  const endedAt = performance.now();
  delay.disable();
  const isRight = end.kind === (cancelAfterRows === null ? 'done' : 'cancelled');
  if (!isRight || (cancelAfterRows !== null && existsSync(path))) throw new Error(JSON.stringify(end));
  return {
    rows: end.kind === 'done' ? end.written : rows,
    seconds: (endedAt - startedAt) / 1_000,
    stallMs: delay.max / 1e6,
    peakMb: process.resourceUsage().maxRSS / 1_024,
    cancelMs: cancelledAt === null ? null : endedAt - cancelledAt,
  };
}

async function inProcessOfItsOwn(task: Task): Promise<Measured> {
  const child = fork(import.meta.filename, {
    env: { ...process.env, LONG_EXPORT_TASK: JSON.stringify(task) },
  });
  const [answer] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [
    Measured | number | null,
  ];
  if (typeof answer !== 'object' || answer === null)
    throw new Error(`the export ended with ${String(answer)}`);
  return answer;
}

function filled(folder: string, rows: number): string {
  const opened = openCache(join(folder, `desk-${rows}`), Date.now());
  if (!opened.ok) throw new Error(opened.problem.code);
  fillMirror(opened.cache, rows);
  opened.cache.close();
  return opened.cache.file;
}

const count = (value: number): string => value.toLocaleString('en-US');

async function bench(rows: number): Promise<unknown[]> {
  const folder = mkdtempSync(join(tmpdir(), 'zhangtai-bench-'));
  try {
    const long = filled(folder, rows);
    const short = filled(folder, rows / 10);
    const path = join(folder, 'bill.xlsx');
    const few = await inProcessOfItsOwn({ databaseFile: short, path, cancelAfterRows: null });
    const many = await inProcessOfItsOwn({ databaseFile: long, path, cancelAfterRows: null });
    rmSync(path);
    const cancels: number[] = [];
    for (const part of [0, 0.05, 0.2, 0.4]) {
      const cancelled = await inProcessOfItsOwn({ databaseFile: long, path, cancelAfterRows: part * rows });
      cancels.push(cancelled.cancelMs ?? Number.POSITIVE_INFINITY);
    }
    return [
      {
        name: `peak memory of an export of ${count(rows)} rows`,
        unit: 'MB',
        ours: many.peakMb,
        reference: few.peakMb,
        referenceName: `an export of ${count(few.rows)} rows`,
        bar: { atMost: 1.25 },
        notes: `the process that exports, from its start; ${many.seconds.toFixed(1)} s and ${few.seconds.toFixed(1)} s`,
      },
      {
        name: `longest stall of the engine during it`,
        unit: 'ms',
        ours: many.stallMs,
        reference: 50,
        referenceName: 'what a person notices',
        bar: { atMost: 1 },
      },
      {
        name: `a cancel of it`,
        unit: 'ms',
        ours: Math.max(...cancels),
        reference: 1_000,
        referenceName: 'the limit of what a person may be kept waiting',
        bar: { atMost: 1 },
        notes: `the longest of ${cancels.map((ms) => `${ms.toFixed(0)} ms`).join(', ')}: before the first row, after 5, 20 and 40 % of them`,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const task = process.env['LONG_EXPORT_TASK'];
if (task === undefined) console.log(JSON.stringify(await bench(Number(process.argv[2] ?? 1_000_000))));
else process.send?.(await measure(JSON.parse(task) as Task), () => process.disconnect());
