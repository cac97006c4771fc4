/**
 * What a disk or a copy can do to the data folder of a running desk, on real files and processes: nothing that an agent
 * did goes unpaid, nothing is paid twice, and the operator is told in words of their own language.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { wordsIn } from '../messages.ts';
import { freshFolder } from '../sync/test-desk.ts';
import { signInElsewhere, type Elsewhere } from './test-elsewhere.ts';
import { confirm, draft, expectAgrees, expectChargedOnce, signIn, whenDone } from './test-operator.ts';
import {
  Refused,
  startDemoServer,
  startEngine,
  type DemoServer,
  type EngineProcess,
} from './test-process.ts';
import { Strikes, strikingAgent, type StrikingAgent } from './test-strikes.ts';

let server: DemoServer;
let elsewhere: Elsewhere;
let agent: StrikingAgent;
let folder: ReturnType<typeof freshFolder>;
let secrets: Map<string, string | null>;
let engines: EngineProcess[];

beforeAll(async () => {
  server = await startDemoServer();
  elsewhere = await signInElsewhere(server.url, 'operator');
  agent = await strikingAgent(new Strikes(async () => undefined));
});
afterAll(async () => {
  await agent.close();
  await server.stop();
});
beforeEach(() => {
  folder = freshFolder();
  secrets = new Map();
  engines = [];
});
afterEach(async () => {
  for (const engine of engines) await engine.end('SIGKILL');
  folder.remove();
});

/** One life of an engine on this folder, ended after the test if it still lives. */
async function live(dataDir: string, extras: { readonly execArgv?: readonly string[] } = {}) {
  const engine = startEngine({ dataDir, serverUrl: server.url, secrets, ...extras });
  engines.push(engine);
  await engine.ready();
  return engine;
}

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `${prefix}ok_${n}`);

function followed(prefix: string): number {
  return [...agent.follows.keys()].filter((target) => target.startsWith(prefix)).length;
}

/** Kinds and parameters of the notices that a life has told. */
function notices(engine: EngineProcess): unknown[] {
  return engine.heard.flatMap((told) =>
    told.kind === 'event' && told.name === 'notice' ? [told.payload] : [],
  );
}

/** The page has been told something of this kind, for which both languages have words. */
async function told(engine: EngineProcess, kind: RegExp): Promise<void> {
  await vi.waitFor(
    () =>
      expect(notices(engine)).toContainEqual(expect.objectContaining({ kind: expect.stringMatching(kind) })),
    { timeout: 20_000 },
  );
}

const concurrency = 3;

/** A campaign that meets a full disk on its way: it stops before a follow that could not be written, and ends well. */
async function through(
  engine: EngineProcess,
  prefix: string,
  fill: () => void,
  clear: () => void,
): Promise<true> {
  await signIn(engine, concurrency);
  const before = await elsewhere.balance();
  await engine.ask('desk.state', {});
  const campaign = await draft(engine, agent.url, prefix, names(prefix, 60));
  await confirm(engine, campaign);
  await vi.waitFor(() => expect(followed(prefix)).toBeGreaterThan(5), { timeout: 20_000, interval: 5 });
  fill();
  await told(engine, /^(?:disk_full|campaign_paused)$/);
  const { counts } = await engine.ask('campaign.get', { id: campaign.id });
  // What was under way when the disk filled up, and no more.
  expect(followed(prefix) - counts.succeeded).toBeLessThanOrEqual(concurrency);
  expect(followed(prefix)).toBeLessThan(60);
  clear();
  const done = await whenDone(engine, campaign.id);
  expect(done.counts).toMatchObject({ succeeded: 60, unknown: 0 });
  await expectChargedOnce({ elsewhere, agent, before, prefix });
  await expectAgrees(engine, elsewhere);
  return true;
}

