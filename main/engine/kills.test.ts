/**
 * Ends the engine at every single step of a task's life, one case per step: afterwards the ledger has one charge for each
 * follow that the agent did and none for any other, the money is the same on both sides, and nothing stays set aside.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Campaign } from '../../shared/ipc.ts';
import { yuan } from '../../shared/money.ts';
import { freshFolder } from '../sync/test-desk.ts';
import { signInElsewhere, type Elsewhere } from './test-elsewhere.ts';
import { startDemoServer, startEngine, type DemoServer, type EngineProcess } from './test-process.ts';
import {
  killerArguments,
  Strikes,
  strikingAgent,
  strikingProxy,
  type Listening,
  type Strike,
  type StrikingAgent,
} from './test-strikes.ts';

/** Where the engine is ended; a second strike ends the life that begins after the first. */
type Step = readonly [what: string, ...strikes: readonly Strike[]];

const database = (
  sql: string,
  parameters: string,
  when: 'before' | 'before the commit' | 'after the commit',
) => ({ at: 'database', sql, with: parameters, when }) as const;
const around = (what: string, sql: string, parameters: string): readonly Step[] => [
  [`before ${what} is written`, database(sql, parameters, 'before')],
  [`when ${what} is written, before the commit`, database(sql, parameters, 'before the commit')],
  [`after ${what} is committed`, database(sql, parameters, 'after the commit')],
];
const asking = (what: string, at: 'server' | 'agent', request: RegExp): readonly Step[] => [
  [`${what} was asked for, but not done`, { at, request, when: 'before it acts' }],
  [`${what} was done, but not answered`, { at, request, when: 'after it acted' }],
];

