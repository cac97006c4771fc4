/**
 * Unusual days in generated years: what of the planted is found, and how many alarms a month are false, in the year that
 * the rule was made on and in years of other seeds, which it has never seen. Minutes each; the years are made by the
 * server's own test support, as a process.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { startBenchPostgres } from './postgres.ts';
import type { BenchRow } from './row.ts';
import { benchKeys, runServerProgram, send, signInAs, startPlainServer } from './server.ts';

export const yearProgram = 'year/test-year-process.ts';
export const yearPassword = 'zhangtai-year';
/** Of no meaning; the rule was made with none of them, but for how far back somebody who was away is looked at (202). */
const seeds = [11, 202, 3_003, 40_004, 500_005, 6_000_006];

interface Planted {
  readonly accountId: string | null;
  readonly product: string;
  readonly day: string;
}
/** What the program says of the year that it has made. */
export interface Made {
  readonly transactions: number;
  readonly people: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly planted: readonly Planted[];
  readonly financeEmail: string;
}
interface Unusual extends Partial<Planted> {
  readonly kind: string;
}
export type Get = (path: string) => Promise<unknown>;

export async function benchUnusual(): Promise<BenchRow[]> {
  const postgres = await startBenchPostgres();
  try {
    const rows: BenchRow[] = [];
    for (const seed of seeds) {
      const databaseUrl = await postgres.newDatabase(`seed_${seed}`);
      const made = (await runServerProgram(yearProgram, ['--seed', String(seed)], {
        DATABASE_URL: databaseUrl,
      })) as Made;
      const server = await startPlainServer(databaseUrl, join(postgres.folder, `seed-${seed}`));
      try {
        const { token } = await signInAs(server.url, { email: made.financeEmail, password: yearPassword });
        const get = (path: string) => send(server.url, path, undefined, { token, method: 'GET' });
        rows.push(await foundOfPlanted(made, databaseUrl, get, `, seed ${seed}`));
      } finally {
        await server.stop();
      }
    }
    return rows;
  } finally {
    await postgres.stop();
  }
}

/** Runs the watch over the whole year and counts what of the planted it found, and what it found beside that. */
export async function foundOfPlanted(
  made: Made,
  databaseUrl: string,
  get: Get,
  which = '',
): Promise<BenchRow> {
  execFileSync(process.execPath, [join(import.meta.dirname, '../server/start.ts'), 'run-job', 'finance'], {
    env: { ...process.env, ...benchKeys, DATABASE_URL: databaseUrl },
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
    name: `planted unusual days that were found${which}`,
    unit: 'days',
    ours: hit.length,
    reference: made.planted.length,
    referenceName: 'those that were planted',
    bar: { atLeast: 1 },
    notes: `${(besides.length / 12).toFixed(2)} false alarms a month, of ${made.people.toLocaleString('en')} people and 5 products`,
  };
}
