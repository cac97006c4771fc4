/**
 * A generated year of business: what its reports take against the bare sum over the ledger in the same database, what the
 * sums take to be made and kept, whether the server's memory stays flat meanwhile, and whether what was planted in the
 * year is found. Minutes. The year is made by the server's own test support, as a process.
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { startBenchPostgres } from './postgres.ts';
import { median, type BenchRow } from './row.ts';
import { send, signInAs, startPlainServer } from './server.ts';

const program = join(import.meta.dirname, '../server/year/test-year-process.ts');
const password = 'zhangtai-year';
const turns = 7;
const megabyte = 1024;
/** What every program that is on the database seals with. */
const env = { ZHANGTAI_KEYS: `bench:${randomBytes(32).toString('base64')}` };

interface Planted {
  readonly accountId: string | null;
  readonly product: string;
  readonly day: string;
}
interface Made {
  readonly transactions: number;
  readonly people: number;
  readonly planted: readonly Planted[];
  readonly financeEmail: string;
}
interface Unusual extends Partial<Planted> {
  readonly kind: string;
}

export async function benchYear(): Promise<BenchRow[]> {
  const postgres = await startBenchPostgres();
  try {
    const databaseUrl = await postgres.newDatabase('year');
    const startedAt = performance.now();
    const made = await makeYear(databaseUrl);
    const loadMs = performance.now() - startedAt;
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query('VACUUM ANALYZE');
    const server = await startPlainServer(databaseUrl, join(postgres.folder, 'server'), env);
    try {
      const { token } = await signInAs(server.url, { email: made.financeEmail, password });
      const get = (path: string) => send(server.url, path, undefined, { token, method: 'GET' });
      const bareMs = await timeOf(() => client.query(bareSum));
      const firstMs = await durationOf(() => get('/reports/2025-01-31'));
      // As the database does by itself, in its time.
      await client.query('VACUUM ANALYZE');
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
      ];
      for (const period of ['2025', '2025-06', '2025-06-10']) {
        rows.push({
          name: `the report of ${period}`,
          unit: 'ms',
          ours: await timeOf(() => get(`/reports/${period}`)),
          reference: bareMs,
          referenceName: 'one sum over the same ledger in SQL',
          bar: { atMost: 1.5 },
        });
      }
      await expectSame(get, client);
      rows.push(await found(made, databaseUrl, get));
      const after = memoryOf(server.pid);
      rows.push({
        name: "the server's memory after all reports and 365 days judged",
        unit: 'MB',
        ours: after,
        reference: before,
        referenceName: 'the same process after the first report',
        bar: { atMost: 1.25 },
      });
      return rows;
    } finally {
      await client.end();
      await server.stop();
    }
  } finally {
    await postgres.stop();
  }
}

const bareSum = `SELECT kind, sum(amount) FROM transactions WHERE asset = 'CNY' AND occurred_at_ms >= 1735660800000
  AND occurred_at_ms < 1767196800000 GROUP BY kind`;

async function makeYear(databaseUrl: string): Promise<Made> {
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error('the year was not made');
  return JSON.parse(said) as Made;
}

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

function memoryOf(pid: number): number {
  return (
    Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).trim()) / megabyte
  );
}

/** What the year's report says is what the ledger adds up to. */
async function expectSame(get: (path: string) => Promise<unknown>, client: pg.Client): Promise<void> {
  const { report } = (await get('/reports/2025')) as {
    readonly report: { readonly money: Readonly<Record<string, string>> };
  };
  const { rows } = await client.query<{ kind: string; sum: string }>(bareSum);
  const micros = (kind: string) => BigInt(rows.find((row) => row.kind === kind)?.sum ?? '0');
  const said = (name: string) => BigInt(Math.round(Number(report.money[name]) * 1_000_000));
  const same =
    said('recharged') === micros('recharge') &&
    said('consumed') === -micros('charge') &&
    said('refunded') === micros('refund') &&
    said('paidOut') === -micros('adjustment');
  if (!same) throw new Error(`the report is not the ledger's: ${JSON.stringify(report.money)}`);
}

/** Runs the watch over the whole year and counts what of the planted it found, and what it found beside that. */
async function found(
  made: Made,
  databaseUrl: string,
  get: (path: string) => Promise<unknown>,
): Promise<BenchRow> {
  execFileSync(process.execPath, [join(import.meta.dirname, '../server/start.ts'), 'run-job', 'finance'], {
    env: { ...process.env, ...env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const all: Unusual[] = [];
  for (let cursor = ''; ;) {
    const page = (await get(`/findings?limit=200${cursor}`)) as {
      readonly items: readonly { readonly what: Unusual }[];
      readonly nextCursor: string | null;
    };
    all.push(...page.items.map(({ what }) => what).filter(({ kind }) => kind === 'unusual'));
    if (page.nextCursor === null) break;
    cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`;
  }
  const of = (plant: Planted, what: Unusual): boolean =>
    plant.day === what.day &&
    plant.product === what.product &&
    (plant.accountId === null || what.accountId === undefined || plant.accountId === what.accountId);
  const hit = made.planted.filter((plant) =>
    all.some((what) => of(plant, what) && (what.accountId ?? null) === plant.accountId),
  );
  const besides = all.filter(
    (what) => what.day?.startsWith('2025') === true && !made.planted.some((plant) => of(plant, what)),
  );
  return {
    name: 'planted unusual days that were found',
    unit: 'days',
    ours: hit.length,
    reference: made.planted.length,
    referenceName: 'those that were planted',
    bar: { atLeast: 1 },
    notes: `${(besides.length / 12).toFixed(2)} false alarms a month, of ${made.people.toLocaleString('en')} people and 5 products`,
  };
}
