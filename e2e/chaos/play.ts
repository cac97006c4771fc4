/**
 * Plays one schedule in a world: a campaign runs while the schedule's faults befall it, then everything is let go and
 * the desks must come to rest by themselves or by what an operator would press. It must never press what only a
 * programmer could.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Campaign } from '../../shared/ipc-campaigns.ts';
import type { DeskState } from '../../shared/ipc-desk.ts';
import { Refused } from '../drive/processes.ts';
import type { Coverage } from './coverage.ts';
import { campaignOf, isOver, operator, stateOf, unlessGone, type Desk } from './desk.ts';
import { doesTwice, type Happening, type Press, type Schedule, type Timed } from './schedule.ts';
import { setScene, type Run, type Scene } from './stories.ts';
import type { World } from './world.ts';

/** How long the desks may take to come to rest once everything is let go. */
const restMsMax = 120_000;
/** An operator who sees no progress presses something this often. */
const pressEveryMs = 1_500;
/** Money that others hold may come free: so long nobody gives a campaign up that lacks it. */
const lackMsMax = 3_000;
const beatMs = 40;
/** Reading all that a desk shows takes it a while: it is read once in so many beats while a campaign goes on. */
const beatsPerLook = 8;

export interface PlayedRun extends Run {
  /** Null: the operator gave it up before it began. */
  readonly campaign: Campaign | null;
}

export interface Played {
  readonly runs: readonly PlayedRun[];
  /** A desk may have done again what was done already, under numbers that were used already. */
  readonly twice: boolean;
  /** How often the operator pressed "sync now" and "retry all". */
  readonly presses: number;
  readonly restMs: number;
}

let plays = 0;

export async function play(world: World, schedule: Schedule): Promise<Played> {
  plays += 1;
  const scene = await setScene(world, schedule, `${plays}_${schedule.seed}_`);
  world.arm(schedule);
  const unanswered = await among(world, schedule, scene);
  const letGoAtMs = performance.now();
  await Promise.all([world.letGo(), scene.letGo()]);
  await Promise.all(unanswered);
  const { runs, presses } = await rest(world.coverage, schedule, scene);
  await scene.tidy();
  await settle(runs);
  const restMs = performance.now() - letGoAtMs;
  return { runs, twice: doesTwice(schedule.story), presses, restMs };
}

/**
 * The time of faults: over when the campaign has ended all the same, or after a while. Returns what the operator pressed
 * and did not wait for.
 */
async function among(world: World, schedule: Schedule, scene: Scene): Promise<Promise<unknown>[]> {
  const [run] = scene.runs;
  if (run === undefined) throw new Error('a scene has the campaign of the desk itself');
  const endsAtMs = performance.now() + schedule.faultMs;
  const { campaignId: id, total: expectedTotal } = run;
  const unanswered: Promise<unknown>[] = [];
  const happening = [
    ...schedule.timed.map((timed) => happen(world, timed, id, unanswered)),
    scene.during(),
    unlessGone(() => world.engine().command('campaign.confirm', { id, expectedTotal })),
  ];
  const happened = Promise.all(happening);
  let hasHappened = false;
  // What fails is told where it is waited for, below.
  happened.then(
    () => (hasHappened = true),
    () => undefined,
  );
  for (;;) {
    await delay(beatMs);
    const now = await unlessGone(() => campaignOf(world, id));
    if (now !== null) world.coverage.campaign(now);
    if (now !== null && isOver(now)) break;
    // Its confirm failed, and nobody tries again before everything is let go.
    if (hasHappened && now?.phase === 'quoted') break;
    if (performance.now() > endsAtMs) break;
  }
  await happened;
  return unanswered;
}

async function happen(
  world: World,
  { afterMs, what }: Timed,
  id: string,
  unanswered: Promise<unknown>[],
): Promise<void> {
  await delay(afterMs);
  if (await bringAbout(world, what, id, unanswered)) world.coverage.happening(what);
}

/** False when there was nothing for it to befall. What is not waited for is added to `unanswered`. */
async function bringAbout(
  world: World,
  what: Happening,
  id: string,
  unanswered: Promise<unknown>[],
): Promise<boolean> {
  switch (what.kind) {
    case 'kill':
      return world.kill(what.part, what.downMs);
    case 'outage':
      world.links[what.link].refuse(what.ms);
      return true;
    case 'hangUp':
      return world.links.server.hangUp();
    case 'jump':
      return world.setClockOff(what.ms);
    case 'operator': {
      const done = unlessGone(() => press(world, what.does, id));
      if (what.does !== 'sync') return (await done) !== null;
      // A sync may last as long as the faults do; the operator does not wait for it, and hears later how it ended.
      done.catch(() => undefined);
      unanswered.push(done);
      return true;
    }
    default:
      return what satisfies never;
  }
}

async function press(desk: Desk, does: Press, id: string): Promise<unknown> {
  const engine = desk.engine();
  return does === 'sync' ? engine.command('sync.now', {}) : engine.command(`campaign.${does}`, { id });
}