describe('a full disk', () => {
  test('that takes no further page of the database', async () => {
    const preload = new URL('test-full-disk.ts', import.meta.url).href;
    const engine = await live(join(folder.path, 'data'), { execArgv: ['--import', preload] });
    const fill = (): void => void engine.child.kill('SIGUSR2');
    const clear = (): void => void engine.child.kill('SIGHUP');
    expect(await through(engine, 'page_', fill, clear)).toBe(true);
  });

  describe('of its own', () => {
    let disk: string;
    let isMounted: boolean;
    beforeEach(() => {
      disk = join(folder.path, 'disk');
      mkdirSync(disk);
      const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk]);
      isMounted = mounted.status === 0;
      if (!isMounted) console.log(`no disk of its own: ${mounted.stderr?.toString() ?? 'no mount'}`);
    });
    afterEach(async () => {
      for (const engine of engines) await engine.end('SIGKILL');
      if (isMounted) spawnSync('umount', [disk]);
    });

    /** Leaves this much room; the engine writes meanwhile, so that the last of it may be gone before it is taken. */
    function leave(bytes: number): void {
      const { bavail, bsize } = statfsSync(disk);
      const ballast = spawnSync('dd', [
        'if=/dev/zero',
        `of=${join(disk, 'ballast')}`,
        `bs=${bsize}`,
        `count=${bavail - Math.floor(bytes / bsize)}`,
      ]);
      expect(ballast.error).toBeUndefined();
    }

    test.for([0, 1_000_000])('with %i bytes left', async (left, { skip }) => {
      skip(!isMounted, 'nothing can be mounted here');
      const engine = await live(join(disk, 'data'));
      const clear = (): void => rmSync(join(disk, 'ballast'));
      expect(await through(engine, `left${left}_`, () => leave(left), clear)).toBe(true);
    });
  });
});

/** Starts a campaign and ends the engine, as a power cut would, when the agent has done this many of its follows. */
async function cutShort(
  engine: EngineProcess,
  prefix: string,
  targets: number,
  after: number,
): Promise<string> {
  const campaign = await draft(engine, agent.url, prefix, names(prefix, targets));
  await confirm(engine, campaign);
  await vi.waitFor(() => expect(followed(prefix)).toBeGreaterThanOrEqual(after), {
    timeout: 20_000,
    interval: 5,
  });
  await engine.end('SIGKILL');
  return campaign.id;
}

/**
 * What an operator does with charges that were refused because their follow is paid already: sees which charge that was,
 * and gives them up. Returns how many there were.
 */
async function waiveRepeated(engine: EngineProcess): Promise<number> {
  const query = { states: ['rejected'] as const, beforeDeviceSeq: null, limit: 200 };
  const { items } = await engine.ask('outbox.list', { ...query, states: [...query.states] });
  for (const { id, conflict, targetUserId } of items) {
    expect(conflict).toMatchObject({ action: 'waive', earlierChargeId: expect.any(String) });
    const met = await engine.ask('history.charge', { id: conflict?.earlierChargeId ?? '' });
    expect(met).toMatchObject({ amount: '1.00', recordedAt: expect.any(String) });
    const page = { filter: { text: targetUserId }, beforeSeq: null, limit: 10 };
    expect((await engine.ask('history.page', page)).items.map((row) => row.id)).toEqual([met?.id]);
    await engine.ask('outbox.waive', { id, reason: `charged as ${met?.id}` });
  }
  return items.length;
}

/** Ends well although some of its charges are refused as repetitions. */
async function doneWithRepetitions(engine: EngineProcess, id: string): Promise<number> {
  let waived = 0;
  await vi.waitFor(
    async () => {
      const { session } = await engine.ask('desk.state', {});
      // One sign-in used by two is ended for both.
      if (session.phase !== 'signed_in') await engine.ask('session.startDemo', { member: 'plain' });
      waived += await waiveRepeated(engine);
      expect((await engine.ask('campaign.get', { id })).phase).toBe('done');
    },
    { timeout: 60_000, interval: 50 },
  );
  await engine.ask('sync.now', {});
  return waived;
}

