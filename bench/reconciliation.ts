/**
 * Reconciliation of a long day: what comparing its bills with orders and ledger takes against the bare joins of the same
 * tables, what reading them takes against copying the rows that come of it, and whether memory is the same for eight
 * times the rows. Minutes. Days and bills are made by the server's own test support, as a process.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startBenchPostgres, type BenchPostgres } from './postgres.ts';
import { median, type BenchRow } from './row.ts';
import { runServerProgram } from './server.ts';

export const reconcileProgram = 'year/test-reconcile-process.ts';

const day = '2026-11-18';
const fewPayments = 50_000;
const manyPayments = 400_000;
const turns = 3;

/** What the program says of what it has reconciled; names are `kind subject class day`. */
export interface Reconciled {
  readonly days: number;
  /** Lines of all bills. */
  readonly trades: number;
  readonly flows: number;
  readonly planted: Readonly<Record<string, number>>;
  readonly found: Readonly<Record<string, number>>;
  readonly missed: readonly string[];
  readonly invented: readonly string[];
  readonly orders: { readonly count: number; readonly amount: string };
  readonly ms: number;
  /** Of a year: what its providers billed, held against usage. */
  readonly providers?: Pick<Reconciled, 'planted' | 'found' | 'missed' | 'invented'> & {
    readonly bills: number;
    readonly lines: number;
  };
  /** Resident, in MB. */
  readonly memory: { readonly before: number; readonly peak: number };
}

export async function benchReconciliation(): Promise<BenchRow[]> {
  const postgres = await startBenchPostgres();
  try {
    // As many rows in all, so that what a program grows by because it works is the same on both sides.
    const few = await longDay(postgres, fewPayments, manyPayments / fewPayments);
    const many = await longDay(postgres, manyPayments, 1);
    const lines = `${many.trades.toLocaleString('en')} lines of trades, ${many.flows.toLocaleString('en')} of funds`;
    const growth = ({ memory }: Reconciled): number => memory.peak - memory.before;
    return [
      {
        name: `a day of ${manyPayments.toLocaleString('en')} payments, compared`,
        unit: 'ms',
        ours: many.comparingMs,
        reference: many.joinMs,
        referenceName:
          'joins of the same bills, orders, refunds and ledger in SQL that only count what differs',
        bar: { atMost: 3.5 },
        notes: `${lines}; ${total(many.found)} of ${total(many.planted)} planted differences found, none invented`,
      },
      {
        name: 'its bills read, checked and staged',
        unit: 'ms',
        ours: many.readingMs,
        reference: many.copyMs,
        referenceName: 'the same rows copied within the database, indexes and all',
        bar: { atMost: 3 },
      },
      {
        name: 'how far memory grew meanwhile',
        unit: 'MB',
        ours: growth(many),
        reference: growth(few),
        referenceName: `the same for as many payments in ${few.times} days of ${fewPayments.toLocaleString('en')}`,
        bar: { atMost: 1.25 },
        notes: `at its peak ${many.memory.peak.toFixed(0)} MB, of short days ${few.memory.peak.toFixed(0)} MB, ${few.firstPeakMb.toFixed(0)} MB by the end of the first; from ${many.memory.before.toFixed(0)} MB`,
      },
    ];
  } finally {
    await postgres.stop();
  }
}

export function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Throws where anything was found that nobody planted, or not found. */
export function expectNothingInvented({ invented, missed }: Pick<Reconciled, 'invented' | 'missed'>): void {
  if (invented.length + missed.length === 0) return;
  throw new Error(
    `not found: ${missed.slice(0, 5).join(', ')}; invented: ${invented.slice(0, 5).join(', ')}`,
  );
}

interface LongDay extends Reconciled {
  readonly comparingMs: number;
  readonly readingMs: number;
  readonly firstPeakMb: number;
  readonly times: number;
  readonly joinMs: number;
  readonly copyMs: number;
}

async function longDay(postgres: BenchPostgres, payments: number, times: number): Promise<LongDay> {
  const databaseUrl = await postgres.newDatabase(`payments_${payments}`);
  const folder = join(postgres.folder, `bills-${payments}`);
  mkdirSync(folder);
  const run = (...args: string[]) =>
    runServerProgram(reconcileProgram, ['--day', day, '--folder', folder, ...args], {
      DATABASE_URL: databaseUrl,
    });
  await run('--make', String(payments));
  const reconciled = (await run('--times', String(times))) as Reconciled &
    Pick<LongDay, 'comparingMs' | 'readingMs' | 'firstPeakMb'>;
  expectNothingInvented(reconciled);
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const [joins, copies]: [number[], number[]] = [[], []];
    for (let turn = 0; turn < turns; turn += 1) {
      joins.push(await timeOf(client, joinSqls));
      copies.push(await timeOf(client, copySqls));
    }
    const { rows } = await client.query<{ trades: string; flows: string }>(
      'SELECT (SELECT count(*) FROM wechat_trades) AS trades, (SELECT count(*) FROM wechat_funds) AS flows',
    );
    return {
      ...reconciled,
      times,
      trades: Number(rows[0]?.trades),
      flows: Number(rows[0]?.flows),
      joinMs: median(joins),
      copyMs: median(copies),
    };
  } finally {
    await client.end();
  }
}

async function timeOf(client: pg.Client, sqls: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  for (const sql of sqls) await client.query(sql);
  return performance.now() - startedAt;
}

const startMs = Date.parse(`${day}T00:00:00+08:00`);
const range = (column: string) => `${column} >= ${startMs} AND ${column} < ${startMs + 86_400_000}`;
const joinSqls = [
  `SELECT count(*) FROM (SELECT * FROM wechat_trades WHERE day = '${day}' AND kind = 'payment') t
     FULL JOIN (SELECT * FROM recharge_orders WHERE ${range('paid_at_ms')}) o ON o.out_trade_no = t.out_trade_no
     LEFT JOIN transactions l ON l.account_id = o.account_id AND l.id = o.recharge_id
   WHERE t.amount IS DISTINCT FROM o.amount OR o.amount IS DISTINCT FROM l.amount`,
  `SELECT count(*) FROM (SELECT * FROM wechat_trades WHERE day = '${day}' AND kind = 'refund') t
     FULL JOIN (SELECT * FROM recharge_refunds WHERE ${range('created_at_ms')}) r ON r.out_refund_no = t.out_refund_no
     LEFT JOIN transactions l ON l.account_id = r.account_id AND l.id = r.id
   WHERE t.amount IS DISTINCT FROM r.amount OR r.amount IS DISTINCT FROM -l.amount`,
  `SELECT count(*) FROM (SELECT * FROM wechat_trades WHERE day = '${day}' AND state = 'SUCCESS') t
     FULL JOIN (SELECT wechat_no, sum(amount) AS amount FROM wechat_funds WHERE day = '${day}' GROUP BY wechat_no) f
       ON f.wechat_no = t.wechat_no
   WHERE f.amount IS DISTINCT FROM CASE t.kind WHEN 'refund' THEN -t.settled ELSE t.settled - t.fee END`,
];
const copySqls = ['wechat_trades', 'wechat_funds'].flatMap((table) => [
  `CREATE TABLE copied (LIKE ${table} INCLUDING ALL)`,
  `INSERT INTO copied SELECT * FROM ${table}`,
  'DROP TABLE copied',
]);
