/**
 * Plays one schedule in a world: a campaign runs while the schedule's faults befall it, then everything is let go and
 * the desk must come to rest by itself or by what an operator would press. It must never press what only a programmer
 * could.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Campaign, DeskState } from '../../shared/ipc.ts';
import { EngineGone, Refused } from '../drive/processes.ts';
import type { Happening, Press, Schedule, Timed } from './schedule.ts';
import { follow, operator, type World } from './world.ts';

/** How long a campaign is left among its faults. */
const chaosMsMax = 2_500;
/** How long the desk may take to come to rest once everything is let go. */
const restMsMax = 120_000;
/** An operator who sees no progress presses something this often. */
const pressEveryMs = 1_500;
const beatMs = 40;

export interface Played {
  /** Null: the operator gave it up before it began. */
  readonly campaign: Campaign | null;
  readonly campaignId: string;
  /** What the names of its targets begin with. */
  readonly prefix: string;
  /** How often the operator pressed "sync now" and "retry all". */
  readonly presses: number;
  readonly restMs: number;
}

let plays = 0;

export async function play(world: World, schedule: Schedule): Promise<Played> {
  plays += 1;
  const prefix = `t${plays}_${schedule.seed}_`;
  const { campaignId, total } = await draft(world, schedule, prefix);
  world.arm(schedule);
  await among(world, schedule, campaignId, total);
  const letGoAtMs = performance.now();
  await world.letGo();
  const { campaign, presses } = await rest(world, schedule, campaignId, total);
  return { campaign, campaignId, prefix, presses, restMs: performance.now() - letGoAtMs };
}

async function draft(
  world: World,
  { targets, concurrency }: Schedule,
  prefix: string,
): Promise<{ campaignId: string; total: string }> {
  const engine = world.engine();
  await engine.command('settings.update', { concurrency, offlineReserve: '0' });
  const names = Array.from({ length: targets }, (_, index) => `${prefix}${index}`);
  const { campaign } = await engine.command('campaign.create', {
    name: prefix,
    ...follow,
    executor: { kind: 'http', url: world.links.agent.url },
    targets: { kind: 'text', text: names.join('\n') },
  });
  const { quote } = await engine.command('campaign.quote', { id: campaign.id });
  return { campaignId: campaign.id, total: quote.total };
}

/** The time of faults: over when the campaign has ended all the same, or after a while. */
async function among(world: World, schedule: Schedule, id: string, total: string): Promise<void> {
  const endsAtMs = performance.now() + chaosMsMax;
  const happenings = schedule.timed.map((timed) => happen(world, timed, id));
  const confirming = unlessGone(world.engine().command('campaign.confirm', { id, expectedTotal: total }));
  const happened = Promise.all(happenings);
  for (;;) {
    await delay(beatMs);
    const now = await unlessGone(get(world, id));
    if (now !== null && isOver(now)) break;
    if (performance.now() > endsAtMs) break;
  }
  await happened;
  await confirming;
}

async function happen(world: World, { afterMs, what }: Timed, id: string): Promise<void> {
  await delay(afterMs);
  if (await bringAbout(world, what, id)) world.coverage.happening(what);
}

/** False when there was nothing for it to befall. */
async function bringAbout(world: World, what: Happening, id: string): Promise<boolean> {
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
      const done = unlessGone(press(world, what.does, id));
      // A sync may last as long as the faults do; the operator does not wait for it.
      return what.does === 'sync' || (await done) !== null;
    }
    default:
      return what satisfies never;
  }
}

async function press(world: World, does: Press, id: string): Promise<unknown> {
  const engine = world.engine();
  return does === 'sync' ? engine.command('sync.now', {}) : engine.command(`campaign.${does}`, { id });
}

/** Null when the engine was killed before it answered, or refused. */
async function unlessGone<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof EngineGone || error instanceof Refused) return null;
    throw error;
  }
}

async function get(world: World, id: string): Promise<Campaign> {
  return world.engine().command('campaign.get', { id });
}

const isOver = ({ phase }: Campaign): boolean => phase === 'done' || phase === 'cancelled';

/** Waits until the campaign is over and nothing waits in the outbox. */
/** Reading all that a desk shows takes it a while: it is read once in so many beats while a campaign goes on. */
const beatsPerLook = 8;

async function rest(
  world: World,
  schedule: Schedule,
  id: string,
  total: string,
): Promise<{ campaign: Campaign | null; presses: number }> {
  const startedAtMs = performance.now();
  let presses = 0;
  let campaign = await unlessGone(get(world, id));
  for (let beat = 0; ; beat += 1) {
    const isDone = campaign === null || isOver(campaign);
    if (isDone || beat % beatsPerLook === 0) {
      const state = await world.engine().command('desk.state', {});
      if (isDone && state.sync.pendingCount === 0 && !state.sync.running) break;
      const waitedMs = performance.now() - startedAtMs;
      if (waitedMs > restMsMax) throw new Error(`the desk does not come to rest: ${told(campaign, state)}`);
      if (!schedule.patient && waitedMs > pressEveryMs * (presses + 1)) {
        presses += 1;
        await unlessGone(world.engine().command('outbox.retryAll', {}));
        await world.engine().command('sync.now', {});
      }
      campaign = campaign === null ? null : await tend(world, schedule, campaign, state, total);
    } else campaign = await get(world, id);
    await delay(beatMs);
  }
  await world.engine().command('sync.now', {});
  return { campaign, presses };
}

/** What an operator does who sees the screens. Null: gave the draft up. */
async function tend(
  world: World,
  { discards }: Schedule,
  { id, phase, pauseReason }: Campaign,
  state: DeskState,
  total: string,
): Promise<Campaign | null> {
  const engine = world.engine();
  if (state.session.phase !== 'signed_in') await unlessGone(engine.command('session.signIn', operator));
  if (phase === 'quoted' && discards) {
    const gone = await unlessGone(engine.command('campaign.discard', { id }));
    if (gone !== null) return null;
  } else if (phase === 'quoted')
    await unlessGone(engine.command('campaign.confirm', { id, expectedTotal: total }));
  else if (phase === 'paused' && pauseReason === 'user')
    await unlessGone(engine.command('campaign.resume', { id }));
  return get(world, id);
}

function told(campaign: Campaign | null, state: DeskState): string {
  const { sync, session } = state;
  const shown =
    campaign === null
      ? null
      : (({ phase, pauseReason, problem, counts }) => ({ phase, pauseReason, problem, counts }))(campaign);
  return JSON.stringify({ campaign: shown, sync, session: session.phase });
}