describe('a copied data folder', () => {
  test('beside the one it was copied from: each follow is charged once, and both are told of the other', async () => {
    const [one, two] = [join(folder.path, 'one'), join(folder.path, 'two')];
    const first = await live(one);
    await signIn(first, concurrency);
    const before = await elsewhere.balance();
    const id = await cutShort(first, 'copied_', 40, 10);
    cpSync(one, two, { recursive: true });
    const both = await Promise.all([live(one), live(two)]);
    const waived = await Promise.all(both.map((engine) => doneWithRepetitions(engine, id)));
    expect(Math.max(...waived)).toBeGreaterThan(0);
    await expectChargedOnce({ elsewhere, agent, before, prefix: 'copied_' });
    expect(followed('copied_')).toBe(40);
    for (const engine of both) {
      await engine.ask('sync.now', {});
      await expectAgrees(engine, elsewhere);
      const { sync } = await engine.ask('desk.state', {});
      expect(sync.numbers?.reused.length).toBeGreaterThan(0);
      await told(engine, /^numbers$/);
    }
  });
});

describe('a backup put in the place of the database', () => {
  test('charges nothing again that was charged since, and says which charge each repetition met', async () => {
    const data = join(folder.path, 'data');
    let engine = await live(data);
    await signIn(engine, concurrency);
    const before = await elsewhere.balance();
    const id = await cutShort(engine, 'backup_', 40, 10);
    engine = await live(data);
    const backup = await engine.ask('backup.make', {});
    await whenDone(engine, id);
    await engine.end('SIGKILL');
    for (const suffix of ['', '-wal', '-shm']) rmSync(join(data, `desk.db${suffix}`), { force: true });
    cpSync(join(data, 'backups', backup.name), join(data, 'desk.db'));
    engine = await live(data);
    await doneWithRepetitions(engine, id);
    await expectChargedOnce({ elsewhere, agent, before, prefix: 'backup_' });
    expect(followed('backup_')).toBe(40);
    await expectAgrees(engine, elsewhere);
  });
});

describe('a damaged file', () => {
  let data: string;
  let id: string;
  let before: Awaited<ReturnType<Elsewhere['balance']>>;
  beforeEach(() => {
    data = join(folder.path, 'data');
  });
  const file = (suffix = ''): string => join(data, `desk.db${suffix}`);

  /** A campaign of which about a third is done when the power is cut. */
  async function cut(prefix: string): Promise<void> {
    const engine = await live(data);
    await signIn(engine, concurrency);
    before = await elsewhere.balance();
    id = await cutShort(engine, prefix, 60, 20);
  }

  /** Moves the journal over, so that what is damaged is the database. */
  function settleJournal(): void {
    const sql = new Database(file());
    sql.pragma('wal_checkpoint(TRUNCATE)');
    sql.close();
  }

  function garble(suffix: string, from: number, bytes: number): void {
    const content = readFileSync(file(suffix));
    writeFileSync(file(suffix), content.fill(0xa5, from, from + bytes));
  }

  /** How far the journal is in use: the index beside it counts the frames. */
  function journalBytes(): number {
    return 32 + readFileSync(file('-shm')).readUInt32LE(16) * (24 + 4_096);
  }

  function cutJournal(share: number): void {
    writeFileSync(file('-wal'), readFileSync(file('-wal')).subarray(0, journalBytes() * share));
  }

  /** One leaf of the outbox, in the middle of it. */
  function pageOfOutbox(): number {
    const sql = new Database(file(), { readonly: true });
    const leaves = sql
      .prepare<[], { pageno: number }>(
        "SELECT pageno FROM dbstat WHERE name = 'outbox' AND pagetype = 'leaf' ORDER BY pageno",
      )
      .all();
    sql.close();
    return leaves[Math.floor(leaves.length / 2)]?.pageno ?? 0;
  }

  const damages: readonly (readonly [what: string, isTold: boolean, damage: () => void])[] = [
    ['header', true, () => (settleJournal(), garble('', 0, 100))],
    ['first page', true, () => (settleJournal(), garble('', 0, 4_096))],
    ['page of the outbox', true, () => (settleJournal(), garble('', (pageOfOutbox() - 1) * 4_096, 4_096))],
    ['journal, cut off', true, () => cutJournal(0.6)],
    ['journal, garbled', true, () => garble('-wal', Math.floor(journalBytes() * 0.6), 5_000)],
    ['index of the journal', false, () => garble('-shm', 0, 32_768)],
  ];
  test.each(damages)('in its %s loses no charge and doubles none', async (what, isTold, damage) => {
    const prefix = `${what.replaceAll(/[ ,]/g, '')}_`;
    await cut(prefix);
    damage();
    const engine = await live(data);
    await engine.ask('desk.state', {});
    if (isTold) await told(engine, /^data_damaged$/);
    expect(readdirSync(data).some((name) => name.includes('.damaged-'))).toBe(isTold);
    await doneWithRepetitions(engine, id);
    await expectChargedOnce({ elsewhere, agent, before, prefix });
    expect(followed(prefix)).toBe(60);
    await expectAgrees(engine, elsewhere);
    expect((await engine.ask('campaign.get', { id })).counts.succeeded).toBe(60);
  });
});