const campaignIs = (phase: string): string => `"phase":"${phase}"`;
const followed = { at: 'agent', request: /^POST \/follow$/ } as const;
const askedAgain = { at: 'agent', request: /^GET \/follow\// } as const;
const charged = { at: 'server', request: /^POST \/api\/billing\/charges$/ } as const;
const [notActed, acted] = [{ when: 'before it acts' }, { when: 'after it acted' }] as const;
const outcome = 'UPDATE tasks SET phase = @to';

/** In the order in which they happen. */
const steps: readonly Step[] = [
  ...around(
    'the confirmed campaign and the name of its hold',
    'UPDATE campaigns SET',
    campaignIs('confirmed'),
  ),
  ...asking('the hold', 'server', /^POST \/api\/holds$/),
  ...around('the running campaign with its hold', 'UPDATE campaigns SET', campaignIs('running')),
  ...around('the mark of a task as running', "UPDATE tasks SET phase = 'running'", ''),
  ...asking('the follow', 'agent', followed.request),
  [
    'the follow was not done; then while the agent is asked',
    { ...followed, ...notActed },
    { ...askedAgain, ...notActed },
  ],
  [
    'the follow was done; then when the agent has told so',
    { ...followed, ...acted },
    { ...askedAgain, ...acted },
  ],
  [
    'the follow was done; then before the answer to the question is written',
    { ...followed, ...acted },
    database(outcome, '"to":"succeeded"', 'before'),
  ],
  [
    'the follow was not done; then before it is queued again',
    { ...followed, ...notActed },
    database(outcome, '"to":"queued"', 'before'),
  ],
  [
    'after the agent has answered, before the success is written',
    database(outcome, '"to":"succeeded"', 'before'),
  ],
  ['after the success, before its number', database('INSERT INTO charge_numbers', '', 'before')],
  ['after the number, before the charge', database('INSERT INTO outbox ', '', 'before')],
  [
    'after the charge, before the commit of all three',
    database('INSERT INTO outbox ', '', 'before the commit'),
  ],
  ['after that commit, before the charge is sent', database('INSERT INTO outbox ', '', 'after the commit')],
  ...around('the mark of a charge as being sent', "UPDATE outbox SET state = 'sending'", ''),
  ...asking('the charge', 'server', charged.request),
  [
    'the charge was done, but not answered; then the same when it is sent again',
    { ...charged, ...acted },
    { ...charged, ...acted },
  ],
  ...around('the server’s answer to the charge', "UPDATE outbox SET state = 'settled'", ''),
  ['before the attempt is written', database('INSERT INTO outbox_attempts', '', 'before')],
  ...around('the charge’s row of the ledger', 'INSERT INTO transactions', '_ok_1'),
  ['before a failed follow is written', database(outcome, '"to":"failed"', 'before')],
  ['after a failed follow is committed', database(outcome, '"to":"failed"', 'after the commit')],
  ...around('the settling campaign', 'UPDATE campaigns SET', campaignIs('settling')),
  ...asking('the release of what is left', 'server', /^POST \/api\/holds\/[^/]+\/release$/),
  ...around('the end of the campaign', 'UPDATE campaigns SET', campaignIs('done')),
];

let server: DemoServer;
let elsewhere: Elsewhere;
let proxy: Listening;
let agent: StrikingAgent;
let folder: ReturnType<typeof freshFolder>;
let secrets: Map<string, string | null>;
let strikes: Strikes;
let engine: EngineProcess;
/** Whether the last case left the desk as the next one may find it. */
let isAtRest = false;

async function live(): Promise<void> {
  const strikeFile = join(folder.path, 'strike');
  const where = { dataDir: join(folder.path, 'data'), serverUrl: proxy.url, secrets };
  engine = startEngine({ ...where, ...killerArguments(strikeFile) });
  await engine.ready();
}

async function openDesk(): Promise<void> {
  folder = freshFolder();
  secrets = new Map();
  strikes.strikeFile = join(folder.path, 'strike');
  await live();
  await engine.ask('settings.update', { offlineReserve: '0', concurrency: 1 });
  await engine.ask('session.startDemo', { member: 'plain' });
  await engine.ask('sync.now', {});
}

async function closeDesk(): Promise<void> {
  await engine.end('SIGKILL');
  folder.remove();
}

beforeAll(async () => {
  server = await startDemoServer();
  elsewhere = await signInElsewhere(server.url, 'operator');
  strikes = new Strikes(() => engine.end('SIGKILL'));
  proxy = await strikingProxy(server.url, strikes);
  agent = await strikingAgent(strikes);
  await openDesk();
  isAtRest = true;
});
afterAll(async () => {
  await closeDesk();
  await Promise.all([proxy.close(), agent.close()]);
  await server.stop();
});
beforeEach(async () => {
  if (!isAtRest) {
    await closeDesk();
    await openDesk();
  }
  isAtRest = false;
});

async function draft(name: string): Promise<Campaign> {
  const { campaign } = await engine.ask('campaign.create', {
    name,
    platform: 'xiaohongshu',
    operation: 'follow',
    executor: { kind: 'http', url: agent.url },
    targets: { kind: 'text', text: ['_ok_1', '_no_2', '_ok_3'].map((end) => name + end).join('\n') },
  });
  await engine.ask('campaign.quote', { id: campaign.id });
  return engine.ask('campaign.get', { id: campaign.id });
}

/** As an operator does whose desk ended before it said that the campaign had begun. */
async function confirm(campaign: Campaign): Promise<void> {
  const expectedTotal = campaign.quote?.total ?? '';
  await engine.ask('campaign.confirm', { id: campaign.id, expectedTotal });
}

async function whenDone(id: string): Promise<Campaign> {
  await vi.waitFor(async () => expect((await engine.ask('campaign.get', { id })).phase).toBe('done'), {
    timeout: 30_000,
    interval: 25,
  });
  await engine.ask('sync.now', {});
  return engine.ask('campaign.get', { id });
}

test.each(steps.map(([what, ...ends], n) => [what, ends, `step${n}`] as const))(
  'ended %s',
  { timeout: 120_000 },
  async (_what, ends, name) => {
    const before = await elsewhere.balance();
    const campaign = await draft(name);
    for (const [life, strike] of ends.entries()) {
      strikes.arm(strike);
      // The engine may end before it answers.
      const confirming =
        life === 0 ? confirm(campaign).catch(() => undefined) : live().catch(() => undefined);
      const never = new AbortController();
      const late = delay(20_000, 'never came to this step', { signal: never.signal }).catch(() => null);
      expect(await Promise.race([engine.gone, late])).toBe('SIGKILL');
      never.abort();
      await confirming;
    }
    await live();
    const again = await engine.ask('campaign.get', { id: campaign.id });
    if (again.phase === 'quoted') await confirm(again);
    const done = await whenDone(campaign.id);

    const rows = (await elsewhere.transactions(before.seq)).filter((row) => row.campaignId === campaign.id);
    const targets = rows.map((row) => row.targetUserId ?? '').toSorted();
    expect(targets).toEqual([`${name}_ok_1`, `${name}_ok_3`]);
    for (const end of ['_ok_1', '_no_2', '_ok_3']) expect(agent.follows.get(name + end)).toBe(1);
    expect(done).toMatchObject({ counts: { succeeded: 2, failed: 1, unknown: 0 }, spent: '2.00' });
    const after = await elsewhere.balance();
    expect(yuan(before.balance) - yuan(after.balance)).toBe(yuan('2.00'));
    expect(after.held).toBe('0.00');
    const { balance, sync } = await engine.ask('desk.state', {});
    expect(balance?.balance).toBe(after.balance);
    expect(sync).toMatchObject({ pendingCount: 0, attentionCount: 0, drift: null });
    for (const device of await elsewhere.devices()) expect(device).toMatchObject({ missing: [], reused: [] });
    isAtRest = true;
  },
);
