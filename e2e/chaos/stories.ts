/**
 * Sets the scene of a schedule's story: which desks there are, what each is about to do, and what happens to them that is
 * no fault of a request. It must leave behind what it found: no reserve and no money set aside.
 */
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { yuan, yuanText } from '../../shared/money.ts';
import { amountForCount } from '../../shared/rating.ts';
import { campaignOf, follow, isOver, keepReserve, unlessGone, type Desk } from './desk.ts';
import type { Schedule, Story } from './schedule.ts';
import type { World } from './world.ts';

/** How long a story waits for its campaign to have begun. */
const beginMsMax = 2_000;
const beatMs = 20;

/** A campaign on a desk, quoted and not yet confirmed. */
export interface Run {
  readonly desk: Desk;
  readonly campaignId: string;
  readonly total: string;
  /** What the names of its targets begin with. */
  readonly prefix: string;
}

export interface Scene {
  /** The first one is the world's own desk's; a story may add to them. */
  readonly runs: Run[];
  /** What happens beside the faults. */
  during(): Promise<void>;
  /** Ends what keeps a desk from coming to rest. */
  letGo(): Promise<void>;
  /** Once all desks are at rest: takes away what the story has set up. */
  tidy(): Promise<void>;
}

export async function setScene(world: World, schedule: Schedule, name: string): Promise<Scene> {
  const { story } = schedule;
  switch (story.kind) {
    case 'plain':
      return plainScene(world, schedule, name);
    case 'offline start':
      return offlineStart(world, schedule, story, name);
    case 'two desks':
      return twoDesks(world, schedule, story, name);
    case 'disk lost':
    case 'backup restored':
      return backupUsed(world, schedule, story, name);
    case 'folder copied':
      return folderCopied(world, schedule, name);
    default:
      return story satisfies never;
  }
}

const nothing = async (): Promise<void> => undefined;

async function plainScene(world: World, schedule: Schedule, name: string): Promise<Scene> {
  const run = await draft(world, world, schedule, `t${name}`);
  return { runs: [run], during: nothing, letGo: nothing, tidy: nothing };
}

async function draft(
  world: World,
  desk: Desk,
  { targets, concurrency }: Pick<Schedule, 'targets' | 'concurrency'>,
  prefix: string,
): Promise<Run & { readonly offline: boolean }> {
  const engine = desk.engine();
  await engine.command('settings.update', { concurrency });
  const names = Array.from({ length: targets }, (_, index) => `${prefix}${index}`);
  const { campaign } = await engine.command('campaign.create', {
    name: prefix,
    ...follow,
    executor: { kind: 'http', url: world.links.agent.url },
    targets: { kind: 'text', text: names.join('\n') },
  });
  const { quote, offline } = await engine.command('campaign.quote', { id: campaign.id });
  return { desk, campaignId: campaign.id, total: quote.total, prefix, offline: offline !== undefined };
}

async function offlineStart(
  world: World,
  schedule: Schedule,
  story: Story & { kind: 'offline start' },
  name: string,
): Promise<Scene> {
  const { unitPrice } = world.known;
  await keepReserve(world, story.reserveFor, unitPrice);
  const back = Promise.withResolvers<void>();
  await world.links.server.refuseUntil(back.promise);
  // A request finds nobody, and that is when a desk is offline.
  await world.engine().command('sync.now', {});
  const run = await draft(world, world, schedule, `t${name}`);
  if (run.offline) world.coverage.story(story);
  return {
    runs: [run],
    async during() {
      await delay(story.offlineMs);
      back.resolve();
    },
    letGo: async () => back.resolve(),
    tidy: () => keepReserve(world, 0, unitPrice),
  };
}

async function twoDesks(
  world: World,
  schedule: Schedule,
  story: Story & { kind: 'two desks' },
  name: string,
): Promise<Scene> {
  const { unitPrice } = world.known;
  const second = await world.openSecond();
  await keepReserve(second, story.reserveFor, unitPrice);
  const parked = story.lastYuan ? await parkAllBut(world, schedule.targets) : null;
  const back = Promise.withResolvers<void>();
  await world.secondLink.refuseUntil(back.promise);
  await second.engine().command('sync.now', {});
  const { targets } = story;
  const secondRun = await draft(world, second, { ...schedule, targets }, `s${name}`);
  const run = await draft(world, world, schedule, `t${name}`);
  if (secondRun.offline) world.coverage.story(story);
  return {
    runs: [run, secondRun],
    async during() {
      const { campaignId: id, total: expectedTotal } = secondRun;
      await unlessGone(() => second.engine().command('campaign.confirm', { id, expectedTotal }));
      await delay(story.offlineMs);
      back.resolve();
    },
    async letGo() {
      back.resolve();
      await world.secondLink.letGo();
    },
    async tidy() {
      await keepReserve(second, 0, unitPrice);
      if (parked !== null) await unpark(world, parked);
    },
  };
}

/** Leaves as much money as the world's own desk may need, and no more. */
async function parkAllBut(world: World, targets: number): Promise<string> {
  const { available } = await world.checker.balance();
  const left = amountForCount(yuan(world.known.unitPrice), targets);
  const { id } = await world.checker.setAside(uuidv7(), yuanText(yuan(available) - left));
  return id;
}

async function unpark(world: World, holdId: string): Promise<void> {
  const { available } = await world.checker.balance();
  if (yuan(available) < 0n) throw new Error(`more was set aside than there was: ${available} is available`);
  await world.checker.release(holdId);
}

async function backupUsed(
  world: World,
  schedule: Schedule,
  story: Story & { kind: 'disk lost' | 'backup restored' },
  name: string,
): Promise<Scene> {
  const scene = await plainScene(world, schedule, name);
  const [run] = scene.runs;
  return {
    ...scene,
    async during() {
      if (run === undefined || !(await hasSucceeded(run))) return;
      const made = await unlessGone(() => world.engine().command('backup.make', {}));
      if (made === null) return;
      await delay(story.afterMs);
      if (story.kind === 'disk lost') await world.whileDown((folder) => replaceDatabase(folder, made.name));
      else {
        const restored = await unlessGone(() =>
          world.engine().command('backup.restore', { name: made.name }),
        );
        if (restored === null) return;
        // It ends by itself now, and a shell would start the next one.
        await world.kill('engine', 0);
      }
      world.coverage.story(story);
    },
  };
}

function replaceDatabase(folder: string, backup: string): void {
  const file = join(folder, 'desk.db');
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  copyFileSync(join(folder, 'backups', backup), file);
}

async function folderCopied(world: World, schedule: Schedule, name: string): Promise<Scene> {
  const scene = await plainScene(world, schedule, name);
  const [run] = scene.runs;
  return {
    ...scene,
    async during() {
      if (run === undefined || !(await hasSucceeded(run))) return;
      scene.runs.push({ ...run, desk: await world.openCopy() });
      world.coverage.story(schedule.story);
    },
  };
}

/** Waits until the campaign has a success; false when it has ended, or has none for a while. */
async function hasSucceeded({ desk, campaignId }: Run): Promise<boolean> {
  const endsAtMs = performance.now() + beginMsMax;
  while (performance.now() < endsAtMs) {
    const campaign = await unlessGone(() => campaignOf(desk, campaignId));
    if (campaign !== null && campaign.counts.succeeded > 0) return !isOver(campaign);
    await delay(beatMs);
  }
  return false;
}
