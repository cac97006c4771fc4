/**
 * A generated year of business: what its reports take against the bare sum over the ledger of the same time in the same
 * database, what the sums take to be made and kept, whether the server's memory stays flat meanwhile, whether what was
 * planted in the year is found, and what was planted in WeChat's bills of each of its days. Minutes. The year is made by
 * the server's own test support, as a process.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { yuan } from '../shared/money.ts';
import { startBenchPostgres } from './postgres.ts';
import { expectNothingInvented, reconcileProgram, total, type Reconciled } from './reconciliation.ts';
import { median, type BenchRow } from './row.ts';
import { runServerProgram, send, signInAs, startPlainServer } from './server.ts';
import { foundOfPlanted, yearPassword, yearProgram, type Get, type Made } from './unusual.ts';

const turns = 7;
const megabyte = 1024;
const lookEveryMs = 1_000;
const looksMax = 900;
/** Of each kind and class. */
const plantedEach = 30;

export async function benchYear(): Promise<BenchRow[]> {
  const postgres = await startBenchPostgres();
  try {
    const databaseUrl = await postgres.newDatabase('year');
    const startedAt = performance.now();
    const made = (await runServerProgram(yearProgram, [], { DATABASE_URL: databaseUrl })) as Made;
    const loadMs = performance.now() - startedAt;
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query('VACUUM ANALYZE');
    const server = await startPlainServer(databaseUrl, join(postgres.folder, 'server'));
    try {
      const { token } = await signInAs(server.url, { email: made.financeEmail, password: yearPassword });
      const get = (path: string) => send(server.url, path, undefined, { token, method: 'GET' });
      const firstMs = await durationOf(() => get('/reports/2025-01-31'));
      await send(server.url, '/costs', costs, { token, method: 'PUT' });
      // As the database does by itself, in its time.
      await client.query('VACUUM ANALYZE');
      await ownWorkDone(get);
      const before = memoryOf(server.pid);
      const rows: BenchRow[] = [
        {
          name: `the sums of ${made.transactions.toLocaleString('en')} transactions, made at once`,
          unit: 'ms',
          ours: firstMs,
          reference: loadMs,
          referenceName: 'making and loading the same rows',
          bar: { atMost: 1 },
          notes: `${made.people.toLocaleString('en')} people`,
        },
        ...(await reportRows(get, client)),
      ];
      for (const period of periodsCompared) await expectSame(period, get, client);
      rows.push(await foundOfPlanted(made, databaseUrl, get));
      const after = memoryOf(server.pid);
      rows.push({
        name: "the server's memory after all reports and 365 days judged",
        unit: 'MB',
        ours: after,
        reference: before,
        referenceName: 'the same process after the first report and its own first round of work',
        bar: { atMost: 1.25 },
      });
      rows.push(...(await reconciled(made, databaseUrl)));
      return rows;
    } finally {
      await client.end();
      await server.stop();
    }
  } finally {
    await postgres.stop();
  }
}

/** A kind of report each, and the list of users of the whole year. */
const measured = [
  ['the report of a year', '/reports/2025', '2025'],
  ['the report of a month', '/reports/2025-06', '2025-06'],
  ['the report of a day', '/reports/2025-06-10', '2025-06-10'],
  ['the users who brought most in a year', '/margins?by=user&from=2025-01-01&until=2026-01-01', '2025'],
] as const;
const periodsCompared = [
  '2025',
  ...Array.from({ length: 12 }, (_, month) => `2025-${String(month + 1).padStart(2, '0')}`),
  '2025-01-01',
  '2025-06-10',
  '2025-06-30',
  '2025-12-31',
];

async function reportRows(get: Get, client: pg.Client): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [name, path, period] of measured) {
    const { fromMs, untilMs } = spanOf(period);
    rows.push({
      name,
      unit: 'ms',
      ours: await timeOf(() => get(path)),
      reference: await timeOf(() => client.query(bareSql, [fromMs, untilMs])),
      referenceName: 'one sum over the same time of the ledger in SQL',
      bar: { atMost: 1.5 },
    });
  }
  return rows;
}

/** A day, a month or a year as text. */
function spanOf(period: string): { readonly fromMs: number; readonly untilMs: number } {
  const [year = 0, month, day] = period.split('-').map(Number);
  const end =
    month === undefined
      ? Date.UTC(year + 1, 0, 1)
      : day === undefined
        ? Date.UTC(year, month, 1)
        : Date.UTC(year, month - 1, day + 1);
  return {
    fromMs: Date.UTC(year, (month ?? 1) - 1, day ?? 1) - chinaOffsetMs,
    untilMs: end - chinaOffsetMs,
  };
}
const chinaOffsetMs = 8 * 3_600_000;

async function durationOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) times.push(await durationOf(work));
  return median(times);
}

/** What a server does by itself soon after it started: it walks the whole ledger. */
async function ownWorkDone(get: Get): Promise<void> {
  for (let look = 0; look < looksMax; look += 1) {
    const { items } = (await get('/reconciliation/days?source=ledger&limit=1')) as {
      readonly items: readonly { readonly state: string }[];
    };
    if (items[0]?.state === 'done') return;
    await delay(lookEveryMs);
  }
  throw new Error('the server did not come to the end of its ledger');
}

function memoryOf(pid: number): number {
  return (
    Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim()) / megabyte
  );
}

// ── The same by plain SQL ───────────────────────────────────────────────────────────────────────────────────