/** Why a life ended before it began, in words that both languages have. */
async function refusal(dataDir: string): Promise<string> {
  const engine = startEngine({ dataDir, serverUrl: server.url, secrets });
  engines.push(engine);
  const refused = await engine.ready().then(
    () => null,
    (error: unknown) => error,
  );
  expect(refused).toBeInstanceOf(Refused);
  const { code, params } = (refused as Refused).problem;
  for (const language of ['zh-CN', 'en-US'] as const)
    expect(wordsIn(language)(`problem.${code}`, params)).not.toContain('{{');
  await engine.gone;
  return code;
}

/** For root by a disk of its own, because permissions do not bind that user. */
function setReadOnly(data: string, isReadOnly: boolean): void {
  if (process.getuid?.() !== 0) chmodSync(data, isReadOnly ? 0o500 : 0o700);
  else if (spawnSync('mount', ['-o', isReadOnly ? 'remount,ro' : 'remount,rw', data]).status !== 0)
    throw new Error('the disk could not be mounted anew');
}

describe('a folder that can not be opened', () => {
  test('because a newer version wrote it: refused, and not a byte of it changed', async () => {
    const data = join(folder.path, 'data');
    const engine = await live(data);
    await signIn(engine, concurrency);
    await engine.end('SIGTERM');
    const sql = new Database(join(data, 'desk.db'));
    const version = Number(sql.pragma('user_version', { simple: true }));
    sql.pragma('user_version = 99');
    sql.close();
    const before = readFileSync(join(data, 'desk.db'));
    expect(await refusal(data)).toBe('data_newer');
    expect(await refusal(data)).toBe('data_newer');
    expect(readFileSync(join(data, 'desk.db')).equals(before)).toBe(true);
    const back = new Database(join(data, 'desk.db'));
    back.pragma(`user_version = ${version}`);
    back.close();
    const again = await live(data);
    expect((await again.ask('desk.state', {})).session.phase).toBe('signed_in');
  });

  test('because it is read-only: refused, and all goes on once it is not', async ({ skip }) => {
    const data = join(folder.path, 'data');
    mkdirSync(data);
    const isRoot = process.getuid?.() === 0;
    const mounted = isRoot ? spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', data]).status : 0;
    skip(mounted !== 0, 'permissions do not bind this user, and nothing can be mounted here');
    try {
      const engine = await live(data);
      await signIn(engine, concurrency);
      const before = await elsewhere.balance();
      const id = await cutShort(engine, 'readonly_', 30, 10);
      setReadOnly(data, true);
      expect(await refusal(data)).toBe('data_folder_unwritable');
      setReadOnly(data, false);
      const again = await live(data);
      await whenDone(again, id);
      await expectChargedOnce({ elsewhere, agent, before, prefix: 'readonly_' });
      expect(followed('readonly_')).toBe(30);
      await expectAgrees(again, elsewhere);
    } finally {
      for (const engine of engines) await engine.end('SIGKILL');
      if (isRoot) spawnSync('umount', [data]);
    }
  });
});