/** A run on its way to its end. */
interface Open {
  readonly run: Run;
  campaign: Campaign | null;
  isAtRest: boolean;
}

/** Waits until all campaigns are over and nothing waits in an outbox. */
async function rest(
  coverage: Coverage,
  schedule: Schedule,
  scene: Scene,
): Promise<{ runs: PlayedRun[]; presses: number }> {
  const startedAtMs = performance.now();
  const open: Open[] = [];
  for (const run of scene.runs) {
    const campaign = await unlessGone(() => campaignOf(run.desk, run.campaignId));
    open.push({ run, campaign, isAtRest: false });
  }
  let presses = 0;
  for (let beat = 0; open.some(({ isAtRest }) => !isAtRest); beat += 1) {
    const waitedMs = performance.now() - startedAtMs;
    const pressesNow = !schedule.patient && waitedMs > pressEveryMs * (presses + 1);
    for (const one of open) {
      if (one.campaign !== null) coverage.campaign(one.campaign);
      const isLast = open.every((other) => other === one || other.isAtRest);
      const operator = { ...schedule, givesUp: isLast && waitedMs > lackMsMax, pressesNow };
      await takeFurther(one, operator, beat % beatsPerLook === 0);
      if (!one.isAtRest && waitedMs > restMsMax)
        throw new Error(
          `${one.run.desk.name} does not come to rest: ${(await Promise.all(open.map(told))).join(' beside ')}`,
        );
    }
    if (pressesNow) presses += 1;
    await delay(beatMs);
  }
  return { runs: open.map(({ run, campaign }) => ({ ...run, campaign })), presses };
}

interface Operator extends Pick<Schedule, 'discards' | 'story'> {
  /** What lacks money is given up: nobody else has any that could come free. */
  readonly givesUp: boolean;
  readonly pressesNow: boolean;
}

async function takeFurther(one: Open, operator: Operator, looks: boolean): Promise<void> {
  const { desk, campaignId } = one.run;
  const isDone = one.campaign === null || isOver(one.campaign);
  if (!isDone && !looks && !operator.pressesNow) {
    one.campaign = await campaignOf(desk, campaignId);
    return;
  }
  const state = await stateOf(desk);
  one.isAtRest = isDone && state.sync.pendingCount === 0 && !state.sync.running;
  if (one.isAtRest) return;
  if (operator.pressesNow) {
    await unlessGone(() => desk.engine().command('outbox.retryAll', {}));
    await desk.engine().command('sync.now', {});
  }
  if (one.campaign !== null) one.campaign = await tend(one.run, operator, one.campaign, state);
}

/** What an operator does who sees the screens. Null: gave the draft up. */
async function tend(
  { desk, total }: Run,
  { discards, story, givesUp }: Operator,
  { id, phase, pauseReason }: Campaign,
  state: DeskState,
): Promise<Campaign | null> {
  const engine = desk.engine();
  if (state.session.phase !== 'signed_in') await unlessGone(() => engine.command('session.signIn', operator));
  if (doesTwice(story) && state.sync.attentionCount > 0) await waiveRepeated(desk);
  if (phase === 'quoted') {
    const lacks = discards ? true : await confirmLacksMoney(desk, id, total);
    if (lacks && (discards || givesUp)) {
      const gone = await unlessGone(() => engine.command('campaign.discard', { id }));
      if (gone !== null) return null;
    }
  } else if (phase === 'paused' && (pauseReason === 'user' || pauseReason === 'price_changed'))
    await unlessGone(() => engine.command('campaign.resume', { id }));
  else if (phase === 'paused' && pauseReason === 'insufficient' && givesUp)
    await unlessGone(() => engine.command('campaign.cancel', { id }));
  return campaignOf(desk, id);
}

async function confirmLacksMoney(desk: Desk, id: string, expectedTotal: string): Promise<boolean> {
  try {
    await desk.engine().command('campaign.confirm', { id, expectedTotal });
    return false;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return error.problem.code === 'insufficient_balance';
  }
}

/** Gives up the charges that the desk itself recommends to give up, because the target has been charged already. */
async function waiveRepeated(desk: Desk): Promise<void> {
  const engine = desk.engine();
  const query = { states: ['rejected' as const], beforeDeviceSeq: null, limit: 500 };
  const { items } = await engine.command('outbox.list', query);
  for (const { id, conflict } of items)
    if (conflict?.action === 'waive')
      await unlessGone(() => engine.command('outbox.waive', { id, reason: 'charged already' }));
}

/** Lets each desk see the last of what the others did. */
async function settle(runs: readonly Run[]): Promise<void> {
  for (const { desk } of runs) await desk.engine().command('sync.now', {});
  if (runs.length > 1) for (const { desk } of runs) await desk.engine().command('sync.now', {});
}

async function told({ run, campaign }: Open): Promise<string> {
  const { sync, session, balance } = await stateOf(run.desk);
  const shown =
    campaign === null
      ? null
      : (({ phase, pauseReason, problem, counts }) => ({ phase, pauseReason, problem, counts }))(campaign);
  return JSON.stringify({ campaign: shown, balance: balance?.balance, sync, session: session.phase });
}