const effectiveAt = '2024-12-01T00:00:00.000Z';
const [inputPrice, outputPrice, per] = ['0.9', '3.7', 1_000_000];
/** One price for the models of three providers: what calls cost is then a sum over tokens. */
const costs = {
  providers: ['aliyun', 'deepseek', 'openai'].map((id) => ({ id, name: { 'zh-CN': id, 'en-US': id } })),
  prices: [
    ['aliyun', 'qwen-max'],
    ['deepseek', 'deepseek-chat'],
    ['openai', 'gpt-4'],
  ].map(([provider, model]) => ({
    basis: 'tokens',
    provider,
    model,
    effectiveAt,
    per,
    inputPrice,
    outputPrice,
  })),
  unitValues: [],
};

const bareSql = `SELECT kind, sum(amount) FROM transactions WHERE asset = 'CNY' AND occurred_at_ms >= $1
  AND occurred_at_ms < $2 GROUP BY kind`;
const ledgerSql = `SELECT coalesce(sum(amount) FILTER (WHERE kind = 'recharge'), 0) AS recharged,
    coalesce(-sum(amount) FILTER (WHERE kind = 'charge'), 0) AS consumed,
    coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0) AS refunded,
    coalesce(-sum(amount) FILTER (WHERE kind = 'adjustment'), 0) AS "paidOut"
  FROM transactions WHERE asset = 'CNY' AND occurred_at_ms >= $1 AND occurred_at_ms < $2`;
const standSql = `SELECT coalesce(sum(amount) FILTER (WHERE occurred_at_ms < $1), 0) AS opening,
    coalesce(sum(amount) FILTER (WHERE occurred_at_ms < $2), 0) AS closing FROM transactions WHERE asset = 'CNY'`;
const callsSql = `SELECT coalesce(sum(round((input_tokens * ${inputPrice} + output_tokens * ${outputPrice}) * 1000000
    / ${per})), 0)::bigint AS cost
  FROM metered_usages WHERE ended_at_ms >= $1 AND ended_at_ms < $2`;
const usersSql = `SELECT account_id AS key, -sum(amount) AS revenue FROM transactions WHERE asset = 'CNY'
    AND kind IN ('charge', 'refund') AND occurred_at_ms >= $1 AND occurred_at_ms < $2
  GROUP BY account_id ORDER BY revenue DESC, account_id::text LIMIT 20`;

interface Answer {
  readonly report: {
    readonly money: Readonly<Record<string, string>>;
    readonly costs: { readonly usage: string };
    readonly topUsers: readonly { readonly key: string; readonly revenue: string }[];
  };
}

/** What the report says is what ledger and usage records add up to, to the millionth. */
async function expectSame(period: string, get: Get, client: pg.Client): Promise<void> {
  const { report } = (await get(`/reports/${period}`)) as Answer;
  const { fromMs, untilMs } = spanOf(period);
  const inSpan = async (sql: string) =>
    (await client.query<Record<string, string>>(sql, [fromMs, untilMs])).rows;
  const [money, stood, calls] = [await inSpan(ledgerSql), await inSpan(standSql), await inSpan(callsSql)].map(
    ([row]) => row,
  );
  const { cost, ...figures } = { ...money, ...stood, ...calls };
  const said = Object.keys(figures).map((name) => [name, yuan(report.money[name] ?? '')]);
  const users = report.topUsers.map(({ key, revenue }) => ({ key, revenue: String(yuan(revenue)) }));
  const ours = JSON.stringify([Object.fromEntries(said), yuan(report.costs.usage), users], asText);
  const plain = JSON.stringify([figures, cost, await inSpan(usersSql)], asText);
  if (ours !== plain) throw new Error(`the report of ${period} is not the ledger's: ${ours} and ${plain}`);
}

function asText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

// ── WeChat's bills ──────────────────────────────────────────────────────────────────────────────────────────

/** Each day of the year reconciled as it would have been on its next morning, and the bills of its providers. */
async function reconciled({ fromMs, untilMs }: Made, databaseUrl: string): Promise<BenchRow[]> {
  const span = ['--from', String(fromMs), '--until', String(untilMs), '--each', String(plantedEach)];
  const done = (await runServerProgram(reconcileProgram, span, { DATABASE_URL: databaseUrl })) as Reconciled;
  const { providers, memory } = done;
  if (providers === undefined) throw new Error('no provider was billed for');
  expectNothingInvented(done);
  expectNothingInvented(providers);
  return [
    {
      name: "differences planted in WeChat's bills of the year that were found",
      ...foundOf(done),
      notes:
        `${plantedEach} of each of ${Object.keys(done.planted).length} kinds and classes over ${done.days} days, none invented; ` +
        `${done.trades.toLocaleString('en')} lines of trades and ${done.flows.toLocaleString('en')} of funds in ${(done.ms / 1_000).toFixed(0)} s, ` +
        `memory ${memory.before.toFixed(0)} MB before and ${memory.peak.toFixed(0)} MB at its peak`,
    },
    {
      name: 'differences planted in the bills of its three providers that were found',
      ...foundOf(providers),
      notes: `${plantedEach} of each of ${Object.keys(providers.planted).length} classes in ${providers.bills} bills of ${providers.lines.toLocaleString('en')} lines, what is late on both of its days; none invented`,
    },
  ];
}

function foundOf({
  planted,
  found,
}: Pick<Reconciled, 'planted' | 'found'>): Omit<BenchRow, 'name' | 'notes'> {
  return {
    unit: 'differences',
    ours: total(found),
    reference: total(planted),
    referenceName: 'those that were planted',
    bar: { atLeast: 1 },
  };
}
