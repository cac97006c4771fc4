/**
 * Ends the engine at every single step of a task's life, one case per step: afterwards the ledger has one charge for each
 * follow that the agent did and none for any other, the money is the same on both sides, and nothing stays set aside.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshFolder } from '../sync/test-desk.ts';
import { signInElsewhere, type Elsewhere } from './test-elsewhere.ts';
import { confirm, draft, expectAgrees, expectChargedOnce, signIn, whenDone } from './test-operator.ts';
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
  ['after the success, before its charge', database('INSERT INTO outbox ', '', 'before')],
  ['after the charge, before the commit of both', database('INSERT INTO outbox ', '', 'before the commit')],
  ['after that commit, before the charge is sent', database('INSERT INTO outbox ', '', 'after the commit')],
  ...around(
    'the mark of a charge as being sent',
    "UPDATE outbox INDEXED BY outbox_pending SET state = 'sending'",
    '',
  ),
  ...asking('the charge', 'server', charged.request),
  [
    'the charge was done, but not answered; then the same when it is sent again',
    { ...charged, ...acted },
    { ...charged, ...acted },
  ],
  ...around('the server’s answer to the charge', "UPDATE outbox SET state = 'settled'", ''),
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
  await signIn(engine, 1);
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

test.each(steps.map(([what, ...ends], n) => [what, ends, `step${n}`] as const))(
  'ended %s',
  { timeout: 120_000 },
  async (_what, ends, name) => {
    const before = await elsewhere.balance();
    const targets = ['_ok_1', '_no_2', '_ok_3'].map((end) => name + end);
    const campaign = await draft(engine, agent.url, name, targets);
    for (const [life, strike] of ends.entries()) {
      strikes.arm(strike);
      // The engine may end before it answers.
      const beginning = life === 0 ? confirm(engine, campaign) : live();
      const begun = beginning.catch(() => undefined);
      const waiting = new AbortController();
      const late = delay(20_000, 'never came to this step', { signal: waiting.signal }).catch(() => null);
      expect(await Promise.race([engine.gone, late])).toBe('SIGKILL');
      waiting.abort();
      await begun;
    }
    await live();
    // As an operator does whose desk ended before it said that the campaign had begun.
    const again = await engine.ask('campaign.get', { id: campaign.id });
    if (again.phase === 'quoted') await confirm(engine, again);
    const done = await whenDone(engine, campaign.id);

    expect(done).toMatchObject({ counts: { succeeded: 2, failed: 1, unknown: 0 }, spent: '2.00' });
    for (const target of targets) expect(agent.follows.has(target)).toBe(true);
    await expectChargedOnce({ elsewhere, agent, before, prefix: `${name}_` });
    await expectAgrees(engine, elsewhere);
    // A kill is no damage: what is on the disk is whole.
    expect(readdirSync(join(folder.path, 'data')).filter((file) => file.includes('damaged'))).toEqual([]);
    for (const device of await elsewhere.devices()) expect(device).toMatchObject({ missing: [], reused: [] });
    isAtRest = true;
  },
);
